"""Registering, leaving, and the waiting list."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    BOB,
    CHARLIE,
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
from webinars.domain import by_hand, participants, people, registration_lists, registrations
from webinars.domain.errors import NotFound, RegistrationClosed, WebinarCancelled, WebinarOver
from webinars.domain.registrations import House, Outcome
from webinars.models import OutboxMail, Participant, Registration, Webinar

START = NOW.replace(day=21, hour=12)


def states(session: Session) -> list[tuple[str, str, int | None]]:
    """Who stands where, in the order of arrival."""
    return [
        (row.email.split("@")[0], row.status.value, row.position)
        for row in registration_lists.list_registrations(
            session, cycle_slug="2019", webinar_slug=MARCH.slug
        )
    ]


def mails(session: Session) -> list[tuple[str, str]]:
    """The ledger: whom and what for."""
    rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
    return [(row.recipient.email.split("@")[0], row.kind.value) for row in rows]


def cancel(session: Session, email: str, *, now=NOW) -> None:
    participant = participants.by_email(session, email=email)
    assert participant is not None
    registrations.cancel(
        session,
        participant=participant,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        house=HOUSE,
        now=now,
    )


@pytest.fixture
def two_places(database: Database) -> Database:
    """March has two places."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=2))
    return database


def test_a_registration_stands_at_once_with_its_mail(two_places: Database) -> None:
    with two_places.write() as session:
        assert register(session, ALICE) is Outcome.CONFIRMED
    with two_places.read() as session:
        assert states(session) == [("alice", "confirmed", None)]
        assert mails(session) == [("alice", "confirmation")]


def test_who_comes_after_the_last_place_waits_in_line(two_places: Database) -> None:
    with two_places.write() as session:
        outcomes = [register(session, person(n), now=NOW + timedelta(seconds=n)) for n in range(4)]
    assert outcomes == [Outcome.CONFIRMED] * 2 + [Outcome.WAITLISTED] * 2
    with two_places.read() as session:
        assert states(session) == [
            ("person0", "confirmed", None),
            ("person1", "confirmed", None),
            ("person2", "waitlisted", 1),
            ("person3", "waitlisted", 2),
        ]
        assert [kind for _, kind in mails(session)] == ["confirmation"] * 2 + ["waiting_list"] * 2


def test_a_freed_place_goes_to_the_first_in_line_once_with_its_mail(two_places: Database) -> None:
    with two_places.write() as session:
        for number in range(4):
            register(session, person(number), now=NOW + timedelta(seconds=number))
    with two_places.write() as session:
        cancel(session, "person0@example.org")
        cancel(session, "person0@example.org")  # a double click frees nothing more
    with two_places.read() as session:
        assert states(session) == [
            ("person0", "cancelled", None),
            ("person1", "confirmed", None),
            ("person2", "confirmed", None),
            ("person3", "waitlisted", 1),
        ]
        assert mails(session)[-1] == ("person2", "promotion")
        assert session.scalar(sa.select(Webinar.confirmed_count)) == 2


def test_nobody_is_promoted_or_cancelled_after_the_start(two_places: Database) -> None:
    with two_places.write() as session:
        for number in range(3):
            register(session, person(number), now=NOW + timedelta(seconds=number))
    with pytest.raises(RegistrationClosed), two_places.write() as session:
        cancel(session, "person0@example.org", now=START)
    with two_places.read() as session:
        assert [state for _, state, _ in states(session)] == [
            "confirmed",
            "confirmed",
            "waitlisted",
        ]


def registered(session: Session, who: people.Person, *, now=NOW) -> registrations.Registered:
    """What the form says it did."""
    return registrations.register(
        session,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        person=who,
        question=None,
        house=HOUSE,
        now=now,
    )


def ended_by_hand(session: Session, email: str, *, now=START) -> None:
    """The organiser frees a place after the start, when nobody can leave any more."""
    registration = session.scalars(
        sa.select(Registration).join(Registration.participant).where(Participant.email == email)
    ).one()
    by_hand.end(
        session,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        registration_id=registration.id,
        tell=False,
        host=HOST,
        actor="orga@example.org",
        now=now,
    )


def test_after_the_start_who_comes_stands_behind_who_waits(two_places: Database) -> None:
    with two_places.write() as session:
        for number in range(3):
            register(session, person(number), now=NOW + timedelta(seconds=number))
        ended_by_hand(session, "person0@example.org")
        came = registered(session, ALICE, now=START + timedelta(minutes=1))
        assert (came.outcome, came.was_full) == (Outcome.WAITLISTED, True)
        again = registered(session, person(1), now=START + timedelta(minutes=1))
        assert (again.outcome, again.was_full) == (Outcome.ALREADY, True), "it tells who is known"
    with two_places.read() as session:
        assert states(session) == [
            ("person0", "cancelled", None),
            ("person1", "confirmed", None),
            ("person2", "waitlisted", 1),
            ("alice", "waitlisted", 2),
        ]


def test_after_the_start_a_freed_place_that_nobody_waits_for_is_taken(
    two_places: Database,
) -> None:
    with two_places.write() as session:
        for number in range(2):
            register(session, person(number), now=NOW + timedelta(seconds=number))
        ended_by_hand(session, "person0@example.org")
        came = registered(session, ALICE, now=START + timedelta(minutes=1))
        assert (came.outcome, came.was_full) == (Outcome.CONFIRMED, False)


