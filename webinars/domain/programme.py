"""What the public pages show, as plain values: no query is left to a template."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes, to_local
from webinars.domain.errors import NotFound
from webinars.domain.replay_life import IS_AT, Stage
from webinars.models import Cycle, Replay, Theme, Webinar, WebinarStatus

THEME_COLOURS = 12
LATEST_REPLAYS = 4


class Life(enum.StrEnum):
    """The three lives of a webinar's permanent page."""

    BEFORE = "before"
    LIVE = "live"
    AFTER = "after"


def life(*, starts_at: datetime, ends_at: datetime, now: datetime, opens: timedelta) -> Life:
    """Which life it is; the door opens a while before the start."""
    if now >= ends_at:
        return Life.AFTER
    return Life.LIVE if now >= starts_at - opens else Life.BEFORE


@dataclass(frozen=True, slots=True)
class ThemeView:
    """A theme as a label of its colour, from 1 to 12."""

    slug: str
    title: str
    colour: int


@dataclass(frozen=True, slots=True)
class WebinarView:
    """One webinar as cards, the ribbon and lists show it. Instants are UTC."""

    cycle_slug: str
    cycle_title: str
    slug: str
    title: str
    theme: ThemeView | None
    starts_at: datetime
    ends_at: datetime
    zone: str
    position: int
    """From 1, in the order of the cycle's dates."""
    cancelled: bool
    life: Life
    begun: bool
    """Past its start; its door opens, and its second life begins, a while before."""
    is_next: bool
    exception_of: date | None
    reason: str | None
    has_replay: bool
    speakers: Sequence[str]
    why: str | None
    replay_expected: bool = True
    """Its replay is neither there nor known not to come."""


