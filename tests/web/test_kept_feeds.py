"""Calendars, news and the map from memory: asked for once, and never out of date."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import settings_for
from tests.support import APRIL, MARCH, MAY, counted_queries, in_threads, plan_of, published
from webinars import create_app
from webinars.db import Database
from webinars.web import kept_feeds
from webinars.web.kept_feeds import KeptFeeds

HTML = "text/html"
FEEDS = ("/calendar.ics", "/cycles/2019/calendar.ics", f"/cycles/2019/{MARCH.slug}.ics")
OTHERS = ("/replays.atom", "/announcements.atom", "/sitemap.xml", "/en/announcements.atom")


def memory(client: FlaskClient) -> KeptFeeds:
    found = client.application.wsgi_app
    assert isinstance(found, KeptFeeds)
    return found


def publish_again(database: Database, *sessions: object) -> None:
    with database.write() as session:
        published(session, plan_of(*sessions))  # type: ignore[arg-type]


def test_the_second_answer_costs_a_peek(client: FlaskClient, site: Database) -> None:
    for address in (*FEEDS, *OTHERS, "/en/calendar.ics"):
        first = client.get(address)
        with counted_queries(site) as queries:
            second = client.get(address)
        assert (second.data, second.headers) == (first.data, first.headers)
        assert len(queries) == (1 if site.url.get_backend_name() == "postgresql" else 0)


def test_each_language_and_each_form_is_kept_apart(client: FlaskClient, site: Database) -> None:
    french, english = (client.get(f"{prefix}/calendar.ics") for prefix in ("", "/en"))
    packed = client.get("/calendar.ics", headers={"Accept-Encoding": "gzip"})
    assert len({answer.data for answer in (french, english, packed)}) == 3
    assert len({answer.headers["ETag"] for answer in (french, english, packed)}) == 3
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get("/calendar.ics").headers


def test_a_publication_is_seen_at_once_by_every_process(make_app, site: Database) -> None:
    clients = [make_app().test_client() for _ in range(2)]
    before = [client.get("/calendar.ics") for client in clients]
    publish_again(site, replace(MARCH, title="Un autre titre", date=date(2019, 3, 14)), APRIL, MAY)
    for client, old in zip(clients, before, strict=True):
        new = client.get("/calendar.ics", headers={"If-None-Match": old.headers["ETag"]})
        assert new.status_code == 200
        assert "Un autre titre" in new.text
        assert "X-Request-ID" not in new.headers


def test_what_is_not_there_is_not_kept(client: FlaskClient, site: Database) -> None:
    for _ in range(2):
        assert client.get("/cycles/2020/calendar.ics").status_code == 404
        assert client.head("/cycles/2020/calendar.ics").data == b""
        assert client.post("/calendar.ics").status_code == 405
        assert client.get("/me/x/calendar.ics").status_code == 404
        assert client.get("/no-such.atom").status_code == 404
        assert client.get("/cycles/2019/sitemap.xml").status_code == 404


def test_the_memory_has_an_end(client: FlaskClient, site: Database, monkeypatch) -> None:
    monkeypatch.setattr(kept_feeds, "MOST_KEPT", 2)
    for address in FEEDS:
        assert client.get(address).status_code == 200
    with counted_queries(site) as queries:
        client.get(FEEDS[2])
        client.get(FEEDS[1])
    assert not any("FROM webinars" in query for query in queries)
    with counted_queries(site) as queries:
        assert client.get(FEEDS[0]).status_code == 200
    assert any("FROM webinars" in query for query in queries)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:1/nowhere", "sqlite:///{}/no-folder/none.sqlite"]
)
def test_a_database_that_is_away_is_told_as_on_every_page(tmp_path: Path, url: str) -> None:
    """The memory stands before the application, which has the words for it."""
    app = create_app(settings_for(url.format(tmp_path), tmp_path))
    client = app.test_client()
    page, feed = client.get("/cycles/2019"), client.get("/calendar.ics")
    assert (feed.status_code, feed.mimetype) == (page.status_code, page.mimetype) == (500, HTML)
    assert "X-Request-ID" in feed.headers


def test_who_asks_while_it_is_made_waits_for_it(app: Flask, site: Database) -> None:
    answers: list[bytes] = []

    def ask(_number: int) -> None:
        answers.append(app.test_client().get("/cycles/2019/calendar.ics").data)

    with counted_queries(site) as queries:
        in_threads(ask, 8)
    made = [statement for statement in queries if "FROM webinars JOIN cycles" in statement]
    assert len(made) == 2, "whole and packed, once each"
    assert len(answers) == 8
    assert len(set(answers)) == 1


def test_other_spellings_of_an_address_are_not_kept(client: FlaskClient, site: Database) -> None:
    wanted = client.get("/calendar.ics").data
    for address in ("//calendar.ics", "///calendar.ics"):
        answer = client.get("/calendar.ics", environ_overrides={"PATH_INFO": address})
        assert answer.status_code in {200, 308}
        assert answer.data == wanted or answer.headers["Location"].endswith("/calendar.ics")
    assert list(memory(client)._kept) == ["/calendar.ics"]


def test_the_least_used_is_dropped_first(client: FlaskClient, site: Database, monkeypatch) -> None:
    monkeypatch.setattr(kept_feeds, "MOST_KEPT", 2)
    hot, other, third = FEEDS
    for address in (hot, other, hot, third):
        client.get(address)
    assert list(memory(client)._kept) == [hot, third]


def test_the_memory_is_bounded_in_bytes(client: FlaskClient, site: Database, monkeypatch) -> None:
    one = client.get(FEEDS[0])
    monkeypatch.setattr(kept_feeds, "MOST_BYTES", len(one.data) + 1)
    for address in FEEDS:
        client.get(address)
    feeds = memory(client)
    assert list(feeds._kept) == [FEEDS[-1]]
    assert feeds._bytes == sum(each.size for each in feeds._kept.values())


def test_long_headers_are_not_remembered() -> None:
    def size() -> int:
        readers = (kept_feeds._tags, kept_feeds._date, kept_feeds._takes_gzip)
        return sum(each.kept.cache_info().currsize for each in readers)

    kept_feeds.takes_gzip("gzip")
    before = size()
    for number in range(50):
        long = f'"{number}' + "x" * kept_feeds.LONGEST_REMEMBERED + '"'
        kept_feeds._tags(long)
        kept_feeds._date(long)
        kept_feeds.takes_gzip(long)
    assert size() == before
