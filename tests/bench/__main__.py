"""``python -m tests.bench``: pages beside a bare Flask, with the demonstration's data.

Both run with two processes on this machine, and so does what asks them. Takes under a minute.
"""

import http.client
import json
import os
import re
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from pathlib import Path

from tests.bench.bare import measure, start_bare
from tests.e2e.support import (
    LOOPBACK,
    Installation,
    form_token,
    installation,
    until,
)
from tests.postgres import own_database
from tests.support import in_threads
from webinars import clock

CLIENTS = 8
EACH = 50
PLACES = 100
TARGET = 1000
PAGES = ("/", "/cycles/2019", "/cycles/2019/apprendre-a-faire-alliances")
HELD_TO_TARGET = PAGES[:2]


def pages(place: Installation, bare_port: int) -> bool:
    """Print each address beside the bare route; whether those held to the target reach it."""
    bare = measure(bare_port, "/")
    print(f"{'a bare Flask route':44} {bare:8,.0f}/s")
    reached = True
    for path in PAGES:
        found = measure(place.port, path)
        print(f"{path:44} {found:8,.0f}/s   {found / bare:4.0%} of it")
        reached &= found >= TARGET or path not in HELD_TO_TARGET
    return reached


def webinar_with_places(place: Installation) -> str:
    """A webinar to come of a running cycle."""
    year = clock.now().year
    for cycle in (year, year + 1):
        text = place.get(f"/cycles/{cycle}").text
        for found in re.findall(rf'href="/cycles/({cycle}/[a-z0-9-]+)"', text):
            if f'action="/cycles/{found}/register"' in place.get(f"/cycles/{found}").text:
                return str(found)
    raise SystemExit("no webinar can be registered for")


def registrations(place: Installation, database: str) -> bool:
    """Print how many people a second register; whether exactly the places were given."""
    webinar = webinar_with_places(place)
    path = f"/cycles/{webinar}"

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, place.port, timeout=30)
        for turn in range(EACH):
            connection.request("GET", path)
            token = form_token(connection.getresponse().read().decode())
            form = {
                "csrf_token": token,
                "email": f"client{number}.{turn}@example.org",
                "full_name": f"Client {number} {turn}",
            }
            connection.request(
                "POST",
                f"{path}/register",
                body=urllib.parse.urlencode(form),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise SystemExit(f"a registration was answered with {response.status}")
        connection.close()

    begun = time.monotonic()
    in_threads(client, CLIENTS)
    took = time.monotonic() - begun
    lines = place.run("registrations", "list", webinar, "--json").splitlines()
    found = Counter(json.loads(line)["status"] for line in lines if line.startswith("{"))
    total = CLIENTS * EACH
    print(
        f"{f'GET and POST of a registration, {database}':44} {total / took:8,.0f}/s   "
        f"{found['confirmed']} of {PLACES} places confirmed, {found['waitlisted']} waiting"
    )
    return found == {"confirmed": PLACES, "waitlisted": total - PLACES}


def registrations_on_postgresql(folder: Path) -> bool:
    """The same on the other database, where there is one."""
    folder.mkdir()
    with own_database("webinars_bench") as url:
        if url is None:
            print("PostgreSQL is not here.")
            return True
        with installation(folder, database_url=url) as place:
            place.run("demo", "--load-only")
            place.serve()
            return registrations(place, "PostgreSQL")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with installation(folder) as place:
            place.run("demo", "--load-only")
            place.serve()
            bare, bare_port = start_bare(folder, place.get("/").body)
            place.processes.append(bare)
            load = os.getloadavg()[0]
            until(lambda: place.get("/").status == 200, within=10, what="the front page")
            print(f"{os.cpu_count()} processors, load {load:.1f} before; two web processes\n")
            fast = pages(place, bare_port)
            exact = registrations(place, "SQLite")
        exact &= registrations_on_postgresql(folder / "postgresql")
    if not fast:
        print(f"\nBelow {TARGET:,}/s: {' or '.join(HELD_TO_TARGET)}")
    if not exact:
        print("\nThe places were not given exactly.")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
