"""The line before a full webinar: who stands in it, in which order, and at which place."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from webinars.models import (
    SOMEBODYS,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)

ARRIVAL = (Registration.registered_at, Registration.id)
"""The order of every list and of the line."""
WAITS = sa.and_(Registration.status == RegistrationStatus.WAITLISTED, SOMEBODYS)
MOMENT = timedelta(microseconds=1)

_in_line = aliased(Registration)
SOMEBODY_WAITS = (
    sa.exists()
    .where(
        _in_line.webinar_id == Webinar.id,
        _in_line.status == RegistrationStatus.WAITLISTED,
        _in_line.participant.has(Participant.erased_at.is_(None)),
    )
    .correlate(Webinar)
)
"""For a webinar of the statement that asks."""

_LATEST = (
    sa.select(Registration.registered_at)
    .where(Registration.webinar_id == sa.bindparam("webinar"))
    .order_by(Registration.registered_at.desc())
    .limit(1)
)


def waiting(webinar_id: int) -> sa.Select[Registration]:
    """Who waits, the first in line first."""
    return (
        sa.select(Registration)
        .where(Registration.webinar_id == webinar_id, WAITS)
        .order_by(*ARRIVAL)
    )


def is_passed_by(session: Session, *, webinar: Webinar, now: datetime) -> bool:
    """Whether somebody who waits would be passed by, if a newcomer took a free place now.

    Before the start a place that is free has gone to the first in line. After it nobody is
    promoted any more, so while anybody waits, whoever comes stands behind them.
    """
    if now < webinar.starts_at:
        return False
    return bool(session.scalar(sa.select(SOMEBODY_WAITS).where(Webinar.id == webinar.id)))


def joins_the_line(session: Session, *, webinar: Webinar, now: datetime) -> datetime:
    """The instant that stands for the end of the line: now, or just after who is last in it.

    Who waits for the webinar's row may get it before somebody who asked earlier, and the clocks
    of two machines differ: the line is in the order in which the row was held.
    """
    latest = session.scalar(_LATEST, {"webinar": webinar.id})
    return now if latest is None or latest < now else latest + MOMENT


class Standing(Protocol):
    """A registration, or a row of one."""

    @property
    def id(self) -> int:
        """Of the registration."""

    @property
    def status(self) -> RegistrationStatus:
        """Where it stands."""


def positions(session: Session, *, registrations: Iterable[Standing]) -> dict[int, int]:
    """The places in their lines, from 1, of those that wait, by their ids. One query at most."""
    ids = [one.id for one in registrations if one.status is RegistrationStatus.WAITLISTED]
    if not ids:
        return {}
    place = sa.func.row_number().over(partition_by=Registration.webinar_id, order_by=ARRIVAL)
    mine = sa.select(Registration.webinar_id).where(Registration.id.in_(ids), WAITS)
    lines = (
        sa.select(Registration.id, place.label("place"))
        .where(Registration.webinar_id.in_(mine), WAITS)
        .subquery()
    )
    rows = session.execute(sa.select(lines.c.id, lines.c.place).where(lines.c.id.in_(ids)))
    return {row.id: row.place for row in rows}


def position(session: Session, *, registration: Registration) -> int | None:
    """The place in the line, from 1; None when not waiting."""
    return positions(session, registrations=[registration]).get(registration.id)
