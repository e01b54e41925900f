"""What tests of a whole cycle share: its form, and where somebody stands afterwards."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
)
from webinars.domain import participants, whole_cycle
from webinars.domain.people import Person
from webinars.domain.plan import PlannedSession
from webinars.domain.registrations import House, Outcome
from webinars.models import (
    CycleRegistration,
    OutboxMail,
    Participant,
    Registration,
    Webinar,
)

ALL = (MARCH, APRIL, MAY)
M, A, Y = (one.slug for one in ALL)
AFTER_MARCH = NOW + timedelta(days=20)
OVER = NOW + timedelta(days=100)
LATER = NOW + timedelta(minutes=30)
PROVING = House(host=HOST, require_confirmation=True)


def small(planned: PlannedSession, capacity: int = 1) -> PlannedSession:
    return PlannedSession(
        planned.slug, planned.date, planned.title, theme=planned.theme, capacity=capacity
    )


def join(
    session: Session,
    who: Person = ALICE,
    *,
    without: frozenset[str] = frozenset(),
    question: str | None = None,
    house: House = HOUSE,
    now=NOW,
) -> Outcome:
    return whole_cycle.register_for_cycle(
        session,
        cycle_slug="2019",
        person=who,
        without=without,
        question=question,
        house=house,
        now=now,
    )


def of(session: Session, who: Person = ALICE) -> Participant:
    found = participants.by_email(session, email=who.email)
    assert found is not None
    return found


def states(session: Session, who: Person = ALICE) -> dict[str, str]:
    """Where somebody stands with each webinar."""
    rows = session.execute(
        sa.select(Webinar.slug, Registration.status)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(Registration.participant_id == of(session, who).id)
    )
    return {slug: status.value for slug, status in rows}


def mails(session: Session, who: Person = ALICE) -> list[str]:
    return [
        kind.value
        for kind in session.scalars(
            sa.select(OutboxMail.kind)
            .where(OutboxMail.participant_id == of(session, who).id)
            .order_by(OutboxMail.id)
        )
    ]


def whole(session: Session, who: Person = ALICE) -> CycleRegistration:
    return session.scalars(
        sa.select(CycleRegistration).where(CycleRegistration.participant_id == of(session, who).id)
    ).one()


def counts_are_right(session: Session) -> None:
    """The counters equal the rows, and no webinar has more than its places."""
    for webinar in session.scalars(sa.select(Webinar)):
        rows = session.scalars(
            sa.select(Registration).where(Registration.webinar_id == webinar.id)
        ).all()
        confirmed = sum(row.status == "confirmed" for row in rows)
        held = sum(row.held_until is not None for row in rows)
        assert (webinar.confirmed_count, webinar.held_count) == (confirmed, held)
        assert webinar.capacity is None or confirmed + held <= webinar.capacity
