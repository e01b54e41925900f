"""What programs have seen: what is noted, and what it means beside what is published."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
)
from webinars.db import Database
from webinars.domain import feed_fetches, planning
from webinars.domain.calendars_seen import (
    AWAY,
    Client,
    Files,
    Reach,
    SeenCycle,
    SeenHouse,
    seen_cycle,
    seen_house,
)
from webinars.domain.errors import NotFound
from webinars.domain.feed_fetches import (
    ALL,
    PERSON,
    Fetch,
    cycle_feed,
    theme_feed,
    webinar_file,
)
from webinars.models import ChangeKind, ClientFamily, FeedFetch

GOOGLE, APPLE, BROWSER = ClientFamily.GOOGLE, ClientFamily.APPLE, ClientFamily.BROWSER
CYCLE = cycle_feed("2019")
MINUTE = timedelta(minutes=1)
MOVED = replace(MARCH, date=date(2019, 3, 28))


def fetch(
    feed: str = CYCLE,
    family: ClientFamily = GOOGLE,
    *,
    at: datetime = NOW,
    revision: int = 1,
    language: str = "fr",
) -> Fetch:
    return Fetch(feed, language, family, at, revision)


def note(database: Database, *fetches: Fetch) -> None:
    with database.write() as session:
        feed_fetches.note(session, fetches=fetches)


def rows(database: Database) -> list[tuple[str, str, ClientFamily, datetime, datetime, int]]:
    with database.read() as session:
        return [
            (one.feed, one.language, one.family, one.first_at, one.fetched_at, one.revision)
            for one in session.scalars(sa.select(FeedFetch).order_by(*FeedFetch.__table__.c))
        ]


def house(database: Database, now: datetime = NOW) -> SeenHouse:
    with database.read() as session:
        return seen_house(session, now=now)


def cycle(database: Database, now: datetime = NOW) -> SeenCycle:
    with database.read() as session:
        return seen_cycle(session, cycle_slug="2019", now=now)


def reaches(clients: tuple[Client, ...]) -> list[tuple[ClientFamily, int, int, Reach]]:
    return [(one.family, one.revision, one.behind, one.reach) for one in clients]


@pytest.fixture
def site(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
    return database


def test_none_one_three_are_a_row_each(database: Database) -> None:
    assert rows(database) == []
    note(database, fetch())
    assert rows(database) == [(CYCLE, "fr", GOOGLE, NOW, NOW, 1)]
    note(database, fetch(family=APPLE), fetch(language="en"), fetch(ALL))
    assert [row[:3] for row in rows(database)] == [
        (ALL, "fr", GOOGLE),
        (CYCLE, "en", GOOGLE),
        (CYCLE, "fr", APPLE),
        (CYCLE, "fr", GOOGLE),
    ]


def test_the_latest_fetch_stays_whoever_tells_of_it_first(database: Database) -> None:
    for at, revision in ((NOW, 1), (NOW + 2 * MINUTE, 2), (NOW + MINUTE, 1)):
        note(database, fetch(at=at, revision=revision))
    assert rows(database) == [(CYCLE, "fr", GOOGLE, NOW, NOW + 2 * MINUTE, 2)]


def test_a_publication_is_not_seen_before_it_is_fetched(site: Database) -> None:
    note(site, fetch(), fetch(family=APPLE, at=NOW - MINUTE))
    assert reaches(cycle(site).clients) == [
        (GOOGLE, 1, 0, Reach.HAS_IT),
        (APPLE, 1, 0, Reach.HAS_IT),
    ]
    with site.write() as session:
        published(session, plan_of(MOVED, APRIL), now=NOW + MINUTE)
        published(session, plan_of(MOVED, APRIL, MAY), now=NOW + 2 * MINUTE)
    note(site, fetch(family=APPLE, at=NOW + 3 * MINUTE, revision=3))
    seen = cycle(site, NOW + 4 * MINUTE)
    assert reaches(seen.clients) == [
        (APPLE, 3, 0, Reach.HAS_IT),
        (GOOGLE, 1, 2, Reach.NOT_YET),
    ]
    assert (seen.revision, seen.published_at) == (3, NOW + 2 * MINUTE)
    assert [(one.kind, one.slug) for one in seen.changes] == [(ChangeKind.ADDED, MAY.slug)]
    assert seen.titles == {MAY.slug: MAY.title}
    away = cycle(site, NOW + AWAY + MINUTE).clients
    assert reaches(away)[1] == (GOOGLE, 1, 2, Reach.AWAY)
    assert reaches(away)[0][3] is Reach.HAS_IT  # nothing was published since


def test_feeds_over_cycles_count_every_publication(site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
        again = replace(MARCH, date=date(2020, 3, 19))
        published(session, plan_of(again, slug="2020", year=2020), now=NOW + MINUTE)
    assert MARCH.theme is not None
    note(site, fetch(ALL), fetch(PERSON, APPLE, revision=2), fetch(theme_feed(MARCH.theme)))
    seen = house(site)
    assert seen.made == 2
    assert [one.slug for one in seen.cycles] == ["2020", "2019"]
    assert reaches(seen.everything) == [(GOOGLE, 1, 1, Reach.NOT_YET)]
    assert reaches(seen.persons) == [(APPLE, 2, 0, Reach.HAS_IT)]
    fetched = {one.slug: reaches(one.clients) for one in seen.themes if one.clients}
    assert fetched == {MARCH.theme: [(GOOGLE, 1, 1, Reach.NOT_YET)]}
    assert seen.is_fetched


def test_files_of_webinars_are_counted_together(site: Database) -> None:
    assert not house(site).is_fetched
    note(
        site,
        fetch(webinar_file("2019", MARCH.slug), BROWSER),
        fetch(webinar_file("2019", MARCH.slug), BROWSER, language="en"),
        fetch(webinar_file("2019", APRIL.slug), BROWSER, at=NOW + MINUTE),
        fetch(webinar_file("2019", "gone"), APPLE),
    )
    assert cycle(site).files == (Files(BROWSER, 2, NOW + MINUTE),)
    assert cycle(site).clients == ()
    assert house(site).is_fetched


def test_a_cycle_that_was_never_published_and_one_that_is_not_there(site: Database) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(slug="2020", year=2020), now=NOW)
    with site.read() as session:
        draft = seen_cycle(session, cycle_slug="2020", now=NOW)
        assert (draft.revision, draft.published_at, draft.clients) == (0, None, ())
        with pytest.raises(NotFound):
            seen_cycle(session, cycle_slug="1999", now=NOW)
    assert [one.slug for one in house(site).cycles] == ["2019"]


def test_the_queries_do_not_grow(site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
    for _ in range(2):
        with counted_queries(site) as queries:
            house(site)
        assert len(queries) == 6
        with counted_queries(site) as queries:
            cycle(site)
        assert len(queries) == 5
        with site.write() as session:
            again = replace(MARCH, date=date(2020, 3, 19))
            published(session, plan_of(again, slug="2020", year=2020))
        feeds = [cycle_feed(slug) for slug in ("2019", "2020")]
        note(site, *(fetch(feed, family) for feed in feeds for family in ClientFamily))
