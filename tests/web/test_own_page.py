"""What the person's page can do: leave everything, replace a secret; and nothing by a GET."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import ALICE, APRIL, BOB, MARCH, MAY, NOW, plan_of, published, register
from tests.web.own_page import (
    ACTS,
    CALENDAR_REPLACED,
    NO_SECRET,
    assert_private,
    kept,
    notice,
    own,
    press,
    statuses,
)
from tests.web.support import SECOND, START, read, rows, spelt_wrong, tokens, words
from webinars.db import Database
from webinars.domain.registration_lists import list_registrations
from webinars.links import LAST_GENERATION
from webinars.models import MailKind, OutboxMail
from webinars.services import Services


@pytest.fixture
def three(alice: Database) -> Database:
    """Alice is registered for all three; for April she waits behind Bob."""
    with alice.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, BOB, webinar=APRIL.slug)
        for planned in (APRIL, MAY):
            register(session, ALICE, webinar=planned.slug, now=NOW + SECOND)
    return alice


# leaving everything --------------------------------------------------------------------


def test_all_are_left_with_one_press_and_the_first_in_line_moves_up(
    client: FlaskClient, app: Flask, three: Database, services: Services
) -> None:
    with three.write() as session:
        register(session, BOB, webinar=MAY.slug, now=NOW + 2 * SECOND)
    page = own(services)
    answer = press(client, page, "cancel-all")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?done=all_cancelled")
    assert_private(answer)
    assert statuses(three, MARCH.slug) == [("alice", "cancelled")]
    assert statuses(three, APRIL.slug) == [("bob", "confirmed"), ("alice", "cancelled")]
    assert statuses(three, MAY.slug) == [("alice", "cancelled"), ("bob", "confirmed")]
    after = read(client.get(answer.headers["Location"]))
    assert words(app, "Your registrations are cancelled") in notice(after)
    assert "cancel" not in {form.attrs["action"].rpartition("/")[2] for form in after.all("form")}


@pytest.mark.parametrize(("number", "offered"), [(1, False), (2, True)])
def test_leaving_all_is_offered_for_more_than_one(
    client: FlaskClient, alice: Database, services: Services, number: int, *, offered: bool
) -> None:
    with alice.write() as session:
        for planned in (MARCH, APRIL)[:number]:
            register(session, ALICE, webinar=planned.slug)
    page = own(services)
    actions = [form.attrs["action"] for form in read(client.get(page)).all("form")]
    assert (f"{page}/cancel-all" in actions) is offered


def test_each_button_says_its_consequence_before(
    client: FlaskClient, app: Flask, three: Database, services: Services
) -> None:
    page = own(services)
    shown = read(client.get(page))
    assert [form.one("p").text for form in shown.all("form", action=f"{page}/cancel")] == [
        words(
            app,
            "Your place goes to the first in line at once, and no reminder follows. You may "
            "register again as long as places remain.",
        ),
        words(
            app,
            "You leave the waiting list, and whoever is behind you moves up. Registering again "
            "puts you at its end.",
        ),
        words(
            app,
            "Your place goes to the first in line at once, and no reminder follows. You may "
            "register again as long as places remain.",
        ),
    ]
    for act in ("cancel-all", "calendar", "link"):
        assert shown.form(f"{page}/{act}").one("p").text
    assert "3" in shown.form(f"{page}/cancel-all").one("button").text


# replacing secrets ---------------------------------------------------------------------


def test_a_replaced_calendar_address_ends_and_the_new_one_stands_on_the_page(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    page_token, before = tokens(alice, services.links)
    page = f"/me/{page_token}"
    answer = press(client, page, "calendar")
    assert answer.headers["Location"] == f"{page}?done=calendar_replaced"
    shown = read(client.get(answer.headers["Location"]))
    assert words(app, "Your calendar has a new address") in notice(shown)
    _, after = tokens(alice, services.links)
    assert after != before
    assert [field.attrs["value"] for field in shown.all("input", type="text")] == [
        services.links.person_calendar(after, language="fr")
    ]
    gone = client.get(f"/me/{before}/calendar.ics")
    assert gone.status_code == 410
    assert_private(gone)
    assert words(app, CALENDAR_REPLACED) in read(gone).text
    assert client.get(f"/me/{after}/calendar.ics").status_code == 200


def test_a_replaced_link_leaves_by_mail_only_and_the_old_one_ends(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    page, (_, calendar) = own(services), tokens(alice, services.links)
    answer = press(client, page, "link")
    assert answer.status_code == 200
    assert_private(answer)
    new = own(services)
    assert new != page
    body = answer.get_data(as_text=True)
    assert new.removeprefix("/me/") not in body
    assert page.removeprefix("/me/") not in body
    assert read(answer).one("h1").text == words(app, "Your new link is on its way")
    for old in (client.get(page), client.post(f"{page}/link"), client.get(f"{page}/data.json")):
        assert old.status_code == 410
        assert_private(old)
    assert client.get(new).status_code == 200
    # Mails carried it as well, and its entries lead into the rooms.
    assert client.get(f"/me/{calendar}/calendar.ics").status_code == 410
    with alice.read() as session:
        kinds = [mail.kind for mail in session.query(OutboxMail).order_by(OutboxMail.id)]
    assert kinds == [MailKind.CONFIRMATION, MailKind.LINK]


def test_a_calendar_that_was_replaced_too_often_is_refused_and_not_an_error(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    with alice.write() as session:
        session.merge(kept(alice)).calendar_generation = LAST_GENERATION
    page = own(services)
    assert press(client, page, "calendar").status_code == 409
    assert client.get(page).status_code == 200


# what opens and what acts --------------------------------------------------------------


def test_looking_at_any_page_changes_nothing(
    client: FlaskClient, three: Database, services: Services
) -> None:
    page, before, person = own(services), rows(three), kept(three)
    for address in ("", "?done=erased", "?done=all_cancelled", "/details", "/data", "/erase"):
        answer = client.get(f"{page}{address}")
        assert answer.status_code == 200
        assert_private(answer)
    assert client.get(f"{page}/data.json").status_code == 200
    for act in ("cancel-all", "calendar", "link"):
        assert client.get(f"{page}/{act}").status_code == 405
    assert rows(three) == before
    after = kept(three)
    for column in ("page_generation", "calendar_generation", "proven_at", "last_contact_at"):
        assert getattr(after, column) == getattr(person, column)


@pytest.mark.parametrize("act", ["calendar", "cancel-all", "details"])
def test_the_first_press_proves_the_address(
    client: FlaskClient, three: Database, services: Services, at, act: str
) -> None:
    later = START - SECOND
    at(later)
    page = own(services)
    on = "/details" if act == "details" else ""
    assert press(client, page, act, on=on).status_code == 303
    person = kept(three)
    assert (person.proven_at, person.last_contact_at) == (later, later)


@pytest.mark.parametrize("act", ACTS)
def test_no_act_without_the_token_of_the_own_page(
    client: FlaskClient, app: Flask, three: Database, services: Services, act: str
) -> None:
    page, bobs = own(services), own(services, BOB.email)
    theirs = read(client.get(bobs)).form(f"{bobs}/calendar").values()["csrf_token"]
    before = rows(three)
    for token in (None, "", "x", theirs, "\ud800", "é" * 9000):
        data = {"webinar": f"2019/{MARCH.slug}", "full_name": "Alice Dupont", "language": "fr"}
        if token is not None:
            data["csrf_token"] = token.encode("utf-8", "replace").decode()
        answer = client.post(f"{page}/{act}", data=data)
        assert answer.status_code == 400
        assert_private(answer)
        # The page itself, with buttons that work.
        assert read(answer).one("main").all("button") != []
        assert read(answer).one("a", class_="language").attrs["href"].startswith("/en/me/")
    assert rows(three) == before
    assert statuses(three, MARCH.slug) == [("alice", "confirmed")]
    assert kept(three).proven_at is None


@pytest.mark.parametrize("act", ACTS)
def test_an_old_form_is_given_back_fresh(
    client: FlaskClient, three: Database, services: Services, at, act: str
) -> None:
    page = own(services)
    values = read(client.get(page)).form(f"{page}/calendar").values()
    data = values | {"webinar": f"2019/{MARCH.slug}", "full_name": "Alice B", "language": "en"}
    at(NOW + 13 * 3600 * SECOND)
    answer = client.post(f"{page}/{act}", data=data)
    assert answer.status_code == 400
    (fresh,) = {form.values()["csrf_token"] for form in read(answer).one("main").all("form")}
    assert fresh != values["csrf_token"]
    if act == "details":
        assert read(answer).by_id("full_name").attrs["value"] == "Alice B"
    assert kept(three).full_name == "Alice Dupont"
    again = client.post(f"{page}/{act}", data=data | {"csrf_token": fresh})
    assert again.status_code in (200, 303)


@pytest.mark.parametrize("act", ["", "details", "data", "data.json", "erase", *ACTS])
def test_what_is_not_the_secret_opens_nothing(
    client: FlaskClient, app: Flask, alice: Database, services: Services, act: str
) -> None:
    page_token, calendar_token = tokens(alice, services.links)
    method = client.post if act in ("cancel-all", "calendar", "link", *ACTS[:2]) else client.get
    for wrong in (*spelt_wrong(page_token), calendar_token, "%ED%A0%80", "a" * 5000):
        answer = method(f"/me/{wrong}/{act}".rstrip("/"))
        assert (answer.status_code, wrong) == (404, wrong)
        assert_private(answer)
        assert "alice" not in answer.get_data(as_text=True)
    bent = read(method(f"/me/{page_token}A/{act}".rstrip("/"))).text
    assert words(app, NO_SECRET) in bent


def test_two_people_never_share_a_page(
    client: FlaskClient, three: Database, services: Services
) -> None:
    for who, other in ((ALICE, BOB), (BOB, ALICE)):
        page = own(services, who.email)
        for address in ("", "/details", "/data", "/data.json", "/erase"):
            body = client.get(f"{page}{address}").get_data(as_text=True)
            assert who.email in body
            assert other.email not in body
            assert other.full_name not in body
    with three.read() as session:
        listed = list_registrations(session, cycle_slug="2019", webinar_slug=APRIL.slug)
    assert [row.email for row in listed] == [BOB.email, ALICE.email]
