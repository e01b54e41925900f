"""Calendars on the command line: who has seen what, and what a second parser reads."""

import json
from datetime import timedelta

import sqlalchemy as sa

from tests.cli.support import Run, done, objects
from tests.support import MARCH, NOW, load_library, plan_of, published
from webinars.db import Database
from webinars.domain import feed_fetches
from webinars.domain.feed_fetches import ALL, PERSON, Fetch, cycle_feed, theme_feed
from webinars.domain.replays import Video, put_online
from webinars.models import ClientFamily, Webinar

GOOGLE = ClientFamily.GOOGLE


def site(stored: Database) -> None:
    with stored.write() as session:
        load_library(session, "themes.toml")
        published(session, plan_of(MARCH))


def test_who_has_seen_what(run: Run, stored: Database, now) -> None:
    assert done(run("calendars", "seen")) == ""
    site(stored)
    feeds = [cycle_feed("2019"), ALL, theme_feed("connaitre-son-ecosysteme"), PERSON]
    with stored.write() as session:
        fetches = [Fetch(feed, "fr", GOOGLE, NOW, 1) for feed in feeds]
        feed_fetches.note(session, fetches=fetches)
        published(session, plan_of(MARCH, title="Autre"), now=NOW + timedelta(hours=1))
    said = done(run("calendars", "seen")).splitlines()
    assert said[0] == "2019-03-04T09:00:00Z cycle:2019 (fr) google: 1 of 2, not yet"
    rows = objects(run("calendars", "seen", "--json"))
    assert [row["feed"] for row in rows] == feeds
    assert rows[0] == {
        "feed": "cycle:2019",
        "language": "fr",
        "family": "google",
        "first_at": "2019-03-04T09:00:00Z",
        "fetched_at": "2019-03-04T09:00:00Z",
        "revision": 1,
        "present": 2,
        "since": {},
        "reach": "not_yet",
    }


def test_what_has_changed_without_a_publication(run: Run, stored: Database, now) -> None:
    site(stored)
    later = NOW + timedelta(hours=1)
    with stored.write() as session:
        fetches = [Fetch(feed, "fr", GOOGLE, NOW, 1) for feed in (cycle_feed("2019"), ALL)]
        feed_fetches.note(session, fetches=fetches)
        video = Video(url="https://video.example.org/1", duration=60)
        put_online(session, cycle_slug="2019", webinar_slug=MARCH.slug, video=video, now=later)
    said = done(run("calendars", "seen")).splitlines()
    not_yet = "not yet, replay since 2019-03-04T10:00:00Z"
    assert said == [
        f"2019-03-04T09:00:00Z cycle:2019 (fr) google: 1 of 1, {not_yet}",
        f"2019-03-04T09:00:00Z all (fr) google: {not_yet}",
    ]
    rows = objects(run("calendars", "seen", "--json"))
    assert [(row["present"], row["reach"], row["since"]) for row in rows] == [
        (1, "not_yet", {"replay": "2019-03-04T10:00:00Z"}),
        (None, "not_yet", {"replay": "2019-03-04T10:00:00Z"}),
    ]


def test_the_calendars_are_read_again(run: Run, stored: Database) -> None:
    assert done(run("calendars", "check")).splitlines() == [
        "all (fr): No warnings: 0 entries read by vobject 0.9.9.",
        "all (en): No warnings: 0 entries read by vobject 0.9.9.",
    ]
    site(stored)
    said = done(run("calendars", "check")).splitlines()
    assert said[0] == "cycle:2019 (fr): No warnings: 1 entry read by vobject 0.9.9."
    rows = objects(run("calendars", "check", "--json"))
    assert len(rows) == len(said)
    assert rows[0] == {
        "feed": "cycle:2019",
        "language": "fr",
        "entries": 1,
        "warnings": 0,
        "findings": [],
    }


def test_what_is_odd_ends_with_1(run: Run, stored: Database) -> None:
    site(stored)
    with stored.write() as session:
        session.execute(sa.update(Webinar).values(changed_at=FUTURE))
    result = run("calendars", "check")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "cycle:2019 (fr): 1 warning of vobject 0.9.9:",
        f"  “{MARCH.title}” is stamped later than now: 2100-01-01T00:00:00Z.",
    ]
    first = json.loads(run("calendars", "check", "--json").stdout.splitlines()[0])
    assert first["findings"] == [
        {"oddity": "future", "entry": MARCH.title, "found": "2100-01-01T00:00:00Z", "wanted": ""}
    ]


FUTURE = NOW.replace(year=2100, month=1, day=1, hour=0)
