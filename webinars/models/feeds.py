"""What programs have fetched of the calendars. Nothing of a person, an address or a header."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base, UTCDateTime
from webinars.models.planning import by_value


class ClientFamily(enum.StrEnum):
    """Whose programs fetch a calendar. ``domain/calendar_clients.py`` tells them apart."""

    GOOGLE = "google"
    APPLE = "apple"
    MICROSOFT = "microsoft"
    THUNDERBIRD = "thunderbird"
    NEXTCLOUD = "nextcloud"
    YAHOO = "yahoo"
    ANDROID = "android"
    """ICSx⁵ and DAVx⁵; Google's own calendar on a telephone is ``google``."""
    PROGRAM = "program"
    BROWSER = "browser"
    OTHER = "other"


class FeedFetch(Base):
    """The latest fetch of one calendar, in one language, by one family of programs."""

    __tablename__ = "feed_fetches"

    feed: Mapped[str] = mapped_column(sa.String(250), primary_key=True)
    """In the words of ``domain/feed_fetches.py``: ``all``, ``cycle:2019``, ``person``."""
    language: Mapped[str] = mapped_column(sa.String(5), primary_key=True)
    family: Mapped[ClientFamily] = mapped_column(
        by_value(ClientFamily, "family", checked=False), primary_key=True
    )
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    fetched_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The latest fetch that was noted: to about five minutes."""
    revision: Mapped[int]
    """What the answer held: the cycle's revision, or how many publications the house had made."""
