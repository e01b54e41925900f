"""A list that brings somebody who had yet to confirm: the organiser vouches for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    NOW,
    counted_queries,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain.list_files import ListRow
from webinars.domain.list_import import ImportPreview, import_list, preview_import
from webinars.domain.people import Person
from webinars.domain.registrations import House
from webinars.models import OutboxMail, Participant, Question, Registration, Webinar

HOLD = timedelta(hours=1)
PROVING = House(host=HOST, require_confirmation=True, hold=HOLD)
WITHOUT_HOLD = House(host=HOST, require_confirmation=True, hold=timedelta(0))
SOON, LATER = NOW + timedelta(minutes=5), NOW + 2 * HOLD
MINUTE = timedelta(minutes=1)


def march(database: Database, capacity: int | None) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=capacity))


def pending(database: Database, *people: Person, house: House = PROVING) -> None:
    for number, one in enumerate(people):
        with database.write() as session:
            register(session, one, house=house, now=NOW + number * MINUTE)


def rows(*people: Person) -> list[ListRow]:
    return [
        ListRow(number, {"email": one.email, "full_name": one.full_name})
        for number, one in enumerate(people, start=2)
    ]


def bring_in(
    database: Database, lines: Sequence[ListRow], *, now: datetime = SOON, mails: bool = True
) -> ImportPreview:
    """The act, which does what the preview said."""
    where = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
    with database.read() as session:
        seen = preview_import(session, **where, rows=lines, now=now)
    with database.write() as session:
        done = import_list(
            session, **where, rows=lines, mails=mails, actor="anne", host=HOST, now=now
        )
    assert done == seen
    return done


def fates(found: ImportPreview) -> list[str]:
    return [line.fate.value for line in found.lines]


def standing(database: Database) -> dict[str, str]:
    with database.read() as session:
        found = session.execute(
            sa.select(Participant.email, Registration.status).join(Registration)
        )
        return {email: status.value for email, status in found}


def counts(database: Database) -> tuple[int, int]:
    with database.read() as session:
        march = session.scalars(sa.select(Webinar)).one()
        return march.confirmed_count, march.held_count


def kinds(database: Database, who: Person) -> list[str]:
    with database.read() as session:
        mails = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
        return [mail.kind.value for mail in mails if mail.recipient.email == who.email]


@pytest.mark.parametrize("capacity", [None, 3])
def test_who_was_pending_is_confirmed(database: Database, capacity: int | None) -> None:
    march(database, capacity)
    pending(database, ALICE)
    before = kinds(database, ALICE)
    lines = [
        ListRow(2, {"email": ALICE.email, "full_name": "Somebody Else", "question": "Why?"}),
        *rows(BOB),
    ]
    done = bring_in(database, lines)
    assert (fates(done), done.registered) == (["confirmed", "confirmed"], 2)
    assert standing(database) == {ALICE.email: "confirmed", BOB.email: "confirmed"}
    assert counts(database) == (2, 0)
    assert kinds(database, ALICE) == [*before, "confirmation"]
    with database.read() as session:
        assert session.scalars(sa.select(Question.text)).all() == ["Why?"]
        names = session.scalars(sa.select(Participant.full_name).order_by(Participant.email)).all()
    assert names == [ALICE.full_name, BOB.full_name]
    assert fates(bring_in(database, lines)) == ["already", "already"]


def test_a_place_that_is_kept_is_theirs_wherever_they_stand_in_the_list(
    database: Database,
) -> None:
    march(database, 2)
    pending(database, ALICE)
    done = bring_in(database, rows(BOB, CHARLIE, ALICE), mails=False)
    assert done.places == 1
    assert fates(done) == ["confirmed", "waitlisted", "confirmed"]
    assert standing(database) == {
        ALICE.email: "confirmed",
        BOB.email: "confirmed",
        CHARLIE.email: "waitlisted",
    }
    assert counts(database) == (2, 0)


def test_without_a_kept_place_they_come_in_the_order_of_the_list(database: Database) -> None:
    march(database, 2)
    pending(database, ALICE, CHARLIE, house=WITHOUT_HOLD)
    assert counts(database) == (0, 0)
    done = bring_in(database, rows(BOB, ALICE, person(1), CHARLIE))
    assert fates(done) == ["confirmed", "confirmed", "waitlisted", "waitlisted"]
    assert standing(database) == {
        ALICE.email: "confirmed",
        BOB.email: "confirmed",
        CHARLIE.email: "waitlisted",
        person(1).email: "waitlisted",
    }
    assert counts(database) == (2, 0)
    assert kinds(database, CHARLIE)[-1] == "waiting_list"


def test_a_place_that_was_kept_too_long_goes_to_the_line_first(database: Database) -> None:
    march(database, 1)
    pending(database, ALICE)
    with database.write() as session:
        register(session, BOB, now=NOW + MINUTE)
    done = bring_in(database, rows(ALICE), now=LATER)
    assert (fates(done), done.promoted) == (["waitlisted"], 1)
    assert standing(database) == {ALICE.email: "waitlisted", BOB.email: "confirmed"}
    assert counts(database) == (1, 0)


def test_the_statements_do_not_grow(database: Database) -> None:
    march(database, 5)
    people = [person(number) for number in range(6)]
    pending(database, *people[:3])
    pending(database, *people[3:], house=WITHOUT_HOLD)
    with counted_queries(database) as few:
        bring_in(database, rows(people[0], people[3]))
    with counted_queries(database) as many:
        bring_in(database, rows(*people))
    assert len(many) == len(few) + 2  # who waits: where the line is, and their rows
    assert sorted(standing(database).values()) == ["confirmed"] * 5 + ["waitlisted"]
    assert counts(database) == (5, 0)
