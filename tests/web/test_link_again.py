""" "Already registered? Send my link again", beside the forms of a cycle and of a theme."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, NOW, load_library
from tests.web.own_page import assert_private
from tests.web.support import SECOND, form_values, read, rows, words
from webinars.db import Database
from webinars.models import MailKind, OutboxMail
from webinars.services import Services

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
