"""The page of the search."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.domain.test_search import bring_up_to_date
from tests.support import APRIL, MARCH
from tests.web.support import read, words
from webinars.db import Database
from webinars.web.access import TABLE, Access


@pytest.fixture
def searched(site: Database) -> Database:
    bring_up_to_date(site)
    return site


def links(client: FlaskClient, address: str) -> list[str]:
    page = read(client.get(address))
    return [
        anchor.attrs["href"]
        for found in page.all("ol", class_="found")
        for anchor in found.all("a")
    ]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_hit_leads_to_its_page(client: FlaskClient, searched, prefix: str) -> None:
    for address in ("/search?q=alliances", "/search?q=ALLIANCE&part=results"):
        assert links(client, prefix + address) == [f"{prefix}/cycles/2019/{APRIL.slug}"]


def test_the_words_are_marked_and_nothing_typed_is_markup(client: FlaskClient, searched) -> None:
    page = read(client.get("/search?q=alliances"))
    assert [mark.text for mark in page.all("mark")] == ["alliances"]
    odd = '"><script>alert(1)</script>'
    body = client.get("/search", query_string={"q": odd, "kind": odd, "theme": odd, "year": odd})
    assert body.status_code == 200
    assert b"<script>alert" not in body.data


def test_nothing_typed_and_nothing_found(client: FlaskClient, app: Flask, searched) -> None:
    hint = (
        "Accents, capitals and plurals make no difference. A moment opens the replay at its second."
    )
    assert words(app, hint) in read(client.get("/search")).text
    assert words(app, "Nothing found") in read(client.get("/search?q=zzz")).text
    assert client.get("/search?q=%00%ff&year=99999&kind=x").status_code == 200


def test_a_choice_can_be_taken_back(client: FlaskClient, searched) -> None:
    page = read(client.get("/search?q=faire&kind=webinar&year=2019"))
    chips = [anchor.attrs["href"] for anchor in page.all("a", class_="chip")]
    assert chips == ["/search?q=faire&year=2019", "/search?q=faire&kind=webinar"]
    assert links(client, "/search?q=faire&kind=resource") == []
    assert client.get("/search?q=faire&kind=resource").status_code == 200


def test_what_somebody_looks_for_is_kept_nowhere(client: FlaskClient, searched) -> None:
    assert TABLE["search.page"] is Access.PUBLIC
    answer = client.get(f"/search?q={MARCH.slug}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


def test_the_menu_leads_there(client: FlaskClient, searched) -> None:
    for address in ("/", "/replays"):
        menu = read(client.get(address)).one("nav", class_="nav")
        assert "/search" in [anchor.attrs["href"] for anchor in menu.all("a")]
