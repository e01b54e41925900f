"""The door of a webinar."""

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
    counted_queries,
    plan_of,
    published,
    register,
)
from tests.web.support import (
    END,
    OPENS,
    PAGE,
    SECOND,
    START,
    door_token,
    read,
    replace_secrets,
    rows,
    spelt_wrong,
    tokens,
    words,
)
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.replays import Video
from webinars.models import Registration
from webinars.services import Services

DOOR = f"{PAGE}/join"


def knock(
    client: FlaskClient, services: Services, email: str = "alice@example.org"
) -> TestResponse:
    """Open one's own link to the door."""
    return client.get(f"{DOOR}?t={door_token(services.database, services.links, email)}")


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
    mine = door_token(alice, services.links)
    with alice.write() as session:
        register(session, BOB, webinar=APRIL.slug)
    bobs = door_token(alice, services.links, BOB.email)
    at(instant)
    wrong = (*spelt_wrong(mine), *spelt_wrong(page_token))
    for token in ("", "x", bobs, calendar_token, *wrong):
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
    olds = (door_token(alice, services.links), tokens(alice, services.links)[0])
    replace_secrets(alice)
    for old in olds:
        assert_shut(client.get(f"{DOOR}?t={old}"))
    assert knock(client, services).status_code == 302


def test_what_opens_the_door_opens_nothing_else(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    """It is passed on in good faith, and shown on screens: nothing of the person stands behind."""
    token = door_token(alice, services.links)
    for instant in (NOW, START, END):
        at(instant)
        for address in ("", "/details", "/data", "/data.json", "/erase", "/calendar.ics"):
            assert client.get(f"/me/{token}{address}").status_code == 404
        for act in ("cancel", "cancel-all", "link", "erase", "include"):
            assert client.post(f"/me/{token}/{act}").status_code == 404
        answer = knock(client, services)
        page_token, calendar_token = tokens(alice, services.links)
        assert page_token not in answer.get_data(as_text=True)
        assert calendar_token not in answer.get_data(as_text=True)
        assert "/me/" not in answer.get_data(as_text=True)


def test_links_of_mails_that_have_left_still_lead_in(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    """They carry the page's token; what the door shows carries its own."""
    old = tokens(alice, services.links)[0]
    at(NOW)
    early = client.get(f"{DOOR}?t={old}")
    assert_shut(early)
    assert old not in early.get_data(as_text=True)
    (way,) = read(early).links(f"{DOOR}?")
    assert way == f"{DOOR}?t={door_token(alice, services.links)}"
    at(START)
    assert client.get(f"{DOOR}?t={old}").headers["Location"] == MARCH.join_url
    assert client.get(way).headers["Location"] == MARCH.join_url


def arrivals(database: Database) -> list[tuple[str, bool]]:
    """The status of each registration, and whether they came."""
    with database.read() as session:
        found = session.execute(
            sa.select(Registration.status, Registration.came_at).order_by(Registration.id)
        )
        return [(status.value, came is not None) for status, came in found]


def test_it_notes_who_came(client: FlaskClient, alice: Database, services: Services, at) -> None:
    for instant in (NOW, OPENS - SECOND):
        at(instant)
        knock(client, services)
        assert arrivals(alice) == [("confirmed", False)]
    at(OPENS)
    client.get(DOOR)
    assert arrivals(alice) == [("confirmed", False)]
    knock(client, services)
    assert arrivals(alice) == [("attended", True)]
    at(END - SECOND)
    with counted_queries(alice) as statements:
        assert knock(client, services).status_code == 302
    assert [one for one in statements if not one.startswith("SELECT")] == []


def test_who_comes_only_after_the_end_has_not_come(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    at(END)
    knock(client, services)
    assert arrivals(alice) == [("confirmed", False)]


@pytest.mark.parametrize("instant", [OPENS - SECOND, OPENS, START, END - SECOND, END])
def test_head_answers_like_get_and_notes_nobody(
    client: FlaskClient, alice: Database, services: Services, at, instant
) -> None:
    at(instant)
    address = f"{DOOR}?t={door_token(alice, services.links)}"
    head = client.head(address)
    assert arrivals(alice) == [("confirmed", False)]
    get = client.get(address)
    assert (head.status_code, head.headers.get("Location")) == (
        get.status_code,
        get.headers.get("Location"),
    )
    assert head.data == b""


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Moz", "prefetch"),
        ("X-Purpose", "preview"),
    ],
)
def test_a_browser_that_fetches_ahead_is_nobody(
    client: FlaskClient, app: Flask, alice: Database, services: Services, at, header, value
) -> None:
    at(START)
    token = door_token(alice, services.links)
    answer = client.get(f"{DOOR}?t={token}", headers={header: value})
    assert_shut(answer)
    assert arrivals(alice) == [("confirmed", False)]
    main = read(answer).one("main")
    assert main.one("h1").text == words(app, "The room is open")
    (way,) = [a for a in main.all("a") if a.text == words(app, "Enter the room")]
    assert client.get(way.attrs["href"]).headers["Location"] == MARCH.join_url
    assert arrivals(alice) == [("attended", True)]


def test_early_everybody_reads_day_and_hours_without_a_script(
    client: FlaskClient, app: Flask, alice: Database, services: Services, now
) -> None:
    main = read(knock(client, services)).one("main")
    times = main.one("dl").all("time")
    assert [time.text.replace("\u00a0", " ") for time in times] == [
        "jeudi 21 mars, 12 h 45",
        "jeudi 21 mars, 13 h",
    ]
    assert main.links(f"{PAGE}.ics") == [f"{PAGE}.ics"]
    way = main.all("p", class_="countdown__way")
    assert all("hidden" in one.attrs for one in way)


def test_whoever_waits_is_told_their_rank(
    client: FlaskClient, app: Flask, database: Database, services: Services, now, at
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, BOB)
        register(session, ALICE, now=NOW + SECOND)
    for instant in (NOW, OPENS, START, END - SECOND):
        at(instant)
        answer = knock(client, services)
        assert_shut(answer)
        title = words(app, "You are no. %(rank)s on the waiting list", rank=1)
        assert read(answer).one("h1").text == title
    assert ("waitlisted", True) not in arrivals(database)


def test_a_registration_to_confirm_leads_to_its_button(
    client: FlaskClient, app: Flask, alice: Database, services: Services, at
) -> None:
    with alice.write() as session:
        session.execute(sa.update(Registration).values(status="pending"))
    at(START)
    answer = knock(client, services)
    assert_shut(answer)
    main = read(answer).one("main")
    assert main.one("h1").text == words(app, "One more step: confirm your registration")
    assert set(main.form(f"{PAGE}/link").values()) == {"csrf_token", "email"}


def test_over_with_its_replay_leads_to_it(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    with alice.write() as session:
        replays.put_online(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            video=Video("https://video.example.org/mars", 3600),
            now=END,
        )
    at(END - SECOND)
    assert knock(client, services).status_code == 302
    at(END)
    for answer in (knock(client, services), client.get(DOOR), client.head(DOOR)):
        assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
        assert answer.headers["Cache-Control"] == "private, no-store"


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
    token = door_token(site, services.links)
    answer = client.get(f"/cycles/2019/{MAY.slug}/join?t={token}")
    assert_shut(answer)
    page = read(answer)
    assert page.one("h1").text != words(app, "Please come in with your personal link")
    assert page.one("main").all("form") == []


def test_only_the_right_webinars_door_opens(
    client: FlaskClient, alice: Database, services: Services, at
) -> None:
    at(START.replace(month=4, day=18, hour=11))
    token = door_token(alice, services.links)
    assert_shut(client.get(f"/cycles/2019/{APRIL.slug}/join?t={token}"))
