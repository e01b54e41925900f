"""Registration acts: never one too many, the first in line first.

Every act locks the webinar's row before it counts, so the acts of one webinar follow each
other; the count itself changes by an update that carries the condition.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webinars.domain import outbox
from webinars.domain.errors import NotFound, RegistrationClosed, WebinarCancelled, WebinarOver
from webinars.domain.personal_links import owe_link
from webinars.domain.webinar_page import find_webinar
from webinars.models import (
    SOMEBODYS,
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

HOLDS_A_PLACE = (RegistrationStatus.CONFIRMED, RegistrationStatus.ATTENDED)
BATCH = 1000
"""Rows named in one statement; SQLite has a limit."""
STANDS = (
    RegistrationStatus.PENDING,
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.WAITLISTED,
)


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody says of themselves in a form; already checked and normalised."""

    email: str
    full_name: str
    language: str
    organisation: str | None = None
    actor_category: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class House:
    """The rules of the house that registrations follow."""

    host: str
    """Right side of Message-IDs."""
    require_confirmation: bool = False
    link_mails_per_day: int = 3


class Outcome(enum.StrEnum):
    """What registering did."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    ALREADY = "already"


def register(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    person: Person,
    question: str | None,
    house: House,
    now: datetime,
) -> Outcome:
    """Register a person for a webinar, and owe them the mail that says so.

    Somebody who is registered already stays as they are and is sent their link again.
    What is known of a person is not overwritten by a form that anybody can fill in.
    Raises NotFound, WebinarOver, WebinarCancelled.
    """
    webinar = _locked(session, cycle_slug, webinar_slug)
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled(webinar_slug)
    if now >= webinar.ends_at:
        raise WebinarOver(webinar_slug)
    participant = _participant(session, person, now)
    registration = session.scalar(
        sa.select(Registration).where(
            Registration.participant_id == participant.id,
            Registration.webinar_id == webinar.id,
        )
    )
    if registration is not None and registration.status is not RegistrationStatus.CANCELLED:
        send_link(session, participant=participant, webinar=webinar, house=house, now=now)
        return Outcome.ALREADY
    status = _first_status(session, webinar, house)
    if registration is None:
        registration = Registration(participant_id=participant.id, webinar_id=webinar.id)
        session.add(registration)
    registration.status = status
    registration.question = question
    registration.registered_at = now
    registration.changed_at = now
    registration.cancelled_at = None
    session.flush()
    _owe_confirmation(session, registration=registration, webinar=webinar, house=house, now=now)
    return Outcome(registration.status.value)


def _first_status(session: Session, webinar: Webinar, house: House) -> RegistrationStatus:
    if house.require_confirmation:
        return RegistrationStatus.PENDING
    if _take_place(session, webinar):
        return RegistrationStatus.CONFIRMED
    return RegistrationStatus.WAITLISTED


def confirm(
    session: Session,
    *,
    participant: Participant,
    cycle_slug: str,
    webinar_slug: str,
    house: House,
    now: datetime,
) -> RegistrationStatus:
    """Press the button of the personal link: a pending registration takes its place.

    Raises NotFound, RegistrationClosed when there is nothing to confirm any more.
    """
    webinar = _locked(session, cycle_slug, webinar_slug)
    registration = _registration(session, participant, webinar)
    if registration.status is not RegistrationStatus.PENDING:
        return registration.status
    if now >= webinar.ends_at or webinar.status is WebinarStatus.CANCELLED:
        raise RegistrationClosed(webinar_slug)
    registration.status = (
        RegistrationStatus.CONFIRMED
        if _take_place(session, webinar)
        else RegistrationStatus.WAITLISTED
    )
    registration.changed_at = now
    session.flush()
    _owe_confirmation(session, registration=registration, webinar=webinar, house=house, now=now)
    return registration.status


def cancel(
    session: Session,
    *,
    participant: Participant,
    cycle_slug: str,
    webinar_slug: str,
    house: House,
    now: datetime,
) -> None:
    """Leave a webinar; the first in line gets the place, with their mail, in the same act.

    Raises NotFound, RegistrationClosed once the webinar has begun.
    """
    webinar = _locked(session, cycle_slug, webinar_slug)
    registration = _registration(session, participant, webinar)
    if registration.status is RegistrationStatus.CANCELLED:
        return
    if now >= webinar.starts_at or registration.status not in STANDS:
        raise RegistrationClosed(webinar_slug)
    withdraw(session, registration=registration, webinar=webinar, host=house.host, now=now)


def withdraw(
    session: Session, *, registration: Registration, webinar: Webinar, host: str, now: datetime
) -> None:
    """End a registration that stands; the first in line gets the place that it held.

    The caller holds the lock of the webinar's row.
    """
    held = registration.status in HOLDS_A_PLACE
    registration.status = RegistrationStatus.CANCELLED
    registration.cancelled_at = now
    registration.changed_at = now
    session.flush()
    if held:
        _free_place(session, webinar)
        promote(session, webinar=webinar, host=host, now=now)


def promote(session: Session, *, webinar: Webinar, host: str, now: datetime) -> tuple[int, ...]:
    """Give free places to the first in line; nobody after the start. The participants' ids.

    The caller holds the lock of the webinar's row. A fixed number of statements for each
    thousand people.
    """
    if now >= webinar.starts_at or webinar.status is WebinarStatus.CANCELLED:
        return ()
    first = session.execute(
        _waiting(webinar.id)
        .with_only_columns(Registration.id, Registration.participant_id, Registration.registered_at)
        .limit(_free_places(session, webinar))
    ).all()
    if not first:
        return ()
    session.execute(  # the row is locked: the places are as free as they were counted
        sa.update(Webinar)
        .where(Webinar.id == webinar.id)
        .values(confirmed_count=Webinar.confirmed_count + len(first))
        .execution_options(synchronize_session=False)
    )
    confirmed = RegistrationStatus.CONFIRMED
    for start in range(0, len(first), BATCH):
        session.execute(
            sa.update(Registration)
            .where(Registration.id.in_([row.id for row in first[start : start + BATCH]]))
            .values(status=confirmed, changed_at=now)
        )
    purposes = [
        _purpose(
            MailKind.PROMOTION, row.id, row.participant_id, row.registered_at, confirmed, webinar
        )
        for row in first
    ]
    outbox.enqueue(session, purposes=purposes, host=host, now=now)
    return tuple(row.participant_id for row in first)


def send_link(
    session: Session,
    *,
    participant: Participant,
    webinar: Webinar | None,
    house: House,
    now: datetime,
) -> bool:
    """Owe somebody their personal link again, a few times a day at most."""
    session.execute(  # two requests at once must not both count before either writes
        sa.select(Participant.id)
        .where(Participant.id == participant.id)
        .with_for_update(key_share=True)
    )
    sent_today = session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxMail)
        .where(
            OutboxMail.participant_id == participant.id,
            OutboxMail.kind == MailKind.LINK,
            OutboxMail.created_at > now - timedelta(days=1),
        )
    )
    if (sent_today or 0) >= house.link_mails_per_day:
        return False
    return owe_link(session, participant=participant, webinar=webinar, host=house.host, now=now)


def _locked(session: Session, cycle_slug: str, webinar_slug: str) -> Webinar:
    found = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    return session.scalars(
        sa.select(Webinar)
        .where(Webinar.id == found.id)
        .with_for_update(key_share=True)  # rows that only point to it need not wait
        .execution_options(populate_existing=True)
    ).one()


def _participant(session: Session, person: Person, now: datetime) -> Participant:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    session.execute(
        insert(Participant)
        .values(
            email=person.email,
            full_name=person.full_name,
            organisation=person.organisation,
            actor_category=person.actor_category,
            region=person.region,
            language=person.language,
            page_generation=1,
            calendar_generation=1,
            created_at=now,
            last_contact_at=now,
        )
        .on_conflict_do_update(index_elements=[Participant.email], set_={"last_contact_at": now})
    )
    return session.scalars(sa.select(Participant).where(Participant.email == person.email)).one()


def _registration(session: Session, participant: Participant, webinar: Webinar) -> Registration:
    registration = session.scalar(
        sa.select(Registration).where(
            Registration.participant_id == participant.id,
            Registration.webinar_id == webinar.id,
        )
    )
    if registration is None:
        raise NotFound(webinar.slug)
    return registration


def _take_place(session: Session, webinar: Webinar) -> bool:
    """One more confirmed, if there is a place: the condition stands in the update."""
    taken = session.execute(
        sa.update(Webinar)
        .where(
            Webinar.id == webinar.id,
            sa.or_(Webinar.capacity.is_(None), Webinar.confirmed_count < Webinar.capacity),
        )
        .values(confirmed_count=Webinar.confirmed_count + 1)
        .returning(Webinar.confirmed_count)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def _free_place(session: Session, webinar: Webinar) -> None:
    session.execute(
        sa.update(Webinar)
        .where(Webinar.id == webinar.id)
        .values(confirmed_count=Webinar.confirmed_count - 1)
        .execution_options(synchronize_session=False)
    )


def _free_places(session: Session, webinar: Webinar) -> int | None:
    row = session.execute(
        sa.select(Webinar.capacity, Webinar.confirmed_count).where(Webinar.id == webinar.id)
    ).one()
    return None if row.capacity is None else max(0, row.capacity - row.confirmed_count)


def _waiting(webinar_id: int) -> sa.Select[Registration]:
    return (
        sa.select(Registration)
        .where(
            Registration.webinar_id == webinar_id,
            Registration.status == RegistrationStatus.WAITLISTED,
            SOMEBODYS,
        )
        .order_by(Registration.registered_at, Registration.id)
    )


def _owe_confirmation(
    session: Session,
    *,
    registration: Registration,
    webinar: Webinar,
    house: House,
    now: datetime,
) -> None:
    waits = registration.status is RegistrationStatus.WAITLISTED
    _owe(
        session,
        kind=MailKind.WAITING_LIST if waits else MailKind.CONFIRMATION,
        registration=registration,
        webinar=webinar,
        host=house.host,
        now=now,
    )


def _owe(
    session: Session,
    *,
    kind: MailKind,
    registration: Registration,
    webinar: Webinar,
    host: str,
    now: datetime,
) -> None:
    purpose = _purpose(
        kind,
        registration.id,
        registration.participant_id,
        registration.registered_at,
        registration.status,
        webinar,
    )
    outbox.enqueue(session, purposes=[purpose], host=host, now=now)


def _purpose(
    kind: MailKind,
    registration_id: int,
    participant_id: int,
    registered_at: datetime,
    status: RegistrationStatus,
    webinar: Webinar,
) -> outbox.Purpose:
    return outbox.Purpose(
        key=f"{kind}:{registration_id}:{registered_at.isoformat()}:{status}",
        kind=kind,
        participant_id=participant_id,
        webinar_id=webinar.id,
        expires_at=webinar.ends_at,
    )
