"""The door leads a registrant to the room, and nobody else, at no other time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import ALICE, BOB, HOUSE, MARCH, NOW, plan_of, published, register
from webinars.db import Database
from webinars.domain import doors, participants, planning
from webinars.domain.doors import Door, DoorState
from webinars.domain.errors import NotFound
from webinars.domain.registrations import Person
from webinars.models import Registration, RegistrationStatus, WebinarStatus

START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
END = START + timedelta(minutes=90)
OPENS = START - timedelta(minutes=15)
SECOND = timedelta(seconds=1)
ROOM = MARCH.join_url


@pytest.fixture
def march(database: Database) -> Database:
    """Alice has the only place; Bob waits."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB)
    return database


def knock(
    database: Database,
    who: Person | None = ALICE,
    *,
    now: datetime = START,
    webinar: str = MARCH.slug,
    opens_minutes: int = 15,
) -> Door:
    with database.read() as session:
        participant = participants.by_email(session, email=who.email) if who else None
        return doors.knock(
            session,
            cycle_slug="2019",
            webinar_slug=webinar,
            participant=participant,
            opens_minutes=opens_minutes,
            now=now,
        )


@pytest.mark.parametrize(
    ("now", "state", "room"),
    [
        (NOW, DoorState.EARLY, None),
        (OPENS - SECOND, DoorState.EARLY, None),
        (OPENS, DoorState.OPEN, ROOM),
        (START, DoorState.OPEN, ROOM),
        (END - SECOND, DoorState.OPEN, ROOM),
        (END, DoorState.OVER, None),
    ],
)
def test_a_registrant_enters_while_the_door_is_open(
    march: Database, now: datetime, state: DoorState, room: str | None
) -> None:
    assert knock(march, now=now) == Door(state, OPENS, room)


def test_the_setting_says_how_early_it_opens(march: Database) -> None:
    assert knock(march, now=OPENS, opens_minutes=0) == Door(DoorState.EARLY, START, None)


@pytest.mark.parametrize("who", [None, BOB, Person("eve@example.org", "Eve", "fr")])
def test_nobody_else_enters(march: Database, who: Person | None) -> None:
    assert knock(march, who) == Door(DoorState.ASK, OPENS, None)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (RegistrationStatus.PENDING, DoorState.ASK),
        (RegistrationStatus.CONFIRMED, DoorState.OPEN),
        (RegistrationStatus.WAITLISTED, DoorState.ASK),
        (RegistrationStatus.CANCELLED, DoorState.ASK),
        (RegistrationStatus.ATTENDED, DoorState.OPEN),
        (RegistrationStatus.ABSENT, DoorState.ASK),
    ],
)
def test_only_a_place_opens_the_door(
    march: Database, status: RegistrationStatus, state: DoorState
) -> None:
    with march.write() as session:
        session.execute(sa.update(Registration).values(status=status))
    assert knock(march).state is state


def test_a_room_without_address_is_told_to_registrants_alone(march: Database) -> None:
    with march.write() as session:
        published(session, plan_of(replace(MARCH, join_url=None), capacity=1))
    assert knock(march) == Door(DoorState.NO_ROOM, OPENS, None)
    assert knock(march, BOB) == Door(DoorState.ASK, OPENS, None)


@pytest.mark.parametrize("now", [NOW, START, END])
def test_a_cancelled_webinar_says_so_at_any_time(march: Database, now: datetime) -> None:
    with march.write() as session:
        published(session, plan_of(replace(MARCH, status=WebinarStatus.CANCELLED)))
    assert knock(march, now=now) == Door(DoorState.CANCELLED, OPENS, None)


def test_a_place_in_another_webinar_opens_nothing(march: Database) -> None:
    other = replace(MARCH, slug="other", date=MARCH.date + timedelta(days=7))
    with march.write() as session:
        published(session, plan_of(MARCH, other, capacity=1))
    week = timedelta(days=7)
    assert knock(march, webinar="other", now=START + week).state is DoorState.ASK


def draft_only(session: Session) -> None:
    planning.save_draft(session, plan=plan_of(replace(MARCH, slug="draft")), now=NOW)


@pytest.mark.parametrize("prepare", [lambda _session: None, draft_only])
def test_a_door_that_is_not_public_is_not_found(
    march: Database, prepare: Callable[[Session], None]
) -> None:
    with march.write() as session:
        prepare(session)
    with pytest.raises(NotFound):
        knock(march, webinar="draft")
    with pytest.raises(NotFound), march.read() as session:
        doors.knock(
            session,
            cycle_slug="2020",
            webinar_slug=MARCH.slug,
            participant=None,
            opens_minutes=15,
            now=START,
        )


def test_registering_while_the_door_is_open_lets_in_at_once(march: Database) -> None:
    with march.write() as session:
        published(session, plan_of(MARCH), now=NOW + SECOND)
        register(session, Person("late@example.org", "Late", "fr"), house=HOUSE, now=START)
    assert knock(march, Person("late@example.org", "Late", "fr")).state is DoorState.OPEN
