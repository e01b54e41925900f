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

HTML = "text/html"
FEEDS = ("/calendar.ics", "/cycles/2019/calendar.ics", f"/cycles/2019/{MARCH.slug}.ics")
OTHERS = ("/replays.atom", "/announcements.atom", "/sitemap.xml", "/en/announcements.atom")


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
