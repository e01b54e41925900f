"""Leaving everything that is to come, in one act."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from webinars.domain.places import STANDS, lock_webinars
from webinars.domain.registrations import withdraw
from webinars.models import (
    Cycle,
    CycleRegistration,
    Participant,
    Registration,
    Webinar,
    WebinarStatus,
)


def standing(participant: Participant, *, now: datetime) -> sa.Select[Registration]:
    """What the person still stands registered for and has not begun, with its webinar."""
    return (
        sa.select(Registration)
        .join(Registration.webinar)
        .options(contains_eager(Registration.webinar))
        .where(
            Registration.participant_id == participant.id,
            Registration.status.in_(STANDS),
            Webinar.starts_at > now,
        )
    )


def leave_all(
    session: Session,
    *,
    participant: Participant,
    host: str,
    now: datetime,
    cancelled_too: bool = False,
) -> int:
    """Leave every webinar to come, and every cycle; each place goes to the first in line.

    How many webinars. ``cancelled_too``: also those of cancelled webinars, which might take
    place after all.
    """
    query = standing(participant, now=now)
    if not cancelled_too:
        query = query.where(Webinar.status == WebinarStatus.SCHEDULED)
    cycles = CycleRegistration.participant_id == participant.id
    return leave(session, query, cycles=cycles, host=host, now=now)


def leave(
    session: Session,
    registrations: sa.Select[Registration],
    *,
    cycles: sa.ColumnElement[bool],
    host: str,
    now: datetime,
) -> int:
    """End these registrations and these whole cycles of one person. How many registrations."""
    whole = sa.and_(cycles, CycleRegistration.ended_at.is_(None))
    # A publication of these cycles registers the person before this act, or not at all.
    session.execute(
        sa.select(Cycle.id)
        .where(Cycle.id.in_(sa.select(CycleRegistration.cycle_id).where(whole)))
        .order_by(Cycle.id)
        .with_for_update(read=True)
    )
    # All rows at once and in one order, before any place changes hands: two such acts that
    # promote each other's people would else wait for one another.
    ids = session.scalars(registrations.with_only_columns(Webinar.id)).all()
    lock_webinars(session, webinar_ids=ids)
    session.execute(
        sa.update(CycleRegistration)
        .where(whole)
        .values(ended_at=now)
        .execution_options(synchronize_session="fetch")
    )
    # Read only now: whoever held a lock may have changed what stands.
    leaving = session.scalars(
        registrations.where(Webinar.id.in_(ids))
        .order_by(Webinar.id)
        .execution_options(populate_existing=True)
    ).all()
    for registration in leaving:
        withdraw(
            session,
            registration=registration,
            webinar=registration.webinar,
            host=host,
            now=now,
        )
    return len(leaving)
