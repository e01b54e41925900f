"""People who were not heard of for long are erased by themselves, in batches, and counted."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.domain.test_erasure import trail
from tests.support import (
    ALICE,
    APRIL,
    BOB,
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
from webinars.domain import participants, registrations
from webinars.domain.erasure import erase_forgotten
from webinars.models import Participant

SECOND = timedelta(seconds=1)
IN_THREE_YEARS = datetime.fromisoformat("2022-03-04T09:00:00+00:00")
MARCH_ENDS = datetime.fromisoformat("2019-03-21T13:30:00+00:00")


@pytest.fixture
def march(database: Database) -> Database:
    """March and April are published."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
    return database


def erased(database: Database, *, now: datetime, months: int = 36, most: int = 100) -> int:
    with database.write() as session:
        return erase_forgotten(session, months=months, now=now, most=most)


def known(database: Database) -> list[str]:
    with database.read() as session:
        query = sa.select(Participant.email).where(Participant.erased_at.is_(None))
        return sorted(session.scalars(query))


def test_the_months_are_counted_from_the_last_contact(march: Database) -> None:
    with march.write() as session:
        register(session, ALICE)
        register(session, BOB)
        register(session, BOB, webinar=APRIL.slug, now=NOW + SECOND)
    assert erased(march, now=IN_THREE_YEARS) == 0
    assert erased(march, now=IN_THREE_YEARS + SECOND) == 1
    assert known(march) == [BOB.email]
    with march.read() as session:
        assert trail(session) == [("people_erased", "retention", None, {"count": 1})]


def test_a_press_on_the_personal_page_is_a_contact(march: Database) -> None:
    with march.write() as session:
        register(session, ALICE)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        participants.used(session, participant=alice, now=NOW + timedelta(days=1))
    assert erased(march, now=IN_THREE_YEARS + SECOND) == 0
    assert erased(march, now=IN_THREE_YEARS + timedelta(days=1, seconds=1)) == 1


@pytest.mark.parametrize(
    ("now", "left", "expected"),
    [
        (MARCH_ENDS - SECOND, False, 0),
        (MARCH_ENDS, False, 1),
        (MARCH_ENDS - SECOND, True, 1),
    ],
)
def test_whoever_has_something_to_come_stays(
    march: Database, now: datetime, left: bool, expected: int
) -> None:
    with march.write() as session:
        register(session, ALICE, now=NOW - timedelta(days=365))
        if left:
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
    assert erased(march, now=now, months=1) == expected


def test_none_one_three_in_batches_with_a_row_each(march: Database) -> None:
    assert erased(march, now=IN_THREE_YEARS + SECOND) == 0
    with march.write() as session:
        for number in range(3):
            register(session, person(number), question="Pourquoi ?")
    later = IN_THREE_YEARS + SECOND
    assert [erased(march, now=later, most=2) for _ in range(3)] == [2, 1, 0]
    assert known(march) == []
    with march.read() as session:
        assert [entry[3] for entry in trail(session)] == [{"count": 2}, {"count": 1}]


def test_workers_at_once_erase_each_person_once(march: Database) -> None:
    with march.write() as session:
        for number in range(20):
            register(session, person(number))
    counts: list[int] = []

    def work(_number: int) -> None:
        while done := erased(march, now=IN_THREE_YEARS + SECOND, most=3):
            counts.append(done)

    in_threads(work, 4)
    assert sum(counts) == 20
    assert known(march) == []
    with march.read() as session:
        assert sum(int(str(entry[3]["count"])) for entry in trail(session)) == 20
