"""``python -m tests.bench.replays``: replays, their library and the search, when there is much.

500 replays of 90 minutes, each with a transcript of 12,000 words and ten chapters, and 5,000
resources. Two web processes, and what asks them, on this machine. Takes about five minutes.
"""

import http.client
import os
import random
import statistics
import sys
import tempfile
import time
import urllib.parse
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.e2e.support import LOOPBACK, Installation, installation
from tests.postgres import own_database
from tests.support import APRIL, HOST, load_library, plan_of, published
from webinars import clock
from webinars.db import Database
from webinars.domain import site
from webinars.domain.timed_text import SECOND, Cue, Spoken, to_webvtt
from webinars.domain.transcripts import as_rows, transcript
from webinars.models import (
    Captions,
    Chapter,
    Cycle,
    Replay,
    Resource,
    Step,
    Webinar,
    chapter_resources,
    resource_themes,
)

REPLAYS = 500
MINUTES = 90
WORDS = 12_000
CHAPTERS = 10
RESOURCES = 5_000
WORDS_OF_A_LINE = 9
ASKED = 200
"""Addresses of each kind that are asked one after the other."""
SEARCH, REPLAY, FACETS = 0.100, 0.100, 0.150
"""Seconds within which 95 of 100 answers have come."""
A_YEAR = 12
"""Webinars of a cycle."""

# What is said again and again, and what only some say.
USUAL = ("les", "des", "nous", "que", "pour", "avec", "territoires", "associations", "agir")
STEMS = ("alliance", "commune", "jardin", "atelier", "enquête", "forêt", "école", "marché", "lien")


def vocabulary(chance: random.Random) -> list[str]:
    """Two thousand words, as unlike as those of a language."""
    letters = "aeiourstlnmdp"
    made = {"".join(chance.choices(letters, k=chance.randint(4, 10))) for _ in range(2000)}
    return [*USUAL, *STEMS, *sorted(made)]


def spoken(words: list[str], chance: random.Random) -> list[Cue]:
    """So many words, evenly over the time."""
    weights = [1 / (rank + 2) for rank in range(len(words))]
    said = chance.choices(words, weights=weights, k=WORDS)
    lines = [said[first : first + WORDS_OF_A_LINE] for first in range(0, WORDS, WORDS_OF_A_LINE)]
    length = MINUTES * 60 * SECOND // len(lines)
    return [
        Cue(
            starts_at=number * length,
            ends_at=(number + 1) * length - 1,
            spoken=(Spoken(None, " ".join(line).capitalize() + "."),),
        )
        for number, line in enumerate(lines)
    ]


def like(row: Any, **changes: Any) -> dict[str, Any]:
    """Another row of the same kind."""
    return dict(row) | changes


