"""Which kits lack a webinar, which webinars lack a kit."""

from dataclasses import replace

import pytest

from tests.support import (
    APRIL,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    real_plan,
)
from webinars.db import Database
from webinars.domain import planning
from webinars.domain.coverage import Coverage, coverage
from webinars.domain.errors import NotFound
from webinars.domain.plan import Plan, PlannedSession
from webinars.models import Step, Theme, WebinarStatus

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
