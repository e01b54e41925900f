"""Which kits lack a webinar, which webinars lack a kit."""

from dataclasses import replace

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
    real_plan,
)
from webinars.db import Database
from webinars.domain import planning
from webinars.domain.coverage import Coverage, ThemeInUse, coverage, remove_theme
from webinars.domain.errors import NotFound
from webinars.domain.plan import Plan, PlannedSession
from webinars.models import AuditAct, AuditEntry, Resource, Step, Theme, WebinarStatus

ACTOR = "anne@example.org"
ALLIANCES = "apprendre-a-faire-alliances"


def covered(database: Database, plan: Plan, *, library: bool = True) -> Coverage:
    with database.write() as session:
        if library:
            load_library(session, "themes.toml", "resources.toml")
        planning.save_draft(session, plan=plan, now=NOW)
    with database.read() as session:
        return coverage(session, cycle_slug=plan.slug)


def test_the_real_year(database: Database) -> None:
    found = covered(database, real_plan())
    assert len(found.themes) == 11
    assert found.kits_without_webinar == ()
    assert found.webinars_without_kit == ()
    assert [one.title for one in found.without_theme] == [real_plan().sessions[0].title]
    alliances = next(row for row in found.themes if row.theme.slug == ALLIANCES)
    assert alliances.by_step[Step.ACT] > 0
    assert alliances.resources == sum(alliances.by_step.values())
    assert [one.slug for one in alliances.webinars] == [ALLIANCES]


def test_a_kit_without_a_webinar(database: Database) -> None:
    found = covered(database, plan_of(MARCH))
    assert MARCH.theme not in {row.theme.slug for row in found.kits_without_webinar}
    assert ALLIANCES in {row.theme.slug for row in found.kits_without_webinar}


def test_a_webinar_without_a_kit(database: Database) -> None:
    with database.write() as session:
        session.add(
            Theme(
                slug="nouveau",
                title="Nouveau",
                position=1,
                other_titles=[],
                questions=[],
                platform_answers=[],
            )
        )
    bare = replace(MARCH, slug="nouveau", theme="nouveau")
    unknown = replace(APRIL, theme="pas-encore-la")
    found = covered(database, plan_of(bare, unknown), library=False)
    assert [one.slug for one in found.webinars_without_kit] == ["nouveau", APRIL.slug]
    assert [(slug, one.slug) for slug, one in found.unknown] == [("pas-encore-la", APRIL.slug)]
    assert found.kits_without_webinar == ()


def test_what_is_cancelled_covers_nothing(database: Database) -> None:
    gone = replace(APRIL, status=WebinarStatus.CANCELLED)
    found = covered(database, plan_of(gone))
    assert ALLIANCES in {row.theme.slug for row in found.kits_without_webinar}


def test_no_such_cycle(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFound):
        coverage(session, cycle_slug="2019")


@pytest.mark.parametrize("count", [1, 12])
def test_the_queries_do_not_grow(database: Database, count: int) -> None:
    sessions = [
        PlannedSession(f"w{month}", MAY.date.replace(month=month), f"Webinaire {month}", MAY.theme)
        for month in range(1, count + 1)
    ]
    covered(database, plan_of(*sessions))
    with counted_queries(database) as statements, database.read() as session:
        coverage(session, cycle_slug="2019")
    assert len(statements) == 5


# removing a theme ------------------------------------------------------------------------


def themes(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(Theme.slug)))


@pytest.mark.parametrize("where", ["draft", "public"])
def test_a_theme_in_use_stays(database: Database, where: str) -> None:
    """Whether it is drafted or public: on the public page it would be a dead word."""
    with database.write() as session:
        load_library(session, "themes.toml")
        if where == "public":
            published(session, plan_of(MARCH))
            planning.save_draft(session, plan=plan_of(replace(MARCH, theme=None)), now=NOW)
        else:
            planning.save_draft(session, plan=plan_of(MARCH), now=NOW)
    assert MARCH.theme is not None
    with pytest.raises(ThemeInUse) as refused, database.write() as session:
        remove_theme(session, slug=MARCH.theme, actor=ACTOR, now=NOW)
    assert refused.value.uses == (("2019", MARCH.slug),)
    assert refused.value.titles == (MARCH.title,)
    assert MARCH.theme in themes(database)


def test_a_theme_goes_its_resources_stay_and_the_trail_knows(database: Database) -> None:
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        before = session.scalar(sa.select(sa.func.count(Resource.id)))
    with database.write() as session:
        remove_theme(session, slug=ALLIANCES, actor=ACTOR, now=NOW)
    assert ALLIANCES not in themes(database)
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count(Resource.id))) == before
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act == AuditAct.THEME_REMOVED)
        ).one()
        assert (entry.actor, entry.subject) == (ACTOR, ALLIANCES)
        assert entry.before["title"] == "Apprendre à faire alliances"


def test_no_such_theme(database: Database) -> None:
    with pytest.raises(NotFound), database.write() as session:
        remove_theme(session, slug="personne", actor=ACTOR, now=NOW)
