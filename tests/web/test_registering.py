"""The registration form from end to end: what it takes, refuses, keeps and writes."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    MARCH,
    MAY,
    NOW,
    in_threads,
    plan_of,
    published,
    register,
)
from tests.web.support import (
    END,
    NOTHING,
    PAGE,
    SECOND,
    Element,
    form_values,
    post_registration,
    read,
    rows,
    words,
)
from webinars.db import Database
from webinars.domain import outbox
from webinars.models import MailKind, OutboxMail, Participant, Question, Registration
from webinars.services import Services

EVERYTHING = {
    "full_name": "Élodie  d’Aubigné ",
    "email": " Elodie@Example.org ",
    "organisation": " Mairie de Rennes\t",
    "actor_category": "local_authority",
    "region": "53",
    "question": " Première ligne\r\nSeconde ligne ",
}


def heading(page: Element) -> str:
    """What the panel of the form says above it."""
    return page.by_id("register-title").text


def stored(database: Database) -> tuple[object, ...]:
    """The only registration, as it is kept."""
    with database.read() as session:
        person, row = session.execute(
            sa.select(Participant, Registration).join(
                Registration, Registration.participant_id == Participant.id
            )
        ).one()
        return (
            person.email,
            person.full_name,
            person.organisation,
            person.actor_category,
            person.region,
            person.language,
            session.scalar(sa.select(Question.text)),
            row.status.value,
        )


# what it takes -------------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_a_registration_is_written_as_it_was_said(
    client: FlaskClient, app: Flask, site: Database, prefix: str, language: str
) -> None:
    answer = post_registration(client, prefix + PAGE, **EVERYTHING)
    page = read(answer)
    assert answer.status_code == 200
    assert page.one("html").attrs["lang"] == language
    assert heading(page) == words(app, "You are registered", language)
    assert "elodie@example.org" in page.one("p", role="status").text
    assert rows(site) == (1, 1, 1)
    assert stored(site) == (
        "elodie@example.org",
        "Élodie  d’Aubigné",
        "Mairie de Rennes",
        "local_authority",
        "53",
        language,
        "Première ligne\r\nSeconde ligne",
        "confirmed",
    )


def test_two_fields_are_enough(client: FlaskClient, site: Database) -> None:
    only = {name: "" for name in EVERYTHING if name not in {"email", "full_name"}}
    assert post_registration(client, **only).status_code == 200
    assert stored(site)[2:5] == (None, None, None)
    left_out: dict[str, object] = dict.fromkeys(only)
    assert post_registration(client, email="bob@example.org", **left_out).status_code == 200
    assert rows(site) == (2, 2, 2)


@pytest.mark.parametrize(
    "written",
    [
        "ALICE@EXAMPLE.ORG",
        "  alice@example.org\t",
        "Alice@Example.Org",
        "alice@ｅxample.org",
        "alice@example。org",
        "ａｌｉｃｅ@example.org",
        "ＡＬＩＣＥ＠ＥＸＡＭＰＬＥ．ＯＲＧ",
        "\u3000alice＠example.org\u00a0",
    ],
)
def test_one_person_has_one_address_however_it_is_written(
    client: FlaskClient, site: Database, written: str
) -> None:
    post_registration(client)
    assert post_registration(client, email=written).status_code == 200
    assert rows(site) == (1, 1, 2)  # the second mail is the link, sent again


def without_tokens(answer: TestResponse) -> bytes:
    return re.sub(rb'name="csrf_token" value="[^"]*"', b"", answer.data)


@pytest.mark.parametrize("changes", [{}, {"require_confirmation": True}])
def test_a_second_registration_is_answered_like_the_first(
    make_app, site: Database, changes: dict[str, object]
) -> None:
    client = make_app(**changes).test_client()
    first = post_registration(client, email="alice@example.org")
    second = post_registration(client, email="alice@example.org")
    assert (first.status_code, second.status_code) == (200, 200)
    assert without_tokens(first) == without_tokens(second)
    assert dict(first.headers) | {"X-Request-ID": ""} == dict(second.headers) | {"X-Request-ID": ""}
    assert rows(site) == (1, 1, 2)


def test_a_second_registration_for_a_full_webinar_is_answered_like_a_first(
    client: FlaskClient, app: Flask, database: Database, now
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
    known = post_registration(client, email="alice@example.org")
    unknown = post_registration(client, email="robin@example.org")
    assert without_tokens(known) == without_tokens(unknown).replace(b"robin@", b"alice@")
    page = read(known)
    assert heading(page) == words(app, "Look in your mail")
    # True for one who has a place as well as for one who waits.
    assert page.one("p", role="status").text == words(
        app,
        "Every place was taken when this arrived. The mail that is on its way says whether a "
        "place is yours, or your rank in the waiting list.",
    )
    with database.read() as session:
        assert sorted(session.scalars(sa.select(Registration.status))) == [
            "confirmed",
            "waitlisted",
        ]


def test_with_confirmation_the_answer_asks_for_one_more_step(make_app, site: Database) -> None:
    app = make_app(require_confirmation=True)
    page = read(post_registration(app.test_client()))
    assert heading(page) == words(app, "One more step: open your mail")
    assert stored(site)[-1] == "pending"


def test_registering_is_possible_until_the_end(client: FlaskClient, site: Database, at) -> None:
    at(END - SECOND)
    assert post_registration(client).status_code == 200
    assert rows(site)[:2] == (1, 1)


# what it refuses -----------------------------------------------------------------------

ADDRESSES = [
    "",
    "   ",
    "alice",
    "alice@",
    "@example.org",
    "alice@example",
    "alice@localhost",
    "alice@@example.org",
    "alice@exam ple.org",
    "al ice@example.org",
    "alice@example..org",
    ".alice@example.org",
    "alice.@example.org",
    "alice@-example.org",
    "alice@[127.0.0.1]",
    '"alice"@example.org',
    "Alice <alice@example.org>",
    "alice@example.org,bob@example.org",
    "alice@example.org;bob@example.org",
    "alice@example.org\r\nBcc: bob@example.org",
    "alice@example.org\0",
    "alice\u202e@example.org",
    "alic\u00e9@example.org",
    "a" * 65 + "@example.org",
    "a" * 250 + "@example.org",
    "alice@" + "a" * 64 + ".org",
    "alice@example.\u202eorg",
    "alice@example.org\ufffd",
    "alice\u200b@example.org",
]
NAMES = [
    "",
    " \t ",
    "\u00a0",
    "x" * 121,
    "Alice\nDupont",
    "Alice\r\nBcc: bob@example.org",
    "Alice\tDupont",
    "Alice\0Dupont",
    "Alice\x1bDupont",
    "Alice\x85Dupont",
    "Alice\u2028Dupont",
    "Alice \u202eDupont",
    "Alice \u2066Dupont",
    "\u200fAlice",
    "\u061cAlice",
    "\u200b",
    "\u2060\ufeff",
    "Alice https://evil.example/",
    "www.evil.example",
    "<a href=x>Alice</a>",
    "Al\ufffdce",
]
BAD_FIELDS: list[tuple[str, str]] = [
    *(("email", value) for value in ADDRESSES),
    *(("full_name", value) for value in NAMES),
    ("organisation", "x" * 161),
    ("organisation", "Mairie\nde Rennes"),
    ("organisation", "Mairie\0"),
    ("question", "x" * 2001),
    ("question", "Pourquoi\x00 ?"),
    ("question", "Pourquoi \u202e?"),
    ("actor_category", "king"),
    ("actor_category", "local_authority\0"),
    ("region", "99"),
    ("region", "Bretagne"),
]


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    client: FlaskClient, site: Database
) -> None:
    for name, value in BAD_FIELDS:
        answer = post_registration(client, **{name: value})
        case = (name, value[:60])
        assert (answer.status_code, case) == (422, case)
        page = read(answer)
        form = page.form(f"{PAGE}/register")
        field = form.one("input", "select", "textarea", name=name)
        assert field.attrs["aria-invalid"] == "true", case
        errors = [
            page.by_id(identity).text
            for identity in field.attrs["aria-describedby"].split()
            if identity.endswith("-error")
        ]
        assert len(errors) == 1, case
        assert errors[0], case
        wrong = [x for x in form.all("input", "select", "textarea") if "aria-invalid" in x.attrs]
        assert wrong == [field], case
        assert form.one("div", role="alert").links("#") == [f"#{field.attrs['id']}"], case
    assert rows(site) == NOTHING


def test_an_accent_before_the_at_sign_is_named(
    client: FlaskClient, app: Flask, site: Database
) -> None:
    for email in ("alicé@example.org", "alice\u0301@example.org", "алиса@example.org"):
        field = read(post_registration(client, email=email)).by_id("email-error")
        assert field.text == words(
            app,
            "Before the @ there can be no accents and no other letters than a to z: check how "
            "this address is written.",
        )


def test_several_faults_are_said_at_once(client: FlaskClient, site: Database) -> None:
    bad = {"email": "alice", "full_name": "", "region": "99"}
    form = read(post_registration(client, **bad)).form(f"{PAGE}/register")
    wrong = {x.attrs["name"] for x in form.all("input", "select") if "aria-invalid" in x.attrs}
    assert wrong == {"email", "full_name", "region"}
    assert rows(site) == NOTHING


def test_what_was_typed_is_kept(client: FlaskClient, site: Database) -> None:
    typed = EVERYTHING | {"email": "Pas-une-adresse", "full_name": 'Élodie "<b>'}
    kept = read(post_registration(client, **typed)).form(f"{PAGE}/register").values()
    assert kept.pop("csrf_token")
    assert kept == {
        "email": "pas-une-adresse",
        "full_name": 'Élodie "<b>',
        "organisation": "Mairie de Rennes",
        "actor_category": "local_authority",
        "region": "53",
        "question": "Première ligne\r\nSeconde ligne",
    }


def test_fields_that_are_not_there_are_needed(client: FlaskClient, site: Database) -> None:
    for missing in ("email", "full_name"):
        answer = post_registration(client, **{missing: None})
        assert answer.status_code == 422
        field = read(answer).form(f"{PAGE}/register").one("input", name=missing)
        assert field.attrs["aria-invalid"] == "true"
    assert rows(site) == NOTHING


def bent(token: str) -> str:
    return token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]


def test_a_form_that_was_not_fetched_from_here_is_refused(
    client: FlaskClient, app: Flask, site: Database
) -> None:
    own = form_values(client)["csrf_token"]
    other = form_values(client, f"/cycles/2019/{APRIL.slug}")["csrf_token"]
    for token in (None, "", " ", "x", "é", "\0", "x" * 5000, own + ".x", bent(own), other):
        answer = post_registration(client, csrf_token=token, full_name="Élodie")
        assert (answer.status_code, token) == (400, token)
        page = read(answer)
        sentence = "This form has been open for too long: check what you typed and send it again."
        assert words(app, sentence) in page.by_id("register").text
        values = page.form(f"{PAGE}/register").values()
        assert (values["full_name"], values["email"]) == ("Élodie", "alice@example.org")
        assert values["csrf_token"] != token
    assert rows(site) == NOTHING


def test_a_form_lives_for_some_hours(
    client: FlaskClient, site: Database, at: Callable[[datetime], None], services: Services
) -> None:
    token = form_values(client)["csrf_token"]
    life = timedelta(hours=services.settings.form_token_hours)
    at(NOW + life + SECOND)
    old = post_registration(client, csrf_token=token)
    assert old.status_code == 400
    assert rows(site) == NOTHING
    again = read(old).form(f"{PAGE}/register").values()
    assert client.post(f"{PAGE}/register", data=again).status_code == 200
    at(NOW + life)
    other = post_registration(client, csrf_token=token, email="bob@example.org")
    assert other.status_code == 200
    at(NOW - timedelta(minutes=2))  # a form from the future
    assert post_registration(client, csrf_token=token).status_code == 400


@pytest.mark.parametrize("over", [True, False])
def test_what_has_ended_or_is_cancelled_takes_nobody(
    client: FlaskClient, app: Flask, site: Database, at, over: bool
) -> None:
    at(END - SECOND)
    values = form_values(client) | {"email": "alice@example.org", "full_name": "Alice"}
    if over:
        at(END)
        sentence = "This webinar is over: there is nothing to register for any more."
    else:
        with site.write() as session:
            published(session, plan_of(APRIL, MAY))
        sentence = "This webinar is cancelled: nobody can register for it."
    answer = client.post(f"{PAGE}/register", data=values)
    page = read(answer)
    assert answer.status_code == 409
    assert words(app, sentence) in [p.text for alert in page.all(role="alert") for p in alert.all()]
    assert rows(site) == NOTHING


@pytest.mark.parametrize("over", [True, False])
def test_what_takes_nobody_says_so_before_it_asks_for_a_token(
    client: FlaskClient, app: Flask, site: Database, at, over: bool
) -> None:
    if over:
        at(END)
        sentence = "This webinar is over: there is nothing to register for any more."
    else:
        with site.write() as session:
            published(session, plan_of(APRIL, MAY))
        sentence = "This webinar is cancelled: nobody can register for it."
    for data in ({}, {"csrf_token": "x", "email": "alice@example.org", "full_name": "Alice"}):
        answer = client.post(f"{PAGE}/register", data=data)
        assert answer.status_code == 409
        assert read(answer).one(role="alert").text == words(app, sentence)
    assert rows(site) == NOTHING


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_the_answer_to_a_form_stands_on_the_permanent_page(
    client: FlaskClient, site: Database, prefix: str, language: str
) -> None:
    other = {"fr": ("en", f"/en{PAGE}"), "en": ("fr", PAGE)}[language]
    for act, status in (("register", 200), ("register", 422), ("link", 200), ("link", 400)):
        values = form_values(client, prefix + PAGE) | {
            "email": "alice@example.org",
            "full_name": "" if status == 422 else "Alice",
        }
        if status == 400:
            values["csrf_token"] = "x"
        answer = client.post(f"{prefix}{PAGE}/{act}?utm=1", data=values)
        page = read(answer)
        assert answer.status_code == status
        assert page.one("link", rel="canonical").attrs["href"] == BASE_URL + prefix + PAGE
        assert {
            (link.attrs["hreflang"], link.attrs["href"])
            for link in page.all("a")
            if "hreflang" in link.attrs
        } == {other}


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("act", ["register", "link"])
def test_the_address_of_a_form_leads_to_its_page(
    client: FlaskClient, site: Database, prefix: str, act: str
) -> None:
    answer = client.get(f"{prefix}{PAGE}/{act}")
    assert (answer.status_code, answer.headers["Location"]) == (302, prefix + PAGE)


def test_the_replay_is_promised_on_the_page(client: FlaskClient, app: Flask, site: Database):
    said = read(post_registration(client)).one("p", role="status").text
    assert said.endswith(
        words(app, "A reminder follows before the webinar; the replay will be on this page.")
    )


def test_an_unknown_webinar_is_not_found(client: FlaskClient, site: Database) -> None:
    values = form_values(client) | {"email": "alice@example.org", "full_name": "Alice"}
    for act in ("register", "link"):
        for address in ("/cycles/2019/no-such", f"/cycles/1999/{MARCH.slug}", "/cycles/%00/%00"):
            assert client.post(f"{address}/{act}", data=values).status_code == 404
    assert rows(site) == NOTHING


def test_too_much_is_refused(client: FlaskClient, site: Database) -> None:
    for size, expected in ((60_000, 422), (64 * 1024, 413), (1_100_000, 413)):
        answer = post_registration(client, question="x" * size)
        assert answer.status_code == expected
        assert read(answer).one("h1")
    part = '--b\r\nContent-Disposition: form-data; name="full_name"\r\n\r\n'
    body, kind = f"{part}{'x' * 1_100_000}\r\n--b--\r\n", "multipart/form-data; boundary=b"
    answer = client.post(f"{PAGE}/register", data=body, content_type=kind)
    assert answer.status_code == 413
    assert rows(site) == NOTHING


def test_bytes_that_are_not_text_break_nothing(client: FlaskClient, site: Database) -> None:
    token = form_values(client)["csrf_token"]
    form = "application/x-www-form-urlencoded"
    for name, status in (("Al%00ce", 422), ("%EF%BF%BD", 422), ("%ED%A0%80", 422), ("%c3", 422)):
        body = f"csrf_token={token}&email=alice%40example.org&full_name={name}"
        answer = client.post(f"{PAGE}/register", data=body, content_type=form)
        assert (answer.status_code, name) == (status, name)
    for kind in ("application/json", "text/plain", "multipart/form-data", ""):
        answer = client.post(f"{PAGE}/register", data=b"{\x00\xff", content_type=kind)
        assert answer.status_code == 400
    assert rows(site) == NOTHING


def test_an_upload_in_place_of_a_text_is_refused(client: FlaskClient, site: Database) -> None:
    values = form_values(client) | {"email": "alice@example.org"}
    answer = client.post(f"{PAGE}/register", data=values | {"full_name": (BytesIO(b"x"), "x.txt")})
    assert answer.status_code == 422
    assert rows(site) == NOTHING


TEXT = st.text(max_size=300) | st.sampled_from(["", "alice@example.org", "53", "\r\n", "=1+1"])


@pytest.fixture
def form_token(client: FlaskClient, site: Database) -> str:
    return form_values(client)["csrf_token"]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values=st.fixed_dictionaries({}, optional=dict.fromkeys(EVERYTHING, TEXT)))
def test_whatever_is_typed_breaks_nothing_and_is_never_half_written(
    client: FlaskClient, site: Database, form_token: str, values: dict[str, str]
) -> None:
    before = rows(site)
    data = {
        name: value.encode("utf-8", "replace") for name, value in values.items()
    } | {"csrf_token": form_token.encode()}  # fmt: skip
    answer = client.post(f"{PAGE}/register", data=data)
    after = rows(site)
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert after == before
    else:  # a new person, or one who is known and is sent the link a few times a day at most
        people, registrations, mails = (b - a for a, b in zip(before, after, strict=True))
        assert (people, registrations, mails) in {(1, 1, 1), (0, 0, 1), (0, 0, 0)}


@pytest.mark.parametrize("copies", [2, 6])
def test_a_double_click_registers_once(
    app: Flask, site: Database, client: FlaskClient, copies: int
) -> None:
    values = form_values(client) | {"email": "alice@example.org", "full_name": "Alice"}
    answers: list[int] = []

    def send(_number: int) -> None:
        answers.append(app.test_client().post(f"{PAGE}/register", data=values).status_code)

    in_threads(send, copies)
    assert answers == [200] * copies
    assert rows(site)[:2] == (1, 1)
    with site.read() as session:
        kinds = session.scalars(sa.select(OutboxMail.kind).order_by(OutboxMail.id)).all()
    # The clock stands still, and one instant owes one link.
    assert kinds == [MailKind.CONFIRMATION, MailKind.LINK]


# the link, sent again ------------------------------------------------------------------


def ask_for_link(client: FlaskClient, **changes: str) -> TestResponse:
    values = read(client.get(PAGE)).form(f"{PAGE}/link").values()
    return client.post(f"{PAGE}/link", data=values | {"email": "alice@example.org"} | changes)


def test_the_link_form_answers_alike_for_known_and_unknown(
    client: FlaskClient, app: Flask, alice: Database
) -> None:
    known = ask_for_link(client, email=" ALICE@example.org")
    unknown = ask_for_link(client, email="robin@example.org")
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert without_tokens(known) == without_tokens(unknown).replace(b"robin@", b"alice@")
    assert heading(read(known)) == words(app, "Look in your mail")
    with alice.read() as session:
        kinds = session.scalars(sa.select(OutboxMail.kind).order_by(OutboxMail.id)).all()
    assert kinds == [MailKind.CONFIRMATION, MailKind.LINK]
    assert rows(alice)[:2] == (1, 1)


def test_the_link_is_sent_a_few_times_a_day_and_the_answer_does_not_tell(
    client: FlaskClient, alice: Database, services: Services, at: Callable[[datetime], None]
) -> None:
    answers = set()
    for seconds in range(5):
        at(NOW + seconds * SECOND)
        answers.add(without_tokens(ask_for_link(client)))
    assert len(answers) == 1
    assert rows(alice)[2] == 1 + services.settings.link_mails_per_day


def test_the_link_form_refuses_what_is_no_address(client: FlaskClient, alice: Database) -> None:
    for email in ("", "alice", "alice@example.org\0", "a\u202e@example.org"):
        answer = ask_for_link(client, email=email)
        assert (answer.status_code, email) == (422, email)
        form = read(answer).form(f"{PAGE}/link")
        assert form.one("div", role="alert").one("a").attrs["href"] == "#link-email"
        assert form.by_id("link-email").attrs["aria-invalid"] == "true"
        (unfolded,) = read(answer).by_id("register").all("details", open="")
        assert unfolded.form(f"{PAGE}/link")
    old = ask_for_link(client, csrf_token="x")
    assert old.status_code == 400
    assert read(old).form(f"{PAGE}/link").values()["email"] == "alice@example.org"
    assert rows(alice) == (1, 1, 1)


# limits --------------------------------------------------------------------------------


def test_one_network_may_not_register_a_crowd(make_app, site: Database) -> None:
    app = make_app(rate_limit_enabled=True, registrations_per_minute=2)
    client = app.test_client()
    answers = [post_registration(client, email=f"p{n}@example.org") for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert read(answers[-1]).one("h1").text == words(app, "Too many requests at once")
    assert answers[-1].headers["Retry-After"] == "60"
    assert rows(site) == (2, 2, 2)
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    values = form_values(client) | {"email": "q@example.org", "full_name": "Q"}
    data = client.post(f"{PAGE}/register", data=values, environ_base=elsewhere)
    assert data.status_code == 200


def test_an_address_given_by_the_visitor_counts_only_behind_a_proxy(make_app, site) -> None:
    app = make_app(rate_limit_enabled=True, registrations_per_minute=1)
    client = app.test_client()
    values = form_values(client) | {"email": "q@example.org", "full_name": "Q"}
    codes = [
        client.post(
            f"{PAGE}/register", data=values, headers={"X-Forwarded-For": f"192.0.2.{n}"}
        ).status_code
        for n in range(2)
    ]
    assert codes == [200, 429]


def test_the_mail_is_owed_in_the_same_transaction(
    client: FlaskClient, site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr(outbox, "enqueue", broken)
    assert post_registration(client).status_code == 500
    assert rows(site) == NOTHING
