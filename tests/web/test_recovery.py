"""A forgotten password, and a new one while signed in."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import NOW
from tests.web.desk import (
    DOOR,
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    RECOVER,
    account,
    alert,
    change,
    errors,
    form_of,
    link_of,
    mails,
    said,
    send,
    sign_in,
    signed_in,
    trail,
)
from tests.web.support import SECOND, read, words
from webinars.db import Database
from webinars.models import MailKind
from webinars.web import account_store

CHANGE = "/organise/account/password"
RESET_MAIL = (MailKind.PASSWORD_RESET.value, EMAIL)
NOTICE = (MailKind.PASSWORD_CHANGED.value, EMAIL)
At = Callable[[datetime], None]


def ask(client: FlaskClient, email: str = EMAIL, page: str = RECOVER) -> TestResponse:
    return send(client, page, email=email)


def choose(client: FlaskClient, link: str, password: str = NEW_PASSWORD) -> TestResponse:
    return send(client, link, password=password, password_confirm=password)


def test_a_mail_leads_to_a_new_password_and_every_session_ends(
    organiser: FlaskClient, app: Flask, database: Database
) -> None:
    elsewhere = app.test_client()
    for client in (organiser, elsewhere):
        sign_in(client)
        assert signed_in(client)
    stranger = app.test_client()
    assert EMAIL in read(ask(stranger)).one("main").one("div", role="status").text
    assert mails(database) == [RESET_MAIL]
    link = link_of(app, MailKind.PASSWORD_RESET)
    for _ in range(3):  # scanners of mails open links
        assert read(stranger.get(link)).one("main").one("form").attrs["action"] == link
    assert signed_in(organiser)

    answer = choose(stranger, link)
    assert (answer.status_code, answer.headers["Location"]) == (302, DOOR)
    done = "Your new password holds, and every session has ended. Sign in with it."
    assert words(app, done) in said(stranger.get(DOOR))
    assert not signed_in(organiser)
    assert not signed_in(elsewhere)
    assert sign_in(stranger).status_code == 200
    assert sign_in(stranger, password=NEW_PASSWORD).headers["Location"] == "/organise/"
    assert mails(database) == [RESET_MAIL, NOTICE]
    assert trail(database)[1:] == [(EMAIL, "password_changed", EMAIL)]


@pytest.mark.parametrize("case", ["unknown", "closed", "fourth", "upper"])
def test_the_answer_does_not_tell_whether_there_is_an_account(
    organiser: FlaskClient, app: Flask, database: Database, at: At, case: str
) -> None:
    if case == "closed":
        change(database, active=False)
    if case == "fourth":
        for number in range(3):
            at(NOW + number * SECOND)
            ask(organiser)
        at(NOW + 4 * SECOND)
    known = ask(app.test_client())
    email = {"unknown": "robin@example.org", "upper": "Dominique@example.org"}.get(case, EMAIL)
    other = ask(app.test_client(), email)
    assert (known.status_code, other.status_code) == (200, 200)
    assert said(known).replace(EMAIL, "") == said(other).replace(email, "").replace(EMAIL, "")
    for name in ("Cache-Control", "Content-Type", "Referrer-Policy"):
        assert known.headers[name] == other.headers[name]
    cookies = [len(answer.headers.getlist("Set-Cookie")) for answer in (known, other)]
    assert cookies[0] == cookies[1]


def test_known_and_unknown_cost_one_hash_each(
    organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(account_store, "hash_password", hashed.append)
    monkeypatch.setattr("flask_security.views.hash_password", hashed.append)
    for email in (EMAIL, "robin@example.org", "closed@example.org"):
        ask(organiser, email)
    assert hashed == ["not-a-password"] * 3


def test_three_mails_a_day(organiser: FlaskClient, database: Database, at: At) -> None:
    for number in range(5):
        at(NOW + number * SECOND)
        ask(organiser)
    assert mails(database) == [RESET_MAIL] * 3
    at(NOW + timedelta(days=1, seconds=1))
    ask(organiser)
    assert mails(database) == [RESET_MAIL] * 4


@pytest.mark.parametrize("typed", ["", "dominique", "a@", "@b", "a b@example.org", "é\0@b.org"])
def test_a_misspelt_address_is_told_at_its_field(
    organiser: FlaskClient, database: Database, typed: str
) -> None:
    answer = ask(organiser, typed)
    assert list(errors(answer)) == ["email"]
    assert read(answer).one("main").by_id("email").attrs["value"] == typed
    assert mails(database) == []


def test_a_recovery_form_without_its_token_does_nothing(
    organiser: FlaskClient, database: Database
) -> None:
    for sent in ({"email": EMAIL}, {"email": EMAIL, "csrf_token": "x"}):
        assert alert(organiser.post(RECOVER, data=sent)).all("a") == []
    assert mails(database) == []


def test_a_link_is_good_for_one_use(organiser: FlaskClient, app: Flask, database: Database) -> None:
    ask(organiser)
    link = link_of(app, MailKind.PASSWORD_RESET)
    choose(organiser, link)
    token = form_of(organiser, RECOVER)["csrf_token"]
    typed = {"password": "x" * 12, "password_confirm": "x" * 12, "csrf_token": token}
    for method, sent in (("GET", None), ("POST", typed)):
        answer = organiser.open(link, method=method, data=sent)
        assert (answer.status_code, answer.headers["Location"]) == (302, RECOVER)
        told = "This link was used already or is incomplete. Have another one sent to you."
        assert alert(organiser.get(RECOVER)).text == words(app, told)
    assert sign_in(app.test_client(), password=NEW_PASSWORD).status_code == 302


def test_every_link_dies_when_the_password_changes(
    organiser: FlaskClient, app: Flask, at: At
) -> None:
    ask(organiser)
    first = link_of(app, MailKind.PASSWORD_RESET)
    at(NOW + SECOND)
    ask(organiser)
    choose(organiser, link_of(app, MailKind.PASSWORD_RESET))
    assert organiser.get(first).headers["Location"] == RECOVER


def test_a_link_is_good_for_one_hour(
    organiser: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(organiser)
    link, made = link_of(app, MailKind.PASSWORD_RESET), int(time.time())  # noqa: TID251
    signer = "itsdangerous.timed.TimestampSigner.get_timestamp"
    monkeypatch.setattr(signer, lambda _self: made + 3590)
    assert organiser.get(link).status_code == 200
    monkeypatch.setattr(signer, lambda _self: made + 3610)
    assert organiser.get(link).headers["Location"] == RECOVER
    told = words(app, "This link was valid for one hour. Have another one sent to you.")
    assert alert(organiser.get(RECOVER)).text == told


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "%00", "W10.x.y"])
def test_a_link_that_was_never_made(organiser: FlaskClient, token: str) -> None:
    answer = organiser.get(f"{RECOVER}/{token}")
    assert answer.status_code in {302, 404}


WRONG = {
    "short": ({"password": "neuf car.", "password_confirm": "neuf car."}, {"password"}),
    "long": ({"password": "x" * 129, "password_confirm": "x" * 129}, {"password"}),
    "different": (
        {"password": NEW_PASSWORD, "password_confirm": "autre chose"},
        {"password_confirm"},
    ),
    "address": ({"password": f"mot {EMAIL}", "password_confirm": f"mot {EMAIL}"}, {"password"}),
    "nothing": ({"password": "", "password_confirm": ""}, {"password", "password_confirm"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_password_that_will_not_do(
    organiser: FlaskClient, app: Flask, database: Database, case: str
) -> None:
    ask(organiser)
    link, before = link_of(app, MailKind.PASSWORD_RESET), account(database).password
    typed, where = WRONG[case]
    answer = send(organiser, link, **typed)
    assert set(errors(answer)) == where
    assert 'type="password" value=""' in answer.text
    assert account(database).password == before
    assert choose(organiser, link).status_code == 302


def test_the_link_is_written_nowhere(
    organiser: FlaskClient, app: Flask, database: Database
) -> None:
    ask(organiser)
    token = link_of(app, MailKind.PASSWORD_RESET).rpartition("/")[2]
    with database.read() as session:
        key = session.connection().exec_driver_sql("SELECT key FROM outbox").scalar_one()
    assert token not in key
    assert account(database).fs_uniquifier not in key


def test_an_organiser_of_england_is_written_to_in_english(
    organiser: FlaskClient, app: Flask, database: Database
) -> None:
    change(database, language="en")
    ask(organiser)
    link = link_of(app, MailKind.PASSWORD_RESET)
    assert link.startswith("/en/organise/recover/")
    assert organiser.get(link).status_code == 200


# while signed in ------------------------------------------------------------------------


def new_password(client: FlaskClient, page: str = CHANGE, **changes: str) -> TestResponse:
    typed = {
        "password": PASSWORD,
        "new_password": NEW_PASSWORD,
        "new_password_confirm": NEW_PASSWORD,
    }
    return send(client, page, **(typed | changes))


def test_changing_the_password_ends_the_other_sessions(
    organiser: FlaskClient, app: Flask, database: Database
) -> None:
    elsewhere = app.test_client()
    for client in (organiser, elsewhere):
        sign_in(client)
    answer = new_password(organiser, f"/en{CHANGE}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/en/organise/account")
    done = "Your new password holds. You are signed in here, and nowhere else any more."
    assert words(app, done, "en") in said(organiser.get("/en/organise/account"))
    assert signed_in(organiser)
    assert not signed_in(elsewhere)
    assert sign_in(app.test_client(), password=NEW_PASSWORD).status_code == 302
    assert mails(database) == [NOTICE]
    assert trail(database)[1:] == [(EMAIL, "password_changed", EMAIL)]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"password": "not that one"}, {"password"}),
        ({"password": ""}, {"password"}),
        ({"new_password": "court", "new_password_confirm": "court"}, {"new_password"}),
        ({"new_password_confirm": "autre chose"}, {"new_password_confirm"}),
        ({"new_password": PASSWORD, "new_password_confirm": PASSWORD}, {"password"}),
        (
            {"new_password": "", "new_password_confirm": ""},
            {"new_password", "new_password_confirm"},
        ),
    ],
)
def test_a_change_that_will_not_do(
    organiser: FlaskClient, database: Database, changes: dict[str, str], where: set[str]
) -> None:
    sign_in(organiser)
    before = account(database).password
    assert set(errors(new_password(organiser, **changes))) == where
    assert account(database).password == before
    assert mails(database) == []
    assert signed_in(organiser)


def test_a_change_needs_the_token_of_its_page(organiser: FlaskClient, database: Database) -> None:
    sign_in(organiser)
    typed = dict.fromkeys(("new_password", "new_password_confirm"), NEW_PASSWORD)
    assert organiser.post(CHANGE, data={"password": PASSWORD, **typed}).status_code == 400
    assert mails(database) == []
