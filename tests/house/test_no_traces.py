"""The project speaks of itself: not of a machine it was on, nor of where packages came from."""

import re

from tests.house.source import project_files, report, shown
from tests.support import ROOT

# Written in halves, so that this file does not find itself.
REGISTRY = re.compile(
    "|".join(
        [
            "(?<!no-emit-)index" + "-url",
            "files.python" + "hosted",
            "//pypi" + ".org",
            '"resolved": "ht' + "tp",
        ]
    )
)
USUAL_PLACES = {"/", "/app", "/home", "/mnt", "/opt", "/root", "/src", "/srv", "/tmp", "/var"}
"""A checkout may stand there, and a text may speak of these folders."""
PICTURES = {".gif", ".jpeg", ".jpg", ".png", ".webp"}


def _paths() -> list[str]:
    return [str(ROOT)] + ([] if str(ROOT.parent) in USUAL_PLACES else [str(ROOT.parent)])


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{shown(path)}:{number}: {found[0]}"
        for path in project_files()
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        if (found := pattern.search(line))
    ]


def test_no_registry():
    breaches = _found(REGISTRY)

    assert not breaches, report("The machine's own settings say where packages are:", breaches)


def test_no_path_of_this_machine():
    paths = "|".join(re.escape(path) for path in _paths())
    breaches = _found(re.compile(rf"(?<![\w.])(?:{paths})(?![\w-])"))

    assert not breaches, report("A path of this machine means nothing on another:", breaches)


def test_no_picture_that_nothing_shows():
    """What somebody looked at while working comes in unnoticed."""
    texts = "".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in project_files()
        if path.suffix not in PICTURES
    )
    breaches = [
        shown(path)
        for path in project_files()
        if path.suffix in PICTURES and path.name not in texts
    ]

    assert not breaches, report("Nothing names these pictures:", breaches)
