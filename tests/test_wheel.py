"""What is installed from a wheel is whole, and does not lean on the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.source import project_files
from tests.support import ROOT

SEES_ITS_FILES = """
from webinars import places

for name in ("TEMPLATES", "MIGRATIONS", "TRANSLATIONS", "STATIC"):
    folder = getattr(places, name)
    print(name, folder.is_dir() and folder.is_relative_to(places.PACKAGE))
"""


@dataclass
class Installed:
    wheel: Path
    bin: Path
    elsewhere: Path

    def run(self, *command: str) -> str:
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "WEBINARS"))
        }
        done = subprocess.run(
            [self.bin / command[0], *command[1:]],
            check=False,
            cwd=self.elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel made from the source archive, in an environment of its own.

    The dependencies are this environment's, reached by a path: nothing is fetched.
    """
    base = tmp_path_factory.mktemp("wheel")
    for path in project_files():
        copy = base / "checkout" / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    _quietly(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        base / "dist",
        base / "checkout",
    )
    (wheel,) = (base / "dist").glob("*.whl")
    venv.create(base / "venv", with_pip=False, symlinks=True)
    python = base / "venv/bin/python"
    (site_packages,) = (base / "venv/lib").glob("python3*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    _quietly(
        *(sys.executable, "-m", "pip", "--python", python),
        *("install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", wheel),
    )
    (base / "elsewhere").mkdir()
    return Installed(wheel, python.parent, base / "elsewhere")


def _quietly(*command: str | Path) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_every_shipped_file(installed):
    shipped = {
        ROOT / "webinars": "webinars",
        ROOT / "templates": "webinars/templates",
        ROOT / "migrations": "webinars/migrations",
    }
    expected = {
        f"{target}/{path.relative_to(source).as_posix()}"
        for path in project_files()
        for source, target in shipped.items()
        if path.is_relative_to(source)
    }
    catalogues = {name.removesuffix(".po") + ".mo" for name in expected if name.endswith(".po")}

    held = {
        name for name in zipfile.ZipFile(installed.wheel).namelist() if ".dist-info/" not in name
    }

    assert held == expected | catalogues
    assert "webinars/translations/fr/LC_MESSAGES/messages.mo" in held


def test_it_works_from_another_folder(installed):
    assert installed.run("python", "-c", SEES_ITS_FILES).splitlines() == [
        "TEMPLATES True",
        "MIGRATIONS True",
        "TRANSLATIONS True",
        "STATIC True",
    ]
    assert "serve" in installed.run("webinars", "--help")
