"""The desk's list of resources."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import NOW, counted_queries
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile

DESK = "/organise/library"
TITLES = ("Guide de l’alliance", "L’œuvre <b>", "Le guide d’Évry")


@pytest.fixture
def desk(organiser: FlaskClient) -> FlaskClient:
    """Dominique has signed in."""
    assert sign_in(organiser).status_code == 302
    return organiser


def filled(database: Database, *titles: str) -> None:
    """Resources on a theme each; the first has a step too."""
    themes = "".join(
        f'[[themes]]\nslug = "t{number}"\ntitle = "Thème {number}"\n'
        for number in range(len(titles))
    )
    resources = "".join(
        f'[[resources]]\nslug = "r{number}"\ntitle = "{title}"\nkind = "guide"\n'
        f'themes = ["t{number}"]\n' + ("" if number else 'step = "agir"\n')
        for number, title in enumerate(titles)
    )
    files = [SourceFile("themes.toml", themes), SourceFile("resources.toml", resources)]
    with database.write() as session:
        import_library(session, files=files, now=NOW)


def main(client: FlaskClient, query: str = "") -> Element:
    return read(client.get(DESK + query)).one("main")


def listed(client: FlaskClient, query: str = "") -> list[str]:
    return main(client, query).links(f"{DESK}/resources/r")


def test_an_empty_library_says_how_it_is_filled(desk: FlaskClient, app: Flask) -> None:
    page = main(desk)
    assert words(app, "The library is still empty") in page.text
    assert page.all("table") == []
    assert f"{DESK}/new-resource" in page.links(DESK)


@pytest.mark.parametrize("number", [1, 3])
def test_every_resource_leads_to_its_form(
    desk: FlaskClient, database: Database, number: int
) -> None:
    filled(database, *TITLES[:number])
    assert listed(desk) == [f"{DESK}/resources/r{one}" for one in range(number)]
    assert main(desk).links(f"{DESK}/themes") == [f"{DESK}/themes"]
    assert main(desk).links(f"{DESK}/links") == [f"{DESK}/links"]
    first = main(desk).one("tbody").all("tr")[0]
    assert [cell.text for cell in first.all("td")] == ["Thème 0", "Agir"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=guide", [0, 2]),
        ("?q=OEUVRE", [1]),
        ("?q=guide+evry", [2]),
        ("?theme=t1", [1]),
        ("?q=guide&theme=t2", [2]),
        ("?q=guide&theme=t1", []),
        ("?theme=nowhere", []),
        ("?q=%00&theme=", [0, 1, 2]),
        ("?page=999", [0, 1, 2]),
        ("?page=x", [0, 1, 2]),
    ],
)
def test_it_is_narrowed_by_words_and_by_a_theme(
    desk: FlaskClient, app: Flask, database: Database, query: str, expected: list[int]
) -> None:
    filled(database, *TITLES)
    assert listed(desk, query) == [f"{DESK}/resources/r{one}" for one in expected]
    nothing = words(app, "No resource fits what you look for") in main(desk, query).text
    assert nothing is (expected == [])


def test_fifty_stand_on_a_page_and_what_is_chosen_is_kept(
    desk: FlaskClient, database: Database
) -> None:
    filled(database, *(f"Guide {number}" for number in range(51)))
    assert len(listed(desk, "?q=guide")) == 50
    (following,) = main(desk, "?q=guide").links(f"{DESK}?")
    assert following == f"{DESK}?page=2&q=guide"
    assert listed(desk, "?q=guide&page=2") == [f"{DESK}/resources/r50"]


def test_it_costs_as_many_queries_with_three_as_with_fifty(
    desk: FlaskClient, database: Database
) -> None:
    filled(database, *TITLES)
    with counted_queries(database) as few:
        main(desk)
    filled(database, *(f"Guide {number}" for number in range(50)))
    with counted_queries(database) as many:
        main(desk)
    assert len(many) == len(few)


def test_the_menu_of_the_desk_leads_to_it(desk: FlaskClient) -> None:
    here = read(desk.get(DESK)).all("a", **{"aria-current": "page"})
    assert [one.attrs["href"] for one in here] == [DESK]
