"""The version of the public site: what tells every process that pages have changed."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import SiteState

_VERSION = sa.select(SiteState.version)


def version(session: Session) -> int:
    """The present version of the public pages."""
    found: int = session.connection().execute(_VERSION).scalar_one()
    return found


def touch(session: Session) -> None:
    """Public pages have changed: every process drops what it has built of them."""
    session.execute(sa.update(SiteState).values(version=SiteState.version + 1))
