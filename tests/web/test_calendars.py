"""The organisers' pages on calendars: who has what was published, and a second parser's word."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, MAY, NOW, counted_queries, load_library, plan_of, published
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import feed_fetches, planning
from webinars.domain.feed_checks import PublicFeed
from webinars.domain.feed_fetches import ALL, PERSON, Fetch, cycle_feed, theme_feed, webinar_file
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.second_reading import Oddity, Oddness
from webinars.models import ClientFamily, FeedFetch, Webinar
from webinars.services import Services
from webinars.web import calendars
from webinars.web.kept_feeds import KeptFeeds
from webinars.web.served_feeds import check_feed

PAGE, OF_CYCLE, CHECK = (
    "/organise/calendars",
    "/organise/cycles/2019/calendars",
    "/organise/calendars/check",
)
CYCLE = cycle_feed("2019")
GOOGLE, APPLE, BROWSER = ClientFamily.GOOGLE, ClientFamily.APPLE, ClientFamily.BROWSER
HOUR = timedelta(hours=1)
FIRST = "Révision 1 sur 2."
REGISTER = "Register\\, join"
SLOW = "Google refreshes every 8 to 24 hours and cannot be hurried."
LENT = "Google l’actualise toutes les 8 à 24 heures, et rien ne le presse."
LACKING = (
    f"Il lui manque « {MARCH.title} » : déplacé du jeudi 21 mars au jeudi 28 mars (révision 2)."
)
GONE = "Il n’est pas venu depuis deux semaines : plus personne, ou presque, n’y est abonné."


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
    moved = f"“{MARCH.title}”: moved from Thursday, March 21 to Thursday, March 28"
    assert moved in page.one("div", class_="seen-latest").text
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
            f"not yetRevision 1 of 2. {SLOW} It lacks {moved} (revision 2).",
        ),
    ]


def test_what_a_program_has_of_the_move_is_said_after_other_publications(
    desk: FlaskClient, site: Database
) -> None:
    move_march(site)
    note(site, CYCLE, GOOGLE, revision=2)
    note(site, CYCLE, APPLE, at=NOW - 2 * HOUR)
    moved = replace(MARCH, date=date(2019, 3, 28))
    for april, may in (("A1", "M1"), ("A2", "M2")):
        others = replace(APRIL, title=april), replace(MAY, title=may)
        with site.write() as session:
            published(session, plan_of(moved, *others))
    page = main(desk.get(f"/en{OF_CYCLE}"))
    move = f"“{MARCH.title}”: moved from Thursday, March 21 to Thursday, March 28 (revision 2)."
    april = f"It lacks “A2”: renamed from “{APRIL.title}” to “A1” (revision 3)."
    may = f"It lacks “M2”: renamed from “{MAY.title}” to “M1” (revision 3)."
    again = "It lacks “A2”: renamed from “A1” to “A2” (revision 4)."
    last = "It lacks “M2”: renamed from “M1” to “M2” (revision 4)."
    google, apple = page.one("tbody").all("tr")
    assert [one.text for one in google.all("li")] == [f"It has {move}", april, may, again, last]
    lacking = [f"It lacks {move}", april, may, again, "1 more change"]
    assert [one.text for one in apple.all("li")] == lacking
    assert apple.one("a").attrs["href"] == "/en/organise/cycles/2019/history"


def test_what_moves_is_said_first(desk: FlaskClient, site: Database) -> None:
    note(site, CYCLE, APPLE)
    details = [replace(one, duration=30) for one in (MARCH, APRIL, MAY)]
    with site.write() as session:
        published(session, plan_of(*details))
        published(session, plan_of(*details, title="Autre cycle"))
    note(site, CYCLE, GOOGLE, revision=3, at=NOW)
    with site.write() as session:
        again = [*details[:2], replace(details[2], date=date(2019, 5, 23))]
        published(session, plan_of(*again, title="Autre cycle"))
    google, apple = main(desk.get(f"/en{OF_CYCLE}")).one("tbody").all("tr")
    move = f"It lacks “{MAY.title}”: moved from Thursday, May 16 to Thursday, May 23 (revision 4)."
    assert [one.text for one in google.all("li")] == [move]
    assert [one.text for one in apple.all("li")] == [
        move,
        *(f"It lacks “{one.title}”: details changed (revision 2)." for one in details),
        "1 more change",
    ]


def test_texts_change_a_calendar_without_a_publication(desk: FlaskClient, site: Database) -> None:
    for feed, family in ((CYCLE, GOOGLE), (CYCLE, APPLE), (ALL, GOOGLE)):
        note(site, feed, family, at=NOW + HOUR / 2 if family is APPLE else NOW)
    with site.write() as session:
        text = f'[[webinars]]\nslug = "{MARCH.slug}"\ndate = 2019-03-21\nwhy = "Autre."\n'
        files = [SourceFile("details.toml", text)]
        import_library(session, files=files, now=NOW + HOUR / 4)
    page = main(desk.get(f"/en{PAGE}"))
    texts = "The texts of 1 webinar changed on Mar 4, 2019 at 10:15 am."
    latest = page.one("div", class_="seen-latest")
    assert latest.text.endswith(f"Since then, without a publication: {texts}")
    slow = f"{SLOW} {texts}"
    assert [table(one)[0][2] for one in page.all("section")[:2]] == [
        "has come sinceRevision 1, for whoever came last.",
        f"not yetIt has not seen the latest change. {slow}",
    ]
    assert table(page.all("section")[0])[1][2] == (
        f"not yetRevision 1, not what came after it. {slow}"
    )


def test_google_has_it_for_everybody(desk: FlaskClient, site: Database) -> None:
    for feed in (CYCLE, ALL):
        note(site, feed, GOOGLE, at=NOW)
    note(site, PERSON, APPLE, at=NOW)
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
        f"pas encore{FIRST} {LENT} {LACKING}",
        f"ne vient plus{FIRST} {GONE} {LACKING}",
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
    assert [table(one)[0][2] for one in sections[1:4]] == [
        f"not yetIt has not seen the latest change. {SLOW} {news}"
        for news in (
            "Publications changed 3 webinars, the last on Mar 4, 2019 at 10 am.",
            "A publication changed 1 webinar on Mar 4, 2019 at 9:30 am.",
            "Publications changed 3 webinars, the last on Mar 4, 2019 at 10 am.",
        )
    ]


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
        (
            f"{MAY.title}file of one webinar, in French",
            "No warnings: 1 entry read by vobject 0.9.9.",
        ),
        (
            f"{MAY.title}file of one webinar, in English",
            "No warnings: 1 entry read by vobject 0.9.9.",
        ),
        ("Calendar of all webinarsin French", "No warnings: 3 entries read by vobject 0.9.9."),
        ("Calendar of all webinarsin English", "No warnings: 3 entries read by vobject 0.9.9."),
    ]
    assert len(table(main(desk.get(f"{CHECK}?cycle=2019")))) == 4
    assert len(table(main(desk.get(f"{CHECK}?cycle=<x>%00")))) == 6
    with site.read() as session:
        assert session.scalars(sa.select(FeedFetch)).all() == []


@pytest.mark.parametrize("form", ["plain", "packed"])
def test_what_is_kept_in_memory_is_read_as_it_is_sent(
    desk: FlaskClient, app: Flask, site: Database, form: str
) -> None:
    """An answer of before a change, and one that is damaged."""
    memory = app.wsgi_app
    assert isinstance(memory, KeptFeeds)
    for address in ("/cycles/2019/calendar.ics", f"/cycles/2019/{MAY.slug}.ics"):
        desk.get(address)
        kept = memory._kept[address]
        bent = replace(getattr(kept, form), body=getattr(kept, form).body[:-9])
        memory._kept[address] = replace(kept, **{form: bent})
    page = main(desk.get(f"/en{CHECK}?cycle=2019"))
    assert "2 calendars have warnings" in page.text
    warned = [row.text for row in page.one("tbody").all("tr") if row.all("li")]
    assert [("in French" in row, "not the same calendar" in row) for row in warned] == [
        (True, True),
        (True, True),
    ]


def test_an_answer_of_another_time_in_memory_is_found(
    desk: FlaskClient, app: Flask, site: Database
) -> None:
    memory = app.wsgi_app
    assert isinstance(memory, KeptFeeds)
    address = "/en/cycles/2019/calendar.ics"
    desk.get(address)
    old = memory._kept[address]
    move_march(site)
    desk.get(address)
    memory._kept[address] = replace(old, version=memory._kept[address].version)
    page = main(desk.get(f"/en{CHECK}?cycle=2019"))
    assert "1 calendar has warnings" in page.text
    assert [one.text for one in page.one("tbody").all("li")] == [
        f"“{MARCH.title}” starts at 2019-03-21T12:00:00Z; published is 2019-03-28T12:00:00Z.",
        f"“{MARCH.title}” ends at 2019-03-21T13:30:00Z; published is 2019-03-28T13:30:00Z.",
        f"“{MARCH.title}” has SEQUENCE 0; published is 1.",
    ]


def test_a_theme_that_is_gone_meanwhile_and_a_file_that_should_be_there(
    app: Flask, site: Database
) -> None:
    of: Services = app.extensions["webinars"]
    theme = PublicFeed(theme_feed("gone"), "Parti")
    file = PublicFeed(webinar_file("2019", "gone"), "Parti")
    with app.app_context():
        assert list(check_feed(of, theme)) == []
        found = [one.reading.findings for one in check_feed(of, file)]
    assert found == [(Oddness(Oddity.NOT_SERVED, found="404 NOT FOUND"),)] * 2


def test_reading_them_leaves_each_language_as_it_is(desk: FlaskClient, app: Flask) -> None:
    """What the page makes on the way is kept for programs: it must not be the page's language."""
    desk.get(f"/en{CHECK}")
    french, english = (desk.get(f"{prefix}/calendar.ics").text for prefix in ("", "/en"))
    assert (REGISTER in english, REGISTER in french) == (True, False)
    assert "/en/cycles/2019/" not in french


def test_what_is_odd_is_said_in_sentences(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        later = NOW + timedelta(days=1)
        session.execute(
            sa.update(Webinar).where(Webinar.slug == MARCH.slug).values(changed_at=later)
        )
    page = main(desk.get(f"/en{CHECK}?cycle=2019"))
    assert "4 calendars have warnings" in page.one("div", role="alert").text
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
    assert "3 calendars were not read" in page.text
    assert "webinars calendars check" in page.text
    assert table(page) == []
