"""The participant's own page: GET shows, POST acts, and the secret stays one."""

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    BOB,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    plan_of,
    published,
    register,
)
from tests.web.own_page import assert_private, own, statuses
from tests.web.support import (
    END,
    OPENS,
    PAGE,
    SECOND,
    START,
    Element,
    post_registration,
    read,
    replace_secrets,
    rows,
    spelt_wrong,
    tokens,
    words,
)
from webinars.db import Database
from webinars.domain.registrations import House
from webinars.models import Registration
from webinars.services import Services


def send(client: FlaskClient, page: str, act: str, webinar: str = MARCH.slug) -> TestResponse:
    """Press the button of a webinar as the page offers it."""
    for form in read(client.get(page)).all("form"):
        values = form.values()
        if form.attrs["action"] == f"{page}/{act}" and values.get("webinar") == f"2019/{webinar}":
            return client.post(form.attrs["action"], data=values)
    raise AssertionError(f"no button to {act}")


def titles(page: Element) -> list[str]:
    return [heading.text for heading in page.one("main").all("h2") if heading.all("a")]


def buttons(page: Element) -> list[tuple[str, str]]:
    """What can be done about one webinar: the act, and which."""
    return [
        (form.attrs["action"].rpartition("/")[2], form.values()["webinar"])
        for form in page.all("form")
        if "webinar" in form.values()
    ]


# what it shows -------------------------------------------------------------------------


