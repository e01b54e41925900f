"""Which webinar answers a wish is said by its address; a drafted one may get another, or go."""

import uuid
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import wish_trail
from webinars.models import AuditAct, Cycle, Wish


def follow(session: Session, *, cycle: Cycle, was: str, now: str) -> None:
    """What a webinar answered it answers at its new address, too."""
    hold(session, cycle=cycle, slug=was)
    here = _answered_by(cycle, was)
    session.execute(sa.update(Wish).where(here).values(planned_slug=now))


def hold(session: Session, *, cycle: Cycle, slug: str, wanted: uuid.UUID | None = None) -> None:
    """Lock what a webinar answers, and this ``wanted`` one, in the order in which a merge does."""
    session.execute(
        sa.select(Wish.id)
        .where(sa.or_(_answered_by(cycle, slug), Wish.public_id == wanted))
        .order_by(Wish.id)
        .with_for_update()
    )


def hold_all(session: Session, *, cycle: Cycle, numbers: Collection[int] = ()) -> None:
    """Lock what a cycle answers, and these or what they became part of, in the same order."""
    became = sa.select(sa.func.coalesce(Wish.merged_into_id, Wish.id)).where(Wish.id.in_(numbers))
    session.execute(
        sa.select(Wish.id)
        .where(sa.or_(Wish.planned_cycle_id == cycle.id, Wish.id.in_(became)))
        .order_by(Wish.id)
        .with_for_update()
    )


def free(
    session: Session,
    *,
    cycle: Cycle,
    slugs: Collection[str],
    since: int | None = None,
    actor: str,
    now: datetime,
) -> dict[str, list[int]]:
    """What these webinars answer is wished for again; the wishes, by the webinar's address.

    ``since``: only what is told with this publication, or a later one.
    """
    if not slugs:
        return {}
    asked = (
        sa.select(Wish)
        .where(Wish.planned_cycle_id == cycle.id, Wish.planned_slug.in_(slugs))
        .order_by(Wish.id)  # all are held before the site's state, in the order of a merge
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if since is not None:
        asked = asked.where(Wish.planned_revision >= since)
    freed: dict[str, list[int]] = {}
    for wish in session.scalars(asked).all():
        freed.setdefault(wish.planned_slug or "", []).append(wish.id)
        forget(session, wish, actor=actor, now=now)
    return freed


def forget(session: Session, wish: Wish, *, actor: str, now: datetime) -> None:
    """No webinar answers it any more. The caller holds it."""
    before = wish_trail.noted(session, wish)
    wish.planned_cycle_id = wish.planned_slug = wish.planned_revision = None
    act = AuditAct.WISH_UNPLANNED
    wish_trail.record(session, act, wish, before, actor=actor, now=now)


def _answered_by(cycle: Cycle, slug: str) -> sa.ColumnElement[bool]:
    return sa.and_(Wish.planned_cycle_id == cycle.id, Wish.planned_slug == slug)
