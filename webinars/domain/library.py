"""Themes and resources as the public pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.errors import NotFound
from webinars.domain.programme import (
    Moment,
    ThemeView,
    WebinarView,
    published_cycles,
    theme_view,
)
from webinars.models import EntryPoint, Resource, Step, Theme


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


@dataclass(frozen=True, slots=True)
class EntryPointGroup:
    """The resources of one entry point; None gathers those that have none."""

    entry_point: EntryPoint | None
    resources: tuple[ResourceView, ...]


@dataclass(frozen=True, slots=True)
class StepGroup:
    """The resources of one step, by entry point; None gathers those that have no step."""

    step: Step | None
    entry_points: tuple[EntryPointGroup, ...]

    @property
    def count(self) -> int:
        """How many resources."""
        return sum(len(group.resources) for group in self.entry_points)


@dataclass(frozen=True, slots=True)
class ThemePage:
    """A theme: its questions, its webinars, its resources in the three steps."""

    theme: ThemeView
    questions: Sequence[str]
    platform_answers: Sequence[str]
    webinars: tuple[WebinarView, ...]
    steps: tuple[StepGroup, ...]
    """Always the three steps in their order, then those without, if any."""
    resource_count: int


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """One resource with everything it says of itself."""

    resource: ResourceView
    partners: Sequence[str]
    authors: Sequence[str]
    other_titles: Sequence[str]
    month: int | None
    part_of: ResourceView | None
    webinars: tuple[WebinarView, ...]
    """Those of its themes."""


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


def theme_page(session: Session, *, slug: str, moment: Moment) -> ThemePage:
    """One theme. Raises NotFound."""
    theme = session.scalar(
        sa.select(Theme)
        .where(Theme.slug == slug)
        .options(selectinload(Theme.resources).selectinload(Resource.themes))
    )
    if theme is None:
        raise NotFound(slug)
    return ThemePage(
        theme=theme_view(theme),
        questions=theme.questions,
        platform_answers=theme.platform_answers,
        webinars=_webinars_of(session, {slug}, moment),
        steps=by_step(resource_view(resource) for resource in theme.resources),
        resource_count=len(theme.resources),
    )


def resource_page(session: Session, *, slug: str, moment: Moment) -> ResourcePage:
    """One resource. Raises NotFound."""
    resource = session.scalar(
        sa.select(Resource).where(Resource.slug == slug).options(selectinload(Resource.themes))
    )
    if resource is None:
        raise NotFound(slug)
    whole = (
        session.scalar(
            sa.select(Resource)
            .where(Resource.slug == resource.part_of)
            .options(selectinload(Resource.themes))
        )
        if resource.part_of
        else None
    )
    return ResourcePage(
        resource=resource_view(resource),
        partners=resource.partners,
        authors=resource.authors,
        other_titles=resource.other_titles,
        month=resource.month,
        part_of=resource_view(whole) if whole else None,
        webinars=_webinars_of(session, {theme.slug for theme in resource.themes}, moment),
    )


def _webinars_of(session: Session, slugs: set[str], moment: Moment) -> tuple[WebinarView, ...]:
    """The webinars on these themes, over all cycles, the latest first."""
    return tuple(
        sorted(
            (
                webinar
                for cycle in published_cycles(session, moment=moment)
                for webinar in cycle.webinars
                if webinar.theme and webinar.theme.slug in slugs
            ),
            key=lambda webinar: webinar.starts_at,
            reverse=True,
        )
    )
