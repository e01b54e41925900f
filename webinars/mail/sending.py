"""The way of one mail: claimed, composed, offered, handed over, marked.

Mails are claimed and composed in batches; each is looked at once more in the transaction that
lets it go. The same transaction notes what the server said of the one before, so there is one
commit a mail, and never more than one mail whose fate is in doubt. No transaction is open while
the server is spoken to; while it keeps us waiting, what is known is noted and what is held is
given back, so that other workers are not held up with us.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask_mail import Mail
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webinars.domain import mail_facts, mail_flow, outbox
from webinars.domain.mail_facts import Facts
from webinars.domain.notices import Unsettled
from webinars.mail import copies
from webinars.mail.content import Unwritable, content_of
from webinars.mail.delivery import NotNow, Post, Refused, Trouble, Uncertain
from webinars.mail.holding import Accepted, Holding
from webinars.mail.letters import Letter, NotToBeSent
from webinars.mail.messages import ERASED, OF_ITS_FACTS, compose, still_true
from webinars.mail.shared import Shared
from webinars.services import Services

BATCH = 50
MOST_CHANGES = 3
"""So often in a row the truth may change while a letter is offered."""

log = structlog.get_logger()


class Outdated(Exception):
    """What the letter says has changed since it was composed."""


class LeaseLost(Exception):
    """Another worker has taken the mail up: it is none of ours any more."""


FATES = (NotToBeSent, Unwritable, Refused, Unsettled, NotNow, Trouble, Uncertain, LeaseLost)
"""What may become of a mail but for being taken."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter, and how its row stood."""

    letter: Letter
    facts: Facts
    shared: Shared

    @property
    def tries(self) -> int:
        """With the one to come."""
        return self.facts.mail.tries + 1


