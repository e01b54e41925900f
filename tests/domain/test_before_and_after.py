"""What stands before and after: a theme in its cycle, a resource in its kit, cycles by year."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.support import APRIL, MARCH, MAY, NOW, counted_queries, load_2019, plan_of, published
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.paths import InKit
from webinars.domain.programme import Moment, Named, cycles_beside, programme
from webinars.domain.resource_page import resource_page
from webinars.domain.theme_page import theme_page

MOMENT = Moment.at(NOW, opens_minutes=15)
LIBRARY = """
[[themes]]
slug = "a"
title = "A"
[[themes]]
slug = "b"
title = "B"
"""
STEPS = {"u": "comprendre", "p": "s'approprier", "g": "agir"}
WAYS = {"c": "cadre de référence", "m": "méthodes"}


def bring(database: Database, *resources: str) -> None:
    """Resources as words: «slug:themes:step:entry point», such as ``x:ab:u:c``."""
    text = LIBRARY
    for words in resources:
        slug, themes, step, way = words.split(":")
        text += f'[[resources]]\nslug = "{slug}"\ntitle = "{slug.upper()}"\nkind = "guide"\n'
        text += f"themes = {list(themes)}\n"
        text += f'step = "{STEPS[step]}"\n' if step else ""
        text += f'entry_point = "{WAYS[way]}"\n' if way else ""
    with database.write() as session:
        import_library(session, files=[SourceFile("x.toml", text)], now=NOW)


def kit_of(database: Database, slug: str) -> InKit | None:
    with database.read() as session:
        return resource_page(session, slug=slug, moment=MOMENT).in_kit


def test_a_resource_stands_where_its_kit_is_printed(database: Database) -> None:
    bring(database, "none:a::", "g:a:g:", "m:ab:u:m", "c:a:u:c", "elsewhere:b:u:c", "alone:::")
    order = []
    link: Named | None = Named("c", "C")
    while link:
        place = kit_of(database, link.slug)
        assert place is not None
        order.append((place.previous and place.previous.slug, link.slug, place.position))
        link = place.following
    assert order == [(None, "c", 1), ("c", "m", 2), ("m", "g", 3), ("g", "none", 4)]
    assert place is not None
    assert (place.theme.slug, place.count, place.previous) == ("a", 4, Named("g", "G"))
    assert kit_of(database, "alone") is None


def test_a_kit_of_one_has_nothing_before_and_after(database: Database) -> None:
    bring(database, "one:b::")
    place = kit_of(database, "one")
    assert place is not None
    assert (place.position, place.count, place.previous, place.following) == (1, 1, None, None)


def around(database: Database, theme: str, *, days: int = 0) -> list[str | None] | None:
    moment = Moment.at(NOW + timedelta(days=days), opens_minutes=15)
    with database.read() as session:
        found = theme_page(session, slug=theme, moment=moment).in_cycle
    if found is None:
        return None
    places = (found.previous, found.webinar, found.following)
    return [one.slug if one else None for one in places]


def test_a_theme_stands_in_the_cycle_of_its_webinar_to_come_else_of_its_latest(
    database: Database,
) -> None:
    load_2019(database)
    theme = APRIL.theme or ""
    before = [MARCH.slug, APRIL.slug, MAY.slug]
    assert around(database, theme) == before
    assert around(database, theme, days=200) == before
    again = replace(APRIL, slug="encore", date=date(2020, 4, 16), title="Encore")
    with database.write() as session:
        published(session, plan_of(again, slug="2020", year=2020))
    assert around(database, theme) == before
    assert around(database, theme, days=200) == [None, "encore", None]
    assert around(database, theme, days=2000) == [None, "encore", None]


def test_a_theme_without_a_webinar_that_takes_place_stands_in_no_cycle(database: Database) -> None:
    bring(database)
    with database.write() as session:
        published(session, plan_of(replace(APRIL, theme="a"), MARCH))
    assert around(database, "a") == [MARCH.slug, APRIL.slug, None]
    assert around(database, "b") is None
    with database.write() as session:
        published(session, plan_of(MARCH))
    assert around(database, "a") is None


@pytest.mark.parametrize("number", [1, 3])
def test_cycles_follow_each_other_by_year(database: Database, number: int) -> None:
    with database.write() as session:
        for year in range(2021, 2021 - number, -1):
            day = replace(APRIL, date=date(year, 4, 15))
            published(session, plan_of(day, slug=f"{year}", year=year, title=f"Cycle {year}"))
    found = []
    for year in range(2022 - number, 2022):
        with database.read() as session:
            view = programme(session, cycle_slug=f"{year}", moment=MOMENT)
            with counted_queries(database) as queries:
                found.append(cycles_beside(session, view))
        assert len(queries) == 1
    names = [Named(f"{year}", f"Cycle {year}") for year in range(2022 - number, 2022)]
    assert found == list(zip([None, *names[:-1]], [*names[1:], None], strict=True))
