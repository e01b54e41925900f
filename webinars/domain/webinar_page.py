"""The one permanent page of a webinar, in its three lives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.errors import NotFound
from webinars.domain.library import (
    AS_LINES,
    ResourceView,
    StepGroup,
    all_themes,
    by_step,
    resource_view,
    resources_of,
)
from webinars.domain.mentions import ChapterMentions, mentions_of
from webinars.domain.neighbours import ThemeNeighbour, neighbours_of_theme
from webinars.domain.notices import instant
from webinars.domain.paths import NextStep, NextWebinar, next_on_themes, next_step
from webinars.domain.places import IS_FULL, is_open
from webinars.domain.programme import (
    CycleView,
    Moment,
    ThemeView,
    WebinarView,
    beside,
    cycle_view,
    published_cycle,
    published_webinars,
)
from webinars.domain.questions import PublishedQuestion, published_questions
from webinars.domain.replay_life import ReplayLife, replay_life, with_words
from webinars.domain.survey_results import quotes_of
from webinars.domain.uploads import video_of
from webinars.models import (
    Change,
    ChangeKind,
    Cycle,
    Reading,
    Replay,
    SiteState,
    Webinar,
)

# Built once: it is asked at each request, and building it takes longer than its answer.
_STATE = sa.select(
    SiteState.version,
    sa.select(IS_FULL)
    .select_from(Webinar)
    .join(Cycle)
    .where(Cycle.slug == sa.bindparam("cycle"), Webinar.slug == sa.bindparam("webinar"))
    .scalar_subquery(),
)


@dataclass(frozen=True, slots=True)
class ChapterView:
    """A named moment, in seconds from the beginning of the video."""

    starts_at: int
    title: str


@dataclass(frozen=True, slots=True)
class ReplayView:
    """The video and its chapters."""

    video_url: str
    """Of an uploaded file it is a path of this site."""
    duration: int | None
    """Seconds."""
    online_at: datetime
    demonstration: bool
    chapters: tuple[ChapterView, ...]


@dataclass(frozen=True, slots=True)
class ReadingView:
    """A resource that the webinar points to, in the words of the deck."""

    label: str
    context: str | None
    resource: ResourceView


@dataclass(frozen=True, slots=True)
class WebinarPage:
    """Everything that the permanent page shows to anybody."""

    webinar: WebinarView
    cycle: CycleView
    previous: WebinarView | None
    following: WebinarView | None
    agenda: Sequence[str]
    territory_questions: Sequence[str]
    platform_answers: Sequence[str]
    announcements: Sequence[str]
    full: bool
    """Every place is taken: a registration goes to the waiting list."""
    replay: ReplayView | None
    """While it is online."""
    replay_life: ReplayLife
    readings: tuple[ReadingView, ...]
    kit: tuple[StepGroup, ...]
    """The resources of the theme, in the three steps."""
    neighbours: tuple[ThemeNeighbour, ...]
    """Of other themes, for the steps of this one, where it has few resources."""
    themes: tuple[ThemeView, ...]
    """All of the library, for a webinar that is on none and leads to no resource."""
    mentions: tuple[ChapterMentions, ...]
    """The chapters of the replay that mention resources, in their order."""
    next_step: NextStep | None
    """Where the theme goes on: the first resource of its first step that holds one."""
    next_webinar: NextWebinar | None
    """The next one to come on the same theme, of whatever cycle; else the one after this."""
    moved_from: datetime | None
    """Its start before its latest published move; None at its first start. UTC."""
    questions: tuple[PublishedQuestion, ...]
    """Those that people asked the speakers, and that organisers published."""
    quotes: tuple[str, ...]
    """What participants said of it in its survey, and let be quoted."""

    @property
    def turns(self) -> tuple[datetime, ...]:
        """When something else on it changes than the life of a webinar of its cycle. UTC."""
        coming = self.next_webinar.starts_at if self.next_webinar else None
        return tuple(one for one in (self.replay_life.late_from, coming) if one is not None)

    @property
    def resources(self) -> frozenset[str]:
        """The slugs of all that it leads to, wherever on it."""
        groups = (entry.resources for step in self.kit for entry in step.entry_points)
        return frozenset(
            one.slug
            for one in (
                *(resource for resources in groups for resource in resources),
                *(neighbour.resource for neighbour in self.neighbours),
                *(resource for chapter in self.mentions for resource in chapter.resources),
                *(reading.resource for reading in self.readings),
                *(beside for question in self.questions for beside in question.resources),
                *((self.next_step.resource,) if self.next_step else ()),
            )
        )


def find_webinar(session: Session, *, cycle_slug: str, webinar_slug: str) -> Webinar:
    """The published webinar at this address. Raises NotFound."""
    webinar = session.scalar(
        sa.select(Webinar)
        .join(Cycle)
        .where(Cycle.slug == cycle_slug, Cycle.revision > 0, Webinar.slug == webinar_slug)
    )
    if webinar is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    return webinar


def page_state(
    session: Session, *, cycle_slug: str, webinar_slug: str, now: datetime
) -> tuple[int, bool]:
    """What the page depends on: the site's version, and whether no place is left for who comes.

    The second is the one thing that no publication changes. One query.
    """
    values = {"cycle": cycle_slug, "webinar": webinar_slug, "now": now}
    version, full = session.connection().execute(_STATE, values).one()
    return version, bool(full)


def webinar_page(
    session: Session, *, cycle_slug: str, webinar_slug: str, moment: Moment
) -> WebinarPage:
    """The page of one webinar. Raises NotFound. At most twenty queries."""
    cycle = published_cycle(session, slug=cycle_slug)
    rows = session.execute(published_webinars().where(Webinar.cycle_id == cycle.id)).all()
    whole = cycle_view(cycle, rows, moment=moment)
    index = next(
        (i for i, webinar in enumerate(whole.webinars) if webinar.slug == webinar_slug), None
    )
    if index is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    row, theme, _ = rows[index]
    resources = resources_of(session, theme) if theme else ()
    kit = by_step(resources) if theme else ()
    replay = session.scalar(with_words().where(Replay.webinar_id == row.id))
    previous, following = beside(whole, whole.webinars[index])
    readings = _readings(session, cycle.id, webinar_slug)
    mentions = mentions_of(session, webinar_id=row.id) if _is_online(replay) else ()
    return WebinarPage(
        webinar=whole.webinars[index],
        cycle=whole,
        previous=previous,
        following=following,
        agenda=row.agenda,
        territory_questions=row.territory_questions or (theme.questions if theme else ()),
        platform_answers=row.platform_answers or (theme.platform_answers if theme else ()),
        announcements=row.announcements,
        full=not is_open(session, row, now=moment.now),
        replay=_replay(replay),
        replay_life=replay_life(replay, ends_at=row.ends_at, zone=cycle.zone, now=moment.now),
        readings=readings,
        kit=kit,
        neighbours=neighbours_of_theme(session, theme, kit=resources) if theme else (),
        themes=() if theme or readings or mentions else all_themes(session),
        mentions=mentions,
        next_step=next_step(session, theme, kit=resources, after=None) if theme else None,
        next_webinar=next_on_themes(session, (theme.slug,), after=row.starts_at, now=moment.now)
        if theme
        else None,
        moved_from=_moved_from(session, row),
        questions=published_questions(session, webinar_id=row.id),
        quotes=quotes_of(session, webinar_id=row.id),
    )


def _moved_from(session: Session, webinar: Webinar) -> datetime | None:
    moves = session.scalars(
        sa.select(Change.before)
        .where(
            Change.cycle_id == webinar.cycle_id,
            Change.slug == webinar.slug,
            Change.kind == ChangeKind.MOVED,
        )
        .order_by(Change.id)
    )
    starts = [instant(before["starts"]) for before in moves]
    if not starts or starts[0] == webinar.starts_at:
        return None  # never moved, or moved back to where it was first
    return next((start for start in reversed(starts) if start != webinar.starts_at), None)


def _is_online(replay: Replay | None) -> bool:
    return replay is not None and replay.online_at is not None


def _replay(replay: Replay | None) -> ReplayView | None:
    if replay is None or replay.online_at is None or (video := video_of(replay)) is None:
        return None
    return ReplayView(
        video_url=video,
        duration=replay.duration,
        online_at=replay.online_at,
        demonstration=replay.demonstration,
        chapters=tuple(
            ChapterView(chapter.starts_at, chapter.title) for chapter in replay.chapters
        ),
    )


def _readings(session: Session, cycle_id: int, webinar_slug: str) -> tuple[ReadingView, ...]:
    readings = session.scalars(
        sa.select(Reading)
        .where(Reading.cycle_id == cycle_id, Reading.webinar_slug == webinar_slug)
        .order_by(Reading.position)
        .options(selectinload(Reading.resource).options(*AS_LINES))
    )
    return tuple(
        ReadingView(reading.label, reading.context, resource_view(reading.resource))
        for reading in readings
    )
