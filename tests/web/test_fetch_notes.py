"""Who fetches the calendars is noted beside the answers, and costs them nothing."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import settings_for
from tests.support import APRIL, MARCH, MAY, NOW, counted_queries, in_threads, plan_of, published
from tests.web.support import replace_secrets, spelt_wrong, tokens
from webinars import clock, create_app
from webinars.db import Database
from webinars.domain import replays
from webinars.models import ClientFamily, FeedFetch
from webinars.services import Services
from webinars.web import fetch_notes
from webinars.web.fetch_notes import Answered, FetchNotes
from webinars.web.kept_feeds import OWN_READING

CYCLE = "/cycles/2019/calendar.ics"
GOOGLE = {"User-Agent": "Google-Calendar-Importer"}
APPLE = {"User-Agent": "iOS/18.0 (22A3354) dataaccessd/1.0"}
Row = tuple[str, str, str, int]


def notes_of(app: Flask) -> FetchNotes:
    notes: FetchNotes = app.extensions["webinars.fetches"]
    return notes


def rows(database: Database) -> list[Row]:
    with database.read() as session:
        return sorted(
            (one.feed, one.language, one.family.value, one.revision)
            for one in session.scalars(sa.select(FeedFetch))
        )


def publish_again(database: Database, title: str = "Un autre titre") -> None:
    with database.write() as session:
        published(session, plan_of(replace(MARCH, title=title, date=date(2019, 3, 14)), APRIL, MAY))


@pytest.fixture
def noted(app: Flask, site: Database) -> Callable[[], list[Row]]:
    """What is noted, once it is written."""

    def noted_() -> list[Row]:
        notes_of(app).write()
        return rows(site)

    return noted_


def test_each_feed_has_its_name(client: FlaskClient, noted, alice: Database, services) -> None:
    page, calendar = tokens(alice, services.links)
    assert noted() == []
    for address in ("/calendar.ics", CYCLE, f"/en{CYCLE}", f"/cycles/2019/{MARCH.slug}.ics"):
        assert client.get(address, headers=GOOGLE).status_code == 200
    for token in (page, calendar):
        assert client.get(f"/me/{token}/calendar.ics", headers=APPLE).status_code == 200
    assert noted() == [
        ("all", "fr", "google", 1),
        ("cycle:2019", "en", "google", 1),
        ("cycle:2019", "fr", "google", 1),
        ("person", "fr", "apple", 1),
        (f"webinar:2019/{MARCH.slug}", "fr", "google", 1),
    ]


def test_a_fetch_costs_no_query_when_nothing_is_due(
    client: FlaskClient, app: Flask, site: Database
) -> None:
    peek = 1 if site.url.get_backend_name() == "postgresql" else 0
    client.get(CYCLE, headers=GOOGLE)
    notes_of(app).write()
    with counted_queries(site) as queries:
        for _ in range(20):
            client.get(CYCLE, headers=GOOGLE)
        notes_of(app).write()
    assert len(queries) == 20 * peek


def test_the_personal_feed_takes_no_query_more(
    client: FlaskClient, app: Flask, alice: Database, services: Services
) -> None:
    _, calendar = tokens(alice, services.links)
    with counted_queries(alice) as queries:
        assert client.get(f"/me/{calendar}/calendar.ics", headers=GOOGLE).status_code == 200
    assert len(queries) == 3
    assert len(notes_of(app)._waiting) == 1


def test_five_minutes_later_it_is_noted_again(
    client: FlaskClient, noted, site: Database, monkeypatch
) -> None:
    monkeypatch.setattr(fetch_notes, "EVERY_SECONDS", 0)
    client.get(CYCLE, headers=GOOGLE)
    assert noted() == [("cycle:2019", "fr", "google", 1)]
    client.get(CYCLE, headers=GOOGLE)
    with counted_queries(site) as queries:
        noted()
    assert sum("INSERT INTO feed_fetches" in query for query in queries) == 1


def test_a_publication_is_noted_with_the_next_fetch(
    client: FlaskClient, noted, site: Database
) -> None:
    tag = client.get(CYCLE, headers=GOOGLE).headers["ETag"]
    client.get(CYCLE, headers=APPLE)
    assert {row[3] for row in noted()} == {1}
    publish_again(site)
    assert {row[3] for row in noted()} == {1}
    client.get(CYCLE, headers=APPLE | {"If-None-Match": tag})
    assert noted() == [("cycle:2019", "fr", "apple", 2), ("cycle:2019", "fr", "google", 1)]


def test_another_answer_is_noted_at_once_though_nothing_was_published(
    client: FlaskClient, noted, site: Database, alice: Database, services: Services, monkeypatch
) -> None:
    _, calendar = tokens(alice, services.links)
    addresses = (CYCLE, "/calendar.ics", f"/me/{calendar}/calendar.ics")
    for address in addresses:
        client.get(address, headers=GOOGLE)
    noted()
    later = NOW + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    with site.write() as session:
        video = replays.Video(url="https://video.example.org/1", duration=60)
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=later
        )
    for address in addresses:
        client.get(address, headers=GOOGLE)
    assert noted() == [(name, "fr", "google", 1) for name in ("all", "cycle:2019", "person")]
    with site.read() as session:
        assert set(session.scalars(sa.select(FeedFetch.fetched_at))) == {later}


def test_an_answer_to_the_application_itself_is_no_fetch(client: FlaskClient, noted) -> None:
    client.get(CYCLE, headers=GOOGLE, environ_overrides={OWN_READING: True})
    assert noted() == []
    client.get(CYCLE, headers=GOOGLE | {OWN_READING: "1"})
    assert noted() == [("cycle:2019", "fr", "google", 1)]


def test_a_304_has_what_it_had(client: FlaskClient, noted, site: Database) -> None:
    tag = client.get(CYCLE, headers=APPLE).headers["ETag"]
    answer = client.get(CYCLE, headers=GOOGLE | {"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert [row[2:] for row in noted()] == [("apple", 1), ("google", 1)]


def test_no_more_is_claimed_than_was_sent(client: FlaskClient, noted, site: Database) -> None:
    """What waits to be written is of the answer, whatever is published meanwhile."""
    client.get(CYCLE, headers=GOOGLE)
    publish_again(site)
    assert noted() == [("cycle:2019", "fr", "google", 1)]


def test_what_is_no_fetch_is_not_noted(
    client: FlaskClient, noted, alice: Database, services: Services
) -> None:
    page, calendar = tokens(alice, services.links)
    client.head(CYCLE, headers=GOOGLE)
    client.head(f"/me/{calendar}/calendar.ics", headers=GOOGLE)
    client.post(CYCLE, headers=GOOGLE)
    for address in ("/cycles/1999/calendar.ics", "/themes/x/calendar.ics", "/cycles/2019/x.ics"):
        assert client.get(address, headers=GOOGLE).status_code == 404
    for wrong in spelt_wrong(calendar):
        client.get(f"/me/{wrong}/calendar.ics", headers=GOOGLE)
    replace_secrets(alice)
    assert client.get(f"/me/{page}/calendar.ics", headers=GOOGLE).status_code == 410
    assert noted() == []


def test_nothing_of_the_header_or_the_person_is_kept(
    client: FlaskClient, noted, alice: Database, services: Services, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    _, calendar = tokens(alice, services.links)
    name = "Mozilla/5.0 alice@example.org Firefox/142.0"
    for address in (CYCLE, f"/me/{calendar}/calendar.ics"):
        client.get(address, headers={"User-Agent": name, "X-Forwarded-For": "203.0.113.9"})
    assert noted() == [("cycle:2019", "fr", "browser", 1), ("person", "fr", "browser", 1)]
    with alice.read() as session:
        stored = str(session.execute(sa.select(FeedFetch.__table__)).all())
    for secret in (name, "alice", calendar, "203.0.113.9", "127.0.0.1"):
        assert secret not in stored
        assert secret not in caplog.text


def test_anybodys_names_of_programs_stay_few(client: FlaskClient, noted, app: Flask) -> None:
    for number in range(50):
        client.get(CYCLE, headers={"User-Agent": f"invented/{number} " + "x" * 5000})
    assert noted() == [("cycle:2019", "fr", "other", 1)]
    assert len(notes_of(app)._noted) == 1
    assert fetch_notes._family.cache_info().maxsize == 1024


def test_without_a_database_the_feed_is_answered_and_the_next_fetch_noted(
    client: FlaskClient, app: Flask, site: Database
) -> None:
    client.get(CYCLE, headers=GOOGLE)
    with site.write() as session:
        session.execute(sa.text("ALTER TABLE feed_fetches RENAME TO elsewhere"))
    notes_of(app).write()
    assert client.get(CYCLE, headers=GOOGLE).status_code == 200
    with site.write() as session:
        session.execute(sa.text("ALTER TABLE elsewhere RENAME TO feed_fetches"))
    notes_of(app).write()
    assert rows(site) == [("cycle:2019", "fr", "google", 1)]


def test_a_thread_writes_and_ends_by_itself(
    client: FlaskClient, app: Flask, site: Database, monkeypatch
) -> None:
    monkeypatch.setattr(FetchNotes, "gather_seconds", 0.01)
    for headers in (GOOGLE, APPLE):
        client.get(CYCLE, headers=headers)
        thread = notes_of(app)._thread
        if thread is not None:
            thread.join(10)
    assert [row[2] for row in rows(site)] == ["apple", "google"]
    assert notes_of(app)._thread is None
    assert not [one for one in threading.enumerate() if one.name == "fetch-notes"]


def test_many_at_once_are_one_thread_and_one_row_each(app: Flask, site: Database) -> None:
    notes = notes_of(app)

    def fetch(number: int) -> None:
        for feed in ("all", f"cycle:{number % 4}"):
            notes.note(Answered(feed, "fr", 1, "x"), "Google-Calendar-Importer")

    in_threads(fetch, 16)
    assert len([one for one in threading.enumerate() if one.name == "fetch-notes"]) == 1
    notes.write()
    assert [row[0] for row in rows(site)] == ["all", "cycle:0", "cycle:1", "cycle:2", "cycle:3"]


def test_more_than_a_transaction_takes(app: Flask, site: Database, monkeypatch) -> None:
    monkeypatch.setattr(FetchNotes, "at_once", 2)
    for number in range(5):
        notes_of(app).note(Answered(f"cycle:{number}", "fr", 1, "x"), "curl/8.5.0")
    with counted_queries(site) as queries:
        notes_of(app).write()
    assert len(queries) == 3
    assert len(rows(site)) == 5


def test_processes_write_the_same_rows_at_once(make_app, site: Database) -> None:
    apps = [make_app() for _ in range(4)]
    families = ("Google-Calendar-Importer", "curl/8.5.0", "Nextcloud Webcal Service")

    def work(number: int) -> None:
        for revision in range(1, 6):
            for name in families if number % 2 else reversed(families):
                notes_of(apps[number]).note(Answered("cycle:2019", "fr", revision, "x"), name)
            notes_of(apps[number]).write()

    in_threads(work, 4)
    assert rows(site) == [
        ("cycle:2019", "fr", family.value, 5)
        for family in (ClientFamily.GOOGLE, ClientFamily.NEXTCLOUD, ClientFamily.PROGRAM)
    ]


def test_a_feed_that_cannot_be_given_is_not_noted(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/no-folder/none.sqlite", tmp_path))
    assert app.test_client().get(CYCLE, headers=GOOGLE).status_code == 500
    assert notes_of(app)._waiting == {}


def test_the_time_is_that_of_the_fetch(client: FlaskClient, noted, site: Database) -> None:
    client.get(CYCLE, headers=GOOGLE)
    noted()
    with site.read() as session:
        row = session.scalars(sa.select(FeedFetch)).one()
    assert (row.first_at, row.fetched_at) == (NOW, NOW)
