"""Every field of one webinar: typed, refused at its place, overtaken by somebody else."""

from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, MAY, counted_queries, load_library, plan_of
from tests.web.boards import (
    BOARD,
    COLLEAGUE,
    EDITOR,
    act,
    acts,
    as_colleague,
    board_of,
    dates,
    drafted,
)
from tests.web.desk import make_account, sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.domain.fields import UNLIMITED
from webinars.domain.plan import PlannedSession
from webinars.i18n import upper_first
from webinars.models import WebinarStatus
from webinars.web import typed as reading

PAGE = f"{BOARD}webinars/{MAY.slug}"
NEW = PlannedSession(slug="hors-serie", date=date(2019, 6, 6), title="Hors série")
NEW_PAGE = f"{BOARD}webinars/{NEW.slug}"


@pytest.fixture
def desk(organiser: FlaskClient, app: Flask, site: Database) -> FlaskClient:
    """Dominique at the desk; June is in the draft alone."""
    make_account(app, COLLEAGUE)
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY, NEW), now=EDITOR.now)
    assert sign_in(organiser).status_code == 302
    return organiser


def form(client: FlaskClient, page: str = PAGE) -> Element:
    answer = client.get(page)
    assert answer.status_code == 200
    return read(answer).one("main").one("form")


def save(client: FlaskClient, page: str = PAGE, **changes: Any) -> TestResponse:
    return client.post(page, data=form(client, page).values() | changes)


def test_every_field_is_there(desk: FlaskClient):
    values = form(desk, NEW_PAGE).values()
    assert list(values)[2:] == [
        "title", "slug", "theme_slug", "speakers",
        "date", "reason", "starts_at", "duration", "capacity", "join_url", "status",
        "why", "agenda", "territory_questions", "platform_answers", "announcements",
    ]  # fmt: skip
    assert "slug" not in form(desk).values()  # it is public


def test_what_is_empty_shows_the_cycles_own(desk: FlaskClient):
    page = form(desk)
    assert page.by_id("starts_at").attrs["placeholder"] == "13:00"
    assert page.by_id("duration").attrs["placeholder"] == "90"
    assert page.by_id("capacity").attrs["placeholder"] == "sans limite"
    assert form(desk, "/en" + PAGE).by_id("capacity").attrs["placeholder"] == "unlimited"
    assert "Vide, c’est la valeur du cycle : 90 minutes." in page.text


