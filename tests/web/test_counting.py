"""What pages tell of plays and openings: from our own pages, counted exactly, and of nobody."""

import json
import logging
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import HOST, MARCH, counted_queries, load_library
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.site import touch
from webinars.models import (
    Chapter,
    Replay,
    ReplayMinutes,
    ReplayOpenings,
    ReplayViews,
    Resource,
    ResourceOpenings,
    Theme,
    chapter_resources,
)
from webinars.web import counting
from webinars.web.count_notes import CountNotes

AFTER = datetime.fromisoformat("2019-03-22T09:00:00+00:00")
DAY = date(2019, 3, 22)
OURS = {"Sec-Fetch-Site": "same-origin"}
REPLAY = f"2019/{MARCH.slug}"
NOTHING: list[tuple[Any, ...]] = []


@pytest.fixture
def counted(app: Flask, site: Database, at):
    """March has a replay of 150 seconds; what is counted, once it is written."""
    at(AFTER)
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        video = replays.Video(url="https://video.example.org/1.mp4", duration=150)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=AFTER
        )

    def counted_(*models: Any) -> list[tuple[Any, ...]]:
        notes: CountNotes = app.extensions["webinars.counts"]
        notes.write()
        models = models or (ReplayViews, ReplayMinutes, ResourceOpenings, ReplayOpenings)
        with site.read() as session:
            return [
                tuple(row)[1:]
                for model in models
                for row in session.execute(
                    sa.select(model.__table__).order_by(*model.__mapper__.primary_key)
                )
            ]

    return counted_


def tell(
    client: FlaskClient, said: Any, headers: Any = OURS, path: str = "/counts"
) -> TestResponse:
    data = said if isinstance(said, (str, bytes)) else json.dumps(said)
    return client.post(path, data=data, content_type="text/plain;charset=UTF-8", headers=headers)


def document(database: Database, *, of_march: bool = True) -> tuple[int, str]:
    """A resource that can be opened; of the kit of March's theme, or of none that is close."""
    close = Resource.themes.any(Theme.slug == MARCH.theme)
    with database.read() as session:
        row = session.execute(
            sa.select(Resource.id, Resource.slug)
            .where(Resource.url.is_not(None), close if of_march else ~close)
            .order_by(Resource.id)
            .limit(1)
        ).first()
        assert row is not None
        return row.id, row.slug


def test_a_play_is_told_in_pieces(client: FlaskClient, counted) -> None:
    for said in (
        {"replay": REPLAY, "begins": True},
        {"replay": REPLAY, "minutes": [0, 1, 1, 1]},
        {"replay": REPLAY, "minutes": [2, 3, 719]},
        {"replay": REPLAY, "minutes": []},
    ):
        answer = tell(client, said)
        assert (answer.status_code, answer.data) == (204, b"")
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert tell(client, {"replay": REPLAY, "minutes": [0]}, path="/en/counts").status_code == 204
    assert counted() == [(DAY, 1), (DAY, 0, 2), (DAY, 1, 1), (DAY, 2, 1)]


def test_an_opening_is_told_with_where_it_came_from(client: FlaskClient, counted, site) -> None:
    resource, slug = document(site)
    for said in (
        {"place": "replay", "replay": REPLAY},
        {"place": "replay", "replay": "2019/nothing"},
        {"place": "theme"},
        {"place": "resource"},
    ):
        assert tell(client, {"resource": slug, **said}).status_code == 204
    assert counted(ResourceOpenings) == [
        (DAY, "replay", 1),
        (DAY, "resource", 2),
        (DAY, "theme", 1),
    ]
    assert counted(ReplayOpenings) == [(resource, DAY, 1)]


