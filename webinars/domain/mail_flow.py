"""Whether mail may leave now, and how fast: one row that every worker reads when it claims.

Trouble of the server as a whole (it cannot be reached, refuses the password, says 421) stops all
workers for a while that grows with each failure in a row. The rate is kept by reserving: who
claims a mail moves on the instant of the next one. Both are short transactions of the caller;
nobody waits inside one.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import MailFlow

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=12)
JITTER = (0.75, 1.25)
MOST_DOUBLINGS = 10
LEAST_BURST = 1
"""Mails that may leave at once whatever the rate: it is kept by their distances."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How mail flows. Instants are UTC."""

    paused_until: datetime | None
    """None when it flows."""
    since: datetime | None
    """The first of the failures in a row."""
    failures: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many mails may leave now, and after how long one more."""

    mails: int
    wait: timedelta


def flow(session: Session, *, now: datetime) -> Flow:
    """How mail flows now."""
    until, since, failures, reason = session.execute(
        sa.select(MailFlow.paused_until, MailFlow.paused_since, MailFlow.failures, MailFlow.reason)
    ).one()
    # Longer than any pause: a clock was wrong when it was written, or has been put back.
    holds = until is not None and now < until <= now + LONGEST_PAUSE * JITTER[1]
    return Flow(until if holds else None, since, failures, reason)


def pause(session: Session, *, reason: str, now: datetime) -> None:
    """Nothing can leave now, whoever it is for: all workers wait, longer each time.

    Workers that fail at the same time, in one pause, are one failure.
    """
    state = session.scalars(sa.select(MailFlow).with_for_update()).one()
    if flow(session, now=now).paused_until is not None:
        return
    doublings = min(state.failures, MOST_DOUBLINGS)
    length = min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)
    state.failures += 1
    state.paused_since = state.paused_since or now
    state.paused_until = now + length * random.uniform(*JITTER)  # noqa: S311  (no secret)
    state.reason = reason
    session.flush()


def resume(session: Session) -> bool:
    """A mail has been taken, or somebody says that all is well; whether it was paused."""
    ended = session.execute(
        sa.update(MailFlow)
        .where(MailFlow.failures > 0)
        .values(paused_until=None, paused_since=None, failures=0, reason=None)
        .returning(MailFlow.id)
        .execution_options(synchronize_session=False)
    )
    return ended.first() is not None


def reserve(session: Session, *, most: int, per_minute: int, now: datetime) -> Allowance:
    """Take the right to send as many mails as the rate allows now, at most so many.

    They leave at equal distances, but for those of one second, which may leave together.
    """
    distance = timedelta(minutes=1) / per_minute
    burst = max(LEAST_BURST, per_minute // 60)
    state = session.scalars(sa.select(MailFlow).with_for_update()).one()
    next_at = max(state.next_at or now, now)
    if next_at > now + distance * burst:  # only after a clock was put back
        next_at = now
    mails = max(0, min(most, (now + distance * burst - next_at) // distance))
    state.next_at = next_at + distance * mails
    session.flush()
    return Allowance(mails, max(timedelta(0), state.next_at - distance * (burst - 1) - now))


def give_back(session: Session, *, mails: int, per_minute: int) -> None:
    """So many of what was reserved in this transaction were not there to be sent."""
    state = session.scalars(sa.select(MailFlow)).one()
    assert state.next_at is not None, "something was reserved"
    state.next_at -= timedelta(minutes=1) / per_minute * mails
    session.flush()
