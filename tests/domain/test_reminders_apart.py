"""Reminders to one person that would come close together are one; quiet hours; clocks that jump."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.reminding import DAY, HOUR, SECOND, START, planned, set_rules, written
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOUSE,
    MARCH,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import outbox, participants, registrations
from webinars.domain.mail_rules import USUAL, Pace, Quiet
from webinars.domain.plan import PlannedSession
from webinars.domain.reminders import told_with
from webinars.models import MailKind, MailState, OutboxMail, Webinar

EVENING = replace(MARCH, slug="soiree", starts_at=time(15))
"""Of another cycle, two hours after March."""
LATE = replace(MARCH, slug="tard", starts_at=time(16, 1))
"""Three hours and a minute after it."""


def publish(database: Database, *evenings: PlannedSession) -> None:
    """With a reminder the day before, and one the hour before."""
    with database.write() as session:
        for plan in (plan_of(MARCH, APRIL), *(plan_of(one, slug=one.slug) for one in evenings)):
            published(session, replace(plan, reminders=("1d", "1h")))


def enter(database: Database, *cycles: str, now: datetime = NOW) -> None:
    """Alice registers."""
    with database.write() as session:
        for cycle in cycles:
            slug = MARCH.slug if cycle == "2019" else cycle
            register(session, ALICE, cycle=cycle, webinar=slug, now=now)


def spoken_of(database: Database, *, now: datetime, pace: Pace = USUAL) -> list[list[str]]:
    """Of which other webinars each reminder would speak, the oldest reminder first."""
    with database.read() as session:
        mails = session.scalars(
            sa.select(OutboxMail)
            .where(OutboxMail.kind == MailKind.REMINDER)
            .order_by(OutboxMail.created_at, OutboxMail.id)
        ).all()
        return [
            [one.slug for one, _ in told_with(session, mail=mail, pace=pace, now=now)]
            for mail in mails
        ]


def mark(database: Database, state: MailState) -> None:
    with database.write() as session:
        session.execute(
            sa.update(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER).values(state=state)
        )


# of one webinar ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["5h", "2h"], ["5h"]),
        (["5h", "119m"], ["5h", "119m"]),  # a minute farther apart
        (["2h", "1h"], ["2h"]),
        (["1d", "24h"], ["24h"]),
        (["7h", "5h", "4h", "50m"], ["7h", "50m"]),
    ],
)
def test_rules_of_one_webinar_that_are_closer_than_that_are_one(
    database: Database, words: list[str], expected: list[str]
) -> None:
    publish(database)
    enter(database, "2019")
    with database.write() as session:
        set_rules(session, words)
    for minutes in range(0, 25 * 60, 30):
        for second in (timedelta(minutes=minutes), timedelta(minutes=minutes + 29)):
            planned(database, now=START - 25 * HOUR + second)
    assert [rule for _, _, rule in written(database)] == expected


def test_a_late_reminder_counts_from_when_it_was_written(database: Database) -> None:
    """A worker comes back shortly before the next rule's time: that one has been said."""
    publish(database)
    enter(database, "2019")
    assert planned(database, now=START - 2 * HOUR) == 1
    assert planned(database, now=START - HOUR) == 0
    assert written(database) == [("alice", MARCH.slug, "1d")]


def test_what_did_not_leave_has_told_nobody(database: Database) -> None:
    publish(database)
    enter(database, "2019")
    planned(database, now=START - 2 * HOUR)
    mark(database, MailState.FAILED)
    assert planned(database, now=START - HOUR) == 1
    assert [rule for _, _, rule in written(database)] == ["1d", "1h"]


def test_a_webinar_moved_closer_reminds_of_what_is_left(database: Database) -> None:
    """The notice of the move says what the rules would have said whose times are past."""
    publish(database)
    enter(database, "2019")
    with database.write() as session:
        set_rules(session, ["7d", "1d", "1h"])
    assert planned(database, now=START - 7 * DAY) == 1
    moved_at = START - 6 * DAY
    closer = replace(MARCH, date=MARCH.date - timedelta(days=5))
    with database.write() as session:
        published(session, plan_of(closer, APRIL), now=moved_at)
    start = START - 5 * DAY
    ticks = [moved_at, start - DAY + SECOND, start - HOUR - SECOND, start - HOUR, start - SECOND]
    assert [planned(database, now=at) for at in ticks] == [0, 0, 0, 1, 0]
    assert [rule for _, _, rule in written(database)] == ["7d", "1h"]


