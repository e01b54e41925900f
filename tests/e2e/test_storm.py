"""Promise P1 against real processes: never one too many, whatever runs at once."""

import http.client
import json
import os
import subprocess
import sys
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.e2e.support import LOOPBACK, Installation, form_token
from tests.support import APRIL, ROOT, in_threads, plan_of, published
from webinars import clock
from webinars.db import Database
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.registration_lists import list_registrations
from webinars.models import OutboxMail, Registration, RegistrationStatus, Webinar

CLIENTS, EACH, PLACES = 8, 25, 100
PROCESSES, FEW_PLACES = 8, 50
MOST_SECONDS = 240
CYCLE = "storm"
PATH = f"/cycles/{CYCLE}/{APRIL.slug}"


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.dispose()


def announce(url: str, *, places: int) -> None:
    """A webinar in a month with so many places."""
    now = clock.now()
    meeting = replace(APRIL, date=(now + timedelta(days=30)).date())
    plan = plan_of(meeting, slug=CYCLE, year=meeting.date.year, capacity=places)
    with opened(url) as database, database.write() as session:
        published(session, plan, now=now)


def counted(database: Database) -> tuple[int, int]:
    """The counter of the webinar and its confirmed rows, of one and the same instant."""
    with database.read() as session:
        rows = sa.select(sa.func.count()).where(Registration.status.in_(HOLDS_A_PLACE))
        counter, confirmed = session.execute(
            sa.select(Webinar.confirmed_count, rows.scalar_subquery())
        ).one()
        return counter, confirmed


def test_two_processes_give_every_place_once_in_the_order_of_arrival(
    place: Installation, database_url: str
) -> None:
    announce(database_url, places=PLACES)
    place.serve()
    times: dict[str, tuple[float, float]] = {}

    def client(number: int) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, place.port, timeout=60)
        for turn in range(EACH):
            connection.request("GET", PATH)
            email = f"client{number}.{turn}@example.org"
            form = {
                "csrf_token": form_token(connection.getresponse().read().decode()),
                "email": email,
                "full_name": "Une personne",
            }
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            begun = time.monotonic()
            connection.request(
                "POST", f"{PATH}/register", body=urllib.parse.urlencode(form), headers=headers
            )
            response = connection.getresponse()
            response.read()
            assert response.status == 200
            times[email] = (begun, time.monotonic())
        connection.close()

    in_threads(client, CLIENTS)

    with opened(database_url) as database:
        assert counted(database) == (PLACES, PLACES)
        with database.read() as session:
            listed = list_registrations(session, cycle_slug=CYCLE, webinar_slug=APRIL.slug)
            mails = session.scalar(sa.select(sa.func.count()).select_from(OutboxMail))
    assert [(one.status, one.position) for one in listed] == [
        *[(RegistrationStatus.CONFIRMED, None)] * PLACES,
        *[(RegistrationStatus.WAITLISTED, rank + 1) for rank in range(CLIENTS * EACH - PLACES)],
    ]
    assert mails == len(times) == CLIENTS * EACH
    # In order of arrival: nobody stands before somebody who had their answer before they asked.
    latest_begun = 0.0
    for one in listed:
        begun, answered = times[one.email]
        assert answered > latest_begun, one.email
        latest_begun = max(latest_begun, begun)


@pytest.mark.parametrize("attempts", [2_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_attempts_of_eight_processes(database_url: str, attempts: int) -> None:
    announce(database_url, places=FEW_PLACES)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.e2e.storming", database_url, CYCLE, APRIL.slug]
    storming = [
        subprocess.Popen(
            [*command, str(number), str(attempts // PROCESSES)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    seen = []
    until = time.monotonic() + MOST_SECONDS
    with opened(database_url) as database:
        try:
            while any(process.poll() is None for process in storming):
                assert time.monotonic() < until, "the storm does not end"
                seen.append(counted(database))
                time.sleep(0.02)
            said = [json.loads(process.communicate()[0]) for process in storming]
        finally:
            for process in storming:
                process.kill()
                process.wait()
        assert [process.returncode for process in storming] == [0] * PROCESSES
        done = sum((Counter(one) for one in said), Counter[str]())
        assert done.total() == attempts
        assert len(seen) > 20
        assert all(counter == rows <= FEW_PLACES for counter, rows in seen)
        assert counted(database) == (FEW_PLACES, FEW_PLACES)
        assert done["left"] > 0
        with database.read() as session:
            listed = list_registrations(session, cycle_slug=CYCLE, webinar_slug=APRIL.slug)
    waiting = [one.position for one in listed if one.status is RegistrationStatus.WAITLISTED]
    assert waiting == list(range(1, len(waiting) + 1))
