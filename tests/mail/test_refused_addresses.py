"""The server that takes our mail knows no such address: nothing is offered to it again."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support import ALICE, APRIL, BOB, MARCH, NOW, MailServer, plan_of, published, register
from webinars.db import Database
from webinars.models import AddressStanding, DeliveryNotice, OutboxMail, StopReason
from webinars.worker import Worker

MakeWorker = Callable[..., Worker]


@pytest.fixture
def site(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        for one in (ALICE, BOB):
            register(session, one)
    return database


def test_it_is_stopped_with_the_servers_words(
    site: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    smtp.on_rcpt = lambda address: "550 5.1.1 no such user" if address == ALICE.email else None
    worker = make_worker()
    worker.tick()
    with site.write() as session:
        (standing,) = session.scalars(sa.select(AddressStanding))
        assert (standing.address, standing.stopped_at, standing.reason) == (
            ALICE.email,
            NOW,
            StopReason.REFUSED,
        )
        (notice,) = session.scalars(sa.select(DeliveryNotice))
        assert (notice.status, notice.words, notice.proven) == (
            "5.1.1",
            "550 5.1.1 no such user",
            True,
        )
        for one in (ALICE, BOB):
            register(session, one, webinar=APRIL.slug)
    smtp.on_rcpt = lambda _address: None
    worker.tick()
    with site.read() as session:
        rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
        assert [(row.recipient.email, row.state.value, row.reply) for row in rows] == [
            (ALICE.email, "failed", "550 5.1.1 no such user"),
            (BOB.email, "sent", "250 taken as 1"),
            (ALICE.email, "failed", "suppressed: mails do not reach this address (refused)"),
            (BOB.email, "sent", "250 taken as 2"),
        ]


@pytest.mark.parametrize(
    "answer",
    [
        "550 no such user",  # which may be anything: no code says that it is the address
        "550 5.7.1 relay access denied",
        "552 5.2.2 mailbox full",
        "450 4.1.1 try later",
        "451 5.1.1 odd",
        "550 see 5.1.1 below",
    ],
)
def test_another_refusal_stops_no_address(
    site: Database, make_worker: MakeWorker, smtp: MailServer, answer: str
) -> None:
    smtp.on_rcpt = lambda _address: answer
    make_worker().tick()
    with site.read() as session:
        assert session.scalars(sa.select(AddressStanding)).all() == []


def test_a_refused_content_stops_no_address(
    site: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    smtp.on_data = lambda _envelope: "550 5.1.1 said too late"
    make_worker().tick()
    with site.read() as session:
        assert session.scalars(sa.select(AddressStanding)).all() == []