def fill(database: Database) -> None:
    """Cycles of twelve webinars with replays, and the resources of their themes."""
    chance = random.Random(2019)
    words = vocabulary(chance)
    now = clock.now()
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        published(session, plan_of(APRIL, slug="first", year=2019), now=now)
        cycle = session.execute(sa.select(Cycle.__table__)).mappings().one()
        webinar = session.execute(sa.select(Webinar.__table__)).mappings().one()
        resource = session.execute(sa.select(Resource.__table__).limit(1)).mappings().one()
        themes = list(session.scalars(sa.select(resource_themes.c.theme_id).distinct()))
        many = [
            like(resource, id=10_000 + n, slug=f"resource-{n}", position=1000 + n, title=title)
            for n in range(RESOURCES)
            for title in (" ".join(chance.sample(words, 6)).capitalize(),)
        ]
        session.execute(sa.insert(Resource), many)
        joined = [
            {"resource_id": one["id"], "theme_id": themes[n % len(themes)]}
            for n, one in enumerate(many)
        ]
        session.execute(sa.insert(resource_themes), joined)
    for beginning in range(0, REPLAYS, A_YEAR):
        numbers = range(beginning, min(REPLAYS, beginning + A_YEAR))
        year = 2030 - beginning // A_YEAR
        with database.write() as session:
            made = like(cycle, id=100 + year, slug=str(year), year=year)
            session.execute(sa.insert(Cycle), [made])
            start = webinar["starts_at"] - timedelta(days=365 * (beginning // A_YEAR + 1))
            webinars = [
                like(
                    webinar,
                    id=1000 + n,
                    cycle_id=made["id"],
                    slug=f"webinar-{n}",
                    uid=f"{year}.webinar-{n}@{HOST}",
                    title=" ".join(chance.sample(words, 5)).capitalize(),
                    starts_at=start + timedelta(days=n - beginning),
                    ends_at=start + timedelta(days=n - beginning, hours=2),
                )
                for n in numbers
            ]
            session.execute(sa.insert(Webinar), webinars)
            for row in webinars:
                replay_of(session, row, words, chance)
    with database.write() as session:
        site.touch(session, now=clock.now())


def replay_of(session: Any, row: dict[str, Any], words: list[str], chance: random.Random) -> None:
    """Its video, chapters and words."""
    cues = spoken(words, chance)
    replay = Replay(
        webinar_id=row["id"],
        video_url=f"https://tube.example.org/w/{uuid.uuid4().hex[:22]}",
        duration=MINUTES * 60,
        online_at=row["ends_at"] + timedelta(days=2),
        chapters=[
            Chapter(
                starts_at=number * MINUTES * 60 // CHAPTERS,
                title=" ".join(chance.sample(words, 4)).capitalize(),
            )
            for number in range(CHAPTERS)
        ],
        captions=[
            Captions(language="fr", vtt=to_webvtt(cues), paragraphs=as_rows(transcript(cues)))
        ],
    )
    session.add(replay)
    session.flush()
    mentioned = [
        {"chapter_id": chapter.id, "resource_id": 10_000 + chance.randrange(RESOURCES)}
        for chapter in replay.chapters
    ]
    session.execute(sa.insert(chapter_resources), mentioned)


def searches(chance: random.Random) -> Iterator[str]:
    """One to three words, rare and usual ones, as somebody types them."""
    words = vocabulary(random.Random(2019))
    for number in range(ASKED):
        asked = " ".join(chance.sample(words, 1 + number % 3))
        yield "/search?" + urllib.parse.urlencode({"q": asked, "part": "results"})


def replays(chance: random.Random) -> Iterator[str]:
    """Each once, so that none is given from memory."""
    for number in chance.sample(range(REPLAYS), ASKED):
        yield f"/cycles/{2030 - number // A_YEAR}/webinar-{number}"


def facets(database: Database, chance: random.Random) -> Iterator[str]:
    """Three choices, with a word that makes each address another one."""
    with database.read() as session:
        found = session.scalars(
            sa.text("SELECT slug FROM themes WHERE id IN (SELECT theme_id FROM resource_themes)")
        ).all()
        kind = session.scalars(sa.select(Resource.kind).where(Resource.id == 10_000)).one()
    for number in range(ASKED):
        choices = {"theme": chance.choice(found), "kind": kind, "step": chance.choice(list(Step))}
        yield "/resources?" + urllib.parse.urlencode(choices | {"page": 1 + number % 20})


def seconds_of(place: Installation, paths: Iterable[str]) -> list[float]:
    """How long each answer took, whole."""
    connection = http.client.HTTPConnection(LOOPBACK, place.port, timeout=60)
    took = []
    for path in paths:
        begun = time.monotonic()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        took.append(time.monotonic() - begun)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")
    connection.close()
    return took


def told(name: str, took: list[float], *, within: float) -> bool:
    """Print the middle and the slow end; whether the slow end is as wanted."""
    slow = statistics.quantiles(took, n=20)[-1]
    print(
        f"{'  ' + name:44} median {1000 * statistics.median(took):6.1f} ms, "
        f"95 of 100 within {1000 * slow:6.1f} ms = {slow / within:4.0%} of what is allowed"
    )
    return slow < within


def examine(folder: Path, url: str | None) -> bool:
    """One database: every figure; whether all are as wanted."""
    settings: dict[str, Any] = {"database_url": url} if url else {}
    chance = random.Random(18)
    with installation(folder, **settings) as place:
        place.run("db", "upgrade")
        database = Database(url or f"sqlite:///{folder / 'webinars.sqlite'}")
        fill(database)
        place.run("worker", "--once")  # which writes the index of the search
        process = place.serve()
        print("PostgreSQL" if url else "SQLite")
        seconds_of(place, ["/", "/search", "/resources"])
        good = told("the search", seconds_of(place, searches(chance)), within=SEARCH)
        good &= told("the page of a replay", seconds_of(place, replays(chance)), within=REPLAY)
        good &= told(
            "resources by three facets", seconds_of(place, facets(database, chance)), within=FACETS
        )
        peak = max(memory_peak(number) for number in children_of(process.pid))
        print(f"{'  memory of a web process, at most':44} {peak / 2**20:,.0f} MiB")
        database.dispose()
    return good


def children_of(pid: int) -> list[int]:
    """Its web processes."""
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def memory_peak(pid: int) -> int:
    """Bytes in memory at its largest."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"{pid} has no VmHWM")


def main() -> int:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before")
    print(
        f"{REPLAYS} replays of {MINUTES} minutes, {WORDS:,} words each; {RESOURCES:,} resources\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fast = examine(folder, None)
        (folder / "postgresql").mkdir()
        with own_database(f"webinars_replays_{uuid.uuid4().hex[:8]}") as url:
            if url is None:
                print("PostgreSQL is not here.")
            else:
                fast &= examine(folder / "postgresql", url)
    if not fast:
        print("\nSome answers took longer than is allowed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
