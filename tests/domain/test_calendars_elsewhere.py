"""What programs that we did not write read in the calendars: the same as is stored."""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale

from tests.calendar_programs import Calendar, Read, by_ical_js, by_vobject
from tests.domain.test_calendars import WRITER, write
from tests.support import (
    ALICE,
    HOST,
    MARCH,
    load_2019,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import participants
from webinars.domain.calendar_text import one_line, paragraphs
from webinars.domain.calendars import entries_of
from webinars.domain.invitations import Method, invitation
from webinars.domain.personal_calendar import Kept, personal_calendar
from webinars.domain.plan import PlannedSession
from webinars.models import Cycle, Webinar, WebinarStatus

PARIS = ZoneInfo("Europe/Paris")
YEARS = range(2019, 2036)
FUZZED = 2000
TITLES = (
    "Évaluer, « mesurer »; agir : l’été à Nîmes",
    "🙂👩‍👩‍👧 et 𝔘nicode, שלום, 日本語",
    "a\\nb \\, \\; \\\\ \"c\" 'd' <e> & f",
    "Un titre si long qu’il est coupé plusieurs fois, et dont aucune lettre ne l’est : " * 3,
    "BEGIN:VEVENT END:VCALENDAR SUMMARY:x",
    " ".join(["é"] * 80),
)

# What a calendar says does not depend on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _in_french(app: Flask) -> Iterator[None]:
    with app.app_context(), force_locale("fr"):
        yield


def third_thursdays(year: int) -> list[date]:
    """Counted without the product."""
    firsts = [date(year, month, 1) for month in range(1, 13)]
    return [first + timedelta(days=(3 - first.weekday()) % 7 + 14) for first in firsts]


def plan_year(database: Database, year: int) -> None:
    """Twelve third Thursdays at 13 h, one of them cancelled, with all sorts of titles."""
    sessions = [
        PlannedSession(
            slug=f"s{number}",
            date=day,
            title=f"{year} {TITLES[number % len(TITLES)]}".strip(),
            status=WebinarStatus.CANCELLED if number == 7 else WebinarStatus.SCHEDULED,
        )
        for number, day in enumerate(third_thursdays(year))
    ]
    with database.write() as session:
        plan = plan_of(*sessions, slug=str(year), year=year, title=f"Cycle {year}")
        published(session, replace(plan, starts_at=time(13)))


def stored(database: Database, *which: sa.ColumnElement[bool]) -> list[Read]:
    """What the programs have to read of these webinars, as the database has it."""
    with database.read() as session:
        rows = session.execute(
            sa.select(Webinar, Cycle.slug)
            .join(Cycle, Cycle.id == Webinar.cycle_id)
            .where(*which)
            .order_by(Webinar.starts_at, Webinar.id)
        ).all()
    return [expected(webinar, cycle) for webinar, cycle in rows]


def expected(webinar: Webinar, cycle: str) -> Read:
    page = f"https://{HOST}/cycles/{cycle}/{webinar.slug}"
    off = webinar.status is WebinarStatus.CANCELLED
    texts = (
        [f"Ce webinaire est annulé\u00a0: {page}"]
        if off
        else [
            f"S’inscrire, rejoindre, puis revoir\u00a0: {page}",
            f"Déjà inscrit·e\u202f? L’entrée de la salle\u00a0: {page}/join",
        ]
    )
    if webinar.why:
        texts.append(webinar.why)
    if webinar.agenda:
        texts.append("\n".join(f"• {point}" for point in webinar.agenda))
    if webinar.speakers:
        texts.append(f"Avec\u00a0: {', '.join(webinar.speakers)}")
    title = one_line(webinar.title)
    return Read(
        uid=webinar.uid,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        summary=f"[ANNULÉ] {title}" if off else title,
        description=paragraphs("\n\n".join(texts)),
        status="CANCELLED" if off else "CONFIRMED",
    )


def test_seventeen_years(database: Database, tmp_path: Path) -> None:
    for year in YEARS:
        plan_year(database, year)
    whole = write(database, WRITER.everything).body
    years = [write(database, WRITER.cycle, slug=str(year)).body for year in YEARS]
    by_year = [stored(database, Cycle.year == year) for year in YEARS]
    every = stored(database)

    # The stored instants themselves: 13 h in Paris, in winter and in summer.
    locals_ = [entry.starts_at.astimezone(PARIS) for entry in every]
    assert [each.date() for each in locals_] == [d for year in YEARS for d in third_thursdays(year)]
    assert {each.time() for each in locals_} == {time(13)}
    assert {each.utcoffset() for each in locals_} == {timedelta(hours=1), timedelta(hours=2)}

    assert by_ical_js([whole, *years]) == [every, *by_year]
    assert [by_vobject(body) for body in (whole, *years)] == [every, *by_year]
    calendar = Calendar(tmp_path)
    calendar.imports(whole)
    read = calendar.reads()
    assert list(read.values()) == every
    calendar.imports(whole)  # the UID is one entry for life
    assert calendar.reads() == read


def test_every_kind_of_feed_of_the_real_year(database: Database, tmp_path: Path) -> None:
    load_2019(database)
    theme = "apprendre-a-faire-alliances"
    feeds = {
        "everything": (write(database, WRITER.everything).body, stored(database)),
        "cycle": (write(database, WRITER.cycle, slug="2019").body, stored(database)),
        "theme": (
            write(database, WRITER.theme, slug=theme).body,
            stored(database, Webinar.theme_slug == theme),
        ),
        "one": (
            write(database, WRITER.one, cycle_slug="2019", webinar_slug=MARCH.slug).body,
            stored(database, Webinar.slug == MARCH.slug),
        ),
    }
    assert [len(entries) for _, entries in feeds.values()] == [12, 12, 1, 1]
    bodies = [body for body, _ in feeds.values()]
    wanted = [entries for _, entries in feeds.values()]
    assert by_ical_js(bodies) == wanted
    assert [by_vobject(body) for body in bodies] == wanted
    for name, (body, entries) in feeds.items():
        calendar = Calendar(tmp_path / name)
        calendar.imports(body)
        assert list(calendar.reads().values()) == entries, name


def test_an_empty_calendar(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of())
    body = write(database, WRITER.cycle, slug="2019").body
    assert (by_ical_js([body]), by_vobject(body)) == ([[]], [])


def test_the_own_calendar_and_the_invitation(database: Database) -> None:
    load_2019(database)
    with database.write() as session:
        register(session, ALICE)
    with database.read() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        alice.calendar_alarm = 60
        own = personal_calendar(session, participant=alice, writer=WRITER, kept=Kept()).body
        door = participants.door_address(WRITER.links, alice, cycle="2019", webinar=MARCH.slug)
        secret = participants.calendar_door_token(WRITER.links, alice)
        own_door = f"{door.partition('?')[0]}?t={secret}"
        (entry,) = entries_of(session, Webinar.slug == MARCH.slug)
        mails = [
            invitation(
                entry,
                writer=WRITER,
                method=method,
                address=ALICE.email,
                name='Dupont, "Alice"; née Été',
                door=door,
            ).to_ical()
            for method in Method
        ]
        session.rollback()
    (wanted,) = stored(database, Webinar.slug == MARCH.slug)
    for program in (by_ical_js([own, *mails[:1]]), [by_vobject(own), by_vobject(mails[0])]):
        for (read,), leads in zip(program, (own_door, door), strict=True):
            assert leads in read.description
            assert replace(read, description=wanted.description) == wanted
    ((withdrawn,),) = by_ical_js(mails[1:])
    assert (withdrawn.uid, withdrawn.starts_at) == (wanted.uid, wanted.starts_at)


def test_a_backslash_before_a_capital_is_no_end_of_a_line(database: Database) -> None:
    """icalendar would write one, and khal, which reads with it, shows one."""
    title = r"C:\New \N \\N"
    with database.write() as session:
        published(session, plan_of(replace(MARCH, title=title)))
    body = write(database, WRITER.cycle, slug="2019").body
    assert [read.summary for (read,) in (*by_ical_js([body]), by_vobject(body))] == [title] * 2


def fuzzed(random_: random.Random) -> str:
    """Anything that Unicode has and a database can hold, in lengths up to a page."""
    letters = []
    for _ in range(random_.choice((1, 5, 40, 200, 1000))):
        kind = random_.random()
        if kind < 0.4:
            letters.append(chr(random_.randrange(0x20, 0x250)))
        elif kind < 0.6:
            letters.append(
                random_.choice(",;:\\\"'\n\r\t\\n\x00\x0b\x0c\x1c\x7f\x85\u2028\u2029\ufeff\u200d")
            )
        else:
            code = random_.randrange(sys.maxunicode)
            letters.append("?" if 0xD800 <= code <= 0xDFFF else chr(code))
    return "".join(letters)


def test_two_thousand_titles_of_anything(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        values = session.execute(sa.select(Webinar.__table__)).mappings().one()
        random_ = random.Random(20191)
        rows = [
            dict(values)
            | {
                "id": 100 + number,
                "slug": f"f{number}",
                "uid": f"f{number}@{HOST}",
                "title": fuzzed(random_),
                "why": fuzzed(random_),
                "speakers": [fuzzed(random_)],
            }
            for number in range(FUZZED)
        ]
        session.execute(sa.insert(Webinar), rows)
    body = write(database, WRITER.cycle, slug="2019").body
    wanted = stored(database)
    assert len(wanted) == FUZZED + 1
    for read in (by_ical_js([body])[0], by_vobject(body)):
        for found, said in zip(read, wanted, strict=True):
            assert found == said
