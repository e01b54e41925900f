"""The history of the whole house: of all cycles, and of what belongs to none."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, HOST, NOW, counted_queries, plan_of, register
from tests.web.desk import EMAIL
from tests.web.support import read, words
from webinars.db import Database
from webinars.domain import audit, planning
from webinars.domain.chapter_lines import read_chapters
from webinars.domain.editing import Editor
from webinars.domain.erasure import erase, erase_forgotten
from webinars.domain.participants import by_email
from webinars.domain.replay_acts import set_chapters
from webinars.models import AuditAct

HISTORY = "/organise/history"
NO_BREAK = "\N{NO-BREAK SPACE}"


def lines(answer: TestResponse) -> list[tuple[str, ...]]:
    """What was done, by whom, and to which cycle."""
    return [
        tuple(part.text.replace(NO_BREAK, " ") for part in line.all("p")[1:4])
        for line in read(answer).one("main").all("li")
        if line.attrs.get("id", "").startswith("act-")
    ]


@pytest.fixture
def erased(site: Database) -> Database:
    """One who erased herself, and one who was not heard of for three years."""
    with site.write() as session:
        register(session, ALICE)
        alice = by_email(session, email=ALICE.email)
        assert alice is not None
        erase(session, participant=alice, host=HOST, now=NOW, actor=audit.PARTICIPANT)
    with site.write() as session:
        register(session, ALICE)
    with site.write() as session:
        assert erase_forgotten(session, months=36, now=NOW + timedelta(days=1200)) == 1
    return site


def test_erasures_are_seen(desk: FlaskClient, erased: Database, app: Flask) -> None:
    assert lines(desk.get(HISTORY))[:2] == [
        (
            "A effacé 1 personne sans nouvelles depuis longtemps",
            "automatiquement, par la durée de conservation réglée",
        ),
        ("A effacé une personne", "la personne elle-même, sur sa page"),
    ]
    assert lines(desk.get(f"/en{HISTORY}"))[0] == (
        "Erased 1 person who was not heard of for long",
        "by itself: the setting of how long people are kept",
    )
    assert ALICE.email not in desk.get(HISTORY).get_data(as_text=True)
    assert words(app, "History of the whole house") in read(desk.get("/organise/")).one("main").text
    assert HISTORY in read(desk.get("/organise/")).one("main").links(HISTORY)


def test_of_a_replay_the_parts_are_named(desk: FlaskClient, site: Database) -> None:
    where = {"cycle_slug": "2019", "webinar_slug": "apprendre-a-faire-alliances"}
    editor = Editor(EMAIL, NOW)
    chapters = read_chapters("0:00 Un\n1:00 Deux", duration=None)
    with site.write() as session:
        set_chapters(session, **where, chapters=chapters, editor=editor)
    said = "Travail sur le replay de « Apprendre à faire alliances » (chapitres)"
    assert lines(desk.get(HISTORY))[0][0] == said


def test_acts_on_cycles_lead_to_their_history(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(slug="2031", year=2031), now=NOW)
    with site.write() as session:
        planning.remove_cycle(session, cycle_slug="2031", actor=EMAIL, now=NOW)
    answer = desk.get(HISTORY)
    found = lines(answer)
    assert [one[2:] for one in found[:2]] == [("Cycle supprimé : 2031",)] * 2
    assert found[2][0] == "Publication de la révision 1 : 3 webinaires"
    assert found[2][2].startswith("Cycle 2019")
    links = read(answer).one("main").links("/organise/cycles/")
    assert set(links) == {"/organise/cycles/2019/history"}


def test_page_by_page(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        for number in range(60):
            audit.record(
                session,
                actor=audit.RETENTION,
                act=AuditAct.PEOPLE_ERASED,
                now=NOW,
                after={"count": number},
            )
    with counted_queries(site) as statements:
        first = desk.get(HISTORY)
    many = len(statements)
    assert len(lines(first)) == 50
    (older,) = read(first).one("main").links(f"{HISTORY}?below=")
    with counted_queries(site) as statements:
        second = desk.get(older)
    assert len(lines(second)) > 10
    assert len(statements) <= many + 3  # a cycle is among its acts, with its titles
    assert HISTORY in read(second).one("main").links(HISTORY)


@pytest.mark.parametrize("query", ["below=x", "below=-1", "below=9999999999999999999999"])
def test_an_odd_address_breaks_nothing(desk: FlaskClient, query: str) -> None:
    assert desk.get(f"{HISTORY}?{query}").status_code == 200


def test_only_for_organisers(organiser: FlaskClient, site: Database) -> None:
    answer = organiser.get(HISTORY)
    assert answer.status_code == 302
    assert answer.headers["Location"].partition("?")[0].endswith("/organise/sign-in")
