"""Reminders that speak of several webinars: which comes first, and where each door is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.domain import participants, reminders
from webinars.models import Cycle, OutboxMail, Webinar
from webinars.services import Services


@dataclass(frozen=True, slots=True)
class Also:
    """Another webinar of which the same reminder speaks. Instants are UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    days_left: int
    join_url: str


def spoken_of(
    session: Session, *, mail: OutboxMail, services: Services, now: datetime
) -> tuple[Webinar, tuple[Also, ...]]:
    """The webinar that begins first, and the others of which a reminder speaks, by their starts."""
    own, person = mail.webinar, mail.participant
    assert own is not None, "a reminder is of a webinar"
    assert person is not None, "and to somebody who is registered for it"
    others = reminders.told_with(session, mail=mail, pace=services.pace, now=now)
    if not others:
        return own, ()
    every = [(own, session.get_one(Cycle, own.cycle_id)), *others]
    (first, _), *rest = sorted(every, key=lambda pair: (pair[0].starts_at, pair[0].id))
    return first, tuple(
        Also(
            title=webinar.title,
            starts_at=webinar.starts_at,
            ends_at=webinar.ends_at,
            zone=cycle.zone,
            days_left=days_left(webinar.starts_at, cycle.zone, now),
            join_url=participants.door_address(
                services.links, person, cycle=cycle.slug, webinar=webinar.slug
            ),
        )
        for webinar, cycle in rest
    )


def days_left(starts_at: datetime, zone: str, now: datetime) -> int:
    """Calendar days until the start, as the cycle's zone counts them."""
    day, today = (to_local(instant, zone).date() for instant in (starts_at, now))
    return (day - today).days
