"""What one worker holds of the ledger, and how it notes what became of each mail.

Each note is a transaction of its own, which first settles the mail that the server took before.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webinars.db import Database
from webinars.domain import delivery_notices, hand_over, mail_flow, outbox
from webinars.mail.delivery import NoSuchAddress, Refused

SLOW_SECONDS = 5.0
"""After so long without an answer what we hold besides is given back."""
RENEWED_AFTER = 1 / 3
"""Of a lease; then it begins anew."""
MOST_ASKED = 10
"""So often, a second apart, the ledger is asked to note what the server has taken."""
UNSETTLED_PAUSE = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the server has taken, and the ledger does not know yet."""

    mail_id: int
    reply: str


class Holding:
    """The mails in one worker's hands."""

    def __init__(
        self, database: Database, *, owner: str, lease: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._owner = owner
        self._lease = lease
        self._now = now
        self._renewed = time.monotonic()
        self.accepted: Accepted | None = None
        self.waiting: list[int] = []
        """Claimed and not begun, the next first."""
        self.in_hand: int | None = None
        self.is_troubled = False
        """The server was in trouble when we last claimed."""

    def take(self, session: Session, *, most: int, now: datetime) -> list[int]:
        """Claim what is due, at most so many."""
        self._renewed = time.monotonic()
        return outbox.claim(session, owner=self._owner, lease=self._lease, most=most, now=now)

    def begin(self, session: Session, *, mail_id: int, now: datetime) -> bool:
        """The mail goes; False when another worker has taken it up."""
        begun = hand_over.mark_handing_over(
            session, mail_id=mail_id, owner=self._owner, lease=self._lease, now=now
        )
        self._renew(session, now)
        return begun

    # what became of it -------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that first notes what the server has taken."""
        accepted, marked = self.accepted, False
        with self._database.write() as session:
            if accepted is not None:
                marked = hand_over.mark_sent(
                    session,
                    mail_id=accepted.mail_id,
                    owner=self._owner,
                    reply=accepted.reply,
                    now=self._now(),
                )
                if self.is_troubled:
                    mail_flow.resume(session)
            yield session
        if accepted is not None:
            self.accepted, self.is_troubled = None, False
            log.info("mail_sent" if marked else "mail_sent_after_its_lease", mail=accepted.mail_id)

    def settle(self) -> None:
        """Note what the server has taken, without anything else."""
        if self.accepted is not None:
            with self.writing():
                pass

    def fail(
        self, mail_id: int, reason: str, *, tries: int | None = None, refused: Refused | None = None
    ) -> None:
        """It will not leave. ``tries``: with this one, if it was one."""
        with self.writing() as session:
            marked = hand_over.mark_failed(
                session, mail_id=mail_id, owner=self._owner, reason=reason, tries=tries
            )
            if marked and isinstance(refused, NoSuchAddress):
                delivery_notices.refused_at_hand_over(
                    session,
                    mail_id=mail_id,
                    address=refused.address,
                    status=refused.status,
                    words=reason,
                    now=self._now(),
                )
        log.warning("mail_failed", mail=mail_id)

    def put_back(self, mail_id: int, reason: str) -> None:
        """Something has to be known first: it waits a little, untried."""
        with self.writing() as session:
            due_at = self._now() + UNSETTLED_PAUSE
            hand_over.put_back(
                session, mail_id=mail_id, owner=self._owner, reason=reason, due_at=due_at
            )
        log.info("mail_waits", mail=mail_id)

    def later(self, mail_id: int, reason: str, tries: int) -> None:
        """The server does not take this one now."""
        with self.writing() as session:
            self._mark_later(session, mail_id, reason, tries)
        log.warning("mail_later", mail=mail_id, tries=tries)

    def _mark_later(self, session: Session, mail_id: int, reason: str, tries: int) -> None:
        hand_over.mark_later(
            session,
            mail_id=mail_id,
            owner=self._owner,
            tries=tries,
            reason=reason,
            now=self._now(),
        )

    def pause(self, mail_id: int, reason: str, tries: int | None) -> None:
        """All workers wait; the mail in hand has had a try only if its recipient was named."""
        with self.writing() as session:
            if tries is None:
                hand_over.put_back(session, mail_id=mail_id, owner=self._owner, reason=reason)
            else:
                self._mark_later(session, mail_id, reason, tries)
            self._stop_all(session, reason)
        log.warning("sending_paused", reason=reason)

    def uncertain(self, mail_id: int, reason: str, tries: int) -> None:
        """A server that loses one message may lose each: the others do not follow at once."""
        with self.writing() as session:
            hand_over.mark_uncertain(
                session,
                mail_id=mail_id,
                owner=self._owner,
                tries=tries,
                reason=reason,
                now=self._now(),
            )
            self._stop_all(session, reason)
        log.warning("mail_uncertain", mail=mail_id, tries=tries)

    def _stop_all(self, session: Session, reason: str) -> None:
        mail_flow.pause(session, reason=reason, now=self._now())
        outbox.release(session, owner=self._owner, but=self.in_hand)
        self.waiting = []

    # what we hold ------------------------------------------------------------------------

    def look_up(self, waited: float) -> None:
        """The server keeps us waiting: note what is known, keep what is ours, free the rest.

        A database that does not answer must not break the talk off: the server may have it all.
        """
        try:
            self.settle()
            if waited >= SLOW_SECONDS and self.waiting:
                self._free(but=self.in_hand)
            elif self._lease_is_low:
                with self.writing() as session:
                    self._renew(session, self._now())
        except SQLAlchemyError as error:
            log.warning("ledger_does_not_answer", reason=type(error).__name__)

    @property
    def _lease_is_low(self) -> bool:
        return time.monotonic() - self._renewed > self._lease.total_seconds() * RENEWED_AFTER

    def _renew(self, session: Session, now: datetime) -> None:
        if self._lease_is_low:
            outbox.renew(session, owner=self._owner, lease=self._lease, now=now)
            self._renewed = time.monotonic()

    def give_back(self) -> None:
        """Going home, or thrown out by the database: nothing stays behind that need not.

        What the server has taken it must not be given again: the ledger is asked for a while.
        """
        if not (self.accepted or self.waiting or self.in_hand):
            return
        self.in_hand = None
        for left in reversed(range(MOST_ASKED)):
            try:
                self._free(but=None)
                break
            except SQLAlchemyError:
                if self.accepted is None or not left:
                    raise
                time.sleep(1)

    def _free(self, *, but: int | None) -> None:
        with self.writing() as session:
            outbox.release(session, owner=self._owner, but=but)
        self.waiting = []
