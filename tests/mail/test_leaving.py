"""Mails that may be left say so in their headers, and none leaves to who has left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    Arrived,
    MailServer,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import following, list_choices, mail_lists, outbox, participants, whole_cycle
from webinars.models import (
    AddressStanding,
    LeftBy,
    MailKind,
    MailList,
    MailState,
    OutboxMail,
    StopReason,
)
from webinars.worker import Worker

START = NOW.replace(day=21, hour=12)
DUE = START - timedelta(days=1)
LATER = NOW + timedelta(hours=1)
JUNE = replace(MAY, slug="juin", date=date(2019, 6, 20), title="Juin")


@pytest.fixture
def site(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        register(session, ALICE)
    return database


def leave(database: Database, list_: MailList, email: str = ALICE.email, **how) -> None:
    with database.write() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        list_choices.leave(session, participant=person, lists=[list_], now=NOW, **how)


def fate(database: Database, kind: MailKind) -> list[tuple[str, str, str | None]]:
    with database.read() as session:
        rows = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)
        )
        return [(row.recipient.email, row.state.value, row.reply) for row in rows]


def header(mail: Arrived) -> str | None:
    """As it travels: one line, whatever its length."""
    lines = [
        line
        for line in mail.content.split(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
        if line.lower().startswith("list-unsubscribe:")
    ]
    assert len(lines) <= 1
    return lines[0].removeprefix("List-Unsubscribe: ") if lines else None


def test_a_reminder_is_left_by_the_address_in_its_header(
    site: Database, make_worker: Callable[..., Worker], make_app, smtp: MailServer, at
) -> None:
    worker = make_worker()
    at(DUE)
    worker.tick()
    confirmation, reminder = smtp.arrived
    assert header(confirmation) is None
    assert confirmation.message["List-Unsubscribe-Post"] is None
    said = header(reminder)
    assert said is not None
    assert said.startswith("<https://webinaires.example.org/leave/reminders/")
    assert said.endswith(">")
    assert reminder.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert said[1:-1] in reminder.text().splitlines(), "and in the words for people"
    assert said[1:-1] in reminder.html()
    app: Flask = make_app()
    answer = app.test_client().post(said[1:-1], data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    with site.read() as session:
        assert set(mail_lists.left_by(session, participant_id=1)) == {MailList.REMINDERS}


def test_who_left_meanwhile_gets_no_reminder_and_still_the_rest(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer, at
) -> None:
    worker = make_worker()
    worker.tick()
    with site.write() as session:
        purpose = outbox.Purpose(
            key="planned before they left",
            kind=MailKind.REMINDER,
            participant_id=1,
            webinar_id=1,
            about_start=START,
        )
        outbox.enqueue(session, purposes=[purpose], host="x", now=NOW)
    leave(site, MailList.REMINDERS)
    moved = replace(MARCH, date=MARCH.date + timedelta(days=1))
    with site.write() as session:
        published(session, plan_of(moved, APRIL, MAY), now=LATER)
    at(LATER)
    worker.tick()
    assert fate(site, MailKind.REMINDER) == [(ALICE.email, "failed", mail_lists.LEFT)]
    assert fate(site, MailKind.CHANGE_NOTICE)[0][:2] == (ALICE.email, "sent")
    assert header(smtp.arrived[-1]) is None


def test_of_a_mail_in_part_only_that_part_is_left(
    database: Database, make_worker: Callable[..., Worker], smtp: MailServer, at
) -> None:
    """Alice follows the theme; Bob is of the whole cycle, and follows it too."""
    worker = make_worker()
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for one in (ALICE, BOB):
            following.follow_theme(
                session, theme_slug=MAY.theme or "", person=one, house=HOUSE, now=NOW
            )
        whole_cycle.register_for_cycle(
            session,
            cycle_slug="2019",
            person=BOB,
            without=frozenset(),
            question=None,
            house=HOUSE,
            now=NOW,
        )
    worker.tick()
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, JUNE), now=LATER)
    leave(database, MailList.THEMES)
    leave(database, MailList.THEMES, BOB.email)
    smtp.arrived.clear()
    at(LATER)
    worker.tick()
    assert fate(database, MailKind.PLANNED) == [
        (ALICE.email, "failed", mail_lists.LEFT),
        (BOB.email, "sent", "250 taken as 1"),
    ]
    assert header(smtp.arrived[0]) is None


def test_a_theme_is_announced_with_its_own_list(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer, at
) -> None:
    worker = make_worker()
    with site.write() as session:
        following.follow_theme(
            session, theme_slug=MAY.theme or "", person=BOB, house=HOUSE, now=NOW
        )
        published(session, plan_of(MARCH, APRIL, MAY, JUNE), now=LATER)
    at(LATER)
    worker.tick()
    (planned,) = (mail for mail in smtp.arrived if "Juin" in mail.message["Subject"])
    assert (header(planned) or "").startswith("<https://webinaires.example.org/en/leave/themes/")


def test_following_does_not_take_up_what_was_left_and_says_so(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer
) -> None:
    leave(site, MailList.THEMES)
    with site.write() as session:
        following.follow_theme(
            session, theme_slug=MAY.theme or "", person=ALICE, house=HOUSE, now=NOW
        )
    make_worker().tick()
    assert "Vous avez arrêté les annonces" in " ".join(smtp.arrived[-1].text().split())


@pytest.mark.parametrize("reason", StopReason)
def test_nothing_leaves_for_an_address_that_is_stopped(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer, reason: StopReason
) -> None:
    with site.write() as session:
        register(session, BOB)
        session.add(
            AddressStanding(address=ALICE.email, noticed_at=NOW, stopped_at=NOW, reason=reason)
        )
    make_worker().tick()
    assert fate(site, MailKind.CONFIRMATION) == [
        (ALICE.email, "failed", mail_lists.SUPPRESSED.format(reason=reason.value)),
        (BOB.email, "sent", "250 taken as 1"),
    ]
    assert smtp.connections == 1


def test_after_a_complaint_what_belongs_to_a_registration_still_leaves(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer, at
) -> None:
    for list_ in MailList:
        leave(site, list_, by=LeftBy.COMPLAINT)
    worker = make_worker()
    worker.tick()
    at(DUE)
    worker.tick()
    assert fate(site, MailKind.CONFIRMATION) == [(ALICE.email, "sent", "250 taken as 1")]
    assert fate(site, MailKind.REMINDER) == []


def test_who_answers_and_where_returns_go(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer
) -> None:
    make_worker(mail_reply_to="bonjour@example.org", mail_return_path="retours@example.org").tick()
    (mail,) = smtp.arrived
    assert mail.envelope_from == "retours@example.org"
    assert mail.message["From"].addresses[0].addr_spec == "webinaires@example.org"
    assert mail.message["Reply-To"] == "bonjour@example.org"
    assert mail.message["Message-ID"].endswith("@webinaires.example.org>")
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Date"].datetime == NOW
    with site.read() as session:
        assert session.scalars(sa.select(OutboxMail.state)).all() == [MailState.SENT]
