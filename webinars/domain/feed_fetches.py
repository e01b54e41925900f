"""Noting what programs have fetched of the calendars: a row a feed, language and family.

What the row claims was in the bytes that were sent: the feed's revision is read in the
transaction that writes the feed, and is kept and noted with it. A 304 says that the program has
these bytes already, so it claims the same. Nothing is ever taken for newer than it was; a fetch
in the last second before a process ends may not be noted at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import INSERT
from webinars.models import ClientFamily, FeedFetch

ALL = "all"
PERSON = "person"
"""Every personal feed together: whose they are is not noted."""
OF_CYCLE, OF_THEME, OF_WEBINAR = "cycle:", "theme:", "webinar:"


def cycle_feed(slug: str) -> str:
    """The feed of a cycle, as rows name it."""
    return OF_CYCLE + slug


def theme_feed(slug: str) -> str:
    """The feed of a theme."""
    return OF_THEME + slug


def webinar_file(cycle: str, slug: str) -> str:
    """The file of one webinar."""
    return f"{OF_WEBINAR}{cycle}/{slug}"


@dataclass(frozen=True, slots=True)
class Fetch:
    """That a program of a family was answered."""

    feed: str
    language: str
    family: ClientFamily
    at: datetime
    revision: int
    """What the answer held."""

    @property
    def key(self) -> tuple[str, str, ClientFamily]:
        """Its row."""
        return self.feed, self.language, self.family


_TABLE = FeedFetch.__table__


def _noting(insert: Any) -> Any:
    """Built once. Processes tell of the same program in any order: what is later stays."""

    def later(name: str) -> sa.ColumnElement[Any]:
        old, new = _TABLE.c[name], insert.excluded[name]
        return sa.case((new > old, new), else_=old)

    return insert.on_conflict_do_update(
        index_elements=["feed", "language", "family"],
        set_={"fetched_at": later("fetched_at"), "revision": later("revision")},
    )


_NOTE = {dialect: _noting(insert(FeedFetch)) for dialect, insert in INSERT.items()}


def note(session: Session, *, fetches: Iterable[Fetch]) -> None:
    """Write these fetches, one for each row at most."""
    rows = [
        {
            "feed": one.feed,
            "language": one.language,
            "family": one.family,
            "first_at": one.at,
            "fetched_at": one.at,
            "revision": one.revision,
        }
        # In one order: two processes that write the same rows must not wait for each other.
        for one in sorted(fetches, key=lambda one: one.key)
    ]
    session.connection().execute(_NOTE[session.get_bind().dialect.name], rows)
