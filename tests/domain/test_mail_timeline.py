"""The mails of a webinar along time, and those of a person."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.domain.reminding import DAY, END, HOUR, START, planned
from tests.domain.scoping import of
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import erasure, list_choices, outbox
from webinars.domain.errors import NotFound
from webinars.domain.forecast import Leaving, State
from webinars.domain.mail_person import Coming, PersonMails, person_mails
from webinars.domain.mail_rules import USUAL, read
from webinars.domain.mail_timeline import Sent, Timeline, timeline
from webinars.models import (
    ChangeKind,
    LeftBy,
    MailKind,
    MailList,
    MailState,
    OutboxMail,
    WebinarStatus,
)

LATER = NOW + HOUR
REFUSED = "550 no"


@pytest.fixture
def march(database: Database) -> Database:
    """Alice, Bob and Charlie are on March."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
    return database


def look(database: Database, *, now: datetime = NOW, webinar: str = MARCH.slug) -> Timeline:
    with database.read() as session:
        return timeline(session, cycle_slug="2019", webinar_slug=webinar, pace=USUAL, now=now)


def leave(database: Database, *, now: datetime) -> None:
    """Everything that is owed leaves, a second apart."""
    with database.write() as session:
        for mail in session.scalars(
            sa.select(OutboxMail)
            .where(OutboxMail.state == MailState.PENDING)
            .order_by(OutboxMail.id)
        ):
            mail.state, mail.sent_at = MailState.SENT, now
            now += timedelta(seconds=1)


def sent_of(found: Timeline) -> list[tuple[str, str | None, int, int, int, int]]:
    return [
        (
            one.kind.value,
            one.rule.word if one.rule else None,
            one.sent,
            one.waiting,
            one.undelivered,
            one.dropped,
        )
        for one in found.sent
    ]


