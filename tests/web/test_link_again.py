""" "Already registered? Send my link again", beside the forms of a cycle and of a theme."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import (
    ALICE,
    APRIL,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
)
from tests.web.own_page import assert_private
from tests.web.support import (
    END,
    SECOND,
    form_values,
    read,
    replace_secrets,
    rows,
    spelt_wrong,
    tokens,
    words,
)
from webinars.db import Database
from webinars.models import MailKind, OutboxMail, WebinarStatus
from webinars.services import Services
from webinars.web.webinar_form import OLD_FORM

CYCLE = "/cycles/2019/register"
THEME = "/themes/connaitre-son-ecosysteme"
PLACES = [(CYCLE, f"{CYCLE}/link"), (THEME, f"{THEME}/link")]
each_place = pytest.mark.parametrize(("page", "action"), PLACES)


@pytest.fixture
def known(alice: Database) -> Database:
    """Alice is registered; the themes are there."""
    with alice.write() as session:
        load_library(session, "themes.toml")
    return alice


def ask(client: FlaskClient, page: str, action: str, **changes: str) -> TestResponse:
    values = read(client.get(page)).form(action).values()
    return client.post(action, data=values | {"email": ALICE.email} | changes)


def without_tokens(answer: TestResponse) -> bytes:
    return re.sub(rb'name="csrf_token" value="[^"]*"', b"", answer.data)


def links(database: Database) -> list[tuple[str, bool, bool]]:
    """To whom links are owed; whether they are about a webinar, about a cycle."""
    with database.read() as session:
        found = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.LINK).order_by(OutboxMail.id)
        )
        return [
            (mail.recipient.email, mail.webinar_id is not None, mail.cycle_id is not None)
            for mail in found
        ]


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
@each_place
def test_known_and_unknown_are_answered_alike(
    client: FlaskClient,
    app: Flask,
    known: Database,
    page: str,
    action: str,
    prefix: str,
    language: str,
) -> None:
    page, action = prefix + page, prefix + action
    first = ask(client, page, action, email=" ALICE@Example.org ")
    other = ask(client, page, action, email="robin@example.org")
    assert (first.status_code, other.status_code) == (200, 200)
    assert without_tokens(first) == without_tokens(other)
    assert_private(first)
    shown = read(first)
    assert words(app, "Look in your mail", language) in shown.text
    assert page in shown.links(page), "back to the form"
    twin = page.removeprefix("/en") if prefix else f"/en{page}"
    assert twin in shown.links(twin), "the other language leads there as well"
    assert links(known) == [(ALICE.email, False, action.endswith(f"{CYCLE}/link"))]
    assert rows(known)[:2] == (1, 1)


@each_place
def test_a_few_a_day_whichever_form_asks(
    client: FlaskClient, known: Database, services: Services, at, page: str, action: str
) -> None:
    answers = set()
    for seconds in range(5):
        at(NOW + seconds * SECOND)
        answers.add(without_tokens(ask(client, page, action)))
    assert len(answers) == 1
    assert len(links(known)) == services.settings.link_mails_per_day


@each_place
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_is_kept(
    client: FlaskClient, known: Database, page: str, action: str
) -> None:
    for email in ("", "alice", "alice@example.org\0", "a\u202e@example.org", "x" * 5000):
        answer = ask(client, page, action, email=email)
        assert (answer.status_code, email[:20]) == (422, email[:20])
        form = read(answer).form(action)
        assert form.one("div", role="alert").one("a").attrs["href"] == "#link-email"
        assert form.by_id("link-email").attrs["aria-invalid"] == "true"
        assert any(fold.all("form") for fold in read(answer).all("details", open=""))
    old = ask(client, page, action, csrf_token=form_values(client)["csrf_token"])
    assert old.status_code == 400
    assert read(old).form(action).values()["email"] == ALICE.email
    assert links(known) == []


@each_place
def test_the_address_of_the_form_leads_to_its_page(
    client: FlaskClient, known: Database, page: str, action: str
) -> None:
    answer = client.get(action)
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    for nowhere in ("/cycles/1999/register/link", "/themes/no-such/link"):
        assert client.post(nowhere).status_code in {400, 404}


# what is over or cancelled, and the page that is always there --------------------------------


PAST = f"/cycles/2019/{MARCH.slug}"
OVER = datetime(2019, 12, 31, 12, 0, tzinfo=UTC)


def test_a_past_webinar_sends_it(client: FlaskClient, app: Flask, known: Database, at) -> None:
    at(END)
    assert read(client.get(PAST)).all("form", action=f"{PAST}/register") == []
    check_all_answers(client, app, known, PAST, f"{PAST}/link")
    assert links(known) == [(ALICE.email, True, False)]


def test_a_cancelled_webinar_sends_it(client: FlaskClient, app: Flask, known: Database) -> None:
    with known.write() as session:
        published(session, plan_of(replace(MARCH, status=WebinarStatus.CANCELLED), APRIL, MAY))
    assert read(client.get(PAST)).all("form", action=f"{PAST}/register") == []
    check_all_answers(client, app, known, PAST, f"{PAST}/link")
    assert links(known) == [(ALICE.email, True, False)]


def test_a_cycle_that_is_over_sends_it(
    client: FlaskClient, app: Flask, known: Database, at
) -> None:
    at(OVER)
    assert read(client.get(CYCLE)).all("form", action=CYCLE) == []
    check_all_answers(client, app, known, CYCLE, f"{CYCLE}/link")
    assert links(known) == [(ALICE.email, False, True)]


@pytest.mark.parametrize("moment", [NOW, OVER])
def test_one_page_always_sends_it(
    client: FlaskClient, app: Flask, known: Database, at, moment: datetime
) -> None:
    at(moment)
    check_all_answers(client, app, known, "/link", "/link")
    assert links(known) == [(ALICE.email, False, False)]


def check_all_answers(
    client: FlaskClient, app: Flask, database: Database, page: str, action: str
) -> None:
    """The form is there; with the first, an old and a wrong one, its page stays with it."""
    for csrf_token in ("", "x"):
        old = ask(client, page, action, csrf_token=csrf_token)
        assert old.status_code == 400
        assert words(app, OLD_FORM._args[0]) in read(old).text
        assert read(old).form(action).values()["email"] == ALICE.email
    wrong = ask(client, page, action, email="alice")
    assert wrong.status_code == 422
    assert read(wrong).by_id("link-email").attrs["aria-invalid"] == "true"
    assert links(database) == []
    first, other = ask(client, page, action), ask(client, page, action, email="robin@example.org")
    assert (first.status_code, without_tokens(first)) == (200, without_tokens(other))
    assert_private(first)
    assert words(app, "Look in your mail") in read(first).text


def test_every_text_that_promises_it_leads_there(
    client: FlaskClient, known: Database, services: Services
) -> None:
    token, calendar = tokens(known, services.links)
    assert read(client.get("/your-data")).one("main").links("/link") == ["/link"]
    for prefix in ("", "/en"):
        nothing = client.get(f"{prefix}/me/{spelt_wrong(token)[0]}")
        assert nothing.status_code == 404
        assert read(nothing).one("main").links(f"{prefix}/link") == [f"{prefix}/link"]
    replace_secrets(known)
    for address in (f"/me/{token}", f"/me/{calendar}/calendar.ics"):
        gone = client.get(address)
        assert gone.status_code == 410
        assert read(gone).one("main").links("/link") == ["/link"]
    assert read(client.get("/no-such")).one("main").links("/link") == []
    assert read(client.get("/")).one("footer").links("/link") == ["/link"]


def test_its_page_asks_the_database_nothing(client: FlaskClient, known: Database) -> None:
    with counted_queries(known) as asked:
        assert client.get("/link").headers["Cache-Control"] == "no-cache"
    assert asked == []
