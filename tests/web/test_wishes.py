"""Wishes for themes: what everybody reads, what is pressed on one's own page and at the desk."""

import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, BOB, MARCH, counted_queries, register
from tests.web.own_page import assert_private, notice, own, press
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import participants, wish_acts, wishes
from webinars.domain.editing import Editor
from webinars.domain.people import Person
from webinars.models import Cycle, DraftSession, Wish, WishState
from webinars.services import Services

EVIL = "<script>alert(1)</script> & « l’eau »"
DESK = "/organise/wishes/"


def wish(database: Database, title: str, who: Person = ALICE, *, public: bool = True) -> uuid.UUID:
    with database.write() as session:
        person = participants.by_email(session, email=who.email)
        assert person is not None
        now = person.created_at
        made = wishes.propose(session, participant=person, title=title, why=None, now=now)
        if public:
            wish_acts.word(
                session,
                public_id=made.public_id,
                title=title,
                why=None,
                publish=True,
                editor=Editor("anne@example.org", now),
            )
        return made.public_id


def row(database: Database, title: str) -> Wish:
    with database.read() as session:
        return session.scalars(sa.select(Wish).where(Wish.title == title)).one()


def listed(page: Element) -> list[tuple[str, str]]:
    """Title and support of each, as they stand."""
    found = page.one("main").all("li", class_="wish")
    return [(one.one("h2", "h3").text, one.one("p", class_="wish__count").text) for one in found]


# for everybody ------------------------------------------------------------------------------


def test_none_one_three_wishes_and_what_they_cost(client: FlaskClient, alice: Database) -> None:
    seen = []
    for number in (0, 1, 2):
        for one in range(number):
            wish(alice, f"Souhait {number} {one} {EVIL}")
        with counted_queries(alice) as queries:
            answer = client.get("/wishes")
        assert b"<script>alert" not in answer.data
        seen.append((len(listed(read(answer))), len(queries)))
        assert "Set-Cookie" not in answer.headers
    # The site's version twice, and the wishes; no webinar answers any.
    assert seen == [(0, 3), (1, 3), (3, 3)]
    with counted_queries(alice) as queries:
        assert client.get("/wishes", headers={}).status_code == 200
    assert len(queries) == 1


def test_the_page_says_how_without_a_secret(
    client: FlaskClient, app: Flask, alice: Database
) -> None:
    wish(alice, "L’eau", public=False)
    for prefix, language in (("", "fr"), ("/en", "en")):
        page = read(client.get(f"{prefix}/wishes"))
        assert words(app, "No wish stands here yet", language) in page.text
        assert page.one("main").links(f"{prefix}/link") == [f"{prefix}/link"]
        assert page.one("main").all("form") == []
    home = read(client.get("/")).one("main")
    assert home.links("/wishes") == ["/wishes"]


def test_in_both_orders(client: FlaskClient, alice: Database) -> None:
    with alice.write() as session:
        register(session, BOB)
    first = wish(alice, "Premier")
    wish(alice, "Second")
    with alice.write() as session:
        bob = participants.by_email(session, email=BOB.email)
        assert bob is not None
        wishes.support(session, participant=bob, public_id=first)
    by_support = [title for title, _ in listed(read(client.get("/wishes")))]
    newest = [title for title, _ in listed(read(client.get("/wishes?order=newest")))]
    assert (by_support, newest) == (["Premier", "Second"], ["Second", "Premier"])


# on one's own page ----------------------------------------------------------------------------


def propose(client: FlaskClient, page: str, **typed: str) -> TestResponse:
    return press(client, page, "wishes", on="/wishes", **typed)


