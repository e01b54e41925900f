"""Accounts: inviting, closing, roles; and one's own."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.utils import naive_utcnow
from werkzeug.test import TestResponse

from tests.support import NOW, counted_queries
from tests.web.desk import (
    ADMINISTRATOR,
    DOOR,
    EMAIL,
    PASSWORD,
    account,
    alert,
    change,
    errors,
    forget_freshness,
    link_of,
    mails,
    make_account,
    said,
    send,
    sign_in,
    signed_in,
    trail,
)
from tests.web.support import SECOND, read, words
from webinars.db import Database
from webinars.models import MailKind

PAGE = "/organise/accounts"
MINE = "/organise/account"
ROBIN = "robin@example.org"
INVITATION = (MailKind.INVITATION.value, ROBIN)
At = Callable[[datetime], None]


def listed(client: FlaskClient) -> list[list[str]]:
    """Address, role, second factor and state of each account."""
    return [
        [row.one("th").text, *(cell.text for cell in row.all("td")[:3])]
        for row in read(client.get(f"/en{PAGE}")).one("tbody").all("tr")
    ]


def act(client: FlaskClient, name: str, email: str) -> TestResponse:
    """Press the button of an act, whether the page shows it or not."""
    form = read(client.get(PAGE)).one("main").form(PAGE)
    sent = {"csrf_token": form.values()["csrf_token"], "email": email}
    return client.post(f"{PAGE}/{name}", data=sent)


def invite(client: FlaskClient, email: str = ROBIN, language: str = "fr") -> TestResponse:
    return send(client, PAGE, PAGE, email=email, language=language)


def offered(client: FlaskClient, email: str) -> set[str]:
    """The acts that the page offers for an account."""
    forms = read(client.get(PAGE)).one("tbody").all("form")
    return {
        form.attrs["action"].removeprefix(f"{PAGE}/")
        for form in forms
        if form.values()["email"] == email
    }


def test_an_organiser_sees_nothing_of_it(organiser: FlaskClient, app: Flask) -> None:
    make_account(app, ADMINISTRATOR, administrator=True)
    sign_in(organiser)
    assert PAGE not in organiser.get("/organise/").text
    for answer in (organiser.get(PAGE), organiser.post(f"{PAGE}/close", data={"email": EMAIL})):
        assert answer.status_code == 403
        assert EMAIL not in answer.text


def test_the_list_of_one_and_of_three(administrator: FlaskClient, app: Flask) -> None:
    camille = [f"{ADMINISTRATOR} (you)", "administrator", "not in use", "active"]
    dominique = [EMAIL, "organiser", "not in use", "active"]
    assert listed(administrator) == [camille, dominique]
    invite(administrator)
    database: Database = app.extensions["webinars"].database
    change(database, tf_primary_method="authenticator")
    robin = [ROBIN, "organiser", "not in use", "invited, no password yet"]
    dominique[2] = "in use"
    assert listed(administrator) == [camille, dominique, robin]
    with counted_queries(database) as few:
        administrator.get(PAGE)
    for number in range(5):
        make_account(app, f"p{number}@example.org")
    with counted_queries(database) as many:
        administrator.get(PAGE)
    assert len(many) == len(few)


def test_an_invitation_leads_to_a_password_and_to_the_desk(
    administrator: FlaskClient, app: Flask, database: Database
) -> None:
    answer = invite(administrator, f" {ROBIN.upper()} ", "en")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert words(app, "An invitation is on its way to %(email)s.", email=ROBIN.upper()) in said(
        administrator.get(PAGE)
    )
    assert mails(database) == [INVITATION]
    assert account(database, ROBIN).password is None
    link = link_of(app, MailKind.INVITATION)
    assert link.startswith("/en/organise/welcome/")

    client = app.test_client()
    assert sign_in(client, email=ROBIN, password="").status_code == 200
    for _ in range(2):
        assert ROBIN in said(client.get(link))
    wrong = send(client, link, password="court", password_confirm="court")
    assert (wrong.status_code, list(errors(wrong))) == (422, ["password"])
    done = send(client, link, password=PASSWORD, password_confirm=PASSWORD)
    assert (done.status_code, done.headers["Location"]) == (303, f"/en{DOOR}")
    assert sign_in(client, f"/en{DOOR}", email=ROBIN).headers["Location"] == "/en/organise/"
    assert app.test_client().get(link).status_code == 410
    assert trail(database)[2:] == [
        (ADMINISTRATOR, "account_created", ROBIN),
        (ROBIN, "password_changed", ROBIN),
    ]


def test_an_invitation_is_good_for_seven_days(
    administrator: FlaskClient, app: Flask, database: Database, at: At
) -> None:
    invite(administrator)
    link, client = link_of(app, MailKind.INVITATION), app.test_client()
    token = read(client.get(link)).one("main").one("form").values()["csrf_token"]
    at(NOW + timedelta(days=7) - SECOND)
    assert client.get(link).status_code == 200
    at(NOW + timedelta(days=7))
    sent = {"password": PASSWORD, "password_confirm": PASSWORD, "csrf_token": token}
    assert client.post(link, data=sent).status_code == 410
    assert account(database, ROBIN).password is None
    assert act(administrator, "invite-again", ROBIN).status_code == 303
    assert client.get(link_of(app, MailKind.INVITATION)).status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b", "WyJ4IiwxXQ.x", "é", "%00"])
def test_an_invitation_that_was_never_made(client: FlaskClient, token: str) -> None:
    assert client.get(f"/organise/welcome/{token}").status_code in {404, 410}


def test_an_invitation_is_sent_again_a_few_times_a_day(
    administrator: FlaskClient, app: Flask, database: Database, at: At
) -> None:
    invite(administrator)
    statuses = []
    for number in range(1, 4):
        at(NOW + number * SECOND)
        statuses.append(act(administrator, "invite-again", ROBIN).status_code)
    assert statuses == [303, 303, 409]
    assert mails(database) == [INVITATION] * 3
    told = words(app, "This account needs no invitation any more.")
    assert told in alert(act(administrator, "invite-again", EMAIL)).text


@pytest.mark.parametrize("email", ["", " ", "robin", "a@", "a\n@b.org", EMAIL, EMAIL.upper()])
def test_an_invitation_that_cannot_be(
    administrator: FlaskClient, database: Database, email: str
) -> None:
    before = len(listed(administrator))
    answer = invite(administrator, email)
    assert (answer.status_code, list(errors(answer))) == (422, ["email"])
    assert read(answer).one("main").form(PAGE).values()["email"] == email.strip()
    assert len(listed(administrator)) == before
    assert mails(database) == []


def test_closing_ends_sessions_links_and_mails(
    administrator: FlaskClient, app: Flask, database: Database
) -> None:
    client = app.test_client()
    sign_in(client)
    send(app.test_client(), "/organise/recover", email=EMAIL)
    link = link_of(app, MailKind.PASSWORD_RESET)
    assert act(administrator, "close", EMAIL).status_code == 303
    assert not signed_in(client)
    assert sign_in(client).status_code == 200
    assert client.get(link).headers["Location"] == "/organise/recover"
    assert listed(administrator)[1] == [EMAIL, "organiser", "not in use", "closed"]
    assert offered(administrator, EMAIL) == {"reopen"}

    assert act(administrator, "reopen", EMAIL).status_code == 303
    assert not signed_in(client), "what was ended stays ended"
    assert sign_in(client).status_code == 302
    assert trail(database)[2:] == [
        (ADMINISTRATOR, "account_closed", EMAIL),
        (ADMINISTRATOR, "account_opened", EMAIL),
    ]


def test_the_role_of_administrator_is_given_and_taken_back(
    administrator: FlaskClient, app: Flask, database: Database
) -> None:
    client = app.test_client()
    sign_in(client)
    assert client.get(PAGE).status_code == 403
    act(administrator, "make-administrator", EMAIL)
    assert client.get(PAGE).status_code == 200
    assert PAGE in client.get("/organise/").text
    act(client, "make-organiser", ADMINISTRATOR)
    assert administrator.get(PAGE).status_code == 403
    assert administrator.get("/organise/").status_code == 200
    assert [entry[:2] for entry in trail(database)[2:]] == [
        (ADMINISTRATOR, "roles_changed"),
        (EMAIL, "roles_changed"),
    ]


@pytest.mark.parametrize("name", ["close", "make-organiser"])
@pytest.mark.parametrize("other", ["none", "closed", "invited"])
def test_the_last_administrator_stays(
    administrator: FlaskClient, app: Flask, database: Database, name: str, other: str
) -> None:
    if other != "none":
        act(administrator, "make-administrator", EMAIL)
        change(database, **({"active": False} if other == "closed" else {"password": None}))
    answer = act(administrator, name, ADMINISTRATOR)
    assert answer.status_code == 409
    assert (
        words(
            app,
            "This is the last administrator: give the role to somebody else first, or nobody could "
            "manage the accounts.",
        )
        in alert(answer).text
    )
    assert name not in offered(administrator, ADMINISTRATOR)
    assert administrator.get(PAGE).status_code == 200


def test_a_lost_telephone(administrator: FlaskClient, app: Flask, database: Database) -> None:
    change(database, tf_primary_method="authenticator", tf_totp_secret="x", mf_recovery_codes=["y"])
    assert sign_in(app.test_client()).headers["Location"].startswith("/organise/code")
    act(administrator, "drop-second-factor", EMAIL)
    assert sign_in(app.test_client()).headers["Location"] == "/organise/"
    assert trail(database)[-1] == (ADMINISTRATOR, "second_factor_off", EMAIL)
    change(database, ADMINISTRATOR, tf_primary_method="authenticator", tf_totp_secret="x")
    assert "drop-second-factor" not in offered(administrator, ADMINISTRATOR), "one's own asks more"


ACTS = [
    "close",
    "reopen",
    "make-administrator",
    "make-organiser",
    "drop-second-factor",
    "invite-again",
]


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize(
    "email", ["", "nobody@example.org", "x" * 5000, "é", f"{EMAIL}\0", "a\x1b@example.org"]
)
def test_an_act_on_nobody(administrator: FlaskClient, app: Flask, name: str, email: str) -> None:
    answer = act(administrator, name, email)
    assert answer.status_code == 409
    assert words(app, "There is no such account any more.") in alert(answer).text


@pytest.mark.parametrize("name", ACTS)
def test_an_act_comes_from_the_page(
    administrator: FlaskClient, database: Database, name: str
) -> None:
    before = trail(database)
    for sent in ({}, {"csrf_token": "x"}):
        answer = administrator.post(f"{PAGE}/{name}", data={"email": EMAIL, **sent})
        assert answer.status_code == 400
    assert administrator.post(f"{PAGE}/{name}", json={"email": EMAIL}).status_code in {400, 415}
    assert trail(database) == before


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_desk_that_was_left_open_makes_no_accounts(
    administrator: FlaskClient, database: Database, prefix: str
) -> None:
    form = read(administrator.get(prefix + PAGE)).one("main").form(prefix + PAGE)
    forget_freshness(administrator)
    confirm = f"{prefix}/organise/confirm?next={prefix}{PAGE}"
    assert administrator.get(prefix + PAGE).headers["Location"] == confirm
    sent = administrator.post(prefix + PAGE, data=form.values() | {"email": ROBIN})
    assert sent.headers["Location"] == confirm
    assert mails(database) == []
    assert send(administrator, confirm, password=PASSWORD).headers["Location"] == prefix + PAGE
    assert administrator.get(prefix + PAGE).status_code == 200


def test_a_desk_in_use_is_asked_anew(
    administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = "flask_security.utils.naive_utcnow"
    signed_in_at = naive_utcnow()
    statuses = []
    for minutes in (5, 10, 14, 16):
        moment = signed_in_at + timedelta(minutes=minutes)
        monkeypatch.setattr(library, lambda moment=moment: moment)
        statuses.append(administrator.get(PAGE).status_code)
    assert statuses == [200, 200, 200, 302]


# one's own ------------------------------------------------------------------------------


def test_my_account_and_its_language(
    organiser: FlaskClient, app: Flask, database: Database
) -> None:
    sign_in(organiser)
    assert MINE in organiser.get("/organise/").text
    page = read(organiser.get(MINE)).one("main")
    assert EMAIL in page.text
    form = page.form(f"{MINE}/language")
    assert form.values()["language"] == "fr"
    for chosen in ("en", "de", ""):
        organiser.post(f"{MINE}/language", data=form.values() | {"language": chosen})
        assert account(database).language == "en"
    told = words(app, "The mails about your account will be in this language.")
    assert told in said(organiser.get(MINE))
    assert told not in said(organiser.get(MINE)), "said once"
