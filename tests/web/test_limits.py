"""What forms stand: one address typed again and again, networks behind proxies, and anything."""

import random
from collections.abc import Callable
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from tests.support import ALICE, APRIL, MARCH, load_library
from tests.web.support import PAGE, form_values, read, words
from webinars.db import Database
from webinars.models import (
    CycleRegistration,
    FollowedTheme,
    OutboxMail,
    Participant,
    Question,
    Registration,
)
from webinars.web.limits import network
from webinars.web.webinar_form import CycleForm, PersonForm, RegistrationForm, TypedForm

CYCLE_FORM = "/cycles/2019/register"
THEME = "/themes/apprendre-a-faire-alliances"
FOLLOW = f"{THEME}/follow"
TOO_OFTEN = (
    "This address was typed too often within an hour. Look in your mail: your personal link "
    "is in each of ours. Otherwise wait an hour, then send the form again."
)
MOST = 30
MODELS = (Participant, CycleRegistration, FollowedTheme, Registration, Question, OutboxMail)


@pytest.fixture
def themes(site: Database) -> Database:
    """The site with its themes."""
    with site.write() as session:
        load_library(session, "themes.toml")
    return site


def rows(database: Database) -> tuple[int, ...]:
    """How much is written of people."""
    with database.read() as session:
        selects = [sa.select(sa.func.count()).select_from(m).scalar_subquery() for m in MODELS]
        return tuple(session.execute(sa.select(*selects)).one())


def forms(client: FlaskClient) -> dict[str, dict[str, str]]:
    """Each form that registers or sends a link, as it is before anything is typed."""
    return {
        f"{PAGE}/register": form_values(client),
        f"{PAGE}/link": read(client.get(PAGE)).form(f"{PAGE}/link").values(),
        "/link": read(client.get("/link")).form("/link").values(),
        CYCLE_FORM: read(client.get(CYCLE_FORM)).form(CYCLE_FORM).values(),
        FOLLOW: read(client.get(THEME)).form(FOLLOW).values(),
    }


# one address ---------------------------------------------------------------------------

SPELLINGS = ("alice@example.org", " ALICE@Example.org ", "alice@ｅxample。org")


@pytest.mark.parametrize("known", [True, False])
def test_one_address_is_typed_so_often_an_hour_in_all_forms_together(
    make_app: Callable[..., Flask], themes: Database, known: bool
) -> None:
    app = make_app(rate_limit_enabled=True, registrations_per_minute=1000)
    client = app.test_client()
    sheets = forms(client)
    if not known:
        sheets.pop(f"{PAGE}/register")  # everything else would make her known, but the link
        sheets = {f"{PAGE}/link": sheets[f"{PAGE}/link"]}
    addresses = list(sheets)
    codes = []
    for number in range(MOST + len(addresses)):
        action = addresses[number % len(addresses)]
        typed = {"email": SPELLINGS[number % 3], "full_name": "Alice"}
        network = {"REMOTE_ADDR": f"192.0.2.{number}"}
        answer = client.post(action, data=sheets[action] | typed, environ_base=network)
        codes.append(answer.status_code)
    assert codes == [200] * MOST + [429] * len(addresses)
    assert answer.headers["Retry-After"] == "3600"
    other = {"email": "bob@example.org", "full_name": "Bob"}
    assert client.post(addresses[0], data=sheets[addresses[0]] | other).status_code == 200
    assert rows(themes)[0] == (2 if known else 0)


@pytest.mark.parametrize("known", [True, False])
def test_what_was_typed_too_often_stays_in_its_form(
    make_app: Callable[..., Flask], themes: Database, known: bool
) -> None:
    app = make_app(rate_limit_enabled=True, registrations_per_minute=1000)
    client = app.test_client()
    sheets = forms(client)
    link = sheets[f"{PAGE}/link"] | {"email": ALICE.email}
    if known:
        typed = {"email": ALICE.email, "full_name": "Alice"}
        assert client.post(FOLLOW, data=sheets[FOLLOW] | typed).status_code == 200
    codes = {client.post(f"{PAGE}/link", data=link).status_code for _ in range(MOST - known)}
    assert codes == {200}
    before = rows(themes)
    typed = {"email": ALICE.email, "full_name": "Alice"}
    links = {address: address.replace("follow", "link") for address in (FOLLOW,)}
    links |= {CYCLE_FORM: f"{CYCLE_FORM}/link"}
    for action, sheet in sheets.items():
        answer = client.post(action, data=sheet | typed)
        page = read(answer)
        assert (action, answer.status_code) == (action, 429)
        assert answer.headers["Retry-After"] == "3600"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert words(app, TOO_OFTEN) in page.text
        values = page.form(action).values()
        assert {name: values[name] for name in typed if name in values} == {
            name: value for name, value in typed.items() if name in sheet
        }
    for action, address in links.items():
        answer = client.post(address, data={"csrf_token": sheets[action]["csrf_token"]} | typed)
        assert (address, answer.status_code) == (address, 429)
        assert read(answer).form(address).values()["email"] == ALICE.email
    assert rows(themes) == before


