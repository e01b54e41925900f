"""Words of a mail that an organiser sends to themselves before they hold."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, outbox
from webinars.domain.errors import DomainError
from webinars.domain.mail_texts import Part, Situation, read_part
from webinars.models import AuditAct, MailKind, MailTrial, Organiser, OutboxMail

MOST_AN_HOUR = 10
"""Of one account."""
LASTS = timedelta(hours=1)
"""After it nobody waits for it any more."""


class TooManyTrials(DomainError):
    """This account has sent as many as one may within an hour."""


def owe(
    session: Session,
    *,
    organiser_id: int,
    press: str,
    where: Situation,
    language: str,
    words: Mapping[Part, str],
    registration_id: int | None,
    host: str,
    now: datetime,
) -> bool:
    """Owe the organiser a mail with these words. False when this press was seen already.

    ``press``: a mark of the form, so that pressing twice sends once. Raises WrongValue,
    TooManyTrials.
    """
    for part, text in words.items():
        read_part(where, part, text)
    organiser = session.scalars(  # two presses at once must not both count before either writes
        sa.select(Organiser).where(Organiser.id == organiser_id).with_for_update()
    ).one()
    key = f"{MailKind.TRIAL}:{organiser.id}:{language}:{press}"
    if session.scalar(sa.select(OutboxMail.id).where(OutboxMail.key == key)) is not None:
        return False
    lately = session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxMail)
        .where(
            OutboxMail.organiser_id == organiser.id,
            OutboxMail.kind == MailKind.TRIAL,
            OutboxMail.created_at > now - timedelta(hours=1),
        )
    )
    if (lately or 0) >= MOST_AN_HOUR:
        raise TooManyTrials(organiser.email)
    purpose = outbox.Purpose(
        key=key, kind=MailKind.TRIAL, organiser_id=organiser.id, expires_at=now + LASTS
    )
    outbox.enqueue(session, purposes=[purpose], host=host, now=now)
    mail_id = session.scalars(sa.select(OutboxMail.id).where(OutboxMail.key == key)).one()
    session.add(
        MailTrial(
            mail_id=mail_id,
            kind=where.kind,
            situation=where.name,
            language=language,
            texts={part.value: text for part, text in words.items()},
            registration_id=registration_id,
        )
    )
    audit.record(
        session,
        actor=organiser.email,
        act=AuditAct.MAIL_TEXT_TRIED,
        now=now,
        subject=f"{where.kind}/{where.name}",
        after={"language": language},
    )
    return True
