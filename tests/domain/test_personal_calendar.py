"""The calendar of one person: what they have a place in, their own door, an alarm if they ask."""

from dataclasses import replace
from datetime import date, timedelta

import icalendar
import pytest

from tests.domain.test_calendars import WRITER, unfolded
from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    BOB,
    CHARLIE,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import participants, registrations, replays
from webinars.domain.calendars import Feed
from webinars.domain.people import Person
from webinars.domain.personal_calendar import (
    ALARMS,
    Kept,
    UnknownAlarm,
    personal_calendar,
    set_alarm,
)
from webinars.domain.replays import Video
from webinars.models import Participant, Webinar, WebinarStatus

pytestmark = pytest.mark.usefixtures("_in_english")

LATER = NOW + timedelta(days=1)
CANCELLED = replace(MARCH, status=WebinarStatus.CANCELLED)
DOOR = f"{BASE_URL}/cycles/2019/{MARCH.slug}/join"


@pytest.fixture
def alice(database: Database) -> Database:
    """Three webinars; Alice is registered for the first."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        register(session, ALICE)
    return database


def row(session, who: Person = ALICE) -> Participant:
    found = participants.by_email(session, email=who.email)
    assert found is not None
    return found


def feed(database: Database, who: Person = ALICE, kept: Kept | None = None) -> Feed:
    with database.read() as session:
        return personal_calendar(
            session, participant=row(session, who), writer=WRITER, kept=kept or Kept()
        )


def door_of(database: Database, who: Person = ALICE) -> str:
    with database.read() as session:
        return f"{DOOR}?t={participants.calendar_door_token(WRITER.links, row(session, who))}"


def lines(database: Database, *names: str) -> list[str]:
    return [line for line in unfolded(feed(database).body) if line.split(":")[0] in names]


def choose(database: Database, minutes: int | None) -> None:
    with database.write() as session:
        set_alarm(session, participant=row(session), minutes=minutes, now=LATER)


def alarms(database: Database) -> list[icalendar.Component]:
    return icalendar.Calendar.from_ical(feed(database).body).walk("VALARM")


def test_an_entry_is_the_public_one_but_for_the_way_into_the_room(alice: Database) -> None:
    own = unfolded(feed(alice).body)
    with alice.read() as session:
        public = unfolded(WRITER.one(session, cycle_slug="2019", webinar_slug=MARCH.slug).body)
    page, door = f"{BASE_URL}/cycles/2019/{MARCH.slug}", door_of(alice)
    about = f"\\n\\nWhat it is about\\, then its replay: {page}"
    assert [line for line in own if line not in public] == [
        "NAME:My webinars",
        "X-WR-CALNAME:My webinars",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        f"CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL=Join the webinar;VALUE=URI:{door}",
        f"DESCRIPTION:Join\\, with your personal link: {door}{about}",
        f"LOCATION:{door}",
    ]
    assert [line.partition(":")[0] for line in public if line not in own] == [
        "CONFERENCE;FEATURE=AUDIO,VIDEO;LABEL=Join the webinar;VALUE=URI",
        "DESCRIPTION",
        "LOCATION",
    ]


def test_the_door_ends_with_the_webinar(alice: Database) -> None:
    with alice.write() as session:
        replays.put_online(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            video=Video("https://video.example.org/mars", 3600),
            now=LATER,
        )
    body = feed(alice).body
    page = f"{BASE_URL}/cycles/2019/{MARCH.slug}"
    assert lines(alice, "LOCATION", "DESCRIPTION") == [
        f"DESCRIPTION:Watch the replay: {page}",
        f"LOCATION:{page}",
    ]
    assert b"join" not in body
    assert feed(alice).changed_at == LATER


def test_nobodys_secret_is_in_anothers_calendar(alice: Database) -> None:
    with alice.write() as session:
        register(session, BOB)
    kept = Kept()
    bodies = {who: b"".join(feed(alice, who, kept).body.split(b"\r\n ")) for who in (ALICE, BOB)}
    for who, other in ((ALICE, BOB), (BOB, ALICE)):
        assert door_of(alice, who).encode() in bodies[who]
        assert door_of(alice, other).encode() not in bodies[who]
        assert kept.texts
        assert all(door_of(alice, who) not in text.text for text in kept.texts.values())


def test_none_one_three(alice: Database) -> None:
    def titles(who: Person) -> list[str]:
        calendar = icalendar.Calendar.from_ical(feed(alice, who).body)
        return [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")]

    with alice.write() as session:
        for one in (MAY, MARCH, APRIL):
            register(session, BOB, webinar=one.slug)
        published(session, plan_of(replace(MARCH, date=date(2019, 5, 15)), APRIL, MAY), now=LATER)
    assert titles(ALICE) == [MARCH.title]
    assert titles(BOB) == [APRIL.title, MARCH.title, MAY.title]
    with alice.write() as session:
        register(session, CHARLIE)
        registrations.cancel(
            session,
            participant=row(session, CHARLIE),
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=LATER,
        )
    assert titles(CHARLIE) == []


def test_entries_are_made_once_for_everybody_until_something_is_published(alice: Database) -> None:
    with alice.write() as session:
        register(session, BOB)
    kept = Kept()

    def queries(who: Person) -> int:
        with alice.read() as session:
            person = row(session, who)
            with counted_queries(alice) as statements:
                personal_calendar(session, participant=person, writer=WRITER, kept=kept)
        return len(statements)

    assert [queries(who) for who in (ALICE, ALICE, BOB)] == [2, 1, 1]
    with alice.write() as session:
        published(session, plan_of(replace(MARCH, title="Autre"), APRIL, MAY), now=LATER)
    assert [queries(who) for who in (BOB, ALICE)] == [2, 1]
    assert b"SUMMARY:Autre" in feed(alice, ALICE, kept).body


def test_an_older_state_replaces_no_newer_one() -> None:
    kept = Kept()
    kept.keep(3, {})
    kept.keep(2, {("fr", None, 1): None})  # type: ignore[dict-item]
    assert (kept.version, dict(kept.texts)) == (3, {})
    assert kept.of(2, [("fr", None, 1)]) == {}


@pytest.mark.parametrize("minutes", ALARMS)
def test_an_alarm_rings_for_who_asks_for_it(alice: Database, minutes: int) -> None:
    assert alarms(alice) == []
    before = feed(alice)
    choose(alice, minutes)
    (alarm,) = alarms(alice)
    assert alarm.decoded("TRIGGER") == -timedelta(minutes=minutes)
    assert (str(alarm["ACTION"]), str(alarm["DESCRIPTION"])) == ("DISPLAY", MARCH.title)
    assert (before.changed_at, feed(alice).changed_at) == (NOW, LATER)
    choose(alice, None)
    assert feed(alice).body == before.body


def test_no_alarm_for_what_does_not_take_place(alice: Database) -> None:
    choose(alice, 10)
    with alice.write() as session:
        published(session, plan_of(CANCELLED, APRIL, MAY), now=LATER)
    assert alarms(alice) == []


@pytest.mark.parametrize("minutes", [0, -10, 11, 10**9])
def test_no_other_alarm_is_taken(alice: Database, minutes: int) -> None:
    choose(alice, 10)
    with pytest.raises(UnknownAlarm), alice.write() as session:
        set_alarm(session, participant=row(session), minutes=minutes, now=LATER)
    with alice.read() as session:
        assert row(session).calendar_alarm == 10


def test_the_same_alarm_again_changes_nothing(alice: Database) -> None:
    choose(alice, 10)
    with alice.write() as session:
        set_alarm(session, participant=row(session), minutes=10, now=LATER + timedelta(days=1))
        assert row(session).calendar_alarm_at == LATER


def test_a_title_that_looks_like_a_mark_is_a_title(alice: Database) -> None:
    odd = "?t= , ; \\ \\n 🙂 " + "é" * 80
    with alice.write() as session:
        session.query(Webinar).filter_by(slug=MARCH.slug).update({"title": odd})
        published(session, plan_of(replace(MARCH, title=odd), APRIL, MAY), now=LATER)
    calendar = icalendar.Calendar.from_ical(feed(alice).body)
    assert [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")] == [odd]
