"""What pages tell of plays and openings, gathered in each process and added every few seconds.

A process that is told to end adds what it has; one that is killed takes the last seconds of its
counts with it, which nobody can tell from a network that lost them.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from webinars.domain import counting
from webinars.domain.counting import Counted
from webinars.web.gathering import Gathering


class CountNotes(Gathering[Counted, int]):
    """The sums that one process has yet to add."""

    name = "count-notes"
    gather_seconds = 5.0
    _refused = False

    def count(self, counted: Iterable[Counted]) -> None:
        """Each of these once more."""
        self.gather(dict.fromkeys(counted, 1))

    def join(self, old: int, new: int) -> int:
        """Their sum."""
        return old + new

    def put(self, session: Session, notes: Mapping[Counted, int]) -> None:
        """Add them; after a refusal, those whose replay or resource is still there."""
        if self._refused:
            notes = counting.still_there(session, counts=notes)
        counting.add(session, counts=notes)
        self._refused = False

    def lost(self, notes: Mapping[Counted, int]) -> None:
        """They wait for the next time: replays and resources that are there are not without end."""
        self._refused = True
        with self._lock:
            self._take(notes)