@pytest.mark.parametrize(
    "junk",
    [
        {"csrf_token": "x"},
        {"full_name": ""},
        {"full_name": "\u202e"},
        {"email": ""},
        {"email": "alice"},
        {"email": "alice@example.org\0"},
    ],
)
def test_junk_keeps_nobody_out(
    make_app: Callable[..., Flask], themes: Database, junk: dict[str, str]
) -> None:
    """Only forms that are right in all else are counted against an address."""
    client = make_app(rate_limit_enabled=True, registrations_per_minute=1000).test_client()
    sheets = forms(client)
    right = {"email": ALICE.email, "full_name": "Alice"}
    for number in range(MOST + 4):
        action = list(sheets)[number % 4]
        if action.endswith("/link") and "full_name" in junk:
            continue  # it has no such field
        assert client.post(action, data=sheets[action] | right | junk).status_code in (400, 422)
    assert {client.post(one, data=sheets[one] | right).status_code for one in sheets} == {200}


def test_nothing_is_counted_where_limits_are_off(client: FlaskClient, themes: Database) -> None:
    sheet = forms(client)[f"{PAGE}/link"] | {"email": ALICE.email}
    codes = {client.post(f"{PAGE}/link", data=sheet).status_code for _ in range(MOST + 5)}
    assert codes == {200}


# networks ------------------------------------------------------------------------------


@pytest.mark.parametrize(("proxies", "codes"), [(0, [200, 429, 429]), (1, [200, 200, 429])])
@pytest.mark.parametrize(
    "action", [CYCLE_FORM, FOLLOW, f"{PAGE}/register", f"{PAGE}/link", "/link"]
)
def test_the_number_of_trusted_proxies_says_whose_word_counts(
    make_app: Callable[..., Flask],
    themes: Database,
    action: str,
    proxies: int,
    codes: list[int],
) -> None:
    app = make_app(rate_limit_enabled=True, registrations_per_minute=1, trusted_proxies=proxies)
    client = app.test_client()
    sheet = forms(client)[action] | {"full_name": "X"}
    seen = []
    # What stands before the last address is the visitor's own word, with one proxy too.
    for number, forwarded in enumerate(("192.0.2.1", "192.0.2.2", "198.51.100.7, 192.0.2.2")):
        answer = client.post(
            action,
            data=sheet | {"email": f"p{number}@example.org"},
            headers={"X-Forwarded-For": forwarded},
        )
        seen.append(answer.status_code)
    assert seen == codes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "[2001:DB8:1:2::7]:443", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.7", "192.0.2.7:5123", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("unknown", "unknown", True),
        ("unknown", "192.0.2.7", False),
    ],
)
def test_addresses_of_one_network_are_counted_together(
    app: Flask, one: str, other: str, same: bool
) -> None:
    seen = []
    for address in (one, other):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            seen.append(network())
    assert (seen[0] == seen[1]) is same


def test_a_network_of_ipv6_has_no_more_tries_than_one_address(
    make_app: Callable[..., Flask], themes: Database
) -> None:
    app = make_app(rate_limit_enabled=True, registrations_per_minute=2, trusted_proxies=1)
    client = app.test_client()
    sheet = forms(client)[f"{PAGE}/link"]
    codes = []
    for number in range(4):
        typed = sheet | {"email": f"p{number}@example.org"}
        headers = {"X-Forwarded-For": f"2001:db8:1:2::{number}"}
        codes.append(client.post(f"{PAGE}/link", data=typed, headers=headers).status_code)
    assert codes == [200, 200, 429, 429]


# anything at all -----------------------------------------------------------------------

