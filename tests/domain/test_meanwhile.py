"""What happens while something else does: publications, erasures, ends of webinars."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from tests.domain.scoping import counts_are_right, join, of
from tests.support import (
    ALICE,
    APRIL,
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
from webinars.domain import (
    attendance,
    audit,
    by_hand,
    doors,
    erasure,
    participants,
    places,
    planning,
    publication,
    whole_cycle,
)
from webinars.domain.errors import NotFound
from webinars.domain.participants import UnknownSecret
from webinars.models import Participant, Registration, RegistrationStatus, Webinar

TURNS = 12
ORGANISER = "camille@example.org"


def erase(database: Database, email: str = ALICE.email, *, now=NOW) -> None:
    with database.write() as session:
        someone = participants.by_email(session, email=email)
        assert someone is not None
        erasure.erase(session, participant=someone, actor=audit.PARTICIPANT, host=HOST, now=now)


def test_adding_by_hand_while_another_publishes(database: Database) -> None:
    """Both write to the audit trail of the cycle, and neither waits for the other in a circle."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))

    def work(number: int) -> None:
        for turn in range(TURNS):
            with database.write() as session:
                if number == 0:
                    plan = plan_of(replace(MARCH, capacity=50 + turn), APRIL)
                    planning.save_draft(session, plan=plan, now=NOW)
                    publication.publish(session, cycle_slug="2019", host=HOST, now=NOW)
                    continue
                by_hand.add(
                    session,
                    cycle_slug="2019",
                    webinar_slug=MARCH.slug,
                    person=person(number * 1000 + turn),
                    question=None,
                    tell=False,
                    house=HOUSE,
                    actor=ORGANISER,
                    now=NOW,
                )

    in_threads(work, 4)
    with database.read() as session:
        counts_are_right(session)
        rows = session.scalar(sa.select(sa.func.count()).select_from(Registration))
        assert rows == 3 * TURNS


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_leaving_a_cycle_while_its_form_is_sent(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        join(session)

    def work(number: int) -> None:
        for _ in range(TURNS):
            with database.write() as session:
                if number:
                    join(session)
                else:
                    whole_cycle.leave_cycle(
                        session, participant=of(session), cycle_slug="2019", host=HOST, now=NOW
                    )

    in_threads(work, 2)
    with database.read() as session:
        counts_are_right(session)


def test_nothing_is_written_to_somebody_who_was_erased_meanwhile(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
    with database.read() as session:
        alice = of(session)
        number = session.scalars(sa.select(Registration.id)).one()
    erase(database, now=NOW)
    with database.write() as session, pytest.raises(UnknownSecret):
        participants.lock(session, participant=alice)
    with database.write() as session, pytest.raises(UnknownSecret):
        participants.used(session, participant=alice, now=NOW)
    with database.write() as session, pytest.raises(NotFound):
        by_hand.correct(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            registration_id=number,
            person=BOB,
            host=HOST,
            actor=ORGANISER,
            now=NOW,
        )
    with database.write() as session:
        session.execute(sa.update(Registration).values(status=RegistrationStatus.CONFIRMED))
        assert doors.come_in(session, registration_id=number, now=NOW) is False
    with database.read() as session:
        row = session.scalars(sa.select(Participant)).one()
        assert (row.full_name, row.organisation, row.proven_at) == ("", None, None)


def test_the_place_of_somebody_erased_is_free_when_the_webinar_is_moved(
    database: Database,
) -> None:
    during = NOW.replace(day=21, hour=12, minute=30)
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB)
    erase(database, now=during)
    with database.write() as session:
        later = replace(MARCH, date=date(2019, 6, 20))
        published(session, plan_of(later, capacity=1), now=during)
        counts_are_right(session)
        confirmed = sa.select(Participant.email).join(
            Registration, Registration.participant_id == Participant.id
        )
        assert session.scalars(
            confirmed.where(Registration.status == RegistrationStatus.CONFIRMED)
        ).all() == [BOB.email]


def test_what_an_organiser_said_after_the_end_stays(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
        webinar = session.scalars(sa.select(Webinar)).one()
        ids = session.scalars(sa.select(Registration.id).order_by(Registration.id)).all()
        doors.come_in(session, registration_id=ids[0], now=webinar.starts_at)
        after = webinar.ends_at + timedelta(minutes=5)
        attendance.settle(session, now=after)
        by_hand.mark_attendance(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            registration_ids=[ids[1]],
            status=RegistrationStatus.CONFIRMED,
            actor=ORGANISER,
            now=after,
        )
        assert attendance.settle(session, now=after + timedelta(minutes=5)) == 0
        session.expire_all()
        stand = session.scalars(sa.select(Registration.status).order_by(Registration.id)).all()
        assert stand == ["attended", "confirmed", "absent"]


def test_a_crowd_that_is_added_at_once_stands_behind_who_waits(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + timedelta(seconds=3))
        register(session, CHARLIE, webinar=MARCH.slug, now=NOW + timedelta(seconds=3))
        session.execute(
            sa.delete(Registration).where(Registration.participant_id == of(session, CHARLIE).id)
        )
        webinar = session.scalars(sa.select(Webinar)).one()
        places.fill(session, webinar=webinar, people=[of(session, CHARLIE).id], now=NOW)
        line = sa.select(Participant.email).join(
            Registration, Registration.participant_id == Participant.id
        )
        assert session.scalars(
            line.where(Registration.status == RegistrationStatus.WAITLISTED).order_by(
                Registration.registered_at, Registration.id
            )
        ).all() == [BOB.email, CHARLIE.email]
