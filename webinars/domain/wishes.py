"""Wishes for themes: proposed and supported from one's own page, public once organisers say so."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import insert_into, inserted
from webinars.domain.errors import DomainError, NotFound
from webinars.models import Participant, Wish, WishState, WishSupport

MOST_TITLE = 120
MOST_WHY = 1000
MOST_WAITING = 3
"""Wishes of one person that nobody has looked at yet."""


class TooManyWishes(DomainError):
    """They have proposed enough for now: some of it must be looked at first."""


class SameWish(DomainError):
    """They have proposed exactly this already."""


def propose(
    session: Session, *, participant: Participant, title: str, why: str | None, now: datetime
) -> Wish:
    """Keep a wish, to be looked at; who proposes it supports it.

    The caller holds the lock of the participant's row. Raises TooManyWishes, SameWish.
    """
    theirs = session.execute(
        sa.select(Wish.title, Wish.state).where(Wish.participant_id == participant.id)
    ).all()
    if title.lower().split() in [known.lower().split() for known, _ in theirs]:
        raise SameWish(title)
    if sum(state is WishState.WAITING for _, state in theirs) >= MOST_WAITING:
        raise TooManyWishes
    wish = Wish(
        participant_id=participant.id,
        title=title,
        why=why,
        state=WishState.WAITING,
        proposed_at=now,
    )
    session.add(wish)
    session.flush()
    add_support(session, wish_id=wish.id, participant_id=participant.id)
    return wish


def support(session: Session, *, participant: Participant, public_id: uuid.UUID) -> bool:
    """Support a public wish; whether they did not yet.

    One that was put together with another is supported there. The caller holds the lock of the
    participant's row. Raises NotFound.
    """
    wish = _public(session, public_id)
    return add_support(session, wish_id=wish.id, participant_id=participant.id)


def unsupport(session: Session, *, participant: Participant, public_id: uuid.UUID) -> bool:
    """Support it no longer; whether they did. The same lock. Raises NotFound."""
    wish = _public(session, public_id)
    theirs = session.get(WishSupport, (wish.id, participant.id))
    if theirs is None:
        return False
    session.delete(theirs)
    session.flush()
    return True


def add_support(session: Session, *, wish_id: int, participant_id: int) -> bool:
    """One row, whoever else writes the same at the same time: the key decides."""
    new = insert_into(session, WishSupport).values(wish_id=wish_id, participant_id=participant_id)
    return bool(inserted(session, new.on_conflict_do_nothing()))


def _public(session: Session, public_id: uuid.UUID) -> Wish:
    """The public wish that this one is, or became part of; it stays so until the end.

    Shared: people support one wish at the same time, and only a merge waits for them.
    """
    asked = sa.select(sa.func.coalesce(Wish.merged_into_id, Wish.id)).where(
        Wish.public_id == public_id
    )
    while True:
        found = session.scalar(
            sa.select(Wish)
            .where(Wish.id == asked.scalar_subquery())
            .with_for_update(read=True)
            .execution_options(populate_existing=True)
        )
        if found is None or found.state not in (WishState.PUBLIC, WishState.MERGED):
            raise NotFound(public_id)
        if found.state is WishState.PUBLIC:
            return found
        # It was merged while its lock was waited for: look where it is now.
