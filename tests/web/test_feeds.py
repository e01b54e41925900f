"""Feeds over HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from werkzeug.http import http_date
from werkzeug.test import TestResponse

from tests.support import ALICE, APRIL, BASE_URL, MARCH, MAY, NOW, load_library, plan_of, published
from tests.support import register as register_person
from tests.web.support import END, PAGE, read, replace_secrets, spelt_wrong, tokens, words
from webinars.db import Database
from webinars.services import Services

THEME = "/themes/connaitre-son-ecosysteme/calendar.ics"
PUBLIC = ["/calendar.ics", "/cycles/2019/calendar.ics", THEME, f"{PAGE}.ics"]


@pytest.fixture
def feeds(alice: Database) -> Database:
    """The site with its themes, and Alice registered for March."""
    with alice.write() as session:
        load_library(session, "themes.toml")
    return alice


def every(services: Services) -> list[str]:
    """Each kind of feed, the personal one last."""
    return [*PUBLIC, f"/me/{tokens(services.database, services.links)[1]}/calendar.ics"]


def titles(answer: TestResponse) -> list[str]:
    calendar = Calendar.from_ical(answer.data)
    return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]


def without_age(answer: TestResponse) -> dict[str, str]:
    """The headers, but for those of one request."""
    return {k: v for k, v in answer.headers.items() if k not in {"X-Request-ID", "Date"}}


def test_each_feed_has_its_webinars(client: FlaskClient, feeds, services: Services) -> None:
    all_three = [MARCH.title, APRIL.title, MAY.title]
    assert [titles(client.get(address)) for address in every(services)] == [
        all_three,
        all_three,
        [MARCH.title],
        [MARCH.title],
        [MARCH.title],
    ]


def test_a_feed_without_webinars_is_a_calendar(client: FlaskClient, database, now) -> None:
    assert titles(client.get("/calendar.ics")) == []
    with database.write() as session:
        published(session, plan_of())
        load_library(session, "themes.toml")
    for address in PUBLIC[:3]:
        assert titles(client.get(address)) == []


def test_headers(client: FlaskClient, feeds, services: Services) -> None:
    for address in every(services):
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["ETag"].startswith('"')
        assert answer.headers["Last-Modified"] == http_date(NOW)
        assert "Set-Cookie" not in answer.headers
        personal = address.startswith("/me/")
        assert answer.headers.getlist("Vary") == ([] if personal else ["Accept-Encoding"])
        cache = "private, no-cache" if personal else "public, max-age=300"
        assert answer.headers["Cache-Control"] == cache
        assert answer.headers.get("X-Robots-Tag") == ("noindex, nofollow" if personal else None)
        assert (answer.headers["Referrer-Policy"] == "no-referrer") is personal
    single = client.get(f"{PAGE}.ics").headers["Content-Disposition"]
    assert single == f'inline; filename="{MARCH.slug}.ics"'


def test_the_same_bytes_whoever_asks_and_whenever(
    make_app, client: FlaskClient, feeds, services: Services, at
) -> None:
    stranger = make_app().test_client()
    stranger.set_cookie("session", "x")
    for address in every(services):
        at(NOW)
        first = client.get(address)
        at(END + timedelta(days=400))
        for asked in (
            client.get(address),
            client.get(f"{address}?nocache=1&x=%00%ff"),
            stranger.get(address, headers={"User-Agent": "Google-Calendar-Importer"}),
            stranger.get(address, headers={"User-Agent": "", "Accept": "text/html;q=0.1"}),
            stranger.get(address, headers={"Accept": "application/json", "Range": "bytes=0-5"}),
            stranger.get(address, headers={"Accept-Language": "en", "Host": "evil.example"}),
        ):
            assert asked.status_code == 200
            assert asked.data == first.data
            assert without_age(asked) == without_age(first)


def test_304_by_tag(client: FlaskClient, feeds, services: Services) -> None:
    for address in every(services):
        tag = client.get(address).headers["ETag"]
        for sent in (tag, f"W/{tag}", f'"x", {tag}', f'W/"x",W/{tag} , "y"', "*"):
            answer = client.get(address, headers={"If-None-Match": sent})
            assert (answer.status_code, answer.data) == (304, b""), sent
            assert answer.headers["ETag"] == tag
            assert "Cache-Control" in answer.headers
        for sent in ('"x"', "", tag.strip('"') + "0", "W/"):
            assert client.get(address, headers={"If-None-Match": sent}).status_code == 200, sent
        # The tag has the last word (RFC 9110 section 13.2.2).
        both = {"If-None-Match": '"x"', "If-Modified-Since": http_date(NOW)}
        assert client.get(address, headers=both).status_code == 200


def test_304_by_date(client: FlaskClient, feeds, services: Services) -> None:
    for address in every(services):
        for instant, status in (
            (NOW - timedelta(seconds=1), 200),
            (NOW, 304),
            (NOW + timedelta(days=1), 304),
        ):
            headers = {"If-Modified-Since": http_date(instant)}
            assert client.get(address, headers=headers).status_code == status
        nonsense = client.get(address, headers={"If-Modified-Since": "yesterday"})
        assert nonsense.status_code == 200


def test_head_is_the_same_without_the_body(client: FlaskClient, feeds, services) -> None:
    for address in every(services):
        got, head = client.get(address), client.head(address)
        assert (head.status_code, head.data) == (200, b"")
        assert without_age(head) == without_age(got)
        sent = {"If-None-Match": got.headers["ETag"]}
        assert client.head(address, headers=sent).status_code == 304


def test_a_publication_moves_the_feeds_that_it_touches(
    client: FlaskClient, feeds: Database, services: Services
) -> None:
    before = {address: client.get(address) for address in every(services)}
    later = NOW + timedelta(hours=1)
    with feeds.write() as session:
        published(session, plan_of(MARCH, MAY), now=later)  # April is cancelled
    for address, old in before.items():
        answer = client.get(address, headers={"If-None-Match": old.headers["ETag"]})
        touched = address in PUBLIC[:2]
        assert answer.status_code == (200 if touched else 304), address
        if touched:
            assert answer.headers["Last-Modified"] == http_date(later)


def test_what_leaves_a_feed_is_no_304_by_date(
    client: FlaskClient, feeds: Database, services: Services
) -> None:
    """Of what is gone no instant is left in the feed: the site's own tells."""
    before = client.get(THEME)
    later = NOW + timedelta(hours=1)
    other = replace(MARCH, theme=APRIL.theme)
    with feeds.write() as session:
        published(session, plan_of(other, APRIL, MAY), now=later)
    since = {"If-Modified-Since": before.headers["Last-Modified"]}
    answer = client.get(THEME, headers=since)
    assert (answer.status_code, titles(answer)) == (200, [])
    assert answer.headers["Last-Modified"] == http_date(later)


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_texts_and_links_are_of_the_language_asked(
    client: FlaskClient, app: Flask, feeds: Database, services: Services, prefix: str, language: str
) -> None:
    with feeds.write() as session:
        published(session, plan_of(APRIL, MAY))  # March is cancelled
    for address in every(services):
        calendar = Calendar.from_ical(client.get(prefix + address).data)
        march = calendar.walk("VEVENT")[0]
        title = words(app, "[CANCELLED] %(title)s", language, title=MARCH.title)
        assert str(march["SUMMARY"]) == title
        assert str(march["URL"]) == f"{BASE_URL}{prefix}{PAGE}"
        assert str(march["UID"]) == f"2019.{MARCH.slug}@webinaires.example.org"


