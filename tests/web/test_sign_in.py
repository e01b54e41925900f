"""Organisers' sign-in, and the desk behind it."""

import time
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, BOB, CHARLIE, MARCH, NOW, person, plan_of, published, register
from tests.web.desk import DOOR, EMAIL, PASSWORD, send, sign_in, signed_in
from tests.web.support import SECOND, Element, read, words
from webinars.db import Database
from webinars.models import Organiser
from webinars.services import Services


def tables(page: Element) -> list[list[str]]:
    """The rows of the desk: title, registered, waiting."""
    return [
        [row.one("th").text, row.all("td")[1].text, row.all("td")[2].text]
        for body in page.all("tbody")
        for row in body.all("tr")
    ]


def test_the_right_password_opens_the_desk(organiser: FlaskClient) -> None:
    assert not signed_in(organiser)
    answer = sign_in(organiser)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/organise/")
    assert signed_in(organiser)
    assert organiser.get("/organise/").headers["Cache-Control"] == "private, no-store"


def test_the_address_is_written_in_any_case(organiser: FlaskClient) -> None:
    assert sign_in(organiser, email="Dominique@Example.ORG").status_code == 302
    assert signed_in(organiser)


def test_signing_in_leads_to_the_desk_in_the_language_of_the_form(organiser: FlaskClient) -> None:
    assert sign_in(organiser, f"/en{DOOR}").headers["Location"] == "/en/organise/"


def test_signing_in_leads_back(organiser: FlaskClient) -> None:
    assert organiser.get("/en/organise/").headers["Location"] == f"/en{DOOR}?next=/en/organise/"
    answer = sign_in(organiser, f"/en{DOOR}?next=/en/organise/")
    assert answer.headers["Location"] == "/en/organise/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "https://webinaires.example.org/",
        "http://localhost/organise/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "/%09/evil.example\n",
        " //evil.example",
        "javascript:x",
        "evil",
    ],
)
def test_signing_in_never_leads_to_another_site(organiser: FlaskClient, elsewhere: str) -> None:
    values = read(organiser.get(DOOR, query_string={"next": elsewhere})).one("main").one("form")
    assert values.values()["next"] == "/organise/"
    answer = sign_in(organiser, next=elsewhere)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/organise/")


def shown(answer: TestResponse, typed: str) -> str:
    return read(answer).one("main").text.replace(typed, "")


def test_the_same_answer_for_a_wrong_password_and_an_unknown_account(
    organiser: FlaskClient,
) -> None:
    stranger = "robin@example.org"
    wrong = sign_in(organiser, password="not that one")
    unknown = sign_in(organiser, email=stranger)
    assert (wrong.status_code, unknown.status_code) == (200, 200)
    assert shown(wrong, EMAIL) == shown(unknown, stranger)
    alerts = {text for e in read(wrong).walk() if (text := e.attrs.get("role"))}
    assert "alert" in alerts or read(wrong).all("p", "li")
    for answer in (wrong, unknown):
        assert answer.headers["Cache-Control"] == "private, no-store"
    for blank in ({"email": ""}, {"password": ""}, {"email": "x" * 5000}, {"password": "é\0" * 9}):
        assert sign_in(organiser, **blank).status_code == 200
    assert not signed_in(organiser)


def test_an_account_that_is_closed_does_not_open(
    organiser: FlaskClient, database: Database
) -> None:
    with database.write() as session:
        session.query(Organiser).update({"active": False})
    assert sign_in(organiser).status_code == 200
    assert not signed_in(organiser)


def test_the_form_carries_a_token_of_its_session(organiser: FlaskClient, app: Flask) -> None:
    values = read(organiser.get(DOOR)).one("main").one("form").values()
    assert values["csrf_token"]
    typed = {"email": EMAIL, "password": PASSWORD}
    organiser.post(DOOR, data=typed)
    organiser.post(DOOR, data=typed | {"csrf_token": "x"})
    assert not signed_in(organiser)
    other = app.test_client()
    other.post(DOOR, data=typed | {"csrf_token": values["csrf_token"]})
    assert not signed_in(other)


