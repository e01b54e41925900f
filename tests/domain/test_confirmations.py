"""A few confirmations a day for one address, then one summary."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    in_threads,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import confirmations, following, whole_cycle
from webinars.domain.plan import PlannedSession
from webinars.models import MailKind, OutboxMail, Participant

DAY = timedelta(days=1)
MANY = tuple(
    PlannedSession(f"webinaire-{number}", MAY.date + timedelta(days=number), f"Webinaire {number}")
    for number in range(12)
)


def owed(session: Session) -> list[tuple[str, datetime]]:
    """Each confirmation and when it leaves."""
    rows = session.scalars(
        sa.select(OutboxMail)
        .where(OutboxMail.kind.in_((*confirmations.COUNTED, MailKind.SUMMARY)))
        .order_by(OutboxMail.due_at, OutboxMail.id)
    )
    return [(row.kind.value, row.due_at) for row in rows]


def come(session: Session, number: int, when: datetime) -> None:
    register(session, ALICE, webinar=MANY[number].slug, now=when)


@pytest.fixture
def twelve(database: Database) -> Database:
    """Twelve webinars to register for."""
    with database.write() as session:
        published(session, plan_of(*MANY))
    return database


def test_three_then_one_summary_when_the_first_is_a_day_old(twelve: Database) -> None:
    times = [NOW + timedelta(hours=hour) for hour in range(6)]
    with twelve.write() as session:
        for number, when in enumerate(times):
            come(session, number, when)
        register(session, BOB, webinar=MANY[0].slug, now=times[5])
    with twelve.read() as session:
        assert owed(session) == [
            *[("confirmation", when) for when in times[:3]],
            ("confirmation", times[5]),  # Bob's
            ("summary", NOW + DAY),
        ]


def test_after_a_day_there_are_three_again(twelve: Database) -> None:
    with twelve.write() as session:
        for number in range(3):
            come(session, number, NOW)
        for number in range(3, 7):
            come(session, number, NOW + DAY)
    with twelve.read() as session:
        assert owed(session) == [
            *[("confirmation", NOW)] * 3,
            *[("confirmation", NOW + DAY)] * 3,
            ("summary", NOW + 2 * DAY),
        ]


def test_at_the_same_instant_they_count_as_well(twelve: Database) -> None:
    with twelve.write() as session:
        for number in range(5):
            come(session, number, NOW)
    with twelve.read() as session:
        assert owed(session) == [*[("confirmation", NOW)] * 3, ("summary", NOW + DAY)]


def test_every_scope_counts(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        register(session, ALICE)
        assert MARCH.theme
        assert APRIL.theme
        for theme in (MARCH.theme, APRIL.theme):
            following.follow_theme(session, theme_slug=theme, person=ALICE, house=HOUSE, now=NOW)
        whole_cycle.register_for_cycle(
            session,
            cycle_slug="2019",
            person=ALICE,
            without=frozenset(),
            question=None,
            house=HOUSE,
            now=NOW,
        )
    with database.read() as session:
        assert owed(session) == [
            ("confirmation", NOW),
            ("theme_confirmation", NOW),
            ("theme_confirmation", NOW),
            ("summary", NOW + DAY),
        ]


def test_a_form_of_a_moment_ago_loses_nothing(twelve: Database) -> None:
    """It waited for another that was sent a little later: its own clock is behind."""
    with twelve.write() as session:
        come(session, 0, NOW)
        come(session, 1, NOW - timedelta(milliseconds=5))
    with twelve.read() as session:
        assert [kind for kind, _ in owed(session)] == ["confirmation"] * 2


def test_a_crowd_of_forms_at_once_is_three_and_a_summary(twelve: Database) -> None:
    def send(number: int) -> None:
        with twelve.write() as session:
            come(session, number, NOW + timedelta(milliseconds=number))

    in_threads(send, 8)
    with twelve.read() as session:
        assert sorted(kind for kind, _ in owed(session)) == ["confirmation"] * 3 + ["summary"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    pauses=st.lists(
        st.one_of(
            st.integers(0, 30 * 3600),
            st.sampled_from([0, 1, 8 * 3600, 12 * 3600, 24 * 3600 - 1, 24 * 3600]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_never_four_in_a_day_and_each_is_told(twelve: Database, pauses: list[int]) -> None:
    with twelve.write() as session:
        session.execute(sa.delete(OutboxMail))
        session.execute(sa.delete(Participant))
        session.expire_all()
        now = NOW
        registered: list[datetime] = []
        for number, pause in enumerate(pauses):
            now += timedelta(seconds=pause)
            registered.append(now)
            come(session, number, now)
        found = owed(session)
    times = [when for _, when in found]
    for when in times:
        assert sum(when <= other < when + DAY for other in times) <= 3
    summaries = [when for kind, when in found if kind == "summary"]
    alone = [when for kind, when in found if kind != "summary"]
    for when in registered:
        if when in alone:
            continue
        assert any(when < due <= when + DAY for due in summaries), "no summary tells it"
