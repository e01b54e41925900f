"""What was counted of replays and resources, as organisers see it. Days are those of the sums."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.counting import by_day_since, whole_minutes
from webinars.domain.registrants import ListHead, list_head
from webinars.domain.video_sources import Source, source_of
from webinars.models import (
    Chapter,
    Cycle,
    Place,
    Replay,
    ReplayMinutes,
    ReplayMinutesBefore,
    ReplayOpenings,
    ReplayViews,
    Resource,
    ResourceOpenings,
    Webinar,
)


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both of them in it."""

    first: date | None
    """None is since the beginning: then with the minutes that are no longer kept by day."""
    last: date


@dataclass(frozen=True, slots=True)
class DayCounts:
    """One day's numbers."""

    views: int = 0
    minutes: int = 0
    openings: int = 0


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """A replay with its numbers. Its start is UTC."""

    cycle_slug: str
    slug: str
    title: str
    starts_at: datetime
    zone: str
    views: int
    minutes: int
    openings: int
    """Of resources, from its page."""


@dataclass(frozen=True, slots=True)
class ResourceLine:
    """A resource and how often it was opened, by where from."""

    slug: str
    title: str
    replay: int
    theme: int
    own: int
    """From its own page, reached in another way."""

    @property
    def total(self) -> int:
        """From wherever."""
        return self.replay + self.theme + self.own


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """Everything that was counted in a period."""

    days: Mapping[date, DayCounts]
    """Those of which something was counted."""
    replays: tuple[ReplayLine, ...]
    """Those of which something was counted, what was viewed most first."""
    resources: tuple[ResourceLine, ...]
    since: date | None
    """The first day of which anything was ever counted."""
    minutes_since: date | None
    """When the period begins before: the first day whose minutes are still kept apart."""

    @property
    def views(self) -> int:
        """Of all replays."""
        return sum(line.views for line in self.replays)

    @property
    def minutes(self) -> int:
        """Of all replays."""
        return sum(line.minutes for line in self.replays)

    @property
    def openings(self) -> int:
        """Of all resources."""
        return sum(line.total for line in self.resources)


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """Where a chapter begins, in seconds."""

    starts_at: int
    title: str


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """A resource that was opened from the page of a replay."""

    slug: str
    title: str
    openings: int


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """What was counted of one replay in a period."""

    head: ListHead
    online_at: datetime | None
    source: Source | None
    """Where its video is; the players of other hosts tell nothing of minutes."""
    days: Mapping[date, DayCounts]
    curve: tuple[int, ...]
    """How often each minute was played, from the first; the video may have more than is known."""
    chapters: tuple[ChapterMark, ...]
    resources: tuple[OpenedLine, ...]
    since: date | None
    minutes_since: date | None

    @property
    def views(self) -> int:
        """In the period."""
        return sum(day.views for day in self.days.values())

    @property
    def minutes(self) -> int:
        """In the period."""
        return sum(self.curve)

    @property
    def openings(self) -> int:
        """In the period."""
        return sum(line.openings for line in self.resources)


def site_counts(session: Session, *, period: Period, now: datetime) -> SiteCounts:
    """Of the whole site. Six queries."""
    return SiteCounts(
        days=_days(session, period, None),
        replays=_replays(session, period),
        resources=_resources(session, period),
        since=_since(session, None),
        minutes_since=_minutes_since(period, now),
    )


