"""What a process gathers beside its answers and writes from a thread, so that nobody waits.

The thread lives as long as something waits, and writes every so often, all of it at once.
"""

from collections.abc import Mapping
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webinars.db import Database

Key = TypeVar("Key")
Note = TypeVar("Note")

log = structlog.get_logger()


class Gathering(Generic[Key, Note]):
    """Notes by their key, those of one key joined into one."""

    name: str
    """Of the thread, and of what the log says."""
    gather_seconds: float
    """Between what is written and what is written next."""
    at_once = 500
    """Notes of one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[Key, Note] = {}
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed = Event()

    def join(self, old: Note, new: Note) -> Note:
        """What becomes of two notes of one key."""
        raise NotImplementedError

    def put(self, session: Session, notes: Mapping[Key, Note]) -> None:
        """Write some of them; the transaction is opened and committed here."""
        raise NotImplementedError

    def lost(self, notes: Mapping[Key, Note]) -> None:
        """They could not be written."""
        raise NotImplementedError

    def gather(self, notes: Mapping[Key, Note]) -> None:
        """Take these, and see that they will be written."""
        with self._lock:
            self._take(notes)
            if self._thread is None or not self._thread.is_alive():
                self._thread = self._started()

    def _take(self, notes: Mapping[Key, Note]) -> None:
        for key, note in notes.items():
            old = self._waiting.get(key)
            self._waiting[key] = note if old is None else self.join(old, note)

    def write(self) -> None:
        """Write what waits, now."""
        with self._lock:
            taken, self._waiting = list(self._waiting.items()), {}
        for first in range(0, len(taken), self.at_once):
            some = dict(taken[first : first + self.at_once])
            try:
                with self._database.write() as session:
                    self.put(session, some)
            except SQLAlchemyError as error:
                log.warning("not_noted", of=self.name, rows=len(some), error=type(error).__name__)
                self.lost(some)

    def close(self) -> None:
        """Write what waits, for the last time; nothing is written any more when this is over."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join()
        self.write()
        self.write()  # what was put back, once more

    def _started(self) -> Thread | None:
        thread = Thread(target=self._work, name=self.name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left: the next note tries again
            return None
        return thread

    def _work(self) -> None:
        while not self._closed.wait(self.gather_seconds):
            self.write()
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
