"""Who is registered, in the order of arrival."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.waiting_line import ARRIVAL
from webinars.domain.webinar_page import find_webinar
from webinars.models import Participant, Registration, RegistrationStatus


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
        .order_by(*ARRIVAL)
    )
    listed: list[ListedRegistration] = []
    waiting = 0
    for email, full_name, status in rows:
        waits = status is RegistrationStatus.WAITLISTED
        waiting += waits
        listed.append(ListedRegistration(email, full_name, status, waiting if waits else None))
    return listed
