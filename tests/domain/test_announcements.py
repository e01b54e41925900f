"""What was announced, as it was told then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import APRIL, HOST, MARCH, MAY, NOW, counted_queries, plan_of, published
from webinars.db import Database
from webinars.domain import announcements, planning, publication, replays
from webinars.domain.announcements import News, NewsKind, news
from webinars.domain.plan import PlannedSession
from webinars.domain.replays import Video
from webinars.models import Change, Webinar, WebinarStatus

HOUR = timedelta(hours=1)
AFTER = datetime.fromisoformat("2019-03-22T09:00:00+00:00")
JUNE = replace(MAY, slug="juin", title="Juin", date=date(2019, 6, 20))


@pytest.fixture
def publish(database: Database) -> Callable[..., None]:
    """Publish these sessions, each time an hour later."""
    times = iter(NOW + HOUR * number for number in range(100))

    def again(*sessions: PlannedSession, **changes: str) -> None:
        with database.write() as session:
            published(session, plan_of(*sessions, **changes), now=next(times))  # type: ignore[arg-type]

    return again


def told(database: Database, most: int = 50) -> list[tuple[str, str | None, list[str]]]:
    return [
        (one.kind.value, one.slug, [f"{t.change.kind.value}: {t.title}" for t in one.told])
        for one in read(database, most)
    ]


def read(database: Database, most: int = 50) -> tuple[News, ...]:
    with database.read() as session:
        return news(session, most=most)


def test_nothing_was_announced(database: Database) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH), now=NOW)
    assert read(database) == ()


def test_a_cycle_is_one_piece_of_news(database: Database, publish) -> None:
    publish(MARCH, APRIL, MAY)
    (one,) = read(database)
    assert told(database) == [
        ("cycle", None, [f"added: {planned.title}" for planned in (MARCH, APRIL, MAY)])
    ]
    assert (one.at, one.cycle_slug, one.cycle_title) == (NOW, "2019", "Cycle 2019")
    assert one.id == f"tag:{HOST},2019-03-04:plan/2019/1/added"


def test_each_later_change_of_a_webinar_is_one(database: Database, publish) -> None:
    publish(MARCH, APRIL)
    publish(MARCH, APRIL, MAY)
    publish(MARCH, APRIL, MAY, JUNE, replace(JUNE, slug="juillet", date=date(2019, 7, 18)))
    moved = replace(APRIL, date=date(2019, 4, 25), title="Faire alliance")
    publish(MARCH, moved, replace(MAY, status=WebinarStatus.CANCELLED), JUNE)
    assert told(database) == [
        ("changed", APRIL.slug, ["moved: Faire alliance", "renamed: Faire alliance"]),
        ("changed", MAY.slug, ["cancelled: Définir sa stratégie"]),
        ("changed", "juillet", ["cancelled: Juin"]),
        ("added", None, ["added: Juin", "added: Juin"]),
        ("added", MAY.slug, ["added: Définir sa stratégie"]),
        ("cycle", None, [f"added: {MARCH.title}", f"added: {APRIL.title}"]),
    ]
    publish(MARCH, moved, MAY, JUNE)
    assert told(database)[0] == ("changed", MAY.slug, ["changed: Définir sa stratégie"])


def test_what_was_told_keeps_the_title_of_its_time(database: Database, publish) -> None:
    publish(MARCH)
    publish(replace(MARCH, date=date(2019, 3, 28)))
    publish(replace(MARCH, date=date(2019, 3, 28), title="Deux"))
    before = read(database)
    publish(replace(MARCH, date=date(2019, 4, 4), title="Trois"))
    assert [t.title for one in read(database) for t in one.told] == [
        "Trois",
        "Trois",
        "Deux",
        MARCH.title,
        MARCH.title,
    ]
    assert read(database)[1:] == before


def test_details_are_no_news(database: Database, publish) -> None:
    publish(MARCH)
    publish(replace(MARCH, capacity=12, join_url="https://salle.example.org/autre"))
    assert len(told(database)) == 1


def test_replays_are_news_in_their_order(database: Database, publish) -> None:
    publish(MARCH, APRIL)
    with database.write() as session:
        video = Video("https://video.example.org/mars", 3600)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=AFTER
        )
    newest, _ = read(database)
    assert (newest.kind, newest.slug, newest.at) == (NewsKind.REPLAY, MARCH.slug, AFTER)
    assert newest.id == f"tag:{HOST},2019-03-04:replay/2019/{MARCH.slug}"
    assert newest.replay is not None
    assert newest.replay.webinar.title == MARCH.title
    publish(replace(MARCH, status=WebinarStatus.CANCELLED), APRIL)
    assert [one.kind for one in read(database)] == [NewsKind.CHANGED, NewsKind.CYCLE]


def test_names_are_all_different_and_stay(database: Database, publish) -> None:
    for day in range(1, 9):
        publish(replace(MARCH, date=date(2019, 4, day)), APRIL, MAY)
    before = [one.id for one in read(database)]
    assert len(set(before)) == 8
    with database.write() as session:  # the site moves to another host: old names stay
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY, JUNE), now=NOW)
        publication.publish(session, cycle_slug="2019", host="other.example.org", now=AFTER)
    assert [one.id for one in read(database)][-8:] == before


def test_the_latest_ones_only(database: Database, publish, monkeypatch) -> None:
    for day in range(1, 6):
        publish(replace(MARCH, date=date(2019, 4, day)), APRIL, MAY)
    everything = read(database)
    assert read(database, most=2) == everything[:2]
    # What was read in part is not told in part.
    monkeypatch.setattr(announcements, "MOST_READ", 6)
    assert read(database) == everything[:4]
    publish(MARCH, APRIL, MAY)
    publish(replace(MARCH, date=date(2019, 4, 9)), APRIL, JUNE)  # one added, one ended, one moved
    monkeypatch.setattr(announcements, "MOST_READ", 2)
    assert read(database) == ()


@pytest.mark.parametrize("number", [1, 12])
def test_two_queries(database: Database, publish, number: int) -> None:
    for day in range(1, number + 1):
        publish(replace(MARCH, date=date(2019, 4, day)), APRIL)
    with counted_queries(database) as queries:
        assert len(read(database)) == number
    assert len(queries) == 2


def test_another_zone_for_the_same_instant_is_no_move(database: Database, publish) -> None:
    publish(MARCH)
    with database.write() as session:
        cycle_id = session.scalar(sa.select(Webinar.cycle_id))
        session.add(
            Change(
                cycle_id=cycle_id,
                revision=2,
                kind="moved",
                slug=MARCH.slug,
                before={"starts": "2019-03-21T13:00 Europe/Paris"},
                after={"starts": "2019-03-21T12:00 Europe/London"},
                published_at=AFTER,
            )
        )
    assert len(read(database)) == 1