@pytest.mark.parametrize(
    ("lead", "expected"), [(DAY + 3 * HOUR, 1), (DAY + 3 * HOUR - SECOND, 0), (DAY, 0)]
)
def test_a_date_that_has_just_been_told_is_not_reminded_of(
    database: Database, lead: timedelta, expected: int
) -> None:
    """Put back after a cancellation: everybody has a notice of it."""
    publish(database)
    enter(database, "2019")
    with database.write() as session:
        published(session, plan_of(APRIL), now=NOW + HOUR)
        published(session, plan_of(MARCH, APRIL), now=START - lead)
    assert planned(database, now=START - DAY) == expected


# of several --------------------------------------------------------------------------------


def test_two_webinars_of_one_evening_are_one_mail(database: Database) -> None:
    publish(database, EVENING)
    enter(database, "2019", "soiree")
    with database.write() as session:
        register(session, BOB, cycle="soiree", webinar="soiree")
    day_before = START - DAY
    assert [planned(database, now=day_before + n * HOUR) for n in range(3)] == [1, 0, 1]
    assert written(database) == [("alice", MARCH.slug, "1d"), ("bob", "soiree", "1d")]
    assert spoken_of(database, now=day_before) == [["soiree"], []]
    # The hour before is one as well: two hours are less than three.
    assert [planned(database, now=START - HOUR + n * HOUR) for n in range(3)] == [1, 0, 1]
    assert written(database)[2:] == [("alice", MARCH.slug, "1h"), ("bob", "soiree", "1h")]
    assert spoken_of(database, now=START - HOUR)[2:] == [["soiree"], []]


def test_farther_apart_than_that_they_are_two(database: Database) -> None:
    publish(database, LATE)
    enter(database, "2019", "tard")
    day_before = START - DAY
    ticks = [day_before, day_before + 3 * HOUR, day_before + 3 * HOUR + timedelta(minutes=1)]
    assert [planned(database, now=at) for at in ticks] == [1, 0, 1]
    assert spoken_of(database, now=ticks[-1]) == [[], []]


def test_both_overdue_they_are_one(database: Database) -> None:
    """The worker was away over both times; the first written speaks of both."""
    publish(database, LATE)
    enter(database, "2019", "tard")
    assert planned(database, now=START - 20 * HOUR) == 1
    assert spoken_of(database, now=START - 20 * HOUR) == [["tard"]]
    assert planned(database, now=START - 20 * HOUR + SECOND) == 0


def test_zero_keeps_only_what_is_due_at_the_same_moment_together(database: Database) -> None:
    pace = Pace(apart=timedelta(0))
    publish(database, EVENING)
    enter(database, "2019", "soiree")
    day_before = START - DAY
    assert [planned(database, now=day_before + n * HOUR, pace=pace) for n in range(3)] == [1, 0, 1]
    assert spoken_of(database, now=day_before + 2 * HOUR, pace=pace) == [[], []]


def test_the_other_gets_its_own_when_the_one_that_spoke_of_it_did_not_leave(
    database: Database,
) -> None:
    publish(database, EVENING)
    enter(database, "2019", "soiree")
    day_before = START - DAY
    planned(database, now=day_before)
    mark(database, MailState.FAILED)  # say that Alice has left March meanwhile
    assert planned(database, now=day_before + 2 * HOUR) == 1
    assert written(database)[-1] == ("alice", "soiree", "1d")


def test_a_reminder_speaks_of_nothing_that_is_over_left_or_just_told(database: Database) -> None:
    publish(database, EVENING, LATE)
    enter(database, "2019", "soiree")
    day_before = START - DAY
    planned(database, now=day_before)
    enter(database, "tard", now=day_before + SECOND)  # and has the confirmation
    assert spoken_of(database, now=day_before) == [["soiree"]]
    with database.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="soiree",
            webinar_slug="soiree",
            house=HOUSE,
            now=day_before + SECOND,
        )
    assert spoken_of(database, now=day_before) == [[]]


