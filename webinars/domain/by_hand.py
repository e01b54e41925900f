"""What organisers do to registrations by hand, each one row of the audit trail.

The trail names registrations by their number: an address or a name in it would outlast the
person's erasure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webinars.domain import audit, confirmations, outbox, participants, people, registrations
from webinars.domain.asking import ask
from webinars.domain.errors import DomainError, NotFound, RegistrationClosed, WebinarCancelled
from webinars.domain.people import Known, Person
from webinars.domain.places import HOLDS_A_PLACE, STANDS, locked_webinar, registration_key
from webinars.domain.registrants import ListHead
from webinars.domain.registrations import Entered, House
from webinars.domain.waiting_line import WAITS
from webinars.models import (
    SOMEBODYS,
    AuditAct,
    MailKind,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

OF_A_PERSON = ("full_name", "organisation", "actor_category", "region", "language")
ATTENDANCE = (
    RegistrationStatus.ATTENDED,
    RegistrationStatus.ABSENT,
    RegistrationStatus.CONFIRMED,
)
"""Came, did not come, not known."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What cancelling a registration did."""

    told: bool
    """The person is owed the mail that says so."""
    promoted: int
    """How many came from the waiting list to a place."""


class AlreadyRegistered(DomainError):
    """This address stands registered for the webinar."""


class AddressTaken(DomainError):
    """The address is somebody else's: two people never share a page."""


class NotBegun(DomainError):
    """Nobody can have come yet, or stayed away."""


def add(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    person: Person,
    question: str | None,
    tell: bool,
    house: House,
    actor: str,
    now: datetime,
) -> Entered:
    """Register somebody; the organiser vouches for their address.

    What is known of a person already stays as it is. A registration that was to be confirmed
    is confirmed. With ``tell`` the person is owed the mail that says so, while it is of use.
    Raises NotFound, WebinarCancelled, AlreadyRegistered.
    """
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled(webinar_slug)
    known = people.known_or_new(session, person=person, now=now)
    registration = registrations.enter(
        session,
        webinar=webinar,
        known=known,
        pending=False,
        house=house,
        now=now,
    ) or _vouched(session, webinar=webinar, known=known, house=house, now=now)
    if question:
        ask(session, known=known, webinar=webinar, text=question, vouched=True, now=now)
    if tell and now < webinar.ends_at:
        confirmations.owe_at_once(
            session,
            purpose=confirmations.of_registration(registration, webinar),
            host=house.host,
            now=now,
        )
    after = {"registration": registration.id, "status": registration.status.value}
    _record(session, webinar, AuditAct.REGISTRATION_ADDED, actor=actor, now=now, after=after)
    return registration


def _vouched(
    session: Session, *, webinar: Webinar, known: Known, house: House, now: datetime
) -> Entered:
    found = registrations.find_registration(session, participant_id=known.id, webinar=webinar)
    if found is None or found.status is not RegistrationStatus.PENDING:
        raise AlreadyRegistered(webinar.slug)
    registrations.confirm_pending(
        session, registration=found, webinar=webinar, house=house, now=now
    )
    return Entered(found.id, found.participant_id, found.registered_at, found.status)


