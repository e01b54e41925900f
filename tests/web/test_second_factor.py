"""Codes of a telephone, and those that are kept for the day without it."""

import base64
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import in_threads
from tests.web.desk import (
    CODE,
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    account,
    alert,
    errors,
    forget_freshness,
    link_of,
    one_time_code,
    said,
    send,
    sign_in,
    signed_in,
    trail,
)
from tests.web.support import read, words
from webinars.db import Database
from webinars.models import MailKind

SETUP = "/organise/account/second-factor"
CODES = "/organise/account/recovery-codes"
RECOVERY = "/organise/recovery-code"
ACCOUNT = "/organise/account"


def begin(client: FlaskClient) -> str:
    """Ask for a second factor; the key that the page shows."""
    page = read(send(client, SETUP)).one("main")
    return page.one("code").text


def finish(client: FlaskClient, typed: str, begun: TestResponse) -> TestResponse:
    form = read(begun).one("main").form(CODE)
    return client.post(CODE, data=form.values() | {"code": typed})


def turn_on(client: FlaskClient) -> tuple[str, list[str]]:
    """The key and the recovery codes of somebody who has done it all."""
    begun = send(client, SETUP)
    key = read(begun).one("main").one("code").text
    done = finish(client, one_time_code(key), begun)
    assert done.headers["Location"] == f"{SETUP}/done"
    shown = client.get(f"{SETUP}/done").headers["Location"]
    page = read(client.get(shown)).one("main")
    return key, [code.text for code in page.all("code")]


@pytest.fixture
def careful(organiser: FlaskClient) -> tuple[FlaskClient, str, list[str]]:
    """Dominique, signed in, with a second factor."""
    sign_in(organiser)
    key, codes = turn_on(organiser)
    return organiser, key, codes


def half_way(app: Flask, door: str = "/organise/sign-in") -> FlaskClient:
    """Somebody who knows the password."""
    client = app.test_client()
    assert CODE in sign_in(client, door).headers["Location"]
    return client


