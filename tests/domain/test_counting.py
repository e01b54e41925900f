"""Counting: what is public becomes sums, exact whoever adds at once, and old minutes are folded."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    APRIL,
    MARCH,
    NOW,
    counted_queries,
    in_threads,
    load_library,
    plan_of,
    published,
)
from webinars.db import Database
from webinars.domain import counting, replays, site
from webinars.domain.counting import Counted, Opened, OpenedFrom, Played, Viewed, by_day_since
from webinars.domain.counts import (
    DayCounts,
    OpenedLine,
    Period,
    ReplayCounts,
    ResourceLine,
    SiteCounts,
    replay_counts,
    site_counts,
)
from webinars.domain.errors import NotFound
from webinars.models import (
    Place,
    Replay,
    ReplayMinutes,
    ReplayMinutesBefore,
    ReplayOpenings,
    ReplayViews,
    Resource,
    ResourceOpenings,
)

AFTER = datetime.fromisoformat("2019-03-22T09:00:00+00:00")
LATE = datetime.fromisoformat("2019-03-22T23:30:00+00:00")
"""The next day in Paris."""
DAY = date(2019, 3, 22)
EVER = Period(None, DAY)


@pytest.fixture
def replay(database: Database) -> int:
    """March has a replay of 150 seconds online; the library is there."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        load_library(session, "themes.toml", "resources.toml")
        video = replays.Video(url="https://video.example.org/1.mp4", duration=150)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=AFTER
        )
        return session.scalars(sa.select(Replay.id)).one()


def with_address(session: Session) -> Resource:
    return session.scalars(
        sa.select(Resource).where(Resource.url.is_not(None)).order_by(Resource.id).limit(1)
    ).one()


def of_replay(database: Database, *minutes: int, begins: bool = False, **changes: Any):
    asked: dict[str, Any] = {"cycle_slug": "2019", "webinar_slug": MARCH.slug, "now": AFTER}
    with database.read() as session:
        return counting.of_replay(session, begins=begins, minutes=minutes, **(asked | changes))


def add(database: Database, counts: dict[Counted, int]) -> None:
    with database.write() as session:
        counting.add(session, counts=counts)


def rows(database: Database, model: type) -> list[tuple[object, ...]]:
    with database.read() as session:
        return sorted(tuple(row) for row in session.execute(sa.select(model.__table__)))  # type: ignore[attr-defined]


def test_minutes_of_the_video_once_each_by_the_day_of_its_zone(database: Database, replay: int):
    assert of_replay(database) == []
    assert of_replay(database, begins=True) == [Viewed(replay, DAY)]
    assert of_replay(database, 2, 0, 0, 3, -1, 700, now=LATE) == [
        Played(replay, DAY + timedelta(days=1), minute) for minute in (0, 2)
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"cycle_slug": "2018"},
        {"webinar_slug": APRIL.slug},
        {"webinar_slug": "nothing"},
        {"now": NOW},
    ],
)
def test_only_what_anybody_can_play(database: Database, replay: int, changes: dict[str, Any]):
    with pytest.raises(NotFound):
        of_replay(database, 0, **changes)


def test_a_withdrawn_replay_is_not_counted(database: Database, replay: int):
    with database.write() as session:
        session.execute(sa.update(Replay).values(online_at=None))
    with pytest.raises(NotFound):
        of_replay(database, 0)


def test_an_opening_by_where_from(database: Database, replay: int):
    with database.read() as session:
        resource = with_address(session)

        def opened(place: Place, where: tuple[str, str] | None = None, slug: str = resource.slug):
            return counting.of_resource(session, slug=slug, place=place, replay=where, now=AFTER)

        for place in (Place.THEME, Place.RESOURCE):
            assert opened(place) == [Opened(resource.id, DAY, place)]
        assert opened(Place.REPLAY, ("2019", MARCH.slug)) == [
            Opened(resource.id, DAY, Place.REPLAY),
            OpenedFrom(replay, resource.id, DAY),
        ]
        for where in (None, ("2019", APRIL.slug)):
            assert opened(Place.REPLAY, where) == [Opened(resource.id, DAY, Place.RESOURCE)]
        without = session.scalars(
            sa.select(Resource.slug).where(Resource.url.is_(None)).limit(1)
        ).one()
        for slug in ("nothing", without):
            with pytest.raises(NotFound):
                opened(Place.RESOURCE, slug=slug)


def test_sums_are_added_and_the_public_site_stays_as_it_is(database: Database, replay: int):
    with database.read() as session:
        resource = with_address(session).id
        version = site.version(session)
    counts: dict[Counted, int] = {
        Viewed(replay, DAY): 2,
        Played(replay, DAY, 0): 1,
        Played(replay, DAY, 1): 3,
        Opened(resource, DAY, Place.REPLAY): 1,
        OpenedFrom(replay, resource, DAY): 1,
    }
    add(database, {})
    add(database, counts)
    add(database, counts | {Viewed(replay, DAY): 5})
    assert rows(database, ReplayViews) == [(replay, DAY, 7)]
    assert rows(database, ReplayMinutes) == [(replay, DAY, 0, 2), (replay, DAY, 1, 6)]
    assert rows(database, ResourceOpenings) == [(resource, DAY, Place.REPLAY, 2)]
    assert rows(database, ReplayOpenings) == [(replay, resource, DAY, 2)]
    with database.read() as session:
        assert site.version(session) == version