class Sender:
    """One worker's hand. ``rest`` waits for so many seconds, or until the worker has to stop."""

    def __init__(
        self,
        *,
        services: Services,
        mail: Mail,
        owner: str,
        now: Callable[[], datetime],
        must_stop: Callable[[], bool],
        rest: Callable[[float], object],
    ) -> None:
        self._services = services
        self._mail = mail
        self._now = now
        self._must_stop = must_stop
        self._rest = rest
        self._holding = Holding(
            services.database,
            owner=owner,
            lease=timedelta(seconds=services.settings.outbox_lease_seconds),
            now=now,
        )
        self._shared: Shared | None = None

    def send_due(self, *, seconds: float) -> tuple[int, bool]:
        """Send what is due, for so long at most; how many were worked on, and whether more is."""
        worked, end, more = 0, time.monotonic() + seconds, True
        post = Post(
            self._mail,
            self._services.settings,
            look_up=self._holding.look_up,
            hurry=self._must_stop,
        )
        try:
            with post:
                while more and not self._must_stop() and time.monotonic() < end:
                    more, wait = self._claim()
                    worked += self._send_held(post)
                    if more and wait:
                        self._rest(min(wait, max(0.0, end - time.monotonic())))
        finally:
            self._holding.give_back()
        return worked, more

    # one batch ---------------------------------------------------------------------------

    def _claim(self) -> tuple[bool, float]:
        """Claim what may leave now; whether there may be more, and in how many seconds."""
        per_minute = self._services.settings.mail_per_minute
        with self._holding.writing() as session:
            now = self._now()
            flow = mail_flow.flow(session, now=now)
            self._holding.is_troubled = flow.failures > 0
            if flow.paused_until is not None:
                return False, 0
            most, wait = BATCH, 0.0
            if per_minute:
                allowed = mail_flow.reserve(session, most=BATCH, per_minute=per_minute, now=now)
                most, wait = allowed.mails, allowed.wait.total_seconds()
            claimed: list[int] = []
            if most:
                claimed = self._holding.take(session, most=most, now=now)
                if per_minute:
                    spare = most - len(claimed)
                    mail_flow.give_back(session, mails=spare, per_minute=per_minute)
            more = bool(claimed) if most else outbox.is_due(session, now=now)
        self._holding.waiting = claimed
        return more, wait

    def _send_held(self, post: Post) -> int:
        """Send what was claimed; how many were worked on."""
        worked = 0
        letters = self._compose_held()
        while self._holding.waiting and not self._must_stop():
            mail_id = self._holding.waiting.pop(0)
            self._send(post, mail_id, letters.pop(mail_id, None))
            worked += 1
        self._holding.settle()
        return worked

    def _compose_held(self) -> dict[int, Composed]:
        """The letters of what is held, but for those with which something is the matter."""
        if not self._holding.waiting:
            return {}
        letters: dict[int, Composed] = {}
        with self._services.database.read() as session:
            found = mail_facts.facts_of(session, mail_ids=self._holding.waiting, now=self._now())
            for mail_id in self._holding.waiting:
                try:
                    letters[mail_id] = self._composed(session, found.get(mail_id))
                except SQLAlchemyError:
                    raise
                except Exception:  # noqa: BLE001  (it is told when its turn comes, of it alone)
                    log.debug("mail_not_composed", mail=mail_id)
        return letters

    def _composed(self, session: Session, facts: Facts | None) -> Composed:
        if facts is None:
            raise NotToBeSent(ERASED)
        if self._shared is None or not self._shared.is_good(facts.version):
            self._shared = Shared(self._services, version=facts.version)
        letter = compose(
            session,
            mail=facts.mail,
            services=self._services,
            now=self._now(),
            facts=facts,
            shared=self._shared,
        )
        return Composed(letter, facts, self._shared)

    # one mail ----------------------------------------------------------------------------

    def _send(self, post: Post, mail_id: int, composed: Composed | None) -> None:
        """One mail to its end, whatever it is; what the server took is noted with the next."""
        self._holding.in_hand = mail_id
        tries = composed.tries if composed else 1
        try:
            if composed is None or not composed.shared.is_fresh:
                composed = self._compose_anew(mail_id)
                tries = composed.tries
            reply = self._deliver(post, mail_id, composed)
        except FATES as error:
            self._note(mail_id, error, tries)
        except SQLAlchemyError:
            raise  # the database's trouble, not the mail's: the lease brings it back
        except Exception as error:
            # A mail that cannot be built must not stop the others; it stands as failed.
            log.exception("mail_cannot_be_built", mail=mail_id)
            self._holding.fail(mail_id, f"it could not be built: {type(error).__name__}")
        else:
            self._holding.accepted = Accepted(mail_id, reply)
        self._holding.in_hand = None

    def _note(self, mail_id: int, error: Exception, tries: int) -> None:
        match error:
            case NotToBeSent() | Unwritable():
                self._holding.fail(mail_id, str(error))
            case Refused():
                self._holding.fail(mail_id, str(error), tries=tries, refused=error)
            case Unsettled():
                self._holding.put_back(mail_id, str(error))
            case NotNow():
                self._holding.later(mail_id, str(error), tries)
            case Trouble():
                self._holding.pause(mail_id, str(error), tries if error.tried else None)
            case Uncertain():
                self._holding.uncertain(mail_id, str(error), tries)
            case _:
                log.warning("mail_lease_lost", mail=mail_id)

    def _compose_anew(self, mail_id: int) -> Composed:
        with self._services.database.read() as session:
            facts = mail_facts.facts(session, mail_id=mail_id, now=self._now())
            return self._composed(session, facts)

    def _deliver(self, post: Post, mail_id: int, composed: Composed) -> str:
        """Offer and hand over; composed anew where the truth has changed. The server's reply."""
        for _ in range(MOST_CHANGES):
            content = content_of(composed.letter, settings=self._services.settings, now=self._now())
            post.offer(composed.letter.to_address)
            try:
                self._begin(mail_id, composed)
            except Outdated:
                post.withdraw()
                composed = self._compose_anew(mail_id)
                continue
            except (NotToBeSent, Unsettled, LeaseLost):
                post.withdraw()
                raise
            return post.hand_over(content)
        raise Unsettled("what it says keeps changing")

    def _begin(self, mail_id: int, composed: Composed) -> None:
        """The last look at the truth, in the transaction that lets the mail go.

        It also settles the mail before, so what is the matter with this one must not undo it:
        it is raised afterwards. Raises NotToBeSent, Unsettled, Outdated, LeaseLost.
        """
        trouble: Exception | None = None
        with self._holding.writing() as session:
            try:
                self._let_go(session, mail_id, composed)
            except (NotToBeSent, Unsettled, Outdated, LeaseLost) as error:
                trouble = error
        if trouble is not None:
            raise trouble
        copies.are_kept(composed.letter)

    def _look(self, session: Session, composed: Composed, now: datetime) -> None:
        """Once more at the truth: what has not changed since it was read need not be read anew."""
        facts = composed.facts
        unchanged = mail_facts.is_unchanged(session, facts=facts)
        if unchanged and facts.mail.kind in OF_ITS_FACTS:
            still_true(session, facts=facts, now=now)
        else:
            found = mail_facts.facts(session, mail_id=facts.mail.id, now=now)
            if found is None:
                raise NotToBeSent(ERASED)
            still_true(session, facts=found, now=now)
        if not unchanged or not composed.shared.is_good(facts.version):
            raise Outdated

    def _let_go(self, session: Session, mail_id: int, composed: Composed) -> None:
        now, letter = self._now(), composed.letter
        self._look(session, composed, now)
        if not self._holding.begin(session, mail_id=mail_id, now=now):
            raise LeaseLost
        if self._services.settings.mail_copies_days:
            copies.keep(session, mail_id=mail_id, letter=letter, now=now)
