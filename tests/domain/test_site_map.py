"""Every public page, with the instant of its latest change."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

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
from webinars.domain import planning, site
from webinars.domain.plan import PlannedSession
from webinars.domain.site_map import SiteMap, site_map

LATER = NOW + timedelta(hours=1)


def read(database: Database) -> SiteMap:
    with database.read() as session:
        return site_map(session)


def test_an_empty_site(database: Database) -> None:
    assert read(database) == SiteMap(site.EPOCH, (), (), (), ())


def test_what_is_public_and_nothing_else(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        published(session, plan_of(slug="2020", year=2020), now=LATER)
        planning.save_draft(session, plan=plan_of(MAY, slug="drafted"), now=LATER)
        load_library(session, "themes.toml", "resources.toml")
    found = read(database)
    assert found.cycles == (("2020", LATER), ("2019", NOW))
    assert found.webinars == (("2019", APRIL.slug, NOW), ("2019", MARCH.slug, NOW))
    assert found.changed_at == LATER
    assert len(found.themes) == len(set(found.themes)) > 5
    assert len(found.resources) == len(set(found.resources)) > 50


def test_a_change_is_of_its_webinar_and_cycle(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        published(session, plan_of(replace(MARCH, title="Autre"), APRIL), now=LATER)
    found = read(database)
    assert found.webinars == (("2019", APRIL.slug, NOW), ("2019", MARCH.slug, LATER))
    assert found.cycles == (("2019", LATER),)


@pytest.mark.parametrize("number", [1, 12])
def test_five_queries(database: Database, number: int) -> None:
    sessions = (
        PlannedSession(slug=f"w-{day}", title="W", date=date(2019, 5, day + 1))
        for day in range(number)
    )
    with database.write() as session:
        published(session, plan_of(*sessions))
    with counted_queries(database) as queries:
        assert len(read(database).webinars) == number
    assert len(queries) == 5
