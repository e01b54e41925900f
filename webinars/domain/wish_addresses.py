"""Which webinar answers a wish is said by its address; a drafted one may get another."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import Cycle, Wish


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


def _answered_by(cycle: Cycle, slug: str) -> sa.ColumnElement[bool]:
    return sa.and_(Wish.planned_cycle_id == cycle.id, Wish.planned_slug == slug)
