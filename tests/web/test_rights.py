"""Correct it, read it, take it, erase it."""

import json
from datetime import datetime

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import ALICE, APRIL, BOB, MARCH, MAY, NOW, plan_of, published, register
from tests.web.own_page import NO_SECRET, assert_private, kept, notice, own, press, statuses
from tests.web.support import PAGE, SECOND, START, counted, read, rows, tokens, words
from webinars.db import Database
from webinars.models import AuditEntry, Participant
from webinars.services import Services

QUESTION = "Comment associer les habitants ?\nEt les autres ?"
AFTER_MARCH = START.replace(month=4, day=1)
UNWANTED = ("a\u0000b", "a\u202eb", "a\u200bb", "a\nb")


@pytest.fixture
def asked(site: Database) -> Database:
    """Alice has March, with a question; for April she waits behind Bob."""
    with site.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, BOB, webinar=APRIL.slug)
        register(session, ALICE, question=QUESTION)
        register(session, ALICE, webinar=APRIL.slug, now=NOW + SECOND)
    return site


# my details ----------------------------------------------------------------------------


def test_the_form_holds_what_is_known(client: FlaskClient, asked: Database, services) -> None:
    with asked.write() as session:
        alice = session.merge(kept(asked))
        alice.organisation, alice.region, alice.actor_category = "Commune", "53", "citizen"
    page = own(services)
    shown = read(client.get(f"{page}/details"))
    values = shown.form(f"{page}/details").values()
    assert values.pop("csrf_token")
    assert values == {
        "full_name": "Alice Dupont",
        "organisation": "Commune",
        "actor_category": "citizen",
        "region": "53",
        "language": "fr",
    }
    assert ALICE.email in shown.text


def test_details_are_corrected(
    client: FlaskClient, app: Flask, asked: Database, services: Services
) -> None:
    page = own(services)
    typed = {
        "full_name": "  Alice  Durand ",
        "organisation": "Fondation",
        "actor_category": "foundation",
        "region": "outside",
        "language": "en",
    }
    answer = press(client, page, "details", on="/details", **typed, email="mallory@example.org")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?done=corrected")
    alice = kept(asked)
    assert (alice.full_name, alice.organisation, alice.language) == (
        "Alice  Durand",
        "Fondation",
        "en",
    )
    assert (alice.actor_category, alice.region) == ("foundation", "outside")
    assert words(app, "Your details are corrected") in notice(
        read(client.get(answer.headers["Location"]))
    )
    cleared = {"organisation": "", "actor_category": "", "region": ""}
    press(client, page, "details", on="/details", **cleared)
    alice = kept(asked)
    assert (alice.organisation, alice.actor_category, alice.region) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("full_name", "", "Write your first and last name."),
        ("full_name", " \t ", "Write your first and last name."),
        ("full_name", "see https://x.example", "Write a name here, without an address of a site."),
        ("language", "de", "Choose one of the list."),
        ("region", "99", "Choose one of the list."),
        ("actor_category", "king", "Choose one of the list."),
        *(
            (field, text, None)
            for field in ("full_name", "organisation")
            for text in (*UNWANTED, "x" * 1_000)
        ),
    ],
)
def test_a_wrong_field_is_said_at_the_field_and_the_rest_is_kept(
    client: FlaskClient,
    app: Flask,
    asked: Database,
    services: Services,
    field: str,
    typed: str,
    sentence: str | None,
) -> None:
    page = own(services)
    others = {"full_name": "Alice Autre", "organisation": "Autre", "language": "en"}
    answer = press(client, page, "details", on="/details", **(others | {field: typed}))
    assert answer.status_code == 422
    assert_private(answer)
    shown = read(answer)
    error = shown.by_id(f"{field}-error").text
    assert [link.attrs["href"] for link in shown.one("div", role="alert").all("a")] == [f"#{field}"]
    if sentence is not None:
        assert error == words(app, sentence)
    values = shown.form(f"{page}/details").values()
    for name in {"full_name", "organisation", "language"} - {field}:
        assert values[name] == others[name]
    alice = kept(asked)
    assert (alice.full_name, alice.organisation, alice.language) == ("Alice Dupont", None, "fr")
    assert alice.proven_at is None


def test_a_form_without_its_fields_is_no_correction(
    client: FlaskClient, asked: Database, services: Services
) -> None:
    page = own(services)
    token = read(client.get(f"{page}/details")).form(f"{page}/details").values()["csrf_token"]
    assert client.post(f"{page}/details", data={"csrf_token": token}).status_code == 422
    big = {"csrf_token": token, "full_name": "x" * 2**20, "language": "fr"}
    assert client.post(f"{page}/details", data=big).status_code in (413, 422)
    assert kept(asked).full_name == "Alice Dupont"


