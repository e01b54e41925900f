"""The coverage on the screen, and a theme taken out of the library."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, NOW, load_library, plan_of
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import planning
from webinars.models import Theme

COVERAGE = "/organise/cycles/2019/coverage"
FREE = "definir-sa-strategie"


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


def remove(client: FlaskClient, theme: str, **changes: str) -> TestResponse:
    form = main(client.get(COVERAGE)).form(f"/organise/themes/{theme}/remove")
    return client.post(form.attrs["action"], data=form.values() | changes)


def there(database: Database, theme: str) -> bool:
    with database.read() as session:
        return session.scalar(sa.select(Theme.id).where(Theme.slug == theme)) is not None


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


def test_a_theme_in_use_is_refused_with_its_webinars(desk: FlaskClient, database: Database) -> None:
    assert MARCH.theme is not None
    answer = remove(desk, MARCH.theme)
    assert answer.status_code == 409
    assert f"{MARCH.title} (2019)" in main(answer).one("div", role="alert").text
    assert there(database, MARCH.theme)


def test_a_free_theme_goes(desk: FlaskClient, database: Database, app: Flask) -> None:
    answer = remove(desk, FREE)
    assert (answer.status_code, answer.headers["Location"]) == (303, COVERAGE)
    assert not there(database, FREE)
    done = main(desk.get(COVERAGE)).one("div", role="status")
    assert words(app, "The theme is no longer in the library. Its resources stay.") in done.text


@pytest.mark.parametrize("cycle", ["", "../x", "1999"])
def test_whatever_page_it_was_asked_from(desk: FlaskClient, database: Database, cycle: str) -> None:
    assert MARCH.theme is not None
    assert remove(desk, MARCH.theme, cycle=cycle).status_code in (404, 409)
    assert there(database, MARCH.theme)
    assert remove(desk, FREE, cycle=cycle).status_code == 303
    assert not there(database, FREE)


def test_no_such_theme(desk: FlaskClient) -> None:
    form = main(desk.get(COVERAGE)).form(f"/organise/themes/{FREE}/remove").values()
    assert desk.post("/organise/themes/personne/remove", data=form).status_code == 404


def test_without_a_token_nothing_goes(desk: FlaskClient, database: Database) -> None:
    assert remove(desk, FREE, csrf_token="").status_code == 400
    assert there(database, FREE)
