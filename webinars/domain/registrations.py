"""Registration acts: never one too many, the first in line first."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import below
from webinars.domain import confirmations, said_anew
from webinars.domain.asking import ask, confirm_questions
from webinars.domain.errors import NotFound, RegistrationClosed, WebinarCancelled, WebinarOver
from webinars.domain.people import Known, Person, known_or_new
from webinars.domain.personal_links import owe_link
from webinars.domain.places import (
    HOLDS_A_PLACE,
    STANDS,
    end_holds,
    free_place,
    hold_place,
    is_open,
    leave_hold,
    locked_webinar,
    promote,
    take_place,
)
from webinars.domain.waiting_line import is_passed_by, joins_the_line
from webinars.models import (
    Cycle,
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)


@dataclass(frozen=True, slots=True)
class House:
    """The rules of the house that registrations follow."""

    host: str
    """Right side of Message-IDs."""
    require_confirmation: bool = False
    hold: timedelta = timedelta(hours=1)
    """So long the place of an unconfirmed registration is kept; zero keeps none."""
    confirmations_per_day: int = 3
    link_mails_per_day: int = 3


@dataclass(frozen=True, slots=True)
class Entered:
    """A registration that has just been made."""

    id: int
    participant_id: int
    registered_at: datetime
    status: RegistrationStatus


# Statements of every registration are built once, see places.py.
_MADE = sa.insert(Registration).returning(Registration.id)
_OF_BOTH = sa.select(Registration).where(
    Registration.participant_id == sa.bindparam("participant"),
    Registration.webinar_id == sa.bindparam("webinar"),
)


class Outcome(enum.StrEnum):
    """What registering did."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    ALREADY = "already"


@dataclass(frozen=True, slots=True)
class Registered:
    """What a form did."""

    outcome: Outcome
    was_full: bool
    """No place was left for who comes: what the page says must not tell who is known."""


def register(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    person: Person,
    question: str | None,
    house: House,
    now: datetime,
) -> Registered:
    """Register a person for a webinar, and owe them the mail that says so.

    Somebody who is registered already stays as they are and is sent their link again; what
    they ask is kept.
    What is known of a person is not overwritten by a form that anybody can fill in: it is
    offered to them.
    Raises NotFound, WebinarOver, WebinarCancelled.
    """
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled(webinar_slug)
    if now >= webinar.ends_at:
        raise WebinarOver(webinar_slug)
    was_full = not is_open(session, webinar, now=now)
    known = known_or_new(session, person=person, now=now)
    said_anew.note(session, known=known, person=person)
    made = enter(
        session,
        webinar=webinar,
        known=known,
        pending=house.require_confirmation,
        house=house,
        now=now,
    )
    if question:
        ask(session, known=known, webinar=webinar, text=question, name=person.full_name, now=now)
    if made is None:
        participant = session.get_one(Participant, known.id)
        send_link(session, participant=participant, webinar=webinar, house=house, now=now)
        return Registered(Outcome.ALREADY, was_full)
    confirmations.owe(
        session,
        known=known,
        purpose=confirmations.of_registration(made, webinar),
        most=house.confirmations_per_day,
        host=house.host,
        now=now,
    )
    return Registered(Outcome(made.status.value), was_full)


def enter(
    session: Session,
    *,
    webinar: Webinar,
    known: Known,
    pending: bool,
    house: House,
    now: datetime,
) -> Entered | None:
    """Make a person's registration for a webinar; None when one stands already. Owes no mail.

    The caller holds the lock of the webinar's row.
    """
    before = None
    if not known.is_new:
        before = find_registration(session, participant_id=known.id, webinar=webinar)
    if before is not None and before.status is not RegistrationStatus.CANCELLED:
        return None
    held = False
    if pending:
        status = RegistrationStatus.PENDING
        held = bool(house.hold) and _placed(session, webinar, hold_place, house=house, now=now)
    else:
        placed = _placed(session, webinar, take_place, house=house, now=now)
        status = RegistrationStatus.CONFIRMED if placed else RegistrationStatus.WAITLISTED
    waits = status is RegistrationStatus.WAITLISTED
    registered_at = joins_the_line(session, webinar=webinar, now=now) if waits else now
    values = {
        "participant_id": known.id,
        "webinar_id": webinar.id,
        "status": status,
        "held_until": now + house.hold if held else None,
        "registered_at": registered_at,
        "changed_at": now,
        "cancelled_at": None,
    }
    if before is None:
        registration_id = below(session).execute(_MADE, values).scalar_one()
    else:
        registration_id = before.id
        for name, value in values.items():
            setattr(before, name, value)
    session.flush()
    return Entered(registration_id, known.id, registered_at, status)