def test_what_a_replay_does_not_lead_to_is_opened_by_itself(
    client: FlaskClient, counted, site: Database
) -> None:
    elsewhere, slug = document(site, of_march=False)
    opened = {"resource": slug, "place": "replay", "replay": REPLAY}
    assert tell(client, opened).status_code == 204
    assert (counted(ResourceOpenings), counted(ReplayOpenings)) == ([(DAY, "resource", 1)], [])
    with site.write() as session:  # now a chapter speaks of it
        replay = session.scalars(sa.select(Replay.id)).one()
        chapter = Chapter(replay_id=replay, starts_at=0, title="Ouverture")
        session.add(chapter)
        session.flush()
        row = {"chapter_id": chapter.id, "resource_id": elsewhere}
        session.execute(sa.insert(chapter_resources).values(**row))
        touch(session, now=AFTER)
    assert tell(client, opened).status_code == 204
    assert counted(ResourceOpenings) == [(DAY, "replay", 1), (DAY, "resource", 1)]
    assert counted(ReplayOpenings) == [(elsewhere, DAY, 1)]


def test_what_a_replay_leads_to_is_looked_up_once_a_state_of_the_site(
    client: FlaskClient, counted, site: Database
) -> None:
    _, slug = document(site)
    opened = {"resource": slug, "place": "replay", "replay": REPLAY}
    taken = []
    for _ in range(3):
        with counted_queries(site) as queries:
            tell(client, opened)
        taken.append(len(queries))
    assert taken[0] > 10
    peeks = site.url.get_backend_name() != "sqlite"  # there the version is no counted query
    assert taken[1:] == [2 + peeks] * 2  # the resource and the replay
    assert counted(ResourceOpenings) == [(DAY, "replay", 3)]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe",
        "null",
        "[]",
        "{}",
        "{",
        "[" * 4000,
        {"replay": REPLAY, "minutes": "0"},
        {"replay": REPLAY, "minutes": [0.5]},
        {"replay": REPLAY, "minutes": [True]},
        {"replay": REPLAY, "minutes": [-1]},
        {"replay": REPLAY, "minutes": [720]},
        {"replay": REPLAY, "minutes": [10**30]},
        {"replay": REPLAY, "minutes": [0] * 721},
        {"replay": REPLAY, "begins": 1},
        {"replay": REPLAY, "begins": True, "who": "alice"},
        {"replay": f"{REPLAY}/"},
        {"replay": "2019/\u0000"},
        {"replay": "2019/../x"},
        {"replay": f"2019/{'x' * 300}"},
        {"replay": 2019},
        {"resource": "x"},
        {"resource": "x", "place": "home"},
        {"resource": "x\u0000", "place": "theme"},
        {"resource": "x", "place": "theme", "begins": True},
    ],
)
def test_what_is_bent_is_refused(client: FlaskClient, counted, said: Any) -> None:
    assert tell(client, said).status_code == 400
    assert counted() == NOTHING


@pytest.mark.parametrize(
    "said",
    [
        {"replay": "2019/nothing", "begins": True},
        {"replay": "1999/nothing", "minutes": [0]},
        {"resource": "nothing", "place": "theme"},
    ],
)
def test_what_is_not_public_is_passed_over(client: FlaskClient, counted, said: Any) -> None:
    assert tell(client, said).status_code == 204
    assert counted() == NOTHING


@pytest.mark.parametrize(
    ("headers", "status", "number"),
    [
        ({}, 403, 0),
        ({"Sec-Fetch-Site": "cross-site"}, 403, 0),
        ({"Sec-Fetch-Site": "same-site", "Origin": f"https://{HOST}"}, 403, 0),
        ({"Sec-Fetch-Site": "none"}, 403, 0),
        ({"Origin": "https://elsewhere.example.org"}, 403, 0),
        ({"Origin": "null"}, 403, 0),
        ({"Origin": "http://[x"}, 403, 0),
        ({"Origin": "http://localhost"}, 204, 1),
        ({"Origin": f"https://{HOST}"}, 204, 1),
        (OURS | {"Sec-GPC": "1"}, 204, 0),
        (OURS | {"DNT": "1"}, 204, 0),
        (OURS | {"DNT": "0"}, 204, 1),
    ],
)
def test_only_from_our_pages_and_not_of_who_asks_not_to_be_counted(
    client: FlaskClient, counted, headers: dict[str, str], status: int, number: int
) -> None:
    answer = tell(client, {"replay": REPLAY, "begins": True}, headers)
    assert (answer.status_code, len(counted())) == (status, number)


