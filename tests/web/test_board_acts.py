"""Acts on the board: done, undone, refused, overtaken; each with a plain form."""

from datetime import date, time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE, APRIL, BOB, MARCH, MAY, load_library, plan_of, register
from tests.web.boards import (
    BOARD,
    COLLEAGUE,
    EDITOR,
    act,
    acts,
    as_colleague,
    badges,
    board_of,
    card,
    dates,
    drafted,
    seen,
)
from tests.web.desk import EMAIL, make_account, sign_in
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.domain.plan import PlannedSession
from webinars.models import AuditEntry, WebinarStatus

BEFORE = {MARCH.slug: "03-21", APRIL.slug: "04-18", MAY.slug: "05-16"}
AUGUST = PlannedSession(slug="aout", date=date(2019, 8, 15), title="Août")


@pytest.fixture
def desk(organiser: FlaskClient, app: Flask, site: Database) -> FlaskClient:
    """Dominique at the desk; Bob has an account as well."""
    make_account(app, COLLEAGUE)
    with site.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    assert sign_in(organiser).status_code == 302
    return organiser


def follow(client: FlaskClient, answer: TestResponse) -> Element:
    """The board after an act."""
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return board_of(client, answer.headers["Location"])


def done(page: Element) -> str:
    return page.one("div", class_="done").one("p").text


def undo(client: FlaskClient, page: Element, button: str | None = None) -> TestResponse:
    form = page.one("div", class_="done").one("form")
    values = {k: v for k, v in form.values().items() if k != "pair"}
    pair = [one.attrs["value"] for one in form.all("input", name="pair")]
    pressed = {button: "rotate"} if button else {}
    values.pop("instead", None)
    return client.post(form.attrs["action"], data=values | {"pair": pair} | pressed)


def test_swapping_and_undoing(desk: FlaskClient, site: Database):
    answer = act(desk, "swap", slug=MARCH.slug, other=APRIL.slug)
    assert answer.headers["Location"].startswith(f"{BOARD}?done=")
    assert answer.headers["Location"].endswith(f"#{MARCH.slug}")
    page = follow(desk, answer)
    assert (
        done(page)
        == "Dates échangées entre « Apprendre à faire alliances » et « Connaître son écosystème »."
    )
    assert dates(site) == BEFORE | {MARCH.slug: "04-18", APRIL.slug: "03-21"}
    answer = undo(desk, page)
    assert answer.headers["Location"].endswith(f"#{APRIL.slug}")
    again = follow(desk, answer)
    assert dates(site) == BEFORE
    assert done(again)
    assert acts(site)[:2] == ["undone", "swapped"]


def test_rotating_instead_of_swapping(desk: FlaskClient, site: Database):
    page = follow(desk, act(desk, "swap", slug=MARCH.slug, other=APRIL.slug))
    answer = undo(desk, page, "instead")
    page = follow(desk, answer)
    assert dates(site) == BEFORE
    marked = [
        one.attrs["value"] for one in page.all("input", name="choose") if "checked" in one.attrs
    ]
    assert marked == [MARCH.slug, APRIL.slug]


def test_moving_with_a_reason(desk: FlaskClient, site: Database):
    follow(desk, act(desk, "move", slug=MAY.slug, day="2019-05-23", reason=" Congrès "))
    assert dates(site)[MAY.slug] == "05-23"
    assert drafted(site, MAY.slug, "reason") == "Congrès"
    assert drafted(site, MAY.slug, "exception_of") == date(2019, 5, 16)


def test_one_press_moves_from_a_holiday(desk: FlaskClient, site: Database):
    with site.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY, AUGUST), now=EDITOR.now)
    note = card(board_of(desk, "/en" + BOARD), "aout").one("li", class_="note note--conflict")
    form = note.one("form")
    pressed = {"to": "2019-08-29"}
    values = {k: v for k, v in form.values().items() if k != "to"}
    assert desk.post(form.attrs["action"], data=values | pressed).status_code == 303
    assert dates(site)["aout"] == "08-29"
    assert drafted(site, "aout", "reason") == "Assomption"
    assert drafted(site, "aout", "exception_of") == date(2019, 8, 15)


