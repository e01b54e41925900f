"""config.example.toml is complete and true."""

import tomllib
from pathlib import Path

from webinars.config import Settings

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


def test_the_example_has_every_setting_with_its_default():
    values = tomllib.loads(EXAMPLE.read_text("utf-8"))

    assert set(values) == set(Settings.model_fields)
    assert Settings(**values) == Settings()


def test_every_setting_is_explained():
    explained = False
    unexplained = []
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if line.startswith("# ---") or not line:
            explained = explained and bool(line)
        elif line.startswith("#"):
            explained = True
        elif not explained:
            unexplained.append(line)

    assert unexplained == []