def test_whoever_begins_to_wait_for_an_unlimited_webinar_is_not_passed_by(
    two_places: Database,
) -> None:
    """The limit was lifted after the start: nobody is promoted, and nobody jumps the line."""
    with two_places.write() as session:
        for number in range(3):
            register(session, person(number), now=NOW + timedelta(seconds=number))
        published(session, plan_of(MARCH), now=START)
        assert register(session, ALICE, now=START) is Outcome.WAITLISTED


def test_the_same_person_is_registered_once_and_sent_the_link(two_places: Database) -> None:
    with two_places.write() as session:
        register(session, ALICE)
        assert register(session, ALICE, now=NOW + timedelta(minutes=1)) is Outcome.ALREADY
    with two_places.read() as session:
        assert states(session) == [("alice", "confirmed", None)]
        assert mails(session) == [("alice", "confirmation"), ("alice", "link")]


def test_the_link_is_sent_three_times_a_day_at_most(two_places: Database) -> None:
    with two_places.write() as session:
        for number in range(6):
            register(session, ALICE, now=NOW + timedelta(minutes=number))
        register(session, ALICE, now=NOW + timedelta(days=1, hours=1))
    with two_places.read() as session:
        assert [kind for _, kind in mails(session)] == ["confirmation", *["link"] * 4]


def test_somebody_who_left_may_come_back_and_is_confirmed_anew(two_places: Database) -> None:
    with two_places.write() as session:
        register(session, ALICE)
        cancel(session, ALICE.email)
        later = NOW + timedelta(hours=1)
        assert register(session, ALICE, now=later) is Outcome.CONFIRMED
    with two_places.read() as session:
        assert states(session) == [("alice", "confirmed", None)]
        assert mails(session) == [("alice", "confirmation")] * 2
        assert session.scalar(sa.select(Webinar.confirmed_count)) == 1


def test_a_stranger_cannot_change_what_is_known_of_a_person(two_places: Database) -> None:
    with two_places.write() as session:
        register(session, ALICE)
        impostor = people.Person(ALICE.email, "Somebody Else", "en", "Elsewhere")
        register(session, impostor, now=NOW + timedelta(minutes=1))
    with two_places.read() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        assert (alice.full_name, alice.language, alice.organisation) == ("Alice Dupont", "fr", None)


def test_with_confirmation_required_the_button_takes_the_place(two_places: Database) -> None:
    house = House(host=HOUSE.host, require_confirmation=True)
    with two_places.write() as session:
        assert register(session, ALICE, house=house) is Outcome.PENDING
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        assert session.scalar(sa.select(Webinar.confirmed_count)) == 0
        registrations.confirm(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=house,
            now=NOW,
        )
    with two_places.read() as session:
        assert states(session) == [("alice", "confirmed", None)]
        assert mails(session) == [("alice", "confirmation")] * 2


@pytest.mark.parametrize(
    ("change", "error"),
    [({"now": START + timedelta(minutes=90)}, WebinarOver), ({"webinar": "no-such"}, NotFound)],
)
def test_what_cannot_be_registered_for_changes_nothing(
    two_places: Database, change: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error), two_places.write() as session:
        register(session, ALICE, **change)  # type: ignore[arg-type]
    with two_places.read() as session:
        assert states(session) == []
        assert mails(session) == []


def test_a_cancelled_webinar_takes_nobody(two_places: Database) -> None:
    with two_places.write() as session:
        published(session, plan_of(capacity=2))  # the plan without it cancels it
    with pytest.raises(WebinarCancelled), two_places.write() as session:
        register(session, ALICE)


def test_a_crowd_at_once_gets_exactly_the_places(two_places: Database) -> None:
    def come(number: int) -> None:
        with two_places.write() as session:
            register(session, person(number), now=NOW + timedelta(milliseconds=number))

    in_threads(come, 12)
    with two_places.read() as session:
        found = [state for _, state, _ in states(session)]
        assert (found.count("confirmed"), found.count("waitlisted")) == (2, 10)
        assert session.scalar(sa.select(Webinar.confirmed_count)) == 2


def test_two_people_and_a_third_are_three_participants(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        for somebody in (ALICE, BOB, CHARLIE):
            assert register(session, somebody) is Outcome.CONFIRMED
    with database.read() as session:
        assert [name for name, _, _ in states(session)] == ["alice", "bob", "charlie"]


def test_raising_the_capacity_promotes_the_first_in_line(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        for number in range(3):
            register(session, person(number), now=NOW + timedelta(seconds=number))
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=2), now=NOW + timedelta(minutes=1))
    with database.read() as session:
        assert [state for _, state, _ in states(session)] == [
            "confirmed",
            "confirmed",
            "waitlisted",
        ]
        assert mails(session)[-1] == ("person1", "promotion")
        assert session.scalar(sa.select(Webinar.confirmed_count)) == 2


def test_the_link_is_sent_three_times_a_day_at_most_to_a_crowd_of_requests(
    two_places: Database,
) -> None:
    with two_places.write() as session:
        register(session, ALICE)

    def ask(number: int) -> None:
        with two_places.write() as session:
            alice = participants.by_email(session, email=ALICE.email)
            assert alice is not None
            now = NOW + timedelta(seconds=number)
            registrations.send_link(session, participant=alice, webinar=None, house=HOUSE, now=now)

    in_threads(ask, 8)
    with two_places.read() as session:
        assert [kind for _, kind in mails(session)] == ["confirmation", *["link"] * 3]
