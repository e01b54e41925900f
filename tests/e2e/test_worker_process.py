"""Workers as real processes: stopped, killed, several at once. Promise P2."""

import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from aiosmtpd.smtp import Envelope

from tests.e2e.support import Installation, Process, until
from tests.support import APRIL, MailServer, person, plan_of, published, register
from webinars import clock
from webinars.db import Database
from webinars.models import MailState, OutboxMail, Participant

KILLS = 12
CROWD = 120
PLACED_SECONDS = 0.02
"""How long the mail server thinks over each mail: a kill shall meet a mail in hand."""


def owe(database_url: str, count: int) -> None:
    """So many people register for a webinar to come: each is owed one confirmation."""
    now = clock.now()
    meeting = replace(APRIL, date=(now + timedelta(days=30)).date())
    plan = plan_of(meeting, slug="coming", year=meeting.date.year)
    database = Database(database_url)
    with database.write() as session:
        published(session, plan, now=now)
        for number in range(count):
            register(session, person(number), cycle="coming", webinar=APRIL.slug, now=now)
    database.dispose()


def ledger(database_url: str) -> dict[str, OutboxMail]:
    """Every row, by the address it is for."""
    database = Database(database_url)
    with database.read() as session:
        rows = session.execute(sa.select(Participant.email, OutboxMail).join(Participant))
        found = dict(rows.all())
    database.dispose()
    return found


def states(database_url: str) -> Counter[MailState]:
    """How many rows stand in each state."""
    return Counter(mail.state for mail in ledger(database_url).values())


def copies(smtp: MailServer) -> Counter[str]:
    """How often each address was served."""
    return Counter(arrived.envelope_to[0] for arrived in smtp.arrived)


def everyone(count: int) -> set[str]:
    """The addresses of the crowd."""
    return {person(number).email for number in range(count)}


def test_two_workers_send_each_once(place: Installation, database_url: str, smtp: MailServer):
    owe(database_url, 50)
    workers = [place.worker(), place.worker()]
    until(
        lambda: states(database_url) == {MailState.SENT: 50},
        within=30,
        what="all are sent",
        every=0.3,
    )
    for worker in workers:
        worker.stop()

    assert copies(smtp) == dict.fromkeys(everyone(50), 1)
    rows = ledger(database_url)
    assert {mail.tries for mail in rows.values()} == {1}
    assert {
        (arrived.envelope_to[0], arrived.message["Message-ID"]) for arrived in smtp.arrived
    } == {(email, mail.message_id) for email, mail in rows.items()}


def test_sigterm_finishes_the_message_in_hand(
    place: Installation, database_url: str, smtp: MailServer
):
    in_hand = threading.Event()

    def think(_envelope: Envelope) -> None:
        in_hand.set()
        time.sleep(1.5)

    smtp.on_data = think
    owe(database_url, 5)
    worker = place.worker()
    assert in_hand.wait(timeout=30)
    worker.stop()

    assert len(smtp.arrived) == 1
    rows = list(ledger(database_url).values())
    assert Counter((mail.state, mail.tries, mail.owner) for mail in rows) == {
        (MailState.SENT, 1, None): 1,
        (MailState.PENDING, 0, None): 4,  # given back untouched, for whoever comes next
    }

    smtp.on_data = lambda _envelope: None
    assert "4 mails worked on" in place.run("worker", "--once")
    assert copies(smtp) == dict.fromkeys(everyone(5), 1)


def test_an_idle_worker_stops_at_once(place: Installation):
    worker = place.worker()
    worker.said("worker_started")
    begun = time.monotonic()
    worker.stop(within=5)

    assert time.monotonic() - begun < 3
    assert place.processes[0].output().count("worker_stopped") == 1


@pytest.mark.parametrize("seed", [20190418])
def test_killed_at_any_instant(place: Installation, database_url: str, smtp: MailServer, seed: int):
    def think(_envelope: Envelope) -> None:
        time.sleep(PLACED_SECONDS)

    smtp.on_data = think
    owe(database_url, CROWD)
    chance = random.Random(seed)
    barrier = threading.Barrier(2)

    def kill_and_replace(instants: list[float], last: list[Process]) -> None:
        barrier.wait()
        for instant in instants:
            worker = place.worker()
            worker.said("worker_started")
            time.sleep(instant)
            worker.kill()
        last.append(place.worker())

    last: list[Process] = []
    threads = [
        threading.Thread(
            target=kill_and_replace,
            args=([chance.uniform(0.02, 0.5) for _ in range(KILLS // 2)], last),
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(place.processes) == KILLS + 2

    settled = {MailState.SENT, MailState.PARKED}
    until(
        lambda: states(database_url).keys() <= settled,
        within=40,
        what="every mail is settled",
        every=0.3,
    )
    for worker in last:
        worker.stop()

    rows = ledger(database_url)
    served = copies(smtp)
    assert served.keys() == everyone(CROWD) == rows.keys()
    assert {email for email, times in served.items() if times > 1} <= {
        email for email, mail in rows.items() if mail.uncertain
    }
    for email, mail in rows.items():
        assert served[email] <= 1 + mail.uncertain
        assert mail.state is MailState.SENT or mail.uncertain > 2
    assert {
        (arrived.envelope_to[0], arrived.message["Message-ID"]) for arrived in smtp.arrived
    } == {(email, mail.message_id) for email, mail in rows.items()}
    # The kills met workers at work: else this would prove nothing.
    assert sum(mail.tries > 1 for mail in rows.values()) >= KILLS