def test_everything_is_saved(desk: FlaskClient, site: Database):
    answer = save(
        desk,
        NEW_PAGE,
        title="  L’été à Nîmes ",
        slug="l-ete-a-nimes",
        theme_slug="qualifier-l-innovation",
        date="2019-06-07",
        reason="Congrès",
        starts_at="9 h 30",
        duration="60",
        capacity="1 200",
        join_url="https://salle.example.org/juin",
        speakers="Alice Dupont\r\n\r\n Bob Martin ",
        why="Parce que.\r\nVraiment.",
        agenda="Un\nDeux",
        territory_questions="Qui ?",
        platform_answers="Nous.",
        announcements="Bientôt",
        status="cancelled",
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{BOARD}?done=")
    assert answer.headers["Location"].endswith("#l-ete-a-nimes")
    expected = {
        "title": "L’été à Nîmes",
        "theme_slug": "qualifier-l-innovation",
        "date": date(2019, 6, 7),
        "reason": "Congrès",
        "starts_at": time(9, 30),
        "duration": 60,
        "capacity": 1200,
        "join_url": "https://salle.example.org/juin",
        "speakers": ["Alice Dupont", "Bob Martin"],
        "why": "Parce que.\nVraiment.",
        "agenda": ["Un", "Deux"],
        "territory_questions": ["Qui ?"],
        "platform_answers": ["Nous."],
        "announcements": ["Bientôt"],
        "status": WebinarStatus.CANCELLED,
    }
    assert {name: drafted(site, "l-ete-a-nimes", name) for name in expected} == expected
    again = form(desk, f"{BOARD}webinars/l-ete-a-nimes").values()
    assert (again["starts_at"], again["speakers"]) == ("09:30", "Alice Dupont\nBob Martin")


def test_a_webinar_can_be_without_limit(desk: FlaskClient, site: Database):
    box = form(desk).one("input", type="checkbox", name="capacity")
    assert (box.attrs["value"], "checked" in box.attrs) == ("unlimited", False)
    assert save(desk, capacity=["", "unlimited"]).status_code == 303
    assert drafted(site, MAY.slug, "capacity") == UNLIMITED
    page = form(desk)
    assert page.by_id("capacity").attrs["value"] == ""
    assert "checked" in page.one("input", type="checkbox", name="capacity").attrs
    assert save(desk).headers["Location"].startswith(f"{BOARD}?done=0")
    assert save(desk, capacity="").status_code == 303
    assert drafted(site, MAY.slug, "capacity") is None


def test_a_number_of_places_and_no_limit_is_asked_about(desk: FlaskClient, site: Database):
    answer = save(desk, capacity=["50", "unlimited"])
    assert answer.status_code == 422
    page = read(answer).one("main").one("form")
    assert page.by_id("capacity").attrs["value"] == "50"
    assert "checked" in page.one("input", type="checkbox", name="capacity").attrs
    assert page.by_id("capacity-error").text.startswith("Indiquez un nombre de places")
    assert drafted(site, MAY.slug, "capacity") is None


def test_the_history_tells_no_limit_from_the_cycles_own(desk: FlaskClient, site: Database):
    save(desk, capacity="50")
    save(desk, capacity=["", "unlimited"])
    save(desk, capacity="")
    page = read(desk.get(f"/en{BOARD}history")).one("main")
    assert [change.text for change in page.all("dd") if change.all("del")] == [
        "before: unlimited after: as the cycle",
        "before: 50 after: unlimited",
        "before: as the cycle after: 50",
    ]


def test_saving_as_it_is_changes_nothing(desk: FlaskClient, site: Database):
    before = acts(site)
    answer = save(desk)
    assert "done=0" in answer.headers["Location"]
    assert acts(site) == before


def test_what_is_public_stands_beside(desk: FlaskClient, site: Database):
    save(desk, title="Autrement", starts_at="14:00", theme_slug="qualifier-l-innovation")
    page = form(desk)
    assert page.by_id("title-public").one("del").text == "Définir sa stratégie"
    assert page.by_id("starts_at-public").one("del").text.replace("\xa0", " ") == "13 h"
    assert page.by_id("theme_slug-public").one("del").text == "Définir sa stratégie"
    assert not page.all(id="date-public")
    assert "title-public" in page.by_id("title").attrs["aria-describedby"]


WRONG: dict[str, tuple[str, str, dict[str, str]]] = {
    "title": ("", "a text is needed, not an empty one", {}),
    "slug": (
        "Été",
        (
            '"%(value)s" cannot be part of an address: use small letters without accents, '
            "digits and single hyphens"
        ),
        {"value": "Été"},
    ),
    "theme_slug": ("disparu", "This theme is no longer in the library.", {}),
    "speakers": ("x" * 301, "the text is too long: at most 300 characters", {}),
    "date": ("2019-13-01", "there is no such day in the calendar", {}),
    "starts_at": ("25 h", "an hour is needed, such as 13:00", {}),
    "duration": (
        "0",
        "a number between %(least)s and %(most)s is needed",
        {"least": "5", "most": "1440"},
    ),
    "capacity": ("beaucoup", "a whole number is needed", {}),
    "join_url": (
        "salle.example.org",
        "an address beginning with https:// or http:// is needed",
        {},
    ),
    "status": ("peut-être", "choose one of the list", {}),
    "why": ("a\x07", "control characters cannot stand here", {}),
}
"""What is typed, the sentence that answers, and what it names."""


def test_each_fault_stands_at_its_field(desk: FlaskClient, site: Database):
    answer = save(desk, NEW_PAGE, **{name: wrong[0] for name, wrong in WRONG.items()})
    assert answer.status_code == 422
    found = errors_of(answer)
    assert found.keys() == WRONG.keys()
    kept = read(answer).one("main").one("form").values()
    for name, (value, _, _) in WRONG.items():
        if name not in ("theme_slug", "status"):
            assert kept[name].strip() == value, name
    assert drafted(site, NEW.slug, "title") == "Hors série"


def errors_of(answer: TestResponse) -> dict[str, str]:
    """What stands at the fields; the summary leads to all of them, in their order."""
    main = read(answer).one("main")
    found = {
        one.attrs["name"]: main.by_id(one.attrs["aria-describedby"].split()[-1]).text
        for one in main.all("input", "select", "textarea", **{"aria-invalid": "true"})
    }
    links = main.one("div", class_="error-summary").all("a")
    assert {link.attrs["href"][1:]: link.text for link in links} == found
    return found


@pytest.mark.parametrize("name", WRONG)
def test_the_sentences(desk: FlaskClient, app: Flask, name: str):
    typed, text, values = WRONG[name]
    for prefix, language in (("", "fr"), ("/en", "en")):
        sentence = words(app, text, language, **values).removesuffix(".")
        shown = errors_of(save(desk, prefix + NEW_PAGE, **{name: typed}))[name]
        assert shown == f"{upper_first(sentence)}."


def test_what_the_year_refuses_stands_at_the_field(desk: FlaskClient, site: Database):
    taken = save(desk, NEW_PAGE, date="2019-05-16", title="Gardé")
    assert errors_of(taken) == {"date": "Le 16 mai 2019 a plus d’un webinaire."}
    assert read(taken).by_id("title").attrs["value"] == "Gardé"
    assert list(errors_of(save(desk, NEW_PAGE, date="2020-06-06"))) == ["date"]
    assert list(errors_of(save(desk, NEW_PAGE, slug=MAY.slug))) == ["slug"]
    night = save(desk, NEW_PAGE, date="2019-03-31", starts_at="2:30")
    assert list(errors_of(night)) == ["starts_at"]
    assert drafted(site, NEW.slug, "title") == "Hors série"


def test_a_public_address_stays(desk: FlaskClient, site: Database):
    answer = desk.post(PAGE, data=form(desk).values() | {"slug": "ailleurs"})
    assert answer.status_code == 422
    assert MAY.slug in dates(site)


@pytest.mark.parametrize("changes", [{"csrf_token": "x"}, {"seen": ""}])
def test_a_form_of_the_page_is_needed(desk: FlaskClient, site: Database, changes: dict[str, str]):
    assert save(desk, title="X", **changes).status_code == 400
    assert drafted(site, MAY.slug, "title") == MAY.title


def test_a_webinar_that_is_not_there(desk: FlaskClient):
    assert desk.get(f"{BOARD}webinars/nulle-part").status_code == 404


# overtaken ---------------------------------------------------------------------------------


def test_typed_values_stand_beside_the_present_ones(desk: FlaskClient, site: Database):
    opened = form(desk).values()
    with site.write() as session:
        theirs = {"title": "Leur titre", "speakers": ["Bob Martin"], "capacity": 50}
        editing.edit_webinar(
            session, cycle_slug="2019", slug=MAY.slug, values=theirs, editor=EDITOR
        )
    answer = desk.post(PAGE, data=opened | {"title": "Mon titre", "why": "Mon pourquoi"})
    assert answer.status_code == 409
    main = read(answer).one("main")
    assert COLLEAGUE in main.one("div", class_="stack overtaken").text
    kept = main.one("form").values()
    # Mine where I typed; theirs where I did not.
    assert (kept["title"], kept["why"]) == ("Mon titre", "Mon pourquoi")
    assert (kept["speakers"], kept["capacity"]) == ("Bob Martin", "50")
    assert "Leur titre" in main.by_id("title-present").text
    assert drafted(site, MAY.slug, "title") == "Leur titre"

    assert desk.post(PAGE, data=kept).status_code == 303
    assert drafted(site, MAY.slug, "title") == "Mon titre"
    assert drafted(site, MAY.slug, "speakers") == ["Bob Martin"]
    assert drafted(site, MAY.slug, "capacity") == 50


def test_a_wrong_field_does_not_hide_what_others_did(desk: FlaskClient, site: Database):
    opened = form(desk).values()
    act(as_colleague(desk), "cancel", slug=MAY.slug)
    wrong = desk.post(PAGE, data=opened | {"title": ""})
    assert wrong.status_code == 422
    mended = read(wrong).one("main").one("form").values() | {"title": "Mendé"}
    assert desk.post(PAGE, data=mended).status_code == 409
    assert drafted(site, MAY.slug, "status") is WebinarStatus.CANCELLED


def test_a_webinar_that_went_keeps_what_was_typed(desk: FlaskClient, site: Database):
    opened = form(desk, NEW_PAGE).values()
    act(as_colleague(desk), "remove", slug=NEW.slug)
    answer = desk.post(NEW_PAGE, data=opened | {"why": "Mon long pourquoi"})
    assert answer.status_code == 409
    alert = read(answer).one("main").one("div", class_="stack overtaken")
    assert "Mon long pourquoi" in alert.text
    assert not alert.all("form")


def test_a_fixed_number_of_queries(desk: FlaskClient, site: Database):
    with counted_queries(site) as statements:
        form(desk)
    assert len(statements) == 8  # two of them look who is signed in


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", None), ("13:00", time(13)), ("13 h", time(13)), ("9h30", time(9, 30)),
        ("9\u202fh\u202f05", time(9, 5)), ("13", time(13)), ("1 pm", time(13)),
        ("12 am", time(0)), ("12:30 PM", time(12, 30)),
    ],
)  # fmt: skip
def test_hours_as_people_write_them(text: str, meant: time | None):
    assert reading.hour(text) == meant


def test_the_board_leads_here(desk: FlaskClient):
    assert board_of(desk).one("article", id=MAY.slug).links(PAGE)
