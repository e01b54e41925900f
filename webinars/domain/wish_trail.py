"""Acts on wishes in the trail: each names the wish by its number, and no word of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.models import AuditAct, Cycle, Wish


def noted(session: Session, wish: Wish) -> dict[str, Any]:
    """What the trail keeps of it: where it stands, and the webinar that answers it."""
    slug = session.scalar(sa.select(Cycle.slug).where(Cycle.id == wish.planned_cycle_id))
    planned = f"{slug}/{wish.planned_slug}" if slug else None
    return {"state": wish.state.value} | ({"planned": planned} if planned else {})


def record(
    session: Session,
    act: AuditAct,
    wish: Wish,
    before: dict[str, Any],
    *,
    actor: str,
    now: datetime,
    cycle_id: int | None = None,
    slug: str | None = None,
    into: int | None = None,
) -> None:
    """One act on a wish that was ``before`` as noted; its page is made anew."""
    after = noted(session, wish)
    if into is not None:
        after["into"] = str(into)
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=cycle_id,
        slugs=[slug] if slug else [],
        subject=str(wish.id),
        before=before,
        after=after,
    )
    site.touch(session, now=now)
    session.flush()
