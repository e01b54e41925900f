"""The place that is kept for a while for somebody who has yet to confirm."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    NOW,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import audit, erasure, participants, places, registrations
from webinars.domain.people import Person
from webinars.domain.registrations import House, Outcome
from webinars.models import (
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)
from webinars.worker import Worker

HOLD = timedelta(hours=1)
PROVING = House(host=HOST, require_confirmation=True, hold=HOLD)
AT_ONCE = House(host=HOST)
BEFORE_THE_END = NOW + HOLD - timedelta(seconds=1)
AT_THE_END = NOW + HOLD


@pytest.fixture
def one_place(database: Database) -> Database:
    """March has one place."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
    return database


def come(session: Session, who: Person, *, now: datetime = NOW, house: House = PROVING) -> Outcome:
    return register(session, who, house=house, now=now)


def of(session: Session, who: Person) -> Participant:
    found = participants.by_email(session, email=who.email)
    assert found is not None
    return found


def confirm(session: Session, who: Person, *, now: datetime) -> RegistrationStatus:
    return registrations.confirm(
        session,
        participant=of(session, who),
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        house=PROVING,
        now=now,
    )


def cancel(session: Session, who: Person, *, now: datetime) -> None:
    registrations.cancel(
        session,
        participant=of(session, who),
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        house=PROVING,
        now=now,
    )


def stands(session: Session) -> dict[str, tuple[str, bool]]:
    """Status, and whether a place is kept, of everybody; the counters equal the rows."""
    rows = session.execute(
        sa.select(Participant.email, Registration)
        .join(Registration, Registration.participant_id == Participant.id)
        .order_by(Registration.registered_at, Registration.id)
    ).all()
    for webinar in session.scalars(sa.select(Webinar).execution_options(populate_existing=True)):
        its = [row for _, row in rows if row.webinar_id == webinar.id]
        assert webinar.held_count == sum(row.held_until is not None for row in its)
        assert webinar.confirmed_count == sum(row.status == "confirmed" for row in its)
        if webinar.capacity is not None:
            assert webinar.confirmed_count + webinar.held_count <= webinar.capacity
    return {
        email.split("@")[0]: (row.status.value, row.held_until is not None) for email, row in rows
    }


