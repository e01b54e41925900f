"""``python -m tests.bench``: the service beside a bare Flask, with the demonstration's data.

Both run with two processes on this machine, and so does what asks them. Takes under a minute.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from pathlib import Path

from tests.bench.load import requests_per_second
from tests.e2e.support import (
    LOOPBACK,
    ROOT,
    Installation,
    Process,
    form_token,
    free_port,
    installation,
    until,
)
from tests.postgres import own_database
from tests.support import in_threads
from webinars import clock

SECONDS = 3
WARM_SECONDS = 1
CLIENTS = 8
EACH = 50
PLACES = 100
TARGET = 1000
PAGES = ("/", "/cycles/2019", "/cycles/2019/apprendre-a-faire-alliances")
FEED = "/cycles/2019/calendar.ics"
HELD_TO_TARGET = PAGES[:2]
FEED_RATIO = 0.8


def start_bare(folder: Path, body: bytes) -> tuple[Process, int]:
    """A Flask application that gives the same bytes, in the same server."""
    port = free_port()
    page, log = folder / f"body-{port}", folder / f"bare-{port}.log"
    page.write_bytes(body)
    with log.open("wb") as output:
        popen = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bare", str(port)],
            env={**os.environ, "BENCH_BODY": str(page), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process(popen, log)
    Installation(folder, port=port).wait_until_ready(process)
    return process, port


def measure(port: int, path: str, *, tag: str = "") -> float:
    """After a moment of warming up."""
    requests_per_second(port, path, seconds=WARM_SECONDS, tag=tag)
    return requests_per_second(port, path, seconds=SECONDS, tag=tag)


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


def feed(place: Installation, folder: Path) -> bool:
    """Print how fast the calendar is beside a route that returns its bytes; whether as wanted."""
    answer = place.get(FEED)
    process, port = start_bare(folder, answer.body)
    place.processes.append(process)
    bare = measure(port, "/")
    found = measure(place.port, FEED)
    unchanged = measure(place.port, FEED, tag=answer.headers["ETag"])
    print(f"{'a bare Flask route with the bytes of a feed':44} {bare:8,.0f}/s")
    print(f"{FEED:44} {found:8,.0f}/s   {found / bare:4.0%} of it")
    print(f"{'the same, unchanged (304)':44} {unchanged:8,.0f}/s   {unchanged / bare:4.0%} of it")
    return min(found, unchanged) >= FEED_RATIO * bare


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
            as_bare = feed(place, folder)
            exact = registrations(place, "SQLite")
        exact &= registrations_on_postgresql(folder / "postgresql")
    if not fast:
        print(f"\nBelow {TARGET:,}/s: {' or '.join(HELD_TO_TARGET)}")
    if not as_bare:
        print(f"\nBelow {FEED_RATIO:.0%} of the bare route: {FEED}")
    if not exact:
        print("\nThe places were not given exactly.")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
