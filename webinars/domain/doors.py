"""The door of a webinar: leads a registrant to the room, and nobody else."""

import enum
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes
from webinars.domain.programme import Life, life
from webinars.domain.webinar_page import find_webinar
from webinars.models import Participant, Registration, RegistrationStatus, WebinarStatus

LET_IN = (RegistrationStatus.CONFIRMED, RegistrationStatus.ATTENDED)


class DoorState(enum.StrEnum):
    """What somebody who knocks finds."""

    OPEN = "open"
    EARLY = "early"
    OVER = "over"
    ASK = "ask"
    """Who is it? The room is for the registered."""
    NO_ROOM = "no_room"
    """The organiser has not given the room's address yet."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Door:
    """The door as somebody finds it."""

    state: DoorState
    opens_at: datetime
    room: str | None
    """The room's address, only for a registrant and only while the door is open."""


def knock(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    participant: Participant | None,
    opens_minutes: int,
    now: datetime,
) -> Door:
    """What the door shows to this person now. Raises NotFound."""
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    opens = minutes(opens_minutes)
    opens_at = webinar.starts_at - opens
    its_life = life(starts_at=webinar.starts_at, ends_at=webinar.ends_at, now=now, opens=opens)
    if webinar.status is WebinarStatus.CANCELLED:
        return Door(DoorState.CANCELLED, opens_at, None)
    if its_life is Life.AFTER:
        return Door(DoorState.OVER, opens_at, None)
    if its_life is Life.BEFORE:
        return Door(DoorState.EARLY, opens_at, None)
    if participant is None or not _holds_a_place(session, participant, webinar.id):
        return Door(DoorState.ASK, opens_at, None)
    if webinar.join_url is None:
        return Door(DoorState.NO_ROOM, opens_at, None)
    return Door(DoorState.OPEN, opens_at, webinar.join_url)


def _holds_a_place(session: Session, participant: Participant, webinar_id: int) -> bool:
    found = session.scalar(
        sa.select(Registration.id).where(
            Registration.participant_id == participant.id,
            Registration.webinar_id == webinar_id,
            Registration.status.in_(LET_IN),
        )
    )
    return found is not None