def test_a_large_body_is_not_read(client: FlaskClient, counted) -> None:
    assert tell(client, b" " * (counting.MOST_BYTES + 1)).status_code == 413
    assert client.get("/counts").status_code == 405
    assert counted() == NOTHING


def test_one_network_tells_so_much_a_minute(make_app, site: Database, counted) -> None:
    app = make_app(rate_limit_enabled=True)
    client = app.test_client()
    for _ in range(240):
        assert tell(client, {"resource": "nothing", "place": "theme"}).status_code == 204
    assert tell(client, {"replay": REPLAY, "begins": True}).status_code == 429
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    said = json.dumps({"replay": REPLAY, "begins": True})
    assert (
        client.post("/counts", data=said, headers=OURS, environ_overrides=elsewhere).status_code
        == 204
    )
    app.extensions["webinars.counts"].write()
    assert counted() == [(DAY, 1)]


def test_a_beacon_is_one_query_and_what_is_gathered_one_statement_a_kind(
    client: FlaskClient, counted, site: Database, app: Flask
) -> None:
    with counted_queries(site) as queries:
        for _ in range(3):
            tell(client, {"replay": REPLAY, "begins": True, "minutes": [0, 1, 2]})
    assert len(queries) == 3
    with counted_queries(site) as queries:
        app.extensions["webinars.counts"].write()
    assert len(queries) == 2
    assert counted() == [(DAY, 3), (DAY, 0, 3), (DAY, 1, 3), (DAY, 2, 3)]


def test_what_was_taken_out_meanwhile_takes_only_its_own_counts_along(
    client: FlaskClient, counted, site: Database, app: Flask
) -> None:
    resource, slug = document(site)
    tell(client, {"replay": REPLAY, "begins": True})
    tell(client, {"resource": slug, "place": "replay", "replay": REPLAY})
    with site.write() as session:
        session.execute(sa.delete(Resource).where(Resource.id == resource))
    notes: CountNotes = app.extensions["webinars.counts"]
    notes.close()
    assert counted() == [(DAY, 1)]


def test_nothing_of_who_sends_it_is_kept_or_logged(client: FlaskClient, counted, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    headers = OURS | {"User-Agent": "Mozilla/5.0 alice", "X-Forwarded-For": "203.0.113.9"}
    client.set_cookie("someone", "alice")
    tell(client, {"replay": REPLAY, "begins": True}, headers)
    assert counted() == [(DAY, 1)]
    for secret in ("alice", "Mozilla", "203.0.113.9", "127.0.0.1"):
        assert secret not in caplog.text


def test_without_a_table_they_wait_and_are_added_later(
    client: FlaskClient, counted, site: Database, app: Flask
) -> None:
    tell(client, {"replay": REPLAY, "begins": True})
    with site.write() as session:
        session.execute(sa.text("ALTER TABLE replay_views RENAME TO elsewhere"))
    app.extensions["webinars.counts"].write()
    assert tell(client, {"replay": REPLAY, "begins": True}).status_code == 204
    with site.write() as session:
        session.execute(sa.text("ALTER TABLE elsewhere RENAME TO replay_views"))
    assert counted() == [(DAY, 2)]


def test_what_is_gathered_is_written_when_the_process_ends(
    client: FlaskClient, counted, app
) -> None:
    tell(client, {"replay": REPLAY, "begins": True})
    app.extensions["webinars.counts"].close()
    assert counted() == [(DAY, 1)]