def test_rotating_three(desk: FlaskClient, site: Database):
    chosen = [MARCH.slug, APRIL.slug, MAY.slug]
    asked = follow(desk, act(desk, "rotate", choose=chosen, ask="1"))
    said = asked.one("div", class_="rotate__words").text
    assert "Connaître son écosystème → jeudi 18 avril" in said
    assert dates(site) == BEFORE  # only said
    follow(desk, act(desk, "rotate", choose=chosen, direction="forwards"))
    assert dates(site) == {MAY.slug: "03-21", MARCH.slug: "04-18", APRIL.slug: "05-16"}
    follow(desk, act(desk, "rotate", choose=chosen, direction="backwards"))
    assert dates(site) == BEFORE


def test_giving_a_theme(desk: FlaskClient, site: Database):
    follow(desk, act(desk, "theme", slug=MAY.slug, theme="qualifier-l-innovation"))
    assert drafted(site, MAY.slug, "title") == "Qualifier l’innovation"
    page = follow(desk, act(desk, "theme", slug=MAY.slug, theme=""))
    assert drafted(site, MAY.slug, "theme_slug") is None
    themes = card(page, MAY.slug).form(f"{BOARD}theme").all("option")
    assert "Connaître son écosystème (déjà le 21 mars)" in [one.text for one in themes]


def test_cancelling_says_who_will_be_told(desk: FlaskClient, site: Database):
    with site.write() as session:
        for who in (ALICE, BOB):
            register(session, who)
    page = board_of(desk)
    form = card(page, MARCH.slug).form(f"{BOARD}cancel")
    assert "2 personnes seront prévenues quand vous publierez." in form.text
    assert "Personne ne sera prévenu" in card(page, MAY.slug).form(f"{BOARD}cancel").text
    page = follow(desk, act(desk, "cancel", slug=MARCH.slug))
    assert badges(page, MARCH.slug) == ["Annulé au brouillon"]
    follow(desk, act(desk, "restore", slug=MARCH.slug))
    assert drafted(site, MARCH.slug, "status") is WebinarStatus.SCHEDULED


def test_adding_and_removing(desk: FlaskClient, site: Database):
    page = follow(desk, act(desk, "add", day="2019-06-06", title="Hors série"))
    assert badges(page, "hors-serie") == ["Brouillon seulement"]
    page = follow(desk, act(desk, "add", day="2019-06-20"))
    assert "06-20" in dates(site).values()
    assert not [
        f for f in card(page, MARCH.slug).all("form") if f.attrs["action"].endswith("remove")
    ]
    follow(desk, act(desk, "remove", slug="hors-serie"))
    assert "hors-serie" not in dates(site)


def test_discarding_one_and_all(desk: FlaskClient, site: Database):
    act(desk, "swap", slug=MARCH.slug, other=APRIL.slug)
    act(desk, "add", day="2019-06-06", title="Hors série")
    act(desk, "cancel", slug=MAY.slug)
    page = board_of(desk)
    assert (
        "1 webinaire jamais publié disparaît : Hors série."
        in page.one("div", class_="pending").text
    )
    follow(desk, act(desk, "discard", slug=MAY.slug))
    assert drafted(site, MAY.slug, "status") is WebinarStatus.SCHEDULED
    follow(desk, act(desk, "discard"))
    assert dates(site) == BEFORE
    assert "Aucun changement" in board_of(desk).text


def test_nothing_changed_is_said(desk: FlaskClient, site: Database):
    page = follow(desk, act(desk, "move", slug=MAY.slug, day="2019-05-16"))
    assert done(page) == "Rien n’a changé : c’était déjà ainsi."
    assert "moved" not in acts(site)


def test_the_trail_names_who_acted(desk: FlaskClient, site: Database):
    act(desk, "cancel", slug=MAY.slug)
    with site.read() as session:
        entry = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert entry is not None
        assert (entry.actor, entry.act.value) == (EMAIL, "cancelled")


