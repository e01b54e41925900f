"""Every sum that is kept of replays and resources, one by one: for whoever counts on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

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


@dataclass(frozen=True, slots=True)
class Sum:
    """One of them."""

    of: str
    """``views``, ``minutes``, ``openings``, or ``openings_from_replay``, which are among those."""
    day: date | None
    """None is all the days whose minutes are folded."""
    count: int
    replay: str | None = None
    """``<cycle>/<webinar>``."""
    minute: int | None = None
    resource: str | None = None
    place: Place | None = None


def every_sum(session: Session) -> Iterator[Sum]:
    """By what they are of, then by day. Five queries, however many there are."""
    for day, cycle, slug, views in _by_replay(session, ReplayViews, "views"):
        yield Sum("views", day, views, f"{cycle}/{slug}")
    for cycle, slug, minute, plays in session.execute(
        _of_replays(ReplayMinutesBefore.minute, ReplayMinutesBefore.plays)
        .join(ReplayMinutesBefore, ReplayMinutesBefore.replay_id == Replay.id)
        .order_by(Replay.id, ReplayMinutesBefore.minute)
    ):
        yield Sum("minutes", None, plays, f"{cycle}/{slug}", minute)
    for day, cycle, slug, plays, minute in _by_replay(session, ReplayMinutes, "plays", "minute"):
        yield Sum("minutes", day, plays, f"{cycle}/{slug}", minute)
    for day, resource, place, openings in session.execute(
        sa.select(
            ResourceOpenings.day, Resource.slug, ResourceOpenings.place, ResourceOpenings.openings
        )
        .join(Resource, Resource.id == ResourceOpenings.resource_id)
        .order_by(ResourceOpenings.day, Resource.id, ResourceOpenings.place)
        .execution_options(yield_per=1000)
    ):
        yield Sum("openings", day, openings, resource=resource, place=place)
    names = dict(session.execute(sa.select(Resource.id, Resource.slug)).all())
    for day, cycle, slug, openings, id_ in _by_replay(
        session, ReplayOpenings, "openings", "resource_id"
    ):
        yield Sum("openings_from_replay", day, openings, f"{cycle}/{slug}", resource=names[id_])


def _of_replays(*columns: Any) -> sa.Select[Any]:
    return (
        sa.select(Cycle.slug, Webinar.slug, *columns)
        .select_from(Replay)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
    )


def _by_replay(session: Session, model: Any, *names: str) -> Iterator[Any]:
    """Day, cycle, webinar, and these columns, of all rows of a table."""
    columns = [getattr(model, name) for name in names]
    select = _of_replays(*columns).join(model, model.replay_id == Replay.id)
    for cycle, slug, day, *values in session.execute(
        select.with_only_columns(Cycle.slug, Webinar.slug, model.day, *columns)
        .order_by(model.day, Replay.id, *columns[1:])
        .execution_options(yield_per=1000)
    ):
        yield day, cycle, slug, *values