def mails(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
    return [(row.recipient.email.split("@")[0], row.kind.value) for row in rows]


def test_a_kept_place_counts(one_place: Database) -> None:
    with one_place.write() as session:
        assert come(session, ALICE) is Outcome.PENDING
        assert come(session, BOB) is Outcome.PENDING
        assert come(session, CHARLIE, house=AT_ONCE) is Outcome.WAITLISTED
    with one_place.read() as session:
        assert stands(session) == {
            "alice": ("pending", True),
            "bob": ("pending", False),
            "charlie": ("waitlisted", False),
        }
        until = session.scalars(sa.select(Registration.held_until).order_by(Registration.id)).all()
        assert until == [AT_THE_END, None, None]


def test_confirmed_in_time_it_is_theirs(one_place: Database) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        come(session, BOB, house=AT_ONCE)
        assert confirm(session, ALICE, now=BEFORE_THE_END) is RegistrationStatus.CONFIRMED
        assert confirm(session, ALICE, now=AT_THE_END) is RegistrationStatus.CONFIRMED
    with one_place.read() as session:
        assert stands(session) == {"alice": ("confirmed", False), "bob": ("waitlisted", False)}
        assert mails(session) == [
            ("alice", "confirmation"),
            ("bob", "waiting_list"),
            ("alice", "confirmation"),
        ]


@pytest.mark.parametrize("swept", [True, False])
def test_after_its_end_it_goes_to_the_line_and_who_confirms_late_waits(
    one_place: Database, swept: bool
) -> None:
    """Whether or not the worker came by first."""
    with one_place.write() as session:
        come(session, ALICE)
        for number in range(2):
            come(session, person(number), house=AT_ONCE, now=NOW + timedelta(seconds=number))
        if swept:
            assert places.end_all_holds(session, host=HOST, now=BEFORE_THE_END) == 0
            assert places.end_all_holds(session, host=HOST, now=AT_THE_END) == 1
            assert places.end_all_holds(session, host=HOST, now=AT_THE_END) == 0
        assert confirm(session, ALICE, now=AT_THE_END) is RegistrationStatus.WAITLISTED
    with one_place.read() as session:
        assert list(stands(session).items()) == [
            ("person0", ("confirmed", False)),
            ("person1", ("waitlisted", False)),
            ("alice", ("waitlisted", False)),
        ]
        late = session.scalars(
            sa.select(Registration).where(Registration.participant_id == of(session, ALICE).id)
        ).one()
        assert late.registered_at == AT_THE_END
        assert mails(session)[-2:] == [("person0", "promotion"), ("alice", "waiting_list")]


def test_confirmed_late_with_nobody_in_line_it_is_still_theirs(one_place: Database) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        assert confirm(session, ALICE, now=AT_THE_END) is RegistrationStatus.CONFIRMED
        assert stands(session) == {"alice": ("confirmed", False)}


def test_who_comes_after_its_end_gets_it_without_a_worker(one_place: Database) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        assert come(session, BOB, house=AT_ONCE, now=AT_THE_END) is Outcome.CONFIRMED
        assert stands(session) == {"alice": ("pending", False), "bob": ("confirmed", False)}


def test_no_place_is_kept_where_the_house_keeps_none(one_place: Database) -> None:
    house = House(host=HOST, require_confirmation=True, hold=timedelta(0))
    with one_place.write() as session:
        come(session, ALICE, house=house)
        assert come(session, BOB, house=AT_ONCE) is Outcome.CONFIRMED
        assert confirm(session, ALICE, now=BEFORE_THE_END) is RegistrationStatus.WAITLISTED
        assert stands(session) == {"alice": ("waitlisted", False), "bob": ("confirmed", False)}


@pytest.mark.parametrize("erased", [False, True])
def test_who_leaves_frees_the_kept_place(one_place: Database, erased: bool) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        come(session, BOB, house=AT_ONCE)
        if erased:
            erasure.erase(
                session, participant=of(session, ALICE), actor=audit.PARTICIPANT, host=HOST, now=NOW
            )
        else:
            cancel(session, ALICE, now=NOW)
            cancel(session, ALICE, now=NOW)
    with one_place.read() as session:
        assert stands(session)["bob"] == ("confirmed", False)
        assert mails(session)[-1] == ("bob", "promotion")


def test_who_leaves_without_a_kept_place_frees_none(one_place: Database) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        come(session, BOB)
        come(session, CHARLIE, house=AT_ONCE)
        cancel(session, BOB, now=NOW)
        assert stands(session) == {
            "alice": ("pending", True),
            "bob": ("cancelled", False),
            "charlie": ("waitlisted", False),
        }


def test_somebody_who_left_and_comes_back_is_kept_another_place(one_place: Database) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        cancel(session, ALICE, now=NOW)
        come(session, ALICE, now=BEFORE_THE_END)
        assert stands(session) == {"alice": ("pending", True)}
        assert places.end_all_holds(session, host=HOST, now=AT_THE_END) == 0


@pytest.mark.parametrize(("capacity", "promoted"), [(1, 0), (2, 1), (3, 2), (None, 3)])
def test_raising_the_capacity_minds_what_is_kept(
    one_place: Database, capacity: int | None, promoted: int
) -> None:
    with one_place.write() as session:
        come(session, ALICE)
        for number in range(3):
            come(session, person(number), house=AT_ONCE, now=NOW + timedelta(seconds=number))
        published(session, plan_of(MARCH, capacity=capacity), now=NOW + timedelta(minutes=1))
        found = stands(session)
        assert found.pop("alice") == ("pending", True)
        assert [status for status, _ in found.values()] == ["confirmed"] * promoted + [
            "waitlisted"
        ] * (3 - promoted)


def test_after_the_start_a_kept_place_goes_to_nobody_in_line(one_place: Database) -> None:
    start = datetime.fromisoformat("2019-03-21T12:00+00:00")
    with one_place.write() as session:
        come(session, ALICE, now=start - timedelta(minutes=30))
        come(session, BOB, house=AT_ONCE, now=start - timedelta(minutes=20))
        later = start + timedelta(minutes=30)
        assert places.end_all_holds(session, host=HOST, now=later) == 1
        assert stands(session) == {"alice": ("pending", False), "bob": ("waitlisted", False)}


@pytest.mark.parametrize(
    ("minutes", "status"),
    [(29, RegistrationStatus.CONFIRMED), (30, RegistrationStatus.WAITLISTED)],
)
def test_after_the_start_only_what_is_still_kept_is_theirs_while_somebody_waits(
    one_place: Database, minutes: int, status: RegistrationStatus
) -> None:
    start = datetime.fromisoformat("2019-03-21T12:00+00:00")
    with one_place.write() as session:
        come(session, ALICE, now=start - timedelta(minutes=30))
        come(session, BOB, house=AT_ONCE, now=start - timedelta(minutes=20))
        pressed = start + timedelta(minutes=minutes)
        assert confirm(session, ALICE, now=pressed) is status
        assert stands(session)["bob"] == ("waitlisted", False)


def test_after_the_start_no_place_is_kept_for_who_comes_behind_the_line(
    one_place: Database,
) -> None:
    start = datetime.fromisoformat("2019-03-21T12:00+00:00")
    with one_place.write() as session:
        come(session, ALICE, now=start - timedelta(hours=2))
        come(session, BOB, house=AT_ONCE, now=start - timedelta(hours=2))
        assert come(session, CHARLIE, now=start) is Outcome.PENDING
        assert stands(session)["charlie"] == ("pending", False)


def test_none_one_and_three_webinars_are_swept(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=1))
        assert places.end_all_holds(session, host=HOST, now=AT_THE_END) == 0
        come(session, ALICE)
        register(session, BOB, webinar=APRIL.slug, house=PROVING)
        assert places.end_all_holds(session, host=HOST, now=AT_THE_END, most=1) == 1
        assert places.end_all_holds(session, host=HOST, now=AT_THE_END, most=1) == 1
        assert places.end_all_holds(session, host=HOST, now=AT_THE_END, most=1) == 0
        stands(session)


def test_the_worker_ends_them(
    make_app: Callable[..., Flask], at: Callable[[datetime], None]
) -> None:
    app = make_app(mail_port=1, mail_timeout=1)
    database: Database = app.extensions["webinars"].database
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        come(session, ALICE)
        come(session, BOB, house=AT_ONCE)
    worker = Worker(app)
    for now, expected in ((BEFORE_THE_END, "waitlisted"), (AT_THE_END, "confirmed")):
        at(now)
        worker.tick()
        with database.read() as session:
            assert stands(session)["bob"] == (expected, False)


def test_a_crowd_of_unconfirmed_is_kept_exactly_the_places(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=3))

    def act(number: int) -> None:
        who = person(number)
        with database.write() as session:
            come(session, who, now=NOW + timedelta(milliseconds=number))
        with database.write() as session:
            if number % 3 == 0:
                cancel(session, who, now=NOW + timedelta(minutes=1))
            else:
                confirm(session, who, now=NOW + timedelta(minutes=1))

    in_threads(act, 12)
    with database.read() as session:
        found = [status for status, _ in stands(session).values()]
        assert (found.count("cancelled"), found.count("confirmed"), len(found)) == (4, 3, 12)