def test_done_of_another_cycle_says_nothing(desk: FlaskClient):
    for asked in ("999", "x", "-1", "99999999999999999999"):
        assert not board_of(desk, f"{BOARD}?done={asked}").all("div", class_="done")


# refused -----------------------------------------------------------------------------------


def refused(answer: TestResponse, app: Flask | None = None) -> tuple[Element, list[str]]:
    """The page, and the sentences of the summary, each of which leads somewhere."""
    assert answer.status_code == 422, answer.status
    page = read(answer).one("main")
    links = page.one("div", class_="error-summary").all("a")
    for link in links:
        page.by_id(link.attrs["href"][1:])
    return page, [link.text for link in links]


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        ("2019-04-18", "Le 18 avril 2019 a plus d’un webinaire.",
         "April 18, 2019 has more than one webinar."),
        ("2020-05-16", "Le 16 mai 2020 n’est pas dans l’année 2019.",
         "May 16, 2020 is not in the year 2019."),
        ("2019-02-30", "Ce jour n’existe pas au calendrier.",
         "There is no such day in the calendar."),
        ("demain", "Il faut une date, comme 2019-08-29.", "A date is needed, such as 2019-08-29."),
        ("", "Il faut une date, comme 2019-08-29.", "A date is needed, such as 2019-08-29."),
        ("0001-01-01", "Il faut une date, comme 2019-08-29.",
         "A date is needed, such as 2019-08-29."),
    ],
)  # fmt: skip
def test_a_wrong_date(desk: FlaskClient, site: Database, day: str, french: str, english: str):
    for prefix, sentence in (("", french), ("/en", english)):
        answer = act(desk, "move", prefix + BOARD, slug=MAY.slug, day=day, reason="Parce que")
        page, said = refused(answer)
        assert said == [sentence]
        form = next(f for f in card(page, MAY.slug).all("form") if "reason" in f.values())
        assert (form.values()["day"], form.values()["reason"]) == (day, "Parce que")
        wrong = form.one("input", name="day")
        assert wrong.attrs["aria-invalid"] == "true"
        assert page.by_id(wrong.attrs["aria-describedby"]).text == sentence
        assert all("open" in one.attrs for one in _around(page, form))
    assert dates(site) == BEFORE


def _around(page: Element, inner: Element) -> list[Element]:
    return [one for one in page.all("details") if inner in list(one.walk())]


def test_a_wrong_extra_webinar(desk: FlaskClient, site: Database):
    page, said = refused(act(desk, "add", day="", title="x" * 301, theme="zut zut"))
    assert len(said) == 3
    form = page.by_id("add").one("form")
    assert form.values()["title"] == "x" * 301
    assert dates(site) == BEFORE


def test_an_hour_that_does_not_exist(desk: FlaskClient, site: Database):
    with site.write() as session:
        editing.edit_webinar(
            session,
            cycle_slug="2019",
            slug=MAY.slug,
            values={"starts_at": time(2, 30)},
            editor=EDITOR,
        )
    _, said = refused(act(desk, "move", slug=MAY.slug, day="2019-03-31"))
    assert said == [
        "02:30 n’existe pas le 31 mars 2019 à Europe/Paris : choisissez une autre heure."
    ]


def test_too_few_to_rotate(desk: FlaskClient, site: Database):
    for chosen in ([], [MARCH.slug], [MARCH.slug, MARCH.slug]):
        page, said = refused(act(desk, "rotate", choose=chosen, direction="forwards"))
        assert said == ["Choisissez au moins deux webinaires."]
        marked = {
            one.attrs["value"] for one in page.all("input", name="choose") if "checked" in one.attrs
        }
        assert marked == set(chosen)
    assert refused(act(desk, "swap", slug=MARCH.slug, other=MARCH.slug))[1]
    assert refused(act(desk, "swap", slug=MARCH.slug, other=""))[1]
    assert dates(site) == BEFORE


