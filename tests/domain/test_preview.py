"""A publication before it is done."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    person,
    plan_of,
    published,
    real_plan,
    register,
)
from webinars.db import Database
from webinars.domain import planning, publication
from webinars.domain.consequences import ReplayThen
from webinars.domain.cycle_file import read_plan
from webinars.domain.errors import NotFound
from webinars.domain.plan import PlannedSession
from webinars.domain.preview import Preview, preview
from webinars.domain.programme import Moment
from webinars.domain.publications import publication_done
from webinars.models import ChangeKind, Replay, Webinar, WebinarStatus

MOMENT = Moment.at(NOW, opens_minutes=15)
DATA = Path(__file__).parents[1] / "data"


def look(database: Database, cycle: str = "2019") -> Preview:
    with database.read() as session:
        return preview(session, cycle_slug=cycle, moment=MOMENT)


def draft(database: Database, *sessions: PlannedSession, **changes: object) -> None:
    with database.write() as session:
        plan = replace(plan_of(*sessions), **changes)  # type: ignore[arg-type]
        planning.save_draft(session, plan=plan, now=NOW)


@pytest.fixture
def public(database: Database) -> Database:
    """March, April and May are public; Alice and Bob for March, Alice and Charlie for April."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for who, webinar in ((ALICE, MARCH), (BOB, MARCH), (ALICE, APRIL), (CHARLIE, APRIL)):
            register(session, who, webinar=webinar.slug)
    return database


def test_the_first_publication_adds_everything(database: Database) -> None:
    draft(database, MARCH, APRIL)
    found = look(database)
    assert (found.revision, found.version, found.empty) == (1, 1, False)
    assert [one.slug for one in found.consequences.webinars] == [MARCH.slug, APRIL.slug]
    assert found.consequences.people == 0


def test_a_public_draft_has_nothing_to_publish(public: Database) -> None:
    found = look(public)
    assert (found.empty, found.consequences.count, found.revision) == (True, 0, 2)


def test_no_such_cycle(database: Database) -> None:
    with pytest.raises(NotFound):
        look(database)


def test_each_person_is_counted_once(public: Database) -> None:
    draft(
        public,
        replace(MARCH, date=MARCH.date + timedelta(days=7)),
        replace(APRIL, title="Alliances", status=WebinarStatus.SCHEDULED),
        MAY,
    )
    follows = look(public).consequences
    assert {one.slug: one.told for one in follows.webinars} == {MARCH.slug: 2, APRIL.slug: 2}
    assert (follows.people, follows.count, follows.calendars) == (3, 2, 3)


def test_the_numbers_come_true(public: Database) -> None:
    draft(public, replace(MARCH, date=date(2019, 3, 28)), MAY)
    found = look(public)
    with public.write() as session:
        done = publication.publish(
            session, cycle_slug="2019", host=HOST, now=NOW, seen=found.version
        )
        assert done.told == found.consequences.people == 3
        kept = publication_done(session, cycle_slug="2019", revision=done.revision)
    assert (kept.revision, kept.webinars, kept.mails, kept.left) == (2, 2, 3, 0)
    assert kept.can_be_reverted
    assert look(public).empty


