"""The door leads a registrant to the room, and nobody else, at no other time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    BOB,
    CHARLIE,
    HOUSE,
    MARCH,
    NOW,
    counted_queries,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import doors, participants, planning, registrations
from webinars.domain.doors import Door, DoorState
from webinars.domain.errors import NotFound
from webinars.domain.people import Person
from webinars.models import Participant, Registration, RegistrationStatus, Webinar, WebinarStatus

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


def door(database: Database, state: DoorState, room: str | None) -> Door:
    """As Alice finds it, whom it has not let in yet."""
    with database.read() as session:
        hers = session.scalar(
            sa.select(Registration.id)
            .join(Participant)
            .where(Participant.email == ALICE.email, Registration.status.in_(doors.LET_IN))
        )
    early = state is DoorState.EARLY
    return Door(state, OPENS, room, registered=early, first_time=hers if room else None)


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
    assert knock(march, now=now) == door(march, state, room)


def test_the_setting_says_how_early_it_opens(march: Database) -> None:
    assert knock(march, now=OPENS, opens_minutes=0) == Door(DoorState.EARLY, START, registered=True)
    stranger = Person("eve@example.org", "Eve", "fr")
    assert knock(march, stranger, now=NOW) == Door(DoorState.EARLY, OPENS)


@pytest.mark.parametrize("who", [None, Person("eve@example.org", "Eve", "fr")])
def test_nobody_else_enters(march: Database, who: Person | None) -> None:
    assert knock(march, who) == Door(DoorState.ASK, OPENS)


def test_who_waits_is_told_their_rank_until_the_end(march: Database) -> None:
    with march.write() as session:
        register(session, CHARLIE, now=NOW + SECOND)
    for now in (NOW, OPENS, START, END - SECOND):
        assert knock(march, BOB, now=now) == Door(DoorState.WAITS, OPENS, rank=1)
        assert knock(march, CHARLIE, now=now) == Door(DoorState.WAITS, OPENS, rank=2)
    assert knock(march, BOB, now=END) == Door(DoorState.OVER, OPENS)


def test_a_freed_place_opens_the_door_to_the_first_in_line(march: Database) -> None:
    at_the_door = START - timedelta(minutes=5)
    with march.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=at_the_door,
        )
    assert knock(march, BOB, now=at_the_door).room == ROOM
    assert knock(march, ALICE, now=at_the_door) == Door(DoorState.ASK, OPENS)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (RegistrationStatus.PENDING, DoorState.UNPROVEN),
        (RegistrationStatus.CONFIRMED, DoorState.OPEN),
        (RegistrationStatus.WAITLISTED, DoorState.WAITS),
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
    assert knock(march) == Door(DoorState.NO_ROOM, OPENS)
    assert knock(march, BOB) == Door(DoorState.WAITS, OPENS, rank=1)
    assert knock(march, None) == Door(DoorState.ASK, OPENS)


@pytest.mark.parametrize("now", [NOW, START, END])
def test_a_cancelled_webinar_says_so_at_any_time(march: Database, now: datetime) -> None:
    with march.write() as session:
        published(session, plan_of(replace(MARCH, status=WebinarStatus.CANCELLED)))
    assert knock(march, now=now) == Door(DoorState.CANCELLED, OPENS)


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


def row(database: Database, who: Person = ALICE) -> tuple[str, datetime | None, datetime]:
    """Status, when they came, and when the status changed."""
    with database.read() as session:
        found = session.execute(
            sa.select(Registration.status, Registration.came_at, Registration.changed_at)
            .join(Participant)
            .where(Participant.email == who.email)
        ).one()
        return found[0].value, found[1], found[2]


def taken(database: Database) -> int:
    with database.read() as session:
        return session.scalar(sa.select(Webinar.confirmed_count)) or 0


def come_in(database: Database, who: Person = ALICE, *, now: datetime) -> bool:
    with database.write() as session:
        number = session.scalars(
            sa.select(Registration.id).join(Participant).where(Participant.email == who.email)
        ).one()
        return doors.come_in(session, registration_id=number, now=now)


def test_the_first_time_is_noted_and_stays(march: Database) -> None:
    assert row(march) == ("confirmed", None, NOW)
    assert come_in(march, now=OPENS) is True
    assert row(march) == ("attended", OPENS, OPENS)
    assert knock(march) == Door(DoorState.OPEN, OPENS, room=ROOM)
    assert come_in(march, now=START) is True
    assert row(march) == ("attended", OPENS, OPENS)
    assert taken(march) == 1


def test_who_was_marked_by_hand_has_a_time_once_they_come(march: Database) -> None:
    with march.write() as session:
        session.execute(
            sa.update(Registration)
            .where(Registration.status == RegistrationStatus.CONFIRMED)
            .values(status=RegistrationStatus.ATTENDED)
        )
    assert knock(march).first_time is not None
    assert come_in(march, now=START) is True
    assert row(march) == ("attended", START, NOW)


@pytest.mark.parametrize(
    "status",
    [
        RegistrationStatus.PENDING,
        RegistrationStatus.WAITLISTED,
        RegistrationStatus.CANCELLED,
        RegistrationStatus.ABSENT,
    ],
)
def test_who_has_no_place_has_not_come(march: Database, status: RegistrationStatus) -> None:
    with march.write() as session:
        session.execute(sa.update(Registration).values(status=status))
    assert come_in(march, now=START) is False
    assert row(march) == (status.value, None, NOW)


def test_coming_in_leaves_the_webinar_alone_and_is_a_contact(march: Database) -> None:
    with march.write() as session:
        number = session.scalars(
            sa.select(Registration.id).where(Registration.status == RegistrationStatus.CONFIRMED)
        ).one()
    with counted_queries(march) as statements, march.write() as session:
        doors.come_in(session, registration_id=number, now=START)
    assert [statement.split()[:2] for statement in statements] == [
        ["UPDATE", "registrations"],
        ["UPDATE", "participants"],
    ]
    with march.read() as session:
        contacts = sa.select(Participant.last_contact_at).join(
            Registration, Registration.participant_id == Participant.id
        )
        assert session.scalars(contacts.where(Registration.id == number)).one() == START


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_waits_for_the_lock_of_the_webinar(march: Database) -> None:
    """Hundreds come in the same minute, while somebody holds the webinar's row."""
    with march.write() as holder:
        holder.execute(sa.select(Webinar.id).with_for_update(key_share=True))
        with march.write() as session:
            session.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
            number = session.scalars(
                sa.select(Registration.id).where(
                    Registration.status == RegistrationStatus.CONFIRMED
                )
            ).one()
            assert doors.come_in(session, registration_id=number, now=START) is True


def come_in_again(database: Database, who: Person) -> None:
    assert come_in(database, who, now=START)


def test_many_at_once_come_in_once_each(march: Database) -> None:
    crowd = [person(number) for number in range(8)]
    with march.write() as session:
        published(session, plan_of(MARCH), now=NOW + SECOND)
        for one in crowd:
            register(session, one, now=NOW + SECOND)
    in_threads(lambda number: come_in_again(march, crowd[number % 8]), 16)
    assert [row(march, one)[:2] for one in crowd] == [("attended", START)] * 8
    assert taken(march) == 10
