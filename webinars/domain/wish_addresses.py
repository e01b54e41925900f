"""Which webinar answers a wish is said by its address; a drafted one may get another."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import Cycle, Wish


def follow(session: Session, *, cycle: Cycle, was: str, now: str) -> None:
    """What a webinar answered it answers at its new address, too."""
    here = sa.and_(Wish.planned_cycle_id == cycle.id, Wish.planned_slug == was)
    session.execute(sa.update(Wish).where(here).values(planned_slug=now))
