"""What a later form says of a known person: told alike to all, offered on their own page."""

import json
import re
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.support import ALICE, APRIL, MARCH, load_library
from tests.web.own_page import kept, notice, own, press
from tests.web.support import post_registration, read, words
from webinars import clock
from webinars.db import Database
from webinars.mail.messages import compose
from webinars.models import OutboxMail
from webinars.services import Services

APRILS = f"/cycles/2019/{APRIL.slug}"
TYPED = {
    "full_name": "Alice Dupont-Roy",
    "organisation": "<b>Mairie</b> evil.example",
    "region": "53",
    "actor_category": "citizen",
    "news": "y",
}
STAYS = (
    "Came before? What is known of you stays as it is. What you said anew waits on your personal "
    "page for its button."
)
TOLD = (
    "A form with this address says something of you that is not known here yet. Nothing of it "
    "holds until you press the button on your personal page:"
)
TITLE = "Said of you in a form, and not known here yet"


def details(database: Database) -> tuple[str, str | None, str | None, str | None, bool]:
    of = kept(database)
    return (of.full_name, of.organisation, of.region, of.actor_category, bool(of.news_since))


BEFORE = (ALICE.full_name, None, None, None, False)
AFTER = ("Alice Dupont-Roy", "<b>Mairie</b> evil.example", "53", "citizen", True)


@pytest.mark.parametrize("page", [f"/cycles/2019/{MARCH.slug}", APRILS, f"/en{APRILS}"])
def test_the_answer_is_the_same_for_known_and_unknown(
    client: FlaskClient, app: Flask, alice: Database, page: str
) -> None:
    known = post_registration(client, page, **TYPED)
    other = post_registration(client, page, **TYPED, email="robin@example.org")
    tokens = re.compile(rb'name="csrf_token" value="[^"]*"')
    assert known.status_code == other.status_code == 200
    assert tokens.sub(b"", known.data) == tokens.sub(b"", other.data).replace(b"robin@", b"alice@")
    assert words(app, STAYS, "en" if page.startswith("/en") else "fr") in read(known).text
    assert details(alice) == BEFORE


def test_every_scope_says_so(client: FlaskClient, app: Flask, alice: Database) -> None:
    with alice.write() as session:
        load_library(session, "themes.toml")
    for page, action in (
        ("/cycles/2019/register", "/cycles/2019/register"),
        (f"/themes/{MARCH.slug}", f"/themes/{MARCH.slug}/follow"),
    ):
        values = read(client.get(page)).form(action).values()
        answer = client.post(action, data=values | {"email": ALICE.email, "full_name": "Alice"})
        assert (answer.status_code, action) == (200, action)
        assert words(app, STAYS) in read(answer).text


@pytest.mark.parametrize(
    ("act", "done", "after"),
    [
        ("take-over", "Your details are corrected", AFTER),
        ("keep", "Everything stays as it was", BEFORE),
    ],
)
def test_the_page_offers_it_and_a_press_decides(
    client: FlaskClient,
    app: Flask,
    alice: Database,
    services: Services,
    act: str,
    done: str,
    after: tuple[object, ...],
) -> None:
    page = own(services)
    assert read(client.get(page)).all(id="said-anew") == []
    post_registration(client, APRILS, **TYPED)
    box = read(client.get(page)).by_id("said-anew")
    assert [term.text for term in box.all("dd")][:2] == ["Alice Dupont-Roy", TYPED["organisation"]]
    assert len(box.all("dd")) == 5
    assert box.all("b") == []
    assert client.post(f"{page}/{act}").status_code == 400, "a form without its token"
    assert details(alice) == BEFORE
    answer = press(client, page, act)
    assert answer.status_code == 303
    shown = read(client.get(answer.headers["Location"]))
    assert notice(shown).startswith(words(app, done))
    assert shown.all(id="said-anew") == []
    assert details(alice) == after
    assert kept(alice).proven_at is not None


def test_it_is_theirs_to_see_and_to_take(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    post_registration(client, APRILS, **TYPED)
    page = own(services)
    said = json.loads(client.get(f"{page}/data.json").data)["person"]["said_anew"]
    assert said == {**TYPED, "news": True}
    facts = read(client.get(f"{page}/data")).one("main").text
    assert words(app, "Said in a later form, not taken over") in facts
    assert "Alice Dupont-Roy, <b>Mairie</b> evil.example" in facts


@pytest.mark.parametrize("page", [f"/cycles/2019/{MARCH.slug}", APRILS])
def test_the_mail_says_that_it_waits_and_never_what(
    client: FlaskClient, app: Flask, alice: Database, services: Services, page: str
) -> None:
    """Where she is registered already it is her link, else the confirmation."""
    post_registration(client, page, **TYPED)
    with alice.read() as session:
        first, last = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)).all()
        with app.app_context():
            letter = compose(session, mail=last, services=services, now=clock.now())
    sentence = words(app, TOLD)
    assert sentence in " ".join(letter.text.split())
    assert sentence in " ".join(unescape(letter.html).split())
    assert "evil.example" not in letter.text + letter.html
    assert first.kind != last.kind or page == APRILS


def test_a_mail_of_nothing_new_does_not_say_so(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    post_registration(client, APRILS)
    with alice.read() as session:
        last = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id.desc())).first()
        assert last is not None
        with app.app_context():
            letter = compose(session, mail=last, services=services, now=clock.now())
    assert words(app, TOLD) not in " ".join(letter.text.split())
