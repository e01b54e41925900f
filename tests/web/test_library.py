"""The library's pages: the list with its choices, resources, themes."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import NOW, load_library
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain.library_import import SourceFile, import_library

ALLIANCES = "apprendre-a-faire-alliances"


@pytest.fixture
def library(database: Database, now) -> Database:
    """The shipped themes and resources."""
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    return database


def listed(page: Element) -> list[str]:
    """The titles of the list, in its order."""
    return [link.text for link in page.all("a", class_="resource__title")]


def chips(page: Element) -> list[tuple[str, str]]:
    """What each chip takes away, and where it leads."""
    return [
        (
            chip.text.removeprefix("Retirer\xa0:").removeprefix("Retirer :").strip(),
            chip.attrs["href"],
        )
        for chip in page.all("a", class_="chip")
    ]


def test_choices_narrow_the_list_and_can_be_taken_away(
    client: FlaskClient, library: Database
) -> None:
    page = read(client.get(f"/resources?theme={ALLIANCES}&entry=illustrations&publisher=Le+RAMEAU"))
    form = page.one("form", class_="facets facets--library")
    assert form.values() == {
        "theme": ALLIANCES,
        "step": "",
        "kind": "",
        "entry": "illustrations",
        "year": "",
        "publisher": "Le RAMEAU",
    }
    assert "open" in form.one("details").attrs
    assert [href for _, href in chips(page)] == [
        "/resources?entry=illustrations&publisher=Le+RAMEAU",
        f"/resources?theme={ALLIANCES}&publisher=Le+RAMEAU",
        f"/resources?theme={ALLIANCES}&entry=illustrations",
    ]
    offered = page.by_id("facet-entry").all("option")
    count = int(next(o for o in offered if "selected" in o.attrs).text.split("(")[1].strip(")"))
    assert len(listed(page)) == count > 0
    assert "open" not in read(client.get("/resources?step=act")).one("details").attrs


@pytest.mark.parametrize(
    "query",
    [
        "step=run",
        "entry=nowhere",
        "year=MMXIX",
        "year=99999999999999999999",
        "year=-1",
        "page=0",
        "page=-3",
        "page=x",
        "kind=%00",
        "publisher=%00%00",
        "theme=",
    ],
)
def test_what_is_no_choice_narrows_nothing(
    client: FlaskClient, library: Database, query: str
) -> None:
    page = read(client.get(f"/resources?{query}"))
    assert (len(listed(page)), chips(page)) == (91, [])


def test_a_choice_that_finds_nothing_says_what_to_do(
    client: FlaskClient, app: Flask, library: Database
) -> None:
    page = read(client.get("/resources?kind=%3Cb%3E&year=2019"))
    assert listed(page) == []
    assert words(app, "Nothing matches these choices") in page.text
    assert [href for _, href in chips(page)] == ["/resources?year=2019", "/resources?kind=%3Cb%3E"]
    assert "/resources" in [a.attrs["href"] for a in page.all("a", class_="button button--plain")]


def test_a_long_list_leads_from_page_to_page(client: FlaskClient, database: Database, now) -> None:
    text = "".join(
        f'[[resources]]\nslug = "r{n}"\ntitle = "R{n}"\nkind = "guide"\n' for n in range(201)
    )
    with database.write() as session:
        import_library(session, files=[SourceFile("r.toml", text)], now=NOW)
    address, seen = "/resources?kind=guide", []
    while address:
        page = read(client.get(address))
        seen.append(len(listed(page)))
        following = page.all("a", rel="next")
        address = following[0].attrs["href"] if following else ""
    assert seen == [100, 100, 1]
    beyond = read(client.get("/resources?page=7"))
    assert (listed(beyond), len(beyond.all("a", rel="prev"))) == (["R200"], 1)


def test_many_choices_and_pages_beyond_do_not_fill_the_memory(
    client: FlaskClient, app: Flask, library: Database
) -> None:
    for query in ("page=9", "step=act&entry=toolbox&year=2016", "kind=none"):
        assert client.get(f"/resources?{query}").status_code == 200
    assert len(app.extensions["webinars.pages"]._pages) == 0
    client.get("/resources?step=act&entry=toolbox")
    assert len(app.extensions["webinars.pages"]._pages) == 1
