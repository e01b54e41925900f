"""Programs of others that read calendars: ical.js, vobject, khal, and vdirsyncer that fetches."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import vobject

from tests.conftest import missing
from tests.support import written

HERE = Path(sys.executable).parent
JAVASCRIPT = Path(__file__).parent / "javascript"
PROGRAM_SECONDS = 180
FIELDS = ("start-date", "start-time", "end-time", "title", "uid")

Line = tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """What a program makes of an entry. Instants are UTC."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    status: str


def by_ical_js(bodies: Sequence[bytes]) -> list[list[Read]]:
    """What Thunderbird's parser makes of each calendar."""
    node = shutil.which("node")
    if node is None or not (JAVASCRIPT / "node_modules" / "ical.js").is_dir():
        missing("node and ical.js are not here: scripts/javascript")
    done = subprocess.run(
        [node, JAVASCRIPT / "read.mjs"],
        input=json.dumps([body.decode("utf-8") for body in bodies]),
        capture_output=True,
        timeout=PROGRAM_SECONDS,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return [
        [
            Read(
                uid=entry["uid"],
                starts_at=datetime.fromisoformat(entry["starts_at"]),
                ends_at=datetime.fromisoformat(entry["ends_at"]),
                summary=entry["summary"],
                description=entry["description"],
                status=entry["status"],
            )
            for entry in calendar
        ]
        for calendar in json.loads(done.stdout)
    ]


def by_vobject(body: bytes) -> list[Read]:
    """What vobject makes of a calendar, which it finds valid."""
    calendar = vobject.readOne(body.decode("utf-8"))
    calendar.validate(raiseException=True)
    return [
        Read(
            uid=event.uid.value,
            starts_at=event.dtstart.value.astimezone(UTC),
            ends_at=event.dtend.value.astimezone(UTC),
            summary=event.summary.value,
            description=event.description.value,
            status=event.status.value,
        )
        for event in calendar.contents.get("vevent", [])
    ]


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

    def reads(self) -> dict[str, Read]:
        """What khal makes of each entry, by its UID."""
        names = ("uid", "title", "description", "status", "start-full", "end-full", "url")
        asked = [word for name in names for word in ("--json", name)]
        said = self.khal("list", *asked, "2019-01-01", "18000d")
        found = [entry for day in said.splitlines() if day for entry in json.loads(day)]
        return {
            entry["uid"]: Read(
                uid=entry["uid"],
                starts_at=_in_paris(entry["start-full"]),
                ends_at=_in_paris(entry["end-full"]),
                summary=entry["title"],
                description=entry["description"],
                status=entry["status"].strip(),
            )
            for entry in found
        }

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


def _in_paris(said: str) -> datetime:
    local = datetime.strptime(said, "%Y-%m-%d %H:%M")  # noqa: DTZ007  (the zone is khal's)
    return local.replace(tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
