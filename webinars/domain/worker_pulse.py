"""When a worker last ticked: the desk raises an alarm when none does."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import SiteState

SILENT = timedelta(minutes=5)


def beat(session: Session, *, now: datetime) -> None:
    """A worker has ticked."""
    session.execute(sa.update(SiteState).values(worker_seen_at=now))


def last(session: Session) -> datetime | None:
    """The latest tick of any worker."""
    return session.scalar(sa.select(SiteState.worker_seen_at))


def is_silent(seen_at: datetime | None, *, every: timedelta, now: datetime) -> bool:
    """Whether no worker has ticked for too long, or ever; ``every``: how often one should."""
    return seen_at is None or now - seen_at > max(SILENT, 3 * every)


def takes_mailbox(session: Session, *, every: timedelta, now: datetime) -> bool:
    """Whether this worker is the one to read the mailbox of notices, so long after the last."""
    taken = session.execute(
        sa.update(SiteState)
        .where(
            sa.or_(SiteState.mailbox_read_at.is_(None), SiteState.mailbox_read_at <= now - every)
        )
        .values(mailbox_read_at=now)
        .returning(SiteState.id)
    )
    return taken.first() is not None
