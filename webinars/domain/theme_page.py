"""The page of one theme: its questions, its webinars, its resources in the three steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.domain.library import StepGroup, by_step, resources_of, webinars_on
from webinars.domain.neighbours import ThemeNeighbour, neighbours_of_theme
from webinars.domain.paths import InCycle, NextStep, around, in_cycle, next_step
from webinars.domain.programme import (
    Moment,
    ThemeView,
    WebinarView,
    published_cycles,
    theme_view,
)
from webinars.models import Theme


@dataclass(frozen=True, slots=True)
class ThemePage:
    """A theme: its questions, its webinars, its resources in the three steps."""

    theme: ThemeView
    other_titles: Sequence[str]
    questions: Sequence[str]
    platform_answers: Sequence[str]
    webinars: tuple[WebinarView, ...]
    steps: tuple[StepGroup, ...]
    """Always the three steps in their order, then those without, if any."""
    resource_count: int
    neighbours: tuple[ThemeNeighbour, ...]
    """Of other themes, for the steps of this one, where it has few resources."""
    next_step: NextStep | None
    """Where to begin: the first resource of its first step that holds one."""
    latest_webinar: WebinarView | None
    next_webinar: WebinarView | None
    in_cycle: InCycle | None
    """The months before and after it, in the cycle of its webinar to come, else of its latest."""


def theme_page(session: Session, *, slug: str, moment: Moment) -> ThemePage:
    """One theme. Raises NotFound. At most ten queries."""
    theme = session.scalar(sa.select(Theme).where(Theme.slug == slug))
    if theme is None:
        raise NotFound(slug)
    resources = resources_of(session, theme)
    cycles = published_cycles(session, moment=moment)
    webinars = webinars_on(cycles, {slug})
    latest, coming = around(webinars, now=moment.now)
    return ThemePage(
        theme=theme_view(theme),
        other_titles=theme.other_titles,
        questions=theme.questions,
        platform_answers=theme.platform_answers,
        webinars=webinars,
        steps=by_step(resources),
        resource_count=len(resources),
        neighbours=neighbours_of_theme(session, theme, kit=resources),
        next_step=next_step(session, theme, kit=resources, after=None),
        latest_webinar=latest,
        next_webinar=coming,
        in_cycle=in_cycle(cycles, webinars),
    )
