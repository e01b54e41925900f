"""What organisers do to mails of the ledger: send again, set aside, keep back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, mail_flow, outbox
from webinars.domain.errors import DomainError, NotFound
from webinars.domain.mail_log import WAITING, Fate, Filters, conditions
from webinars.domain.mail_reasons import BY_HAND, UNDELIVERED, Reason, is_of
from webinars.models import AuditAct, AuditEntry, MailState, OutboxMail, Participant

BETWEEN = timedelta(minutes=10)
"""A mail is repeated once in that time, however often the button is pressed."""
MOST_REPEATS = 5
"""Of one mail, ever."""
MOST_NUMBERS = 500
"""That one row of the trail names."""


class StillWaiting(DomainError):
    """The mail is to leave, or leaving: there is nothing to send again."""


class JustRepeated(DomainError):
    """It was sent again a moment ago, or that one has yet to leave."""


class RepeatedOften(DomainError):
    """It was sent again so often that once more would help nobody."""


class OfAnAccount(DomainError):
    """Its links have ended; the page of the accounts sends new ones."""


def send_again(
    session: Session, *, mail_id: int, actor: str, host: str, now: datetime
) -> OutboxMail:
    """The mail that leaves: of a failed or parked one itself, of a sent one another.

    What it says is made when it leaves; the caller asks whether it still is true. Raises
    NotFound, StillWaiting, JustRepeated, RepeatedOften, OfAnAccount.
    """
    mail = _locked(session, mail_id)
    if mail.state in WAITING:
        raise StillWaiting(mail_id)
    before = {"state": mail.state.value}
    if mail.state is MailState.SENT:
        again = _repeat(session, mail, host=host, now=now)
    else:
        outbox.retry(session, now=now, among=OutboxMail.id == mail_id)
        session.refresh(mail)
        again = mail
    audit.record(
        session,
        actor=actor,
        act=AuditAct.MAIL_SENT_AGAIN,
        now=now,
        subject=subject_of(mail_id),
        before=before,
        after={"mail": again.id},
    )
    return again


def _locked(session: Session, mail_id: int) -> OutboxMail:
    """The mail, behind its person: whoever erases them locks in this order. Raises NotFound."""
    session.execute(
        sa.select(Participant.id)
        .join(OutboxMail, OutboxMail.participant_id == Participant.id)
        .where(OutboxMail.id == mail_id)
        .with_for_update(key_share=True, of=Participant)
    )
    mail = session.get(OutboxMail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None:
        raise NotFound(mail_id)
    return mail


def _repeat(session: Session, mail: OutboxMail, *, host: str, now: datetime) -> OutboxMail:
    """Another row for the same purpose, with a key of its own. The caller holds the mail's row."""
    if mail.organiser_id is not None:
        raise OfAnAccount(mail.id)
    first = mail.origin
    if first is not mail:  # the lock of the first is the one that all its repeats pass
        session.refresh(first, with_for_update=True)
    repeats = session.scalars(
        sa.select(OutboxMail).where(OutboxMail.resent_id == first.id).order_by(OutboxMail.id)
    ).all()
    if any(one.state in WAITING or one.created_at > now - BETWEEN for one in repeats):
        raise JustRepeated(mail.id)
    if len(repeats) >= MOST_REPEATS:
        raise RepeatedOften(mail.id)
    key = f"resend:{first.id}:{len(repeats) + 1}"
    purpose = outbox.Purpose(
        key=key,
        kind=first.kind,
        participant_id=first.participant_id,
        cycle_id=first.cycle_id,
        revision=first.revision,
        webinar_id=first.webinar_id,
        resent_id=first.id,
        about_start=first.about_start,
        expires_at=first.expires_at,
    )
    outbox.enqueue(session, purposes=[purpose], host=host, now=now)
    return session.scalars(sa.select(OutboxMail).where(OutboxMail.key == key)).one()


def retry(session: Session, *, mail_ids: Sequence[int], actor: str, now: datetime) -> list[int]:
    """Put these back in the queue, those of them that failed or are parked. The ids.

    A pause that the mail server's trouble has caused ends as well: so whoever has mended it says.
    """
    return _retried(session, OutboxMail.id.in_(mail_ids), None, actor, now)