def test_the_personal_feed_opens_with_its_own_secret_or_the_pages(
    client: FlaskClient, feeds: Database, services: Services
) -> None:
    page, calendar = tokens(feeds, services.links)
    own = client.get(f"/me/{calendar}/calendar.ics")
    assert own.data == client.get(f"/me/{page}/calendar.ics").data
    assert client.get(f"/me/{calendar}").status_code == 404  # it shows no more than the calendar
    for wrong in spelt_wrong(calendar):
        answer = client.get(f"/me/{wrong}/calendar.ics")
        assert (answer.status_code, wrong) == (404, wrong)
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_replaced_secret_is_gone(client: FlaskClient, feeds, services: Services) -> None:
    old = [f"/me/{token}/calendar.ics" for token in tokens(feeds, services.links)]
    tag = client.get(old[1]).headers["ETag"]
    replace_secrets(feeds)
    for address in old:
        answer = client.get(address, headers={"If-None-Match": tag})
        assert answer.status_code == 410
        assert b"VCALENDAR" not in answer.data
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get(every(services)[-1]).status_code == 200


def test_the_personal_feed_follows_the_registrations(
    client: FlaskClient, feeds: Database, services: Services
) -> None:
    address = every(services)[-1]
    first = client.get(address)
    with feeds.write() as session:
        register_person(session, ALICE, webinar=MAY.slug)
    second = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert titles(second) == [MARCH.title, MAY.title]


def test_no_feed_tells_of_persons_or_rooms(client: FlaskClient, feeds, services) -> None:
    for address in every(services):
        body = client.get(address).data
        for private in (b"alice", b"Alice", b"salle.example.org", b"ATTENDEE", b"METHOD"):
            assert private not in body


def test_feeds_that_are_not_there(client: FlaskClient, feeds: Database) -> None:
    for address in ("/cycles/1999/calendar.ics", "/themes/x/calendar.ics", "/cycles/2019/x.ics"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert read(answer).one("h1")
    assert client.post("/calendar.ics").status_code == 405


def test_the_date_of_a_feed_is_never_in_the_future(client: FlaskClient, feeds) -> None:
    answer = client.get("/calendar.ics")
    assert answer.last_modified == NOW
    assert isinstance(answer.last_modified, datetime)
    assert answer.last_modified.tzinfo is UTC
