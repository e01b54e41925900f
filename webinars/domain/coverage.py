"""Themes x steps: which kits lack a webinar, which webinars lack a kit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.planning import draft_plan, find_cycle
from webinars.domain.programme import ThemeView, theme_view
from webinars.models import Resource, Step, Theme, WebinarStatus, resource_themes


@dataclass(frozen=True, slots=True)
class WebinarOn:
    """A webinar of the cycle, by what its organisers have drafted."""

    slug: str
    title: str
    starts_at: datetime
    """UTC."""
    zone: str


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """A theme with its kit, counted by step, and its webinars in this cycle."""

    theme: ThemeView
    by_step: Mapping[Step | None, int]
    """None counts the resources without a step."""
    webinars: tuple[WebinarOn, ...]

    @property
    def resources(self) -> int:
        """The whole kit."""
        return sum(self.by_step.values())


@dataclass(frozen=True, slots=True)
class Coverage:
    """One cycle against the library."""

    slug: str
    title: str
    themes: tuple[ThemeRow, ...]
    without_theme: tuple[WebinarOn, ...]
    unknown: tuple[tuple[str, WebinarOn], ...]
    """Webinars on a theme that the library does not have: its slug."""

    @property
    def kits_without_webinar(self) -> tuple[ThemeRow, ...]:
        """Themes with resources that no webinar of the cycle is on."""
        return tuple(row for row in self.themes if row.resources and not row.webinars)

    @property
    def webinars_without_kit(self) -> tuple[WebinarOn, ...]:
        """Webinars on a theme that has no resource."""
        bare = [one for row in self.themes if not row.resources for one in row.webinars]
        return (*bare, *(one for _, one in self.unknown))


def coverage(session: Session, *, cycle_slug: str) -> Coverage:
    """The coverage of the drafted year. Raises NotFound. Five queries, whatever the size."""
    cycle = find_cycle(session, slug=cycle_slug)
    plan = draft_plan(cycle)
    themes = session.scalars(sa.select(Theme).order_by(Theme.position)).all()
    known = {theme.slug for theme in themes}
    on: dict[str, list[WebinarOn]] = {}
    without: list[WebinarOn] = []
    for planned in plan.sessions:
        if planned.status is WebinarStatus.CANCELLED:
            continue
        one = WebinarOn(planned.slug, planned.title, plan.start_of(planned), plan.zone)
        (on.setdefault(planned.theme, []) if planned.theme else without).append(one)
    kits = _kits(session)
    return Coverage(
        slug=cycle.slug,
        title=cycle.draft.title,
        themes=tuple(
            ThemeRow(theme_view(theme), kits.get(theme.id, {}), tuple(on.get(theme.slug, ())))
            for theme in themes
        ),
        without_theme=tuple(without),
        unknown=tuple(
            (slug, one) for slug, ones in on.items() if slug not in known for one in ones
        ),
    )


def _kits(session: Session) -> dict[int, dict[Step | None, int]]:
    found: dict[int, dict[Step | None, int]] = {}
    rows = session.execute(
        sa.select(resource_themes.c.theme_id, Resource.step, sa.func.count())
        .join(Resource, Resource.id == resource_themes.c.resource_id)
        .group_by(resource_themes.c.theme_id, Resource.step)
    )
    for theme_id, step, count in rows:
        found.setdefault(theme_id, {})[step] = count
    return found
