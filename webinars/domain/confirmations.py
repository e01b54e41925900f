"""Mails that say where a registration stands; a few a day for one address.

Anybody can type somebody's address into a form. So further confirmations of a day make one
summary, which leaves when the first of them is a day old.
"""

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import UTCDateTime
from webinars.domain import outbox
from webinars.domain.people import Known
from webinars.domain.places import registration_key
from webinars.models import (
    MailKind,
    OutboxMail,
    Participant,
    RegistrationStatus,
    Webinar,
)

COUNTED = (
    MailKind.CONFIRMATION,
    MailKind.WAITING_LIST,
    MailKind.CYCLE_CONFIRMATION,
    MailKind.THEME_CONFIRMATION,
)
DAY = timedelta(days=1)

_OWED_AT = sa.case(
    (OutboxMail.kind == MailKind.SUMMARY, OutboxMail.due_at), else_=OutboxMail.created_at
)
# Built once, as all statements of a registration: see places.py.
_LAST_DAY = (
    sa.select(OutboxMail.kind, _OWED_AT)
    .where(
        OutboxMail.participant_id == sa.bindparam("participant"),
        OutboxMail.kind.in_((*COUNTED, MailKind.SUMMARY)),
        OutboxMail.resent_id.is_(None),  # an organiser has asked for it
        sa.bindparam("since", type_=UTCDateTime) < _OWED_AT,
    )
    .order_by(_OWED_AT.desc())
)


class Registered(Protocol):
    """A registration, or what is known of one that has just been made."""

    @property
    def id(self) -> int:
        """Of the registration."""

    @property
    def participant_id(self) -> int:
        """Whose it is."""

    @property
    def registered_at(self) -> datetime:
        """Its rank in the line."""

    @property
    def status(self) -> RegistrationStatus:
        """Where it stands."""


def of_registration(registration: Registered, webinar: Webinar) -> outbox.Purpose:
    """What to owe for one registration as it stands: place, waiting list, or one more step."""
    waits = registration.status is RegistrationStatus.WAITLISTED
    kind = MailKind.WAITING_LIST if waits else MailKind.CONFIRMATION
    return outbox.Purpose(
        key=registration_key(
            kind, registration.id, registration.registered_at, registration.status
        ),
        kind=kind,
        participant_id=registration.participant_id,
        webinar_id=webinar.id,
        expires_at=webinar.ends_at,
    )


def owe(
    session: Session,
    *,
    known: Known,
    purpose: outbox.Purpose,
    most: int,
    host: str,
    now: datetime,
) -> None:
    """Owe a confirmation that a form asked for; when there were too many, one summary later.

    The caller holds the lock of the participant's row, so that two forms do not both count
    before either writes.
    """
    last = [] if known.is_new else _of_last_day(session, known, now)
    if any(kind is MailKind.SUMMARY and at > now for kind, at in last):
        return  # the summary that is to leave tells this as well
    if len(last) >= most:
        purpose = _summary(known.id, due_at=last[most - 1][1] + DAY)
    owe_at_once(session, purpose=purpose, host=host, now=now)


CONFIRMED = "confirmed"
"""Ends the key of a summary that tells what one press has confirmed."""


def summary_of_press(participant: Participant, *, now: datetime) -> outbox.Purpose:
    """What to owe when several things were confirmed by one press of their page."""
    return _summary(participant.id, due_at=now, state=f":{CONFIRMED}")


def _summary(participant_id: int, *, due_at: datetime, state: str = "") -> outbox.Purpose:
    return outbox.Purpose(
        key=f"{MailKind.SUMMARY}:{participant_id}:{due_at.isoformat()}{state}",
        kind=MailKind.SUMMARY,
        participant_id=participant_id,
        due_at=due_at,
    )


def _of_last_day(session: Session, known: Known, now: datetime) -> list[tuple[MailKind, datetime]]:
    """Those of the last day and when they were owed, the latest first; a summary when it leaves.

    Some may be of a moment later than ``now``: another form that was sent at the same time.
    """
    values = {"participant": known.id, "since": now - DAY}
    rows = session.execute(_LAST_DAY, values)
    return [(kind, at) for kind, at in rows]


def owe_at_once(session: Session, *, purpose: outbox.Purpose, host: str, now: datetime) -> None:
    """Owe a confirmation to somebody who has just pressed a button of their own page."""
    outbox.enqueue(session, purposes=[purpose], host=host, now=now)
