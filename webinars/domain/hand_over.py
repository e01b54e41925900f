"""The steps of one mail in the hands of the worker that has claimed it.

Each is one conditional update of a row that this owner still holds, in a transaction of the
caller; who lost the lease changes nothing.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import UTCDateTime, below
from webinars.domain import outbox
from webinars.models import MailState, OutboxMail

MOST_TRIES = 24
"""With the pauses below: about three days."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)

# Built once: every mail takes both steps.
_LEDGER = cast("sa.Table", OutboxMail.__table__)
_MINE = (_LEDGER.c.id == sa.bindparam("mail"), _LEDGER.c.owner == sa.bindparam("held_by"))
_HAND_OVER = (
    sa.update(_LEDGER)
    .where(
        *_MINE,
        _LEDGER.c.state == MailState.CLAIMED,
        _LEDGER.c.lease_until > sa.bindparam("now", type_=UTCDateTime),
    )
    .values(
        state=MailState.HANDING_OVER,
        lease_until=sa.bindparam("until", type_=UTCDateTime),
        tries=_LEDGER.c.tries + 1,
    )
    .returning(_LEDGER.c.id)
)
_SENT = (
    sa.update(_LEDGER)
    .where(*_MINE, _LEDGER.c.state == MailState.HANDING_OVER)
    .values(
        state=MailState.SENT,
        reply=sa.bindparam("said"),
        sent_at=sa.bindparam("now", type_=UTCDateTime),
        **outbox.FREE,
    )
    .returning(_LEDGER.c.id)
)


def mark_handing_over(
    session: Session, *, mail_id: int, owner: str, lease: timedelta, now: datetime
) -> bool:
    """From here on the server may have it: one more try, and a lease for the server's answer.

    False when the lease was lost to another.
    """
    values = {"mail": mail_id, "held_by": owner, "now": now, "until": now + lease}
    return below(session).execute(_HAND_OVER, values).first() is not None


def mark_sent(session: Session, *, mail_id: int, owner: str, reply: str, now: datetime) -> bool:
    """The server has taken it: its 250 is the reply."""
    values = {"mail": mail_id, "held_by": owner, "said": reply, "now": now}
    return below(session).execute(_SENT, values).first() is not None


def mark_failed(
    session: Session, *, mail_id: int, owner: str, reason: str, tries: int | None = None
) -> bool:
    """It will not leave, for this reason. ``tries``: how many it took, where that is new."""
    values: dict[str, Any] = {"state": MailState.FAILED, "reply": reason, **outbox.FREE}
    return _move(session, mail_id, owner, values | _tried(tries))


def mark_later(
    session: Session, *, mail_id: int, owner: str, tries: int, reason: str, now: datetime
) -> bool:
    """The server could not take it now: again after a growing, jittered pause.

    ``tries``: with this one.
    """
    if tries >= MOST_TRIES:
        reason = f"given up after {tries} tries: {reason}"
        return mark_failed(session, mail_id=mail_id, owner=owner, reason=reason, tries=tries)
    values = {
        "state": MailState.PENDING,
        "reply": reason,
        "due_at": now + pause(tries),
        **outbox.FREE,
    }
    return _move(session, mail_id, owner, values | _tried(tries))


def put_back(
    session: Session, *, mail_id: int, owner: str, reason: str, due_at: datetime | None = None
) -> bool:
    """It was not tried, for a reason that is not its own: it waits as before, or until then."""
    values: dict[str, Any] = {"state": MailState.PENDING, "reply": reason, **outbox.FREE}
    if due_at is not None:
        values["due_at"] = due_at
    return _move(session, mail_id, owner, values, held=[MailState.CLAIMED])


def mark_uncertain(
    session: Session, *, mail_id: int, owner: str, tries: int, reason: str, now: datetime
) -> bool:
    """The link broke while handing over: again under the same Message-ID, twice at most."""
    parked = OutboxMail.uncertain >= outbox.MOST_UNCERTAIN
    return _move(
        session,
        mail_id,
        owner,
        {
            "state": sa.case((parked, MailState.PARKED.value), else_=MailState.PENDING.value),
            "uncertain": OutboxMail.uncertain + 1,
            "reply": reason,
            "due_at": now + pause(tries),
            **outbox.FREE,
        },
        held=[MailState.HANDING_OVER],
    )


def _tried(tries: int | None) -> dict[str, Any]:
    return {} if tries is None else {"tries": tries}


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: doubling, with a quarter of jitter."""
    doublings = min(max(0, tries - 1), MOST_TRIES)
    longest = min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)
    return longest * random.uniform(0.75, 1.25)  # noqa: S311  (no secret)


def _move(
    session: Session,
    mail_id: int,
    owner: str,
    values: dict[str, Any],
    *,
    held: Sequence[MailState] = (MailState.CLAIMED, MailState.HANDING_OVER),
) -> bool:
    """Change a row that this owner holds; whether it still held it."""
    moved = session.execute(
        sa.update(OutboxMail)
        .where(
            OutboxMail.id == mail_id,
            OutboxMail.owner == owner,
            OutboxMail.state.in_(held),
        )
        .values(**values)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None
