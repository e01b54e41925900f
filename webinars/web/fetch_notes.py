"""Who fetches the calendars, gathered in each process and written beside its answers.

An answer costs a look into a dictionary. What is new about a family of programs, which is that
it came at all, another answer than before, or that five minutes have passed, waits for a thread
that lives as long as something waits: it writes once a second at most, all of it at once, so that
after a publication many programs are one small transaction. Nobody waits for it, and what cannot
be written is noted again with the next fetch. How a program names itself is looked at and dropped.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Event, Lock, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from webinars import clock
from webinars.db import Database
from webinars.domain import calendar_clients, feed_fetches
from webinars.domain.feed_fetches import Fetch
from webinars.models import ClientFamily

EVERY_SECONDS = 300
GATHER_SECONDS = 1.0
AT_ONCE = 500
"""Rows of one transaction."""
LONGEST_NAME = 300
"""Characters of a ``User-Agent`` that are looked at: anybody chooses them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer was of."""

    feed: str
    language: str
    revision: int
    mark: str
    """Another one whenever the feed is: its tag. Personal feeds have that of the site together."""


class FetchNotes:
    """What one process has yet to write, and what it has written lately."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[tuple[str, str, ClientFamily], tuple[int, str, float]] = {}
        """For each row the revision, the mark, and until when nothing new is to be said."""
        self._waiting: dict[tuple[str, str, ClientFamily], Fetch] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed = Event()

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
        with self._lock:
            self._waiting[key] = fetch
            if self._thread is None or not self._thread.is_alive():
                self._thread = self._started()

    def write(self) -> None:
        """Write what waits, now."""
        with self._lock:
            taken, self._waiting = list(self._waiting.values()), {}
        for first in range(0, len(taken), AT_ONCE):
            some = taken[first : first + AT_ONCE]
            try:
                with self._database.write() as session:
                    feed_fetches.note(session, fetches=some)
            except SQLAlchemyError as error:
                log.warning("fetches_not_noted", rows=len(some), error=type(error).__name__)
                for one in some:
                    self._noted.pop(one.key, None)

    def close(self) -> None:
        """Nothing is written any more when this is over."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _started(self) -> Thread | None:
        thread = Thread(target=self._work, name="fetch-notes", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left: the next note tries again
            return None
        return thread

    def _work(self) -> None:
        while not self._closed.wait(GATHER_SECONDS):
            self.write()
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return


# The same few programs ask all day long.
@lru_cache(maxsize=1024)
def _family(user_agent: str) -> ClientFamily:
    return calendar_clients.family_of(user_agent)