def test_signing_in_as_a_program_needs_the_token_too(organiser: FlaskClient) -> None:
    answer = organiser.post(DOOR, json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 415
    assert not signed_in(organiser)


def test_a_program_is_given_no_token_and_none_is_taken(organiser: FlaskClient, app: Flask) -> None:
    values = read(organiser.get(DOOR)).one("main").one("form").values()
    typed = values | {"email": EMAIL, "password": PASSWORD}
    as_program = {"Accept": "application/json"}
    answer = organiser.post(f"{DOOR}?include_auth_token", json=typed, headers=as_program)
    assert (answer.status_code, answer.mimetype) == (415, "text/html")
    answer = organiser.post(f"{DOOR}?include_auth_token", data=typed, headers=as_program)
    assert (answer.status_code, answer.mimetype) == (302, "text/html")
    with app.test_request_context():
        found = app.extensions["security"].datastore.find_user(email=EMAIL)
        token = found.get_auth_token()
    other = app.test_client()
    for address, headers in (
        (f"/organise/?auth_token={token}", {}),
        ("/organise/", {"Authentication-Token": token}),
    ):
        assert other.get(address, headers=headers).status_code == 302


def test_no_device_is_remembered(organiser: FlaskClient) -> None:
    form = read(organiser.get(DOOR)).one("main").one("form")
    assert "remember" not in form.values()
    answer = organiser.post(
        DOOR, data=form.values() | {"email": EMAIL, "password": PASSWORD, "remember": "y"}
    )
    assert answer.status_code == 302
    assert [c.partition("=")[0] for c in answer.headers.getlist("Set-Cookie")] == ["webinars_desk"]


def test_a_session_ends_after_twelve_hours(
    organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(organiser)
    began = time.time()  # noqa: TID251  (the clock of the signature, which is not ours)
    signer = "itsdangerous.timed.TimestampSigner.get_timestamp"
    monkeypatch.setattr(signer, lambda _self: int(began) + 12 * 3600 - 60)
    assert signed_in(organiser)
    monkeypatch.setattr(signer, lambda _self: int(began) + 12 * 3600 + 60)
    assert not signed_in(organiser)


def test_trying_passwords_keeps_nobody_from_writing(
    organiser: FlaskClient, database: Database
) -> None:
    with database.write() as session:  # on SQLite, whoever wrote too would wait for this
        session.execute(sa.update(Organiser).values(language="en"))
        assert sign_in(organiser, password="not that one").status_code == 200
        assert sign_in(organiser).status_code == 302
        unknown = send(organiser, "/organise/recover", email="robin@example.org")
        assert unknown.status_code == 200


def test_another_secret_key_locks_nobody_out(organiser: FlaskClient, make_app) -> None:
    assert sign_in(make_app(secret_key="another secret, of some length").test_client()).location


def test_a_page_elsewhere_cannot_sign_somebody_out(organiser: FlaskClient) -> None:
    sign_in(organiser)
    for sent in ({}, {"csrf_token": ""}, {"csrf_token": "x"}):
        answer = organiser.post("/organise/sign-out", data=sent)
        assert answer.status_code == 400
        assert read(answer).one("h1").text
    assert signed_in(organiser)


def test_signing_out_is_a_form(organiser: FlaskClient) -> None:
    sign_in(organiser)
    assert organiser.get("/organise/sign-out").status_code == 405
    assert signed_in(organiser)
    form = next(
        f
        for f in read(organiser.get("/organise/")).all("form")
        if f.attrs["action"] == "/organise/sign-out"
    )
    answer = organiser.post("/organise/sign-out", data=form.values())
    assert (answer.status_code, answer.headers["Location"]) == (302, DOOR)
    assert not signed_in(organiser)


def test_a_session_from_before_the_sign_out_is_closed_when_the_password_changes(
    organiser: FlaskClient, database: Database
) -> None:
    sign_in(organiser)
    with database.write() as session:
        session.query(Organiser).update({"fs_uniquifier": "another"})
    assert not signed_in(organiser)


@pytest.mark.parametrize("base_url", ["https://webinaires.example.org", "http://127.0.0.1:8000"])
def test_the_cookie_of_the_desk(make_app, base_url: str) -> None:
    client = make_app(base_url=base_url).test_client()
    cookies = client.get(DOOR).headers.getlist("Set-Cookie")
    assert len(cookies) == 1
    name, *flags = [part.strip() for part in cookies[0].split(";")]
    assert name.startswith("webinars_desk=")
    assert {"HttpOnly", "SameSite=Lax"} <= set(flags)
    assert ("Secure" in flags) is base_url.startswith("https")
    assert not any(flag.startswith(("Expires", "Max-Age", "Domain")) for flag in flags)


def test_a_signed_in_organiser_sees_the_public_pages_like_anybody(
    organiser: FlaskClient, app: Flask
) -> None:
    sign_in(organiser)
    for address in ("/", "/replays", "/calendar.ics"):
        answer = organiser.get(address)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
        assert answer.data == app.test_client().get(address).data


def test_attempts_at_one_account_are_limited_whether_there_is_one_or_not(
    make_app, organiser: FlaskClient
) -> None:
    app = make_app(rate_limit_enabled=True)
    app.config["SIGN_IN_LIMIT"] = "1000 per minute"
    for email in (EMAIL, "robin@example.org"):
        client, codes = app.test_client(), []
        for number in range(22):
            address = {"REMOTE_ADDR": f"192.0.2.{number}"}
            # Capitals, wide letters and another full stop are no other address.
            spelled = (email.upper(), email.replace("@e", "@ｅ"), email.replace(".org", "。org"))
            typed = {"email": spelled[number % 3], "password": "x"}
            codes.append(client.post(DOOR, data=typed, environ_base=address).status_code)
        assert codes == [200] * 20 + [429] * 2
    told = words(
        app, "There were too many attempts for this account. Wait an hour, then try again."
    )
    assert words(app, told) in read(client.post(DOOR, data=typed)).one("main").text


def test_attempts_are_limited(make_app, database: Database) -> None:
    client = make_app(rate_limit_enabled=True).test_client()
    codes = [client.post(DOOR, data={"email": f"p{n}@example.org"}).status_code for n in range(12)]
    assert codes == [200] * 10 + [429] * 2
    assert client.get(DOOR).status_code == 200


# the desk ------------------------------------------------------------------------------


def test_the_desk_of_an_empty_site(organiser: FlaskClient) -> None:
    sign_in(organiser)
    page = read(organiser.get("/organise/"))
    assert tables(page) == []
    assert EMAIL in page.text


def test_the_desk_counts(organiser: FlaskClient, database: Database, services: Services) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=2))
        for number, who in enumerate((ALICE, BOB, CHARLIE, person(1), person(2))):
            register(session, who, now=NOW + number * SECOND)
    sign_in(organiser)
    page = read(organiser.get("/organise/"))
    assert tables(page) == [[MARCH.title, f"2 Inscriptions, {MARCH.title}", "3"]]
    assert [number.text for number in page.one("dl").all("dd")] == ["0", "5", "0", "0"]
    assert "alice" not in page.text


def test_the_desk_shows_three_cycles(organiser: FlaskClient, database: Database) -> None:
    with database.write() as session:
        for year in (2018, 2019, 2020):
            march = replace(MARCH, date=MARCH.date.replace(year=year), title=f"Mars {year}")
            published(session, plan_of(march, slug=str(year), year=year, title=f"Cycle {year}"))
    sign_in(organiser)
    assert tables(read(organiser.get("/organise/"))) == [
        [f"Mars {year}", f"0 Inscriptions, Mars {year}", "0"] for year in (2020, 2019, 2018)
    ]
