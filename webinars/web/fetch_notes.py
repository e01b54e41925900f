"""Who fetches the calendars, gathered in each process and written beside its answers.

An answer costs a look into a dictionary. What is new about a family of programs, which is that
it came at all, another answer than before, or that five minutes have passed, is gathered
(``gathering.py``) and written once a second at most, so that after a publication many programs
are one small transaction. What cannot be written is noted again with the next fetch. How a
program names itself is looked at and dropped.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy.orm import Session

from webinars import clock
from webinars.db import Database
from webinars.domain import calendar_clients, feed_fetches
from webinars.domain.feed_fetches import Fetch
from webinars.models import ClientFamily
from webinars.web.gathering import Gathering

EVERY_SECONDS = 300
LONGEST_NAME = 300
"""Characters of a ``User-Agent`` that are looked at: anybody chooses them."""

Row = tuple[str, str, ClientFamily]
"""Feed, language and family."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer was of."""

    feed: str
    language: str
    revision: int
    mark: str
    """Another one whenever the feed is: its tag. Personal feeds have that of the site together."""


class FetchNotes(Gathering[Row, Fetch]):
    """What one process has yet to write, and what it has written lately."""

    name = "fetch-notes"
    gather_seconds = 1.0

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._noted: dict[Row, tuple[int, str, float]] = {}
        """For each row the revision, the mark, and until when nothing new is to be said."""

    def note(self, answered: Answered, user_agent: str) -> None:
        """A program that names itself so has this answer."""
        family = _family(user_agent[:LONGEST_NAME])
        key = (answered.feed, answered.language, family)
        now = time.monotonic()
        noted = self._noted.get(key)
        known = (answered.revision, answered.mark)
        if noted is not None and noted[:2] == known and now < noted[2]:
            return
        self._noted[key] = (*known, now + EVERY_SECONDS)
        fetch = Fetch(answered.feed, answered.language, family, clock.now(), answered.revision)
        self.gather({key: fetch})

    def join(self, _old: Fetch, new: Fetch) -> Fetch:
        """The latest fetch stands for those before it."""
        return new

    def put(self, session: Session, notes: Mapping[Row, Fetch]) -> None:
        """Write them."""
        feed_fetches.note(session, fetches=notes.values())

    def lost(self, notes: Mapping[Row, Fetch]) -> None:
        """The next fetch is noted again."""
        for key in notes:
            self._noted.pop(key, None)


# The same few programs ask all day long.
@lru_cache(maxsize=1024)
def _family(user_agent: str) -> ClientFamily:
    return calendar_clients.family_of(user_agent)
