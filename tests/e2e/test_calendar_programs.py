"""What calendar programs of others make of the feeds: vdirsyncer fetches, khal reads.

vdirsyncer's subscription names entries by their content and drops UIDs; khal's import keeps
them. So the first shows what arrives and when, the second that a UID is one entry for life.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.e2e.support import Installation, installation
from tests.support import DATA, written

HERE = Path(sys.executable).parent
PROGRAM_SECONDS = 60
FIELDS = ("start-date", "start-time", "end-time", "title", "uid")

# (date, title), all at 13 h in Paris for 90 minutes, in winter and in summer.
PLAN = [
    ("2019-01-17", "Présentation de la plateforme et lancement du cycle de webinaires"),
    ("2019-02-21", "Qualifier l’innovation"),
    ("2019-03-21", "Connaître son écosystème"),
    ("2019-04-18", "Apprendre à faire alliances"),
    ("2019-05-16", "Définir sa stratégie"),
    ("2019-06-20", "Favoriser l’engagement de l’entreprise"),
    ("2019-07-18", "Evaluer la pertinence"),
    ("2019-08-29", "Transformer son modèle socio-économique"),
    ("2019-09-19", "Mobiliser des compétences"),
    ("2019-10-17", "Accroître l’impact d’une fondation"),
    ("2019-11-21", "Accélérer grâce au numérique"),
    ("2019-12-19", "Co-construire le bien commun"),
]
SLUGS = [
    "lancement",
    "qualifier-l-innovation",
    "connaitre-son-ecosysteme",
    "apprendre-a-faire-alliances",
    "definir-sa-strategie",
    "favoriser-l-engagement-de-l-entreprise",
    "evaluer-sa-pertinence",
    "transformer-son-modele-socio-economique",
    "mobiliser-les-competences",
    "accroitre-l-impact-d-une-fondation",
    "accelerer-grace-au-numerique",
    "co-construire-le-bien-commun",
]
WHOLE = [(day, "13:00", "14:30", title) for day, title in PLAN]
MOVED = [
    ("2019-04-25", "18:00", "19:30", title) if day == "2019-04-18" else line
    for line, (day, title) in zip(WHOLE, PLAN, strict=True)
]

Line = tuple[str, ...]


def program(name: str) -> str:
    """A program of the environment or of the machine."""
    found = shutil.which(name, path=f"{HERE}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        missing(f"{name} is not installed")
    return str(found)


def run(folder: Path, *arguments: str | Path) -> str:
    """A program with this folder as its home; all that it said."""
    environment = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state"),
        "PATH": os.environ.get("PATH", ""),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    done = subprocess.run(
        [str(argument) for argument in arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PROGRAM_SECONDS,
        check=False,
        text=True,
    )
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@dataclass(frozen=True)
class Calendar:
    """Somebody's khal with one calendar, which khal or vdirsyncer fills."""

    folder: Path

    def __post_init__(self) -> None:
        self.entries.mkdir(parents=True)
        written(
            self.folder,
            "khal.conf",
            f"""
[calendars]
[[webinars]]
path = {self.entries}
[locale]
local_timezone = Europe/Paris
default_timezone = Europe/Paris
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
""",
        )

    @property
    def entries(self) -> Path:
        """The folder of its entries."""
        return self.folder / "entries"

    def khal(self, *arguments: str | Path) -> str:
        """A command of khal."""
        return run(self.folder, program("khal"), "-c", self.folder / "khal.conf", *arguments)

    def lists(self, since: str = "2019-01-01", until: str = "2019-12-31") -> list[Line]:
        """What khal shows: date, hours of Paris, title, UID."""
        form = "|".join(f"{{{name}}}" for name in FIELDS)
        said = self.khal("list", "--day-format", "", "--format", form, since, until)
        return [tuple(line.split("|")) for line in said.splitlines() if "|" in line]

    def shows(self) -> list[Line]:
        """The year without UIDs."""
        return [line[:4] for line in self.lists()]

    def imports(self, feed: bytes) -> None:
        """Take a feed as a file."""
        path = self.folder / "feed.ics"
        path.write_bytes(feed)
        self.khal("import", "--batch", "-a", "webinars", path)

    def subscribe(self, address: str) -> None:
        """Let vdirsyncer fetch this feed."""
        written(
            self.folder,
            "vdirsyncer.conf",
            f"""
[general]
status_path = "{self.folder / "status"}"
[pair feed]
a = "web"
b = "disk"
collections = null
[storage web]
type = "http"
url = "{address}"
[storage disk]
type = "filesystem"
path = "{self.entries}"
fileext = ".ics"
""",
        )
        self.vdirsyncer("discover")

    def vdirsyncer(self, command: str) -> str:
        """A command of vdirsyncer."""
        return run(
            self.folder, program("vdirsyncer"), "-c", self.folder / "vdirsyncer.conf", command
        )

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Each entry's file: when it was written, and what it says."""
        return {
            path.name: (path.stat().st_mtime_ns, path.read_bytes())
            for path in self.entries.glob("*.ics")
        }


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running server with nothing in it yet."""
    with installation(tmp_path_factory.mktemp("calendars")) as place:
        place.run("db", "upgrade")
        place.serve()
        yield place


@pytest.fixture
def published(service: Installation) -> Installation:
    """The 2019 cycle as it was planned."""
    service.run("cycle", "import", DATA / "cycle-2019.toml")
    service.run("cycle", "publish", "2019")
    return service


@pytest.fixture
def calendar(tmp_path: Path) -> Calendar:
    """An empty calendar."""
    return Calendar(tmp_path)


def move_april(service: Installation) -> None:
    """Publish the fourth webinar a week later, in the evening."""
    text = (DATA / "cycle-2019.toml").read_text("utf-8")
    text = text.replace("date = 2019-04-18\n", "date = 2019-04-25\nstarts_at = 18:00:00\n")
    service.run("cycle", "import", written(service.folder, "moved.toml", text))
    assert "moved apprendre-a-faire-alliances" in service.run("cycle", "publish", "2019")


@pytest.mark.parametrize("path", ["/cycles/2019/calendar.ics", "/calendar.ics"])
def test_subscribed(published: Installation, calendar: Calendar, path: str):
    calendar.subscribe(published.base_url + path)
    first = calendar.vdirsyncer("sync")
    before = calendar.files()

    assert first.count("Copying (uploading) item") == 12
    assert calendar.shows() == WHOLE

    again = calendar.vdirsyncer("sync")

    assert "item" not in again
    assert calendar.files() == before

    move_april(published)
    after_move = calendar.vdirsyncer("sync")

    assert calendar.shows() == MOVED
    assert after_move.count("Copying (uploading) item") == 1
    assert after_move.count("Deleting item") == 1
    unchanged = before.items() & calendar.files().items()
    assert len(unchanged) == 11


def test_imported_twice_is_one_entry_a_uid(published: Installation, calendar: Calendar):
    def feed() -> bytes:
        answer = published.get("/cycles/2019/calendar.ics")
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        return answer.body

    uids = [f"2019.{slug}@127.0.0.1" for slug in SLUGS]
    calendar.imports(feed())

    assert calendar.lists() == [(*line, uid) for line, uid in zip(WHOLE, uids, strict=True)]

    move_april(published)
    calendar.imports(feed())

    assert calendar.lists() == [(*line, uid) for line, uid in zip(MOVED, uids, strict=True)]


def test_nothing_new_is_304(published: Installation):
    def ask(**headers: str) -> int:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return published.get("/cycles/2019/calendar.ics", names).status

    first = published.get("/cycles/2019/calendar.ics")
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]

    # Two processes answer: what they say must not depend on which of them does.
    seen = {published.get("/cycles/2019/calendar.ics").body for _ in range(20)}
    assert seen == {first.body}
    assert {ask(If_None_Match=tag) for _ in range(10)} == {304}
    assert {ask(If_Modified_Since=changed) for _ in range(10)} == {304}

    move_april(published)

    assert {ask(If_None_Match=tag) for _ in range(10)} == {200}
