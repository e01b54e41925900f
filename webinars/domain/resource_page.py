"""The page of one resource: what it says of itself, who speaks of it, what is close to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.errors import NotFound
from webinars.domain.library import AS_LINES, ResourceView, by_step, resource_view, webinars_on
from webinars.domain.neighbours import Neighbour, neighbours_of_resource, step_nearby
from webinars.domain.paths import InKit, NextStep, around, in_kit, next_by_step
from webinars.domain.programme import Life, Moment, WebinarView, published_cycles
from webinars.domain.question_resources import AskedOf, asked_of
from webinars.domain.search_words import folded
from webinars.domain.uploads import FileView, optional_view
from webinars.i18n import CONTENT_LANGUAGE, month_names
from webinars.models import (
    Chapter,
    Cycle,
    Reading,
    Replay,
    Resource,
    Step,
    Theme,
    Webinar,
    chapter_resources,
)

LEAST_OF_A_MONTH = 3
"""Letters of its name in an abbreviation: «déc.»."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A chapter of a replay that mentions the resource."""

    webinar: WebinarView
    starts_at: int
    """Seconds from the beginning of the video."""
    chapter: str


@dataclass(frozen=True, slots=True)
class Pointed:
    """A webinar that points to the resource, in the words of its deck."""

    webinar: WebinarView
    label: str
    context: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question beside which the resource stands."""

    webinar: WebinarView
    question: AskedOf


@dataclass(frozen=True, slots=True)
class ResourcePage:
    """One resource with everything that is known of it."""

    resource: ResourceView
    document: FileView | None
    partners: Sequence[str]
    authors: Sequence[str]
    other_titles: Sequence[str]
    month: int | None
    part_of: ResourceView | None
    parts: tuple[ResourceView, ...]
    explained: tuple[Explained, ...]
    pointed: tuple[Pointed, ...]
    asked: tuple[Asked, ...]
    """Questions that people asked the speakers, and that it answers."""
    webinars: tuple[WebinarView, ...]
    """Those of its themes, the latest first."""
    following: NextStep | None
    """What comes next by step on one of its themes, or on one that is close."""
    latest_webinar: WebinarView | None
    next_webinar: WebinarView | None
    """Of its themes."""
    neighbours: tuple[Neighbour, ...]
    in_kit: InKit | None
    """Those before and after it in the kit of its first theme."""

    @property
    def edition_says_all(self) -> bool:
        """Whether the edition names the year and the month, as «mai-déc. 2016» does."""
        words = folded(self.resource.edition or "")
        year, month = self.resource.year, self.month
        return (year is None or str(year) in words) and (
            month is None or any(map(_names_of(month).startswith, filter(_is_name, words)))
        )

    @property
    def shown(self) -> tuple[WebinarView, ...]:
        """Every webinar that the page shows."""
        of_chapters = (one.webinar for one in self.explained)
        of_decks = (one.webinar for one in self.pointed)
        return (*of_chapters, *of_decks, *(one.webinar for one in self.asked), *self.webinars)


def resource_page(session: Session, *, slug: str, moment: Moment) -> ResourcePage:
    """One resource. Raises NotFound. At most nineteen queries."""
    resource = session.scalar(
        sa.select(Resource).where(Resource.slug == slug).options(selectinload(Resource.themes))
    )
    if resource is None:
        raise NotFound(slug)
    cycles = published_cycles(session, moment=moment)
    known = {(w.cycle_slug, w.slug): w for cycle in cycles for w in cycle.webinars}
    webinars = webinars_on(cycles, {theme.slug for theme in resource.themes})
    latest, coming = around(webinars, now=moment.now)
    whole = _views(session, Resource.slug == resource.part_of) if resource.part_of else ()
    return ResourcePage(
        resource=resource_view(resource),
        document=optional_view(resource.document),
        partners=resource.partners,
        authors=resource.authors,
        other_titles=resource.other_titles,
        month=resource.month,
        part_of=whole[0] if whole else None,
        parts=_views(
            session, sa.and_(Resource.part_of == resource.slug, Resource.slug != resource.slug)
        ),
        explained=_explained(session, resource.id, known),
        pointed=_pointed(session, resource.id, known),
        asked=_asked(session, resource.id, known),
        webinars=webinars,
        latest_webinar=latest,
        next_webinar=coming,
        following=_following(session, resource),
        neighbours=neighbours_of_resource(session, resource),
        in_kit=in_kit(session, resource=resource),
    )


def _names_of(month: int) -> str:
    (name,) = folded(month_names(CONTENT_LANGUAGE)[month - 1])
    return name


def _is_name(word: str) -> bool:
    """Or as much of one as its abbreviation keeps."""
    return len(word) >= LEAST_OF_A_MONTH


def _views(session: Session, condition: sa.ColumnElement[bool]) -> tuple[ResourceView, ...]:
    rows = session.scalars(
        sa.select(Resource).where(condition).order_by(Resource.position).options(*AS_LINES)
    )
    return tuple(resource_view(row) for row in rows)


Known = dict[tuple[str, str], WebinarView]


def _explained(session: Session, resource_id: int, known: Known) -> tuple[Explained, ...]:
    """The chapters that anybody can play now, by the date of their webinar. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, Chapter.starts_at, Chapter.title)
        .join(chapter_resources, chapter_resources.c.chapter_id == Chapter.id)
        .join(Replay, Replay.id == Chapter.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(chapter_resources.c.resource_id == resource_id, Replay.online_at.is_not(None))
        .order_by(Webinar.starts_at, Chapter.starts_at)
    )
    found = ((known.get((cycle, slug)), starts_at, title) for cycle, slug, starts_at, title in rows)
    return tuple(
        Explained(webinar, starts_at, title)
        for webinar, starts_at, title in found
        if webinar and webinar.life is Life.AFTER and not webinar.cancelled
    )


def _pointed(session: Session, resource_id: int, known: Known) -> tuple[Pointed, ...]:
    """The public webinars whose deck names it. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, Reading.webinar_slug, Reading.label, Reading.context)
        .join(Cycle, Cycle.id == Reading.cycle_id)
        .where(Reading.resource_id == resource_id)
        .order_by(Cycle.year, Reading.webinar_slug, Reading.position)
    )
    found = ((known.get((cycle, slug)), label, context) for cycle, slug, label, context in rows)
    return tuple(Pointed(webinar, label, context) for webinar, label, context in found if webinar)


def _asked(session: Session, resource_id: int, known: Known) -> tuple[Asked, ...]:
    found = (
        (known.get((one.cycle, one.webinar)), one)
        for one in asked_of(session, resource_id=resource_id)
    )
    return tuple(Asked(webinar, one) for webinar, one in found if webinar)


def _following(session: Session, resource: Resource) -> NextStep | None:
    """What comes next by step, on the first of its themes that has it, or close to the first.

    At most four queries.
    """
    if resource.step is None or not resource.themes:
        return None
    later = list(Step)[list(Step).index(resource.step) + 1 :]
    of_themes = Resource.themes.any(Theme.id.in_([theme.id for theme in resource.themes]))
    candidates = _views(session, sa.and_(Resource.step.in_(later), of_themes))
    for theme in resource.themes:
        kit = by_step(
            one for one in candidates if theme.slug in {other.slug for other in one.themes}
        )
        found = next_by_step(kit, after=resource.step)
        if found:
            return NextStep(found)
    if not later:
        return None
    theme, *others = resource.themes
    near = step_nearby(session, theme, beside={other.slug for other in others}, after=resource.step)
    return NextStep(near, neighbouring=True) if near else None