def test_nobody_is_registered(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    found = look(database)
    assert found.sent == ()
    assert [(one.rule.word, one.state, one.people) for one in found.coming] == [
        ("7d", State.COMING, 0),
        ("1d", State.COMING, 0),
        ("1h", State.COMING, 0),
        ("survey+1d", State.COMING, 0),
        ("replay", State.WAITS, 0),
    ]
    with pytest.raises(NotFound):
        look(database, webinar="none")


def test_what_left_and_what_will(march: Database) -> None:
    leave(march, now=LATER)
    with march.write() as session:
        session.execute(
            sa.update(OutboxMail)
            .where(OutboxMail.id == 3)
            .values(state=MailState.FAILED, reply=REFUSED, sent_at=None, uncertain=1)
        )
    day_before = START - DAY
    planned(march, now=day_before)
    found = look(march, now=day_before)
    assert found.sent[0] == Sent(
        kind=MailKind.CONFIRMATION,
        rule=None,
        repeated=False,
        revision=None,
        changes=(),
        begun_at=NOW,
        first_at=LATER,
        last_at=LATER + timedelta(seconds=1),
        sent=2,
        waiting=0,
        undelivered=1,
        looked_at=0,
        dropped=0,
        uncertain=1,
    )
    assert sent_of(found)[1:] == [("reminder", "1d", 0, 3, 0, 0)]
    assert found.coming == (
        Leaving(read("1h"), State.COMING, START - HOUR, 3),
        Leaving(read("survey+1d"), State.COMING, END + DAY, 3),
        Leaving(read("replay"), State.WAITS, None, 3),
    )
    assert look(march, now=END + DAY).coming == (Leaving(read("replay"), State.WAITS, None, 3),)


def test_rules_and_repeats_stand_apart(march: Database) -> None:
    for rule in (7 * DAY, DAY):
        planned(march, now=START - rule)
    leave(march, now=START - DAY)
    with march.write() as session:
        first = session.get_one(OutboxMail, 1)
        again = outbox.Purpose(
            key="resend:1:1",
            kind=first.kind,
            participant_id=first.participant_id,
            webinar_id=first.webinar_id,
            resent_id=1,
        )
        outbox.enqueue(session, purposes=[again], host=HOST, now=START - DAY)
        session.execute(
            sa.update(OutboxMail)
            .where(OutboxMail.id == 4)
            .values(state=MailState.FAILED, reply="the person is no longer registered")
        )
    found = look(march, now=START - DAY)
    assert sent_of(found) == [
        ("confirmation", None, 3, 0, 0, 0),
        ("reminder", "7d", 2, 0, 0, 1),
        ("confirmation", None, 0, 1, 0, 0),
        ("reminder", "1d", 3, 0, 0, 0),
    ]
    assert [one.repeated for one in found.sent] == [False, False, True, False]


def test_a_notice_of_a_change_stands_among_them(march: Database) -> None:
    moved = replace(MARCH, date=date(2019, 3, 28), title="Autrement")
    with march.write() as session:
        published(session, plan_of(moved, APRIL, MAY), now=LATER)
    found = look(march, now=LATER)
    (notice,) = (one for one in found.sent if one.kind is MailKind.CHANGE_NOTICE)
    assert (notice.revision, notice.waiting, notice.begun_at) == (2, 3, LATER)
    assert sorted(notice.changes) == [ChangeKind.MOVED, ChangeKind.RENAMED]
    assert look(march, now=LATER, webinar=APRIL.slug).sent == ()


def test_of_a_cancelled_one_nothing_is_to_come(march: Database) -> None:
    with march.write() as session:
        off = replace(MARCH, status=WebinarStatus.CANCELLED)
        published(session, plan_of(off, APRIL, MAY), now=LATER)
    assert look(march, now=LATER).coming == ()


def test_it_takes_as_many_queries_whatever_there_is(march: Database) -> None:
    planned(march, now=START - DAY)
    with counted_queries(march) as queries:
        look(march, now=START - DAY)
    assert len(queries) == 7


# of a person -----------------------------------------------------------------------------


def person(database: Database, *, now: datetime = NOW) -> PersonMails:
    with database.read() as session:
        return person_mails(session, participant_id=of(session).id, pace=USUAL, now=now)


def test_all_that_was_and_is_to_be_sent_to_somebody(march: Database) -> None:
    with march.write() as session:
        register(session, ALICE, webinar=APRIL.slug)
    with counted_queries(march) as queries:
        found = person(march)
    assert len(queries) == 7  # one of them finds Alice
    assert (found.full_name, found.email, found.left, found.stopped) == (
        ALICE.full_name,
        ALICE.email,
        {},
        False,
    )
    assert [line.webinar_slug for line in found.lines] == [APRIL.slug, MARCH.slug]
    assert found.older is None
    assert [one.webinar_slug for one in found.places] == [APRIL.slug, MARCH.slug]
    assert [(one.rule.word, one.webinar_slug) for one in found.coming] == [
        ("7d", MARCH.slug),
        ("1d", MARCH.slug),
        ("1h", MARCH.slug),
        ("survey+1d", MARCH.slug),
        ("7d", APRIL.slug),
        ("1d", APRIL.slug),
        ("1h", APRIL.slug),
        ("survey+1d", APRIL.slug),
        ("replay", APRIL.slug),
        ("replay", MARCH.slug),
    ]
    assert found.coming[0] == Coming(
        rule=read("7d"),
        state=State.COMING,
        at=START - 7 * DAY,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        title=MARCH.title,
        zone="Europe/Paris",
        left=False,
    )


def test_what_they_have_left_is_said(march: Database) -> None:
    with march.write() as session:
        list_choices.leave(session, participant=of(session), lists=[MailList.REMINDERS], now=LATER)
    found = person(march)
    assert {name: row.by for name, row in found.left.items()} == {MailList.REMINDERS: LeftBy.PERSON}
    assert [(one.rule.word, one.left) for one in found.coming] == [
        ("7d", True),
        ("1d", True),
        ("1h", True),
        ("survey+1d", False),
        ("replay", False),
    ]


def test_who_is_erased_is_nobody(march: Database) -> None:
    with march.write() as session:
        alice = of(session)
        erasure.erase(session, participant=alice, actor="x", host=HOST, now=NOW)
    with march.read() as session, pytest.raises(NotFound):
        person_mails(session, participant_id=alice.id, pace=USUAL, now=NOW)
