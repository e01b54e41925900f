"""What comes next on a theme: from its webinars through the three steps, and to the next one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.library import ResourceView, StepGroup, by_step
from webinars.domain.neighbours import step_nearby
from webinars.domain.programme import Life, WebinarView
from webinars.models import Cycle, Replay, Step, Theme, Webinar, WebinarStatus


@dataclass(frozen=True, slots=True)
class NextWebinar:
    """The next webinar to come on the same theme, of whatever cycle, else the one that followed.

    Its start is UTC.
    """

    cycle_slug: str
    slug: str
    title: str
    starts_at: datetime
    zone: str
    begun: bool
    """It is past its start: there is none to come."""
    has_replay: bool


@dataclass(frozen=True, slots=True)
class NextStep:
    """The resource with which a theme goes on."""

    resource: ResourceView
    neighbouring: bool = False
    """It is of the closest theme that has such a step: this one has none."""


def next_step(
    session: Session, theme: Theme, *, kit: Iterable[ResourceView], after: Step | None
) -> NextStep | None:
    """The next step of a theme, or of a neighbouring one where its own resources have none.

    No query, or two.
    """
    resources = list(kit)
    own = next_by_step(by_step(resources), after=after)
    if own:
        return NextStep(own)
    near = step_nearby(session, theme, kit=resources, after=after)
    return NextStep(near, neighbouring=True) if near else None


def around(
    webinars: Sequence[WebinarView], *, now: datetime
) -> tuple[WebinarView | None, WebinarView | None]:
    """The latest of these that is over, and the next that is to come; those that take place."""
    standing = sorted((w for w in webinars if not w.cancelled), key=lambda one: one.starts_at)
    over = [webinar for webinar in standing if webinar.life is Life.AFTER]
    coming = [webinar for webinar in standing if webinar.starts_at > now]
    return (over[-1] if over else None), (coming[0] if coming else None)


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
    session: Session, themes: Sequence[str], *, after: datetime, now: datetime
) -> NextWebinar | None:
    """The first webinar on one of these themes that is to come and begins after an instant.

    Where none is to come, the first after that instant, with what is left of it. One query.
    """
    begun = Webinar.starts_at <= now
    row = session.execute(
        sa.select(
            Cycle.slug,
            Webinar.slug,
            Webinar.title,
            Webinar.starts_at,
            Cycle.zone,
            begun,
            Replay.online_at.is_not(None),
        )
        .join(Cycle)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(
            Cycle.revision > 0,
            Webinar.theme_slug.in_(themes),
            Webinar.starts_at > after,
            Webinar.status != WebinarStatus.CANCELLED,
        )
        .order_by(begun, Webinar.starts_at, Webinar.id)
        .limit(1)
    ).first()
    return None if row is None else NextWebinar(*row)
