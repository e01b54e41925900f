"""Who is registered, in the order of arrival."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.webinar_page import find_webinar
from webinars.models import SOMEBODYS, Participant, Registration, RegistrationStatus


@dataclass(frozen=True, slots=True)
class ListedRegistration:
    """A line of the list of a webinar."""

    email: str
    full_name: str
    status: RegistrationStatus
    position: int | None
    """In the waiting list, from 1."""


def list_registrations(
    session: Session, *, cycle_slug: str, webinar_slug: str
) -> list[ListedRegistration]:
    """Everybody of a webinar in the order of arrival. Raises NotFound."""
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    rows = session.execute(
        sa.select(Participant.email, Participant.full_name, Registration.status)
        .join(Participant, Participant.id == Registration.participant_id)
        .where(Registration.webinar_id == webinar.id, Participant.erased_at.is_(None))
        .order_by(Registration.registered_at, Registration.id)
    )
    listed: list[ListedRegistration] = []
    waiting = 0
    for email, full_name, status in rows:
        waits = status is RegistrationStatus.WAITLISTED
        waiting += waits
        listed.append(ListedRegistration(email, full_name, status, waiting if waits else None))
    return listed


def position(session: Session, *, registration: Registration) -> int | None:
    """The place in the waiting list, from 1; None when not waiting."""
    if registration.status is not RegistrationStatus.WAITLISTED:
        return None
    before = session.scalar(
        sa.select(sa.func.count())
        .select_from(Registration)
        .where(
            Registration.webinar_id == registration.webinar_id,
            Registration.status == RegistrationStatus.WAITLISTED,
            SOMEBODYS,
            sa.tuple_(Registration.registered_at, Registration.id)
            < sa.tuple_(
                sa.literal(registration.registered_at, Registration.registered_at.type),
                sa.literal(registration.id),
            ),
        )
    )
    return (before or 0) + 1
