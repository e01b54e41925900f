"""Trouble of the mail server as a whole: all workers wait, and no mail pays for it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from tests.mail.scripted import DROP, STALL, scripted_server
from tests.support import MARCH, NOW, MailServer, free_port, person, plan_of, published, register
from webinars import clock
from webinars.db import Database
from webinars.domain import mail_flow, outbox
from webinars.mail import delivery, holding
from webinars.models import OutboxMail
from webinars.worker import Worker

MINUTE = timedelta(minutes=1)

MakeWorker = Callable[..., Worker]
At = Callable[[datetime], None]


@pytest.fixture
def three(database: Database) -> Database:
    """Three people are owed a confirmation."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        for number in range(3):
            register(session, person(number))
    return database


def states(database: Database) -> list[tuple[str, int, int]]:
    """State, tries and doubts of each mail."""
    with database.read() as session:
        rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)).all()
        assert all(row.owner is None and row.lease_until is None for row in rows)
        return [(row.state.value, row.tries, row.uncertain) for row in rows]


def flow(database: Database, now: datetime = NOW) -> mail_flow.Flow:
    with database.read() as session:
        return mail_flow.flow(session, now=now)


UNTRIED = ("pending", 0, 0)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"CONNECT": "421 too many"}, "no conversation with the server: SMTPConnectError"),
        ({"CONNECT": "554 go away"}, "no conversation with the server: SMTPConnectError"),
        ({"CONNECT": DROP}, "no conversation with the server: SMTPServerDisconnected"),
        ({"EHLO": DROP}, "no conversation with the server: SMTPServerDisconnected"),
        ({"MAIL": "450 not now"}, "the server takes no mail from us: 450 not now"),
        ({"MAIL": "530 sign in first"}, "the server takes no mail from us: 530 sign in first"),
        ({"MAIL": "421 going down"}, "the server takes no mail from us: 421 going down"),
        ({"MAIL": DROP}, "no conversation with the server: SMTPServerDisconnected"),
        ({"MAIL": STALL}, "no conversation with the server: TimeoutError"),
    ],
)
def test_a_server_that_takes_nothing_is_asked_once_and_no_mail_has_had_a_try(
    three: Database, make_worker: MakeWorker, answers: dict[str, str], reason: str
) -> None:
    with scripted_server(**answers) as server:
        first, second = make_worker(mail_port=server.port), make_worker(mail_port=server.port)
        first.tick()
        asked = server.seen.count("CONNECT")
        assert asked == 1
        second.tick()
        first.tick()
        assert server.seen.count("CONNECT") == asked
    assert states(three) == [UNTRIED] * 3
    found = flow(three)
    assert found.failures == 1
    assert found.reason is not None
    assert found.reason.startswith(reason)


def test_a_refused_password_is_said_and_nothing_is_lost(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    answers = {"EHLO": "250-mail.example.org\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong"}
    with scripted_server(**answers) as server:
        make_worker(mail_port=server.port, mail_username="me", mail_password="secret").tick()
    assert flow(three).reason == "the server refused the password: 535"
    at(NOW + MINUTE)
    assert make_worker().tick() == 3
    assert states(three) == [("sent", 1, 0)] * 3


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "BODY"])
def test_a_server_that_goes_down_keeps_the_others_back(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At, verb: str
) -> None:
    """Its recipient was named: it may be that mail that the server cannot stand."""
    with scripted_server(**{verb: "421 going down"}) as server:
        make_worker(mail_port=server.port).tick()
    assert states(three) == [("pending", 1, 0), UNTRIED, UNTRIED]
    assert flow(three).reason == "421 going down"
    at(NOW + 2 * MINUTE)
    make_worker().tick()
    assert states(three) == [("sent", 2, 0), ("sent", 1, 0), ("sent", 1, 0)]
    assert flow(three) == mail_flow.Flow(None, None, 0, None)


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
@pytest.mark.parametrize("answer", [DROP, STALL])
def test_a_link_that_breaks_before_the_message_leaves_no_doubt(
    three: Database, make_worker: MakeWorker, verb: str, answer: str
) -> None:
    with scripted_server(**{verb: answer}) as server:
        make_worker(mail_port=server.port).tick()
        assert server.bodies == []
    assert states(three) == [("pending", 1, 0), UNTRIED, UNTRIED]


