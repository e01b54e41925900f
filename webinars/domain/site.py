"""The version of the public site: what tells every process that pages have changed."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import SiteState

VERSION = sa.select(SiteState.version)
"""The version, for who asks below a session."""


def version(session: Session) -> int:
    """The present version of the public pages."""
    found: int = session.connection().execute(VERSION).scalar_one()
    return found


def touch(session: Session) -> None:
    """Public pages have changed: every process drops what it has built of them."""
    session.execute(sa.update(SiteState).values(version=SiteState.version + 1))
