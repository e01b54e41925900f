"""The rules by which mails leave: looked at, shown beforehand, drafted, overtaken."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, MAY, counted_queries, plan_of, published, register
from tests.support import person as somebody
from tests.web.boards import (
    BOARD,
    COLLEAGUE,
    EDITOR,
    act,
    acts,
    board_of,
    card,
    drafted,
    publish,
)
from tests.web.desk import make_account, sign_in
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.models import AuditEntry

PAGE = f"{BOARD}reminders"
MARCHS = f"{BOARD}webinars/{MARCH.slug}/reminders"
SURVEY = "https://enquete.example.org/2019"
ZOOM = "https://us02web.zoom.us/j/1"


@pytest.fixture
def desk(organiser: FlaskClient, app: Flask, site: Database) -> FlaskClient:
    """Dominique at the desk; three people are registered for March."""
    make_account(app, COLLEAGUE)
    with site.write() as session:
        for number in range(3):
            register(session, somebody(number))
    assert sign_in(organiser).status_code == 302
    return organiser


def main(client: FlaskClient, path: str = PAGE, **typed: str) -> Element:
    answer = client.get(path, query_string=typed)
    assert answer.status_code == 200
    return read(answer).one("main")


def values(client: FlaskClient, path: str = PAGE) -> dict[str, str]:
    """What the form holds; of the two dots the one that is chosen."""
    form = main(client, path).one("form")
    found = form.values()
    for one in form.all("input", name="whose"):
        if "checked" in one.attrs:
            found["whose"] = one.attrs["value"]
    token = form.all("button", name="csrf_token")[0].attrs["value"]
    return found | {"csrf_token": token}


def save(client: FlaskClient, path: str = PAGE, **changes: str | None) -> TestResponse:
    typed = values(client, path) | changes
    return client.post(path, data={name: text for name, text in typed.items() if text is not None})


def panel(page: Element) -> dict[str, list[str]]:
    """What the page says will leave, by title."""
    return {
        row.one("p", class_="dates__title").text: [
            " | ".join(part.text for part in line.all("p")) for line in row.all("ul")[0].all("li")
        ]
        if row.all("ul")
        else [part.text for part in row.all("p")][2:]
        for row in page.one("ol", class_="dates").all("li")
        if row.attrs.get("class", "").startswith("dates__row")
    }


def reminders_of(database: Database) -> tuple[Any, Any]:
    with database.read() as session:
        draft = planning.find_cycle(session, slug="2019").draft
        return draft.reminders, draft.survey_url


def test_the_page_says_what_will_leave_when_and_to_how_many(desk: FlaskClient):
    page = main(desk)
    assert panel(page)[MARCH.title] == [
        "jeudi 14 mars, 13 h | 7 jours avant | 3 personnes",
        "mercredi 20 mars, 13 h | 1 jour avant | 3 personnes",
        "jeudi 21 mars, 12 h | 1 heure avant | 3 personnes",
        "vendredi 22 mars, 14 h 30 | Questionnaire 1 jour après | 3 personnes",
        "à sa mise en ligne | Replay en ligne | 3 personnes",
    ]
    assert list(panel(page)) == [MARCH.title, APRIL.title, MAY.title]
    english = panel(main(desk, f"/en{PAGE}"))[MARCH.title]
    assert english[0] == "Thursday, March 14, 1 pm | 7 days before | 3 people"


def test_the_form_holds_the_usual_rules(desk: FlaskClient):
    held = values(desk)
    assert [held[f"count-{number}"] + held[f"unit-{number}"] for number in range(5)] == [
        *("7d", "1d", "1h", "d", "d"),
    ]
    assert (held["replay"], held["survey"], held["survey_url"]) == ("1", "1", "")
    assert (held["count-survey"], held["unit-survey"]) == ("1", "d")


def test_what_would_leave_is_shown_before_anything_is_saved(desk: FlaskClient, site: Database):
    typed = {"count-0": "3", "unit-0": "h", "survey": "1", "count-survey": "0", "unit-survey": "m"}
    page = main(desk, **typed, survey_url=SURVEY)
    assert panel(page)[MARCH.title] == [
        "jeudi 21 mars, 10 h | 3 heures avant | 3 personnes",
        "jeudi 21 mars, 14 h 30 | Questionnaire 0 minute après | 3 personnes",
    ]
    assert (reminders_of(site), acts(site)) == ((None, None), ["published", "imported"])
    alone = desk.get(PAGE, query_string=typed | {"fragment": "dates"})
    assert read(alone).all("main", "form") == []
    assert "3 heures avant" in read(alone).text


def test_rules_are_saved_into_the_draft_and_hold_once_published(desk: FlaskClient, site: Database):
    answer = save(desk, **{"count-0": "", "count-3": "2", "unit-3": "h"}, survey_url=SURVEY)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert reminders_of(site) == (["1d", "2h", "1h", "replay", "survey+1d"], SURVEY)
    assert acts(site)[0] == "cycle_edited"
    page = main(desk)
    assert "C’est dans le brouillon, et sera en vigueur une fois publié." in page.text
    assert "En brouillon, pas encore en vigueur" in page.text
    publish(site)
    assert "En brouillon" not in main(desk).text
    history = read(desk.get(f"{BOARD}history")).one("main").text
    assert "Réglages du cycle modifiés : rappels, adresse du questionnaire" in history


def test_saved_as_it_was_nothing_has_changed(desk: FlaskClient, site: Database):
    assert save(desk).status_code == 303
    assert "Rien n’a changé : c’était déjà ainsi." in main(desk).text
    assert (reminders_of(site), acts(site)) == ((None, None), ["published", "imported"])


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        (
            {"whose": "own", "count-0": "", "count-1": "3", "unit-1": "h"},
            ["3h", "1h", "replay", "survey+1d"],
        ),
        (
            {
                "whose": "own",
                **{f"count-{n}": "" for n in range(3)},
                "replay": None,
                "survey": None,
            },
            [],
        ),
    ],
)
def test_a_webinar_has_rules_of_its_own_or_none_and_goes_back_to_its_cycles(
    desk: FlaskClient, site: Database, changes: dict[str, str | None], rules: list[str]
):
    assert values(desk, MARCHS)["whose"] == "cycle"
    answer = save(desk, MARCHS, **changes)
    assert (answer.status_code, answer.location) == (303, MARCHS)
    assert drafted(site, MARCH.slug, "reminders") == rules
    assert values(desk, MARCHS)["whose"] == "own"
    said = panel(main(desk))[MARCH.title]
    if rules:
        assert said[0] == "jeudi 21 mars, 10 h | 3 heures avant | 3 personnes"
        assert "déjà dit | 1 heure avant par le courriel qui le précède de peu" in said
        assert "Il a ses propres règles." in main(desk).text
    else:
        assert said == ["Il a ses propres règles.", "Aucun courriel ne part de lui-même."]
    assert save(desk, MARCHS, whose="cycle").status_code == 303
    assert drafted(site, MARCH.slug, "reminders") is None


TOO_FAR = "Un rappel part entre une minute et 90 jours avant le début."
NO_NUMBER = "Écrivez un nombre entier, en chiffres."
WRONG = [
    (PAGE, {"count-0": "x"}, NO_NUMBER),
    (PAGE, {"count-1": "91"}, TOO_FAR),
    (PAGE, {"count-survey": ""}, NO_NUMBER),
    (PAGE, {"count-survey": "31"}, "Un questionnaire part au plus 30 jours après la fin."),
    (PAGE, {"survey_url": "ftp://x"}, "Il faut une adresse du web, en https ou en http."),
    (MARCHS, {"whose": "own", "count-2": "0"}, TOO_FAR),
]


@pytest.mark.parametrize(("path", "changes", "sentence"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    desk: FlaskClient, site: Database, path: str, changes: dict[str, str], sentence: str
):
    field = list(changes)[-1]
    answer = save(desk, path, **changes)
    assert answer.status_code == 422
    page = read(answer).one("main")
    assert page.by_id(f"{field}-error").text == sentence
    assert page.by_id(field).attrs["aria-invalid"] == "true"
    assert page.one("div", class_="error-summary").links("#") == [f"#{field}"]
    assert page.by_id(field).attrs["value"] == changes[field]
    assert acts(site) == ["published", "imported"]


def test_an_unknown_unit_and_too_many_rows_do_no_harm(desk: FlaskClient, site: Database):
    many = {f"count-{number}": "1" for number in range(40)}
    assert save(desk, **many, **{"unit-0": "years"}).status_code == 303
    assert reminders_of(site)[0] == ["1d", "1h", "replay", "survey+1d"]


def test_who_was_overtaken_sees_it_and_saves_again(desk: FlaskClient, site: Database):
    typed = values(desk) | {"count-0": "9"}
    with site.write() as session:
        editing.edit_cycle(session, cycle_slug="2019", values={"reminders": ("2d",)}, editor=EDITOR)
    answer = desk.post(PAGE, data=typed)
    assert answer.status_code == 409
    page = read(answer).one("main")
    assert "Réglages du cycle modifiés : rappels" in page.text
    assert page.by_id("count-0").attrs["value"] == "9"
    assert reminders_of(site)[0] == ["2d"]
    again = page.one("form").values()
    token = page.one("form").all("button", name="csrf_token")[0].attrs["value"]
    assert desk.post(PAGE, data=again | {"csrf_token": token}).status_code == 303
    assert reminders_of(site)[0] == ["9d", "1d", "1h", "replay", "survey+1d"]


def test_an_edit_is_undone_on_the_board(desk: FlaskClient, site: Database):
    save(desk, MARCHS, whose="own", **{"count-0": ""})
    with site.read() as session:
        entry = str(session.scalar(sa.select(sa.func.max(AuditEntry.id))))
    done = f"{BOARD}?done={entry}"
    page = board_of(desk, done)
    assert "rappels" in page.text.lower()
    answer = act(desk, "undo", BOARD, entry=entry)
    assert answer.status_code == 303
    assert drafted(site, MARCH.slug, "reminders") is None


def test_a_room_that_reminds_as_well_is_said(desk: FlaskClient, site: Database):
    with site.write() as session:
        editing.edit_webinar(
            session, cycle_slug="2019", slug=MARCH.slug, values={"join_url": ZOOM}, editor=EDITOR
        )
    badge = card(board_of(desk), MARCH.slug).links(MARCHS)
    assert badge == [MARCHS]
    assert "Zoom envoie aussi des rappels à qui s’y inscrit." in main(desk, MARCHS).text
    assert card(board_of(desk), APRIL.slug).links(f"{BOARD}webinars/{APRIL.slug}/rem") == []


def test_the_webinars_page_leads_there(desk: FlaskClient):
    page = read(desk.get(f"{BOARD}webinars/{MARCH.slug}")).one("main")
    assert MARCHS in page.links(BOARD)


def test_nobody_else_gets_in(client: FlaskClient, site: Database):
    for path in (PAGE, MARCHS):
        assert client.get(path).status_code == 302
        assert client.post(path).status_code == 302


def test_without_the_token_of_the_page_nothing_is_done(desk: FlaskClient, site: Database):
    typed = values(desk) | {"csrf_token": "x", "count-0": "9"}
    assert desk.post(PAGE, data=typed).status_code == 400
    del typed["seen"]
    assert (
        desk.post(PAGE, data=typed | {"csrf_token": values(desk)["csrf_token"]}).status_code == 400
    )
    assert reminders_of(site) == (None, None)


def test_what_is_not_there_is_not_found(desk: FlaskClient):
    assert desk.get("/organise/cycles/2018/reminders").status_code == 404
    assert desk.get(f"{BOARD}webinars/juin/reminders").status_code == 404


@pytest.mark.parametrize("sessions", [(), (MARCH,), (MARCH, APRIL, MAY)])
def test_the_queries_do_not_grow(
    organiser: FlaskClient, database: Database, sessions: tuple[Any, ...]
):
    with database.write() as session:
        published(session, plan_of(*sessions))
    sign_in(organiser)
    with counted_queries(database) as statements:
        page = main(organiser)
    assert len([one for one in statements if "organiser" not in one]) == 12
    assert len(page.all("li", class_="dates__row")) == len(sessions)
    if not sessions:
        assert "Aucun webinaire à venir : rien ne partira." in page.text
