"""The coverage on the screen."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, NOW, load_library, plan_of
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import planning

COVERAGE = "/organise/cycles/2019/coverage"


@pytest.fixture
def desk(organiser: FlaskClient, database: Database) -> FlaskClient:
    """March on its theme, April on none, nothing published; the real library."""
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        plan = plan_of(MARCH, replace(APRIL, theme=None))
        planning.save_draft(session, plan=plan, now=NOW)
    assert sign_in(organiser).status_code == 302
    return organiser


def main(answer: TestResponse) -> Element:
    return read(answer).one("main")


def test_the_gaps_stand_at_the_top(desk: FlaskClient, app: Flask) -> None:
    page = main(desk.get(COVERAGE))
    kits, bare, open_ = page.one("div", **{"class": "gaps"}).all("section")
    assert kits.one("h2").text == f"{words(app, 'Kits without a webinar')} 10"
    assert bare.one("h2").text == f"{words(app, 'Webinars without a kit')} 0"
    assert open_.one("h2").text == f"{words(app, 'Webinars without a theme')} 1"
    assert open_.links("/") == [f"/organise/cycles/2019/#{APRIL.slug}"]


def test_the_counts_lead_to_the_resources(desk: FlaskClient, app: Flask) -> None:
    page = main(desk.get(COVERAGE))
    rows = page.one("tbody").all("tr")
    assert len(rows) == 11
    alliances = next(row for row in rows if row.all("th")[0].links("/themes/")[0][8:] == APRIL.slug)
    for address in alliances.links("/resources?"):
        shown = next(a for a in alliances.all("a") if a.attrs["href"] == address)
        listed = read(desk.get(address)).all("div", **{"class": "resource"})
        assert shown.text.split()[0] == str(len(listed))
    assert words(app, "kit without a webinar") in alliances.text
    march = next(row for row in rows if f"#{MARCH.slug}" in "".join(row.links("/organise/")))
    assert words(app, "kit without a webinar") not in march.text


def test_an_empty_library(organiser: FlaskClient, database: Database, app: Flask) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(), now=NOW)
    sign_in(organiser)
    assert words(app, "The library has no theme yet") in main(organiser.get(COVERAGE)).text


def test_no_such_cycle(desk: FlaskClient) -> None:
    assert desk.get("/organise/cycles/1999/coverage").status_code == 404


def test_a_theme_without_a_webinar_of_the_year_may_be_taken_out_from_there(
    desk: FlaskClient,
) -> None:
    ways = main(desk.get(COVERAGE)).links("/organise/library/themes/")
    assert len(ways) == 10
    assert f"/organise/library/themes/{MARCH.theme}/remove" not in ways
    assert {desk.get(way).status_code for way in ways[:2]} == {200}
