"""The library's list: facets that count what the other choices leave, and its pages."""

from dataclasses import replace

import pytest

from tests.support import NOW, counted_queries
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.resource_list import FACETS, PAGE, Chosen, ResourcesPage, resources_page
from webinars.models import EntryPoint, Step

ALLIANCES = "apprendre-a-faire-alliances"
WHOLE = Chosen()
KINDS = {"step": Step, "entry": EntryPoint, "year": int}


def bring(database: Database, text: str) -> None:
    with database.write() as session:
        import_library(session, files=[SourceFile("more.toml", text)], now=NOW)


def table(number: int, *lines: str) -> str:
    said = (f'slug = "r{number}"', f'title = "R{number}"', 'kind = "guide"', *lines)
    return "[[resources]]\n" + "\n".join(said) + "\n"


def listed(database: Database, chosen: Chosen = WHOLE, *, page: int = 1) -> ResourcesPage:
    with database.read() as session:
        return resources_page(session, chosen=chosen, page=page)


def counts(page: ResourcesPage, facet: str) -> list[tuple[str, int]]:
    return [(value.value, value.count) for value in page.facets[facet]]


def test_an_empty_library_is_an_empty_list(database: Database) -> None:
    page = listed(database, WHOLE)
    assert (page.resources, page.found, page.total, page.page, page.pages) == ((), 0, 0, 1, 1)
    empty = ("theme", "kind", "audience", "year", "publisher")
    assert [page.facets[facet] for facet in empty] == [()] * 5
    assert counts(page, "step") == [("understand", 0), ("adopt", 0), ("act", 0)]
    assert {count for _, count in counts(page, "entry")} == {0}


def test_the_whole_list(library: Database) -> None:
    page = listed(library)
    assert (len(page.resources), page.found, page.total, page.pages) == (PAGE, 91, 91, 2)
    kinds = counts(page, "kind")
    assert sum(count for _, count in kinds) == 91
    assert [kind for kind, _ in kinds] == sorted((kind for kind, _ in kinds), key=str.casefold)
    assert counts(page, "entry") == [
        ("reference_framework", 4),
        ("toolbox", 16),
        ("methods", 7),
        ("illustrations", 2),
    ]
    assert [year for year, _ in counts(page, "year")][:2] == ["2019", "2018"]
    assert not any(value.chosen for values in page.facets.values() for value in values)
    assert page.chips() == ()


@pytest.mark.parametrize(
    "chosen",
    [
        Chosen(theme=ALLIANCES),
        Chosen(step=Step.ACT),
        Chosen(kind="guide"),
        Chosen(entry=EntryPoint.TOOLBOX, year=2016),
        Chosen(audience="associations", publisher="Le RAMEAU"),
        Chosen(theme=ALLIANCES, step=Step.ACT, kind="guide"),
        Chosen(theme="no-such"),
        Chosen(year=1066, publisher="no-such"),
    ],
)
def test_each_facet_counts_what_choosing_it_would_leave(library: Database, chosen: Chosen) -> None:
    page = listed(library, chosen)
    for facet in FACETS:
        for value in page.facets[facet][:4]:
            narrowed = replace(chosen, **{facet: KINDS.get(facet, str)(value.value)})
            found = listed(library, narrowed).found
            assert (facet, value.value, value.count) == (facet, value.value, found)
    assert page.total == 91
    assert len(page.resources) == min(page.found, PAGE)
    marked = {
        facet: value.value
        for facet, values in page.facets.items()
        for value in values
        if value.chosen
    }
    assert marked == chosen.said()


def test_a_choice_is_a_chip_that_the_others_outlive(library: Database) -> None:
    chosen = Chosen(theme=ALLIANCES, kind="no-such", year=2016)
    assert listed(library, chosen).chips() == (
        ("theme", "Apprendre à faire alliances"),
        ("kind", "no-such"),
        ("year", "2016"),
    )
    assert chosen.without("kind") == {"theme": ALLIANCES, "year": "2016"}
    assert Chosen(kind="guide").without("kind") == {}


def test_what_stands_twice_in_a_list_counts_once(database: Database) -> None:
    bring(database, table(1, 'publishers = ["P", "P", "Q"]', 'audience = ["a", "a"]'))
    page = listed(database)
    assert counts(page, "publisher") == [("P", 1), ("Q", 1)]
    assert counts(page, "audience") == [("a", 1)]


@pytest.mark.parametrize(
    ("asked", "shown", "first", "length"),
    [
        (0, 1, "r0", PAGE),
        (1, 1, "r0", PAGE),
        (2, 2, f"r{PAGE}", PAGE),
        (3, 3, f"r{2 * PAGE}", 1),
        (99, 3, f"r{2 * PAGE}", 1),
    ],
)
def test_a_long_list_has_pages(
    database: Database, asked: int, shown: int, first: str, length: int
) -> None:
    bring(database, "".join(table(number) for number in range(2 * PAGE + 1)))
    page = listed(database, page=asked)
    assert (page.page, page.pages, page.found) == (shown, 3, 2 * PAGE + 1)
    assert (page.resources[0].slug, len(page.resources)) == (first, length)


@pytest.mark.parametrize("chosen", [Chosen(), Chosen(theme=ALLIANCES, step=Step.ACT, kind="guide")])
def test_the_count_of_queries_is_fixed(library: Database, chosen: Chosen) -> None:
    with counted_queries(library) as queries:
        listed(library, chosen)
    assert len(queries) == 12
