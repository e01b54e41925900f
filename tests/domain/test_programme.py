"""What comes next, and the three lives of a webinar."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests.support import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_2019,
    load_library,
    plan_of,
    published,
)
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.errors import NotFound
from webinars.domain.programme import (
    CycleView,
    HomeView,
    Life,
    Moment,
    home,
    life,
    programme,
    published_cycles,
)
from webinars.domain.replays import Video
from webinars.models import WebinarStatus

START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
END = START + timedelta(minutes=90)
QUARTER = timedelta(minutes=15)
TICK = timedelta(microseconds=1)


def moment(now: datetime = NOW) -> Moment:
    return Moment.at(now, opens_minutes=15)


def cycle(database: Database, *, now: datetime = NOW) -> CycleView:
    with database.read() as session:
        return programme(session, cycle_slug="2019", moment=moment(now))


def front(database: Database, *, now: datetime = NOW) -> HomeView:
    with database.read() as session:
        return home(session, moment=moment(now))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - QUARTER - TICK, Life.BEFORE),
        (START - QUARTER, Life.LIVE),
        (START, Life.LIVE),
        (END - TICK, Life.LIVE),
        (END, Life.AFTER),
    ],
)
def test_the_three_lives_change_at_their_instants(now: datetime, expected: Life) -> None:
    assert life(starts_at=START, ends_at=END, now=now, opens=QUARTER) is expected


def test_doors_that_open_with_the_start() -> None:
    no_time = timedelta(0)
    assert life(starts_at=START, ends_at=END, now=START - TICK, opens=no_time) is Life.BEFORE
    assert life(starts_at=START, ends_at=END, now=START, opens=no_time) is Life.LIVE


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, MARCH.slug),
        (START, MARCH.slug),
        (END - TICK, MARCH.slug),
        (END, APRIL.slug),
        (datetime.fromisoformat("2019-05-16T12:29:59+00:00"), MAY.slug),
        (datetime.fromisoformat("2019-05-16T12:30:00+00:00"), None),
    ],
)
def test_the_next_is_the_first_that_is_not_over(
    database: Database, now: datetime, expected: str | None
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    found = [webinar.slug for webinar in cycle(database, now=now).webinars if webinar.is_next]
    assert found == ([expected] if expected else [])
    next_ = front(database, now=now).next
    assert (next_.slug if next_ else None) == expected


def test_a_cancelled_webinar_is_shown_and_is_never_next(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(replace(MARCH, status=WebinarStatus.CANCELLED), APRIL))
    assert [(w.slug, w.cancelled, w.is_next) for w in cycle(database).webinars] == [
        (MARCH.slug, True, False),
        (APRIL.slug, False, True),
    ]
    found = front(database)
    assert found.next is not None
    assert found.next.slug == APRIL.slug


def test_webinars_are_counted_in_the_order_of_their_dates(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MAY, MARCH, APRIL))
    assert [(w.position, w.slug) for w in cycle(database).webinars] == [
        (1, MARCH.slug),
        (2, APRIL.slug),
        (3, MAY.slug),
    ]


def test_a_webinar_shows_its_exception(database: Database) -> None:
    august = replace(
        MARCH, date=date(2019, 8, 29), exception_of=date(2019, 8, 15), reason="Assomption"
    )
    with database.write() as session:
        published(session, plan_of(august))
    (webinar,) = cycle(database).webinars
    assert (webinar.exception_of, webinar.reason) == (date(2019, 8, 15), "Assomption")


@pytest.mark.parametrize("slug", ["2018", "", "2019/"])
def test_a_cycle_that_is_not_there_is_not_found(database: Database, slug: str) -> None:
    with pytest.raises(NotFound), database.read() as session:
        programme(session, cycle_slug=slug, moment=moment())


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (NOW, START - QUARTER),
        (START - QUARTER - TICK, START - QUARTER),
        (START - QUARTER, START),
        (START - TICK, START),
        (START, END),
        (END - TICK, END),
        (END, None),
    ],
)
def test_a_page_is_fresh_until_the_next_change_of_life(
    database: Database, now: datetime, until: datetime | None
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    assert moment(now).fresh_until(cycle(database, now=now).webinars) == until
    assert moment(now).fresh_until([]) is None


def test_the_first_change_of_any_webinar_counts(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
    webinars = cycle(database, now=END).webinars
    april = datetime.fromisoformat("2019-04-18T11:00:00+00:00")
    assert moment(END).fresh_until(webinars) == april - QUARTER


def test_a_home_without_any_cycle(database: Database) -> None:
    assert front(database) == HomeView(None, (), None, (), ())


def test_a_home_with_a_cycle_that_is_empty(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of())
    found = front(database)
    assert found.cycle is not None
    assert (found.next, found.cycle.webinars, found.cycles) == (
        None,
        (),
        (("2019", 2019, "Cycle 2019"),),
    )


def test_a_home_in_the_middle_of_the_year(database: Database) -> None:
    load_2019(database)
    found = front(database)
    assert found.next is not None
    assert found.cycle is not None
    assert found.next.slug == MARCH.slug
    assert [webinar.slug for webinar in found.following] == [
        APRIL.slug,
        MAY.slug,
        "favoriser-l-engagement-de-l-entreprise",
    ]
    assert (found.cycle.slug, len(found.cycle.webinars), found.replays) == ("2019", 12, ())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2018-06-01T12:00:00+00:00", "2018"),
        ("2019-06-01T12:00:00+00:00", "2019"),
        ("2019-12-31T22:59:59+00:00", "2019"),
        ("2019-12-31T23:00:00+00:00", "2020"),  # midnight in Paris
        ("2017-06-01T12:00:00+00:00", "2018"),  # the nearest to come
        ("2024-06-01T12:00:00+00:00", "2020"),  # the latest
    ],
)
def test_the_home_shows_this_years_cycle_or_the_nearest(
    database: Database, now: str, expected: str
) -> None:
    with database.write() as session:
        for year in (2018, 2020, 2019):
            one = replace(MARCH, date=date(year, 3, 15))
            published(session, plan_of(one, slug=str(year), year=year, title=f"Cycle {year}"))
    found = front(database, now=datetime.fromisoformat(now))
    assert found.cycle is not None
    assert found.cycle.slug == expected
    assert [slug for slug, _, _ in found.cycles] == ["2020", "2019", "2018"]


def test_the_fullest_cycle_of_a_year_is_shown(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(APRIL, slug="ateliers", title="Ateliers"))
        published(session, plan_of(MARCH, MAY))
    found = front(database)
    assert found.cycle is not None
    assert found.next is not None
    assert (found.cycle.slug, found.next.slug) == ("2019", MARCH.slug)
    assert [(w.cycle_slug, w.slug) for w in found.following] == [
        ("ateliers", APRIL.slug),
        ("2019", MAY.slug),
    ]


def test_the_home_shows_the_four_latest_replays(database: Database) -> None:
    sessions = [
        replace(MARCH, slug=f"w{month}", date=date(2019, month, 1)) for month in range(1, 7)
    ]
    with database.write() as session:
        published(session, plan_of(*sessions))
        for planned in sessions:
            replays.put_online(
                session,
                cycle_slug="2019",
                webinar_slug=planned.slug,
                video=Video("https://video.example.org/v", None),
                now=NOW,
            )
    found = front(database, now=datetime.fromisoformat("2019-05-15T00:00:00+00:00"))
    assert [webinar.slug for webinar in found.replays] == ["w5", "w4", "w3", "w2"]


def test_a_webinar_carries_the_colour_of_its_theme(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, replace(APRIL, theme=None), replace(MAY, theme="gone")))
        load_library(session, "themes.toml")
    march, april, may = cycle(database).webinars
    assert march.theme is not None
    assert march.theme.slug == MARCH.theme
    assert 1 <= march.theme.colour <= 12
    assert (april.theme, may.theme) == (None, None)


def test_the_count_of_queries_does_not_grow_with_the_list(database: Database) -> None:
    counts = []
    for year in (2019, 2020, 2021):
        with database.write() as session:
            one, two = (replace(s, date=s.date.replace(year=year)) for s in (MARCH, APRIL))
            published(session, plan_of(one, two, slug=str(year), year=year))
        with counted_queries(database) as queries, database.read() as session:
            assert len(published_cycles(session, moment=moment())) == year - 2018
        counts.append(len(queries))
    assert counts == [2, 2, 2]
