"""Surveys: answered behind a personal link, written and read at the desk."""

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from tests.support import ALICE, BOB, CHARLIE, MARCH, register
from tests.web.own_page import assert_private, own, press
from tests.web.support import END, PAGE, SECOND, Element, read, words
from webinars.db import Database
from webinars.domain import participants
from webinars.domain.survey_questions import USUAL_OF_A_WEBINAR, mark_of
from webinars.domain.surveys import Said, answer
from webinars.models import AuditEntry, Question, Survey, SurveyText, TextState
from webinars.services import Services
from webinars.web.survey_form import NAMES

HERE = f"survey/2019/{MARCH.slug}"
OF_MARCH = f"/organise/cycles/2019/webinars/{MARCH.slug}/survey"
EACH = "/organise/cycles/2019/surveys/each"
EVIL = "=1+1 <script>alert(1)</script>"


@pytest.fixture
def over(site: Database, at: Any) -> Database:
    """March has ended; three people had a place."""
    with site.write() as session:
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
    at(END)
    return site


def replies(database: Database, *texts: str) -> None:
    """So many people answer, each with a text."""
    with database.write() as session:
        for who, text in zip((ALICE, BOB, CHARLIE), texts, strict=False):
            person = participants.by_email(session, email=who.email)
            assert person is not None
            answer(
                session,
                participant=person,
                cycle_slug="2019",
                webinar_slug=MARCH.slug,
                mark=mark_of(USUAL_OF_A_WEBINAR),
                said=[Said(4), Said(1), Said(text=text, may_quote=True)],
                now=END,
            )


def texts(database: Database) -> list[tuple[str, bool]]:
    with database.read() as session:
        return list(session.execute(sa.select(SurveyText.text, SurveyText.may_quote)).all())


# behind a personal link -----------------------------------------------------------------------


def test_it_is_answered_once_and_says_what_is_kept(
    client: FlaskClient, app: Flask, over: Database, services: Services
) -> None:
    page = own(services)
    mine = read(client.get(page)).by_id("my-voice")
    assert mine.links(f"{page}/survey") == [f"{page}/{HERE}"]
    shown = read(client.get(f"{page}/{HERE}"))
    assert words(app, "Nobody knows which answer is yours") in shown.by_id("privacy-title").text
    sent = press(client, page, HERE, on=f"/{HERE}", q0="5", q1="0", q2=EVIL, **{"q2-quote": "1"})
    assert sent.status_code == 303
    assert_private(sent)
    done = client.get(sent.headers["Location"])
    assert words(app, "Thank you: your answer is kept") in read(done).text
    assert read(done).one("main").all("form") == []
    assert texts(over) == [(EVIL, True)]
    assert read(client.get(page)).by_id("my-voice").links(f"{page}/survey") == []
    assert HERE.split("/", 1)[1] in client.get(f"{page}/data.json").get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ({}, 422, "Answer at least one question, then send it."),
        ({"q2": "x" * 1001}, 422, "The text is too long: at most 1000 characters."),
        ({"q0": "4", "mark": "other"}, 409, "The questions have just been changed"),
        ({"q0": "4", "csrf_token": "x"}, 400, "This form has been open for too long: check"),
    ],
)
def test_what_is_not_taken_says_why_and_keeps_what_was_typed(
    client: FlaskClient,
    over: Database,
    services: Services,
    typed: dict[str, str],
    status: int,
    sentence: str,
) -> None:
    page = f"/en{own(services)}"
    form = read(client.get(f"{page}/{HERE}")).form(f"{page}/{HERE}")
    blank = {name: value for name, value in form.values().items() if not name.startswith("q")}
    sent = client.post(f"{page}/{HERE}", data=blank | typed)
    assert sent.status_code == status
    assert sentence in read(sent).text
    assert texts(over) == []
    if status == 422 and "q2" in typed:
        assert typed["q2"] in read(sent).by_id("q2").text