def test_who_adds_at_once_adds_exactly(database: Database, replay: int):
    keys: list[Counted] = [Viewed(replay, DAY), *(Played(replay, DAY, one) for one in range(20))]
    others = [Database(str(database.url.render_as_string(hide_password=False))) for _ in range(4)]

    def work(number: int) -> None:
        for _ in range(10):
            some = random.Random(number).sample(keys, len(keys))
            add(others[number], dict.fromkeys(some, 1))

    try:
        in_threads(work, 4)
    finally:
        for other in others:
            other.dispose()
    assert rows(database, ReplayViews) == [(replay, DAY, 40)]
    assert rows(database, ReplayMinutes) == [(replay, DAY, one, 40) for one in range(20)]


def test_old_minutes_are_folded_once_whoever_folds(database: Database, replay: int):
    first = by_day_since(NOW)
    old = [first - timedelta(days=number) for number in (1, 2, 40)]
    add(database, {Played(replay, day, minute): 1 for day in old for minute in range(3)})
    add(database, {Played(replay, first, 0): 1, Viewed(replay, old[0]): 9})
    folded: list[int] = []

    def work(_number: int) -> None:
        done = 1
        while done:
            with database.write() as session:
                done = counting.fold(session, now=NOW)
            folded.append(done)

    in_threads(work, 3)
    assert sum(folded) == 9
    assert rows(database, ReplayMinutesBefore) == [(replay, minute, 3) for minute in range(3)]
    assert rows(database, ReplayMinutes) == [(replay, first, 0, 1)]
    assert rows(database, ReplayViews) == [(replay, old[0], 9)]


# what organisers see ---------------------------------------------------------------------


def whole(database: Database, period: Period = EVER, *, now: datetime = AFTER) -> SiteCounts:
    with database.read() as session:
        return site_counts(session, period=period, now=now)


def one(database: Database, period: Period = EVER, *, slug: str = MARCH.slug) -> ReplayCounts:
    with database.read() as session:
        return replay_counts(
            session, cycle_slug="2019", webinar_slug=slug, period=period, now=AFTER
        )


def test_nothing_is_counted_yet(database: Database, replay: int):
    found = whole(database)
    assert (found.days, found.replays, found.resources, found.since) == ({}, (), (), None)
    of_march = one(database)
    assert (of_march.curve, of_march.since, of_march.views) == ((0, 0, 0), None, 0)
    of_april = one(database, slug=APRIL.slug)
    assert (of_april.curve, of_april.online_at, of_april.source) == ((), None, None)
    with pytest.raises(NotFound):
        one(database, slug="nothing")


def test_a_period_has_its_days_and_the_beginning_what_was_folded(database: Database, replay: int):
    with database.read() as session:
        resource = with_address(session)
    before, old = DAY - timedelta(days=1), by_day_since(AFTER) - timedelta(days=1)
    for day, number in ((old, 7), (before, 2), (DAY, 3)):
        add(
            database,
            {
                Viewed(replay, day): number,
                Played(replay, day, 0): number,
                Played(replay, day, 2): 1,
                Opened(resource.id, day, Place.REPLAY): 1,
                Opened(resource.id, day, Place.THEME): 2,
                OpenedFrom(replay, resource.id, day): 1,
            },
        )
    with database.write() as session:
        assert counting.fold(session, now=AFTER) == 2

    found = whole(database)
    assert found.days == {
        old: DayCounts(views=7, minutes=0, openings=3),
        before: DayCounts(views=2, minutes=3, openings=3),
        DAY: DayCounts(views=3, minutes=4, openings=3),
    }
    line = found.replays[0]
    assert (line.slug, line.views, line.minutes, line.openings) == (MARCH.slug, 12, 15, 3)
    assert found.resources == (ResourceLine(resource.slug, resource.title, 3, 6, 0),)
    assert (found.views, found.minutes, found.openings) == (12, 15, 9)
    assert (found.since, found.minutes_since) == (old, None)

    last_two = Period(before, DAY)
    found = whole(database, last_two)
    assert list(found.days) == [before, DAY]
    assert (found.views, found.minutes, found.openings, found.minutes_since) == (5, 7, 6, None)
    assert whole(database, Period(old, before)).minutes_since == by_day_since(AFTER)
    assert whole(database, Period(None, old - timedelta(days=1))).replays[0].views == 0

    assert one(database).curve == (12, 0, 3)
    of_march = one(database, last_two)
    assert (of_march.curve, of_march.views, of_march.openings) == ((5, 0, 2), 5, 2)
    assert of_march.days == {
        before: DayCounts(views=2, minutes=3, openings=1),
        DAY: DayCounts(views=3, minutes=4, openings=1),
    }
    assert of_march.resources == (OpenedLine(resource.slug, resource.title, 2),)


def test_none_one_and_three_replays_take_as_many_queries(database: Database, replay: int):
    taken = []
    for number in (0, 1, 3):
        with database.read() as session:
            some = session.scalars(
                sa.select(Resource.id).where(Resource.url.is_not(None)).limit(number)
            ).all()
        for resource in some:
            add(database, {Viewed(replay, DAY): 1, OpenedFrom(replay, resource, DAY): 1})
            add(database, {Opened(resource, DAY, Place.REPLAY): 1, Played(replay, DAY, 0): 1})
        with counted_queries(database) as queries:
            assert len(whole(database).resources) == number
            taken.append(len(queries))
            assert len(one(database).resources) == number
            taken.append(len(queries))
    assert taken == [6, 16] * 3
