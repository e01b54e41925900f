"""Workers that are killed, at each named point and at any instant. Promise P2."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import Envelope

from tests.e2e.owed import copies, everyone, ledger, owe, states
from tests.e2e.support import (
    MAIL_SECONDS,
    START_SECONDS,
    STOP_SECONDS,
    Installation,
    until,
)
from tests.mail.scripted import ScriptedServer, scripted_server
from tests.support import ROOT, MailServer
from webinars.db import Database
from webinars.models import MailState, OutboxMail

# each named point -------------------------------------------------------------------------


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Nobody else writes mails meanwhile."""
    database = Database(database_url)
    with database.write() as session:
        session.execute(sa.text("SELECT 1"))  # on SQLite that is enough
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("LOCK TABLE outbox IN EXCLUSIVE MODE"))
        yield
    database.dispose()


@dataclass
class Point:
    """Where a worker stands when it is killed."""

    reached: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)

    def stop_here(self) -> None:
        """The server has been told something, and says nothing more."""
        if not self.reached.is_set():
            self.reached.set()
            self.killed.wait(30)

    def answer_into_a_lock(self, database_url: str) -> Callable[[], None]:
        """The server answers, and what the worker would write of it has to wait."""

        def hold() -> None:
            with locked(database_url):
                held.set()
                self.killed.wait(30)

        held = threading.Event()

        def answer() -> None:
            if not self.reached.is_set():
                threading.Thread(target=hold).start()
                held.wait(30)
                threading.Timer(0.3, self.reached.set).start()  # it has the answer by then

        return answer


@contextmanager
def nursery(place: Installation) -> Iterator[Callable[[], int]]:
    """What starts a worker and gives its number; those that live at the end are killed."""
    numbers: list[int] = []
    turn = threading.Lock()
    with (
        (place.folder / "nursery.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.nursery"],
            env=place.environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        ) as process,
    ):

        def start() -> int:
            assert process.stdin is not None
            assert process.stdout is not None
            with turn:
                process.stdin.write("\n")
                process.stdin.flush()
                numbers.append(int(process.stdout.readline()))
                return numbers[-1]

        try:
            yield start
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its own group: it and its workers


POINTS = {
    # Where it is killed: how the mail in hand stands then, its doubts, and how often it left.
    "before the claim": (MailState.PENDING, 0, 1),
    "after the claim": (MailState.CLAIMED, 0, 1),
    "after MAIL": (MailState.CLAIMED, 0, 1),
    "after RCPT": (MailState.CLAIMED, 0, 1),
    "before the commit that lets it go": (MailState.CLAIMED, 0, 1),
    "after DATA": (MailState.HANDING_OVER, 1, 1),
    "after the message": (MailState.HANDING_OVER, 1, 2),
    "after 250, before the commit": (MailState.HANDING_OVER, 1, 2),
}
VERBS = {
    "after the claim": "CONNECT",
    "after MAIL": "MAIL",
    "after RCPT": "RCPT",
    "after DATA": "DATA",
    "after the message": "BODY",
    "before the commit that lets it go": "RCPT",
    "after 250, before the commit": "BODY",
}
"""What the server has been told when it stops to answer, or answers into a lock."""


def kill_at(start: Callable[[], int], server: ScriptedServer, url: str, name: str) -> None:
    """Start a worker, and kill it where the name says."""
    point = Point()
    if name == "before the claim":
        with locked(url):
            number = start()
            time.sleep(0.5)
            os.kill(number, signal.SIGKILL)
        return
    into_a_lock = name.endswith(("commit", "lets it go"))
    server.before[VERBS[name]] = point.answer_into_a_lock(url) if into_a_lock else point.stop_here
    number = start()
    assert point.reached.wait(START_SECONDS), name
    os.kill(number, signal.SIGKILL)
    wait_for_the_end_of(number)
    point.killed.set()
    server.before.clear()


def wait_for_the_end_of(number: int) -> None:
    """Of a process that has been sent a signal."""
    until(lambda: not Path(f"/proc/{number}").exists(), within=STOP_SECONDS, what="it has ended")


