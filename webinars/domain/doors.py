"""The door of a webinar: leads a registrant to the room, and nobody else."""

import enum
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes
from webinars.domain.programme import Life, life
from webinars.domain.registrations import find_registration
from webinars.domain.waiting_line import position
from webinars.domain.webinar_page import find_webinar
from webinars.models import (
    SOMEBODYS,
    Participant,
    Registration,
    RegistrationStatus,
    WebinarStatus,
)

LET_IN = (RegistrationStatus.CONFIRMED, RegistrationStatus.ATTENDED)


class DoorState(enum.StrEnum):
    """What somebody who knocks finds."""

    OPEN = "open"
    EARLY = "early"
    OVER = "over"
    ASK = "ask"
    """Who is it? The room is for the registered."""
    WAITS = "waits"
    """On the waiting list: the door opens if a place becomes free."""
    UNPROVEN = "unproven"
    """The button of the personal link has yet to be pressed."""
    NO_ROOM = "no_room"
    """The organiser has not given the room's address yet."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Door:
    """The door as somebody finds it. Instants are UTC."""

    state: DoorState
    opens_at: datetime
    room: str | None = None
    """The room's address, only for a registrant and only while the door is open."""
    registered: bool = False
    """Before it opens: whether it will let them in."""
    rank: int | None = None
    """In the waiting list, from 1."""
    first_time: int | None = None
    """The registration of somebody whom an open door has not let in yet."""


def knock(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    participant: Participant | None,
    opens_minutes: int,
    now: datetime,
) -> Door:
    """What the door shows to this person now; changes nothing. Raises NotFound."""
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    opens = minutes(opens_minutes)
    opens_at = webinar.starts_at - opens
    its_life = life(starts_at=webinar.starts_at, ends_at=webinar.ends_at, now=now, opens=opens)
    if webinar.status is WebinarStatus.CANCELLED:
        return Door(DoorState.CANCELLED, opens_at)
    if its_life is Life.AFTER:
        return Door(DoorState.OVER, opens_at)
    registration = (
        find_registration(session, participant_id=participant.id, webinar=webinar)
        if participant is not None
        else None
    )
    status = registration.status if registration is not None else None
    if registration is not None and status is RegistrationStatus.WAITLISTED:
        rank = position(session, registration=registration)
        return Door(DoorState.WAITS, opens_at, rank=rank)
    if status is RegistrationStatus.PENDING:
        return Door(DoorState.UNPROVEN, opens_at)
    if its_life is Life.BEFORE:
        return Door(DoorState.EARLY, opens_at, registered=status in LET_IN)
    if registration is None or status not in LET_IN:
        return Door(DoorState.ASK, opens_at)
    if webinar.join_url is None:
        return Door(DoorState.NO_ROOM, opens_at)
    came = status is RegistrationStatus.ATTENDED and registration.came_at is not None
    return Door(
        DoorState.OPEN,
        opens_at,
        room=webinar.join_url,
        first_time=None if came else registration.id,
    )


def come_in(session: Session, *, registration_id: int, now: datetime) -> bool:
    """Note that a registrant came through the open door: the first time, and that they attended.

    Everywhere else opening a link changes nothing, because mail scanners open links. A door is
    the exception: people expect it to open, not to show one more button. A scanner that comes
    before it opens notes nobody; what it notes after that, the organiser can correct, and no
    place and no mail hang on it.

    Conditional updates of the person's own rows, which may be repeated: the webinar's row is
    not locked, so that hundreds come in at once. It is a contact, which retention counts from.
    Whether the person still has a place; when not, nothing is noted and the door has to be
    looked at again.
    """
    noted = session.execute(
        sa.update(Registration)
        .where(Registration.id == registration_id, Registration.status.in_(LET_IN), SOMEBODYS)
        .values(
            status=RegistrationStatus.ATTENDED,
            came_at=sa.func.coalesce(
                Registration.came_at, sa.literal(now, Registration.came_at.type)
            ),
            changed_at=sa.case(
                (
                    Registration.status == RegistrationStatus.CONFIRMED,
                    sa.literal(now, Registration.changed_at.type),
                ),
                else_=Registration.changed_at,
            ),
        )
        .returning(Registration.participant_id)
        .execution_options(synchronize_session=False)
    ).first()
    if noted is None:
        return False
    session.execute(
        sa.update(Participant)
        .where(Participant.id == noted.participant_id)
        .values(last_contact_at=now)
        .execution_options(synchronize_session=False)
    )
    return True