@dataclass(frozen=True, slots=True)
class CycleView:
    """A published cycle with its webinars, first to last."""

    slug: str
    title: str
    year: int
    rule: str
    zone: str
    demonstration: bool
    webinars: tuple[WebinarView, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What a link needs to lead somewhere and to say where."""

    slug: str
    title: str


def webinar_of(view: CycleView, slug: str) -> WebinarView:
    """The webinar of this slug. Raises NotFound."""
    found = next((one for one in view.webinars if one.slug == slug), None)
    if found is None:
        raise NotFound(f"{view.slug}/{slug}")
    return found


def beside(cycle: CycleView, webinar: WebinarView) -> tuple[WebinarView | None, WebinarView | None]:
    """The webinars before and after one of this cycle, as they stand in its programme."""
    webinars, following = cycle.webinars, webinar.position
    before = webinars[following - 2] if following > 1 else None
    return before, (webinars[following] if following < len(webinars) else None)


@dataclass(frozen=True, slots=True)
class HomeView:
    """The front page."""

    next: WebinarView | None
    following: tuple[WebinarView, ...]
    """The next ones after the next, at most three."""
    cycle: CycleView | None
    """This year's programme, else the nearest to come, else the latest."""
    replays: tuple[WebinarView, ...]
    cycles: tuple[tuple[str, int, str], ...]
    """Every published cycle: slug, year, title; the latest first."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant at which something is shown, and how early doors open."""

    now: datetime
    opens: timedelta

    @classmethod
    def at(cls, now: datetime, *, opens_minutes: int) -> "Moment":
        """From the setting, in minutes."""
        return cls(now, minutes(opens_minutes))

    def fresh_until(
        self, webinars: Iterable[WebinarView], *, turns: Iterable[datetime] = ()
    ) -> datetime | None:
        """When the first of these webinars will next open, begin or end; None is never.

        ``turns`` are other instants, UTC, at which something that is shown changes.
        """
        boundaries = (
            instant
            for webinar in webinars
            for instant in (webinar.starts_at - self.opens, webinar.starts_at, webinar.ends_at)
        )
        return min(
            (instant for instant in (*boundaries, *turns) if instant > self.now), default=None
        )


Row = tuple[Webinar, Theme | None, str]
"""With the stage of its replay."""


def published_webinars() -> sa.Select[Webinar, Theme | None, str]:
    """Every public webinar with its theme and the stage of its replay, by date."""
    select = cast(
        "sa.Select[Webinar, Theme | None, str]",
        sa.select(Webinar, Theme, IS_AT),
    )
    return (
        select.outerjoin(Theme, Theme.slug == Webinar.theme_slug)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .order_by(Webinar.starts_at, Webinar.id)
    )


def theme_view(theme: Theme) -> ThemeView:
    """A theme with its colour, given by its place in the library."""
    return ThemeView(theme.slug, theme.title, (theme.position - 1) % THEME_COLOURS + 1)


def webinar_views(cycle: Cycle, rows: Iterable[Row], *, moment: Moment) -> tuple[WebinarView, ...]:
    """The webinars of one cycle, given all of its rows in the order of their dates."""
    views: list[WebinarView] = []
    next_found = False
    for position, (webinar, theme, stage) in enumerate(rows, start=1):
        cancelled = webinar.status is WebinarStatus.CANCELLED
        its_life = life(
            starts_at=webinar.starts_at,
            ends_at=webinar.ends_at,
            now=moment.now,
            opens=moment.opens,
        )
        is_next = not next_found and not cancelled and its_life is not Life.AFTER
        next_found = next_found or is_next
        views.append(
            WebinarView(
                cycle_slug=cycle.slug,
                cycle_title=cycle.title,
                slug=webinar.slug,
                title=webinar.title,
                theme=theme_view(theme) if theme else None,
                starts_at=webinar.starts_at,
                ends_at=webinar.ends_at,
                zone=cycle.zone,
                position=position,
                cancelled=cancelled,
                life=its_life,
                begun=moment.now >= webinar.starts_at,
                is_next=is_next,
                exception_of=webinar.exception_of,
                reason=webinar.reason,
                has_replay=stage == Stage.ONLINE,
                speakers=webinar.speakers,
                why=webinar.why,
                replay_expected=stage == Stage.EXPECTED,
            )
        )
    return tuple(views)


def cycle_view(cycle: Cycle, rows: Iterable[Row], *, moment: Moment) -> CycleView:
    """A cycle with the rows of its webinars."""
    return CycleView(
        slug=cycle.slug,
        title=cycle.title,
        year=cycle.year,
        rule=cycle.rule,
        zone=cycle.zone,
        demonstration=cycle.demonstration,
        webinars=webinar_views(cycle, rows, moment=moment),
    )


def published_cycle(session: Session, *, slug: str) -> Cycle:
    """The public cycle at this address. Raises NotFound."""
    cycle = session.scalar(sa.select(Cycle).where(Cycle.slug == slug, Cycle.revision > 0))
    if cycle is None:
        raise NotFound(slug)
    return cycle


def programme(session: Session, *, cycle_slug: str, moment: Moment) -> CycleView:
    """The programme of one cycle. Raises NotFound."""
    cycle = published_cycle(session, slug=cycle_slug)
    rows = session.execute(published_webinars().where(Webinar.cycle_id == cycle.id))
    return cycle_view(cycle, rows, moment=moment)


def cycles_beside(session: Session, cycle: CycleView) -> tuple[Named | None, Named | None]:
    """The public cycles before and after this one, by year. One query."""
    names = session.execute(
        sa.select(Cycle.slug, Cycle.title)
        .where(Cycle.revision > 0)
        .order_by(Cycle.year, Cycle.slug)
    ).all()
    cycles = [Named(*name) for name in names]
    place = next(number for number, one in enumerate(cycles) if one.slug == cycle.slug)
    return (
        cycles[place - 1] if place else None,
        cycles[place + 1] if place + 1 < len(cycles) else None,
    )


def published_cycles(
    session: Session, *, moment: Moment, having: sa.ColumnElement[bool] | None = None
) -> tuple[CycleView, ...]:
    """Every public cycle, the latest year first. Two queries, however many there are.

    ``having``: those alone that have such a webinar, whole all the same.
    """
    among: sa.ColumnElement[bool] = sa.true()
    if having is not None:
        among = Cycle.id.in_(sa.select(Webinar.cycle_id).where(having))
    cycles = session.scalars(
        sa.select(Cycle).where(Cycle.revision > 0, among).order_by(Cycle.year.desc(), Cycle.slug)
    ).all()
    rows: dict[int, list[Row]] = {cycle.id: [] for cycle in cycles}
    wanted = published_webinars()
    if having is not None:
        wanted = wanted.where(Webinar.cycle_id.in_(rows))
    for row in session.execute(wanted):
        rows[row[0].cycle_id].append(row)
    return tuple(cycle_view(cycle, rows[cycle.id], moment=moment) for cycle in cycles)


def home(session: Session, *, moment: Moment) -> HomeView:
    """The front page: what comes next, this year's programme, the latest replays."""
    cycles = published_cycles(session, moment=moment)
    everything = sorted(
        (webinar for cycle in cycles for webinar in cycle.webinars),
        key=lambda webinar: webinar.starts_at,
    )
    coming = [w for w in everything if w.life is not Life.AFTER and not w.cancelled]
    replays = [w for w in reversed(everything) if w.has_replay and w.life is Life.AFTER]
    return HomeView(
        next=coming[0] if coming else None,
        following=tuple(coming[1:4]),
        cycle=_current_cycle(cycles, coming, moment.now),
        replays=tuple(replays[:LATEST_REPLAYS]),
        cycles=tuple((cycle.slug, cycle.year, cycle.title) for cycle in cycles),
    )


def _current_cycle(
    cycles: Sequence[CycleView], coming: Sequence[WebinarView], now: datetime
) -> CycleView | None:
    """This year's programme (the fullest one), else the nearest to come, else the latest."""
    this_year = [
        cycle for cycle in cycles if cycle.year == to_local(now, cycle.zone).year and cycle.webinars
    ]
    if this_year:
        return max(this_year, key=lambda cycle: len(cycle.webinars))
    by_slug = {cycle.slug: cycle for cycle in cycles}
    if coming:
        return by_slug[coming[0].cycle_slug]
    return max(
        cycles,
        key=lambda cycle: max(
            (w.starts_at for w in cycle.webinars), default=datetime.min.replace(tzinfo=UTC)
        ),
        default=None,
    )