def test_a_theme_that_is_not_there(desk: FlaskClient):
    _, said = refused(act(desk, "theme", slug=MAY.slug, theme="disparu"))
    assert said == ["Ce thème n’est plus dans la bibliothèque."]
    assert refused(act(desk, "theme", slug=MAY.slug, theme="\0"))[1]


def test_what_is_public_is_not_removed(desk: FlaskClient, site: Database):
    answer = act(desk, "remove", slug=MARCH.slug)
    assert answer.status_code == 422
    assert dates(site) == BEFORE


def test_restoring_onto_a_date_that_is_taken(desk: FlaskClient):
    act(desk, "cancel", slug=MAY.slug)
    act(desk, "add", day="2019-05-16", title="À sa place")
    _, said = refused(act(desk, "restore", slug=MAY.slug))
    assert said == ["Le 16 mai 2019 a plus d’un webinaire."]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("move", {"slug": "nulle-part", "day": "2019-05-23"}),
        ("swap", {"slug": MARCH.slug, "other": "nulle-part"}),
        ("cancel", {"slug": ""}),
        ("undo", {"entry": "999"}),
        ("discard", {"slug": "nulle-part"}),
    ],
)
def test_what_is_not_there(desk: FlaskClient, site: Database, name: str, fields: dict[str, str]):
    assert act(desk, name, **fields).status_code == 404
    assert dates(site) == BEFORE


@pytest.mark.parametrize("changes", [{"csrf_token": "x"}, {"seen": ""}, {"seen": "x"}])
def test_a_form_of_the_board_is_needed(desk: FlaskClient, site: Database, changes: dict[str, str]):
    answer = act(desk, "swap", slug=MARCH.slug, other=APRIL.slug, **changes)
    assert answer.status_code == 400
    assert dates(site) == BEFORE


def test_undoing_what_has_changed_again(desk: FlaskClient, site: Database):
    page = follow(desk, act(desk, "move", slug=MAY.slug, day="2019-05-23"))
    entry = page.one("div", class_="done").one("form").values()["entry"]
    act(desk, "move", slug=MAY.slug, day="2019-05-24")
    answer = act(desk, "undo", entry=entry)
    assert answer.status_code == 409
    assert "Cela ne peut plus être défait" in read(answer).one("main").text
    assert dates(site)[MAY.slug] == "05-24"


# overtaken ---------------------------------------------------------------------------------


def test_the_second_sees_what_the_first_changed(desk: FlaskClient, site: Database):
    old = seen(board_of(desk))
    act(as_colleague(desk), "cancel", slug=APRIL.slug)
    answer = act(desk, "move", slug=MAY.slug, day="2019-05-23", reason="Congrès", seen=old)
    assert answer.status_code == 409
    page = read(answer).one("main")
    alert = page.one("div", class_="stack overtaken")
    assert COLLEAGUE in alert.text
    assert "Apprendre à faire alliances" in alert.text
    assert "déplacer « Définir sa stratégie » au 23 mai 2019" in alert.text
    assert badges(page, APRIL.slug) == ["Annulé au brouillon"]
    assert dates(site) == BEFORE

    form = alert.one("form")  # once more, on what is there now
    assert desk.post(form.attrs["action"], data=form.values()).status_code == 303
    assert dates(site)[MAY.slug] == "05-23"
    assert drafted(site, MAY.slug, "reason") == "Congrès"
    assert drafted(site, APRIL.slug, "status") is WebinarStatus.CANCELLED


def test_what_is_gone_is_not_offered_again(desk: FlaskClient, site: Database):
    act(desk, "add", day="2019-06-06", title="Hors série")
    old = seen(board_of(desk))
    act(as_colleague(desk), "remove", slug="hors-serie")
    answer = act(desk, "move", slug="hors-serie", day="2019-06-07", reason="Congrès", seen=old)
    assert answer.status_code == 409
    alert = read(answer).one("main").one("div", class_="stack overtaken")
    assert not alert.all("form")
    assert "Congrès" in alert.text  # what was typed is kept
