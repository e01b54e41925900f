"""Who came and who did not, once a webinar is over."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import attendance, doors, notices, reminders
from webinars.domain.mail_rules import Pace
from webinars.domain.people import Person
from webinars.models import MailKind, OutboxMail, Participant, Registration, Webinar, WebinarStatus

START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
END = START + timedelta(minutes=90)
SECOND = timedelta(seconds=1)


@pytest.fixture
def march(database: Database) -> Database:
    """Two places: Alice and Bob have them, Charlie waits."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=2))
        for number, who in enumerate((ALICE, BOB, CHARLIE)):
            register(session, who, now=NOW + number * SECOND)
    return database


def comes(database: Database, who: Person = ALICE, *, now: datetime = START) -> None:
    with database.write() as session:
        number = session.scalars(
            sa.select(Registration.id).join(Participant).where(Participant.email == who.email)
        ).one()
        assert doors.come_in(session, registration_id=number, now=now)


def settle(database: Database, now: datetime = END) -> int:
    with database.write() as session:
        return attendance.settle(session, now=now)


def statuses(database: Database) -> list[str]:
    """Of Alice, Bob and Charlie."""
    with database.read() as session:
        rows = session.scalars(sa.select(Registration.status).order_by(Registration.id))
        return [status.value for status in rows]


def taken(database: Database) -> int:
    with database.read() as session:
        return (
            session.scalar(sa.select(Webinar.confirmed_count).where(Webinar.slug == MARCH.slug))
            or 0
        )


def test_who_did_not_come_is_absent_and_the_count_stays(march: Database) -> None:
    comes(march)
    assert settle(march, END - SECOND) == 0
    assert statuses(march) == ["attended", "confirmed", "waitlisted"]
    assert settle(march) == 1
    assert statuses(march) == ["attended", "absent", "waitlisted"]
    assert taken(march) == 2
    assert settle(march) == 0
    with march.read() as session:
        changed = session.scalars(sa.select(Registration.changed_at).order_by(Registration.id))
        assert list(changed) == [START, END, NOW + 2 * SECOND]


def test_where_nobody_came_by_the_door_nothing_is_assumed(march: Database) -> None:
    with march.write() as session:  # marked by hand
        session.execute(
            sa.update(Registration).where(Registration.id == 1).values(status="attended")
        )
    before = statuses(march)
    assert settle(march) == 0
    assert statuses(march) == before


@pytest.mark.parametrize(
    ("later", "settled"), [(timedelta(days=7) - SECOND, 1), (timedelta(days=7), 0)]
)
def test_only_what_ended_within_a_week(march: Database, later: timedelta, settled: int) -> None:
    comes(march)
    assert settle(march, END + later) == settled


def test_a_cancelled_webinar_has_no_absent(march: Database) -> None:
    comes(march)
    with march.write() as session:
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
    assert settle(march) == 0


def test_it_is_one_query_when_there_is_nothing_to_do(march: Database) -> None:
    with counted_queries(march) as statements:
        assert settle(march) == 0
    assert len(statements) == 1
    comes(march)
    with counted_queries(march) as statements:
        assert settle(march) == 1
    assert len(statements) == 2


def test_so_many_webinars_at_a_time(march: Database) -> None:
    with march.write() as session:
        register(session, ALICE, webinar=APRIL.slug)
        register(session, BOB, webinar=APRIL.slug)
        session.execute(sa.update(Webinar).values(starts_at=START, ends_at=END))
        first = sa.select(sa.func.min(Registration.id)).group_by(Registration.webinar_id)
        session.execute(
            sa.update(Registration)
            .where(Registration.id.in_(first))
            .values(status="attended", came_at=START)
        )
    for left in (1, 1, 0):
        with march.write() as session:
            assert attendance.settle(session, now=END, most=1) == left
    assert statuses(march) == ["attended", "absent", "waitlisted", "attended", "absent"]


def test_another_day_begins_again(march: Database) -> None:
    """The door was open when the webinar was put off: everybody is told and reminded anew."""
    at_the_door = START - timedelta(minutes=10)
    comes(march, now=at_the_door)
    with march.write() as session:
        moved = replace(MARCH, date=MARCH.date + timedelta(days=7))
        published(session, plan_of(moved, APRIL, capacity=2), now=at_the_door + SECOND)
        told = session.scalars(
            sa.select(OutboxMail.participant_id)
            .where(OutboxMail.kind == MailKind.CHANGE_NOTICE)
            .order_by(OutboxMail.participant_id)
        ).all()
    assert statuses(march) == ["confirmed", "confirmed", "waitlisted"]
    assert len(told) == 3
    with march.read() as session:
        assert session.scalars(sa.select(Registration.came_at)).all() == [None] * 3
    due = START + timedelta(days=6)
    with march.write() as session:
        reminders.plan_mails(session, host=HOST, pace=Pace(), now=due + SECOND)
        reminded = session.scalars(
            sa.select(sa.func.count()).where(OutboxMail.kind == MailKind.REMINDER)
        ).one()
    assert reminded == 2


def test_a_delay_leaves_those_in_the_room_where_they_are(march: Database) -> None:
    at_the_door = START - timedelta(minutes=10)
    comes(march, now=at_the_door)
    with march.write() as session:
        later = replace(MARCH, starts_at=(START + timedelta(hours=1, minutes=20)).time())
        published(session, plan_of(later, APRIL, capacity=2), now=at_the_door + SECOND)
    assert statuses(march) == ["attended", "confirmed", "waitlisted"]


def test_who_has_come_in_is_told_of_a_cancellation(march: Database) -> None:
    comes(march, now=START - timedelta(minutes=10))
    with march.write() as session:
        ids = [session.scalars(sa.select(Webinar.id).where(Webinar.slug == MARCH.slug)).one()]
        assert notices.people_told(session, webinar_ids=ids, promoted={}) == 3
