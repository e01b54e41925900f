"""With whose data a mail is looked at: people of the lists, those whom it suits first."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.searching import contains
from webinars.models import Cycle, Participant, Registration, RegistrationStatus, Webinar

MOST = 20


@dataclass(frozen=True, slots=True)
class SomeRegistration:
    """A person and a webinar of theirs. ``starts_at`` is UTC."""

    id: int
    full_name: str
    email: str
    title: str
    starts_at: datetime
    zone: str


def people_to_show(
    session: Session, *, search: str, status: RegistrationStatus, first: int | None = None
) -> tuple[SomeRegistration, ...]:
    """A few registrations of public webinars whose person's name or address has these words.

    Those of this status come first, then the latest; ``first``: one that is looked at already,
    before all others. One query.
    """
    rows = session.execute(
        sa.select(
            Registration.id,
            Participant.full_name,
            Participant.email,
            Webinar.title,
            Webinar.starts_at,
            Cycle.zone,
        )
        .join(Participant, Participant.id == Registration.participant_id)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            Participant.erased_at.is_(None),
            Cycle.revision > 0,
            sa.or_(
                Registration.id == first,
                contains(session, Participant.full_name + " " + Participant.email, search),
            ),
        )
        .order_by(
            sa.case((Registration.id == first, 0), else_=1),
            sa.case((Registration.status == status, 0), else_=1),
            Registration.id.desc(),
        )
        .limit(MOST)
    )
    return tuple(SomeRegistration(*row) for row in rows)
