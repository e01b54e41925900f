"""The desk's list of themes and the form of each."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import APRIL, NOW, load_library, plan_of
from tests.web.desk import sign_in
from tests.web.support import Element, counted, read, words
from webinars.db import Database
from webinars.domain import planning

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
    assert LIST in read(desk.get("/organise/library")).links(LIST)
    typed = {
        "title": "L’été <b>",
        "questions": "Pourquoi ?\r\n\r\nComment ?",
        "other_titles": "Été\r\nSaison\r\nÉté",
        "seven_needs": "1",
    }
    answer = desk.post(NEW, data=filled(desk, NEW) | typed)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{LIST}/l-ete-b")
    found = filled(desk, f"{LIST}/l-ete-b")
    assert found["questions"] == "Pourquoi ?\nComment ?"
    assert (found["other_titles"], found["seven_needs"]) == ("Été\nSaison", "1")
    del found["seven_needs"]  # a box that is not ticked
    assert desk.post(f"{LIST}/l-ete-b", data=found).status_code == 303
    assert "seven_needs" not in filled(desk, f"{LIST}/l-ete-b")
    public = read(desk.get("/themes/l-ete-b"))
    assert public.one("h1").text == "L’été <b>"
    assert f"{LIST}/l-ete-b" in read(desk.get(LIST)).links(LIST)


@pytest.mark.parametrize("address", [NEW, ALLIANCES])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    desk: FlaskClient, address: str
) -> None:
    wrong = {
        "title": "",
        "other_titles": "a\x00b",
        "questions": "x" * 301,
        "platform_answers": "a\x00b",
    }
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


def test_a_theme_is_taken_out_after_a_confirmation(desk: FlaskClient, app: Flask) -> None:
    public = "/themes/apprendre-a-faire-alliances"
    assert desk.get(public).status_code == 200
    remove = read(desk.get(ALLIANCES)).links(f"{ALLIANCES}/remove")[0]
    page = read(desk.get(remove))
    named = page.one("section", **{"aria-labelledby": "resources"})
    one, many = "%(num)s resource stays, without it", "%(num)s resources stay, without it"
    assert named.one("h2").text == counted(app, one, many, 52)
    assert len(named.all("li")) == 52
    form = page.form(remove).values()
    late = desk.post(remove, data=form | {"seen": "x"})
    assert late.status_code == 409
    assert words(app, "Something has changed in the meantime") in read(late).text
    answer = desk.post(remove, data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, LIST)
    done = read(desk.get(LIST)).one("div", role="status")
    assert words(app, "The theme is no longer in the library. Its resources stay.") in done.text
    assert [desk.get(one).status_code for one in (public, ALLIANCES, remove)] == [404, 404, 404]
    assert desk.post(remove, data=form).status_code == 404
    assert "Apprendre à faire alliances" in read(desk.get("/organise/history")).text


def test_a_theme_in_use_is_kept_and_its_webinars_are_named(
    desk: FlaskClient, database: Database
) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(APRIL), now=NOW)
    page = read(desk.get(f"{ALLIANCES}/remove"))
    on_it = page.one("section", **{"aria-labelledby": "webinars"})
    assert on_it.links("/organise/") == [f"/organise/cycles/2019/#{APRIL.slug}"]
    assert [form for form in page.all("form") if "/remove" in form.attrs.get("action", "")] == []
    token = filled(desk, ALLIANCES)["csrf_token"]
    assert desk.post(f"{ALLIANCES}/remove", data={"csrf_token": token}).status_code == 409
    assert desk.post(f"{ALLIANCES}/remove").status_code == 400
    assert desk.get("/themes/apprendre-a-faire-alliances").status_code == 200


def test_what_is_not_there(desk: FlaskClient) -> None:
    assert desk.get(f"{LIST}/no-such").status_code == 404
    assert desk.post(f"{LIST}/no-such", data=filled(desk, ALLIANCES)).status_code == 404


def test_an_empty_library_offers_the_first_step(organiser: FlaskClient) -> None:
    sign_in(organiser)
    assert NEW in read(organiser.get(LIST)).links(NEW)
