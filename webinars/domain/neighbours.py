"""Resources close to another one or to a theme that lacks some: by shared themes and by step."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.library import AS_LINES, ResourceView, resource_view
from webinars.domain.programme import ThemeView, theme_view
from webinars.models import Resource, Step, Theme, resource_themes

MOST = 6
"""Neighbours that a page shows."""
THIN = 4
"""A theme with fewer resources than this is filled with neighbours."""
LENT = 3
"""Neighbours that fill an empty step of a theme that has enough resources."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A resource and what makes it one that is close."""

    resource: ResourceView
    same_theme: bool
    same_step: bool


@dataclass(frozen=True, slots=True)
class ThemeNeighbour:
    """A resource of another theme that fills a thin one or an empty step of one."""

    resource: ResourceView
    theme: ThemeView
    """Its theme that makes it close."""
    shared: bool
    """A resource of the theme that is filled is on it too; else it is near in their order."""


def neighbours_of_resource(session: Session, resource: Resource) -> tuple[Neighbour, ...]:
    """Those of its themes and of its step first, then of its themes, then of its step.

    Its whole and its parts are none: they are shown as what they are. Two queries.
    """
    common = (
        sa.select(resource_themes.c.resource_id, sa.func.count().label("number"))
        .where(resource_themes.c.theme_id.in_([theme.id for theme in resource.themes]))
        .group_by(resource_themes.c.resource_id)
        .subquery()
    )
    shared = sa.func.coalesce(common.c.number, 0)
    step = _flag(Resource.step == resource.step) if resource.step else sa.literal(0)
    entry = _flag(Resource.entry_point == resource.entry_point)
    rows = session.execute(
        sa.select(Resource, shared, step)
        .outerjoin(common, common.c.resource_id == Resource.id)
        .where(
            Resource.id != resource.id,
            sa.or_(shared > 0, step == 1),
            sa.or_(Resource.part_of.is_(None), Resource.part_of != resource.slug),
            Resource.slug != (resource.part_of or ""),
        )
        .order_by(
            (_flag(shared > 0) * 2 + step).desc(),
            shared.desc(),
            (entry if resource.entry_point else sa.literal(0)).desc(),
            sa.func.abs(Resource.position - resource.position),
            Resource.id,
        )
        .limit(MOST)
        .options(*AS_LINES)
    )
    return tuple(Neighbour(resource_view(row), count > 0, bool(same)) for row, count, same in rows)


def neighbours_of_theme(
    session: Session, theme: Theme, *, kit: Iterable[ResourceView]
) -> tuple[ThemeNeighbour, ...]:
    """What stands closest to a theme that has few resources, or none in one of the steps.

    First one for each step that the kit leaves empty; then what shares another theme with the
    resources of the kit; then more for those steps, each in its turn. What is nearest in the
    order of themes goes first. Of a kit that has enough resources the empty steps alone are
    filled, and none where nothing of it has a step: it is arranged by something else. Two
    queries, and one for the themes; none for a kit that lacks nothing.
    """
    mine = list(kit)
    enough = len(mine) >= THIN
    missing = set(Step) - {resource.step for resource in mine}
    if enough and (not missing or missing == set(Step)):
        return ()
    other_themes = themes_beside(theme, mine)
    without = [resource.slug for resource in mine]
    rows = session.scalars(
        _closest(
            theme, other_themes=other_themes, missing=missing, without=without, only_them=enough
        )
    ).all()
    found = {
        resource.id: resource
        for resource in session.scalars(
            sa.select(Resource).where(Resource.id.in_(rows)).options(*AS_LINES)
        )
    }
    return tuple(_of_theme(found[id_], theme, other_themes=other_themes) for id_ in rows)


def _closest(
    theme: Theme,
    *,
    other_themes: set[str],
    missing: set[Step],
    without: list[str],
    only_them: bool,
) -> sa.Select[int]:
    close = (
        sa.select(
            Resource.id,
            Resource.step,
            Resource.position,
            sa.func.sum(_flag(Theme.slug.in_(other_themes))).label("shared"),
            sa.func.min(sa.func.abs(Theme.position - theme.position)).label("away"),
        )
        .join(Resource.themes)
        .where(Resource.slug.not_in(without))
        .where(Resource.step.in_(missing) if only_them else sa.true())
        .group_by(Resource.id)
        .subquery()
    )
    order = (close.c.shared.desc(), close.c.away, close.c.position, close.c.id)
    of_step = sa.func.row_number().over(partition_by=close.c.step, order_by=order)
    shares = _flag(close.c.shared > 0)
    fills = close.c.step.in_(missing)
    turn = sa.func.row_number().over(partition_by=(shares, close.c.step), order_by=order)
    ranked = sa.select(
        close,
        of_step.label("of_step"),
        _flag(sa.and_(fills, of_step == 1)).label("first"),
        shares.label("shares"),
        _flag(fills).label("fills"),
        turn.label("turn"),
    ).subquery()
    row = ranked.c
    return (
        sa.select(row.id)
        .where(row.of_step <= LENT if only_them else sa.true())
        .order_by(
            row.first.desc(),
            row.shares.desc(),
            row.fills.desc(),
            row.turn,
            row.shared.desc(),
            row.away,
            row.position,
            row.id,
        )
        .limit(MOST)
    )


def _of_theme(resource: Resource, theme: Theme, *, other_themes: set[str]) -> ThemeNeighbour:
    by_distance = sorted(resource.themes, key=lambda one: abs(one.position - theme.position))
    shared = [one for one in by_distance if one.slug in other_themes]
    return ThemeNeighbour(
        resource_view(resource), theme_view((shared or by_distance)[0]), bool(shared)
    )


def themes_beside(theme: Theme, kit: Iterable[ResourceView]) -> set[str]:
    """The slugs of the other themes that its resources have."""
    return {one.slug for resource in kit for one in resource.themes} - {theme.slug}


def step_nearby(
    session: Session,
    theme: Theme,
    *,
    beside: Collection[str] | sa.Select[str],
    after: Step | None,
) -> ResourceView | None:
    """A resource of a later step on the closest other theme; ``after`` None is before the first.

    First what is on a theme ``beside``, which resources of this one have too, then what is nearest
    in the order of themes; there the first step, and what can be read before what is only
    announced.
    One query, and one for its themes.
    """
    order = list(Step)
    later = order if after is None else order[order.index(after) + 1 :]
    of_theme = Resource.themes.any(Theme.id == theme.id)
    found = session.scalar(
        sa.select(Resource)
        .join(Resource.themes)
        .where(Resource.step.in_(later), ~of_theme)
        .group_by(Resource.id)
        .order_by(
            sa.func.max(_flag(Theme.slug.in_(beside))).desc(),
            sa.func.min(sa.func.abs(Theme.position - theme.position)),
            sa.case({step: number for number, step in enumerate(order)}, value=Resource.step),
            _flag(Resource.forthcoming.is_(True)),
            Resource.position,
            Resource.id,
        )
        .limit(1)
        .options(*AS_LINES)
    )
    return resource_view(found) if found else None


def _flag(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """1 or 0: what an order can be made of on both databases."""
    return sa.case((condition, 1), else_=0)