def test_the_picture_and_the_key_are_drawn_here(organiser: FlaskClient) -> None:
    sign_in(organiser)
    begun = send(organiser, SETUP)
    page = read(begun).one("main")
    kind, _, data = page.one("img").attrs["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    drawing = base64.b64decode(data).decode()
    assert re.search(r"<svg\b.*<path\b", drawing, re.DOTALL)
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert re.fullmatch(r"([A-Z2-7]{4}-){7}[A-Z2-7]{4}", page.one("code").text)
    assert "data:" in begun.headers["Content-Security-Policy"]
    assert begun.headers["Cache-Control"] == "private, no-store"


def test_it_is_on_only_once_a_code_was_right(organiser: FlaskClient, database: Database) -> None:
    sign_in(organiser)
    begun = send(organiser, SETUP)
    key = read(begun).one("main").one("code").text
    for typed in ("", "000000", "x", "123456789", one_time_code(key, steps=9)):
        begun = finish(organiser, typed, begun)
        assert list(errors(begun)) == ["code"]
        assert read(begun).one("main").one("code").text == key, "the same picture, to try again"
    assert account(database).tf_primary_method is None
    assert finish(organiser, one_time_code(key), begun).status_code == 302
    row = account(database)
    assert row.tf_primary_method == "authenticator"
    assert key.replace("-", "") not in str(row.tf_totp_secret)
    assert trail(database)[-1] == (EMAIL, "second_factor_on", EMAIL)
    assert signed_in(organiser)


def test_signing_in_asks_for_a_code(
    careful: tuple[FlaskClient, str, list[str]], app: Flask, database: Database
) -> None:
    _, key, _ = careful
    client = half_way(app)
    assert not signed_in(client)
    for page in (SETUP, CODES, ACCOUNT, "/organise/account/password"):
        assert client.get(page).status_code == 302
    assert client.get(f"/{CODE}/x").status_code == 404
    assert list(errors(send(client, CODE, code="000000"))) == ["code"]
    answer = send(
        client, CODE, code=f" {one_time_code(key, steps=1)[:3]} {one_time_code(key, steps=1)[3:]} "
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/organise/")
    assert signed_in(client)


def test_a_code_is_good_once(careful: tuple[FlaskClient, str, list[str]], app: Flask) -> None:
    _, key, _ = careful
    seen = one_time_code(key, steps=1)
    assert send(half_way(app), CODE, code=seen).status_code == 302
    late = half_way(app)
    assert list(errors(send(late, CODE, code=seen))) == ["code"]
    assert not signed_in(late)


def test_the_second_factor_leads_where_the_first_was_to(
    careful: tuple[FlaskClient, str, list[str]], app: Flask
) -> None:
    _, key, codes = careful
    client = app.test_client()
    there = sign_in(client, f"/en/organise/sign-in?next=/en{ACCOUNT}").headers["Location"]
    assert there == f"/en{CODE}?next=/en{ACCOUNT}"
    again = send(client, there, code="x")
    assert read(again).one("main").one("form").attrs["action"] == there
    kept = read(again).one("main").links(f"/en{RECOVERY}")[0]
    assert send(client, kept, code=codes[0]).headers["Location"] == f"/en{ACCOUNT}"
    other = half_way(app, "/en/organise/sign-in")
    answer = send(other, f"/en{CODE}?next=//evil.example", code=one_time_code(key, steps=1))
    assert answer.headers["Location"] == "/en/organise/"


def test_a_code_without_a_password_is_nothing(organiser: FlaskClient, app: Flask) -> None:
    for page in (CODE, RECOVERY):
        assert app.test_client().post(page, data={"code": "000000"}).status_code == 302
        assert organiser.get(page).headers["Location"] == "/organise/sign-in"
        told = "Too much time has passed. Begin again with your address and password."
        assert alert(organiser.get("/organise/sign-in")).text == words(app, told)


# recovery codes -------------------------------------------------------------------------


def test_a_recovery_code_signs_in_once(
    careful: tuple[FlaskClient, str, list[str]], app: Flask, database: Database
) -> None:
    signed, _, codes = careful
    assert len(codes) == 8
    assert all(re.fullmatch(r"[0-9a-f]{4}(-[0-9a-f]{4}){2}", code) for code in codes)
    assert not set(codes) & set(account(database).mf_recovery_codes or ()), "kept encrypted"
    first = half_way(app)
    spelt = codes[3].upper().replace("-", " ")
    assert send(first, RECOVERY, code=spelt).headers["Location"] == "/organise/"
    assert signed_in(first)
    second = half_way(app)
    for typed in (codes[3], "", "x", codes[4][:-1]):
        assert list(errors(send(second, RECOVERY, code=typed))) == ["code"]
    assert not signed_in(second)
    left = [code.text for code in read(signed.get(f"{CODES}?show_codes=1")).one("main").all("code")]
    assert left == [code for code in codes if code != codes[3]]


def test_two_who_use_one_recovery_code_at_once(
    careful: tuple[FlaskClient, str, list[str]], app: Flask
) -> None:
    _, _, codes = careful
    clients = [half_way(app) for _ in range(4)]
    forms = [read(client.get(RECOVERY)).one("main").one("form").values() for client in clients]
    got: list[int] = []

    def use(number: int) -> None:
        typed = forms[number] | {"code": codes[0]}
        got.append(clients[number].post(RECOVERY, data=typed).status_code)

    in_threads(use, 4)
    assert sorted(got) == [200, 200, 200, 302]


def test_two_who_use_one_code_of_the_telephone_at_once(
    careful: tuple[FlaskClient, str, list[str]], app: Flask
) -> None:
    _, key, _ = careful
    clients = [half_way(app) for _ in range(4)]
    forms = [read(client.get(CODE)).one("main").one("form").values() for client in clients]
    seen, got = one_time_code(key, steps=1), list[int]()

    def use(number: int) -> None:
        typed = forms[number] | {"code": seen}
        got.append(clients[number].post(CODE, data=typed).status_code)

    in_threads(use, 4)
    assert sorted(got) == [200, 200, 200, 302]


def test_recovery_codes_are_made_anew(
    careful: tuple[FlaskClient, str, list[str]], app: Flask
) -> None:
    signed, _, old = careful
    assert read(signed.get(CODES)).one("main").all("code") == [], "shown when asked for"
    page = read(send(signed, CODES)).one("main")
    new = [code.text for code in page.all("code")]
    assert len(new) == 8
    assert not set(new) & set(old)
    client = half_way(app)
    assert send(client, RECOVERY, code=old[0]).status_code == 200
    assert send(client, RECOVERY, code=new[0]).status_code == 302


def test_few_codes_left_are_told(careful: tuple[FlaskClient, str, list[str]], app: Flask) -> None:
    signed, _, codes = careful
    for code in codes[:6]:
        send(half_way(app), RECOVERY, code=code)
    assert "2" in alert(signed.get(ACCOUNT)).text


# turning it off, and what does not -------------------------------------------------------


def test_turning_it_off_asks_for_the_password_again(
    careful: tuple[FlaskClient, str, list[str]], app: Flask, database: Database
) -> None:
    signed, _, _ = careful
    forget_freshness(signed)
    confirm = signed.get(SETUP).headers["Location"]
    assert confirm == f"/organise/confirm?next={SETUP}"
    assert signed.get(f"{CODES}?show_codes=1").headers["Location"].startswith("/organise/confirm")
    assert list(errors(send(signed, confirm, password="not that one"))) == ["password"]
    assert signed.get(SETUP).status_code == 302
    assert send(signed, confirm, password=PASSWORD).headers["Location"] == SETUP
    off = [
        form.values()
        for form in read(signed.get(SETUP)).one("main").all("form")
        if form.values()["setup"] == "disable"
    ]
    answer = signed.post(SETUP, data=off[0])
    assert signed.get(answer.headers["Location"]).headers["Location"] == ACCOUNT
    assert words(app, "The second factor is off: the password alone opens.") in said(
        signed.get(ACCOUNT)
    )
    row = account(database)
    assert (row.tf_primary_method, row.tf_totp_secret, row.mf_recovery_codes) == (None, None, None)
    assert trail(database)[-1] == (EMAIL, "second_factor_off", EMAIL)
    assert sign_in(app.test_client()).headers["Location"] == "/organise/"


def test_a_stale_session_cannot_turn_it_off_by_a_form(
    careful: tuple[FlaskClient, str, list[str]], database: Database
) -> None:
    signed, _, _ = careful
    token = read(signed.get(SETUP)).one("main").all("form")[0].values()["csrf_token"]
    forget_freshness(signed)
    sent = {"setup": "disable", "csrf_token": token}
    assert signed.post(SETUP, data=sent).headers["Location"].startswith("/organise/confirm")
    assert account(database).tf_primary_method == "authenticator"


@pytest.mark.parametrize("setup", ["", "email", "sms", "x"])
def test_a_method_that_is_not_offered(
    organiser: FlaskClient, database: Database, setup: str
) -> None:
    sign_in(organiser)
    assert send(organiser, SETUP, setup=setup).status_code == 200
    assert account(database).tf_primary_method is None


def test_another_telephone_replaces_the_first(
    careful: tuple[FlaskClient, str, list[str]], app: Flask
) -> None:
    signed, old, old_codes = careful
    forms = read(signed.get(SETUP)).one("main").all("form")
    begun = signed.post(SETUP, data=forms[0].values())
    assert send(half_way(app), CODE, code=one_time_code(old, steps=1)).status_code == 302
    new = read(begun).one("main").one("code").text
    assert finish(signed, one_time_code(new), begun).status_code == 302
    client = half_way(app)
    assert send(client, CODE, code=one_time_code(old, steps=1)).status_code == 200
    assert send(client, RECOVERY, code=old_codes[0]).status_code == 200
    assert send(client, CODE, code=one_time_code(new, steps=1)).status_code == 302


def test_a_new_password_by_mail_leaves_the_second_factor_on(
    careful: tuple[FlaskClient, str, list[str]], app: Flask
) -> None:
    _, key, _ = careful
    client, waiting = app.test_client(), half_way(app)
    send(client, "/organise/recover", email=EMAIL)
    link = link_of(app, MailKind.PASSWORD_RESET)
    send(client, link, password=NEW_PASSWORD, password_confirm=NEW_PASSWORD)
    assert waiting.get(CODE).headers["Location"] == "/organise/sign-in", "its password is no more"
    assert CODE in sign_in(client, password=NEW_PASSWORD).headers["Location"]
    assert not signed_in(client)
    assert send(client, CODE, code=one_time_code(key, steps=1)).status_code == 302


def test_another_process_with_the_same_secret_knows_the_codes(
    careful: tuple[FlaskClient, str, list[str]], make_app
) -> None:
    _, key, codes = careful
    assert send(half_way(make_app()), CODE, code=one_time_code(key, steps=1)).status_code == 302
    assert send(half_way(make_app()), RECOVERY, code=codes[0]).status_code == 302


def test_another_secret_refuses_codes_and_breaks_nothing(
    careful: tuple[FlaskClient, str, list[str]], make_app
) -> None:
    _, key, codes = careful
    client = half_way(make_app(secret_key="another secret, of some length"))
    assert list(errors(send(client, CODE, code=one_time_code(key, steps=1)))) == ["code"]
    assert list(errors(send(client, RECOVERY, code=codes[0]))) == ["code"]


def test_codes_are_limited_for_one_account(
    careful: tuple[FlaskClient, str, list[str]], make_app
) -> None:
    app = make_app(rate_limit_enabled=True)
    app.config["SIGN_IN_LIMIT"] = "1000 per minute"
    statuses = []
    for number in range(8):
        client = half_way(app)
        page = (CODE, RECOVERY)[number % 2]
        form = read(client.get(page)).one("main").one("form").values()
        # An address in the form makes nobody another account.
        typed = form | {"code": "000000", "email": f"x{number}@example.org"}
        statuses.append(client.post(page, data=typed).status_code)
    assert statuses == [200] * 6 + [429] * 2
