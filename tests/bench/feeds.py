"""``python -m tests.bench.feeds``: calendars beside a bare Flask that returns their bytes.

The feed of a cycle of 12 and of 1,200 webinars, whole and unchanged, and the calendars of people
among 50,000. Two web processes, and what asks them, on this machine. Takes under a minute.
"""

import http.client
import os
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.bench.bare import measure, start_bare
from tests.bench.mails import crowd
from tests.e2e.support import LOOPBACK, Installation, installation
from tests.postgres import own_database
from tests.support import HOST, SECRET, in_threads
from webinars import clock
from webinars.db import Database
from webinars.links import Links, Purpose
from webinars.models import Cycle, Participant, Registration, RegistrationStatus, Webinar

RATIO = 0.8
PERSONAL = 500
PEOPLE = 50_000
ASKED = 1000
"""People whose calendars are fetched one after the other."""
EACH = 12
"""Webinars that each of them has a place in."""
SIZES = (12, 1200)
CLIENTS = 8


def public_feed(place: Installation, folder: Path, number: int) -> tuple[bool, float]:
    """Print how fast a cycle's feed is; whether as wanted, and how often it is unchanged."""
    path = f"/cycles/of-{number}/calendar.ics"
    answer = place.get(path)
    process, port = start_bare(folder, answer.body)
    place.processes.append(process)
    bare = measure(port, "/")
    found = measure(place.port, path)
    unchanged = measure(place.port, path, tag=answer.headers["ETag"])
    process.stop()
    print(f"{number:,} webinars, {len(answer.body):,} bytes")
    print(f"{'  a bare Flask route with these bytes':44} {bare:8,.0f}/s")
    print(f"{'  the feed':44} {found:8,.0f}/s   {found / bare:4.0%} of it")
    print(f"{'  unchanged (304)':44} {unchanged:8,.0f}/s   {unchanged / bare:4.0%} of it")
    return min(found, unchanged) >= RATIO * bare, unchanged


def personal_feeds(place: Installation, database: Database) -> bool:
    """Print how many calendars of people are given a second; whether as wanted."""
    links = Links(base_url=place.base_url, secret=SECRET)
    with database.read() as session:
        found = session.scalars(
            sa.select(Participant.public_id).where(Participant.id <= ASKED).order_by(Participant.id)
        )
        tokens = [links.personal_token(Purpose.CALENDAR, public_id, 1) for public_id in found]
    paths = [f"/me/{token}/calendar.ics" for token in tokens]
    tag = place.get(paths[0]).headers["ETag"]
    one, unchanged = measure(place.port, paths[0]), measure(place.port, paths[0], tag=tag)

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, place.port, timeout=30)
        for path in paths[number::CLIENTS]:
            connection.request("GET", path)
            answer = connection.getresponse()
            if answer.read().count(b"BEGIN:VEVENT") != EACH:
                raise SystemExit(f"{path}: {answer.status}")
        connection.close()

    begun = time.monotonic()
    in_threads(client, CLIENTS)
    each = len(paths) / (time.monotonic() - begun)
    kind = "PostgreSQL" if database.url.get_backend_name() == "postgresql" else "SQLite"
    print(f"calendars among {PEOPLE:,} people, {EACH} webinars each, {kind}")
    print(f"{'  of one person':44} {one:8,.0f}/s")
    print(f"{'  unchanged (304)':44} {unchanged:8,.0f}/s")
    print(f"{f'  of {ASKED:,} people, each once':44} {each:8,.0f}/s")
    return min(one, each) >= PERSONAL


def fill(database: Database) -> None:
    """Cycles of each size, and people with places in the larger."""
    crowd(database, PEOPLE)
    now = clock.now()
    with database.write() as session:
        cycle = dict(session.execute(sa.select(Cycle.__table__)).mappings().one())
        webinar = dict(session.execute(sa.select(Webinar.__table__)).mappings().one())
        for size in SIZES:
            made = cycle | {"id": 1000 + size, "slug": f"of-{size}"}
            session.execute(sa.insert(Cycle), [made])
            rows = [
                webinar
                | {
                    "id": 10_000 * size + number,
                    "cycle_id": made["id"],
                    "slug": f"webinar-{number}",
                    "uid": f"of-{size}.webinar-{number}@{HOST}",
                    "title": f"Apprendre à faire alliances, {number}",
                    "starts_at": webinar["starts_at"] + timedelta(days=number),
                    "ends_at": webinar["ends_at"] + timedelta(days=number),
                    "confirmed_count": 0,
                }
                for number in range(size)
            ]
            session.execute(sa.insert(Webinar), rows)
        places = [
            {
                "participant_id": person,
                "webinar_id": 10_000 * SIZES[0] + number,
                "status": RegistrationStatus.CONFIRMED,
                "registered_at": now,
                "changed_at": now,
            }
            for person in range(1, ASKED + 1)
            for number in range(1, EACH)
        ]
        session.execute(sa.insert(Registration), places)


def examine(folder: Path, url: str | None) -> bool:
    """One database: every figure; whether all are as wanted."""
    settings: dict[str, Any] = {"database_url": url} if url else {}
    with installation(folder, **settings) as place:
        place.run("db", "upgrade")
        address = url or f"sqlite:///{folder / 'webinars.sqlite'}"
        database = Database(address)
        fill(database)
        place.serve()
        if url:
            return personal_feeds(place, database)
        (small, few), (large, many) = (public_feed(place, folder, size) for size in SIZES)
        print(f"304 of {SIZES[1]:,} beside that of {SIZES[0]}: {many / few:.0%}")
        return personal_feeds(place, database) and small and large


def main() -> int:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fast = examine(folder, None)
        (folder / "postgresql").mkdir()
        with own_database(f"webinars_feeds_{uuid.uuid4().hex[:8]}") as url:
            if url is None:
                print("PostgreSQL is not here.")
            else:
                fast &= examine(folder / "postgresql", url)
    if not fast:
        print(f"\nBelow {RATIO:.0%} of the bare route, or below {PERSONAL}/s for people")
    return 0


if __name__ == "__main__":
    sys.exit(main())
