"""The organisers' pages on calendars: who has what was published, and a second parser's word."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, MAY, NOW, counted_queries, load_library, plan_of, published
from tests.web.desk import sign_in
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import feed_fetches, planning
from webinars.domain.feed_fetches import ALL, PERSON, Fetch, cycle_feed, theme_feed, webinar_file
from webinars.models import ClientFamily, Webinar
from webinars.web import calendars

PAGE, OF_CYCLE, CHECK = (
    "/organise/calendars",
    "/organise/cycles/2019/calendars",
    "/organise/calendars/check",
)
CYCLE = cycle_feed("2019")
GOOGLE, APPLE, BROWSER = ClientFamily.GOOGLE, ClientFamily.APPLE, ClientFamily.BROWSER
HOUR = timedelta(hours=1)
FIRST = "Révision 1 sur 2."
GONE = "Il n’est pas venu depuis deux semaines : plus personne, ou presque, n’y est abonné."


@pytest.fixture
def desk(organiser: FlaskClient, site: Database) -> FlaskClient:
    assert sign_in(organiser).status_code == 302
    return organiser


def note(
    database: Database,
    feed: str,
    family: ClientFamily,
    *,
    revision: int = 1,
    at: datetime = NOW - HOUR,
    language: str = "fr",
) -> None:
    with database.write() as session:
        feed_fetches.note(session, fetches=[Fetch(feed, language, family, at, revision)])


def move_march(database: Database) -> None:
    with database.write() as session:
        moved = replace(MARCH, date=date(2019, 3, 28))
        published(session, plan_of(moved, APRIL, MAY), now=NOW - HOUR / 2)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def table(part: Element) -> list[tuple[str, ...]]:
    """Program, when, and what it has, as they are read."""
    return [
        tuple(
            plain(" ".join(piece.text for piece in cell.all("div"))) for cell in row.all("th", "td")
        )
        for row in part.one("tbody").all("tr")
    ]


def main(answer: TestResponse) -> Element:
    assert answer.status_code == 200
    return read(answer).one("main")


def test_nothing_is_fetched_yet(desk: FlaskClient) -> None:
    page = main(desk.get(PAGE))
    assert page.all("table") == []
    assert "Aucun programme n’a encore lu d’agenda" in page.text
    assert page.links(OF_CYCLE) == [OF_CYCLE]
    assert page.links(CHECK) == [CHECK]


def test_one_has_the_move_and_one_not_yet(desk: FlaskClient, site: Database) -> None:
    note(site, CYCLE, GOOGLE)
    move_march(site)
    note(site, CYCLE, APPLE, revision=2, at=NOW)
    page = main(desk.get(f"/en{OF_CYCLE}"))
    assert "Latest publication: revision 2, Monday, March 4, 2019 at 9:30 am" in plain(page.text)
    assert f"“{MARCH.title}”: moved from Thursday, March 21 to Thursday, March 28" in page.text
    assert [one.text for one in page.one("dl").all("dd")] == [
        "Apple Calendar (Mac, iPhone, iPad)",
        "Google Calendar",
    ]
    assert table(page) == [
        (
            "Apple Calendar (Mac, iPhone, iPad)",
            "just nowMar 4, 2019, 10 am",
            "has come sinceRevision 2, for whoever came last.",
        ),
        (
            "Google Calendar",
            "1 hour agoMar 4, 2019, 9 am",
            "not yetRevision 1 of 2. Google refreshes every 8 to 24 hours and cannot be hurried.",
        ),
    ]


def test_google_has_it_for_everybody(desk: FlaskClient, site: Database) -> None:
    for feed in (CYCLE, ALL):
        note(site, feed, GOOGLE)
    note(site, PERSON, APPLE)
    sections = main(desk.get(f"/en{PAGE}")).all("section")
    assert [table(one)[0][2] for one in sections if one.all("tbody")] == [
        "has itRevision 1, the latest.",
        "has itEverything that is published.",
        "has come sinceEverything that is published, for whoever came last.",
    ]


def test_the_same_in_french(desk: FlaskClient, site: Database) -> None:
    note(site, CYCLE, GOOGLE)
    note(site, CYCLE, APPLE, at=NOW - 500 * HOUR, language="en")
    move_march(site)
    page = main(desk.get(OF_CYCLE))
    assert "Dernière publication : révision 2, le lundi 4 mars 2019 à 9 h 30" in plain(page.text)
    assert [row[2] for row in table(page)] == [
        f"pas encore{FIRST} Google l’actualise toutes les 8 à 24 heures, et rien ne le presse.",
        f"ne vient plus{FIRST} {GONE}",
    ]
    assert [row[0] for row in table(page)] == [
        "Google Agenda",
        "Calendrier d’Apple (Mac, iPhone, iPad)en anglais",
    ]


def test_every_feed_has_its_place(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        load_library(session, "themes.toml")
    assert MARCH.theme is not None
    for feed in (CYCLE, ALL, theme_feed(MARCH.theme), PERSON):
        note(site, feed, GOOGLE)
    note(site, webinar_file("2019", MARCH.slug), BROWSER)
    move_march(site)
    page = main(desk.get(f"/en{PAGE}"))
    sections = page.all("section")
    assert [one.one("h2").text for one in sections] == [
        "Cycle 2019",
        "Calendar of all webinars",
        "Calendars of themes",
        "Personal calendars",
        "How to read this",
    ]
    assert "Web browsers: 1 webinar last: 1 hour ago" in " ".join(
        sections[0].one("details").text.split()
    )
    assert [table(one)[0][0] for one in sections[:4]] == [
        "Google Calendar",
        "Google Calendar",
        f"Google Calendar{MARCH.title}",
        "Google Calendar",
    ]
    assert all("Lacks the latest publication." in table(one)[0][2] for one in sections[1:4])


def test_a_publication_without_webinars(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, title="Autre cycle"))
    note(site, CYCLE, GOOGLE, revision=2)
    assert "It changed the words of the cycle, and no webinar." in main(desk.get(f"/en{PAGE}")).text


def test_a_draft_has_no_calendar_and_what_is_not_there_none(
    desk: FlaskClient, site: Database
) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(slug="2020", year=2020), now=NOW)
    page = main(desk.get("/en/organise/cycles/2020/calendars"))
    assert "This cycle has no calendar yet" in page.text
    assert page.links(f"/en{CHECK}") == []
    for address in (
        "/organise/cycles/1999/calendars",
        f"{CHECK}?cycle=1999",
        f"{CHECK}?cycle=2020",
    ):
        assert desk.get(address).status_code == 404, address


def test_the_queries_of_the_page_do_not_grow(desk: FlaskClient, site: Database) -> None:
    counts = []
    for _ in range(2):
        with counted_queries(site) as queries:
            assert desk.get(PAGE).status_code == 200
        counts.append(len(queries))
        with site.write() as session:
            again = replace(MARCH, date=date(2020, 3, 19))
            published(session, plan_of(again, slug="2020", year=2020))
        for family in ClientFamily:
            note(site, cycle_feed("2020"), family)
    assert counts[0] == counts[1]


# the second parser ------------------------------------------------------------------------


def test_the_calendars_are_read_again(desk: FlaskClient, site: Database) -> None:
    page = main(desk.get(f"/en{CHECK}"))
    assert "No calendar has a warning" in page.text
    assert table(page) == [
        ("Cycle 2019in French", "No warnings: 3 entries read by vobject 0.9.9."),
        ("Cycle 2019in English", "No warnings: 3 entries read by vobject 0.9.9."),
        ("Calendar of all webinarsin French", "No warnings: 3 entries read by vobject 0.9.9."),
        ("Calendar of all webinarsin English", "No warnings: 3 entries read by vobject 0.9.9."),
    ]
    assert len(table(main(desk.get(f"{CHECK}?cycle=2019")))) == 2
    assert len(table(main(desk.get(f"{CHECK}?cycle=<x>%00")))) == 4


def test_what_is_odd_is_said_in_sentences(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        later = NOW + timedelta(days=1)
        session.execute(
            sa.update(Webinar).where(Webinar.slug == MARCH.slug).values(changed_at=later)
        )
    page = main(desk.get(f"/en{CHECK}?cycle=2019"))
    assert "2 calendars have warnings" in page.one("div", role="alert").text
    (sentence,) = page.one("tbody").all("tr")[0].all("li")
    assert sentence.text == f"“{MARCH.title}” is stamped later than now: 2019-03-05T09:00:00Z."
    (french,) = main(desk.get(f"{CHECK}?cycle=2019")).one("tbody").all("tr")[0].all("li")
    assert plain(french.text) == (
        f"« {MARCH.title} » porte une date plus tardive que maintenant : 2019-03-05T09:00:00Z."
    )


def test_a_check_that_takes_long_says_what_it_left(
    desk: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendars, "CHECK_SECONDS", -1)
    page = main(desk.get(f"/en{CHECK}"))
    assert "2 calendars were not read" in page.text
    assert "webinars calendars check" in page.text
    assert table(page) == []
