"""Mails of somebody who is erased: none leaves, and no other is held up."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support import ALICE, BOB, HOST, MARCH, NOW, MailServer, plan_of, published, register
from webinars.db import Database
from webinars.domain import audit, erasure, participants
from webinars.mail.messages import ERASED
from webinars.models import AuditEntry, MailKind, MailState, OutboxMail, Participant
from webinars.worker import Worker

MakeWorker = Callable[..., Worker]


@pytest.fixture
def two(database: Database) -> Database:
    """Alice and Bob are owed their confirmations."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
        register(session, BOB, now=NOW)
    return database


def erase(database: Database) -> None:
    with database.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        erasure.erase(session, participant=alice, actor=audit.PARTICIPANT, host=HOST, now=NOW)


def test_what_had_not_left_does_not_leave(
    two: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    erase(two)
    assert make_worker().tick() == 1
    assert [arrived.envelope_to for arrived in smtp.arrived] == [[BOB.email]]


def test_erased_in_the_talk_with_the_server_nothing_is_handed_over(
    two: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    """The row goes while a worker holds it; the next mail of the same batch still leaves."""
    left = [ALICE.email]

    def on_rcpt(address: str) -> None:
        if address in left:
            left.remove(address)
            erase(two)

    smtp.on_rcpt = on_rcpt
    assert make_worker().tick() == 2
    assert [arrived.envelope_to for arrived in smtp.arrived] == [[BOB.email]]
    with two.read() as session:
        assert session.scalars(sa.select(OutboxMail.state)).all() == [MailState.SENT]


def test_erased_while_the_message_is_given_the_worker_goes_on(
    two: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    left = [ALICE.email]

    def on_data(envelope) -> None:
        if envelope.rcpt_tos == left:
            left.clear()
            erase(two)

    smtp.on_data = on_data
    assert make_worker().tick() == 2
    assert [arrived.envelope_to for arrived in smtp.arrived] == [[ALICE.email], [BOB.email]]
    with two.read() as session:
        assert session.scalars(sa.select(OutboxMail.state)).all() == [MailState.SENT]


def test_a_row_that_was_written_at_the_same_instant_ends_as_failed(
    two: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    erase(two)
    with two.write() as session:
        nobody = session.scalars(
            sa.select(Participant).where(Participant.erased_at.is_not(None))
        ).one()
        session.add(
            OutboxMail(
                key="late",
                kind=MailKind.LINK,
                participant_id=nobody.id,
                message_id=f"<late@{HOST}>",
                due_at=NOW,
                created_at=NOW,
            )
        )
    make_worker().tick()
    assert [arrived.envelope_to for arrived in smtp.arrived] == [[BOB.email]]
    with two.read() as session:
        late = session.scalars(sa.select(OutboxMail).where(OutboxMail.key == "late")).one()
        assert (late.state, late.reply) == (MailState.FAILED, ERASED)


@pytest.mark.parametrize(("months", "erased"), [(36, 0), (1, 2)])
def test_a_tick_erases_whoever_was_not_heard_of(
    two: Database, make_worker: MakeWorker, at, months: int, erased: int
) -> None:
    worker = make_worker(retention_months=months)
    worker.tick()
    at(NOW + timedelta(days=40))
    for _ in range(2):  # the second finds nobody more
        worker.tick()
    with two.read() as session:
        gone = session.scalars(
            sa.select(Participant.id).where(Participant.erased_at.is_not(None))
        ).all()
        assert len(gone) == erased
        acts = session.scalars(
            sa.select(AuditEntry.after).where(AuditEntry.act == "people_erased")
        ).all()
        assert acts == ([{"count": 2}] if erased else [])
