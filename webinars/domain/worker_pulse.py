"""When a worker last ticked: the desk raises an alarm when none does."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import SiteState


def beat(session: Session, *, now: datetime) -> None:
    """A worker has ticked."""
    session.execute(sa.update(SiteState).values(worker_seen_at=now))


def last(session: Session) -> datetime | None:
    """The latest tick of any worker."""
    return session.scalar(sa.select(SiteState.worker_seen_at))