def test_a_wish_is_proposed_and_its_state_is_seen(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    page = own(services)
    answer = propose(client, page, title=f" {EVIL} ", why="Pour agir.\r\nVite.")
    assert answer.status_code == 303
    assert_private(answer)
    shown = read(client.get(answer.headers["Location"]))
    assert EVIL in shown.by_id("mine").text
    assert words(app, "waiting to be read") in shown.by_id("mine").text
    assert row(alice, EVIL).why == "Pour agir.\nVite."
    with alice.read() as session:
        person = participants.by_email(session, email=ALICE.email)
        assert person is not None
        assert person.proven_at is not None


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": " "}, "title", "write in a few words what a webinar should be about"),
        ({"title": "x" * 121}, "title", "the title is too long: at most 120 characters"),
        ({"title": "x", "why": "x" * 1001}, "why", "the text is too long: at most 1000 characters"),
        ({"title": "déjà là"}, "title", "You have proposed this already: it stands below."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    client: FlaskClient,
    app: Flask,
    alice: Database,
    services: Services,
    typed: dict[str, str],
    field: str,
    sentence: str,
) -> None:
    wish(alice, "Déjà là", public=False)
    answer = propose(client, own(services), **typed)
    assert answer.status_code == 422
    shown = read(answer)
    said = words(app, sentence).lower().rstrip(".")
    assert said in shown.by_id(f"{field}-error").text.lower()
    assert shown.by_id("title").attrs["value"] == typed["title"]
    with alice.read() as session:
        assert session.scalars(sa.select(Wish.title)).all() == ["Déjà là"]


def test_others_are_supported_and_no_longer(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    with alice.write() as session:
        register(session, BOB)
    which = wish(alice, "L’eau", BOB)
    page = own(services)
    for act, count, said in (
        ("support", "2", "Your support counts."),
        ("unsupport", "1", "Your support no longer counts."),
    ):
        answer = press(client, page, f"wishes/{act}", on="/wishes")
        assert answer.status_code == 303
        shown = read(client.get(answer.headers["Location"]))
        assert notice(shown) == words(app, said)
        assert listed(shown)[0][1].startswith(count)
        assert listed(read(client.get("/wishes")))[0][1].startswith(count)
    values = read(client.get(f"{page}/wishes")).form(f"{page}/wishes/support").values()
    for wrong in ("", "1", str(uuid.uuid4())):
        data = values | {"wish": wrong}
        assert client.post(f"{page}/wishes/support", data=data).status_code == 404
    assert client.post(f"{page}/wishes/support", data={"wish": str(which)}).status_code == 400


# at the desk ----------------------------------------------------------------------------------


@pytest.fixture
def moderator(desk: FlaskClient, site: Database) -> FlaskClient:
    """Alice and Bob are registered, each with a wish that waits."""
    with site.write() as session:
        for who in (ALICE, BOB):
            register(session, who)
    wish(site, "L’eau", public=False)
    wish(site, "La gestion de l’eau", BOB, public=False)
    return desk


def do(
    client: FlaskClient, which: uuid.UUID, act: str, *, state: str = "", **typed: Any
) -> TestResponse:
    page = read(client.get(f"{DESK}?state={state}"))
    forms = [form for form in page.all("form") if form.attrs["action"] == f"{DESK}{which}"]
    return client.post(f"{DESK}{which}", data=forms[0].values() | {"act": act} | typed)


def test_read_worded_published_put_together_and_planned(
    moderator: FlaskClient, client: FlaskClient, app: Flask, site: Database
) -> None:
    first, second = row(site, "L’eau").public_id, row(site, "La gestion de l’eau").public_id
    assert [title for title, _ in listed(read(moderator.get(DESK)))] == [
        "L’eau",
        "La gestion de l’eau",
    ]
    assert do(moderator, first, "publish", title="L’eau, bien commun").status_code == 303
    assert do(moderator, second, "merge", into=str(first)).status_code == 303
    assert [pair[0] for pair in listed(read(client.get("/wishes")))] == ["L’eau, bien commun"]
    planned = f"2019/{MARCH.slug}"
    assert do(moderator, first, "plan", state="public", webinar=planned).status_code == 303
    page = read(client.get("/wishes")).one("main")
    assert words(app, "on the programme") in page.text
    assert page.links(f"/cycles/{planned}") == [f"/cycles/{planned}"]
    assert listed(page_of(page))[0][1].startswith("2")
    history = read(moderator.get("/organise/history")).one("main").text.lower()
    assert words(app, "put two wishes for a theme together") in history


def page_of(main: Element) -> Element:
    return Element("document", {}, [main])


def test_declined_with_a_reason_that_must_be_there(
    moderator: FlaskClient, app: Flask, site: Database, services: Services
) -> None:
    which = row(site, "L’eau").public_id
    answer = do(moderator, which, "decline", reason=" ")
    assert answer.status_code == 422
    wrong = read(answer).by_id(f"reason-{which}-error").text.lower()
    assert words(app, "write why: whoever proposed it reads it") in wrong
    assert row(site, "L’eau").state is WishState.WAITING
    assert do(moderator, which, "decline", reason="Déjà prévu ailleurs").status_code == 303
    assert "Déjà prévu ailleurs" in read(app.test_client().get(f"{own(services)}/wishes")).text


def test_somebody_was_faster(moderator: FlaskClient, site: Database) -> None:
    which = row(site, "L’eau").public_id
    assert do(moderator, which, "publish", title="L’eau", seen="declined").status_code == 409
    assert row(site, "L’eau").state is WishState.WAITING


def test_a_new_year_takes_wishes_up_before_its_themes(
    moderator: FlaskClient, app: Flask, site: Database
) -> None:
    which = row(site, "L’eau").public_id
    do(moderator, which, "publish")
    form = read(moderator.get("/organise/cycles/new")).one("main").form("/organise/cycles/new")
    boxes = [one for one in form.all("input", type="checkbox") if one.attrs["name"] == "wish"]
    assert [one.attrs["value"] for one in boxes] == [str(which)]
    token = next(b for b in form.all("button") if b.attrs.get("name") == "csrf_token")
    months = [str(number) for number in range(1, 13)]
    data = form.values() | {
        "wish": str(which),
        "year": "2020",
        "months": months,
        "csrf_token": token.attrs["value"],
    }
    assert moderator.post("/organise/cycles/new", data=data).status_code == 303
    with site.read() as session:
        drafted = session.scalars(
            sa.select(DraftSession)
            .join(Cycle, Cycle.id == DraftSession.cycle_id)
            .where(Cycle.year == 2020)
            .order_by(DraftSession.date)
        ).all()
        assert drafted[0].title == "L’eau"
        assert len(drafted) == 12
    assert row(site, "L’eau").planned_slug == "l-eau"
    assert read(moderator.get("/organise/cycles/new")).all("input", name="wish") == []


def test_one_press_on_the_board_drafts_a_wish(moderator: FlaskClient, site: Database) -> None:
    which = row(site, "L’eau").public_id
    do(moderator, which, "publish")
    board = "/organise/cycles/2019"
    form = read(moderator.get(f"{board}/")).by_id("wishes").form(f"{board}/wish")
    days = [one.attrs["value"] for one in form.one("select").all("option")]
    assert "2019-06-20" in days
    answer = moderator.post(f"{board}/wish", data=form.values() | {"where": "2019-06-20"})
    assert answer.status_code == 303
    with site.read() as session:
        june = session.scalars(sa.select(DraftSession).where(DraftSession.slug == "l-eau")).one()
        assert (june.title, str(june.date)) == ("L’eau", "2019-06-20")
    assert read(moderator.get(f"{board}/")).all(id="wishes") == []
    again = moderator.post(
        f"{board}/wish", data=form.values() | {"where": "2019-06-20", "seen": "2"}
    )
    assert again.status_code == 409