RIGHT = {
    "email": ("alice@example.org", " BOB@example.org", "c@example.org"),
    "full_name": ("Alice", "Élodie d’Aubigné", "محمد", "李"),
    "organisation": ("Mairie de Rennes", ""),
    "actor_category": ("citizen", ""),
    "region": ("53", "outside", ""),
    "question": ("Pourquoi ?\r\nEt quand ?", "=1+1"),
    "news": ("y", "", "false"),
    "without": (MARCH.slug, APRIL.slug, "no-such"),
}
PIECES = (
    "\0", "\x1b", "\r\n", "\t", "\x85", "\u2028", "\u200b", "\ufeff", "\u202e", "\u2066",
    "\u200f", "\ud800", "\udfff\ud800", "\ufffd", "\uffff", "\U0010ffff", "é", "e\u0301", "ﷺ",
    "👩\u200d👧", "%00", "%ed%a0%80", "'", '"', "<script>", "{{7*7}}", "%(max)d", "../..", "@",
    "@example.org", ".", "=1+1", "https://x.example", "NaN", "-1", "9" * 40, "alice@example.org",
    "x" * 300,
)  # fmt: skip


def some_text(chance: random.Random) -> str:
    """Anything that can be typed, and what cannot."""
    return "".join(chance.choices(PIECES, k=chance.randint(0, 6)))


def some_sheet(chance: random.Random) -> MultiDict[str, str]:
    """Fields that are right, wrong, missing, or there several times."""
    sheet: MultiDict[str, str] = MultiDict()
    for name, right in RIGHT.items():
        luck = chance.random()
        if luck < 0.65:
            sheet.add(name, chance.choice(right))
        elif luck < 0.95:
            sheet.setlist(name, [some_text(chance) for _ in range(chance.randint(1, 3))])
        if chance.random() < 0.05:
            sheet.add(f"{name}[]", some_text(chance))
    return sheet


def sent(sheet: MultiDict[str, str], token: str, chance: random.Random) -> dict[str, object]:
    """The sheet as bytes, now and then with a file in the place of a text, or far too long."""
    data: dict[str, object] = {
        name: [value.encode("utf-8", "surrogatepass") for value in values]
        for name, values in sheet.lists()
    }
    luck = chance.random()
    if luck < 0.02:
        data[chance.choice(list(RIGHT))] = (BytesIO(b"\x89PNG\0"), "x.png")
    elif luck < 0.03:
        data[chance.choice(list(RIGHT))] = b"x" * 2**20
    return data | {
        "csrf_token": token
        if chance.random() < 0.95
        else some_text(chance).encode("utf-8", "replace")
    }


CASES: list[tuple[str, type[TypedForm]]] = [
    (f"{PAGE}/register", RegistrationForm),
    (CYCLE_FORM, CycleForm),
    (FOLLOW, PersonForm),
]
THROUGH_THE_ROUTE = 500
OF_EACH = 3_400
"""Ten thousand of all three."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("action", "form"), CASES)
def test_ten_thousand_random_sheets_break_nothing_and_leave_nothing_half_written(
    client: FlaskClient, app: Flask, themes: Database, action: str, form: type[TypedForm]
) -> None:
    chance = random.Random(action)
    with app.test_request_context():
        for _ in range(OF_EACH - THROUGH_THE_ROUTE):
            form(some_sheet(chance)).is_right()
    token = forms(client)[action]["csrf_token"]
    before, seen = rows(themes), set()
    for _ in range(THROUGH_THE_ROUTE):
        answer = client.post(action, data=sent(some_sheet(chance), token, chance))
        after = rows(themes)
        people, cycles, followed, registrations, questions, mails = (
            now - then for now, then in zip(after, before, strict=True)
        )
        seen.add(answer.status_code)
        if answer.status_code == 200:
            assert people in (0, 1)
            assert mails in ((1,) if people else (0, 1))
            assert cycles + followed + registrations >= people
            assert questions <= 1
        else:
            assert answer.status_code in (400, 413, 422)
            assert after == before
        before = after
    assert seen == {200, 400, 413, 422}


def test_a_body_that_is_no_form_is_an_old_form(client: FlaskClient, themes: Database) -> None:
    for action in (CYCLE_FORM, FOLLOW):
        for kind in ("application/json", "text/plain", "multipart/form-data", ""):
            answer = client.post(action, data=b"{\x00\xff", content_type=kind)
            assert answer.status_code == 400
    assert rows(themes) == (0,) * len(MODELS)
