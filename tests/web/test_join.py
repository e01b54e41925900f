"""The door of a webinar."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, APRIL, BOB, MARCH, MAY, NOW, plan_of, published, register
from tests.web.support import (
    END,
    OPENS,
    PAGE,
    SECOND,
    START,
    read,
    replace_secrets,
    rows,
    spelt_wrong,
    tokens,
    words,
)
from webinars.db import Database
from webinars.services import Services

DOOR = f"{PAGE}/join"


def knock(
    client: FlaskClient, services: Services, email: str = "alice@example.org"
) -> TestResponse:
    """Open one's own link to the door."""
    return client.get(f"{DOOR}?t={tokens(services.database, services.links, email)[0]}")


def assert_shut(answer: TestResponse) -> None:
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert b"salle.example.org" not in answer.data
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("instant", [OPENS, START, END - SECOND])
def test_it_leads_a_registrant_to_the_room(
    client: FlaskClient, alice: Database, services: Services, at, instant
) -> None:
    at(instant)
    answer = knock(client, services)
    assert (answer.status_code, answer.headers["Location"]) == (302, MARCH.join_url)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
@pytest.mark.parametrize("instant", [NOW, OPENS - SECOND])
def test_early_it_says_when_it_opens(
    client: FlaskClient,
    app: Flask,
    alice: Database,
    services: Services,
    at,
    instant,
    prefix,
    language,
) -> None:
    at(instant)
    token = tokens(alice, services.links)[0]
    answer = client.get(f"{prefix}{DOOR}?t={token}")
    assert_shut(answer)
    hour = "12\u00a0h\u00a045" if language == "fr" else "12:45\u00a0pm"
    title = words(app, "The door opens at %(hour)s", language, hour=hour)
    assert read(answer).one("h1").text == title


@pytest.mark.parametrize("instant", [OPENS, START, END - SECOND])
def test_whoever_is_not_known_is_asked(
    client: FlaskClient, app: Flask, alice: Database, services: Services, at, instant
) -> None:
    page_token, calendar_token = tokens(alice, services.links)
    with alice.write() as session:
        register(session, BOB, webinar=APRIL.slug)
    bobs = tokens(alice, services.links, BOB.email)[0]
    at(instant)
    for token in ("", "x", bobs, calendar_token, *spelt_wrong(page_token)):
        answer = client.get(DOOR, query_string={"t": token})
        assert_shut(answer)
        page = read(answer)
        assert page.one("h1").text == words(app, "Please come in with your personal link")
        assert set(page.form(f"{PAGE}/link").values()) == {"csrf_token", "email"}
    assert_shut(client.get(DOOR))
    before = rows(alice)
    values = page.form(f"{PAGE}/link").values() | {"email": "alice@example.org"}
    assert client.post(f"{PAGE}/link", data=values).status_code == 200
    assert rows(alice) == (before[0], before[1], before[2] + 1)


def test_a_replaced_link_asks(client: FlaskClient, alice: Database, services: Services, at) -> None:
    at(START)
    old = tokens(alice, services.links)[0]
    replace_secrets(alice)
    assert_shut(client.get(f"{DOOR}?t={old}"))
    assert knock(client, services).status_code == 302


def test_whoever_waits_or_has_left_stays_outside(
    client: FlaskClient, database: Database, services: Services, now, at
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, BOB)
        register(session, ALICE, now=NOW + SECOND)
    at(START)
    assert_shut(knock(client, services))
    assert knock(client, services, BOB.email).status_code == 302


@pytest.mark.parametrize("known", [True, False])
def test_over(
    client: FlaskClient, app: Flask, alice: Database, services: Services, at, known: bool
) -> None:
    at(END)
    answer = knock(client, services) if known else client.get(DOOR)
    assert_shut(answer)
    assert read(answer).one("h1").text == words(app, "This webinar is over")


def test_cancelled(
    client: FlaskClient, app: Flask, alice: Database, services: Services, at
) -> None:
    with alice.write() as session:
        published(session, plan_of(APRIL, MAY))
    for instant in (NOW, START, END):
        at(instant)
        for answer in (knock(client, services), client.get(DOOR)):
            assert_shut(answer)
            page = read(answer)
            assert page.one("h1").text == words(app, "This webinar is cancelled")
            assert page.all("form") == []


def test_without_a_room_it_asks_for_patience(
    client: FlaskClient, app: Flask, site: Database, services: Services, at
) -> None:
    with site.write() as session:
        register(session, ALICE, webinar=MAY.slug)
    at(START.replace(month=5, day=16, hour=11))
    token = tokens(site, services.links)[0]
    answer = client.get(f"/cycles/2019/{MAY.slug}/join?t={token}")
    assert_shut(answer)
    page = read(answer)
    assert page.one("h1").text != words(app, "Please come in with your personal link")
    assert page.one("main").all("form") == []


def test_only_the_right_webinars_door_opens(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    at(START.replace(month=4, day=18, hour=11))
    token = tokens(alice, services.links)[0]
    assert_shut(client.get(f"/cycles/2019/{APRIL.slug}/join?t={token}"))