def _placed(
    session: Session,
    webinar: Webinar,
    take: Callable[[Session, Webinar], bool],
    *,
    house: House,
    now: datetime,
    kept: bool = False,
) -> bool:
    """Take a place by ``take``; one that was kept for them is theirs, whoever waits."""
    if not kept and is_passed_by(session, webinar=webinar, now=now):
        return False
    if take(session, webinar):
        return True
    # Before anybody is told that it is full: places that were kept long enough go to the line.
    ended = webinar.held_count and end_holds(session, webinar=webinar, host=house.host, now=now)
    return bool(ended) and take(session, webinar)


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

    The one that was kept, else a free one; else it joins the line now. Raises NotFound,
    RegistrationClosed when there is nothing to confirm any more.
    """
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    registration = _existing(session, participant, webinar)
    if registration.status is not RegistrationStatus.PENDING:
        return registration.status
    if now >= webinar.ends_at or webinar.status is WebinarStatus.CANCELLED:
        raise RegistrationClosed(webinar_slug)
    confirm_pending(session, registration=registration, webinar=webinar, house=house, now=now)
    confirm_questions(session, participant=participant, webinar_ids=[webinar.id], now=now)
    confirmations.owe_at_once(
        session,
        purpose=confirmations.of_registration(registration, webinar),
        host=house.host,
        now=now,
    )
    return registration.status


def confirm_pending(
    session: Session,
    *,
    registration: Registration,
    webinar: Webinar,
    house: House,
    now: datetime,
) -> None:
    """A pending registration becomes a confirmed or a waiting one. Owes no mail.

    The caller holds the lock of the webinar's row.
    """
    if registration.held_until is not None and registration.held_until <= now:
        end_holds(session, webinar=webinar, host=house.host, now=now)  # first to who waits
    kept = registration.held_until is not None
    leave_hold(session, registration, webinar)
    if _placed(session, webinar, take_place, house=house, now=now, kept=kept):
        registration.status = RegistrationStatus.CONFIRMED
    else:
        registration.status = RegistrationStatus.WAITLISTED
        registration.registered_at = joins_the_line(session, webinar=webinar, now=now)
    registration.changed_at = now
    session.flush()


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
    webinar = locked_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    registration = _existing(session, participant, webinar)
    if registration.status is RegistrationStatus.CANCELLED:
        return
    if now >= webinar.starts_at or registration.status not in STANDS:
        raise RegistrationClosed(webinar_slug)
    withdraw(session, registration=registration, webinar=webinar, host=house.host, now=now)


def withdraw(
    session: Session, *, registration: Registration, webinar: Webinar, host: str, now: datetime
) -> int:
    """End a registration that stands; the first in line gets the place that it held.

    The caller holds the lock of the webinar's row. How many come to a place.
    """
    took = registration.status in HOLDS_A_PLACE
    held = registration.held_until is not None
    leave_hold(session, registration, webinar)
    registration.status = RegistrationStatus.CANCELLED
    registration.cancelled_at = now
    registration.changed_at = now
    session.flush()
    if took:
        free_place(session, webinar)
    if not (took or held):
        return 0
    return promote(session, webinar=webinar, host=host, now=now)


def send_link(
    session: Session,
    *,
    participant: Participant,
    webinar: Webinar | None = None,
    cycle: Cycle | None = None,
    house: House,
    now: datetime,
) -> bool:
    """Owe somebody their personal link again, a few times a day at most.

    The mail says where they stand with the webinar or the cycle from which it was asked for.
    """
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
    return owe_link(
        session, participant=participant, webinar=webinar, cycle=cycle, host=house.host, now=now
    )


def find_registration(
    session: Session, *, participant_id: int, webinar: Webinar
) -> Registration | None:
    """Of this person for this webinar, whatever became of it."""
    return session.scalar(_OF_BOTH, {"participant": participant_id, "webinar": webinar.id})


def _existing(session: Session, participant: Participant, webinar: Webinar) -> Registration:
    registration = find_registration(session, participant_id=participant.id, webinar=webinar)
    if registration is None:
        raise NotFound(webinar.slug)
    return registration
