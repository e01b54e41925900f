"""Workers as real processes: stopped, several at once. Promise P2; killed, in the next file."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable

from aiosmtpd.smtp import Envelope

from tests.e2e.owed import copies, everyone, ledger, owe, states
from tests.e2e.support import MAIL_SECONDS, START_SECONDS, Installation, until
from tests.support import MailServer, free_port
from webinars.models import MailState


def test_two_workers_send_each_once(place: Installation, database_url: str, smtp: MailServer):
    owe(database_url, 50)
    workers = [place.worker(), place.worker()]
    until(
        lambda: states(database_url) == {MailState.SENT: 50},
        within=MAIL_SECONDS,
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
    assert in_hand.wait(timeout=START_SECONDS)
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


def test_an_idle_worker_does_not_wait_for_its_next_tick(place: Installation):
    place.settings["worker_tick_seconds"] = 3600
    worker = place.worker()
    worker.said("worker_started")
    worker.stop()

    assert place.processes[0].output().count("worker_stopped") == 1


def test_an_unreachable_server_is_said_and_waited_for_until_somebody_retries(
    install: Callable[..., Installation], database_url: str, smtp: MailServer
):
    owe(database_url, 3)
    place = install(database_url=database_url, mail_server="127.0.0.1", mail_port=free_port())
    said = place.run("worker", "--once")
    assert re.search(
        r"^1 mail worked on\nSending is paused until \S+Z: no conversation with the server: "
        r"ConnectionRefusedError",
        said,
        re.MULTILINE,
    )
    rows = ledger(database_url).values()
    assert Counter((mail.state, mail.tries) for mail in rows) == {(MailState.PENDING, 0): 3}

    place.settings["mail_port"] = smtp.port
    assert "0 mails worked on" in place.run("worker", "--once")
    place.run("outbox", "retry")
    assert "3 mails worked on" in place.run("worker", "--once")
    assert copies(smtp) == dict.fromkeys(everyone(3), 1)


def test_a_rate_is_kept_by_several_workers_and_does_not_hold_up_the_end(
    install: Callable[..., Installation], database_url: str, smtp: MailServer
):
    came: list[float] = []
    smtp.on_data = lambda _envelope: came.append(time.monotonic())
    owe(database_url, 300)
    place = install(
        database_url=database_url,
        mail_server="127.0.0.1",
        mail_port=smtp.port,
        mail_per_minute=120,
        worker_tick_seconds=1,
    )
    started = time.monotonic()
    workers = [place.worker(), place.worker()]
    until(lambda: len(came) >= 8, within=MAIL_SECONDS, what="some have left")
    for worker in workers:
        worker.stop()  # long before the rate would let the last of them go
    # Two may leave together; the others are claimed half a second apart.
    assert came[-1] - started >= 0.5 * (len(came) - 2)
