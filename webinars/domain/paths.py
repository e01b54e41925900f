"""What comes next on a theme: from its webinars through the three steps, and to the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.library import ResourceView, StepGroup
from webinars.models import Cycle, Step, Webinar, WebinarStatus


@dataclass(frozen=True, slots=True)
class NextWebinar:
    """The next webinar on the same theme, of whatever cycle. Its start is UTC."""

    cycle_slug: str
    slug: str
    title: str
    starts_at: datetime
    zone: str


def next_by_step(kit: Iterable[StepGroup], *, after: Step | None) -> ResourceView | None:
    """The first resource of the next step that holds one; ``after`` None is before the first.

    What can be read already goes before what is only announced.
    """
    order = list(Step)
    begun = -1 if after is None else order.index(after)
    for group in kit:
        if group.step is None or order.index(group.step) <= begun:
            continue
        resources = [resource for entry in group.entry_points for resource in entry.resources]
        ready = [resource for resource in resources if not resource.forthcoming]
        if ready or resources:
            return (ready or resources)[0]
    return None


def next_on_themes(
    session: Session, themes: Sequence[str], *, after: datetime
) -> NextWebinar | None:
    """The first webinar on one of these themes that begins after an instant. One query."""
    row = session.execute(
        sa.select(Cycle.slug, Webinar.slug, Webinar.title, Webinar.starts_at, Cycle.zone)
        .join(Cycle)
        .where(
            Cycle.revision > 0,
            Webinar.theme_slug.in_(themes),
            Webinar.starts_at > after,
            Webinar.status != WebinarStatus.CANCELLED,
        )
        .order_by(Webinar.starts_at, Webinar.id)
        .limit(1)
    ).first()
    return None if row is None else NextWebinar(*row)