def test_before_its_end_and_for_others_there_is_nothing(
    client: FlaskClient, over: Database, services: Services, at: Any
) -> None:
    at(END - SECOND)
    page = own(services)
    assert read(client.get(f"{page}/{HERE}")).one("main").all("form") == []
    for nothing in ("survey/2019/none", "survey/1999", "survey/2019/apprendre-a-faire-alliances"):
        assert client.get(f"{page}/{nothing}").status_code == 404
    assert client.get(f"/me/none/{HERE}").status_code == 404
    assert client.get(f"{page}/survey/2019").status_code == 200


def test_a_question_is_asked_after_the_webinar(
    client: FlaskClient, app: Flask, over: Database, services: Services
) -> None:
    page, act = own(services), f"ask/2019/{MARCH.slug}"
    assert press(client, page, act, on=f"/{act}", question=" ").status_code == 422
    assert press(client, page, act, on=f"/{act}", question="Et après ?").status_code == 303
    assert press(client, page, act, on=f"/{act}", question="Et  après ?").status_code == 422
    with over.read() as session:
        asked = session.scalars(sa.select(Question)).one()
        assert (asked.text, asked.confirmed_at) == ("Et après ?", END)
    assert client.get(f"{page}/ask/2019/apprendre-a-faire-alliances").status_code == 404


# at the desk ----------------------------------------------------------------------------------


def save(client: FlaskClient, page: str, **typed: str) -> TestResponse:
    (form,) = read(client.get(page)).one("main").all("form")
    return client.post(page, data=form.values() | typed)


def asked(database: Database) -> list[str]:
    with database.read() as session:
        return [one["fr"] for one in session.scalars(sa.select(Survey.questions)).one()]


def test_questions_are_added_put_in_order_and_taken_away(
    desk: FlaskClient, app: Flask, site: Database
) -> None:
    typed = {"fr-0": "", "en-0": "", "place-2": "1", "fr-3": "Combien ?", "kind-3": "choice"}
    refused = save(desk, EACH, **typed)
    assert refused.status_code == 422
    assert read(refused).all("p", class_="field__error") != []
    done = save(desk, EACH, **typed, **{"choices_fr-3": "un\r\ndeux", "choices_en-3": "one\ntwo"})
    assert done.status_code == 303
    assert [one[:9] for one in asked(site)] == ["Que reten", "Et mainte", "Combien ?"]
    assert save(desk, EACH, days="0").status_code == 422
    gone = dict.fromkeys(f"{name}-{row}" for name in NAMES for row in range(3))
    assert save(desk, EACH, **dict.fromkeys(gone, "")).status_code == 422
    assert save(desk, EACH, seen="another").status_code == 409
    reset = save(desk, EACH, reset="1")
    assert reset.status_code == 303
    with site.read() as session:
        assert session.scalars(sa.select(Survey)).all() == []
    history = read(desk.get("/organise/cycles/2019/history")).one("main").text.lower()
    what = {"what": words(app, "every webinar")}
    assert words(app, "changed the survey about %(what)s", **what) in history


@pytest.mark.parametrize("kind", ["stars", "", "SCALE"])
def test_a_kind_that_there_is_not_is_refused_at_its_field(
    desk: FlaskClient, app: Flask, site: Database, kind: str
) -> None:
    refused = save(desk, EACH, **{"fr-0": "Autre ?", "kind-0": kind})
    assert refused.status_code == 422
    page = read(refused)
    assert page.by_id("kind-0-error").text == words(app, "Choose one of the list.")
    assert page.one("div", class_="error-summary").links("#") == ["#kind-0"]
    with site.read() as session:
        assert session.scalars(sa.select(Survey)).all() == []


