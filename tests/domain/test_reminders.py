"""Reminders: due by the clock, once, and never out of date."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.reminding import DAY, SECOND, START, planned, set_rules
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    HOUSE,
    MARCH,
    NOW,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import outbox, participants, registrations
from webinars.domain.mail_rules import Pace
from webinars.domain.reminders import why_not
from webinars.models import (
    MailKind,
    MailState,
    OutboxMail,
    Registration,
    RegistrationStatus,
    WebinarStatus,
)

DUE = START - DAY


def owed(session: Session) -> list[tuple[str, datetime | None]]:
    """Whom a reminder is written for, and of which start."""
    rows = session.scalars(
        sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER).order_by(OutboxMail.id)
    )
    return [(row.recipient.email.split("@")[0], row.about_start) for row in rows]


def leave(session: Session, email: str) -> None:
    participant = participants.by_email(session, email=email)
    assert participant is not None
    registrations.cancel(
        session,
        participant=participant,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        house=HOUSE,
        now=NOW,
    )


@pytest.fixture
def with_alice(database: Database) -> Database:
    """Alice is registered for March and the reminder leaves the day before."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        register(session, ALICE)
    return database


def test_a_reminder_is_due_at_its_time_and_not_before(with_alice: Database) -> None:
    with with_alice.write() as session:
        set_rules(session, ["1d"])
    assert planned(with_alice, now=DUE - SECOND) == 0
    assert planned(with_alice, now=DUE) == 1
    with with_alice.read() as session:
        assert owed(session) == [("alice", START)]
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER)
        ).one()
        assert (mail.state, mail.due_at, mail.expires_at) == (MailState.PENDING, DUE, START)
        assert mail.message_id.endswith(f"@{HOST}>")


def test_it_is_planned_once_however_often_the_clock_ticks(with_alice: Database) -> None:
    ticks = [planned(with_alice, now=DUE + n * SECOND) for n in range(4)]
    assert ticks == [1, 0, 0, 0]


def test_after_a_long_pause_it_is_planned_while_it_is_useful(with_alice: Database) -> None:
    assert planned(with_alice, now=START - SECOND) == 1


@pytest.mark.parametrize("late", [timedelta(0), SECOND, timedelta(days=400)])
def test_nothing_is_planned_from_the_start_on(with_alice: Database, late: timedelta) -> None:
    assert planned(with_alice, now=START + late) == 0


