"""The mail that says that an organiser has ended a registration: once, while it is of use."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import ALICE, HOST, HOUSE, MARCH, NOW, MailServer, plan_of, published, register
from webinars.db import Database
from webinars.domain import by_hand
from webinars.models import MailKind, MailState, OutboxMail, Registration
from webinars.worker import Worker

WHERE = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
WHO = "anne@example.org"
END = datetime.fromisoformat("2019-03-21T14:30+01:00")


@pytest.fixture
def ended(database: Database) -> Database:
    """Alice's registration was cancelled by hand; her confirmation had left."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT))
        by_hand.end(
            session,
            **WHERE,
            registration_id=session.scalars(sa.select(Registration.id)).one(),
            tell=True,
            host=HOST,
            actor=WHO,
            now=NOW,
        )
    return database


def fate(database: Database) -> tuple[MailState, str | None]:
    with database.read() as session:
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.CANCELLATION)
        ).one()
        return mail.state, mail.reply


def test_it_leaves_once(
    ended: Database, make_worker: Callable[..., Worker], smtp: MailServer
) -> None:
    for _ in range(2):
        make_worker().tick()
    assert fate(ended) == (MailState.SENT, "250 taken as 1")
    (arrived,) = smtp.arrived
    assert arrived.envelope_to == [ALICE.email]
    assert "Votre inscription est annulée." in arrived.text()


def test_it_does_not_leave_when_it_is_of_no_use(
    ended: Database,
    make_worker: Callable[..., Worker],
    smtp: MailServer,
    at: Callable[[datetime], None],
) -> None:
    worker = make_worker()
    at(END)
    worker.tick()
    assert fate(ended) == (MailState.FAILED, "expired: it was of no use any more")
    assert smtp.arrived == []


def test_it_does_not_leave_to_who_is_registered_again(
    ended: Database,
    make_worker: Callable[..., Worker],
    smtp: MailServer,
    at: Callable[[datetime], None],
) -> None:
    with ended.write() as session:
        by_hand.add(
            session,
            **WHERE,
            person=ALICE,
            question=None,
            tell=True,
            house=HOUSE,
            actor=WHO,
            now=NOW + timedelta(seconds=1),
        )
    worker = make_worker()
    at(NOW + timedelta(seconds=1))
    worker.tick()
    reason = "it is no longer true: the registration is confirmed now"
    assert fate(ended) == (MailState.FAILED, reason)
    (arrived,) = smtp.arrived
    assert arrived.message["Subject"].startswith("Inscription confirmée")