TEXT = st.text(max_size=300) | st.sampled_from(["", "fr", "53", "citizen", "\r\n", "=1+1"])
FIELDS = ("full_name", "organisation", "actor_category", "region", "language", "email", "x")


@pytest.fixture
def proof(client: FlaskClient, asked: Database, services: Services) -> tuple[str, str]:
    """Alice's page and the token of its forms."""
    page = own(services)
    return page, read(client.get(page)).form(f"{page}/link").values()["csrf_token"]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, TEXT)))
def test_whatever_is_typed_breaks_nothing_and_the_address_stays(
    client: FlaskClient, asked: Database, proof: tuple[str, str], values: dict[str, str]
) -> None:
    page, token = proof
    data = {name: value.encode("utf-8", "replace") for name, value in values.items()}
    answer = client.post(f"{page}/details", data=data | {"csrf_token": token.encode()})
    assert answer.status_code in (303, 422)
    assert kept(asked).email == ALICE.email


# my data -------------------------------------------------------------------------------


def test_everything_is_read_on_a_page(
    client: FlaskClient, app: Flask, asked: Database, services: Services
) -> None:
    page = own(services)
    shown = read(client.get(f"{page}/data"))
    main = shown.one("main")
    assert [heading.text for heading in main.all("h2")] == [
        words(app, "Me"),
        counted(app, "%(num)s registration", "%(num)s registrations", 2),
        counted(app, "%(num)s question", "%(num)s questions", 1),
        counted(app, "%(num)s mail", "%(num)s mails", 2),
    ]
    for text in (ALICE.email, MARCH.title, APRIL.title, "Comment associer les habitants"):
        assert text in main.text.replace("\N{NO-BREAK SPACE}", " ")
    assert shown.links(f"{page}/data.json") == [f"{page}/data.json"]


@pytest.mark.parametrize(("prefix", "name"), [("", "mes-donnees.json"), ("/en", "my-data.json")])
def test_everything_is_taken_as_a_file(
    client: FlaskClient, asked: Database, services: Services, prefix: str, name: str
) -> None:
    answer = client.get(f"{prefix}{own(services)}/data.json")
    assert answer.status_code == 200
    assert_private(answer)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    text = answer.get_data(as_text=True)
    assert "\n  " in text
    found = json.loads(text)
    identities = [mail.pop("message_id") for mail in found["mails"]]
    assert len(set(identities)) == 2
    at, later = "2019-03-04T09:00:00Z", "2019-03-04T09:00:01Z"
    mail = {"state": "pending", "sent_at": None, "reply": None, "subject": None, "text": None}
    assert found == {
        "made_at": at,
        "person": {
            "email": ALICE.email,
            "full_name": ALICE.full_name,
            "organisation": None,
            "actor_category": None,
            "region": None,
            "language": "fr",
            "created_at": at,
            "last_contact_at": later,
            "proven_at": None,
            "news_since": None,
            "news_version": None,
            "said_anew": None,
        },
        "registrations": [
            {
                "webinar": f"2019/{MARCH.slug}",
                "title": MARCH.title,
                "starts_at": "2019-03-21T12:00:00Z",
                "zone": "Europe/Paris",
                "status": "confirmed",
                "position": None,
                "registered_at": at,
                "changed_at": at,
                "cancelled_at": None,
                "held_until": None,
                "came_at": None,
            },
            {
                "webinar": f"2019/{APRIL.slug}",
                "title": APRIL.title,
                "starts_at": "2019-04-18T11:00:00Z",
                "zone": "Europe/Paris",
                "status": "waitlisted",
                "position": 1,
                "registered_at": later,
                "changed_at": later,
                "cancelled_at": None,
                "held_until": None,
                "came_at": None,
            },
        ],
        "cycles": [],
        "themes": [],
        "seen": [],
        "left": [],
        "address": None,
        "surveys": [],
        "wishes": [],
        "questions": [
            {
                "webinar": f"2019/{MARCH.slug}",
                "text": QUESTION,
                "asked_at": at,
                "answered_at": None,
                "answer": None,
                "published_text": None,
                "asked_as": None,
                "confirmed_at": None,
                "published_at": None,
            }
        ],
        "mails": [
            mail
            | {
                "kind": "confirmation",
                "webinar": f"2019/{MARCH.slug}",
                "title": MARCH.title,
                "created_at": at,
                "due_at": at,
            },
            mail
            | {
                "kind": "waiting_list",
                "webinar": f"2019/{APRIL.slug}",
                "title": APRIL.title,
                "created_at": later,
                "due_at": later,
            },
        ],
    }