def test_answered_questions_are_fixed_and_its_days_are_not(
    desk: FlaskClient, app: Flask, over: Database
) -> None:
    replies(over, "A")
    assert save(desk, OF_MARCH, **{"fr-0": "Autre ?"}).status_code == 409
    assert save(desk, OF_MARCH, days="60").status_code == 303
    with over.read() as session:
        assert session.scalars(sa.select(Survey.closes_after)).all() == [60]


def test_two_answers_are_a_number_three_are_pictures_with_numbers(
    desk: FlaskClient, client: FlaskClient, app: Flask, over: Database
) -> None:
    page = f"{OF_MARCH}/answers"
    replies(over, EVIL, "B")
    few = desk.get(page)
    assert read(few).one("main").all("table") == []
    assert EVIL not in read(few).text
    assert len(desk.get(f"{page}.csv").get_data(as_text=True).splitlines()) == 1
    with over.write() as session:
        person = participants.by_email(session, email=CHARLIE.email)
        assert person is not None
        answer(
            session,
            participant=person,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            mark=mark_of(USUAL_OF_A_WEBINAR),
            said=[Said(1), Said(), Said(text="C")],
            now=END,
        )
    shown = read(desk.get(page))
    tables = shown.one("main").all("table")
    counts = [[td.text for td in table.all("td")][::2] for table in tables]
    assert counts == [["1", "0", "0", "2", "0"], ["0", "2", "0", "0"]]
    assert shown.all("svg", class_="bar") != []
    written = desk.get(f"{page}.csv").get_data(as_text=True)
    assert ";'=1+1" in written
    sheet = load_workbook(io.BytesIO(desk.get(f"{page}.xlsx").data)).active
    assert sheet is not None
    assert sheet.max_row == 1 + 5 + 4 + 3
    with over.read() as session:
        acts = session.scalars(sa.select(AuditEntry.act).order_by(AuditEntry.id)).all()
        assert [one.value for one in acts].count("survey_exported") == 3


def press_text(client: FlaskClient, text: str, act: str, **typed: str) -> TestResponse:
    main = read(client.get(f"{OF_MARCH}/answers")).one("main")
    (item,) = [li for li in main.all("li", class_="said-text") if text in li.text]
    forms = [
        f for f in item.all("form") if any(b.attrs.get("value") == act for b in f.all("button"))
    ]
    return client.post(forms[0].attrs["action"], data=forms[0].values() | {"act": act} | typed)


def test_a_text_is_quoted_on_the_page_in_words_of_the_organisers(
    desk: FlaskClient, client: FlaskClient, app: Flask, over: Database
) -> None:
    replies(over, EVIL, "Bien", "Nommer Jean")
    assert press_text(desk, "Bien", "quote", words=" ").status_code == 422
    assert press_text(desk, EVIL, "quote", words=EVIL).status_code == 303
    page = client.get(PAGE)
    assert [one.text for one in read(page).all("blockquote")] == [EVIL]
    assert b"<script>alert" not in page.data
    assert press_text(desk, EVIL, "keep").status_code == 303
    assert press_text(desk, "Jean", "remove").status_code == 303
    assert read(client.get(PAGE)).all("blockquote") == []
    with over.read() as session:
        left = session.execute(sa.select(SurveyText.text, SurveyText.state)).all()
        assert sorted(left) == [(EVIL, TextState.KEPT), ("Bien", TextState.WAITING)]
    assert desk.post("/organise/cycles/2019/survey-texts/1", data={}).status_code == 400


def test_a_year_is_opened_and_listed(desk: FlaskClient, app: Flask, site: Database) -> None:
    page = "/organise/cycles/2019/surveys"
    shown: Element = read(desk.get(page)).one("main")
    assert len(shown.one("table").all("tr")) == 4
    form = shown.form(f"{page}/year/open")
    assert desk.post(f"{page}/year/open", data=form.values()).status_code == 303
    assert words(app, "The survey of the year is open.") in read(desk.get(page)).text
    assert desk.get("/organise/cycles/none/surveys").status_code == 404
