"""A publication after it was done."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.models import Change, Cycle, MailKind, MailState, OutboxMail, Webinar

MADE = sa.select(sa.func.coalesce(sa.func.sum(Cycle.revision), 0))
"""How many publications the whole house has made: no clock has to agree for it to rise."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one publication did, and how far its mails are."""

    revision: int
    webinars: int
    """That it touched."""
    mails: int
    """That it owes: notices, and those of people who came to a place."""
    promoted: int
    """Who came from a waiting list to a place."""
    left: int
    """Of these, those that have left."""

    @property
    def can_be_reverted(self) -> bool:
        """It changed webinars."""
        return self.webinars > 0


def publication_done(session: Session, *, cycle_slug: str, revision: int) -> Done:
    """One publication of a cycle. Raises NotFound. Three queries."""
    cycle_id = session.scalar(
        sa.select(Cycle.id).where(Cycle.slug == cycle_slug, Cycle.revision >= revision)
    )
    if cycle_id is None or revision < 1:
        raise NotFound(str(revision))
    touched = session.scalar(
        sa.select(sa.func.count(Change.slug.distinct())).where(
            Change.cycle_id == cycle_id, Change.revision == revision
        )
    )
    counts = session.execute(
        sa.select(OutboxMail.kind, OutboxMail.state, sa.func.count())
        .where(sa.or_(_told(cycle_id, revision), _promoted(cycle_id, revision)))
        .group_by(OutboxMail.kind, OutboxMail.state)
    ).all()
    return Done(
        revision=revision,
        webinars=touched or 0,
        mails=sum(count for *_, count in counts),
        promoted=sum(count for kind, _, count in counts if kind is MailKind.PROMOTION),
        left=sum(count for _, state, count in counts if state is MailState.SENT),
    )


def _told(cycle_id: int, revision: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        OutboxMail.kind.in_((MailKind.CHANGE_NOTICE, MailKind.PLANNED, MailKind.WELCOME)),
        OutboxMail.cycle_id == cycle_id,
        OutboxMail.revision == revision,
    )


def _promoted(cycle_id: int, revision: int) -> sa.ColumnElement[bool]:
    """Mails of its webinars that were written in the instant of the publication."""
    instant = sa.select(sa.func.max(Change.published_at)).where(
        Change.cycle_id == cycle_id, Change.revision == revision
    )
    return sa.and_(
        OutboxMail.kind == MailKind.PROMOTION,
        OutboxMail.webinar_id.in_(sa.select(Webinar.id).where(Webinar.cycle_id == cycle_id)),
        OutboxMail.created_at == instant.scalar_subquery(),
    )
