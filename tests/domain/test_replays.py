"""Replays going online, once each, and the list of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import MARCH, NOW, count, plan_of, published
from webinars.db import Database
from webinars.domain import replay_acts, replays, site
from webinars.domain.editing import Editor
from webinars.domain.errors import NotFound
from webinars.domain.plan import PlannedSession
from webinars.domain.programme import Moment
from webinars.domain.replay_life import Stage
from webinars.domain.replays import Video
from webinars.domain.webinar_page import ChapterView, ReplayView, webinar_page
from webinars.models import AuditAct, AuditEntry, Chapter, Replay, Webinar, WebinarStatus

AFTER = datetime.fromisoformat("2019-03-22T09:00:00+00:00")
VIDEO = Video(
    "https://video.example.org/mars", 3600, chapters=((1800, "Des pratiques"), (0, "Ouverture"))
)
JANUARY = replace(MARCH, slug="january", date=date(2019, 1, 17))
FEBRUARY = replace(MARCH, slug="february", date=date(2019, 2, 21))


@pytest.fixture
def cycle(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(JANUARY, FEBRUARY, MARCH))
    return database


def put(
    database: Database, slug: str = MARCH.slug, video: Video = VIDEO, *, now: datetime = AFTER
) -> bool:
    with database.write() as session:
        return replays.put_online(
            session, cycle_slug="2019", webinar_slug=slug, video=video, now=now
        )


def shown(database: Database, *, now: datetime = AFTER) -> list[str]:
    with database.read() as session:
        found = replays.replays(session, moment=Moment.at(now, opens_minutes=15))
        return [webinar.slug for webinar in found]


def test_a_replay_goes_online_with_its_chapters_in_order(cycle: Database) -> None:
    assert put(cycle)
    with cycle.read() as session:
        page = webinar_page(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            moment=Moment.at(AFTER, opens_minutes=15),
        )
    assert page.webinar.has_replay
    assert page.replay == ReplayView(
        video_url="https://video.example.org/mars",
        duration=3600,
        online_at=AFTER,
        demonstration=False,
        chapters=(ChapterView(0, "Ouverture"), ChapterView(1800, "Des pratiques")),
    )


def test_it_changes_the_calendar_entry_and_the_public_pages(cycle: Database) -> None:
    put(cycle)
    with cycle.read() as session:
        rows = session.execute(
            sa.select(Webinar.slug, Webinar.sequence, Webinar.changed_at).order_by(
                Webinar.starts_at
            )
        )
        assert [tuple(row) for row in rows] == [
            ("january", 0, NOW),
            ("february", 0, NOW),
            (MARCH.slug, 1, AFTER),
        ]
        assert site.version(session) == 3


def test_a_webinar_that_has_a_replay_keeps_it(cycle: Database) -> None:
    put(cycle)
    later = AFTER + timedelta(days=1)
    assert not put(cycle, video=Video("https://video.example.org/other", None), now=later)
    with cycle.read() as session:
        assert session.scalars(sa.select(Replay.video_url)).all() == [VIDEO.url]
        assert count(session, Chapter) == 2
        assert site.version(session) == 3
        webinar = session.scalars(sa.select(Webinar).where(Webinar.slug == MARCH.slug)).one()
        assert (webinar.sequence, webinar.changed_at) == (1, AFTER)


def test_a_webinar_that_is_not_there_gets_none(cycle: Database) -> None:
    with pytest.raises(NotFound):
        put(cycle, "no-such")
    with cycle.read() as session:
        assert count(session, Replay) == 0


def test_two_chapters_cannot_begin_at_once(cycle: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        put(cycle, video=replace(VIDEO, chapters=((0, "A"), (0, "B"))))
    with cycle.read() as session:
        assert (count(session, Replay), site.version(session)) == (0, 2)


def test_none_one_three_the_latest_first(cycle: Database) -> None:
    assert shown(cycle) == []
    put(cycle, "february")
    assert shown(cycle) == ["february"]
    put(cycle, "january")
    put(cycle)
    assert shown(cycle) == [MARCH.slug, "february", "january"]


def test_a_replay_of_a_webinar_to_come_is_not_listed_yet(cycle: Database) -> None:
    put(cycle)
    assert shown(cycle, now=NOW) == []


def online(database: Database, most: int = 10) -> list[tuple[str, datetime]]:
    with database.read() as session:
        found = replays.latest_online(session, most=most)
        return [(one.webinar.slug, one.online_at) for one in found]


def test_the_latest_online_are_by_the_instant_they_went_online(cycle: Database) -> None:
    assert online(cycle) == []
    hour = timedelta(hours=1)
    for number, slug in enumerate((MARCH.slug, JANUARY.slug, FEBRUARY.slug)):
        put(cycle, slug, now=AFTER + number * hour)
    everything = [
        (FEBRUARY.slug, AFTER + 2 * hour),
        (JANUARY.slug, AFTER + hour),
        (MARCH.slug, AFTER),
    ]
    assert online(cycle) == everything
    assert online(cycle, most=2) == everything[:2]


def move(database: Database, session_: PlannedSession, *, now: datetime = AFTER) -> None:
    with database.write() as session:
        published(session, plan_of(JANUARY, session_, MARCH), now=now)


def kept(database: Database, slug: str = "february") -> Replay:
    with database.read() as session:
        found = session.scalars(sa.select(Replay).join(Webinar).where(Webinar.slug == slug)).one()
        session.expunge(found)
        return found


def test_what_is_cancelled_or_to_come_again_is_not_listed(cycle: Database) -> None:
    for slug in (MARCH.slug, JANUARY.slug, FEBRUARY.slug):
        put(cycle, slug)
    with cycle.write() as session:
        again = replace(FEBRUARY, date=date(2019, 6, 20))
        cancelled = replace(JANUARY, status=WebinarStatus.CANCELLED)
        published(session, plan_of(cancelled, again, MARCH), now=AFTER)
    assert online(cycle) == [(MARCH.slug, AFTER)]


def test_moved_to_take_place_anew_a_webinar_has_its_replay_only_prepared(cycle: Database) -> None:
    """Its first replay is not that of the new date, neither before it nor after."""
    for slug in (MARCH.slug, FEBRUARY.slug):
        put(cycle, slug)
    june = replace(FEBRUARY, date=date(2019, 6, 20))
    move(cycle, june)
    assert (kept(cycle).online_at, kept(cycle).video_url, kept(cycle).version) == (
        None,
        VIDEO.url,
        2,
    )
    later = datetime.fromisoformat("2019-06-21T09:00:00+00:00")
    assert shown(cycle, now=later) == [MARCH.slug]
    with cycle.read() as session:
        moment = Moment.at(later, opens_minutes=15)
        page = webinar_page(session, cycle_slug="2019", webinar_slug="february", moment=moment)
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-2]
    assert (page.replay, page.webinar.has_replay) == (None, False)
    assert page.replay_life.stage is Stage.EXPECTED
    assert (entry.act, entry.before, entry.after) == (
        AuditAct.REPLAY_ASIDE,
        {"replay": {"online_at": AFTER.isoformat()}},
        {"replay": {"online_at": None}},
    )


def test_moved_back_it_is_put_online_by_its_organisers(cycle: Database) -> None:
    put(cycle, "february")
    move(cycle, replace(FEBRUARY, date=date(2019, 6, 20)))
    move(cycle, FEBRUARY)
    assert kept(cycle).online_at is None
    later = AFTER + timedelta(hours=1)
    with cycle.write() as session:
        replay_acts.set_details(
            session,
            cycle_slug="2019",
            webinar_slug="february",
            slides_url=None,
            expected_by=None,
            consent=True,
            without_captions="Il arrive.",
            editor=Editor("olivia@example.org", later, None),
        )
        replay_acts.go_online(
            session,
            cycle_slug="2019",
            webinar_slug="february",
            editor=Editor("olivia@example.org", later, None),
        )
    assert online(cycle) == [("february", later)]


@pytest.mark.parametrize("day", [date(2019, 2, 28), date(2019, 3, 14)])
def test_a_date_that_is_corrected_takes_nothing_away(cycle: Database, day: date) -> None:
    """It is over, before and after, whether its replay is older than the new date or not."""
    online_at = datetime.fromisoformat("2019-03-01T09:00:00+00:00")
    put(cycle, "february", now=online_at)
    move(cycle, replace(FEBRUARY, date=day))
    assert online(cycle) == [("february", online_at)]
    assert shown(cycle) == ["february"]


@pytest.mark.parametrize(
    ("minutes", "shown_"), [(240, False), (94, True), (30, True)], ids=["to go on", "over", "cut"]
)
def test_a_webinar_that_is_to_go_on_has_its_replay_only_prepared(
    cycle: Database, minutes: int, shown_: bool
) -> None:
    """It was over at 13:30, and its replay online at once."""
    at = datetime.fromisoformat("2019-03-21T13:35:00+00:00")
    put(cycle, now=at)
    with cycle.write() as session:
        published(session, plan_of(JANUARY, FEBRUARY, replace(MARCH, duration=minutes)), now=at)
    assert online(cycle) == ([(MARCH.slug, at)] if shown_ else [])
    assert kept(cycle, MARCH.slug).video_url == VIDEO.url
