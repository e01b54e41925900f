"""The version of the public site: what tells every process that pages have changed."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import SiteState

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""When a site last changed that has published nothing yet."""

VERSION = sa.select(SiteState.version)
"""The version, for who asks below a session."""


def version(session: Session) -> int:
    """The present version of the public pages."""
    found: int = session.connection().execute(VERSION).scalar_one()
    return found


def touch(session: Session, *, now: datetime) -> None:
    """Public pages have changed: every process drops what it has built of them.

    Programs that ask by date alone are told in whole seconds; those that ask by tag at once.
    """
    session.execute(
        sa.update(SiteState).values(
            version=SiteState.version + 1,
            # It never runs backwards, whatever the clocks of several machines say.
            changed_at=sa.case((SiteState.changed_at > now, SiteState.changed_at), else_=now),
        )
    )


def changed_at(session: Session) -> datetime:
    """When anything public last changed. UTC, and it only rises. One query."""
    return session.scalars(sa.select(SiteState.changed_at)).one() or EPOCH