def test_a_rule_that_came_later_was_not_spoken_of(database: Database) -> None:
    publish(database, EVENING)
    enter(database, "2019", "soiree")
    with database.write() as session:
        set_rules(session, ["1h"], slug="soiree")
    day_before = START - DAY
    assert planned(database, now=day_before) == 1
    assert spoken_of(database, now=day_before) == [[]]
    with database.write() as session:
        evening = session.scalars(sa.select(Webinar).where(Webinar.slug == "soiree")).one()
        evening.armed = {**evening.armed, "1d": (day_before + HOUR).isoformat()}
    assert planned(database, now=day_before + 2 * HOUR) == 1
    assert spoken_of(database, now=day_before + 2 * HOUR) == [[], []]


OFFSETS = st.lists(
    st.sampled_from(["15m", "1h", "2h", "4h", "12h", "1d", "2d"]), min_size=1, max_size=4
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    first=OFFSETS,
    second=OFFSETS,
    apart=st.sampled_from([0, 60, 180, 720]),
    gap=st.integers(0, 8),
    ticks=st.lists(st.integers(0, 60 * 24 * 3), min_size=3, max_size=25),
)
def test_whatever_the_rules_and_ticks_nobody_is_told_twice_within_that_time_nor_left_out(
    database: Database,
    first: list[str],
    second: list[str],
    apart: int,
    gap: int,
    ticks: Sequence[int],
) -> None:
    """Each rule's time is told of by one reminder: its own, or one less than that before it."""
    pace = Pace(apart=timedelta(minutes=apart))
    other = replace(MARCH, slug="autre", starts_at=time(14 + gap))
    with database.write() as session:
        session.execute(sa.delete(OutboxMail))
    publish(database, other)
    enter(database, "2019", "autre")
    with database.write() as session:
        set_rules(session, first)
        set_rules(session, second, slug="autre")
    begun = START - 3 * DAY
    told: dict[str, list[datetime]] = {MARCH.slug: [], "autre": []}
    for minute in sorted(ticks):
        now = begun + timedelta(minutes=minute)
        if planned(database, now=now, pace=pace):
            _, slug, _ = written(database)[-1]
            others = spoken_of(database, now=now, pace=pace)[-1]
            for one in {slug, *others}:
                told[one].append(now)
    due = {
        slug: {start - length(word) for word in rules}
        for slug, rules, start in (
            (MARCH.slug, first, START),
            ("autre", second, START + (1 + gap) * HOUR),
        )
    }
    starts = {MARCH.slug: START, "autre": START + (1 + gap) * HOUR}
    for now in (begun + timedelta(minutes=minute) for minute in sorted(ticks)):
        for slug, its in due.items():
            passed = [at for at in its if at <= now < starts[slug]]
            assert not passed or any(at >= max(passed) - pace.apart for at in told[slug])
    whenever = sorted({at for its in told.values() for at in its})
    for early, late in itertools.pairwise(whenever):
        assert any(early < at - pace.apart < late for its in due.values() for at in its)


def length(word: str) -> timedelta:
    return {"m": timedelta(minutes=1), "h": HOUR, "d": DAY}[word[-1]] * int(word[:-1])


# quiet hours -------------------------------------------------------------------------------

NIGHT = Pace(quiet=Quiet(time(21), time(8)))


def due_at(database: Database) -> list[datetime]:
    with database.read() as session:
        return list(
            session.scalars(
                sa.select(OutboxMail.due_at)
                .where(OutboxMail.kind == MailKind.REMINDER)
                .order_by(OutboxMail.id)
            )
        )


def test_the_reminder_of_an_early_webinar_leaves_the_evening_before(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(replace(MARCH, starts_at=time(8))))
        register(session, ALICE)
        set_rules(session, ["1h"])
    evening = datetime.fromisoformat("2019-03-20T21:00:00+01:00")
    assert planned(database, now=evening - SECOND, pace=NIGHT) == 0
    assert planned(database, now=evening, pace=NIGHT) == 1
    assert due_at(database) == [evening]
    assert planned(database, now=evening + 10 * HOUR, pace=NIGHT) == 0


