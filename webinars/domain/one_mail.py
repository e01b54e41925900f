"""One mail of the log, with all that is known of it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import mail_copies
from webinars.domain.mail_acts import acts_on
from webinars.domain.mail_log import MailLine, find_line, lines_of
from webinars.models import (
    AddressStanding,
    AuditAct,
    DeliveryNotice,
    NoticeKind,
    OutboxMail,
    Registration,
)


@dataclass(frozen=True, slots=True)
class NoticeBack:
    """What a mail server told of it afterwards. The instant is UTC."""

    kind: NoticeKind
    proven: bool
    status: str | None
    words: str
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """What an organiser did to it. The instant is UTC."""

    at: datetime
    actor: str
    act: AuditAct


@dataclass(frozen=True, slots=True)
class OneMail:
    """A mail with what came of it."""

    line: MailLine
    stopped: bool
    """Nothing leaves for its address."""
    registration_id: int | None
    """Where the person's details can be corrected; None when it is of no webinar of theirs."""
    repeats: tuple[MailLine, ...]
    """Mails that repeat it."""
    notices: tuple[NoticeBack, ...]
    """The oldest first."""
    deeds: tuple[Deed, ...]
    copy: mail_copies.Copy | None
    """What it said, while a copy is kept."""


def one_mail(session: Session, *, mail_id: int) -> OneMail:
    """Raises NotFound. Eight queries at most."""
    line = find_line(session, mail_id=mail_id)
    notices = session.scalars(
        sa.select(DeliveryNotice)
        .where(DeliveryNotice.mail_id == mail_id)
        .order_by(DeliveryNotice.noticed_at, DeliveryNotice.id)
    )
    repeats = session.scalars(
        sa.select(OutboxMail.id).where(OutboxMail.resent_id == mail_id).order_by(OutboxMail.id)
    ).all()
    stopped = session.scalar(
        sa.select(
            sa.exists().where(
                AddressStanding.address == line.email, AddressStanding.stopped_at.is_not(None)
            )
        )
    )
    return OneMail(
        line=line,
        stopped=bool(stopped),
        registration_id=session.scalar(
            sa.select(Registration.id)
            .join(OutboxMail, OutboxMail.webinar_id == Registration.webinar_id)
            .where(
                OutboxMail.id == mail_id,
                Registration.participant_id == OutboxMail.participant_id,
            )
        ),
        repeats=lines_of(session, repeats),
        notices=tuple(
            NoticeBack(one.kind, one.proven, one.status, one.words, one.noticed_at)
            for one in notices
        ),
        deeds=tuple(Deed(one.at, one.actor, one.act) for one in acts_on(session, mail_id=mail_id)),
        copy=mail_copies.read(session, mail_id=mail_id),
    )
