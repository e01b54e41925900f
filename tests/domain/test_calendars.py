"""Calendars: the same rows give the same bytes, and clients read them rightly."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    BOB,
    MARCH,
    MAY,
    NOW,
    SECRET,
    load_library,
    plan_of,
    publish,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import participants, planning, replays
from webinars.domain.calendars import Feed, Writer
from webinars.domain.errors import NotFound
from webinars.domain.personal_calendar import Kept, personal_calendar
from webinars.domain.plan import PlannedSession
from webinars.domain.replays import Video
from webinars.links import Links
from webinars.models import Webinar, WebinarStatus

pytestmark = pytest.mark.usefixtures("_in_english")

SNAPSHOTS = Path(__file__).parent / "snapshots"
LATER = NOW + timedelta(days=1)
CANCELLED = replace(MARCH, status=WebinarStatus.CANCELLED)


WRITER = Writer(
    links=Links(base_url=BASE_URL, secret=SECRET),
    language="fr",
    organiser_name="Le RAMEAU",
    organiser_email="webinaires@example.org",
    site_name="L’innovation territoriale en actions !",
)


def write(database: Database, form: Callable[..., Feed], **which: Any) -> Feed:
    with database.read() as session:
        return form(session, **which)


def whole(database: Database) -> bytes:
    return write(database, WRITER.everything).body


def unfolded(body: bytes) -> list[str]:
    """The lines of a feed as they were before folding (RFC 5545 section 3.1)."""
    return body.decode("utf-8").replace("\r\n ", "").split("\r\n")[:-1]


def event(database: Database, slug: str = MARCH.slug) -> list[str]:
    """The lines of one entry."""
    lines = unfolded(write(database, WRITER.one, cycle_slug="2019", webinar_slug=slug).body)
    return lines[lines.index("BEGIN:VEVENT") : lines.index("END:VEVENT") + 1]


def line(database: Database, name: str) -> str:
    (found,) = (each for each in event(database) if each.startswith((f"{name}:", f"{name};")))
    return found


def summaries(body: bytes) -> list[str]:
    calendar = icalendar.Calendar.from_ical(body)
    return [str(entry["SUMMARY"]) for entry in calendar.walk("VEVENT")]


def test_the_same_rows_give_the_same_bytes(database: Database) -> None:
    publish(database, MARCH, APRIL, MAY)
    first = whole(database)
    assert whole(database) == first
    publish(database, MARCH, APRIL, MAY, now=LATER)  # nothing new
    assert whole(database) == first
    with database.write() as session:
        register(session, ALICE)
    assert whole(database) == first


def test_the_life_of_an_entry(database: Database) -> None:
    chapters: list[str] = []

    def note(title: str) -> None:
        chapters.append("\n".join([f"# {title}", *event(database)]))

    publish(database, MARCH, APRIL)
    note("published")
    moved, title = replace(MARCH, date=date(2019, 3, 28)), "Connaître, et faire connaître"
    for days, (words, sessions) in enumerate(
        (
            ("moved a week", (moved, APRIL)),
            ("renamed", (replace(moved, title=title), APRIL)),
            ("moved back", (replace(MARCH, title=title), APRIL)),
            ("cancelled", (APRIL,)),
            ("takes place after all", (replace(MARCH, title=title), APRIL)),
        )
    ):
        publish(database, *sessions, now=LATER + timedelta(days=days))
        note(words)
    with database.write() as session:
        replays.put_online(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            video=Video("https://video.example.org/mars", 3600),
            now=datetime(2019, 3, 22, 9, tzinfo=UTC),
        )
    note("its replay is online")
    text = "\n\n".join(chapters) + "\n"
    snapshot = SNAPSHOTS / "life-of-an-entry.txt"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        snapshot.write_text(text, "utf-8")
    assert text == snapshot.read_text("utf-8")


@pytest.mark.parametrize(
    ("change", "sequence"),
    [({}, 0), ({"title": "Autre"}, 1), ({"date": date(2019, 3, 22)}, 1)],
)
def test_stamps_come_from_the_latest_published_change(
    database: Database, change: dict[str, Any], sequence: int
) -> None:
    publish(database, MARCH)
    publish(database, replace(MARCH, **change), now=LATER)
    stamp = "20190305T090000Z" if sequence else "20190304T090000Z"
    assert [line(database, name) for name in ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")] == [
        f"DTSTAMP:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"SEQUENCE:{sequence}",
    ]
    assert line(database, "CREATED") == "CREATED:20190304T090000Z"


@pytest.mark.parametrize("sessions", [[], [CANCELLED]])
def test_a_cancelled_webinar_stays_with_its_mark(
    database: Database, sessions: list[PlannedSession]
) -> None:
    publish(database, MARCH)
    uid = line(database, "UID")
    publish(database, *sessions, now=LATER)
    assert [line(database, name) for name in ("STATUS", "SUMMARY", "SEQUENCE", "TRANSP")] == [
        "STATUS:CANCELLED",
        "SUMMARY:[CANCELLED] Connaître son écosystème",
        "SEQUENCE:1",
        "TRANSP:TRANSPARENT",
    ]
    assert line(database, "UID") == uid
    assert summaries(whole(database)) == ["[CANCELLED] Connaître son écosystème"]


def test_text_is_escaped_and_read_back_as_it_was(database: Database) -> None:
    title = 'A, b; c\\d «e» : "f"'
    publish(database, replace(MARCH, title=title))
    with database.write() as session:
        session.execute(sa.update(Webinar).values(why="one, two\nthree; four"))
    assert line(database, "SUMMARY") == 'SUMMARY:A\\, b\\; c\\\\d «e» : "f"'
    assert line(database, "DESCRIPTION").endswith("\\n\\none\\, two\\nthree\\; four")
    (entry,) = icalendar.Calendar.from_ical(whole(database)).walk("VEVENT")
    assert str(entry["SUMMARY"]) == title
    assert str(entry["DESCRIPTION"]).endswith("one, two\nthree; four")


def test_the_name_of_a_calendar_is_escaped_too(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, title="Cycle, 2019; suite"))
    lines = unfolded(write(database, WRITER.cycle, slug="2019").body)
    assert "X-WR-CALNAME:Cycle\\, 2019\\; suite" in lines
    assert "NAME:Cycle\\, 2019\\; suite" in lines


@given(text=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_lines_are_folded_at_75_octets_and_no_letter_is_cut(database: Database, text: str) -> None:
    publish(database, MARCH)
    with database.write() as session:
        session.execute(sa.update(Webinar).values(title=text, why=text * 3))
    body = whole(database)
    assert body.endswith(b"END:VCALENDAR\r\n")
    for physical in body.split(b"\r\n"):
        assert len(physical) <= 75
        assert b"\n" not in physical
        assert b"\r" not in physical
        physical.decode("utf-8")
    assert summaries(body) == [text]


def test_what_every_feed_says_first(database: Database) -> None:
    publish(database, MARCH)
    lines = unfolded(whole(database))
    assert lines[: lines.index("BEGIN:VEVENT")] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Webinars//webinars//FR",
        "CALSCALE:GREGORIAN",
        "NAME:L’innovation territoriale en actions !",
        "X-WR-CALNAME:L’innovation territoriale en actions !",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        f"URL:{BASE_URL}/",
        "X-PUBLISHED-TTL:PT1H",
    ]
    assert not [each for each in lines if each.startswith(("METHOD", "ATTENDEE", "DTSTART;"))]


def test_a_single_file_has_no_name_of_a_calendar(database: Database) -> None:
    publish(database, MARCH, APRIL)
    body = write(database, WRITER.one, cycle_slug="2019", webinar_slug=MARCH.slug).body
    lines = unfolded(body)
    assert lines[: lines.index("BEGIN:VEVENT")] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Webinars//webinars//FR",
        "CALSCALE:GREGORIAN",
    ]
    assert summaries(body) == [MARCH.title]


def test_none_one_three(database: Database) -> None:
    assert summaries(whole(database)) == []
    for sessions in ([MARCH], [MARCH, APRIL, MAY]):
        publish(database, *sessions)
        assert summaries(whole(database)) == [each.title for each in sessions]


def test_an_empty_cycle_is_a_calendar_all_the_same(database: Database) -> None:
    publish(database)
    feed = write(database, WRITER.cycle, slug="2019")
    assert feed.changed_at == NOW
    assert feed.body.startswith(b"BEGIN:VCALENDAR\r\n")
    calendar = icalendar.Calendar.from_ical(feed.body)
    assert (calendar["VERSION"], calendar.walk("VEVENT")) == ("2.0", [])
    # RFC 5545 section 3.6: there is a component all the same.
    assert [each.name for each in calendar.subcomponents] == ["VTIMEZONE"]


def test_a_feed_changed_when_its_latest_entry_did(database: Database) -> None:
    assert write(database, WRITER.everything).changed_at == datetime(2000, 1, 1, tzinfo=UTC)
    publish(database, MARCH, APRIL)
    publish(database, MARCH, replace(APRIL, title="Autre"), now=LATER)
    assert write(database, WRITER.everything).changed_at == LATER
    one = write(database, WRITER.one, cycle_slug="2019", webinar_slug=MARCH.slug)
    assert one.changed_at == NOW


def test_a_draft_is_in_no_feed(database: Database) -> None:
    publish(database, MARCH)
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, APRIL), now=LATER)
    assert summaries(whole(database)) == [MARCH.title]


@pytest.mark.parametrize(
    ("form", "which"),
    [
        (WRITER.cycle, {"slug": "2020"}),
        (WRITER.theme, {"slug": "no-such"}),
        (WRITER.one, {"cycle_slug": "2019", "webinar_slug": "no-such"}),
        (WRITER.one, {"cycle_slug": "2020", "webinar_slug": MARCH.slug}),
    ],
)
def test_what_is_not_there_is_not_found(
    database: Database, form: Callable[..., Feed], which: dict[str, str]
) -> None:
    publish(database, MARCH)
    with pytest.raises(NotFound):
        write(database, form, **which)


def test_the_feed_of_a_theme_spans_the_cycles(database: Database) -> None:
    publish(database, MARCH, APRIL)
    again = replace(MARCH, date=date(2020, 3, 19), title="Encore")
    with database.write() as session:
        load_library(session, "themes.toml")
        published(session, plan_of(again, slug="2020", year=2020))
    body = write(database, WRITER.theme, slug="connaitre-son-ecosysteme").body
    assert summaries(body) == [MARCH.title, "Encore"]
    assert "CATEGORIES:Connaître son écosystème" in unfolded(body)


def test_a_person_sees_the_webinars_they_have_a_place_in(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, BOB, webinar=APRIL.slug)
        for slug in (MARCH.slug, APRIL.slug):  # in April she waits
            register(session, ALICE, webinar=slug)
        register(session, BOB, webinar=MAY.slug)
    found = {}
    with database.read() as session:
        for who in (ALICE, BOB):
            participant = participants.by_email(session, email=who.email)
            assert participant is not None
            feed = personal_calendar(session, participant=participant, writer=WRITER, kept=Kept())
            found[who] = summaries(feed.body)
    assert found == {ALICE: [MARCH.title], BOB: [APRIL.title, MAY.title]}


def test_no_feed_speaks_of_people_or_rooms(database: Database) -> None:
    publish(database, MARCH)
    with database.write() as session:
        register(session, ALICE)
    body = whole(database).replace(b"\r\n ", b"")
    assert b"alice" not in body.lower()
    assert b"salle.example.org" not in body