def test_what_is_late_waits_for_the_morning_while_it_is_of_use_then(database: Database) -> None:
    """The worker comes back at night: one webinar is at nine, the other at a quarter past eight."""
    early = replace(MARCH, starts_at=time(8, 14))
    with database.write() as session:
        published(session, plan_of(replace(MARCH, starts_at=time(9))))
        published(session, plan_of(early, slug="tot"))
        register(session, ALICE)
        register(session, BOB, cycle="tot")
        set_rules(session, ["1d"])
    night = datetime.fromisoformat("2019-03-21T02:00:00+01:00")
    morning = datetime.fromisoformat("2019-03-21T08:00:00+01:00")
    assert planned(database, now=night, pace=NIGHT) == 2
    assert sorted(due_at(database)) == [night, morning]
    planned(database, now=night + HOUR, pace=NIGHT)
    assert sorted(due_at(database)) == [night, morning]
    with database.write() as session:
        claimed = outbox.claim(session, owner="w", lease=HOUR, most=9, now=morning)
        assert len(claimed) == 4  # with the confirmations, which no rule sends


def test_quiet_hours_are_those_of_the_cycle(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        west = replace(plan_of(MARCH, slug="ouest"), zone="America/Guadeloupe")
        published(session, west)
        register(session, ALICE)
        register(session, BOB, cycle="ouest")
        set_rules(session, ["1d"])
    # 22 h in Paris the day before, 17 h in Guadeloupe.
    night = datetime.fromisoformat("2019-03-20T22:00:00+01:00")
    assert planned(database, now=night, pace=NIGHT) == 2
    assert sorted(due_at(database)) == [night, night + 10 * HOUR]


# clocks that jump ----------------------------------------------------------------------------


def test_a_clock_that_jumps_forwards_six_hours_and_back(database: Database) -> None:
    publish(database, EVENING)
    enter(database, "2019", "soiree")
    before = START - DAY - 2 * HOUR
    ticks = [before, before + 6 * HOUR, before + SECOND, START - DAY, START - DAY + 2 * HOUR]
    assert [planned(database, now=at) for at in ticks] == [0, 1, 0, 0, 0]
    # It left too early, once, and spoke of both.
    assert written(database) == [("alice", MARCH.slug, "1d")]
    assert spoken_of(database, now=before) == [["soiree"]]
    assert planned(database, now=START - HOUR) == 1


def test_a_clock_that_jumps_beyond_the_start_and_back_loses_nothing(database: Database) -> None:
    publish(database)
    enter(database, "2019")
    with database.write() as session:
        set_rules(session, ["1h"])
    assert planned(database, now=START + 6 * HOUR) == 0
    assert planned(database, now=START - HOUR) == 1


def test_a_clock_that_went_backwards_at_a_registration(database: Database) -> None:
    """The registration is of a moment that has yet to come: nothing is lost but what is told."""
    publish(database)
    enter(database, "2019", now=START - 2 * DAY)
    assert [planned(database, now=at) for at in (START - 3 * DAY, START - DAY)] == [0, 1]


# at scale --------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", [3, 30])
def test_a_tick_has_as_many_statements_however_many_people(database: Database, people: int) -> None:
    publish(database, EVENING)
    with database.write() as session:
        for number in range(people):
            register(session, replace(ALICE, email=f"p{number}@example.org"))
    with counted_queries(database) as statements:
        assert planned(database, now=START - DAY) == people
    # The webinars near; March's rule.
    assert len(statements) == 2
    with counted_queries(database) as statements:
        assert planned(database, now=START - DAY + SECOND) == 0
    assert len(statements) == 2


def test_a_reminder_that_speaks_of_one_asks_one_query(database: Database) -> None:
    publish(database)
    enter(database, "2019")
    planned(database, now=START - DAY)
    with database.read() as session:
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER)
        ).one()
        with counted_queries(database) as statements:
            assert told_with(session, mail=mail, pace=USUAL, now=START - DAY) == ()
        assert len(statements) == 1


def test_no_webinar_is_too_far_to_be_looked_at(database: Database) -> None:
    """Ninety days before, over a night of summer time."""
    far = replace(MARCH, date=date(2019, 6, 3), starts_at=time(13))
    with database.write() as session:
        published(session, plan_of(far))
        register(session, ALICE, now=NOW)
        set_rules(session, ["90d"])
        session.scalars(sa.select(Webinar)).one().placed_at = NOW - DAY
    due = datetime.fromisoformat("2019-03-05T13:00:00+01:00")
    assert [planned(database, now=at) for at in (due - SECOND, due)] == [0, 1]
