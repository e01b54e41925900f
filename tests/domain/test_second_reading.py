"""A feed read by a parser that is not ours: well, and bent in every way that it looks for."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import (
    APRIL,
    BASE_URL,
    MARCH,
    MAY,
    NOW,
    SECRET,
    load_library,
    plan_of,
    published,
)
from webinars.db import Database
from webinars.domain.calendars import Writer
from webinars.domain.feed_checks import PublicFeed, Served, check, public_feeds
from webinars.domain.feed_fetches import ALL, cycle_feed, theme_feed, webinar_file
from webinars.domain.second_reading import MOST, Expected, Oddity, Oddness, Reading, read_again
from webinars.links import Links
from webinars.models import Webinar, WebinarStatus

pytestmark = pytest.mark.usefixtures("_in_english")

START = datetime(2019, 3, 21, 12, tzinfo=UTC)
ONE = Expected(
    "one@x", START, START + timedelta(minutes=90), "Été, «1»", cancelled=False, sequence=2
)
TWO = replace(ONE, uid="two@x", title="Deux", cancelled=True)
WRITER = Writer(
    links=Links(base_url=BASE_URL, secret=SECRET),
    language="en",
    organiser_name="Le RAMEAU",
    organiser_email="webinaires@example.org",
    site_name="Programme",
)


def event(one: Expected = ONE) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{one.uid}",
        "DTSTAMP:20190304T090000Z",
        f"SEQUENCE:{one.sequence}",
        "DTSTART:20190321T120000Z",
        "DTEND:20190321T133000Z",
        "SUMMARY:" + ("[X] " if one.cancelled else "") + one.title.replace(",", "\\,"),
        "STATUS:" + ("CANCELLED" if one.cancelled else "CONFIRMED"),
        "END:VEVENT",
    ]


def feed(*events: list[str], head: Sequence[str] = ("VERSION:2.0", "PRODID:x")) -> bytes:
    lines = ["BEGIN:VCALENDAR", *head, *(line for one in events for line in one), "END:VCALENDAR"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def read(body: bytes, *expected: Expected) -> Reading:
    return read_again(body, expected=expected, now=NOW)


def test_none_one_two_without_a_warning() -> None:
    assert read(feed()) == Reading(0, (), 0)
    assert read(feed(event()), ONE) == Reading(1, (), 0)
    assert read(feed(event(TWO), event()), ONE, TWO) == Reading(2, (), 0)


Bend = Callable[[list[str]], list[str]]


def put(line: str) -> Bend:
    """In the place of the line of this property."""
    name = line.partition(":")[0].partition(";")[0] + ":"
    return lambda lines: [line if one.startswith(name) else one for one in lines]


def add(line: str) -> Bend:
    return lambda lines: [*lines[:-1], line, lines[-1]]


@pytest.mark.parametrize(
    ("bend", "findings"),
    [
        (
            put("DTSTART:20190321T130000Z"),
            [Oddness(Oddity.STARTS, ONE.title, "2019-03-21T13:00:00Z", "2019-03-21T12:00:00Z")],
        ),
        (
            put("DTEND:20190321T140000Z"),
            [Oddness(Oddity.ENDS, ONE.title, "2019-03-21T14:00:00Z", "2019-03-21T13:30:00Z")],
        ),
        (
            put("DTSTART:20190321T120000"),
            [Oddness(Oddity.FLOATING, ONE.title, "DTSTART 2019-03-21 12:00:00")],
        ),
        (put("SUMMARY:Autre"), [Oddness(Oddity.TITLE, ONE.title, "Autre")]),
        (put("STATUS:CANCELLED"), [Oddness(Oddity.STATUS, ONE.title, "CANCELLED", "CONFIRMED")]),
        (put("SEQUENCE:1"), [Oddness(Oddity.SEQUENCE, ONE.title, "1", "2")]),
        (
            put("DTSTAMP:20190304T091000Z"),
            [Oddness(Oddity.FUTURE, ONE.title, "2019-03-04T09:10:00Z")],
        ),
        (add("ATTENDEE:mailto:a@example.org"), [Oddness(Oddity.IN_NO_FEED, None, "ATTENDEE")]),
        (
            add("DESCRIPTION:" + "é" * 40),
            [Oddness(Oddity.LONG_LINES, None, "92", "75")],
        ),
        (
            put("UID:three@x"),
            [Oddness(Oddity.MISSING, ONE.title), Oddness(Oddity.UNKNOWN, ONE.title)],
        ),
    ],
)
def test_one_thing_is_odd(bend: Bend, findings: list[Oddness]) -> None:
    assert read(feed(bend(event())), ONE) == Reading(1, tuple(findings), len(findings))


def test_an_entry_twice_and_a_calendar_with_a_method() -> None:
    assert read(feed(event(), event()), ONE).findings == (
        Oddness(Oddity.COUNT, None, "2", "1"),
        Oddness(Oddity.TWICE, ONE.uid, "2", "1"),
    )
    head = ("VERSION:2.0", "PRODID:x", "METHOD:PUBLISH")
    assert read(feed(event(), head=head), ONE).findings == (
        Oddness(Oddity.IN_NO_FEED, None, "METHOD"),
    )


def test_what_the_parser_itself_refuses() -> None:
    (refused,) = read(feed(event(), head=("VERSION:2.0",)), ONE).findings
    assert (refused.oddity, "PRODID" in refused.found) == (Oddity.REFUSED, True)
    (odd, *_) = read(b"", ONE).findings
    assert odd == Oddness(Oddity.NOT_ONE_CALENDAR, None, "0", "1")


@pytest.mark.parametrize(
    "body",
    [b"no calendar\r\n", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe\r\n", feed(put("DTSTART:x")(event()))],
)
def test_what_cannot_be_read_is_a_finding(body: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    assert [one.oddity for one in read(body, ONE).findings] == [Oddity.UNREADABLE]
    assert capfd.readouterr() == ("", "")


def test_line_ends_of_another_system() -> None:
    body = feed(event()).replace(b"\r\n", b"\n")
    assert read(body, ONE).findings[0].oddity is Oddity.LINE_ENDS
    assert [one.oddity for one in read(feed(event())[:-2], ONE).findings] == [Oddity.LINE_ENDS]


def test_of_many_findings_the_first_are_kept() -> None:
    reading = read(feed(), *(replace(ONE, uid=f"{number}@x") for number in range(30)))
    assert (len(reading.findings), reading.count) == (MOST, 31)


# the feeds of the house -------------------------------------------------------------------


@pytest.fixture
def site(database: Database) -> Database:
    with database.write() as session:
        load_library(session, "themes.toml")
        published(session, plan_of(MARCH, APRIL, MAY))
        moved = replace(MARCH, date=date(2019, 3, 28))
        cancelled = replace(APRIL, status=WebinarStatus.CANCELLED)
        published(session, plan_of(moved, cancelled, MAY))
    return database


def answered(body: bytes, *, status: str = "200 OK", packed: bytes | None = None) -> Served:
    return Served(status, body, gzip.compress(body) if packed is None else packed, is_packed=True)


def checked(database: Database, name: str, served: Served) -> Reading:
    with database.read() as session:
        feed = PublicFeed(name, "x")
        return check(session, feed=feed, language="en", served=served, now=NOW).reading


def test_which_feeds_there_are(site: Database) -> None:
    with site.write() as session:
        latest = sa.update(Webinar).where(Webinar.slug == APRIL.slug)
        session.execute(latest.values(changed_at=NOW + timedelta(seconds=1)))
    with site.read() as session:
        feeds = public_feeds(session)
        of_cycle = public_feeds(session, cycle="2019")
        assert public_feeds(session, cycle="1999") == ()
    file = PublicFeed(webinar_file("2019", APRIL.slug), APRIL.title)
    assert [one.name for one in feeds[:3]] == [cycle_feed("2019"), file.name, ALL]
    assert theme_feed("connaitre-son-ecosysteme") in [one.name for one in feeds[3:]]
    assert of_cycle == feeds[:2]
    assert of_cycle[1] == file
    assert [one.is_file for one in of_cycle] == [False, True]


def test_none_is_published(database: Database) -> None:
    with database.read() as session:
        assert public_feeds(session) == (PublicFeed(ALL, None),)


def test_our_feeds_are_read_as_they_are_meant(site: Database) -> None:
    theme, empty = theme_feed("connaitre-son-ecosysteme"), theme_feed("qualifier-l-innovation")
    with site.read() as session:
        written = {
            cycle_feed("2019"): WRITER.cycle(session, slug="2019"),
            ALL: WRITER.everything(session),
            theme: WRITER.theme(session, slug="connaitre-son-ecosysteme"),
            empty: WRITER.theme(session, slug="qualifier-l-innovation"),
            webinar_file("2019", MAY.slug): WRITER.one(
                session, cycle_slug="2019", webinar_slug=MAY.slug
            ),
        }
    readings = [checked(site, name, answered(feed.body)) for name, feed in written.items()]
    assert readings == [Reading(entries, (), 0) for entries in (3, 3, 1, 0, 1)]


def test_what_is_answered_otherwise_and_packed_otherwise(site: Database) -> None:
    with site.read() as session:
        body = WRITER.everything(session).body
    refused = (Oddness(Oddity.NOT_SERVED, found="500 INTERNAL SERVER ERROR"),)
    broken = answered(b"<html>", status="500 INTERNAL SERVER ERROR")
    assert checked(site, ALL, broken) == Reading(0, refused, 1)
    assert checked(site, ALL, Served("200 OK", body, body, is_packed=False)).findings == ()
    another = (Oddness(Oddity.PACKED),)
    for packed in (gzip.compress(body[:-1]), gzip.compress(body)[:-9], b"\x1f\x8b\x08", b"", body):
        assert checked(site, ALL, answered(body, packed=packed)) == Reading(3, another, 1)


@given(text=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
def test_whatever_a_title_says(site: Database, text: str) -> None:
    with site.write() as session:
        session.execute(sa.update(Webinar).values(title=text, why=text))
    with site.read() as session:
        body = WRITER.everything(session).body
    assert checked(site, ALL, answered(body)) == Reading(3, (), 0)
