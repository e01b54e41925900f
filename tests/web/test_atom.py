"""Feeds of news over HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.http import http_date

from tests.atom import AtomFeed, read_atom
from tests.support import (
    APRIL,
    BASE_URL,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
)
from tests.web.support import END, PAGE, read, words
from webinars.db import Database
from webinars.domain import replays
from webinars.domain.plan import PlannedSession
from webinars.domain.replays import Video
from webinars.domain.site import EPOCH, touch
from webinars.models import Webinar, WebinarStatus

REPLAYS, NEWS = "/replays.atom", "/announcements.atom"
BOTH = (REPLAYS, NEWS)
EVERY = (*BOTH, *(f"/en{address}" for address in BOTH))
LATER = END + timedelta(hours=1)


def feed(client: FlaskClient, address: str) -> AtomFeed:
    answer = client.get(address)
    assert answer.status_code == 200
    return read_atom(answer.data)


def put_online(database: Database, slug: str = MARCH.slug, *, now: datetime = END) -> None:
    with database.write() as session:
        video = Video("https://video.example.org/v", 3600)
        replays.put_online(session, cycle_slug="2019", webinar_slug=slug, video=video, now=now)


@pytest.fixture
def publish(site: Database) -> Callable[..., None]:
    def again(*sessions: PlannedSession, now: datetime = LATER) -> None:
        with site.write() as session:
            published(session, plan_of(*sessions), now=now)

    return again


def test_feeds_of_an_empty_site_are_feeds(client: FlaskClient, database: Database, now) -> None:
    for address in EVERY:
        found = feed(client, address)
        assert found.entries == ()
        assert found.updated == EPOCH


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_what_a_feed_says_of_itself(
    client: FlaskClient, app: Flask, site: Database, prefix: str, language: str
) -> None:
    for address, title, page in ((REPLAYS, "Replays", "/replays"), (NEWS, "Announcements", "/")):
        found = feed(client, prefix + address)
        assert found.id == found.self == f"{BASE_URL}{prefix}{address}"
        assert found.alternate == f"{BASE_URL}{prefix}{page}"
        assert found.language == language
        assert found.title.startswith(f"{words(app, title, language)} – ")
        assert found.author == app.extensions["webinars"].settings.organisation


def test_a_replay(client: FlaskClient, site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
        session.execute(
            sa.update(Webinar)
            .where(Webinar.slug == MARCH.slug)
            .values(speakers=["Anne", "Bob"], why="Parce que <b>&")
        )
    put_online(site)
    (entry,) = feed(client, REPLAYS).entries
    assert entry.id == f"tag:{HOST},2019-03-04:replay/2019/{MARCH.slug}/fr"
    assert (entry.title, entry.link) == (MARCH.title, BASE_URL + PAGE)
    assert (entry.published, entry.updated) == (END, END)
    assert entry.summary == "jeudi 21 mars 2019\nAvec : Anne, Bob\nParce que <b>&".replace(
        " :", "\u00a0:"
    )
    assert entry.categories == ("Connaître son écosystème",)
    (english,) = feed(client, f"/en{REPLAYS}").entries
    assert english.id == entry.id.removesuffix("fr") + "en"
    assert english.link == f"{BASE_URL}/en{PAGE}"
    assert english.summary.startswith("Thursday, March 21, 2019\n")


def test_a_renamed_replay_is_updated_and_keeps_its_name(
    client: FlaskClient, site: Database, publish
) -> None:
    put_online(site)
    (before,) = feed(client, REPLAYS).entries
    publish(replace(MARCH, title="Autre"), APRIL, MAY)
    (after,) = feed(client, REPLAYS).entries
    assert (after.id, after.title, after.published) == (before.id, "Autre", END)
    assert after.updated == LATER


SAID = {
    "fr": [
        "Replay : Connaître",
        "Le webinaire du jeudi 21 mars 2019 est à revoir en ligne.",
        "Finalement maintenu : Définir sa stratégie",
        "Il était annulé et aura lieu finalement.",
        "Annulé : Définir sa stratégie",
        "Ce webinaire est annulé.",
        "Nouvelle date : Faire alliance",
        (
            "Déplacé du jeudi 18 avril 2019 à 13 h au jeudi 25 avril 2019 à 13 h : Vacances\n"
            "Il s’appelait « Apprendre à faire alliances »."
        ),
        "Nouveau titre : Connaître",
        "Il s’appelait « Connaître son écosystème ».",
        "Nouveau webinaire : Définir sa stratégie",
        "jeudi 16 mai 2019 à 13 h – Définir sa stratégie",
        "Nouveau programme : Cycle 2019",
        (
            "jeudi 21 mars 2019 à 13 h – Connaître son écosystème\n"
            "jeudi 18 avril 2019 à 13 h – Apprendre à faire alliances"
        ),
    ],
    "en": [
        "Replay: Connaître",
        "The webinar of Thursday, March 21, 2019 can be watched again.",
        "Takes place after all: Définir sa stratégie",
        "It was cancelled, and takes place after all.",
        "Cancelled: Définir sa stratégie",
        "This webinar is cancelled.",
        "New date: Faire alliance",
        (
            "Moved from Thursday, April 18, 2019 at 1 pm to Thursday, April 25, 2019 at 1 pm: "
            "Vacances\n"
            "It was called “Apprendre à faire alliances”."
        ),
        "New title: Connaître",
        "It was called “Connaître son écosystème”.",
        "New webinar: Définir sa stratégie",
        "Thursday, May 16, 2019 at 1 pm – Définir sa stratégie",
        "New programme: Cycle 2019",
        (
            "Thursday, March 21, 2019 at 1 pm – Connaître son écosystème\n"
            "Thursday, April 18, 2019 at 1 pm – Apprendre à faire alliances"
        ),
    ],
}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_announcements_in_words(
    client: FlaskClient, database: Database, now, language: str
) -> None:
    march = replace(MARCH, title="Connaître")
    april = replace(
        APRIL,
        title="Faire alliance",
        date=date(2019, 4, 25),
        exception_of=date(2019, 4, 18),
        reason="Vacances",
    )
    cancelled = replace(MAY, status=WebinarStatus.CANCELLED)
    plans = (
        (MARCH, APRIL),
        (MARCH, APRIL, MAY),
        (march, APRIL, MAY),
        (march, april, MAY),
        (march, april, cancelled),
        (march, april, MAY),
    )
    for number, plan in enumerate(plans):
        with database.write() as session:
            published(session, plan_of(*plan), now=NOW + timedelta(hours=number))
    put_online(database)
    entries = feed(client, NEWS if language == "fr" else f"/en{NEWS}").entries
    said = [text for entry in entries for text in (entry.title, entry.summary)]
    assert [text.replace("\u00a0", " ").replace("\u202f", " ") for text in said] == SAID[language]
    assert [entry.categories for entry in entries] == [
        (kind,) for kind in ("replay", *("changed",) * 4, "added", "cycle")
    ]
    links = [entry.link.removeprefix(BASE_URL).removeprefix("/en") for entry in entries]
    assert (links[0], links[-1]) == (PAGE, "/cycles/2019")
    assert len({entry.id for entry in entries}) == 7


def test_headers(client: FlaskClient, site: Database) -> None:
    put_online(site)
    for address in EVERY:
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["Last-Modified"] == http_date(END)
        assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
        assert "Set-Cookie" not in answer.headers
        packed = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["ETag"] != answer.headers["ETag"]
        for one in (answer, packed):
            sent = {"If-None-Match": one.headers["ETag"], "Accept-Encoding": "gzip"}
            assert client.get(address, headers=sent).status_code == 304
        assert client.get(address, headers={"If-Modified-Since": http_date(END)}).status_code == 304
        head = client.head(address)
        assert (head.status_code, head.data) == (200, b"")
        assert client.post(address).status_code == 405


def test_nothing_but_a_publication_changes_a_byte(
    client: FlaskClient, make_app, site: Database, at, publish
) -> None:
    put_online(site)
    before = {address: client.get(address).data for address in EVERY}
    at(NOW + timedelta(days=4000))
    other = make_app().test_client()
    for address, body in before.items():
        assert client.get(address).data == other.get(address).data == body
        assert other.get(f"{address}?utm=1", headers={"Accept": "text/html"}).data == body
    publish(MARCH, APRIL, replace(MAY, title="Autre"))
    for address in (NEWS, f"/en{NEWS}"):
        assert client.get(address).data != before[address]
    for address in (REPLAYS, f"/en{REPLAYS}"):
        assert client.get(address).data == before[address]


def test_what_is_taken_away_is_no_304(client: FlaskClient, site: Database, publish) -> None:
    put_online(site)
    since = client.get(REPLAYS).headers["Last-Modified"]
    publish(replace(MARCH, status=WebinarStatus.CANCELLED), APRIL, MAY)
    answer = client.get(REPLAYS, headers={"If-Modified-Since": since})
    assert answer.status_code == 200
    assert read_atom(answer.data).entries == ()


ODD = [
    "A & B <script>alert(1)</script> ]]> \"'",
    "é 🎉 日本 \u202f…",
    "ends with ]]>",
    "\x00\x08\x0b\x1f\ufffe\uffff nothing of it may stand",
    "a\tb",
]


@pytest.mark.parametrize("title", ODD)
def test_any_title_is_well_formed(client: FlaskClient, site: Database, title: str) -> None:
    """Also one that came into the database without passing the forms."""
    put_online(site)
    if "\x00" in title and site.url.get_backend_name() == "postgresql":
        title = title.replace("\x00", "")  # which it refuses by itself
    with site.write() as session:
        session.execute(sa.update(Webinar).values(title=title, why=title, speakers=[title]))
        touch(session, now=NOW)
    kept = "".join(c for c in title if (c >= " " and c not in "\ufffe\uffff") or c == "\t")
    (entry,) = feed(client, REPLAYS).entries
    assert entry.title == kept
    assert kept in entry.summary
    feed(client, NEWS)


@pytest.mark.parametrize("number", [1, 12])
def test_queries_do_not_grow(client: FlaskClient, database: Database, now, number: int) -> None:
    sessions = [
        PlannedSession(slug=f"w-{day}", title=f"W {day}", date=date(2019, 1, day + 1))
        for day in range(number)
    ]
    with database.write() as session:
        published(session, plan_of(*sessions))
    for planned in sessions:
        put_online(database, planned.slug)
    counts = []
    for address, most in ((REPLAYS, number), (NEWS, number + 1)):
        with counted_queries(database) as queries:
            assert len(feed(client, address).entries) == most
        counts.append(len([query for query in queries if "site_state" not in query]))
    assert counts == [2, 4]  # once for each form that is kept, plain and packed


def test_pages_lead_to_the_feeds(client: FlaskClient, app: Flask, site: Database) -> None:
    for prefix, language in (("", "fr"), ("/en", "en")):
        for address in ("/", "/replays", PAGE, "/no-such"):
            page = read(client.get(prefix + address))
            links = page.all("link", rel="alternate", type="application/atom+xml")
            assert [link.attrs["href"] for link in links] == [prefix + NEWS, prefix + REPLAYS]
            assert links[0].attrs["title"].startswith(words(app, "Announcements", language))
            assert page.one("footer").links(prefix + NEWS) == [prefix + NEWS]
        main = read(client.get(f"{prefix}/replays")).one("main")
        assert main.links(prefix + REPLAYS) == [prefix + REPLAYS]
