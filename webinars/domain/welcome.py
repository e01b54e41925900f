"""The welcome of a new cycle, to those who asked for news of new cycles."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import outbox
from webinars.domain.mail_lists import wanted
from webinars.models import (
    Cycle,
    MailKind,
    MailList,
    OutboxMail,
    Participant,
    Webinar,
    WebinarStatus,
)

STOPPED = "the person asked for no more news"
NOTHING_TO_COME = "nothing of the cycle is to come any more"

ASKED_FOR_NEWS = sa.and_(
    Participant.news_since.is_not(None),
    # Anybody can tick the box beside somebody else's address (CNIL: consent is the person's own).
    Participant.proven_at.is_not(None),
    Participant.erased_at.is_(None),
    wanted(MailList.NEWS, Participant.id),
)


def welcome(session: Session, *, cycle: Cycle, host: str, now: datetime) -> int:
    """Tell those who asked for news of a cycle's first publication, in its transaction. How many.

    Each once, and nobody whom the same publication tells of it in another way.
    """
    last = session.scalar(_last_start(cycle, now))
    if cycle.revision != 1 or last is None:
        return 0
    session.flush()
    told = sa.exists().where(
        OutboxMail.cycle_id == cycle.id,
        OutboxMail.revision == cycle.revision,
        OutboxMail.participant_id == Participant.id,
    )
    who = outbox.keyed(Participant.id, f"{MailKind.WELCOME}:{cycle.id}")
    return outbox.enqueue_each(
        session,
        owed=who.where(ASKED_FOR_NEWS, ~told),
        kind=MailKind.WELCOME,
        host=host,
        now=now,
        cycle_id=cycle.id,
        revision=cycle.revision,
        expires_at=last,
    )


def welcomed(session: Session, *, told: Collection[int]) -> int:
    """How many the first publication of a cycle would tell beside these. One query."""
    asked = session.scalars(sa.select(Participant.id).where(ASKED_FOR_NEWS))
    return len(set(asked) - set(told))


def _last_start(cycle: Cycle, now: datetime) -> sa.Select[datetime]:
    """When the last webinar that is to come begins."""
    return sa.select(sa.func.max(Webinar.starts_at)).where(
        Webinar.cycle_id == cycle.id,
        Webinar.status == WebinarStatus.SCHEDULED,
        Webinar.starts_at > now,
    )


def why_not(session: Session, *, mail: OutboxMail, now: datetime) -> str | None:
    """The reason for which a welcome must not leave after all, from the present truth."""
    person, cycle = mail.participant, mail.cycle
    if person is None or person.news_since is None or person.proven_at is None:
        return STOPPED
    if cycle is None or session.scalar(_last_start(cycle, now)) is None:
        return NOTHING_TO_COME
    return None
