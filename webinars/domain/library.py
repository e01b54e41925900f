"""Themes and resources as the public pages show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only, selectinload

from webinars.domain.programme import CycleView, ThemeView, WebinarView, theme_view
from webinars.i18n import upper_first
from webinars.models import EntryPoint, Resource, Step, Theme, resource_themes


class Dated(Protocol):
    """A resource, or a row with what its line says of it."""

    @property
    def kind(self) -> str:
        """In its own words."""

    @property
    def publishers(self) -> Sequence[str]:
        """None, if none is known."""

    @property
    def year(self) -> int | None:
        """Of the current version."""

    @property
    def edition(self) -> str | None:
        """The printed form of the date, where it is not a plain one."""


def facts_line(resource: Dated) -> str:
    """«Guide, Le RAMEAU, 2015»: what a list says of a resource beside its title."""
    date = str(resource.year) if resource.year else resource.edition
    said = (upper_first(resource.kind), *resource.publishers, date)
    return ", ".join(one for one in said if one)


@dataclass(frozen=True, slots=True)
class ResourceView:
    """A resource as a line of a list shows it."""

    slug: str
    title: str
    kind: str
    publishers: Sequence[str]
    audience: Sequence[str]
    year: int | None
    edition: str | None
    step: Step | None
    entry_point: EntryPoint | None
    section: str | None
    url: str | None
    forthcoming: bool
    themes: tuple[ThemeView, ...]

    @property
    def facts(self) -> str:
        """What its line says beside the title."""
        return facts_line(self)


_LINE = (
    Resource.slug,
    Resource.title,
    Resource.kind,
    Resource.publishers,
    Resource.audience,
    Resource.year,
    Resource.edition,
    Resource.step,
    Resource.entry_point,
    Resource.section,
    Resource.url,
    Resource.forthcoming,
)
"""In the order of ``ResourceView``."""
AS_LINES = (load_only(*_LINE, raiseload=True), selectinload(Resource.themes))
"""What ``resource_view`` reads, and no more."""


@dataclass(frozen=True, slots=True)
class EntryPointGroup:
    """The resources of one entry point; None gathers those that have none."""

    entry_point: EntryPoint | None
    resources: tuple[ResourceView, ...]

    @property
    def sections(self) -> tuple[tuple[str | None, tuple[ResourceView, ...]], ...]:
        """By printed sub-heading, each as it follows the one before."""
        return tuple(
            (section, tuple(resources))
            for section, resources in groupby(self.resources, key=lambda one: one.section)
        )


@dataclass(frozen=True, slots=True)
class StepGroup:
    """The resources of one step, by entry point; None gathers those that have no step."""

    step: Step | None
    entry_points: tuple[EntryPointGroup, ...]

    @property
    def count(self) -> int:
        """How many resources."""
        return sum(len(group.resources) for group in self.entry_points)


def resource_view(resource: Resource) -> ResourceView:
    """A resource whose themes are loaded."""
    return ResourceView(
        slug=resource.slug,
        title=resource.title,
        kind=resource.kind,
        publishers=resource.publishers,
        audience=resource.audience,
        year=resource.year,
        edition=resource.edition,
        step=resource.step,
        entry_point=resource.entry_point,
        section=resource.section,
        url=resource.url,
        forthcoming=resource.forthcoming,
        themes=tuple(theme_view(theme) for theme in resource.themes),
    )


def resources_of(session: Session, theme: Theme) -> tuple[ResourceView, ...]:
    """The kit of a theme, in the library's order. Two queries.

    Plain rows: a kit may hold hundreds, and each costs a third of what it costs as an object.
    """
    mine = resource_themes.c.theme_id == theme.id
    rows: Sequence[Any] = session.execute(
        sa.select(Resource.id, *_LINE)
        .join(resource_themes, resource_themes.c.resource_id == Resource.id)
        .where(mine)
        .order_by(Resource.position)
    ).all()
    pairs = session.execute(
        sa.select(resource_themes.c.resource_id, Theme)
        .join(Theme, Theme.id == resource_themes.c.theme_id)
        .where(
            resource_themes.c.resource_id.in_(sa.select(resource_themes.c.resource_id).where(mine))
        )
        .order_by(Theme.position)
    )
    views: dict[int, ThemeView] = {}
    themes: defaultdict[int, list[ThemeView]] = defaultdict(list)
    for resource_id, one in pairs:
        themes[resource_id].append(views.get(one.id) or views.setdefault(one.id, theme_view(one)))
    return tuple(ResourceView(*(*line, tuple(themes[id_]))) for (id_, *line) in rows)


def by_step(resources: Iterable[ResourceView]) -> tuple[StepGroup, ...]:
    """The three steps in their order, each by entry point; those without a step last."""
    everything = list(resources)
    groups = [
        StepGroup(step, _by_entry_point([r for r in everything if r.step is step])) for step in Step
    ]
    without = [r for r in everything if r.step is None]
    if without:
        groups.append(StepGroup(None, _by_entry_point(without)))
    return tuple(groups)


def _by_entry_point(resources: Sequence[ResourceView]) -> tuple[EntryPointGroup, ...]:
    order: list[EntryPoint | None] = [*EntryPoint, None]
    groups = (
        EntryPointGroup(entry, tuple(r for r in resources if r.entry_point is entry))
        for entry in order
    )
    return tuple(group for group in groups if group.resources)


def all_themes(session: Session) -> tuple[ThemeView, ...]:
    """Every theme, in the library's order."""
    return tuple(
        theme_view(theme) for theme in session.scalars(sa.select(Theme).order_by(Theme.position))
    )


def webinars_on(cycles: Iterable[CycleView], themes: set[str]) -> tuple[WebinarView, ...]:
    """The webinars on these themes, over all cycles, the latest first."""
    found = (
        webinar
        for cycle in cycles
        for webinar in cycle.webinars
        if webinar.theme and webinar.theme.slug in themes
    )
    return tuple(sorted(found, key=lambda webinar: webinar.starts_at, reverse=True))