def test_who_comes_to_a_place_is_among_those_who_are_told(database: Database) -> None:
    """Each once, whatever they hear: Bob of two webinars, Charlie of a place alone."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        for index, (who, webinar) in enumerate(
            [
                (ALICE, MARCH), (BOB, MARCH), (CHARLIE, MARCH), (person(1), MARCH),
                (ALICE, APRIL), (BOB, APRIL),
                (BOB, MAY), (person(2), MAY),
            ]
        ):  # fmt: skip
            register(session, who, webinar=webinar.slug, now=NOW + timedelta(seconds=index))
    draft(
        database,
        replace(MARCH, capacity=3),  # Bob and Charlie
        replace(APRIL, capacity=2, title="Alliances"),  # Bob; Alice is told
        MAY,
        capacity=1,
    )
    found = look(database).consequences
    assert {one.slug: (one.told, one.promoted) for one in found.webinars} == {
        MARCH.slug: (0, 2),
        APRIL.slug: (2, 1),
    }
    assert (found.people, found.promoted) == (3, 3)
    with database.write() as session:
        done = publication.publish(session, cycle_slug="2019", host=HOST, now=NOW)
        kept = publication_done(session, cycle_slug="2019", revision=done.revision)
    assert (done.told, done.promoted) == (1, 3)
    assert (kept.mails, kept.promoted, kept.left) == (4, 3, 0)


def test_a_publication_that_was_never_done(public: Database) -> None:
    with public.read() as session:
        for revision in (0, 2):
            with pytest.raises(NotFound):
                publication_done(session, cycle_slug="2019", revision=revision)


def test_the_cycles_own_fields(public: Database) -> None:
    draft(public, MARCH, APRIL, MAY, title="Cycle revu")
    found = look(public)
    assert found.cycle_fields == {"title": ("Cycle 2019", "Cycle revu")}
    assert not found.empty
    assert found.title == "Cycle revu"


def test_a_session_that_is_gone_keeps_its_title(public: Database) -> None:
    draft(public, MARCH, APRIL)
    found = look(public)
    gone = found.consequences.webinars[0]
    assert (gone.slug, gone.after, gone.changes[0].kind) == (MAY.slug, None, ChangeKind.CANCELLED)
    assert found.titles[MAY.slug] == MAY.title


def test_the_real_case(database: Database) -> None:
    april = read_plan((DATA / "cycle-2019-april.toml").read_text("utf-8")).plan
    with database.write() as session:
        load_library(session, "themes.toml")
        published(session, april)
        planning.save_draft(session, plan=real_plan(), now=NOW)
    found = look(database)
    kinds = [
        (one.state.starts_at.date(), [change.kind.value for change in one.changes])
        for one in found.consequences.webinars
    ]
    assert [day for day, _ in kinds] == [date(2019, 6, 20), date(2019, 7, 18), date(2019, 9, 19)]
    assert sorted(kind for _, its in kinds for kind in its) == ["moved"] * 3 + ["renamed"] * 2
    assert len(found.themes) == 3
    assert [one for one in found.remarks if one.conflict] == []


def prepare(session: Session, slug: str, **changes: Any) -> None:
    webinar = session.scalars(sa.select(Webinar.id).where(Webinar.slug == slug)).one()
    values = {"video_url": "https://video.example.org/1"} | changes
    session.add(Replay(webinar_id=webinar, **values))


def test_what_becomes_of_replays_is_said_before_their_webinars_move(public: Database) -> None:
    past = replace(MAY, date=date(2019, 1, 17))
    with public.write() as session:
        published(session, plan_of(replace(MARCH, date=date(2019, 1, 10)), APRIL, past))
        prepare(session, MARCH.slug, online_at=NOW)
        prepare(session, APRIL.slug)
        prepare(session, MAY.slug)
    draft(public, MARCH, replace(APRIL, date=date(2019, 1, 24)), MAY)
    assert {one.slug: one.replay for one in look(public).consequences.webinars} == {
        MARCH.slug: ReplayThen.LEAVES,
        APRIL.slug: ReplayThen.STAYS_PREPARED,
        MAY.slug: ReplayThen.WAITS,
    }


def test_of_a_replay_without_video_or_that_will_not_be_nothing_is_said(public: Database) -> None:
    with public.write() as session:
        prepare(session, MARCH.slug, video_url=None)
        prepare(session, APRIL.slug, withdrawn_at=NOW)
    days = (date(2019, 1, 10), date(2019, 1, 17))
    moved = [replace(one, date=day) for one, day in zip((MARCH, APRIL), days, strict=True)]
    draft(public, *moved, MAY)
    assert [one.replay for one in look(public).consequences.webinars] == [None, None]


@pytest.mark.parametrize("count", [3, 30])
def test_the_queries_do_not_grow(database: Database, count: int) -> None:
    days = [date(2019, 3, 5) + timedelta(days=index * 7) for index in range(count)]
    sessions = [
        PlannedSession(f"w{index}", day, f"Webinaire {index}") for index, day in enumerate(days)
    ]
    with database.write() as session:
        published(session, plan_of(*sessions))
        register(session, ALICE, webinar="w0")
    draft(database, *(replace(one, date=one.date + timedelta(days=1)) for one in sessions))
    with counted_queries(database) as statements:
        found = look(database)
    assert found.consequences.count == count
    assert len(statements) == 11