def newest(database_url: str) -> list[OutboxMail]:
    """The three mails that were owed last."""
    return sorted(ledger(database_url).values(), key=lambda mail: mail.id)[-3:]


def test_killed_at_each_named_point(install: Callable[..., Installation], database_url: str):
    """The first of three mails is in hand: only its fate may be in doubt."""
    with scripted_server() as server:
        place = install(
            database_url=database_url,
            mail_port=server.port,
            mail_server="127.0.0.1",
            worker_tick_seconds=1,
        )
        with nursery(place) as start:
            for number, (name, (left_in, doubts, times)) in enumerate(POINTS.items()):
                owe(database_url, 3, beginning=3 * number)
                kill_at(start, server, database_url, name)
                states_then = [mail.state for mail in newest(database_url)]
                assert states_then[0] is left_in, name
                assert set(states_then[1:]) <= {MailState.PENDING, MailState.CLAIMED}, name

                survivor = start()  # which knows that the other has ended, long before its lease
                until(
                    lambda: {mail.state for mail in newest(database_url)} == {MailState.SENT},
                    within=MAIL_SECONDS,
                    what=f"killed {name}, all the same",
                    every=0.1,
                )
                os.kill(survivor, signal.SIGTERM)
                wait_for_the_end_of(survivor)
                rows = newest(database_url)
                assert [mail.uncertain for mail in rows] == [doubts, 0, 0], name
                found = [
                    sum(mail.message_id.encode() in body for body in server.bodies) for mail in rows
                ]
                assert found == [times, 1, 1], name


# any instant ------------------------------------------------------------------------------


def kill_at_random(
    place: Installation,
    database_url: str,
    smtp: MailServer,
    *,
    kills: int,
    crowd: int,
    workers: int,
) -> None:
    """Kill so many workers at random instants while others work; then see what became."""

    def think(_envelope: Envelope) -> None:
        time.sleep(0.015)  # so that a kill meets a mail in hand

    smtp.on_data = think
    owe(database_url, crowd)
    chance = random.Random(20190418)  # where they fall, the machine decides all the same
    lives = [chance.uniform(0.1, 3.0) for _ in range(kills)]
    with nursery(place) as start:

        def kill_and_replace(share: list[float]) -> None:
            for life in share:
                number = start()
                time.sleep(life)
                os.kill(number, signal.SIGKILL)

        threads = [
            threading.Thread(target=kill_and_replace, args=(lives[one::workers],))
            for one in range(workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(2):
            start()
        until(
            lambda: states(database_url).keys() <= {MailState.SENT, MailState.PARKED},
            within=60 + crowd / 20,
            what="every mail is settled",
            every=0.5,
        )
    check_each(database_url, smtp, crowd=crowd)
    # The kills met workers at work: else this would prove nothing.
    assert sum(mail.uncertain for mail in ledger(database_url).values()) >= kills // 20


def check_each(database_url: str, smtp: MailServer, *, crowd: int) -> None:
    """Nothing is lost; a second copy only where there was doubt, under the same Message-ID."""
    rows, served = ledger(database_url), copies(smtp)
    assert served.keys() == everyone(crowd) == rows.keys()
    for email, mail in rows.items():
        assert served[email] <= 1 + mail.uncertain
        assert mail.state is MailState.SENT or mail.uncertain > 2
    assert {
        (arrived.envelope_to[0], arrived.message["Message-ID"]) for arrived in smtp.arrived
    } == {(email, mail.message_id) for email, mail in rows.items()}


@pytest.fixture
def quick(
    install: Callable[..., Installation], database_url: str, smtp: MailServer
) -> Installation:
    """An installation whose vanished workers are replaced soon."""
    return install(
        database_url=database_url,
        mail_server="127.0.0.1",
        mail_port=smtp.port,
        worker_tick_seconds=1,
        outbox_lease_seconds=5,
    )


def test_killed_at_any_instant(quick: Installation, database_url: str, smtp: MailServer):
    kill_at_random(quick, database_url, smtp, kills=50, crowd=500, workers=6)


@pytest.mark.soak
def test_killed_a_thousand_times(quick: Installation, database_url: str, smtp: MailServer):
    kill_at_random(quick, database_url, smtp, kills=1000, crowd=8000, workers=8)
