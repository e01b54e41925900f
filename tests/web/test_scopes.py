"""The whole cycle in one form, and a theme that is followed: what they take, refuse and write."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    MARCH,
    MAY,
    NOW,
    count,
    counted_queries,
    in_threads,
    load_library,
    plan_of,
    published,
    register,
)
from tests.web.own_page import SECRETIVE, kept
from tests.web.support import END, PAGE, SECOND, Element, form_values, read, tokens, words
from webinars.db import Database
from webinars.domain.consent import NEWS
from webinars.models import (
    CycleRegistration,
    FollowedTheme,
    MailKind,
    OutboxMail,
    Participant,
    Registration,
)
from webinars.services import Services

CYCLE = "/cycles/2019"
FORM = f"{CYCLE}/register"
THEME = "/themes/apprendre-a-faire-alliances"
FOLLOW = f"{THEME}/follow"
OLD = "This form has been open for too long: check what you typed and send it again."
TOO_LATE = NOW + timedelta(hours=12, seconds=1)
LAST_END = END + timedelta(days=56)
"""When May is over: it is in summer time, an hour earlier than that by the sun."""


@pytest.fixture
def themes(site: Database) -> Database:
    """The site with its themes."""
    with site.write() as session:
        load_library(session, "themes.toml")
    return site


def rows(database: Database) -> tuple[int, ...]:
    """People, whole cycles, registrations, themes followed, mails."""
    models = (Participant, CycleRegistration, Registration, FollowedTheme, OutboxMail)
    with database.read() as session:
        return tuple(count(session, model) for model in models)


NOTHING = (0, 0, 0, 0, 0)


def cycle_values(client: FlaskClient, prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = read(client.get(prefix + FORM)).form(prefix + FORM).values()
    return values | {"email": ALICE.email, "full_name": ALICE.full_name}


def post_cycle(client: FlaskClient, prefix: str = "", /, **changes: Any) -> TestResponse:
    """Fill in the form of the cycle as Alice, but for the changes; None leaves a field out."""
    typed = cycle_values(client, prefix) | changes
    return client.post(prefix + FORM, data={n: v for n, v in typed.items() if v is not None})


def theme_values(client: FlaskClient, prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = read(client.get(prefix + THEME)).form(prefix + FOLLOW).values()
    return values | {"email": ALICE.email, "full_name": ALICE.full_name}


def post_theme(client: FlaskClient, prefix: str = "", /, **changes: Any) -> TestResponse:
    """The same for the form of a theme."""
    typed = theme_values(client, prefix) | changes
    return client.post(prefix + FOLLOW, data={n: v for n, v in typed.items() if v is not None})


def kinds(database: Database) -> list[MailKind]:
    with database.read() as session:
        return list(session.scalars(sa.select(OutboxMail.kind).order_by(OutboxMail.id)))


def registered(database: Database) -> list[tuple[str, str]]:
    """Which webinars, and how."""
    with database.read() as session:
        found = session.scalars(sa.select(Registration).order_by(Registration.webinar_id))
        return [(row.webinar.slug, row.status.value) for row in found]


def without_tokens(answer: TestResponse) -> bytes:
    return re.sub(rb'name="csrf_token" value="[^"]*"', b"", answer.data)


def same_headers(one: TestResponse, other: TestResponse) -> bool:
    ids = {"X-Request-ID": ""}
    return dict(one.headers) | ids == dict(other.headers) | ids


def offers(page: Element) -> list[tuple[str, bool]]:
    """The webinars with a "not this one", and whether each says that it is full."""
    return [
        (line.one("input", name="without").attrs["value"], bool(line.all("span", class_="badge")))
        for line in page.all("li")
        if "offer__one" in line.attrs.get("class", "")
    ]


def ticked(form: Element) -> list[str]:
    """The webinars that are left out."""
    boxes = form.all("input", name="without")
    return [box.attrs["value"] for box in boxes if "checked" in box.attrs]


# the form of a cycle -------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_the_form_offers_what_is_to_come(
    client: FlaskClient, app: Flask, site: Database, at, prefix: str, language: str
) -> None:
    answer = client.get(f"{prefix}{FORM}?utm=1")
    page = read(answer)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert page.one("html").attrs["lang"] == language
    assert page.one("h1").text == words(app, "Register for the whole cycle", language)
    assert b"utm" not in answer.data
    assert offers(page) == [(MARCH.slug, False), (APRIL.slug, False), (MAY.slug, False)]
    at(END)
    assert offers(read(client.get(FORM))) == [(APRIL.slug, False), (MAY.slug, False)]


def test_the_form_says_where_it_is_full(client: FlaskClient, database: Database, now) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=1))
        register(session, BOB)
    assert offers(read(client.get(FORM))) == [(MARCH.slug, True), (APRIL.slug, False)]


def test_the_form_takes_a_fixed_number_of_queries(
    client: FlaskClient, database: Database, now
) -> None:
    taken = []
    for sessions in ((MARCH,), (MARCH, APRIL, MAY)):
        with database.write() as session:
            published(session, plan_of(*sessions))
        with counted_queries(database) as queries:
            client.get(FORM)
        taken.append(len(queries))
    assert taken == [2, 2]


def test_pages_lead_to_the_form(client: FlaskClient, themes: Database, at) -> None:
    for address in ("/", CYCLE, PAGE):
        assert FORM in read(client.get(address)).links(CYCLE), address
    at(LAST_END)
    for address in ("/", CYCLE, PAGE):
        assert FORM not in read(client.get(address)).links(CYCLE), address


def test_an_unknown_cycle_or_theme_is_not_found(client: FlaskClient, themes: Database) -> None:
    cycle, theme = cycle_values(client), theme_values(client)
    for slug in ("1999", "no-such", "%00", "%ff", "é"):
        assert client.get(f"/cycles/{slug}/register").status_code == 404
        assert client.post(f"/cycles/{slug}/register", data=cycle).status_code == 404
        assert client.post(f"/themes/{slug}/follow", data=theme).status_code == 404
    assert rows(themes) == NOTHING


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_one_form_registers_for_the_rest_of_the_cycle(
    client: FlaskClient, app: Flask, site: Database, prefix: str, language: str
) -> None:
    answer = post_cycle(
        client, prefix, without=[APRIL.slug], region="53", email=" ALICE@example.org"
    )
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in SECRETIVE} == SECRETIVE
    page = read(answer)
    assert page.by_id("register-title").text == words(app, "You are registered", language)
    assert ALICE.email in page.one("p", role="status").text
    assert [h.text for h in page.one("main").all("h3")] == [MARCH.title, MAY.title]
    assert registered(site) == [(MARCH.slug, "confirmed"), (MAY.slug, "confirmed")]
    assert rows(site) == (1, 1, 2, 0, 1)
    assert kinds(site) == [MailKind.CYCLE_CONFIRMATION]
    alice = kept(site)
    assert (alice.language, alice.region, alice.news_since) == (language, "53", None)


def test_slugs_that_are_not_offered_leave_nothing_out(client: FlaskClient, site: Database) -> None:
    assert post_cycle(client, without=["no-such", "", "\0", "x" * 5000]).status_code == 200
    assert len(registered(site)) == 3


@pytest.mark.parametrize("confirmation", [False, True])
@pytest.mark.parametrize("post", [post_cycle, post_theme])
def test_known_and_unknown_addresses_are_answered_alike(
    make_app, themes: Database, post, confirmation: bool
) -> None:
    client = make_app(require_confirmation=confirmation).test_client()
    first, second = post(client), post(client)
    other = post(client, email="robin@example.org")
    assert [one.status_code for one in (first, second, other)] == [200, 200, 200]
    assert without_tokens(first) == without_tokens(second)
    assert without_tokens(first) == without_tokens(other).replace(b"robin@", b"alice@")
    assert same_headers(first, second)


def test_the_answer_does_not_tell_whether_the_last_place_was_theirs(
    client: FlaskClient, database: Database, now
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=1))
        register(session, ALICE)
    known, unknown = post_cycle(client), post_cycle(client, email="robin@example.org")
    assert without_tokens(known) == without_tokens(unknown).replace(b"robin@", b"alice@")
    assert Counter(registered(database)) == {
        (MARCH.slug, "confirmed"): 1,
        (MARCH.slug, "waitlisted"): 1,
        (APRIL.slug, "confirmed"): 1,
        (APRIL.slug, "waitlisted"): 1,
    }


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        (0, "Until then, no place is kept for you."),
        (90, "une place, elle est gardée pour vous pendant 90 minutes."),
        (120, "une place, elle est gardée pour vous pendant 2 heures."),
    ],
)
def test_with_confirmation_the_answers_say_so_in_general_words(
    make_app, themes: Database, minutes: int, sentence: str
) -> None:
    app = make_app(require_confirmation=True, pending_hold_minutes=minutes)
    client = app.test_client()
    wanted = words(app, sentence) if not minutes else sentence
    webinar = form_values(client) | {"email": ALICE.email, "full_name": "Alice"}
    for answer in (client.post(f"{PAGE}/register", data=webinar), post_cycle(client)):
        page = read(answer)
        title = words(app, "One more step: open your mail")
        assert page.by_id("register-title").text == title
        assert wanted in page.text.replace("\xa0", " ")
    assert {status for _, status in registered(themes)} == {"pending"}


def test_with_nothing_to_come_the_form_says_so(
    client: FlaskClient, app: Flask, site: Database, at
) -> None:
    values = cycle_values(client)
    at(LAST_END)
    for answer, status in ((client.get(FORM), 200), (client.post(FORM, data=values), 409)):
        page = read(answer)
        assert answer.status_code == status
        assert page.one("h2").text == words(app, "Nothing of this cycle is to come")
        assert [form.attrs["action"] for form in page.all("form")] == [f"{FORM}/link"]
        assert "/replays" in page.one("main").links("/")
    assert rows(site) == NOTHING


def test_leaving_everything_out_is_said_at_the_list(
    client: FlaskClient, app: Flask, site: Database
) -> None:
    everything = [MARCH.slug, APRIL.slug, MAY.slug]
    answer = post_cycle(client, without=everything, full_name="Élodie", news="y")
    page = read(answer)
    assert answer.status_code == 422
    assert {name: answer.headers[name] for name in SECRETIVE} == SECRETIVE
    sentence = words(app, "You have left out every webinar: keep at least one, or close this page.")
    assert page.by_id("without-error").text == sentence
    assert page.one("div", role="alert").links("#") == ["#without"]
    form = page.form(FORM)
    assert ticked(form) == everything
    assert (form.values()["full_name"], form.values()["news"]) == ("Élodie", "y")
    assert rows(site) == NOTHING


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "alice@"),
        ("email", None),
        ("full_name", " \t"),
        ("full_name", "https://evil.example"),
        ("full_name", "Alice\0"),
        ("full_name", None),
        ("organisation", "x" * 161),
        ("region", "99"),
        ("question", "Pourquoi \u202e?"),
    ],
)
def test_a_wrong_field_is_said_at_the_field(
    client: FlaskClient, themes: Database, field: str, value: str | None
) -> None:
    answers = [(post_cycle(client, without=[MAY.slug], **{field: value}), FORM, [MAY.slug])]
    if field in ("email", "full_name"):
        answers.append((post_theme(client, **{field: value}), FOLLOW, []))
    for answer, action, left_out in answers:
        assert answer.status_code == 422
        form = read(answer).form(action)
        wrong = [x.attrs["name"] for x in form.walk() if "aria-invalid" in x.attrs]
        assert wrong == [field]
        assert form.one("div", role="alert").links("#") == [f"#{field}"]
        assert ticked(form) == left_out
    assert rows(themes) == NOTHING


# following a theme ---------------------------------------------------------------------


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_a_theme_is_followed(
    client: FlaskClient, app: Flask, themes: Database, prefix: str, language: str
) -> None:
    answer = post_theme(client, prefix)
    page = read(answer)
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in SECRETIVE} == SECRETIVE
    assert page.by_id("follow-title").text == words(app, "It is noted", language)
    assert ALICE.email in page.one("p", role="status").text
    assert rows(themes) == (1, 0, 0, 1, 1)
    assert kinds(themes) == [MailKind.THEME_CONFIRMATION]
    # The page of another visitor holds nothing of it.
    assert b"alice" not in client.get(prefix + THEME).data


def test_the_address_of_the_form_leads_to_the_theme(client: FlaskClient, themes: Database) -> None:
    for prefix in ("", "/en"):
        answer = client.get(prefix + FOLLOW)
        assert (answer.status_code, answer.headers["Location"]) == (302, prefix + THEME)
        page = read(post_theme(client, prefix, email="alice"))
        assert page.one("link", rel="canonical").attrs["href"].endswith(prefix + THEME)


# news ----------------------------------------------------------------------------------


def test_news_are_asked_for_by_ticking_a_box_that_nobody_has_ticked(
    client: FlaskClient, themes: Database
) -> None:
    for page in (PAGE, FORM, THEME):
        box = read(client.get(page)).one("input", name="news")
        assert (box.attrs["type"], "checked" in box.attrs) == ("checkbox", False)
    webinar = form_values(client) | {"full_name": "X", "news": "y"}
    client.post(f"{PAGE}/register", data=webinar | {"email": "a@example.org"})
    post_cycle(client, email="b@example.org", news="y")
    post_theme(client, email="c@example.org", news="y")
    post_theme(client, email="d@example.org")
    for name, version in (
        ("a", NEWS.version),
        ("b", NEWS.version),
        ("c", NEWS.version),
        ("d", None),
    ):
        person = kept(themes, f"{name}@example.org")
        assert person.news_version == version, name
        assert (person.news_since == NOW) is (version is not None)
    post_cycle(client, email="d@example.org", news="y")  # by whom, nobody knows
    assert kept(themes, "d@example.org").news_since is None


# forms that were not fetched from here, and twice ---------------------------------------


def bent(token: str) -> str:
    return token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]


def test_tokens_bent_swapped_or_old_bring_the_form_back_with_what_was_typed(
    client: FlaskClient, app: Flask, themes: Database, services: Services, at
) -> None:
    webinar = form_values(client)["csrf_token"]
    cycle = str(cycle_values(client)["csrf_token"])
    theme = str(theme_values(client)["csrf_token"])
    with themes.write() as session:
        register(session, BOB)
    before = rows(themes)
    page, calendar = tokens(themes, services.links, BOB.email)
    press = read(client.get(f"/me/{page}")).form(f"/me/{page}/calendar").values()["csrf_token"]
    strangers = (None, "", " ", "\0", "é", "x" * 5000, webinar, press, page, calendar)
    sentence = words(app, OLD)
    for token in (*strangers, theme, bent(cycle), f"{cycle}.x"):
        answer = post_cycle(client, csrf_token=token, full_name="Élodie", without=[MAY.slug])
        assert (answer.status_code, token) == (400, token)
        form = read(answer).form(FORM)
        assert form.values()["full_name"] == "Élodie"
        assert sentence in form.text
    for token in (*strangers, cycle, bent(theme), f"{theme}.x"):
        answer = post_theme(client, csrf_token=token, full_name="Élodie")
        assert (answer.status_code, token) == (400, token)
        assert read(answer).form(FOLLOW).values()["full_name"] == "Élodie"
        assert sentence in read(answer).by_id("follow").text
    for token in (cycle, theme, page, calendar):
        values = form_values(client) | {"email": ALICE.email, "full_name": "Alice"}
        answer = client.post(f"{PAGE}/register", data=values | {"csrf_token": token})
        assert answer.status_code == 400
        assert client.post(f"/me/{page}/leave-list", data={"csrf_token": token}).status_code == 400
    for wrong in (cycle, theme, webinar, calendar):
        assert client.get(f"/me/{wrong}").status_code == 404
        assert client.post(f"/me/{wrong}/leave-cycle").status_code == 404
    for wrong in (cycle, theme, webinar):
        assert client.get(f"/me/{wrong}/calendar.ics").status_code == 404
    old = cycle_values(client)
    at(TOO_LATE)
    assert client.post(FORM, data=old).status_code == 400
    assert rows(themes) == before


@pytest.mark.parametrize("copies", [2, 6])
def test_a_double_click_registers_once(
    app: Flask, client: FlaskClient, themes: Database, copies: int
) -> None:
    for address, values in ((FORM, cycle_values(client)), (FOLLOW, theme_values(client))):
        answers: list[int] = []

        def send(_number: int, address=address, values=values, answers=answers) -> None:
            answers.append(app.test_client().post(address, data=values).status_code)

        in_threads(send, copies)
        assert answers == [200] * copies
    # The clock stands still, and one instant owes one link.
    assert rows(themes) == (1, 1, 3, 1, 3)
    assert Counter(kinds(themes)) == {
        MailKind.CYCLE_CONFIRMATION: 1,
        MailKind.LINK: 1,
        MailKind.THEME_CONFIRMATION: 1,
    }


def test_two_tabs_are_one_person_and_what_they_add_up_to(
    client: FlaskClient, themes: Database, at
) -> None:
    one, other = cycle_values(client), cycle_values(client)
    assert one["csrf_token"]
    client.post(FORM, data=one | {"without": [MARCH.slug, MAY.slug]})
    at(NOW + SECOND)
    answer = client.post(FORM, data=other | {"without": [MARCH.slug]})
    assert answer.status_code == 200
    assert registered(themes) == [(APRIL.slug, "confirmed"), (MAY.slug, "confirmed")]
    assert rows(themes)[:3] == (1, 1, 2)


def test_a_form_that_is_sent_again_later_sends_the_link(
    client: FlaskClient, site: Database, at
) -> None:
    values = cycle_values(client)
    client.post(FORM, data=values)
    at(NOW + timedelta(hours=11))
    assert client.post(FORM, data=values).status_code == 200
    assert rows(site) == (1, 1, 3, 0, 2)
    assert kinds(site) == [MailKind.CYCLE_CONFIRMATION, MailKind.LINK]
