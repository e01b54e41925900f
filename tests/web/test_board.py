"""The year board: what it shows, and with how many queries."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    MARCH,
    MAY,
    counted_queries,
    load_library,
    person,
    plan_of,
    published,
    register,
)
from tests.web.boards import BOARD, EDITOR, badges, board_of, card, publish
from tests.web.desk import sign_in
from tests.web.support import read, words
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.domain.plan import PlannedSession
from webinars.models import WebinarStatus

QUERIES = 12
"""Two of them look who is signed in."""
NEW = PlannedSession(slug="hors-serie", date=date(2019, 6, 6), title="Hors série")


def test_twelve_months_with_their_webinars(desk: FlaskClient):
    page = board_of(desk)
    months = page.all("section", class_="month")
    assert [one.one("h2").text for one in months] == [
        "Janvier", "Février", "Mars", "Avril", "Mai", "Juin",
        "Juillet", "Août", "Septembre", "Octobre", "Novembre", "Décembre",
    ]  # fmt: skip
    by_month = [[one.attrs["id"] for one in month.all("article")] for month in months]
    assert by_month[2:5] == [[MARCH.slug], [APRIL.slug], [MAY.slug]]
    assert sum(map(len, by_month)) == 3


def test_both_languages(desk: FlaskClient, app: Flask):
    for prefix, language in (("", "fr"), ("/en", "en")):
        page = board_of(desk, prefix + BOARD)
        assert page.one("h1").text == words(app, "The year %(year)s", language, year=2019)
        assert words(app, "Free dates of the rule", language) in page.text


def test_a_card_says_what_there_is_and_what_is_missing(desk: FlaskClient, site: Database):
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        for who in (ALICE, BOB):
            register(session, who)
    page = board_of(desk)
    march, may = card(page, MARCH.slug), card(page, MAY.slug)
    assert "21" in march.one("time").text
    assert "Jeudi, 13 h – 14 h 30" in march.text.replace("\N{NO-BREAK SPACE}", " ")
    assert badges(page, MARCH.slug) == ["Prochain"]
    assert badges(page, MAY.slug) == ["Publié"]
    assert "2 inscrits" in march.text
    lacks = {one.text: one.attrs["href"] for one in may.all("a", class_="lack")}
    edit = f"{BOARD}webinars/{MAY.slug}"
    assert lacks == {"intervenant": f"{edit}#speakers", "lien d’accès": f"{edit}#join_url"}
    assert [one.text for one in march.all("a", class_="lack")] == ["intervenant"]


def test_what_lacks_theme_kit_or_replay_leads_there(desk: FlaskClient, site: Database):
    early = PlannedSession(slug="janvier", date=date(2019, 1, 17), title="Janvier", theme="inconnu")
    with site.write() as session:
        published(session, plan_of(early, MARCH))
        planning.save_draft(session, plan=plan_of(early, MARCH, NEW), now=EDITOR.now)
    page = board_of(desk)
    january = {one.text: one.attrs["href"] for one in card(page, "janvier").all("a", class_="lack")}
    assert january == {
        "kit": f"{BOARD}coverage",
        "replay": "/organise/cycles/2019/webinars/janvier/replay",
    }
    new = {one.text: one.attrs["href"] for one in card(page, NEW.slug).all("a", class_="lack")}
    assert new["thème"] == f"{BOARD}webinars/{NEW.slug}#theme_slug"


def test_capacity_and_the_waiting_list(desk: FlaskClient, site: Database):
    with site.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=2))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
    text = card(board_of(desk), MARCH.slug).one("p", class_="entry__people").text
    assert text == "2 / 2 places prises, +1 en attente complet"


def test_draft_differences_stand_on_the_card(desk: FlaskClient, site: Database):
    with site.write() as session:
        editing.swap(session, cycle_slug="2019", slug=MARCH.slug, other=APRIL.slug, editor=EDITOR)
        editing.edit_webinar(
            session, cycle_slug="2019", slug=MAY.slug, values={"title": "Autrement"}, editor=EDITOR
        )
    page = board_of(desk)
    assert badges(page, MARCH.slug) == ["Publié", "Déplacé"]
    assert (
        card(page, MARCH.slug).one("div", class_="entry__date").text
        == "jeudi 18 avr. 2019 avant : 21 mars"
    )
    assert badges(page, MAY.slug) == ["Publié", "Renommé"]
    assert card(page, MAY.slug).one("del").text == f"avant : {MAY.title}"
    assert card(page, MAY.slug).one("h3").text == "Autrement"


def test_states_in_words(desk: FlaskClient, site: Database):
    february = PlannedSession(slug="fevrier", date=date(2019, 2, 21), title="Février")
    with site.write() as session:
        published(session, plan_of(february, MARCH, APRIL, MAY))
        editing.cancel(session, cycle_slug="2019", slug=APRIL.slug, editor=EDITOR)
    publish(site)
    with site.write() as session:
        without_may = plan_of(february, MARCH, replace(APRIL, status=WebinarStatus.CANCELLED), NEW)
        planning.save_draft(session, plan=without_may, now=EDITOR.now)
        editing.cancel(session, cycle_slug="2019", slug=MARCH.slug, editor=EDITOR)
    page = board_of(desk)
    assert badges(page, "fevrier") == ["Passé"]
    assert badges(page, MARCH.slug) == ["Annulé au brouillon"]
    assert badges(page, APRIL.slug) == ["Annulé"]
    assert badges(page, MAY.slug) == ["Annulé au brouillon", "Retiré du brouillon"]
    assert badges(page, NEW.slug) == ["Brouillon seulement"]


def test_the_bar_counts_changes_and_people(desk: FlaskClient, site: Database):
    assert "Aucun changement" in board_of(desk).one("div", class_="pending").text
    with site.write() as session:
        for who in (ALICE, BOB):
            register(session, who)
            register(session, who, webinar=APRIL.slug)
        editing.swap(session, cycle_slug="2019", slug=MARCH.slug, other=APRIL.slug, editor=EDITOR)
    bar = board_of(desk).one("div", class_="pending")
    assert (
        bar.one("p", class_="pending__count").text == "2 changements 2 personnes seront prévenues"
    )
    assert bar.links("/organise/") == [f"{BOARD}preview"]
    assert "2 changements sont abandonnés" in bar.one("details").text


def test_a_holiday_offers_its_substitutes(desk: FlaskClient, site: Database):
    august = PlannedSession(slug="aout", date=date(2019, 8, 15), title="Août")
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY, august), now=EDITOR.now)
    for prefix, holiday, day in (("", "Assomption", "29 août"), ("/en", "Assumption", "August 29")):
        note = card(board_of(desk, prefix + BOARD), "aout").one("li", class_="note note--conflict")
        assert holiday in note.text
        offers = {one.attrs["value"]: one for one in note.all("button")}
        assert offers["2019-08-29"].text.startswith(day)
        # What is recorded is a text of the programme, whatever the organiser reads.
        assert note.one("form").values()["reason"] == "Assomption"


def test_months_show_holidays_and_free_dates(desk: FlaskClient):
    page = board_of(desk)
    may = page.by_id("month-5")
    assert "30 mai Ascension" in may.text
    assert "Vacances de printemps" in may.text
    june = page.by_id("month-6")
    assert june.one("form").values()["day"] == "2019-06-20"
    assert june.one("button").text == "Ajouter un webinaire le 20 juin"
    assert "Pas de webinaire" in page.by_id("month-1").text  # it is over


def test_a_year_beyond_the_school_calendar_says_so(desk: FlaskClient, site: Database):
    with site.write() as session:
        plan = plan_of(slug="2034", year=2034, title="2034")
        planning.plan_year(session, plan=plan, actor="x", now=EDITOR.now)
    assert (
        "vacances scolaires sont connues jusqu’au" in board_of(desk, "/organise/cycles/2034/").text
    )
    assert "vacances scolaires sont connues" not in board_of(desk).text


def test_an_empty_year_offers_its_dates(desk: FlaskClient, site: Database):
    with site.write() as session:
        planning.plan_year(
            session, plan=plan_of(slug="2020", year=2020, title="2020"), actor="x", now=EDITOR.now
        )
    page = board_of(desk, "/organise/cycles/2020/")
    assert "Rien n’est encore prévu" in page.text
    free = [one.values()["day"] for one in page.all("form", class_="free")]
    assert len(free) == 12
    assert free[0] == "2020-01-16"


def test_a_cycle_that_is_not_there(desk: FlaskClient):
    assert desk.get("/organise/cycles/1999/").status_code == 404


@pytest.mark.parametrize("path", ["", "move", "swap", "undo", f"webinars/{MARCH.slug}"])
def test_only_organisers(client: FlaskClient, site: Database, path: str):
    answers = {client.get(BOARD + path).status_code, client.post(BOARD + path).status_code}
    assert answers <= {302, 405, 403}
    assert 302 in answers


def test_everything_is_escaped(desk: FlaskClient, site: Database):
    with site.write() as session:
        editing.edit_webinar(
            session,
            cycle_slug="2019",
            slug=MAY.slug,
            values={"title": "<script>x</script>", "speakers": ['"><b>']},
            editor=EDITOR,
        )
    answer = desk.get(BOARD)
    assert "<script>x" not in answer.get_data(as_text=True)
    assert card(read(answer), MAY.slug).one("h3").text == "<script>x</script>"


@pytest.mark.parametrize("count", [3, 30])
def test_a_fixed_number_of_queries(organiser: FlaskClient, database: Database, count: int):
    sessions = [
        PlannedSession(
            slug=f"webinaire-{number}",
            date=date(2019, 4, 1) + timedelta(days=number),
            title=f"Webinaire {number}",
        )
        for number in range(count)
    ]
    with database.write() as session:
        published(session, plan_of(*sessions))
        for number in range(count):
            register(session, person(number), webinar=f"webinaire-{number}")
        editing.rotate(
            session,
            cycle_slug="2019",
            slugs=[one.slug for one in sessions],
            editor=EDITOR,
        )
    assert sign_in(organiser).status_code == 302
    board_of(organiser)
    with counted_queries(database) as statements:
        board_of(organiser)
    assert len(statements) == QUERIES, "\n".join(statements)
