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
from webinars.domain.feed_changes import Origin, Since
from webinars.domain.feed_fetches import (
    ALL,
    PERSON,
    Fetch,
    cycle_feed,
    theme_feed,
    webinar_file,
)
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.replays import Video, put_online
from webinars.models import ChangeKind, ClientFamily, FeedFetch

GOOGLE, APPLE, BROWSER = ClientFamily.GOOGLE, ClientFamily.APPLE, ClientFamily.BROWSER
CYCLE = cycle_feed("2019")
THEME, OTHER_THEME = (theme_feed(str(one.theme)) for one in (MARCH, APRIL))
HAS_IT = Reach.HAS_IT
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
    """Family, revision, how many publications it lacks, whether it has what changed last."""
    return [(one.family, one.revision, len(one.lacks), one.reach) for one in clients]


def import_texts(database: Database, *, at: datetime, slug: str = MARCH.slug) -> None:
    text = f'[[webinars]]\nslug = "{slug}"\ndate = 2019-03-21\nwhy = "Autre, {at:%H:%M}."\n'
    with database.write() as session:
        import_library(session, files=[SourceFile("details.toml", text)], now=at)


def put_replay(database: Database, *, at: datetime, slug: str = MARCH.slug) -> None:
    video = Video(url="https://video.example.org/1", duration=60)
    with database.write() as session:
        put_online(session, cycle_slug="2019", webinar_slug=slug, video=video, now=at)


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
    assert seen.titles == {one.slug: one.title for one in (MARCH, APRIL, MAY)}
    away = cycle(site, NOW + AWAY + MINUTE).clients
    assert reaches(away)[1] == (GOOGLE, 1, 2, Reach.AWAY)
    assert reaches(away)[0][3] is Reach.HAS_IT  # nothing was published since


def test_what_a_program_has_and_lacks_of_what_was_published(site: Database) -> None:
    """Whether the move has reached it, whatever was published after the move."""
    with site.write() as session:
        published(session, plan_of(MOVED, APRIL), now=NOW + MINUTE)
    note(site, fetch(at=NOW + 2 * MINUTE, revision=2), fetch(family=APPLE))
    with site.write() as session:
        other = replace(APRIL, theme="apprendre")
        published(session, plan_of(MOVED, other), now=NOW + 3 * MINUTE)
        published(session, plan_of(MOVED, other, title="Autre cycle"), now=NOW + 4 * MINUTE)
    google, apple = cycle(site).clients
    assert [(one.kind, one.slug) for one in google.has] == [(ChangeKind.MOVED, MARCH.slug)]
    assert told(google) == [(3, [(ChangeKind.CHANGED, APRIL.slug)]), (4, [])]
    assert apple.has == ()  # that of the first publication is everything
    assert told(apple) == [(2, [(ChangeKind.MOVED, MARCH.slug)]), *told(google)]


def told(client: Client) -> list[tuple[int, list[tuple[ChangeKind, str]]]]:
    return [
        (one.revision, [(change.kind, change.slug) for change in one.changes])
        for one in client.lacks
    ]


def test_what_changes_without_a_publication_is_not_seen_before_it_is_fetched(
    site: Database,
) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
    note(site, *(fetch(feed, at=NOW + MINUTE) for feed in (CYCLE, ALL, PERSON, THEME, OTHER_THEME)))
    assert lacking(site) == {}
    import_texts(site, at=NOW + 2 * MINUTE)
    texts = (Since(Origin.TEXTS, NOW + 2 * MINUTE, 1),)
    assert lacking(site) == dict.fromkeys((CYCLE, ALL, PERSON, THEME), texts)
    seen = cycle(site)
    assert reaches(seen.clients) == [(GOOGLE, 1, 0, Reach.NOT_YET)]
    assert (seen.revision, seen.since) == (1, texts)
    put_replay(site, at=NOW + 3 * MINUTE, slug=APRIL.slug)
    replay = Since(Origin.REPLAY, NOW + 3 * MINUTE, 1)
    assert lacking(site) == {
        CYCLE: (replay, *texts),
        ALL: (replay, *texts),
        PERSON: (replay, *texts),
        THEME: texts,
        OTHER_THEME: (replay,),
    }
    note(site, fetch(at=NOW + 3 * MINUTE), fetch(ALL, at=NOW + 3 * MINUTE))
    assert lacking(site) == {PERSON: (replay, *texts), THEME: texts, OTHER_THEME: (replay,)}
    away = cycle(site, NOW + AWAY + 4 * MINUTE).clients
    assert reaches(away) == [(GOOGLE, 1, 0, Reach.HAS_IT)]


def lacking(database: Database) -> dict[str, tuple[Since, ...]]:
    """By feed, what its clients have not seen of what was not published."""
    seen = house(database)
    clients = {cycle_feed(one.slug): one.clients for one in seen.cycles}
    clients |= {theme_feed(one.slug): one.clients for one in seen.themes}
    clients |= {ALL: seen.everything, PERSON: seen.persons}
    found = {feed: one.since for feed, some in clients.items() for one in some if one.since}
    behind = {feed for feed, some in clients.items() for one in some if one.reach is not HAS_IT}
    assert behind == found.keys()
    return found


def test_a_publication_of_webinars_of_their_own_leaves_other_feeds_as_they_are(
    site: Database,
) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
    note(site, *(fetch(feed) for feed in (CYCLE, ALL, PERSON, THEME, OTHER_THEME)))
    with site.write() as session:
        again = replace(MARCH, date=date(2020, 3, 19))
        published(session, plan_of(again, slug="2020", year=2020), now=NOW + MINUTE)
    assert [one.slug for one in house(site).cycles] == ["2020", "2019"]
    news = (Since(Origin.PUBLICATION, NOW + MINUTE, 1),)
    assert lacking(site) == dict.fromkeys((ALL, PERSON, THEME), news)
    assert house(site).is_fetched


def test_a_webinar_that_goes_to_another_theme_changes_both(site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
    third = theme_feed("definir-sa-strategie")
    note(site, *(fetch(feed) for feed in (THEME, OTHER_THEME, third)))
    with site.write() as session:
        other = replace(MARCH, theme=APRIL.theme)
        published(session, plan_of(other, APRIL), now=NOW + MINUTE)
    news = (Since(Origin.PUBLICATION, NOW + MINUTE, 1),)
    assert lacking(site) == {THEME: news, OTHER_THEME: news}
    with site.write() as session:
        published(session, plan_of(MARCH, APRIL), now=NOW + 2 * MINUTE)
    news = (Since(Origin.PUBLICATION, NOW + 2 * MINUTE, 1),)
    assert lacking(site) == {THEME: news, OTHER_THEME: news}


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
        assert len(queries) == 7
        with counted_queries(site) as queries:
            cycle(site)
        assert len(queries) == 5
        with site.write() as session:
            again = replace(MARCH, date=date(2020, 3, 19))
            published(session, plan_of(again, slug="2020", year=2020))
        feeds = [cycle_feed(slug) for slug in ("2019", "2020")]
        note(site, *(fetch(feed, family) for feed in feeds for family in ClientFamily))