def test_one_mail_that_the_server_cannot_stand_does_not_stop_the_others_for_good(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    first = person(0).email
    smtp.on_rcpt = lambda address: "421 I cannot stand it" if address == first else None
    worker = make_worker()
    for minutes in range(30):
        at(NOW + minutes * MINUTE)
        worker.tick()
    found = states(three)
    assert found[1:] == [("sent", 1, 0)] * 2
    assert found[0][0] == "pending"
    assert 3 <= found[0][1] <= 6  # its own pauses grow


def test_an_outage_is_asked_about_ever_less_and_ends_with_the_first_success(
    three: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    gone, asked = make_worker(mail_port=free_port()), []
    for seconds in range(0, 3600, 10):
        now = NOW + timedelta(seconds=seconds)
        at(now)
        before = flow(three, now).failures
        gone.tick()
        if flow(three, now).failures > before:
            asked.append(seconds)
    assert 6 <= len(asked) <= 10
    assert all(later - before <= 15 * 60 for before, later in pairwise(asked))
    assert states(three) == [UNTRIED] * 3
    at(NOW + timedelta(minutes=76))
    assert make_worker().tick() == 3
    assert states(three) == [("sent", 1, 0)] * 3
    assert flow(three) == mail_flow.Flow(None, None, 0, None)


def test_a_server_that_hung_up_meanwhile_is_called_again_at_once(
    three: Database, make_worker: MakeWorker
) -> None:
    with scripted_server() as server:
        server.once["MAIL", 2] = DROP  # as one does that has heard nothing for a while
        make_worker(mail_port=server.port).tick()
        assert len(server.bodies) == 3
        assert server.seen.count("CONNECT") == 2
    assert states(three) == [("sent", 1, 0)] * 3
    assert flow(three).failures == 0


@pytest.mark.parametrize("answer", [DROP, STALL])
def test_a_server_that_loses_messages_loses_one_at_a_time(
    three: Database, make_worker: MakeWorker, answer: str
) -> None:
    with scripted_server(BODY=answer) as server:
        make_worker(mail_port=server.port).tick()
        assert len(server.bodies) == 1
    assert states(three) == [("pending", 1, 1), UNTRIED, UNTRIED]


@pytest.mark.parametrize("answer", ["450 greylisted", "452 too many", "451 try again"])
def test_one_recipients_trouble_is_that_mails_own(
    three: Database, make_worker: MakeWorker, smtp: MailServer, answer: str
) -> None:
    first = person(0).email
    smtp.on_rcpt = lambda address: answer if address == first else None
    make_worker().tick()
    assert states(three) == [("pending", 1, 0), ("sent", 1, 0), ("sent", 1, 0)]
    assert flow(three).failures == 0


def test_a_slow_answer_is_waited_for_and_the_rest_is_given_back(
    three: Database, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that takes minutes another worker need not wait for ours."""
    monkeypatch.setattr(delivery, "LOOK_UP", 0.1)
    monkeypatch.setattr(holding, "SLOW_SECONDS", 0.3)
    seen: list[list[str]] = []

    def think() -> None:
        time.sleep(1.2)  # longer than any other answer may take
        with three.read() as session:
            rows = session.scalars(sa.select(OutboxMail.state).order_by(OutboxMail.id))
            seen.append([state.value for state in rows])

    with scripted_server() as server:
        server.before["BODY"] = think
        make_worker(mail_port=server.port, mail_answer_timeout=30).tick()
        assert len(server.bodies) == 3
    assert seen[0] == ["handing_over", "pending", "pending"]
    assert states(three) == [("sent", 1, 0)] * 3


def test_while_an_answer_is_waited_for_the_lease_is_renewed(
    three: Database, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOOK_UP", 0.1)
    monkeypatch.setattr(holding, "RENEWED_AFTER", 0.0)
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def think() -> None:
        for _ in range(3):  # three leases of ten seconds, as the clock of the test has it
            now[0] += timedelta(seconds=8)
            time.sleep(0.4)
            with three.write() as session:
                outbox.rescue(session, now=now[0])

    with scripted_server() as server:
        server.before["BODY"] = think
        values = {"mail_answer_timeout": 30, "outbox_lease_seconds": 10}
        make_worker(mail_port=server.port, **values).tick()
        assert len(server.bodies) == 3
    assert states(three) == [("sent", 1, 0)] * 3


def test_a_link_that_is_slow_to_name_a_recipient_leaves_no_doubt_about_the_one_before(
    three: Database, make_worker: MakeWorker
) -> None:
    """What was taken is noted while the next is still being offered."""
    seen: list[list[str]] = []

    def think() -> None:
        if server.bodies and not seen:
            time.sleep(0.5)
            with three.read() as session:
                rows = session.scalars(sa.select(OutboxMail.state).order_by(OutboxMail.id))
                seen.append([state.value for state in rows])

    with scripted_server() as server:
        server.before["RCPT"] = think
        make_worker(mail_port=server.port).tick()
    assert seen == [["sent", "claimed", "claimed"]]
    assert states(three) == [("sent", 1, 0)] * 3


@pytest.mark.parametrize("per_minute", [600])
def test_a_rate_is_kept(
    three: Database, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch, per_minute: int
) -> None:
    """The clock of the test stands still: what one second allows leaves, and no more."""
    with three.write() as session:
        for number in range(3, 14):
            register(session, person(number))
    with scripted_server() as server:
        worker = make_worker(mail_port=server.port, mail_per_minute=per_minute)
        monkeypatch.setattr(worker._stopping, "wait", lambda _seconds: worker._stopping.set())
        worker.tick()
        assert len(server.bodies) == per_minute // 60
    assert sorted(states(three)) == [UNTRIED] * 4 + [("sent", 1, 0)] * 10


# trouble of the database ------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_throws_us_out_after_250_is_told_all_the_same(
    three: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    """As when its server is started anew: what was taken must not be given again."""
    thrown_out: list[int] = []

    def throw_out(_envelope: object) -> None:
        if not thrown_out:
            with three.engine.connect() as connection:
                others = connection.exec_driver_sql(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                thrown_out.append(others.scalar_one())

    smtp.on_data = throw_out
    with pytest.raises(sa.exc.OperationalError):
        make_worker().tick()
    assert thrown_out[0] >= 1
    assert states(three) == [("sent", 1, 0), UNTRIED, UNTRIED]
    make_worker().tick()
    assert states(three) == [("sent", 1, 0)] * 3
    assert len(smtp.arrived) == 3