def replay_counts(
    session: Session, *, cycle_slug: str, webinar_slug: str, period: Period, now: datetime
) -> ReplayCounts:
    """Of one replay, or of a webinar that has none yet. At most ten queries. Raises NotFound."""
    head = list_head(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    replay = session.scalar(sa.select(Replay).where(Replay.webinar_id == head.id))
    id_ = replay.id if replay else 0
    url = replay.video_url if replay else None
    return ReplayCounts(
        head=head,
        online_at=replay.online_at if replay else None,
        source=source_of(url) if url else None,
        days=_days(session, period, id_),
        curve=_curve(session, period, id_, replay.duration if replay else None),
        chapters=_chapters(session, id_),
        resources=_opened(session, period, id_),
        since=_since(session, id_),
        minutes_since=_minutes_since(period, now),
    )


def _within(column: Any, period: Period) -> sa.ColumnElement[bool]:
    upto: sa.ColumnElement[bool] = column <= period.last
    return upto if period.first is None else sa.and_(upto, column >= period.first)


def _minutes_since(period: Period, now: datetime) -> date | None:
    kept = by_day_since(now)
    return kept if period.first is not None and period.first < kept else None


def _since(session: Session, replay_id: int | None) -> date | None:
    """The first day of any view or opening. One query."""
    if replay_id is None:
        firsts = [sa.select(sa.func.min(t.day)) for t in (ReplayViews, ResourceOpenings)]
    else:
        firsts = [
            sa.select(sa.func.min(t.day)).where(t.replay_id == replay_id)
            for t in (ReplayViews, ReplayOpenings)
        ]
    row = session.execute(sa.select(*(first.scalar_subquery() for first in firsts))).one()
    return min((day for day in row if day is not None), default=None)


def _days(session: Session, period: Period, replay_id: int | None) -> dict[date, DayCounts]:
    """Views, minutes and openings by day. Three queries."""
    openings = ResourceOpenings if replay_id is None else ReplayOpenings
    found: dict[date, dict[str, int]] = defaultdict(dict)
    for name, table, number in (
        ("views", ReplayViews, ReplayViews.views),
        ("minutes", ReplayMinutes, ReplayMinutes.plays),
        ("openings", openings, openings.openings),
    ):
        columns = table.__table__.c
        select = sa.select(columns.day, sa.func.sum(number)).where(_within(columns.day, period))
        if replay_id is not None:
            select = select.where(columns.replay_id == replay_id)
        for day, sum_ in session.execute(select.group_by(columns.day)):
            found[day][name] = int(sum_)
    return {day: DayCounts(**numbers) for day, numbers in sorted(found.items())}


def _sum(table: Any, number: Any, period: Period) -> sa.ScalarSelect[int]:
    """Of the replay of the row that asks."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(number), 0))
        .where(table.replay_id == Replay.id, _within(table.day, period))
        .correlate(Replay)
        .scalar_subquery()
    )


def _replays(session: Session, period: Period) -> tuple[ReplayLine, ...]:
    views = _sum(ReplayViews, ReplayViews.views, period)
    minutes: sa.ColumnElement[int] = _sum(ReplayMinutes, ReplayMinutes.plays, period)
    if period.first is None:
        minutes = minutes + (
            sa.select(sa.func.coalesce(sa.func.sum(ReplayMinutesBefore.plays), 0))
            .where(ReplayMinutesBefore.replay_id == Replay.id)
            .correlate(Replay)
            .scalar_subquery()
        )
    openings = _sum(ReplayOpenings, ReplayOpenings.openings, period)
    rows = session.execute(
        sa.select(
            Cycle.slug,
            Webinar.slug,
            Webinar.title,
            Webinar.starts_at,
            Cycle.zone,
            views,
            minutes,
            openings,
        )
        .select_from(Replay)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .order_by(Webinar.starts_at.desc(), Replay.id)
    )
    lines = [ReplayLine(*row) for row in rows]
    counted = [line for line in lines if line.views or line.minutes or line.openings]
    return tuple(sorted(counted, key=lambda line: (-line.views, -line.minutes, -line.openings)))


def _resources(session: Session, period: Period) -> tuple[ResourceLine, ...]:
    def of(place: Place) -> sa.ColumnElement[int]:
        counted = sa.case((ResourceOpenings.place == place, ResourceOpenings.openings), else_=0)
        return sa.func.sum(counted)

    rows = session.execute(
        sa.select(Resource.slug, Resource.title, *(of(place) for place in Place))
        .join(ResourceOpenings, ResourceOpenings.resource_id == Resource.id)
        .where(_within(ResourceOpenings.day, period))
        .group_by(Resource.id, Resource.slug, Resource.title)
        .order_by(sa.func.sum(ResourceOpenings.openings).desc(), Resource.title, Resource.id)
    )
    return tuple(ResourceLine(slug, title, *map(int, sums)) for slug, title, *sums in rows)


# one replay ------------------------------------------------------------------------------


def _curve(
    session: Session, period: Period, replay_id: int, duration: int | None
) -> tuple[int, ...]:
    """At most two queries."""
    plays: dict[int, int] = defaultdict(int)
    selects = [
        sa.select(ReplayMinutes.minute, sa.func.sum(ReplayMinutes.plays))
        .where(ReplayMinutes.replay_id == replay_id, _within(ReplayMinutes.day, period))
        .group_by(ReplayMinutes.minute)
    ]
    if period.first is None:
        selects.append(
            sa.select(ReplayMinutesBefore.minute, ReplayMinutesBefore.plays).where(
                ReplayMinutesBefore.replay_id == replay_id
            )
        )
    for select in selects:
        for minute, sum_ in session.execute(select):
            plays[minute] += int(sum_)
    known = whole_minutes(duration) if duration else 0
    return tuple(plays.get(minute, 0) for minute in range(max(known, max(plays, default=-1) + 1)))


def _chapters(session: Session, replay_id: int) -> tuple[ChapterMark, ...]:
    rows = session.execute(
        sa.select(Chapter.starts_at, Chapter.title)
        .where(Chapter.replay_id == replay_id)
        .order_by(Chapter.starts_at)
    )
    return tuple(ChapterMark(*row) for row in rows)


def _opened(session: Session, period: Period, replay_id: int) -> tuple[OpenedLine, ...]:
    number = sa.func.sum(ReplayOpenings.openings)
    rows = session.execute(
        sa.select(Resource.slug, Resource.title, number)
        .join(ReplayOpenings, ReplayOpenings.resource_id == Resource.id)
        .where(ReplayOpenings.replay_id == replay_id, _within(ReplayOpenings.day, period))
        .group_by(Resource.id, Resource.slug, Resource.title)
        .order_by(number.desc(), Resource.title, Resource.id)
    )
    return tuple(OpenedLine(slug, title, int(sum_)) for slug, title, sum_ in rows)