def correct(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    registration_id: int,
    person: Person,
    host: str,
    actor: str,
    now: datetime,
) -> bool:
    """Correct what is known of a registrant, everywhere; whether anything changed.

    Another address ends every link that was sent to the one before, is not proven, and is
    sent a link of its own. Raises NotFound, AddressTaken, ChangedMeanwhile.
    """
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    registration = _of_somebody(session, webinar, registration_id)
    participant = session.scalar(
        sa.select(Participant)
        .where(
            Participant.id == registration.participant_id,
            Participant.erased_at.is_(None),  # perhaps only just: then it is nobody's row
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if participant is None:
        raise NotFound(registration_id)
    changed = [one for one in OF_A_PERSON if getattr(participant, one) != getattr(person, one)]
    for name in changed:
        setattr(participant, name, getattr(person, name))
    session.flush()
    if person.email != participant.email:
        changed.append("email")
        _readdress(session, participant=participant, email=person.email, host=host, now=now)
    if changed:
        after = {"registration": registration.id, "fields": sorted(changed)}
        _record(session, webinar, AuditAct.DETAILS_CORRECTED, actor=actor, now=now, after=after)
    return bool(changed)


def _readdress(
    session: Session, *, participant: Participant, email: str, host: str, now: datetime
) -> None:
    try:
        with session.begin_nested():
            participant.email = email
            participant.proven_at = None
            session.flush()
    except IntegrityError as error:  # unique: nothing else of this statement can be refused
        raise AddressTaken from error
    participants.replace_page(session, participant=participant, host=host, now=now)


def end(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    registration_id: int,
    tell: bool,
    host: str,
    actor: str,
    now: datetime,
) -> Ended:
    """Cancel a registration that stands; the first in line gets the place, with their mail.

    With ``tell`` the person is owed the mail that says so, while it is of use. Raises
    NotFound, RegistrationClosed.
    """
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    registration = _of_somebody(session, webinar, registration_id)
    if registration.status not in STANDS:
        raise RegistrationClosed(registration_id)
    before = {"registration": registration.id, "status": registration.status.value}
    promoted = registrations.withdraw(
        session, registration=registration, webinar=webinar, host=host, now=now
    )
    told = tell and now < webinar.ends_at and webinar.status is WebinarStatus.SCHEDULED
    if told:
        outbox.enqueue(session, purposes=[_ended(registration, webinar)], host=host, now=now)
    after = {"told": told}
    _record(
        session,
        webinar,
        AuditAct.REGISTRATION_ENDED,
        actor=actor,
        now=now,
        before=before,
        after=after,
    )
    return Ended(told=told, promoted=promoted)


def promoted_by_ending(
    session: Session, *, head: ListHead, registration_id: int, now: datetime
) -> int:
    """How many would come from the waiting list if this registration ended. Two queries."""
    if now >= head.starts_at or head.cancelled or head.capacity is None:
        return 0
    has_a_place = sa.or_(
        Registration.status.in_(HOLDS_A_PLACE), Registration.held_until.is_not(None)
    )
    freed = session.scalar(
        sa.select(sa.func.count()).where(Registration.id == registration_id, has_a_place)
    )
    waiting = session.scalar(
        sa.select(sa.func.count()).where(Registration.webinar_id == head.id, WAITS)
    )
    free = head.capacity - head.confirmed - head.held + 1
    return max(0, min(free, waiting or 0)) if freed else 0


def _ended(registration: Registration, webinar: Webinar) -> outbox.Purpose:
    return outbox.Purpose(
        key=registration_key(
            MailKind.CANCELLATION, registration.id, registration.registered_at, registration.status
        ),
        kind=MailKind.CANCELLATION,
        participant_id=registration.participant_id,
        webinar_id=webinar.id,
        expires_at=webinar.ends_at,
    )


def mark_attendance(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    registration_ids: Sequence[int],
    status: RegistrationStatus,
    actor: str,
    now: datetime,
) -> int:
    """Note of some who have a place that they came, did not, or that it is not known; how many.

    ``status``: one of ``ATTENDANCE``. Places stay taken. When somebody came is the door's to
    note: it is not made up, and forgotten when they are said not to have come. Who has no
    place stays as they are. Raises NotFound, NotBegun, WebinarCancelled.
    """
    assert status in ATTENDANCE
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled(webinar_slug)
    if now < webinar.starts_at:
        raise NotBegun(webinar_slug)
    values = {"status": status, "changed_at": now}
    if status is not RegistrationStatus.ATTENDED:
        values["came_at"] = None
    marked = session.scalars(
        sa.update(Registration)
        .where(
            Registration.webinar_id == webinar.id,
            Registration.id.in_(registration_ids),
            Registration.status.in_(HOLDS_A_PLACE),
            Registration.status != status,
            SOMEBODYS,
        )
        .values(values)
        .returning(Registration.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if marked:
        after = {"registrations": sorted(marked), "status": status.value}
        _record(session, webinar, AuditAct.ATTENDANCE_CORRECTED, actor=actor, now=now, after=after)
    return len(marked)


def _of_somebody(session: Session, webinar: Webinar, registration_id: int) -> Registration:
    registration = session.scalar(
        sa.select(Registration).where(
            Registration.id == registration_id, Registration.webinar_id == webinar.id, SOMEBODYS
        )
    )
    if registration is None:
        raise NotFound(registration_id)
    return registration


def _record(
    session: Session,
    webinar: Webinar,
    act: AuditAct,
    *,
    actor: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        before=before,
        after=after,
    )