@pytest.mark.parametrize(
    ("apart", "registered", "due"),
    [
        (0, DUE, ["bob"]),
        (0, DUE + SECOND, []),
        (180, DUE - timedelta(hours=3), ["bob"]),
        (180, DUE - timedelta(hours=3) + SECOND, []),
        (180, DUE + SECOND, []),
    ],
)
def test_who_registers_after_the_due_time_or_shortly_before_gets_none(
    database: Database, apart: int, registered: datetime, due: list[str]
) -> None:
    """The confirmation has just said it."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, BOB, now=registered)
    planned(database, now=DUE + timedelta(hours=1), pace=Pace(apart=timedelta(minutes=apart)))
    with database.read() as session:
        assert [name for name, _ in owed(session)] == due


def test_who_registers_late_gets_what_is_still_useful(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, BOB, now=DUE + SECOND)
    hour_before = START - timedelta(hours=1)
    ticks = (DUE + timedelta(hours=1), hour_before - SECOND, hour_before)
    assert [planned(database, now=at) for at in ticks] == [0, 0, 1]


def test_none_one_three(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    assert planned(database, now=DUE) == 0
    with database.write() as session:
        for number in range(3):
            register(session, person(number))
    assert planned(database, now=DUE) == 3
    with database.read() as session:
        assert [name for name, _ in owed(session)] == ["person0", "person1", "person2"]


def test_a_moved_webinar_is_reminded_of_anew(with_alice: Database) -> None:
    planned(with_alice, now=DUE)
    with with_alice.write() as session:
        later = replace(MARCH, date=date(2019, 3, 28))
        published(session, plan_of(later, APRIL), now=DUE + SECOND)
    moved = START + timedelta(days=7)
    assert planned(with_alice, now=DUE + 2 * SECOND) == 0
    assert planned(with_alice, now=moved - timedelta(days=1)) == 1
    with with_alice.read() as session:
        assert owed(session) == [("alice", START), ("alice", moved)]


def test_moved_away_and_back_is_reminded_of_once(with_alice: Database) -> None:
    planned(with_alice, now=DUE)
    for number, planned_session in enumerate((replace(MARCH, starts_at=time(15)), MARCH)):
        with with_alice.write() as session:
            published(session, plan_of(planned_session, APRIL), now=DUE + (number + 1) * SECOND)
    assert planned(with_alice, now=DUE + timedelta(hours=1)) == 0


def test_a_cancelled_webinar_is_not_reminded_of(with_alice: Database) -> None:
    with with_alice.write() as session:
        published(session, plan_of(APRIL))
    assert planned(with_alice, now=DUE) == 0


def test_who_left_waits_or_is_not_confirmed_gets_none(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + SECOND)
        register(session, person(1), house=replace(HOUSE, require_confirmation=True))
    with database.write() as session:
        leave(session, ALICE.email)  # Bob gets her place
    assert planned(database, now=DUE) == 1
    with database.read() as session:
        assert [name for name, _ in owed(session)] == ["bob"]


def test_each_rule_has_its_reminder(with_alice: Database) -> None:
    week, hour = START - timedelta(days=7), START - timedelta(hours=1)
    ticks = (week - SECOND, week, week + SECOND, DUE - SECOND, DUE, hour - SECOND, hour, hour)
    assert [planned(with_alice, now=at) for at in ticks] == [0, 1, 0, 0, 1, 0, 1, 0]
    with with_alice.read() as session:
        keys = session.scalars(
            sa.select(OutboxMail.key).where(OutboxMail.kind == MailKind.REMINDER)
        ).all()
    assert sorted(key.split(":")[1] for key in keys) == ["1d", "1h", "7d"]


def test_a_worker_that_was_away_sends_the_last_one(with_alice: Database) -> None:
    """Down for six hours, over the times of two rules."""
    with with_alice.write() as session:
        set_rules(session, ["7h", "2h", "1h"])
    away = START - timedelta(hours=8)
    assert planned(with_alice, now=away) == 0
    assert planned(with_alice, now=away + timedelta(hours=6)) == 1
    assert planned(with_alice, now=START - timedelta(hours=1)) == 0
    with with_alice.read() as session:
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER)
        ).one()
        assert mail.key.split(":")[1] == "2h"


def test_without_a_rule_there_is_none(with_alice: Database) -> None:
    with with_alice.write() as session:
        set_rules(session, [])
    assert planned(with_alice, now=START - SECOND) == 0


def test_many_are_planned_in_batches(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        for number in range(7):
            register(session, person(number))
    assert [planned(database, now=DUE, most=3) for _ in range(4)] == [3, 3, 1, 0]
    with database.read() as session:
        assert len({name for name, _ in owed(session)}) == 7


def test_two_planners_at_once_write_one(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        for number in range(5):
            register(session, person(number))
    written: list[int] = []
    in_threads(lambda _number: written.append(planned(database, now=DUE)), 2)
    assert sum(written) == 5
    with database.read() as session:
        assert [name for name, _ in owed(session)] == [f"person{n}" for n in range(5)]


Bend = Callable[[OutboxMail], object]


@pytest.mark.parametrize(
    ("bend", "registration", "now", "reason"),
    [
        (lambda _mail: None, RegistrationStatus.CONFIRMED, START - SECOND, None),
        (lambda _mail: None, RegistrationStatus.CONFIRMED, START, outbox.EXPIRED),
        (
            lambda mail: setattr(mail.webinar, "status", WebinarStatus.CANCELLED),
            RegistrationStatus.CONFIRMED,
            DUE,
            "the webinar was cancelled",
        ),
        (
            lambda mail: setattr(mail.webinar, "starts_at", START + timedelta(days=7)),
            RegistrationStatus.CONFIRMED,
            DUE,
            "the webinar was moved: a reminder of the new date follows",
        ),
        (
            lambda mail: setattr(mail.webinar, "armed", {"1h": NOW.isoformat()}),
            RegistrationStatus.CONFIRMED,
            DUE,
            "the rule was switched off",
        ),
        (
            lambda _mail: None,
            RegistrationStatus.CANCELLED,
            DUE,
            "the person is no longer registered",
        ),
        (
            lambda _mail: None,
            RegistrationStatus.WAITLISTED,
            DUE,
            "the person is no longer registered",
        ),
        (lambda _mail: None, None, DUE, "the person is no longer registered"),
    ],
)
def test_the_present_decides_whether_a_written_reminder_leaves(
    with_alice: Database,
    bend: Bend,
    registration: RegistrationStatus | None,
    now: datetime,
    reason: str | None,
) -> None:
    planned(with_alice, now=DUE)
    with with_alice.read() as session, session.no_autoflush:
        rows = sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER)
        mail = session.scalars(rows).one()
        row = session.scalar(sa.select(Registration)) if registration else None
        if row is not None and registration is not None:
            row.status = registration
        bend(mail)
        assert why_not(session, mail=mail, registration=row, now=now) == reason


def test_who_is_promoted_after_the_due_time_gets_none(database: Database) -> None:
    """The mail of the promotion says it all."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + SECOND)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=DUE + SECOND,
        )
    assert planned(database, now=DUE + 2 * SECOND) == 0
