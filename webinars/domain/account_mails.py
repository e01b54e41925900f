"""The mails that an account of the desk owes, and whether they are still true."""

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import outbox
from webinars.models import MailKind, Organiser, OutboxMail

RESET_LASTS = timedelta(hours=1)
INVITATION_LASTS = timedelta(days=7)
MOST_A_DAY = 3
"""Of one kind to one account: nobody's letter box is filled by strangers."""

OF_THIS_PASSWORD = (MailKind.INVITATION, MailKind.PASSWORD_RESET)
"""Of no use once the password is another one."""


def owe_invitation(session: Session, *, organiser: Organiser, host: str, now: datetime) -> bool:
    """The mail with a link to choose the first password; False after a few on one day."""
    return _owe(session, organiser, MailKind.INVITATION, host, now, lasts=INVITATION_LASTS)


def owe_reset(session: Session, *, organiser: Organiser, host: str, now: datetime) -> bool:
    """The mail with a link to choose a new password; False after a few on one day."""
    session.execute(  # two requests at once must not both count before either writes
        sa.select(Organiser.id).where(Organiser.id == organiser.id).with_for_update()
    )
    return _owe(session, organiser, MailKind.PASSWORD_RESET, host, now, lasts=RESET_LASTS)


def owe_notice(session: Session, *, organiser: Organiser, host: str, now: datetime) -> None:
    """The mail that says that the password has changed."""
    _owe(session, organiser, MailKind.PASSWORD_CHANGED, host, now, lasts=None)


def why_not(mail: OutboxMail) -> str | None:
    """Why a mail about an account must not leave any more; None when it may."""
    organiser = mail.organiser
    assert organiser is not None
    if not organiser.active:
        return "the account is closed"
    if mail.kind is MailKind.INVITATION and organiser.password:
        return "a password has been chosen already"
    if mail.kind in OF_THIS_PASSWORD and _mark(organiser) not in mail.key.split(":"):
        return "the password has changed since"
    return None


def _owe(
    session: Session,
    organiser: Organiser,
    kind: MailKind,
    host: str,
    now: datetime,
    *,
    lasts: timedelta | None,
) -> bool:
    """Whether a mail is owed now; a notice of what has happened (``lasts`` None) always is."""
    sent_today = session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxMail)
        .where(
            OutboxMail.organiser_id == organiser.id,
            OutboxMail.kind == kind,
            OutboxMail.created_at > now - timedelta(days=1),
        )
    )
    if lasts is not None and (sent_today or 0) >= MOST_A_DAY:
        return False
    purpose = outbox.Purpose(
        key=f"{kind.value}:{organiser.id}:{_mark(organiser)}:{now.isoformat()}",
        kind=kind,
        organiser_id=organiser.id,
        expires_at=now + lasts if lasts else None,
    )
    return outbox.enqueue(session, purposes=[purpose], host=host, now=now) > 0


def _mark(organiser: Organiser) -> str:
    """Another one after each change of the password; says nothing of it."""
    return hashlib.sha256(organiser.fs_uniquifier.encode()).hexdigest()[:16]
