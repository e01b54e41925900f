"""From the ledger to the server and back: the state is exact whatever happens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.mail.scripted import DROP, STALL, scripted_server
from tests.support import (
    ALICE,
    BOB,
    HOUSE,
    MARCH,
    NOW,
    MailServer,
    counted_queries,
    free_port,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import participants, registrations
from webinars.domain.outbox import EXPIRED
from webinars.mail import messages, sending
from webinars.models import (
    MailKind,
    MailState,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    WebinarStatus,
)
from webinars.worker import Worker

START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
DUE = START - timedelta(days=1)

MakeWorker = Callable[..., Worker]
At = Callable[[datetime], None]


@pytest.fixture
def march(database: Database) -> Database:
    """March is published, with one reminder, the day before."""
    with database.write() as session:
        published(session, replace(plan_of(MARCH), reminders=("1d",)))
    return database


@pytest.fixture
def with_alice(march: Database) -> Database:
    """Alice is registered, and owed her confirmation."""
    with march.write() as session:
        register(session, ALICE)
    return march


def ledger(database: Database) -> list[OutboxMail]:
    with database.read() as session:
        return list(session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)))


def state(database: Database) -> tuple[str, str | None, int, int]:
    """Of the only mail: state, reply, tries, uncertain."""
    (mail,) = ledger(database)
    return mail.state.value, mail.reply, mail.tries, mail.uncertain


def test_a_registration_brings_a_mail(
    with_alice: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    assert make_worker().tick() == 1
    (arrived,) = smtp.arrived
    assert arrived.envelope_to == [ALICE.email]
    (mail,) = ledger(with_alice)
    assert arrived.message["Message-ID"] == mail.message_id
    assert MARCH.title in arrived.text()
    assert (mail.state, mail.reply, mail.tries) == (MailState.SENT, "250 taken as 1", 1)
    assert (mail.sent_at, mail.owner, mail.lease_until) == (NOW, None, None)


def test_none_one_three(march: Database, make_worker: MakeWorker, smtp: MailServer) -> None:
    worker = make_worker()
    assert worker.tick() == 0
    for expected, people in ((1, [ALICE]), (3, [person(number) for number in range(3)])):
        with march.write() as session:
            for who in people:
                register(session, who)
        assert worker.tick() == expected
    assert worker.tick() == 0
    assert [arrived.envelope_to for arrived in smtp.arrived] == [
        [who.email] for who in (ALICE, person(0), person(1), person(2))
    ]
    assert smtp.connections == 2


def test_more_than_a_batch_leaves_in_one_tick(
    march: Database,
    make_worker: MakeWorker,
    smtp: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "BATCH", 2)
    with march.write() as session:
        for number in range(5):
            register(session, person(number))
    assert make_worker().tick() == 5
    assert len(smtp.arrived) == 5


def answers_once(smtp: MailServer, place: str, answer: str) -> None:
    left = [answer]
    setattr(smtp, place, lambda _asked: left.pop() if left else None)


@pytest.mark.parametrize("place", ["on_rcpt", "on_data"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 no such user", ("failed", "550 no such user", 1, 0)),
        ("552 too large", ("failed", "552 too large", 1, 0)),
        ("450 greylisted", ("pending", "450 greylisted", 1, 0)),
        ("451 try again", ("pending", "451 try again", 1, 0)),
        ("421 going down", ("pending", "421 going down", 1, 0)),
    ],
)
def test_an_answer_decides_what_becomes_of_the_mail(
    with_alice: Database,
    make_worker: MakeWorker,
    smtp: MailServer,
    at: At,
    place: str,
    answer: str,
    expected: tuple[str, str, int, int],
) -> None:
    answers_once(smtp, place, answer)
    worker = make_worker()
    worker.tick()
    assert state(with_alice) == expected
    assert smtp.arrived == []
    at(NOW + timedelta(hours=1))
    worker.tick()
    if expected[0] == "failed":
        assert state(with_alice) == expected
        assert smtp.arrived == []
    else:
        assert state(with_alice) == ("sent", "250 taken as 1", 2, 0)


def test_one_refused_mail_does_not_stop_the_others(
    march: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    with march.write() as session:
        for number in range(4):
            register(session, person(number))
    answers = {"person0@example.org": "550 no", "person2@example.org": "450 full"}
    smtp.on_rcpt = answers.get
    assert make_worker().tick() == 4
    assert [mail.state.value for mail in ledger(march)] == ["failed", "sent", "pending", "sent"]
    assert len(smtp.arrived) == 2


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"CONNECT": DROP}, ("pending", 0)),
        ({"CONNECT": STALL}, ("pending", 0)),
        ({"MAIL": "451 not now"}, ("pending", 0)),
        ({"MAIL": "550 you may not"}, ("pending", 0)),
        ({"RCPT": DROP}, ("pending", 1)),
        ({"DATA": DROP}, ("pending", 1)),
        ({"QUIT": DROP}, ("sent", 1)),
        ({"QUIT": STALL}, ("sent", 1)),
    ],
)
def test_a_link_that_breaks_before_or_after_the_message_leaves_no_doubt(
    with_alice: Database,
    make_worker: MakeWorker,
    answers: dict[str, str],
    expected: tuple[str, int],
) -> None:
    with scripted_server(**answers) as server:
        make_worker(mail_port=server.port).tick()
        assert len(server.bodies) == (expected[0] == "sent")
    (mail,) = ledger(with_alice)
    assert (mail.state.value, mail.tries, mail.uncertain) == (*expected, 0)


@pytest.mark.parametrize("answer", [DROP, STALL])
def test_a_link_that_breaks_with_the_message_is_uncertain_and_repeats_the_same_message(
    with_alice: Database, make_worker: MakeWorker, at: At, answer: str
) -> None:
    with scripted_server(BODY=answer) as server:
        worker = make_worker(mail_port=server.port)
        worker.tick()
        found, reply, tries, uncertain = state(with_alice)
        assert (found, tries, uncertain) == ("pending", 1, 1)
        assert reply is not None
        assert reply.startswith("the link broke after the message: ")
        server.answers.clear()
        at(NOW + timedelta(hours=1))
        worker.tick()
        assert state(with_alice) == ("sent", "250 taken", 2, 1)
        first, second = server.bodies
    assert b"Message-ID: " + ledger(with_alice)[0].message_id.encode() in first
    assert [line for line in first.splitlines() if line.startswith(b"Message-ID")] == [
        line for line in second.splitlines() if line.startswith(b"Message-ID")
    ]


def test_a_mail_that_stays_uncertain_waits_for_a_human(
    with_alice: Database, make_worker: MakeWorker, at: At
) -> None:
    with scripted_server(BODY=DROP) as server:
        worker = make_worker(mail_port=server.port)
        for number in range(5):
            at(NOW + timedelta(hours=5 * number))
            worker.tick()
        assert len(server.bodies) == 3
    found, _, tries, uncertain = state(with_alice)
    assert (found, tries, uncertain) == ("parked", 3, 3)


def test_an_unreachable_server_loses_nothing(
    with_alice: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    make_worker(mail_port=free_port()).tick()
    found, reply, tries, uncertain = state(with_alice)
    assert (found, tries, uncertain) == ("pending", 0, 0)
    assert reply is not None
    assert reply.startswith("no conversation with the server: ConnectionRefusedError")
    at(NOW + timedelta(minutes=2))
    make_worker().tick()
    assert state(with_alice) == ("sent", "250 taken as 1", 1, 0)


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@example.org", "Eve\nMallory", "Compte bloqué, voir banque.example"]
)
def test_a_name_that_could_carry_more_than_a_name_is_left_out(
    march: Database, make_worker: MakeWorker, smtp: MailServer, name: str
) -> None:
    with march.write() as session:
        register(session, replace(ALICE, full_name=name))
    assert make_worker().tick() == 1
    (eve,) = ledger(march)
    assert eve.state is MailState.SENT
    (arrived,) = smtp.arrived
    assert arrived.envelope_to == [ALICE.email]
    assert str(arrived.message["To"]) == ALICE.email
    assert arrived.message["Bcc"] is None
    assert "banque" not in arrived.text() + arrived.html()


def test_a_reminder_that_became_untrue_during_the_talk_does_not_leave(
    march: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    """The last look is taken after the server has agreed to the recipient."""
    with march.write() as session:
        register(session, ALICE)
        register(session, BOB)

    def cancelled_meanwhile(address: str) -> None:
        if address == ALICE.email:
            with march.write() as session:
                session.execute(
                    sa.update(Registration)
                    .where(
                        Registration.participant_id.in_(
                            sa.select(Participant.id).where(Participant.email == ALICE.email)
                        )
                    )
                    .values(status=RegistrationStatus.CANCELLED)
                )

    smtp.on_rcpt = cancelled_meanwhile
    assert make_worker().tick() == 2
    alice, bob = ledger(march)
    assert (alice.state, alice.reply) == (
        MailState.FAILED,
        "it is no longer true: the registration is cancelled now",
    )
    assert bob.state is MailState.SENT
    assert [arrived.envelope_to for arrived in smtp.arrived] == [[BOB.email]]


def test_nobody_is_told_of_a_place_in_what_was_cancelled(
    march: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    """The confirmation waited, for a server that was away say: the notice says all there is."""
    with march.write() as session:
        for who in (ALICE, BOB):
            register(session, who)
    with march.write() as session:
        published(session, plan_of(replace(MARCH, status=WebinarStatus.CANCELLED)))
    make_worker().tick()
    confirmations = [mail for mail in ledger(march) if mail.kind is MailKind.CONFIRMATION]
    assert {(mail.state, mail.reply) for mail in confirmations} == {
        (MailState.FAILED, "the webinar was cancelled")
    }
    subjects = [arrived.message["Subject"] for arrived in smtp.arrived]
    assert sorted(map(str, subjects)) == [
        "Annulé : Connaître son écosystème, jeudi 21 mars, 13 h",
        "Cancelled: Connaître son écosystème, Thursday, March 21, 1 pm",
    ]


def test_a_page_that_changes_during_the_talk_is_told_as_it_is_now(
    with_alice: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    renamed = [replace(MARCH, title="Connaître son voisinage")]

    def published_meanwhile(_address: str) -> None:
        if renamed:
            with with_alice.write() as session:
                published(session, plan_of(renamed.pop()))

    smtp.on_rcpt = published_meanwhile
    make_worker().tick()
    confirmation = smtp.arrived[0]
    assert "Connaître son voisinage" in confirmation.text()
    assert MARCH.title not in confirmation.text()


def test_a_person_who_changes_during_the_talk_is_written_to_as_they_are_now(
    with_alice: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    corrected = [{"email": "alice.dupont@example.org", "language": "en"}]

    def corrected_meanwhile(_address: str) -> None:
        if corrected:
            with with_alice.write() as session:
                session.execute(sa.update(Participant).values(**corrected.pop()))

    smtp.on_rcpt = corrected_meanwhile
    make_worker().tick()
    (arrived,) = smtp.arrived
    assert arrived.envelope_to == ["alice.dupont@example.org"]
    assert arrived.text().startswith("Hello Alice Dupont,")


def test_a_batch_takes_four_queries_a_mail_and_a_few_for_all(
    march: Database, make_worker: MakeWorker
) -> None:
    worker, found = make_worker(), []
    database = worker._services.database
    worker.tick()
    for count in (1, 11):
        with march.write() as session:
            for number in range(count):
                register(session, person(100 * count + number))
        with counted_queries(database) as queries:
            assert worker.tick() == count
        found.append(len(queries))
    assert found[1] - found[0] == 4 * 10


def test_a_mail_that_cannot_be_built_fails_and_the_next_leaves(
    march: Database,
    make_worker: MakeWorker,
    smtp: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with march.write() as session:
        register(session, ALICE)
        register(session, BOB)
    real = messages.compose

    def compose(session: Any, *, mail: OutboxMail, **more: Any) -> Any:
        if mail.recipient.email == ALICE.email:
            raise ZeroDivisionError("alice@example.org")
        return real(session, mail=mail, **more)

    monkeypatch.setattr(sending, "compose", compose)
    make_worker().tick()
    alice, bob = ledger(march)
    assert (alice.state, alice.reply) == (
        MailState.FAILED,
        "it could not be built: ZeroDivisionError",
    )
    assert bob.state is MailState.SENT


def test_who_left_meanwhile_is_not_written_to(
    with_alice: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    with with_alice.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=NOW,
        )
    make_worker().tick()
    (mail,) = ledger(with_alice)
    assert mail.state is MailState.FAILED
    assert smtp.arrived == []


def test_a_stopped_worker_gives_back_what_it_did_not_begin(
    march: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    with march.write() as session:
        for number in range(3):
            register(session, person(number))
    worker = make_worker()
    smtp.on_data = lambda _envelope: worker._stopping.set()
    assert worker.tick() == 1
    assert [(mail.state.value, mail.tries) for mail in ledger(march)] == [
        ("sent", 1),
        ("pending", 0),
        ("pending", 0),
    ]


# reminders ------------------------------------------------------------------------------


def reminders_of(smtp: MailServer) -> list[str]:
    """Whom a reminder reached: what came after the confirmation."""
    return [arrived.envelope_to[0] for arrived in smtp.arrived[1:]]


@pytest.fixture
def confirmed(with_alice: Database, make_worker: MakeWorker) -> Database:
    """Alice has had her confirmation."""
    make_worker().tick()
    return with_alice


def test_a_reminder_leaves_once_at_its_time(
    confirmed: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    worker = make_worker()
    for instant in (DUE - timedelta(seconds=1), DUE, DUE + timedelta(seconds=1), START):
        at(instant)
        worker.tick()
    assert reminders_of(smtp) == [ALICE.email]
    reminder = ledger(confirmed)[1]
    assert (reminder.kind, reminder.state, reminder.sent_at) == (
        MailKind.REMINDER,
        MailState.SENT,
        DUE,
    )


def test_two_workers_at_once_remind_once(
    confirmed: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    with confirmed.write() as session:
        for number in range(4):
            register(session, person(number))
    make_worker().tick()
    before = len(smtp.arrived)
    at(DUE)
    workers = [make_worker() for _ in range(2)]

    def tick(number: int) -> None:
        workers[number].tick()

    in_threads(tick, 2)
    everyone = sorted([ALICE.email, *(f"person{number}@example.org" for number in range(4))])
    assert sorted(arrived.envelope_to[0] for arrived in smtp.arrived[before:]) == everyone
    assert {mail.state for mail in ledger(confirmed)} == {MailState.SENT}


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1), timedelta(days=30)])
def test_nothing_leaves_after_the_start(
    confirmed: Database, make_worker: MakeWorker, smtp: MailServer, at: At, late: timedelta
) -> None:
    smtp.on_rcpt = lambda _address: "451 later"
    at(START - timedelta(seconds=1))
    make_worker().tick()
    smtp.on_rcpt = lambda _address: None
    at(START + late)
    make_worker().tick()
    reminder = ledger(confirmed)[1]
    assert (reminder.state, reminder.reply) == (MailState.FAILED, EXPIRED)
    assert reminders_of(smtp) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": WebinarStatus.CANCELLED}, "the webinar was cancelled"),
        (
            {"date": date(2019, 3, 28)},
            "the webinar was moved: a reminder of the new date follows",
        ),
    ],
)
def test_a_reminder_that_waits_does_not_outlive_its_webinar(
    confirmed: Database,
    make_worker: MakeWorker,
    smtp: MailServer,
    at: At,
    change: dict[str, Any],
    reason: str,
) -> None:
    smtp.on_rcpt = lambda _address: "451 later"
    at(DUE)
    make_worker().tick()
    smtp.on_rcpt = lambda _address: None
    later = DUE + timedelta(hours=1)
    with confirmed.write() as session:
        published(session, plan_of(replace(MARCH, **change)), now=later)
    at(later)
    make_worker().tick()
    reminder = ledger(confirmed)[1]
    assert (reminder.state, reminder.reply) == (MailState.FAILED, reason)
    sent = [mail.kind for mail in ledger(confirmed) if mail.state is MailState.SENT]
    assert sent == [MailKind.CONFIRMATION, MailKind.CHANGE_NOTICE]
