"""Chapters and the resources that they mention: linked, unlinked, shown at their minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import APRIL, HOST, MARCH, NOW, counted_queries, load_library, plan_of, published
from webinars.db import Database
from webinars.domain import mentions, planning, publication, replays, site
from webinars.domain.errors import NotFound
from webinars.domain.mentions import MentionsPage, NoSuchResource, mentions_page
from webinars.domain.programme import Moment
from webinars.domain.replays import Video
from webinars.domain.resource_page import ResourcePage, resource_page
from webinars.domain.webinar_page import WebinarPage, webinar_page
from webinars.models import AuditEntry, Chapter, Replay, Resource, chapter_resources

AFTER = datetime.fromisoformat("2019-05-01T09:00:00+00:00")
VIDEO = Video(
    url="https://video.example.org/1",
    duration=3600,
    chapters=[(0, "Ouverture"), (754, "Les freins"), (1800, "Agir")],
)
GUIDE = "guide-construire-ensemble"
FRAMEWORK = "referentiel-co-construction-territoriale"
ANNE = "anne@example.org"


@pytest.fixture
def online(database: Database) -> Database:
    """March and April with their replays, and the shipped library."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        load_library(session, "themes.toml", "resources.toml")
        for planned in (MARCH, APRIL):
            replays.put_online(
                session, cycle_slug="2019", webinar_slug=planned.slug, video=VIDEO, now=AFTER
            )
    return database


def chapter(database: Database, starts_at: int = 754, webinar: str = APRIL.slug) -> int:
    with database.read() as session:
        page = mentions_page(session, cycle_slug="2019", webinar_slug=webinar)
    return next(one.id for one in page.chapters if one.starts_at == starts_at)


def link(database: Database, resource: str, starts_at: int = 754) -> bool:
    with database.write() as session:
        return mentions.link_resource(session, **act(database, resource, starts_at))


def unlink(database: Database, resource: str, starts_at: int = 754) -> bool:
    with database.write() as session:
        return mentions.unlink_resource(session, **act(database, resource, starts_at))


def act(database: Database, resource: str, starts_at: int) -> dict[str, Any]:
    return {
        "cycle_slug": "2019",
        "webinar_slug": APRIL.slug,
        "chapter_id": chapter(database, starts_at),
        "resource_slug": resource,
        "actor": ANNE,
        "now": AFTER,
    }


def public(database: Database, now: datetime = AFTER) -> WebinarPage:
    with database.read() as session:
        moment = Moment.at(now, opens_minutes=15)
        return webinar_page(session, cycle_slug="2019", webinar_slug=APRIL.slug, moment=moment)


def of_resource(database: Database, slug: str, now: datetime = AFTER) -> ResourcePage:
    with database.read() as session:
        return resource_page(session, slug=slug, moment=Moment.at(now, opens_minutes=15))


def desk(database: Database, search: str = "") -> MentionsPage:
    with database.read() as session:
        return mentions_page(session, cycle_slug="2019", webinar_slug=APRIL.slug, search=search)


def beside(page: WebinarPage | MentionsPage) -> list[tuple[int, Sequence[str]]]:
    chapters = page.mentions if isinstance(page, WebinarPage) else page.chapters
    return [(one.starts_at, [resource.slug for resource in one.resources]) for one in chapters]


def version(database: Database) -> int:
    with database.read() as session:
        return site.version(session)


def test_a_replay_without_links_shows_none(online: Database) -> None:
    assert beside(public(online)) == []
    assert beside(desk(online)) == [(0, []), (754, []), (1800, [])]
    assert of_resource(online, GUIDE).explained == ()


def test_linked_resources_stand_beside_their_chapter_in_the_librarys_order(
    online: Database,
) -> None:
    before = version(online)
    assert [link(online, FRAMEWORK), link(online, GUIDE), link(online, GUIDE, 1800)] == [True] * 3
    assert beside(public(online)) == [(754, [GUIDE, FRAMEWORK]), (1800, [GUIDE])]
    assert beside(desk(online)) == [(0, []), (754, [GUIDE, FRAMEWORK]), (1800, [GUIDE])]
    explained = of_resource(online, GUIDE).explained
    assert [(one.webinar.slug, one.starts_at, one.chapter) for one in explained] == [
        (APRIL.slug, 754, "Les freins"),
        (APRIL.slug, 1800, "Agir"),
    ]
    assert version(online) == before + 3


