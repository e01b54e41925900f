"""What publications add to whole cycles."""

import time
from datetime import timedelta

import sqlalchemy as sa

from tests.domain.scoping import (
    AFTER_MARCH,
    LATER,
    A,
    M,
    Y,
    counts_are_right,
    join,
    mails,
    of,
    small,
    states,
    whole,
)
from tests.support import (
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import audit, erasure
from webinars.domain.plan import PlannedSession
from webinars.models import (
    CycleRegistration,
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    Webinar,
)

JUNE = PlannedSession("juin", MAY.date + timedelta(days=30), "Juin")


def test_what_is_added_registers_in_the_order_of_arrival(three: Database) -> None:
    crowd = [person(number) for number in range(4)]
    with three.write() as session:
        for number in (2, 0, 3, 1):
            join(session, crowd[number], now=NOW + timedelta(seconds=number))
        register(session, BOB)
    with three.write() as session:
        published(session, plan_of(MARCH, small(APRIL), MAY, small(JUNE, 2)), now=LATER)
    with three.read() as session:
        assert [states(session, one)["juin"] for one in crowd] == ["confirmed"] * 2 + [
            "waitlisted"
        ] * 2
        line = session.scalars(
            sa.select(Participant.email)
            .join(Registration, Registration.participant_id == Participant.id)
            .join(Webinar, Webinar.id == Registration.webinar_id)
            .where(Webinar.slug == "juin")
            .order_by(Registration.registered_at, Registration.id)
        ).all()
        assert line == [one.email for one in crowd]
        assert states(session, BOB) == {M: "confirmed"}
        assert [mails(session, one)[1:] for one in crowd] == [["planned"]] * 4
        told = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.PLANNED)
        ).all()
        assert {(mail.cycle_id is not None, mail.revision) for mail in told} == {(True, 2)}
        assert {mail.key.split(":")[0] for mail in told} == {"planned"}
        counts_are_right(session)


def test_what_is_added_twice_at_once_is_one_mail(three: Database) -> None:
    with three.write() as session:
        join(session)
        july = PlannedSession("juillet", MAY.date + timedelta(days=60), "Juillet")
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE, july), now=LATER)
        assert mails(session) == ["cycle_confirmation", "planned"]
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE, july), now=LATER)
        assert mails(session) == ["cycle_confirmation", "planned"], "an unchanged draft"


def test_one_that_is_back_registers_who_came_while_it_was_cancelled(three: Database) -> None:
    with three.write() as session:
        register(session, BOB, webinar=A)
        published(session, plan_of(MARCH, MAY))
        join(session)
        join(session, CHARLIE, now=NOW + timedelta(seconds=1))
        published(session, plan_of(MARCH, small(APRIL, 2), MAY), now=LATER)
    with three.read() as session:
        assert states(session)[A] == "confirmed"
        assert states(session, CHARLIE)[A] == "waitlisted"
        assert mails(session) == ["cycle_confirmation", "planned"]
        assert mails(session, BOB)[-1] == "change_notice"
        counts_are_right(session)


def test_only_what_was_named_is_left_out(three: Database) -> None:
    later = PlannedSession("juin-2", JUNE.date + timedelta(days=7), "Juin encore")
    with three.write() as session:
        join(session)
        whole(session).without = ["juin-2", "un"]
        session.flush()
        un = PlannedSession("un", JUNE.date + timedelta(days=14), "Un")
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE, later, un), now=LATER)
        assert states(session).keys() == {M, A, Y, "juin"}


def test_a_webinar_of_the_past_or_left_out_is_not_added(three: Database) -> None:
    with three.write() as session:
        published(session, plan_of(small(APRIL), MAY))
        join(session)
        whole(session).without = [M]
        session.flush()
        past = PlannedSession("janvier", NOW.date() - timedelta(days=40), "Janvier")
        published(session, plan_of(past, MARCH, small(APRIL), MAY), now=LATER)
    with three.read() as session:
        assert states(session) == {A: "confirmed", Y: "confirmed"}
        assert mails(session) == ["cycle_confirmation"]


def test_a_passed_webinar_with_a_new_date_is_added(three: Database) -> None:
    with three.write() as session:
        join(session, now=AFTER_MARCH)
        again = PlannedSession(M, JUNE.date, MARCH.title, theme=MARCH.theme)
        published(session, plan_of(small(APRIL), MAY, again), now=AFTER_MARCH)
        assert states(session) == dict.fromkeys((M, A, Y), "confirmed")
        assert mails(session) == ["cycle_confirmation", "planned"]
        moved = PlannedSession(Y, MAY.date + timedelta(days=7), MAY.title, theme=MAY.theme)
        published(session, plan_of(small(APRIL), moved, again), now=AFTER_MARCH)
        assert mails(session)[-1] == "change_notice", "a move is told as a move"


def test_somebody_erased_is_not_registered(three: Database) -> None:
    with three.write() as session:
        join(session)
        join(session, BOB)
        erasure.erase(
            session, participant=of(session), actor=audit.PARTICIPANT, host=HOST, now=LATER
        )
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE), now=LATER)
    with three.read() as session:
        june = session.scalars(sa.select(Webinar).where(Webinar.slug == "juin")).one()
        assert june.confirmed_count == 1


def test_forms_and_a_publication_at_once_leave_nobody_out(three: Database) -> None:
    def act(number: int) -> None:
        with three.write() as session:
            if number == 3:
                published(session, plan_of(MARCH, small(APRIL), MAY, JUNE), now=LATER)
            else:
                join(session, person(number), now=NOW + timedelta(seconds=number))

    in_threads(act, 7)
    with three.read() as session:
        for number in (0, 1, 2, 4, 5, 6):
            assert states(session, person(number)).keys() == {M, A, Y, "juin"}
        counts_are_right(session)


def test_ten_thousand_followers_in_seconds(database: Database) -> None:
    many = 10_000
    with database.write() as session:
        published(session, plan_of(MARCH))
        join(session)
        cycle_id = whole(session).cycle_id
        crowd = session.scalars(
            sa.insert(Participant).returning(Participant.id),
            [
                {
                    "email": f"p{number}@example.org",
                    "full_name": "P",
                    "language": "fr",
                    "created_at": NOW,
                    "last_contact_at": NOW,
                }
                for number in range(many - 1)
            ],
        ).all()
        session.execute(
            sa.insert(CycleRegistration),
            [
                {
                    "participant_id": participant_id,
                    "cycle_id": cycle_id,
                    "registered_at": LATER,
                    "confirmed_at": LATER,
                    "without": [],
                }
                for participant_id in crowd
            ],
        )
        session.execute(sa.text("ANALYZE"))  # PostgreSQL does so by itself, a minute later
    began = time.perf_counter()
    with counted_queries(database) as queries, database.write() as session:
        published(session, plan_of(MARCH, small(APRIL, 7000)), now=LATER)
    took = time.perf_counter() - began
    with database.read() as session:
        april = session.scalars(sa.select(Webinar).where(Webinar.slug == A)).one()
        assert april.confirmed_count == 7000
        assert (
            session.scalar(sa.select(sa.func.count()).where(OutboxMail.kind == MailKind.PLANNED))
            == many
        )
        assert states(session)[A] == "confirmed"
    assert len(queries) < 45
    assert took < 10, took
