"""The participant's own page: GET shows, POST acts, and the secret stays one."""

from dataclasses import replace
from datetime import datetime

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
    counted_queries,
    load_library,
    plan_of,
    published,
    register,
)
from tests.web.own_page import assert_private, kept, own, press, statuses
from tests.web.support import (
    END,
    OPENS,
    PAGE,
    SECOND,
    START,
    Element,
    counted,
    door_token,
    post_registration,
    read,
    replace_secrets,
    rows,
    spelt_wrong,
    tokens,
    words,
)
from webinars.db import Database
from webinars.domain import following, replays, whole_cycle
from webinars.domain.consent import NEWS
from webinars.domain.registrations import House
from webinars.models import Registration
from webinars.services import Services

AFTER_MARCH = datetime.fromisoformat("2019-04-01T09:00:00+00:00")


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


WIDER_ACTS = (
    "confirm-all",
    "confirm-cycle",
    "leave-cycle",
    "include",
    "confirm-theme",
    "stop-theme",
    "leave-list",
    "take-up-list",
)


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
    assert joins == [f"{PAGE}/join?t={door_token(alice, services.links)}"]
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
    for act in ("cancel", "confirm", *WIDER_ACTS):
        answer = client.get(f"{page}/{act}?webinar=2019/{MARCH.slug}&cycle=2019")
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
    assert buttons(after) == [("include", f"2019/{MARCH.slug}")]


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
        for act in ("cancel", *WIDER_ACTS):
            answer = client.post(f"{page}/{act}", data=data | {"cycle": "2019"})
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


# my cycles and themes, my news ---------------------------------------------------------

THEMES = (MARCH.theme, APRIL.theme, MAY.theme)
CONFIRMS = House(host=HOUSE.host, require_confirmation=True)


def whole(database: Database, *without: str, cycle: str = "2019", house: House = HOUSE) -> None:
    """Alice registers for a whole cycle."""
    with database.write() as session:
        whole_cycle.register_for_cycle(
            session,
            cycle_slug=cycle,
            person=ALICE,
            without=frozenset(without),
            question=None,
            house=house,
            now=NOW,
        )


def follow(database: Database, *themes: str | None, house: House = HOUSE) -> None:
    """Alice follows themes."""
    with database.write() as session:
        for slug in themes:
            following.follow_theme(
                session, theme_slug=str(slug), person=ALICE, house=house, now=NOW
            )


def acts(page: Element) -> list[tuple[str, ...]]:
    """What can be pressed in the section of cycles and themes: the act, and on what."""
    found = []
    for form in page.by_id("my-scopes").all("form"):
        values = form.values()
        assert values.pop("csrf_token")
        found.append((form.attrs["action"].rpartition("/")[2], *values.values()))
    return found


def push(client: FlaskClient, page: str, act: str, **changes: str | None) -> TestResponse:
    """Press the first button of this act that the page offers."""
    form = next(
        form
        for form in read(client.get(page)).all("form")
        if form.attrs["action"] == f"{page}/{act}"
    )
    data = form.values() | changes
    return client.post(form.attrs["action"], data={k: v for k, v in data.items() if v is not None})


