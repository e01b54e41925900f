"""What is wrong with the mails of the house: nobody sends, they are late, or they did not leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import mail_flow, outbox, worker_pulse
from webinars.domain.mail_reasons import REASON, UNDELIVERED, Reason
from webinars.models import MailState, OutboxMail

MANY_FAILURES = 2
"""In a row: one may be over before anybody has read of it."""
MANY_TRIES = 5
"""The pauses between so many are together about as long as ``outbox.LATE``."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Mails that ended for one reason without leaving."""

    reason: Reason
    looked_at: int
    """Set aside by somebody."""
    waiting: int
    """For somebody to look at them."""


@dataclass(frozen=True, slots=True)
class Alarms:
    """What somebody has to see to, if anything."""

    worker_seen_at: datetime | None
    """The latest tick; None is never."""
    silent: bool
    """No worker ticks: nothing leaves."""
    paused: mail_flow.Flow | None
    """Since when the mail server fails all workers, and how; None when it works or just failed."""
    overdue: int
    """Mails that should have left, or that the server puts off again and again."""
    oldest_due: datetime | None
    """Of these, the first that was due."""
    open: int
    """Mails that could not be delivered and that nobody has looked at."""

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.silent or self.paused is not None or self.overdue > 0 or self.open > 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the mails of the house stand."""

    counts: Mapping[MailState, int]
    ended: Mapping[Reason, Ended]
    """Only reasons that there are mails of, in the order of ``Reason``."""
    alarms: Alarms

    @property
    def waiting(self) -> int:
        """To leave, or leaving."""
        states = (MailState.PENDING, MailState.CLAIMED, MailState.HANDING_OVER)
        return sum(self.counts[state] for state in states)

    @property
    def looked_at(self) -> int:
        """Could not be delivered, and somebody knows."""
        return sum(one.looked_at for one in self.ended.values() if one.reason in UNDELIVERED)

    @property
    def dropped(self) -> int:
        """Not needed any more."""
        return sum(
            one.looked_at + one.waiting
            for one in self.ended.values()
            if one.reason not in UNDELIVERED
        )


def standing(session: Session, *, every: timedelta, now: datetime) -> Standing:
    """The counts of the ledger and its alarms; ``every``: how often a worker should tick.

    Five queries.
    """
    ended = _ended(session)
    overdue, oldest = session.execute(
        sa.select(sa.func.count(), sa.func.min(_FIRST_DUE)).where(
            outbox.IS_PENDING,
            sa.or_(OutboxMail.due_at < now - outbox.LATE, OutboxMail.tries >= MANY_TRIES),
        )
    ).one()
    seen_at = worker_pulse.last(session)
    flow = mail_flow.flow(session, now=now)
    return Standing(
        counts=outbox.counts(session),
        ended=ended,
        alarms=Alarms(
            worker_seen_at=seen_at,
            silent=worker_pulse.is_silent(seen_at, every=every, now=now),
            paused=flow if flow.failures >= MANY_FAILURES else None,
            overdue=overdue,
            oldest_due=oldest,
            open=sum(one.waiting for one in ended.values() if one.reason in UNDELIVERED),
        ),
    )


_FIRST_DUE = sa.case((OutboxMail.tries > 0, OutboxMail.created_at), else_=OutboxMail.due_at)
"""What was tried is due at its next try; when it was written says how long it has waited."""


def _ended(session: Session) -> dict[Reason, Ended]:
    reason = REASON.label("reason")
    waiting = OutboxMail.set_aside_at.is_(None)
    rows = session.execute(
        sa.select(reason, sa.func.count().filter(~waiting), sa.func.count().filter(waiting))
        .where(outbox.ENDED_BADLY)
        .group_by(sa.text("reason"))
    )
    found = {Reason(value): Ended(Reason(value), *counts) for value, *counts in rows}
    return {one: found[one] for one in Reason if one in found}
