"""Everything that is kept about one person, for that person. Instants are UTC."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.registration_lists import position
from webinars.models import (
    Cycle,
    MailKind,
    MailState,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """What they said of themselves, and when they were heard of."""

    email: str
    full_name: str
    organisation: str | None
    actor_category: str | None
    region: str | None
    language: str
    created_at: datetime
    last_contact_at: datetime
    proven_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptRegistration:
    """One registration with the question that came with it."""

    webinar: str
    """``<cycle>/<webinar>``, as in its address."""
    title: str
    starts_at: datetime
    zone: str
    status: RegistrationStatus
    position: int | None
    question: str | None
    registered_at: datetime
    changed_at: datetime
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail of the ledger, and what its server answered."""

    kind: MailKind
    webinar: str | None
    title: str | None
    state: MailState
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    message_id: str
    reply: str | None


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All of it."""

    person: KeptPerson
    registrations: tuple[KeptRegistration, ...]
    mails: tuple[KeptMail, ...]


def personal_data(session: Session, *, participant: Participant) -> PersonalData:
    """What the tables hold about this person, oldest first."""
    return PersonalData(
        person=KeptPerson(
            email=participant.email,
            full_name=participant.full_name,
            organisation=participant.organisation,
            actor_category=participant.actor_category,
            region=participant.region,
            language=participant.language,
            created_at=participant.created_at,
            last_contact_at=participant.last_contact_at,
            proven_at=participant.proven_at,
        ),
        registrations=_registrations(session, participant),
        mails=_mails(session, participant),
    )


def _registrations(session: Session, participant: Participant) -> tuple[KeptRegistration, ...]:
    rows = session.execute(
        sa.select(Registration, Webinar, Cycle.slug, Cycle.zone)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Registration.participant_id == participant.id)
        .order_by(Webinar.starts_at, Webinar.id)
    )
    return tuple(
        KeptRegistration(
            webinar=f"{cycle}/{webinar.slug}",
            title=webinar.title,
            starts_at=webinar.starts_at,
            zone=zone,
            status=registration.status,
            position=position(session, registration=registration),
            question=registration.question,
            registered_at=registration.registered_at,
            changed_at=registration.changed_at,
            cancelled_at=registration.cancelled_at,
        )
        for registration, webinar, cycle, zone in rows.all()
    )


def _mails(session: Session, participant: Participant) -> tuple[KeptMail, ...]:
    rows = session.execute(
        sa.select(OutboxMail, Webinar.slug, Webinar.title, Cycle.slug)
        .outerjoin(Webinar, Webinar.id == OutboxMail.webinar_id)
        .outerjoin(Cycle, Cycle.id == Webinar.cycle_id)
        .where(OutboxMail.participant_id == participant.id)
        .order_by(OutboxMail.created_at, OutboxMail.id)
    )
    return tuple(
        KeptMail(
            kind=mail.kind,
            webinar=f"{cycle}/{slug}" if slug else None,
            title=title,
            state=mail.state,
            created_at=mail.created_at,
            due_at=mail.due_at,
            sent_at=mail.sent_at,
            message_id=mail.message_id,
            reply=mail.reply,
        )
        for mail, slug, title, cycle in rows.all()
    )
