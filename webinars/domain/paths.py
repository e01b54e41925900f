"""What comes before and after: on a theme, through its three steps, in its kit, in a cycle."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webinars.domain.library import ResourceView, StepGroup, by_step
from webinars.domain.neighbours import step_nearby, themes_beside
from webinars.domain.programme import (
    CycleView,
    Life,
    Named,
    ThemeView,
    WebinarView,
    beside,
    theme_view,
)
from webinars.models import (
    Cycle,
    EntryPoint,
    Replay,
    Resource,
    Step,
    Theme,
    Webinar,
    WebinarStatus,
    resource_themes,
)


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


@dataclass(frozen=True, slots=True)
class InCycle:
    """A webinar of a theme between those that its cycle has before and after it."""

    webinar: WebinarView
    previous: WebinarView | None
    following: WebinarView | None


@dataclass(frozen=True, slots=True)
class InKit:
    """A resource between those before and after it in the kit of its theme."""

    theme: ThemeView
    position: int
    """From 1, in the order in which the kit is printed."""
    count: int
    previous: Named | None
    following: Named | None


def in_cycle(cycles: Iterable[CycleView], webinars: Iterable[WebinarView]) -> InCycle | None:
    """Where these webinars stand in the year: the first that is not over, else the latest.

    None where none of them takes place.
    """
    standing = sorted((w for w in webinars if not w.cancelled), key=lambda one: one.starts_at)
    if not standing:
        return None
    webinar = next((one for one in standing if one.life is not Life.AFTER), standing[-1])
    (cycle,) = (one for one in cycles if one.slug == webinar.cycle_slug)
    return InCycle(webinar, *beside(cycle, webinar))


def in_kit(session: Session, *, resource: Resource) -> InKit | None:
    """Where a resource stands in the kit of its first theme; None if it has none. One query."""
    if not resource.themes:
        return None
    theme = resource.themes[0]
    printed = (
        _rank(Resource.step, list(Step)),
        _rank(Resource.entry_point, list(EntryPoint)),
        Resource.position,
        Resource.id,
    )
    kit = (
        sa.select(
            Resource.id,
            sa.func.row_number().over(order_by=printed).label("position"),
            sa.func.count().over().label("number"),
            sa.func.lag(Resource.slug).over(order_by=printed).label("before"),
            sa.func.lag(Resource.title).over(order_by=printed).label("before_title"),
            sa.func.lead(Resource.slug).over(order_by=printed).label("after"),
            sa.func.lead(Resource.title).over(order_by=printed).label("after_title"),
        )
        .join(resource_themes, resource_themes.c.resource_id == Resource.id)
        .where(resource_themes.c.theme_id == theme.id)
        .subquery()
    )
    place = session.execute(sa.select(kit).where(kit.c.id == resource.id)).one()
    return InKit(
        theme_view(theme),
        position=place.position,
        count=place.number,
        previous=Named(place.before, place.before_title) if place.before else None,
        following=Named(place.after, place.after_title) if place.after else None,
    )


@dataclass(frozen=True, slots=True)
class FirstStep:
    """The resource with which a theme begins, as a link to it."""

    slug: str
    title: str
    step: Step
    neighbouring: bool = False
    """As in ``NextStep``."""


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
    near = step_nearby(session, theme, beside=themes_beside(theme, resources), after=after)
    return NextStep(near, neighbouring=True) if near else None


def first_steps(session: Session, themes: Collection[str]) -> dict[str, FirstStep]:
    """With what each of these themes begins, as ``next_step`` says it, without their kits.

    One query, and two for each theme that begins with a neighbouring one.
    """
    turn = sa.func.row_number().over(
        partition_by=resource_themes.c.theme_id,
        order_by=(
            _rank(Resource.step, list(Step)),
            sa.case((Resource.forthcoming, 1), else_=0),
            _rank(Resource.entry_point, list(EntryPoint)),
            Resource.position,
        ),
    )
    own = (
        sa.select(
            resource_themes.c.theme_id,
            Resource.slug,
            Resource.title,
            Resource.step,
            turn.label("turn"),
        )
        .join(Resource, Resource.id == resource_themes.c.resource_id)
        .join(Theme, Theme.id == resource_themes.c.theme_id)
        .where(Theme.slug.in_(themes), Resource.step.is_not(None))
        .subquery()
    )
    rows = session.execute(
        sa.select(Theme, own.c.slug, own.c.title, own.c.step)
        .outerjoin(own, sa.and_(own.c.theme_id == Theme.id, own.c.turn == 1))
        .where(Theme.slug.in_(themes))
    ).all()
    found = {}
    for theme, slug, title, step in rows:
        if slug is not None:
            found[theme.slug] = FirstStep(slug, title, step)
        elif near := step_nearby(session, theme, beside=_beside(theme), after=None):
            assert near.step is not None
            found[theme.slug] = FirstStep(near.slug, near.title, near.step, neighbouring=True)
    return found


def _beside(theme: Theme) -> sa.Select[str]:
    mine = sa.select(resource_themes.c.resource_id).where(resource_themes.c.theme_id == theme.id)
    other = aliased(Theme)
    return (
        sa.select(other.slug)
        .join(resource_themes, resource_themes.c.theme_id == other.id)
        .where(resource_themes.c.resource_id.in_(mine), other.id != theme.id)
    )


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


def _rank(column: InstrumentedAttribute[Any], order: Sequence[Any]) -> sa.ColumnElement[int]:
    """Its place in an order; what has none comes last."""
    ranks = {value: number for number, value in enumerate(order)}
    return sa.case(ranks, value=column, else_=len(ranks))
