"""A publication after it was done."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.models import Change, Cycle, MailKind, MailState, OutboxMail


@dataclass(frozen=True, slots=True)
class Done:
    """What one publication did, and how far its mails are."""

    revision: int
    webinars: int
    """That it touched."""
    mails: int
    """Notices that it owes, one a person."""
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
    states = session.execute(
        sa.select(OutboxMail.state, sa.func.count())
        .where(
            OutboxMail.kind.in_((MailKind.CHANGE_NOTICE, MailKind.PLANNED, MailKind.WELCOME)),
            OutboxMail.cycle_id == cycle_id,
            OutboxMail.revision == revision,
        )
        .group_by(OutboxMail.state)
    ).all()
    return Done(
        revision=revision,
        webinars=touched or 0,
        mails=sum(count for _, count in states),
        left=sum(count for state, count in states if state is MailState.SENT),
    )