# erase me ------------------------------------------------------------------------------


def test_the_page_says_what_goes_and_what_stays(
    client: FlaskClient, app: Flask, asked: Database, services: Services, at
) -> None:
    at(AFTER_MARCH)
    page = own(services)
    shown = read(client.get(f"{page}/erase"))
    goes, stays = shown.one("main").all("section")
    assert [line.text for line in goes.all("li")] == [
        words(app, "Your name, your address and everything you said of yourself."),
        counted(
            app,
            "%(num)s registration to come: it is cancelled, and its place goes to the first in "
            "line.",
            "%(num)s registrations to come: they are cancelled, and their places go to the first "
            "in line.",
            1,
        ),
        counted(app, "The question that you asked.", "The %(num)s questions that you asked.", 1),
        words(app, "That you have answered surveys, and which wishes you support."),
        counted(
            app,
            "%(num)s line in the ledger of mails; what has not left yet does not leave.",
            "%(num)s lines in the ledger of mails; what has not left yet does not leave.",
            2,
        ),
        words(app, "This page and your calendar address: they open nothing any more."),
    ]
    assert stays.all("li")[0].text == counted(
        app,
        "%(num)s registration as a number in the counts: nobody’s, without a name.",
        "%(num)s registrations as numbers in the counts: nobody’s, without a name.",
        2,
    )
    assert rows(asked) == (2, 3, 3)


def test_a_press_erases_and_every_link_ends(
    client: FlaskClient, app: Flask, asked: Database, services: Services, at
) -> None:
    with asked.write() as session:
        register(session, BOB, now=NOW + 2 * SECOND)  # waits for March
    page, (page_token, calendar) = own(services), tokens(asked, services.links)
    values = read(client.get(f"{page}/erase")).form(f"{page}/erase").values()
    answer = client.post(f"{page}/erase", data=values)
    assert answer.status_code == 200
    assert_private(answer)
    body = answer.get_data(as_text=True)
    assert read(answer).one("h1").text == words(app, "You are erased")
    for secret in (page_token, ALICE.email, "Alice"):
        assert secret not in body
    assert statuses(asked, MARCH.slug) == [("bob", "confirmed")]
    assert statuses(asked, APRIL.slug) == [("bob", "confirmed")]
    gone = [
        client.get(page),
        client.get(f"{page}/data.json"),
        client.get(f"/me/{calendar}/calendar.ics"),
        client.get(f"/me/{page_token}/calendar.ics"),
        client.post(f"{page}/erase", data=values),  # pressed twice
        client.post(f"{page}/cancel", data=values | {"webinar": f"2019/{MARCH.slug}"}),
    ]
    for after in gone:
        assert after.status_code == 404
        assert_private(after)
        assert words(app, NO_SECRET) in read(after).text
    # The door does not know the person either.
    at(START - SECOND)
    assert client.get(f"{PAGE}/join?t={page_token}").status_code == 200
    with asked.read() as session:
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "person_erased"))
        assert (entry.actor, entry.subject, entry.before, entry.after) == (
            "participant",
            None,
            {},
            {},
        )
        erased_at: datetime | None = session.scalar(
            sa.select(Participant.erased_at).where(Participant.erased_at.is_not(None))
        )
    assert erased_at == NOW


def test_what_is_known_of_nobody_is_sent_to_nobody(
    client: FlaskClient, asked: Database, services: Services
) -> None:
    """Asking for the link again answers alike, and writes nothing."""
    press(client, own(services), "erase", on="/erase")
    before = rows(asked)
    form = read(client.get(PAGE)).form(f"{PAGE}/link").values()
    answer = client.post(f"{PAGE}/link", data=form | {"email": ALICE.email})
    assert answer.status_code == 200
    assert rows(asked) == before


def test_none_of_it_stands_in_a_log(make_app, asked: Database) -> None:
    app = make_app(log_level="DEBUG")
    client, services = app.test_client(), app.extensions["webinars"]
    page, secrets = own(services), tokens(asked, services.links)
    with structlog.testing.capture_logs() as logs:
        for address in ("", "/details", "/data", "/data.json", "/erase"):
            client.get(f"{page}{address}")
        press(client, page, "details", on="/details", full_name="Alice Zanzibar")
        press(client, page, "calendar")
        press(client, page, "erase", on="/erase")
        client.get(page)
    assert len(logs) > 10
    for secret in (*secrets, ALICE.email, "Alice", "Zanzibar", "habitants"):
        assert secret not in repr(logs)
