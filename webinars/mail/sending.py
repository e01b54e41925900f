"""The way of one mail: claimed, composed, offered, handed over, marked.

Each mark is a transaction of its own, and none is open while the server is spoken to.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask_mail import Mail
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webinars.domain import delivery_notices, outbox
from webinars.domain.notices import Unsettled
from webinars.mail.delivery import NoSuchAddress, NotNow, Post, Refused, Uncertain, content_of
from webinars.mail.letters import Letter, NotToBeSent
from webinars.mail.messages import ERASED, compose, still_true
from webinars.models import OutboxMail
from webinars.services import Services

BATCH = 20

log = structlog.get_logger()


def _row(session: Session, mail_id: int) -> OutboxMail:
    """A row that was claimed. It goes with its person when they are erased meanwhile."""
    row = session.get(OutboxMail, mail_id)
    if row is None:
        raise NotToBeSent(ERASED)
    return row


@dataclass(frozen=True, slots=True)
class Sender:
    """One worker's hand."""

    services: Services
    mail: Mail
    owner: str
    now: Callable[[], datetime]
    must_stop: Callable[[], bool]

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self.services.settings.outbox_lease_seconds)

    def send_due(self) -> int:
        """Send everything that is due; how many rows were worked on."""
        worked = 0
        with Post(self.mail, self.services.settings) as post:
            while not self.must_stop():
                claimed = self._claim()
                for mail_id in claimed:
                    if self.must_stop():
                        break
                    self._send(post, mail_id)
                    worked += 1
                if not claimed:
                    break
        if self.must_stop():
            with self.services.database.write() as session:
                outbox.release(session, owner=self.owner)
        return worked

    def _claim(self) -> list[int]:
        with self.services.database.write() as session:
            return outbox.claim(
                session, owner=self.owner, lease=self._lease, most=BATCH, now=self.now()
            )

    def _send(self, post: Post, mail_id: int) -> None:
        tries = 1
        try:
            letter, tries = self._compose(mail_id)
            content = content_of(letter, settings=self.services.settings, now=self.now())
            post.offer(letter)
            if not self._mark_handing_over(mail_id):
                post.withdraw()
                log.warning("mail_lease_lost", mail=mail_id)
                return
            reply = post.hand_over(content)
        except NotToBeSent as error:
            post.withdraw()
            self._mark_failed(mail_id, str(error))
        except Unsettled as error:
            post.withdraw()
            self._mark_later(mail_id, tries, str(error))
        except Refused as error:
            self._mark_failed(mail_id, str(error), refused=error)
        except NotNow as error:
            self._mark_later(mail_id, tries, str(error))
        except Uncertain as error:
            self._mark_uncertain(mail_id, tries, str(error))
        except SQLAlchemyError:
            raise  # the database's trouble, not the mail's: the lease brings it back
        except Exception as error:
            # A mail that cannot be built must not stop the others; it stands as failed.
            log.exception("mail_cannot_be_built", mail=mail_id)
            self._mark_failed(mail_id, f"it could not be built: {type(error).__name__}")
        else:
            self._mark_sent(mail_id, reply)

    def _compose(self, mail_id: int) -> tuple[Letter, int]:
        with self.services.database.read() as session:
            row = _row(session, mail_id)
            letter = compose(session, mail=row, services=self.services, now=self.now())
            return letter, row.tries

    def _mark_handing_over(self, mail_id: int) -> bool:
        """The last look at the truth, in the transaction that lets the mail go."""
        with self.services.database.write() as session:
            now = self.now()
            still_true(session, mail=_row(session, mail_id), now=now)
            return outbox.mark_handing_over(
                session, mail_id=mail_id, owner=self.owner, lease=self._lease, now=now
            )

    def _mark_sent(self, mail_id: int, reply: str) -> None:
        with self.services.database.write() as session:
            marked = outbox.mark_sent(
                session, mail_id=mail_id, owner=self.owner, reply=reply, now=self.now()
            )
        log.info("mail_sent" if marked else "mail_sent_after_its_lease", mail=mail_id)

    def _mark_failed(self, mail_id: int, reason: str, *, refused: Refused | None = None) -> None:
        with self.services.database.write() as session:
            marked = outbox.mark_failed(session, mail_id=mail_id, owner=self.owner, reason=reason)
            if marked and isinstance(refused, NoSuchAddress):
                delivery_notices.refused_at_hand_over(
                    session,
                    mail_id=mail_id,
                    address=refused.address,
                    status=refused.status,
                    words=reason,
                    now=self.now(),
                )
        log.warning("mail_failed", mail=mail_id)

    def _mark_later(self, mail_id: int, tries: int, reason: str) -> None:
        with self.services.database.write() as session:
            outbox.mark_later(
                session,
                mail_id=mail_id,
                owner=self.owner,
                tries=tries,
                reason=reason,
                now=self.now(),
            )
        log.warning("mail_later", mail=mail_id, tries=tries)

    def _mark_uncertain(self, mail_id: int, tries: int, reason: str) -> None:
        with self.services.database.write() as session:
            outbox.mark_uncertain(
                session,
                mail_id=mail_id,
                owner=self.owner,
                tries=tries,
                reason=reason,
                now=self.now(),
            )
        log.warning("mail_uncertain", mail=mail_id, tries=tries)
