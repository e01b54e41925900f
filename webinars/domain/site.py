"""The version of the public site: what tells every process that pages have changed."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import Cycle, SiteState, Webinar

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""When a site last changed that has published nothing yet."""

VERSION = sa.select(SiteState.version)
"""The version, for who asks below a session."""


def version(session: Session) -> int:
    """The present version of the public pages."""
    found: int = session.connection().execute(VERSION).scalar_one()
    return found


def touch(session: Session) -> None:
    """Public pages have changed: every process drops what it has built of them."""
    session.execute(sa.update(SiteState).values(version=SiteState.version + 1))


def changed_at(session: Session) -> datetime:
    """When anything of the plans or a replay last changed in public. UTC. One query."""
    latest = session.execute(
        sa.select(
            sa.select(sa.func.max(Webinar.changed_at)).scalar_subquery(),
            sa.select(sa.func.max(Cycle.published_at)).scalar_subquery(),
        )
    ).one()
    return max((instant for instant in latest if instant), default=EPOCH)
