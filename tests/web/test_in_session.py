"""Registering while the webinar is in session: the page says that it is on, and what leads in."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.support import ALICE, BOB, HOST, MARCH, NOW, person, plan_of, published, register
from tests.web.support import (
    END,
    OPENS,
    PAGE,
    SECOND,
    START,
    Element,
    post_registration,
    read,
    words,
)
from webinars.db import Database
from webinars.domain import by_hand
from webinars.models import Participant, Registration

IS_ON = "The webinar is on now."
IS_OPEN = "The room is open."
LEADS_IN = "The button of that mail leads you in; the replay will be on this page."
IF_YOURS = "If a place is yours, that mail leads you in."
CONFIRMED_FIRST = "Once you have confirmed, your page leads you in."
REMINDER = "A reminder follows before the webinar; the replay will be on this page."
NO_MORE = (
    "The webinar has begun, and no place is left: nobody in line gets one any more. Your name "
    "on the list tells the organisers that you wanted to come; the replay will be on this page."
)
WILL_BE_TOLD = (
    "Every place is taken. On the waiting list, you are told as soon as one is free, in the "
    "order of arrival; the replay will be on this page."
)
both_languages = pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])


def panel(page: Element) -> str:
    return page.by_id("register").text


def doors(page: Element, prefix: str = "") -> list[str]:
    return page.links(f"{prefix}{PAGE}/join")


@both_languages
def test_the_answer_says_what_leads_in(
    client: FlaskClient, app: Flask, site: Database, at, prefix: str, language: str
) -> None:
    said = {NOW: REMINDER, OPENS - SECOND: REMINDER, OPENS: IS_OPEN, START: IS_ON}
    for number, (instant, sentence) in enumerate(said.items()):
        at(instant)
        live = sentence != REMINDER
        before = read(client.get(prefix + PAGE))
        assert doors(before, prefix) == ([f"{prefix}{PAGE}/join"] if live else [])
        assert (words(app, sentence, language) in panel(before)) is live
        answer = read(post_registration(client, prefix + PAGE, email=f"person{number}@example.org"))
        assert words(app, sentence, language) in panel(answer)
        assert (words(app, LEADS_IN, language) in panel(answer)) is live
        assert doors(answer, prefix) == [], "the way in is in the mail"
        calendar = answer.by_id("register").links(f"{prefix}{PAGE}.ics")
        assert calendar == ([] if live else [f"{prefix}{PAGE}.ics"])


def test_the_answer_is_the_same_for_known_and_unknown(
    client: FlaskClient, app: Flask, alice: Database, at
) -> None:
    at(START)
    known = panel(read(post_registration(client, email=ALICE.email)))
    unknown = panel(read(post_registration(client, email="robin@example.org")))
    assert known.replace("alice@", "robin@") == unknown


@both_languages
def test_with_confirmation_the_page_leads_in(
    make_app, site: Database, at, prefix: str, language: str
) -> None:
    app = make_app(require_confirmation=True)
    for instant, live in ((NOW, False), (START, True)):
        at(instant)
        answer = read(post_registration(app.test_client(), prefix + PAGE))
        assert (words(app, CONFIRMED_FIRST, language) in panel(answer)) is live


@both_languages
def test_a_full_webinar_promises_nothing_after_its_start(
    client: FlaskClient, app: Flask, database: Database, now, at, prefix: str, language: str
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, BOB)
    for number, (instant, begun) in enumerate(
        ((NOW, False), (OPENS, False), (START, True), (END - SECOND, True))
    ):
        at(instant)
        page = panel(read(client.get(prefix + PAGE)))
        assert (words(app, WILL_BE_TOLD, language) in page) is not begun
        assert (words(app, NO_MORE, language) in page) is begun
        email = f"person{number}@example.org"
        answer = panel(read(post_registration(client, prefix + PAGE, email=email)))
        assert (words(app, IF_YOURS, language) in answer) is (instant >= OPENS)


def test_a_place_that_is_freed_after_the_start_is_nobodys_while_somebody_waits(
    client: FlaskClient, app: Flask, database: Database, now, at
) -> None:
    """The page says full, so that known and unknown addresses are answered alike."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=2))
        for number in range(3):
            register(session, person(number), now=NOW + number * SECOND)
        first = session.scalars(
            sa.select(Registration.id).join(Participant).order_by(Registration.id)
        ).first()
        assert first is not None
        by_hand.end(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            registration_id=first,
            tell=False,
            host=HOST,
            actor="orga@example.org",
            now=START,
        )
    at(START)
    page = read(client.get(PAGE))
    assert page.by_id("register-title").text == words(app, "Join the waiting list")
    known = panel(read(post_registration(client, email="person1@example.org")))
    unknown = panel(read(post_registration(client, email="robin@example.org")))
    assert known == unknown
    assert words(app, "Look in your mail") in known