def where(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("Location", "").partition("?done=")[2]


def test_who_has_no_cycle_and_no_theme_sees_no_empty_box(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    page = read(client.get(own(services)))
    assert page.all(id="my-scopes") == []
    assert "%" not in page.by_id("my-data").text
    shown = read(client.get(f"{own(services)}/data"))
    assert shown.all(id="cycles-title") + shown.all(id="themes-title") == []


@pytest.mark.parametrize("number", [1, 3])
def test_cycles_and_themes_are_shown_with_what_can_be_done(
    client: FlaskClient, app: Flask, alice: Database, services: Services, number: int
) -> None:
    slugs = ["2019", "2020", "2021"][:number]
    for year in range(2020, 2019 + number):
        with alice.write() as session:
            later = replace(MARCH, date=MARCH.date.replace(year=year))
            published(session, plan_of(later, slug=str(year), year=year, title=f"Cycle {year}"))
    with alice.write() as session:
        load_library(session, "themes.toml")
    for slug in slugs:
        whole(alice, cycle=slug)
    follow(alice, *THEMES[:number])
    page = read(client.get(own(services)))
    assert page.by_id("my-scopes-title").text == words(app, "My cycles and themes")
    assert acts(page) == [
        *(("leave-cycle", slug) for slug in slugs),
        *(("stop-theme", str(theme)) for theme in THEMES[:number]),
    ]
    shown = read(client.get(f"{own(services)}/data"))
    assert len(shown.by_id("cycles-title").text) > 0
    assert len(shown.by_id("themes-title").text) > 0


def test_the_page_takes_a_fixed_number_of_queries(
    client: FlaskClient, database: Database, now
) -> None:
    services = client.application.extensions["webinars"]
    taken = []
    for year in (2019, 2020, 2021):
        moved = [replace(one, date=one.date.replace(year=year)) for one in (MARCH, APRIL, MAY)]
        with database.write() as session:
            published(
                session,
                plan_of(*moved, slug=str(year), year=year, title=f"Cycle {year}", capacity=1),
            )
            for planned in (MARCH, APRIL):
                register(session, BOB, webinar=planned.slug, cycle=str(year))
        whole(database, MAY.slug, cycle=str(year))  # she waits twice, and left one out
        follow(database, THEMES[year - 2019])
        with counted_queries(database) as queries:
            assert client.get(own(services)).status_code == 200
        taken.append(len(queries))
    assert taken == [taken[0]] * 3
    assert taken[0] <= 13


def test_this_one_after_all(
    client: FlaskClient, app: Flask, site: Database, services: Services
) -> None:
    whole(site, MARCH.slug, MAY.slug)
    page = own(services)
    assert acts(read(client.get(page))) == [
        ("include", f"2019/{MARCH.slug}"),
        ("include", f"2019/{MAY.slug}"),
        ("leave-cycle", "2019"),
    ]
    assert titles(read(client.get(page))) == [APRIL.title]
    answer = push(client, page, "include")
    assert where(answer) == (303, "included")
    assert_private(answer)
    after = read(client.get(answer.headers["Location"]))
    assert words(app, "It is noted") in after.one("div", role="status").text
    assert acts(after) == [("include", f"2019/{MAY.slug}"), ("leave-cycle", "2019")]
    assert statuses(site, MARCH.slug) == [("alice", "confirmed")]
    # What was cancelled afterwards can come back as well.
    send(client, page, "cancel")
    assert ("include", f"2019/{MARCH.slug}") in buttons(read(client.get(page)))
    push(client, page, "include")
    assert statuses(site, MARCH.slug) == [("alice", "confirmed")]


def test_it_is_too_late_for_what_has_ended(
    client: FlaskClient, site: Database, services: Services, at
) -> None:
    whole(site, MARCH.slug)
    page = own(services)
    at(END - SECOND)
    form = read(client.get(page)).form(f"{page}/include").values()
    at(END)
    assert client.post(f"{page}/include", data=form).status_code == 409
    assert acts(read(client.get(page))) == [("leave-cycle", "2019")]
    assert statuses(site, MARCH.slug) == []


def test_leaving_a_cycle_says_its_consequence_and_frees_the_places(
    client: FlaskClient, app: Flask, database: Database, services: Services, now
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
    whole(database, MAY.slug)
    with database.write() as session:
        register(session, BOB, now=NOW + SECOND)
    page = own(services)
    form = read(client.get(page)).form(f"{page}/leave-cycle")
    assert form.one("button").text.startswith(
        counted(
            app,
            "Leave, and cancel my %(num)s registration",
            "Leave, and cancel my %(num)s registrations",
            2,
        )
    )
    answer = push(client, page, "leave-cycle")
    assert where(answer) == (303, "cycle_left")
    assert statuses(database, MARCH.slug) == [("alice", "cancelled"), ("bob", "confirmed")]
    assert statuses(database, APRIL.slug) == [("alice", "cancelled")]
    after = read(client.get(answer.headers["Location"]))
    assert words(app, "You have left the cycle") in after.one("div", role="status").text
    assert after.all(id="my-scopes") == []


def test_one_button_confirms_the_whole_cycle(make_app, site: Database) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    whole(site, MAY.slug, house=CONFIRMS)
    page = own(services)
    shown = read(client.get(page))
    assert acts(shown)[0] == ("confirm-cycle", "2019")
    assert shown.text.count(words(app, "Confirm my registration")) == 2
    answer = push(client, page, "confirm-cycle")
    assert where(answer) == (303, "all_confirmed")
    assert statuses(site, MARCH.slug) == [("alice", "confirmed")]
    assert statuses(site, APRIL.slug) == [("alice", "confirmed")]
    after = read(client.get(answer.headers["Location"]))
    assert [act for act, *_ in acts(after)] == ["include", "leave-cycle"]
    assert kept(site).proven_at == NOW


def posts(page: Element) -> list[str]:
    """Where the forms of the page lead, in its order."""
    return [form.attrs["action"].rpartition("/")[2] for form in page.one("main").all("form")]


def test_one_button_for_all_stands_before_everything_else(make_app, site: Database, at) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    with site.write() as session:
        load_library(session, "themes.toml")
        for planned in (MARCH, MAY):
            register(session, ALICE, webinar=planned.slug, house=CONFIRMS)
    page = own(services)
    shown = read(client.get(page))
    assert posts(shown)[0] == "confirm-all"
    block = shown.form(f"{page}/confirm-all")
    assert "button--plain" not in block.one("button").attrs["class"]
    singly = shown.all("form", action=f"{page}/confirm")
    assert ["button--plain" in form.one("button").attrs["class"] for form in singly] == [True] * 2
    answer = client.post(f"{page}/confirm-all", data=block.values())
    assert where(answer) == (303, "all_confirmed")
    assert_private(answer)
    again = client.post(f"{page}/confirm-all", data=block.values())
    assert where(again) == (303, "all_confirmed")
    assert statuses(site, MARCH.slug) == [("alice", "confirmed")]
    assert statuses(site, MAY.slug) == [("alice", "confirmed")]
    after = read(client.get(answer.headers["Location"]))
    assert words(app, "Your address is confirmed") in after.one("div", role="status").text
    assert "confirm-all" not in posts(after)
    assert kept(site).proven_at == NOW


def test_one_that_stands_first_needs_no_button_for_all(make_app, site: Database) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    with site.write() as session:
        register(session, ALICE, webinar=APRIL.slug, house=CONFIRMS)
    page = own(services)
    assert posts(read(client.get(page)))[0] == "confirm"
    with site.write() as session:
        register(session, ALICE)  # which stands, and comes before
    assert posts(read(client.get(page)))[0] == "confirm-all"


@pytest.mark.parametrize("full", [False, True])
def test_what_was_left_can_be_registered_for_again(
    client: FlaskClient, app: Flask, database: Database, services: Services, now, full: bool
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + SECOND)
    page = own(services)
    send(client, page, "cancel")
    if not full:
        send(client, own(services, BOB.email), "cancel")
    shown = read(client.get(page))
    assert buttons(shown) == [("include", f"2019/{MARCH.slug}")]
    button = "Join the waiting list" if full else "Register again"
    form = shown.form(f"{page}/include")
    assert form.one("button").text == f"{words(app, button)} {MARCH.title}"
    answer = send(client, page, "include")
    assert where(answer) == (303, "included")
    assert ("alice", "waitlisted" if full else "confirmed") in statuses(database, MARCH.slug)
    after = read(client.get(answer.headers["Location"]))
    assert words(app, "It is noted") in after.one("div", role="status").text
    assert buttons(after) == [("cancel", f"2019/{MARCH.slug}")]
    assert client.post(f"{page}/include", data=form.values()).status_code == 303, "two tabs"
    assert (
        client.post(f"{page}/include", data=form.values() | {"csrf_token": ""}).status_code == 400
    )


def test_a_pending_registration_says_until_when_its_place_is_kept(
    make_app, site: Database, at
) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    with site.write() as session:
        register(session, ALICE, house=CONFIRMS)
    none = words(app, "No place is kept for you until you confirm.")
    text = read(client.get(own(services))).text
    assert "jusqu’à 11 h, lundi 4 mars" in text.replace("\xa0", " ")
    assert none not in text
    goes = words(
        app,
        "Your place goes to the first in line at once, and no reminder follows. You may register "
        "again as long as places remain.",
    )
    assert goes in text
    at(NOW + CONFIRMS.hold)  # the worker has not been there yet
    text = read(client.get(own(services))).text
    assert none in text
    assert goes not in text, "there is no place to go to anybody"
    assert (
        words(
            app,
            "Your registration ends, and no reminder follows. You may register again as long as "
            "places remain.",
        )
        in text
    )


def test_a_theme_is_confirmed_and_stopped(make_app, site: Database) -> None:
    app = make_app(require_confirmation=True)
    client, services = app.test_client(), app.extensions["webinars"]
    follow(site, THEMES[0], house=CONFIRMS)
    page = own(services)
    assert acts(read(client.get(page))) == [
        ("confirm-theme", THEMES[0]),
        ("stop-theme", THEMES[0]),
    ]
    assert where(push(client, page, "confirm-theme")) == (303, "theme_confirmed")
    assert acts(read(client.get(page))) == [("stop-theme", THEMES[0])]
    answer = push(client, page, "stop-theme")
    assert where(answer) == (303, "theme_stopped")
    assert read(client.get(answer.headers["Location"])).all(id="my-scopes") == []


def test_news_are_asked_for_and_stopped(
    client: FlaskClient, app: Flask, alice: Database, services: Services, at
) -> None:
    page = own(services)
    assert words(app, NEWS.text) in read(client.get(page)).by_id("my-mails").text
    assert where(push(client, page, "take-up-list")) == (303, "list_taken_up")
    person = kept(alice)
    assert (person.news_since, person.news_version) == (NOW, NEWS.version)
    at(NOW + 3600 * SECOND)
    shown = read(client.get(page)).by_id("my-mails")
    assert "4 mars 2019" in shown.text
    assert shown.all("form", action=f"{page}/take-up-list") == []
    news = shown.all("form", action=f"{page}/leave-list")[-1].values()
    answer = client.post(f"{page}/leave-list", data=news)
    assert where(answer) == (303, "list_left")
    person = kept(alice)
    assert (person.news_since, person.news_version) == (None, None)


WIDER = (
    ("confirm-cycle", "cycle"),
    ("leave-cycle", "cycle"),
    ("include", "webinar"),
    ("confirm-theme", "theme"),
)


def test_what_one_has_no_part_in_is_not_found(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page = own(services)
    proof = read(client.get(page)).form(f"{page}/cancel").values()["csrf_token"]
    before = rows(alice)
    for act, field in WIDER:
        for value in ("", "2019", "/", "2019/\0", "\0", "é", f"2019/{APRIL.slug}", "x" * 5000):
            answer = client.post(f"{page}/{act}", data={"csrf_token": proof, field: value})
            assert (answer.status_code, act, value[:20]) == (404, act, value[:20])
            assert_private(answer)
        assert client.post(f"{page}/{act}", data={"csrf_token": proof}).status_code == 404
    assert rows(alice) == before
    assert statuses(alice, MARCH.slug) == [("alice", "confirmed")]


def test_pressed_twice_is_pressed_once(
    client: FlaskClient, site: Database, services: Services
) -> None:
    whole(site, MARCH.slug)
    follow(site, THEMES[0])
    page = own(services)
    shown = read(client.get(page))
    for act, codes in (
        ("include", [303, 303]),
        ("stop-theme", [303, 303]),
        ("take-up-list", [303, 303]),
        ("leave-cycle", [303, 303]),
    ):
        form = shown.form(f"{page}/{act}").values()
        assert [client.post(f"{page}/{act}", data=form).status_code for _ in codes] == codes, act
    assert statuses(site, MARCH.slug) == [("alice", "cancelled")]
    assert rows(site)[:2] == (1, 3)


def test_seen_is_said_and_taken_back_with_a_button(
    client: FlaskClient, services: Services, alice: Database, at
) -> None:
    at(AFTER_MARCH)
    with alice.write() as session:
        video = replays.Video(url="https://video.example.org/1.mp4", duration=60)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=AFTER_MARCH
        )
    page = own(services)
    said = read(client.get(page)).by_id("my-path").text
    assert "Vous vous y étiez inscrit·e." in said
    answer = press(client, page, "seen")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?done=seen")
    assert "Vous l’avez dit le 1er avr. 2019." in read(client.get(page)).by_id("my-path").text
    assert read(client.get(f"{page}/data")).by_id("seen-title").text == "1 replay marqué comme vu"
    assert press(client, page, "not-seen").status_code == 303
    assert "Vous l’avez dit" not in read(client.get(page)).by_id("my-path").text

    token = read(client.get(page)).form(f"{page}/seen").values()["csrf_token"]
    for webinar in ("", "2019", f"2019/{MAY.slug}", "2019/\0", "1999/x"):
        for act in ("seen", "not-seen"):
            sent = client.post(f"{page}/{act}", data={"csrf_token": token, "webinar": webinar})
            found = webinar == f"2019/{MAY.slug}" and act == "not-seen"
            assert sent.status_code == (303 if found else 404)
    sent = client.post(f"{page}/seen", data={"webinar": f"2019/{MARCH.slug}"})
    assert sent.status_code == 400
