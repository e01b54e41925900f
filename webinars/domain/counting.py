"""Counting views, minutes and openings as sums by day, without anybody in them.

A page tells what happened on it; what is known and public of that becomes keys of sums, which a
process gathers and adds in one short transaction. Nothing here changes what the public sees, so
the version of the site stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.db import INSERT
from webinars.domain.errors import NotFound
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.replay_life import IS_PLAYED
from webinars.models import (
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

MINUTE = 60
"""Seconds."""
MOST_MINUTES = 12 * 60
"""Of a video whose duration nobody has said."""
MONTHS_BY_DAY = 13
"""So long the minutes of a replay are kept day by day: a year, and the month beside it."""


@dataclass(frozen=True, slots=True)
class Viewed:
    """A replay began to play. The day is that of its cycle's zone."""

    replay_id: int
    day: date


@dataclass(frozen=True, slots=True)
class Played:
    """A minute of a replay was played, counted from 0."""

    replay_id: int
    day: date
    minute: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A resource was opened. The day is that of the site's zone."""

    resource_id: int
    day: date
    place: Place


@dataclass(frozen=True, slots=True)
class OpenedFrom:
    """The same of one that came from the page of a replay."""

    replay_id: int
    resource_id: int
    day: date


Counted = Viewed | Played | Opened | OpenedFrom
"""The key of one sum."""


def of_replay(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    begins: bool,
    minutes: Iterable[int],
    now: datetime,
) -> list[Counted]:
    """What a page says that was played of a replay; each minute once.

    Minutes that the video does not have are left out. Raises NotFound for what is not public.
    One query.
    """
    replay = _public(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug, now=now)
    day = to_local(now, replay.zone).date()
    known = sorted({minute for minute in minutes if 0 <= minute < replay.minutes})
    viewed: list[Counted] = [Viewed(replay.id, day)] if begins else []
    return viewed + [Played(replay.id, day, minute) for minute in known]


def of_resource(
    session: Session, *, slug: str, place: Place, replay: tuple[str, str] | None, now: datetime
) -> list[Counted]:
    """That a resource was opened; ``replay`` names by cycle and slug whose page led to it.

    Where none did, or that has no public replay, the resource's own page is the place. Raises
    NotFound for a resource that is not there, or has neither address nor document. At most two
    queries.
    """
    found = session.scalar(
        sa.select(Resource.id).where(
            Resource.slug == slug,
            sa.or_(Resource.url.is_not(None), Resource.document_id.is_not(None)),
        )
    )
    if found is None:
        raise NotFound(slug)
    day = to_local(now, DEFAULT_ZONE).date()
    if place is not Place.REPLAY:
        return [Opened(found, day, place)]
    cycle_slug, webinar_slug = replay or ("", "")
    try:
        known = _public(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug, now=now)
    except NotFound:
        return [Opened(found, day, Place.RESOURCE)]
    return [Opened(found, day, place), OpenedFrom(known.id, found, day)]


@dataclass(frozen=True, slots=True)
class _PublicReplay:
    id: int
    zone: str
    minutes: int


def _public(
    session: Session, *, cycle_slug: str, webinar_slug: str, now: datetime
) -> _PublicReplay:
    """A replay that anybody can play now. Raises NotFound."""
    row = session.execute(
        sa.select(Replay.id, Cycle.zone, Replay.duration)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            Cycle.slug == cycle_slug,
            Webinar.slug == webinar_slug,
            Webinar.ends_at <= now,
            IS_PLAYED,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    id_, zone, duration = row
    return _PublicReplay(id_, zone, whole_minutes(duration) if duration else MOST_MINUTES)


def whole_minutes(seconds: int) -> int:
    """How many minutes a video of so many seconds has, the last one begun."""
    return -(-seconds // MINUTE)


# adding ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sums:
    """A table of sums: its key, its number, and how it takes more."""

    key: tuple[str, ...]
    number: str
    add: dict[str, Any]
    """For each database. Built once."""


def _sums(model: Any, *key: str, number: str) -> _Sums:
    column = model.__table__.c[number]

    def adding(insert: Any) -> Any:
        return insert.on_conflict_do_update(
            index_elements=key, set_={number: column + insert.excluded[number]}
        )

    add = {dialect: adding(insert(model)) for dialect, insert in INSERT.items()}
    return _Sums(key, number, add)


_MINUTES_BEFORE = _sums(ReplayMinutesBefore, "replay_id", "minute", number="plays")
_TABLES: dict[type[Counted], _Sums] = {
    Viewed: _sums(ReplayViews, "replay_id", "day", number="views"),
    Played: _sums(ReplayMinutes, "replay_id", "day", "minute", number="plays"),
    Opened: _sums(ResourceOpenings, "resource_id", "day", "place", number="openings"),
    OpenedFrom: _sums(ReplayOpenings, "replay_id", "resource_id", "day", number="openings"),
}


def add(session: Session, *, counts: Mapping[Counted, int]) -> None:
    """Add to the sums; any number of processes may at once. A statement for each kind.

    Raises IntegrityError when something was taken away since it was counted: see ``still_there``.
    """
    for kind, sums in _TABLES.items():
        some = {one: number for one, number in counts.items() if isinstance(one, kind)}
        _add(session, sums, {_key(sums, one): number for one, number in some.items()})


def still_there(session: Session, *, counts: Mapping[Counted, int]) -> dict[Counted, int]:
    """Those whose resource and replay were not taken away. Two queries; they hold them."""
    there: dict[str, set[int]] = {}
    for name, model in (("resource_id", Resource), ("replay_id", Replay)):
        wanted = {getattr(one, name) for one in counts if hasattr(one, name)}
        there[name] = set(
            session.scalars(
                sa.select(model.id)
                .where(model.id.in_(wanted))
                .order_by(model.id)
                .with_for_update(read=True, key_share=True)
            )
            if wanted
            else ()
        )
    return {
        one: number
        for one, number in counts.items()
        if all(getattr(one, name) in ids for name, ids in there.items() if hasattr(one, name))
    }


def _key(sums: _Sums, one: Counted) -> tuple[Any, ...]:
    return tuple(getattr(one, name) for name in sums.key)


def _add(session: Session, sums: _Sums, numbers: Mapping[tuple[Any, ...], int]) -> None:
    # In one order: two processes that write the same rows must not wait for each other.
    rows = [
        {**dict(zip(sums.key, key, strict=True)), sums.number: number}
        for key, number in sorted(numbers.items())
    ]
    if rows:
        session.connection().execute(sums.add[session.get_bind().dialect.name], rows)


# folding ---------------------------------------------------------------------------------


def by_day_since(now: datetime) -> date:
    """The first day of which the minutes of a replay are still kept apart."""
    first: date = now.date() - relativedelta(months=MONTHS_BY_DAY)
    return first


def fold(session: Session, *, now: datetime) -> int:
    """Fold the minutes of the oldest day that is too old; how many rows. Again while any are.

    What is taken out is what is added, so several workers at once fold each row once.
    """
    day = session.scalar(
        sa.select(ReplayMinutes.day)
        .where(ReplayMinutes.day < by_day_since(now))
        .order_by(ReplayMinutes.day)
        .limit(1)
    )
    if day is None:
        return 0
    taken = session.execute(
        sa.delete(ReplayMinutes)
        .where(ReplayMinutes.day == day)
        .returning(ReplayMinutes.replay_id, ReplayMinutes.minute, ReplayMinutes.plays)
        .execution_options(synchronize_session=False)
    ).all()
    _add(session, _MINUTES_BEFORE, {(replay, minute): plays for replay, minute, plays in taken})
    return len(taken)
