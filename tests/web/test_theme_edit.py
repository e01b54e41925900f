"""The desk's list of themes and the form of each."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import load_library
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database

LIST = "/organise/library/themes"
NEW = "/organise/library/new-theme"
ALLIANCES = f"{LIST}/apprendre-a-faire-alliances"


@pytest.fixture
def desk(organiser: FlaskClient, database: Database) -> FlaskClient:
    """The shipped library; Dominique has signed in."""
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    assert sign_in(organiser).status_code == 302
    return organiser


def filled(client: FlaskClient, address: str) -> dict[str, str]:
    return read(client.get(address)).form(address).values()


def errors(page: Element) -> list[str]:
    return [p.attrs["id"].removesuffix("-error") for p in page.all("p", class_="field__error")]


def test_a_theme_is_added_and_everybody_sees_it(desk: FlaskClient) -> None:
    assert LIST in read(desk.get("/organise/library/links")).links(LIST)
    typed = {"title": "L’été <b>", "questions": "Pourquoi ?\r\n\r\nComment ?"}
    answer = desk.post(NEW, data=filled(desk, NEW) | typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}/l-ete-b")
    assert filled(desk, f"{LIST}/l-ete-b")["questions"] == "Pourquoi ?\nComment ?"
    public = read(desk.get("/themes/l-ete-b"))
    assert public.one("h1").text == "L’été <b>"
    assert f"{LIST}/l-ete-b" in read(desk.get(LIST)).links(LIST)


@pytest.mark.parametrize("address", [NEW, ALLIANCES])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    desk: FlaskClient, address: str
) -> None:
    wrong = {"title": "", "questions": "x" * 301, "platform_answers": "a\x00b"}
    answer = desk.post(address, data=filled(desk, address) | wrong)
    assert answer.status_code == 422
    page = read(answer)
    assert errors(page) == list(wrong)
    assert page.one("div", class_="error-summary").links("#") == [f"#{name}" for name in wrong]
    assert filled(desk, ALLIANCES)["title"] == "Apprendre à faire alliances"


def test_who_was_slower_keeps_what_they_typed(desk: FlaskClient, app: Flask) -> None:
    mine = filled(desk, ALLIANCES) | {"title": "Le mien"}
    theirs = filled(desk, ALLIANCES) | {"title": "Le leur"}
    assert desk.post(ALLIANCES, data=theirs).status_code == 303
    answer = desk.post(ALLIANCES, data=mine)
    page = read(answer)
    assert answer.status_code == 409
    assert words(app, "Somebody else has just changed this theme") in page.text
    assert "Le leur" in page.by_id("title-present").text
    form = page.form(ALLIANCES).values()
    assert form["title"] == "Le mien"
    assert desk.post(ALLIANCES, data=form).status_code == 303
    assert filled(desk, ALLIANCES)["title"] == "Le mien"


def test_what_is_not_there(desk: FlaskClient) -> None:
    assert desk.get(f"{LIST}/no-such").status_code == 404
    assert desk.post(f"{LIST}/no-such", data=filled(desk, ALLIANCES)).status_code == 404


def test_an_empty_library_offers_the_first_step(organiser: FlaskClient) -> None:
    sign_in(organiser)
    assert NEW in read(organiser.get(LIST)).links(NEW)