def test_it_shows_none_one_and_three_registrations(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    page = read(client.get(own(services)))
    assert titles(page) == [MARCH.title]
    with alice.write() as session:
        for planned in (MAY, APRIL):
            register(session, ALICE, webinar=planned.slug)
    answer = client.get(own(services))
    assert answer.status_code == 200
    assert_private(answer)
    assert titles(read(answer)) == [MARCH.title, APRIL.title, MAY.title]
    with alice.write() as session:
        session.execute(sa.delete(Registration))
    page = read(client.get(own(services)))
    assert titles(page) == []
    assert words(app, "You are not registered for any webinar") in page.text


def test_the_past_comes_last_and_cannot_be_left(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    with alice.write() as session:
        register(session, ALICE, webinar=APRIL.slug)
    at(END)
    page = read(client.get(own(services)))
    assert titles(page) == [APRIL.title, MARCH.title]
    assert buttons(page) == [("cancel", f"2019/{APRIL.slug}")]


def test_it_shows_the_place_in_the_line(
    client: FlaskClient, app: Flask, database: Database, services: Services, now
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, BOB)
        register(session, ALICE, now=NOW + SECOND)
    text = read(client.get(own(services))).text
    assert words(app, "no. %(position)s", position=1) in text


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_it_shows_the_calendar_address_in_the_language_asked(
    client: FlaskClient, alice: Database, services: Services, prefix: str, language: str
) -> None:
    page_token, calendar_token = tokens(alice, services.links)
    page = read(client.get(f"{prefix}/me/{page_token}"))
    assert page.one("html").attrs["lang"] == language
    address = f"{BASE_URL}{prefix}/me/{calendar_token}/calendar.ics"
    shown = [field.attrs["value"] for field in page.all("input", type="text")]
    assert shown == [address]
    assert page.links("webcal:") == ["webcal://" + address.removeprefix("https://")]


def test_the_door_opens_with_the_personal_link(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    at(OPENS)
    joins = read(client.get(own(services))).links(f"{PAGE}/join")
    assert len(joins) == 1
    assert client.get(joins[0]).headers["Location"] == MARCH.join_url


# what opens it -------------------------------------------------------------------------


def test_what_is_not_the_secret_opens_nothing(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page_token, calendar_token = tokens(alice, services.links)
    for wrong in (*spelt_wrong(page_token), calendar_token):
        for answer in (
            client.get(f"/me/{wrong}"),
            client.post(f"/me/{wrong}/cancel", data={"webinar": f"2019/{MARCH.slug}"}),
            client.post(f"/me/{wrong}/confirm", data={"webinar": f"2019/{MARCH.slug}"}),
        ):
            assert (answer.status_code, wrong) == (404, wrong)
            assert_private(answer)
            assert "alice" not in answer.get_data(as_text=True)
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed")]


def test_the_secret_of_another_site_opens_nothing(
    make_app, alice: Database, services: Services
) -> None:
    other = make_app(secret_key="another secret of some length")
    assert other.test_client().get(own(services)).status_code == 404


def test_a_replaced_secret_says_so(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    old = own(services)
    replace_secrets(alice)
    for answer in (
        client.get(old),
        client.post(f"{old}/cancel", data={"webinar": f"2019/{MARCH.slug}"}),
    ):
        assert answer.status_code == 410
        assert_private(answer)
        assert read(answer).one("h1").text == words(app, "This link has been replaced")
        assert "alice" not in read(answer).text
    assert client.get(own(services)).status_code == 200
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed")]


# what it does --------------------------------------------------------------------------


def test_looking_changes_nothing(client: FlaskClient, alice: Database, services: Services) -> None:
    page, before = own(services), rows(alice)
    for address in (page, f"{page}?done=cancelled", f"{page}?webinar=2019/{MARCH.slug}"):
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
    for act in ("cancel", "confirm"):
        answer = client.get(f"{page}/{act}?webinar=2019/{MARCH.slug}")
        assert answer.status_code == 405
    assert rows(alice) == before
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed")]


def test_leaving_frees_the_place_for_the_first_in_line(
    client: FlaskClient, app: Flask, database: Database, services: Services, now
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + SECOND)
    page = own(services)
    answer = send(client, page, "cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?done=cancelled")
    assert_private(answer)
    assert statuses(database, MARCH.slug) == [("alice", "cancelled"), ("bob", "confirmed")]
    after = read(client.get(answer.headers["Location"]))
    assert words(app, "Your registration is cancelled") in after.text
    assert buttons(after) == []


def test_leaving_takes_the_token_of_the_page(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    with alice.write() as session:
        register(session, BOB)
    page = own(services)
    bobs = f"/me/{tokens(alice, services.links, BOB.email)[0]}"
    theirs = read(client.get(bobs)).form(f"{bobs}/cancel").values()["csrf_token"]
    for token in (None, "", "x", theirs):
        data = {"webinar": f"2019/{MARCH.slug}"} | ({"csrf_token": token} if token else {})
        answer = client.post(f"{page}/cancel", data=data)
        assert answer.status_code == 400
        assert_private(answer)
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed"), ("bob", "confirmed")]


def test_leaving_what_one_has_no_part_in_is_not_found(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page = own(services)
    token = read(client.get(page)).form(f"{page}/cancel").values()["csrf_token"]
    for webinar in (
        "",
        "2019",
        "/",
        f"2019/{APRIL.slug}",
        "2019/no-such",
        "\0/\0",
        "2019/\0",
        "é/é",
    ):
        for act in ("cancel", "confirm"):
            answer = client.post(f"{page}/{act}", data={"csrf_token": token, "webinar": webinar})
            assert (answer.status_code, webinar) == (404, webinar)
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed")]


def test_leaving_is_over_once_it_has_begun(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    page = own(services)
    at(START - SECOND)
    values = read(client.get(page)).form(f"{page}/cancel").values()
    at(START)
    assert client.post(f"{page}/cancel", data=values).status_code == 409
    assert buttons(read(client.get(page))) == []
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed")]


def test_confirming_takes_the_place(make_app, site: Database) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    post_registration(client)
    page = own(services)
    assert statuses(site, MARCH.slug) == [("alice", "pending")]
    answer = send(client, page, "confirm")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?done=confirmed")
    assert statuses(site, MARCH.slug) == [("alice", "confirmed")]
    after = read(client.get(answer.headers["Location"]))
    assert buttons(after) == [("cancel", f"2019/{MARCH.slug}")]
    assert after.all(role="status") != []


def test_confirming_is_refused_when_it_is_over(make_app, site: Database, at) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    at(END - SECOND)
    with site.write() as session:
        register(session, ALICE, house=House(host=HOUSE.host, require_confirmation=True))
    page = own(services)
    values = read(client.get(page)).form(f"{page}/confirm").values()
    at(END)
    assert client.post(f"{page}/confirm", data=values).status_code == 409
    assert buttons(read(client.get(page))) == []


# where the secret does not go ----------------------------------------------------------


def test_secrets_and_addresses_stand_in_no_log_and_on_no_other_page(
    make_app, alice: Database, at
) -> None:
    app = make_app(log_level="DEBUG")
    client, services = app.test_client(), app.extensions["webinars"]
    page_token, calendar_token = tokens(alice, services.links)
    with structlog.testing.capture_logs() as logs:
        for prefix in ("", "/en"):
            for path in (page_token, calendar_token, page_token + "x"):
                client.get(f"{prefix}/me/{path}")
                client.get(f"{prefix}/me/{path}/calendar.ics")
                client.post(f"{prefix}/me/{path}/cancel", data={"webinar": "x"})
        post_registration(client, email="alice@example.org", full_name="Alice Dupont")
        at(OPENS)
        client.get(f"{PAGE}/join?t={page_token}")
        replace_secrets(alice)
        client.get(f"/me/{page_token}")
        elsewhere = ("/", PAGE, "/cycles/2019", "/calendar.ics", f"{PAGE}.ics", "/no-such")
        referrer = {"Referer": f"/me/{page_token}"}
        answers = [client.get(address, headers=referrer) for address in elsewhere]
    assert len(logs) > 20
    written = repr(logs) + "".join(answer.get_data(as_text=True) for answer in answers)
    for secret in (page_token, calendar_token, "alice@example.org", "Alice", "Dupont"):
        assert secret not in written
    assert {log["route"] for log in logs} >= {"/me/<token>", "/me/<token>/calendar.ics"}
