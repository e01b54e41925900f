"""The production server as a process: how it refuses, how it ends, what it starts."""

import http.client
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import missing
from tests.e2e.support import (
    LOOPBACK,
    MAIL_SECONDS,
    START_SECONDS,
    STOP_SECONDS,
    Answer,
    Installation,
    Process,
    form_token,
    until,
)
from tests.support import APRIL, MailServer, plan_of, published
from webinars import clock
from webinars.cli.serve import STOP_SECONDS as KILL_SECONDS
from webinars.db import Database
from webinars.domain import replays

IN_HAND_SECONDS = 3
"""Long enough for a request to have been taken up on a busy machine."""


def children_of(process: Process) -> list[str]:
    """The numbers of its children, where the system tells."""
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not told.exists():
        missing("the system does not list the children of a process")
    return told.read_text("ascii").split()


@pytest.fixture(scope="module")
def warm() -> None:
    """Here the start itself is tried, from nothing."""


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def webinar(database_url: str) -> str:
    """A webinar to come."""
    now = clock.now()
    meeting = replace(APRIL, slug="bientot", date=(now + timedelta(days=20)).date())
    database = Database(database_url)
    with database.write() as session:
        published(session, plan_of(meeting, slug="essai", year=meeting.date.year), now=now)
    database.dispose()
    return "essai/bientot"


@on_sqlite
@pytest.mark.parametrize("command", [("serve",), ("serve", "--with-worker"), ("demo",)])
def test_a_port_in_use_is_a_sentence(place: Installation, command: tuple[str, ...]):
    with socket.socket() as other:
        other.bind((LOOPBACK, place.port))
        other.listen()
        process = place.start(*command, "--port", str(place.port))

        assert process.wait() == 1

    said = process.output()
    assert f"Port {place.port} of 127.0.0.1 is in use." in said
    assert "--port" in said
    assert "Traceback" not in said
    process.must_be_alone()


def test_a_database_without_tables_is_a_sentence(install: Callable[..., Installation]):
    said = install().run("serve", code=1)

    assert "Run: webinars db upgrade" in said
    assert "Traceback" not in said


@on_sqlite
def test_sigterm_lets_a_request_finish(
    place: Installation, webinar: str, database_url: str, smtp: MailServer
):
    server = place.serve()
    answers: list[Answer] = []
    form = {
        "csrf_token": form_token(place.get(f"/cycles/{webinar}").text),
        "email": "alice@example.org",
        "full_name": "Alice Dupont",
    }
    # A writer who waits: the registration is in hand for as long as this lock is held.
    path = sa.make_url(database_url).database
    assert path
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    client = threading.Thread(
        target=lambda: answers.append(place.post(f"/cycles/{webinar}/register", form))
    )
    client.start()
    time.sleep(IN_HAND_SECONDS)
    server.popen.terminate()
    time.sleep(0.8)

    assert client.is_alive()
    assert server.popen.poll() is None

    lock.execute("ROLLBACK")
    lock.close()
    client.join(timeout=STOP_SECONDS)

    assert [answer.status for answer in answers] == [200]
    assert server.wait() == 0
    server.must_be_alone()
    assert [mail["email"] for mail in place.outbox()] == ["alice@example.org"]


@on_sqlite
def test_what_was_counted_is_written_at_sigterm(place: Installation, database_url: str):
    now = clock.now()
    meeting = replace(APRIL, slug="passe", date=(now - timedelta(days=20)).date())
    database = Database(database_url)
    with database.write() as session:
        published(session, plan_of(meeting, slug="essai", year=meeting.date.year), now=now)
        video = replays.Video(url="https://video.example.org/1.mp4", duration=600)
        replays.put_online(session, cycle_slug="essai", webinar_slug="passe", video=video, now=now)
    server = place.serve()
    told = json.dumps({"replay": "essai/passe", "begins": True, "minutes": [3]}).encode()
    for _ in range(20):
        answer = place.ask("POST", "/counts", told, {"Sec-Fetch-Site": "same-origin"})
        assert answer.status == 204
    server.stop(within=8)
    with database.read() as session:
        assert session.execute(sa.text("SELECT views FROM replay_views")).scalars().all() == [20]
        rows = session.execute(sa.text("SELECT minute, plays FROM replay_minutes"))
        assert [tuple(row) for row in rows] == [(3, 20)]
    database.dispose()


@on_sqlite
def test_sigterm_does_not_wait_for_idle_connections(place: Installation, webinar: str):
    server = place.serve()
    idle = [
        http.client.HTTPConnection(LOOPBACK, place.port, timeout=STOP_SECONDS) for _ in range(4)
    ]
    for connection in idle:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b"ok\n"
    server.stop(within=KILL_SECONDS - 5)
    for connection in idle:
        connection.close()


@on_sqlite
def test_with_worker_runs_exactly_one(place: Installation, webinar: str, smtp: MailServer):
    server = place.serve("--with-worker")
    server.said("worker_started")
    for number in range(3):
        assert place.register(webinar, f"person{number}@example.org").status == 200
    until(lambda: len(smtp.arrived) == 3, within=MAIL_SECONDS, what="the three mails arrived")
    time.sleep(1.5)
    server.stop()

    assert len(smtp.arrived) == 3
    assert server.output().count("worker_started") == 1
    assert server.output().count("worker_stopped") == 1
    assert server.output().count('"owner"') == 2


@on_sqlite
def test_without_it_no_worker_runs(place: Installation, webinar: str, smtp: MailServer):
    server = place.serve()
    assert place.register(webinar, "alice@example.org").status == 200
    time.sleep(1.5)
    server.stop()

    assert smtp.arrived == []
    assert "worker_started" not in server.output()
    assert [mail["state"] for mail in place.outbox()] == ["pending"]


@on_sqlite
@pytest.mark.parametrize(
    ("arguments", "children", "moment"), [((), 2, 0.1), (("--with-worker",), 1, 0.0)]
)
def test_sigterm_while_starting_leaves_no_child(
    place: Installation, arguments: tuple[str, ...], children: int, moment: float
):
    """With the web processes still loading, and with the worker alone begun."""
    server = place.start("serve", "--port", str(place.port), *arguments)
    until(
        lambda: len(children_of(server)) >= children,
        within=START_SECONDS,
        what="the children are there",
        every=0.002,
    )
    time.sleep(moment)
    server.popen.terminate()

    assert server.wait() == 0
    server.must_be_alone()