def test_what_cannot_be_played_yet_is_not_said_to_explain(online: Database) -> None:
    link(online, GUIDE)
    assert of_resource(online, GUIDE, NOW).explained == ()
    with online.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH), now=AFTER)
        publication.publish(session, cycle_slug="2019", host=HOST, now=AFTER)
    assert of_resource(online, GUIDE).explained == ()


def test_linking_twice_and_unlinking_what_is_not_there_change_nothing(online: Database) -> None:
    assert not unlink(online, GUIDE)
    assert link(online, GUIDE)
    before = version(online)
    assert not link(online, GUIDE)
    assert version(online) == before
    assert unlink(online, GUIDE)
    assert beside(public(online)) == []


def test_each_act_is_in_the_trail_with_before_and_after(online: Database) -> None:
    link(online, GUIDE)
    link(online, FRAMEWORK)
    unlink(online, GUIDE)
    with online.read() as session:
        entries = session.scalars(
            sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(3)
        ).all()
        told = [
            (one.actor, one.act.value, one.subject, one.before["resources"], one.after["resources"])
            for one in reversed(entries)
        ]
        assert entries[0].before["starts_at"] == 754
        assert [webinar.slug for webinar in entries[0].webinars] == [APRIL.slug]
    assert told == [
        (ANNE, "resource_linked", GUIDE, [], [GUIDE]),
        (ANNE, "resource_linked", FRAMEWORK, [GUIDE], [GUIDE, FRAMEWORK]),
        (ANNE, "resource_unlinked", GUIDE, [GUIDE, FRAMEWORK], [FRAMEWORK]),
    ]


@pytest.mark.parametrize("what", [mentions.link_resource, mentions.unlink_resource])
def test_what_is_not_there_is_refused_and_nothing_is_written(online: Database, what) -> None:
    before = version(online)
    right = act(online, GUIDE, 754)
    of_march = chapter(online, 754, MARCH.slug)
    for wrong, error in (
        ({"resource_slug": "no-such"}, NoSuchResource),
        ({"resource_slug": ""}, NoSuchResource),
        ({"chapter_id": 999_999}, NotFound),
        ({"chapter_id": of_march}, NotFound),
        ({"webinar_slug": "no-such"}, NotFound),
        ({"cycle_slug": "2018"}, NotFound),
    ):
        with pytest.raises(error), online.write() as session:
            what(session, **(right | wrong))
    assert version(online) == before


def test_links_go_with_the_chapter_and_with_the_resource(online: Database) -> None:
    link(online, GUIDE)
    link(online, FRAMEWORK, 1800)
    with online.write() as session:
        session.execute(sa.delete(Chapter).where(Chapter.starts_at == 754))
        session.execute(sa.delete(Resource).where(Resource.slug == FRAMEWORK))
    with online.read() as session:
        assert session.execute(sa.select(chapter_resources)).all() == []
        assert session.scalar(sa.select(sa.func.count()).select_from(Replay)) == 2


def test_the_desk_offers_each_resource_once(online: Database) -> None:
    page = desk(online)
    assert (page.pointed, page.hits, len(page.of_theme)) == ((), (), 52)
    page = desk(online, "evaluation")
    offered = [offer.slug for offer in (*page.of_theme, *page.hits)]
    assert len(offered) == len(set(offered))
    assert all("valuation" in offer.title for offer in page.hits)
    assert desk(online, "zzz").hits == ()


def test_the_desk_of_what_is_not_public_is_not_found(online: Database) -> None:
    with online.write() as session:
        planning.save_draft(session, plan=replace(plan_of(MARCH), slug="2020"), now=NOW)
    for cycle, webinar in (("2020", MARCH.slug), ("2019", "no-such"), ("no-such", MARCH.slug)):
        with pytest.raises(NotFound), online.read() as session:
            mentions_page(session, cycle_slug=cycle, webinar_slug=webinar)


@pytest.mark.parametrize("linked", [(), (GUIDE,), (GUIDE, FRAMEWORK)])
def test_the_count_of_queries_does_not_grow_with_what_is_linked(
    online: Database, linked: tuple[str, ...]
) -> None:
    for slug in linked:
        link(online, slug)
    with counted_queries(online) as at_desk:
        desk(online, "guide")
    with counted_queries(online) as in_public:
        public(online)
    assert (len(at_desk), len(in_public)) == (6 + bool(linked), 17 + bool(linked))