def retry_all(
    session: Session, *, reason: Reason | None = None, actor: str, now: datetime
) -> list[int]:
    """Put back what could not be delivered, for this reason or any. The ids.

    What somebody keeps back stays, unless that is the reason that is asked for; so does what
    was set aside.
    """
    kept_back = Reason.PARKED
    reasons = [reason] if reason else [one for one in UNDELIVERED if one is not kept_back]
    which = is_of(*reasons)
    if reason is not kept_back:
        which = sa.and_(which, OutboxMail.set_aside_at.is_(None))
    return _retried(session, which, reason, actor, now)


def _retried(
    session: Session,
    which: sa.ColumnElement[bool],
    reason: Reason | None,
    actor: str,
    now: datetime,
) -> list[int]:
    again = outbox.retry(session, now=now, among=which)
    mail_flow.resume(session)
    _note(session, AuditAct.MAIL_SENT_AGAIN, again, reason, actor, now)
    return again


def set_aside(
    session: Session,
    *,
    mail_ids: Sequence[int] | None = None,
    reason: Reason | None = None,
    actor: str,
    now: datetime,
) -> list[int]:
    """Somebody has looked at these: no alarm is raised for them any more. The ids.

    Some, or all of a reason; of mails that could not be delivered only.
    """
    which = [*conditions(session, Filters(fate=Fate.OPEN, reason=reason))]
    if mail_ids is not None:
        which.append(OutboxMail.id.in_(mail_ids))
    aside = session.execute(
        sa.update(OutboxMail)
        .where(*which)
        .values(set_aside_at=now, set_aside_by=actor)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    found = sorted(aside.scalars())
    _note(session, AuditAct.MAIL_SET_ASIDE, found, reason, actor, now)
    return found


def park(session: Session, *, filters: Filters, actor: str, now: datetime) -> list[int]:
    """Keep back what these filters find, until somebody sends it again. The ids."""
    return _parked(session, conditions(session, filters), actor, now)


def park_these(
    session: Session, *, mail_ids: Sequence[int], actor: str, now: datetime
) -> list[int]:
    """The same for some mails."""
    return _parked(session, [OutboxMail.id.in_(mail_ids)], actor, now)


def _parked(
    session: Session, which: Sequence[sa.ColumnElement[bool]], actor: str, now: datetime
) -> list[int]:
    """What waits, is claimed and not begun, or has failed.

    A worker that has claimed one loses it: its hand-over begins with a look at the claim. What
    the server said of a failed one is kept.
    """
    can_be = (MailState.PENDING, MailState.CLAIMED, MailState.FAILED)
    said = sa.literal(f"{BY_HAND}: ") + OutboxMail.reply
    parked = session.execute(
        sa.update(OutboxMail)
        .where(OutboxMail.state.in_(can_be), *which)
        .values(
            state=MailState.PARKED,
            reply=sa.func.coalesce(said, BY_HAND),
            set_aside_at=now,
            set_aside_by=actor,
            **outbox.FREE,
        )
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    found = sorted(parked.scalars())
    _note(session, AuditAct.MAIL_PARKED, found, None, actor, now)
    return found


# the trail -------------------------------------------------------------------------------


def subject_of(mail_id: int) -> str:
    """How the trail names a mail: nobody's address outlasts an erasure there."""
    return f"mail {mail_id}"


def acts_on(session: Session, *, mail_id: int) -> tuple[AuditEntry, ...]:
    """What was done to one mail alone, the oldest first. One query."""
    rows = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.subject == subject_of(mail_id))
        .order_by(AuditEntry.id)
    )
    return tuple(rows)


def latest_acts(session: Session, *, most: int = 10) -> tuple[AuditEntry, ...]:
    """What was done to mails lately, the latest first. One query."""
    acts = (AuditAct.MAIL_SENT_AGAIN, AuditAct.MAIL_SET_ASIDE, AuditAct.MAIL_PARKED)
    rows = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.act.in_(acts))
        .order_by(AuditEntry.id.desc())
        .limit(most)
    )
    return tuple(rows)


def _note(
    session: Session,
    act: AuditAct,
    mail_ids: Sequence[int],
    reason: Reason | None,
    actor: str,
    now: datetime,
) -> None:
    if not mail_ids:
        return
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        subject=subject_of(mail_ids[0]) if len(mail_ids) == 1 else reason and reason.value,
        after={"count": len(mail_ids), "mails": list(mail_ids[:MOST_NUMBERS])},
    )
