"""The history on the screen, the way back of a publication, and acts in words."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from werkzeug.test import TestResponse

from tests.support import APRIL, HOST, MARCH, MAY, NOW, plan_of
from tests.web.desk import EMAIL
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import editing, planning, publication, undoing
from webinars.domain.editing import Editor
from webinars.domain.history import Act
from webinars.models import AuditAct, AuditEntry, Cycle, DraftSession, Theme
from webinars.web.act_words import act_in_words, webinars_of

HISTORY = "/organise/cycles/2019/history"
ANNE = Editor("anne@example.org", NOW + timedelta(minutes=5))
NO_BREAK = "\N{NO-BREAK SPACE}"


def do(database: Database, act: Any, **values: Any) -> None:
    with database.write() as session:
        act(session, cycle_slug="2019", editor=ANNE, **values)


def publish(database: Database) -> None:
    with database.write() as session:
        publication.publish(session, cycle_slug="2019", host=HOST, now=NOW, actor=ANNE.actor)


def main(answer: TestResponse) -> Element:
    return read(answer).one("main")


def lines(answer: TestResponse) -> list[tuple[str, str]]:
    """What was done and by whom, in the order of the page."""
    return [
        (line.all("p")[1].text.replace(NO_BREAK, " "), line.all("p")[2].text)
        for line in main(answer).all("li")
        if line.attrs.get("id", "").startswith("act-")
    ]


def drafted(database: Database, slug: str) -> DraftSession:
    with database.read() as session:
        return session.scalars(sa.select(DraftSession).where(DraftSession.slug == slug)).one()


def test_who_what_and_when(desk: FlaskClient, site: Database, app: Flask) -> None:
    do(site, editing.swap, slug=MARCH.slug, other=APRIL.slug)
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    answer = desk.get(HISTORY)
    assert lines(answer) == [
        ("« Définir sa stratégie » déplacé du jeudi 16 mai au jeudi 23 mai", ANNE.actor),
        (
            "Dates échangées entre « Apprendre à faire alliances » et « Connaître son écosystème »",
            ANNE.actor,
        ),
        ("Publication de la révision 1 : 3 webinaires", words(app, "command line")),
        ("Plan lu dans un fichier : 3 webinaires concernés", words(app, "command line")),
    ]
    page = main(answer)
    assert [day.text for day in page.all("h2")] == ["Lundi 4 mars 2019"]
    # Of the cycle's zone: 9:05 UTC is 10 h 05 in Paris.
    assert "10 h 05" in page.text.replace(NO_BREAK, " ")


def test_in_english(desk: FlaskClient, site: Database) -> None:
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    assert lines(desk.get(f"/en{HISTORY}"))[0][0] == (
        "Moved “Définir sa stratégie” from Thursday, May 16 to Thursday, May 23"
    )


def test_before_and_after(desk: FlaskClient, site: Database) -> None:
    values = {"speakers": ["Anne", "Bob"], "duration": 60, "title": "La stratégie"}
    do(site, editing.edit_webinar, slug=MAY.slug, values=values)
    found = main(desk.get(HISTORY)).all("li", **{"class": "deed"})[0]
    assert [line.text for line in found.one("dl").all("div")] == [
        "Titre avant : Définir sa stratégie après : La stratégie",
        "Durée avant : comme le cycle après : 60 minutes",
        "Intervenants avant : vide après : Anne · Bob",
    ]


def test_of_one_webinar(desk: FlaskClient, site: Database) -> None:
    do(site, editing.swap, slug=MARCH.slug, other=APRIL.slug)
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    answer = desk.get(f"{HISTORY}?webinar={APRIL.slug}")
    assert [words_.split()[0] for words_, _ in lines(answer)] == ["Dates", "Publication", "Plan"]
    chosen = [o for o in main(answer).all("option") if "selected" in o.attrs]
    assert [option.attrs["value"] for option in chosen] == [APRIL.slug]
    assert MARCH.title not in " ".join(heading.text for heading in main(answer).all("h3"))


@pytest.mark.parametrize("query", ["webinar=personne", "webinar=%00", "below=x", "below=-1"])
def test_an_odd_address_breaks_nothing(desk: FlaskClient, query: str) -> None:
    assert desk.get(f"{HISTORY}?{query}").status_code == 200


def test_page_by_page(desk: FlaskClient, site: Database) -> None:
    for number in range(52):
        values = {"title": f"Titre {number}"}
        do(site, editing.edit_webinar, slug=MAY.slug, values=values)
    first = desk.get(HISTORY)
    assert len(lines(first)) == 50
    following = [a for a in main(first).links(HISTORY) if "below=" in a]
    assert len(following) == 1
    second = desk.get(following[0])
    assert len(lines(second)) == 4
    assert main(second).links(HISTORY)[-1] == HISTORY


def test_no_such_cycle(desk: FlaskClient) -> None:
    assert desk.get("/organise/cycles/1999/history").status_code == 404


# the way back --------------------------------------------------------------------------


def ask_back(client: FlaskClient, revision: int, **changes: str) -> TestResponse:
    form = main(client.get(HISTORY)).form(f"{HISTORY}/{revision}/revert")
    return client.post(f"{HISTORY}/{revision}/revert", data=form.values() | changes)


def test_the_way_back_goes_into_the_draft(desk: FlaskClient, site: Database) -> None:
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    publish(site)
    answer = ask_back(desk, 2)
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/organise/cycles/2019/preview",
    )
    assert drafted(site, MAY.slug).date == MAY.date
    with site.read() as session:
        assert session.scalars(sa.select(Cycle.revision)).one() == 2
    assert lines(desk.get(HISTORY))[0] == (
        "Retour en arrière préparé pour « Définir sa stratégie »",
        EMAIL,
    )


def test_what_was_changed_since_is_not_reverted(
    desk: FlaskClient, site: Database, app: Flask
) -> None:
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    publish(site)
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 29))
    answer = ask_back(desk, 2)
    assert answer.status_code == 409
    alarm = main(answer).one("div", role="alert").text
    assert words(app, "This publication cannot be reverted any more") in alarm
    assert MAY.title in alarm
    assert drafted(site, MAY.slug).date == date(2019, 5, 29)


def test_the_way_back_of_an_unseen_draft(desk: FlaskClient, site: Database, app: Flask) -> None:
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    publish(site)
    answer = ask_back(desk, 2, seen="1")
    assert answer.status_code == 409
    assert words(app, "The draft has changed in the meantime") in main(answer).text
    assert drafted(site, MAY.slug).date == date(2019, 5, 23)


def test_a_date_that_is_taken_by_now(desk: FlaskClient, site: Database) -> None:
    do(site, editing.move, slug=MAY.slug, day=date(2019, 5, 23))
    publish(site)
    do(site, editing.add_extra, day=MAY.date, title="En plus")
    answer = ask_back(desk, 2)
    assert answer.status_code == 409
    assert "Le 16 mai 2019 a plus d’un webinaire." in main(answer).one("div", role="alert").text
    assert drafted(site, MAY.slug).date == date(2019, 5, 23)


def test_no_such_publication(desk: FlaskClient) -> None:
    form = main(desk.get(HISTORY)).form(f"{HISTORY}/1/revert").values()
    assert desk.post(f"{HISTORY}/7/revert", data=form).status_code == 404


# in words ------------------------------------------------------------------------------

TITLES = {"a": "A", "b": "B « c »", "d": "D", "e": "E", "f": "F"}


def said(app: Flask, act: AuditAct, before: Any = None, after: Any = None, **more: Any) -> str:
    webinars = after if after is not None else {}
    found = Act(
        id=1,
        at=NOW,
        actor="anne@example.org",
        act=act,
        slugs=tuple(webinars),
        before={"webinars": before or {}, **more.get("old", {})},
        after={"webinars": webinars, **more.get("new", {})},
        revision=more.get("revision"),
    )
    with app.test_request_context(), force_locale(more.get("language", "en")):
        return act_in_words(found, TITLES).replace(NO_BREAK, " ")


def test_an_import_of_the_library_says_how_much_it_has_changed(app: Flask) -> None:
    new = {"resources": {"r": {"title": "R"}, "s": {"title": "S"}}}
    assert [
        said(app, AuditAct.LIBRARY_IMPORTED, new=new, language=language)
        for language in ("fr", "en")
    ] == [
        "fichiers importés dans la bibliothèque (thèmes : 0, ressources : 2)",
        "imported files into the library (themes: 0, resources: 2)",
    ]


def test_every_act_has_its_words(app: Flask) -> None:
    for language in ("fr", "en"):
        spoken = {
            act: said(app, act, {"a": {"title": "A"}}, {"a": {"title": "X"}}, language=language)
            for act in AuditAct
        }
        assert all(spoken.values())
        assert all(act.value not in text for act, text in spoken.items() if "_" in act.value)
    # French is French.
    for act in AuditAct:
        english = said(app, act, {"a": {}}, {"a": {}}, revision=1)
        assert said(app, act, {"a": {}}, {"a": {}}, revision=1, language="fr") != english


@pytest.mark.parametrize(
    ("act", "before", "after", "expected"),
    [
        (AuditAct.SWAPPED, {"a": {}, "b": {}}, {"a": {}, "b": {}}, "swapped “A” and “B ‘c’”"),
        (AuditAct.ROTATED, None, {key: {} for key in "abd"}, "rotated “A”, “B ‘c’”, and “D”"),
        (AuditAct.ROTATED, None, {key: {} for key in "abdef"}, "rotated 5 webinars"),
        (AuditAct.CANCELLED, None, {"a": {}}, "cancelled “A”"),
        (
            AuditAct.ADDED,
            {"new": None},
            {"new": {"title": "New", "date": "2019-05-09"}},
            "added “New” on Thursday, May 9",
        ),
        (
            AuditAct.REMOVED,
            {"gone": {"title": "Gone", "date": "2019-05-09"}},
            {"gone": None},
            "removed “Gone” from the draft",
        ),
        (
            AuditAct.THEME_ASSIGNED,
            {"avril": {"title": "Webinaire d’avril"}, "x": None},
            {"avril": None, "x": {"title": "Impact", "theme_slug": "impact"}},
            "put “Webinaire d’avril” on the theme “Impact”",
        ),
        (
            AuditAct.THEME_ASSIGNED,
            {"a": {"theme_slug": "impact"}},
            {"a": {"theme_slug": None}},
            "left the theme of “A” open",
        ),
        (
            AuditAct.EDITED,
            {"a": {"duration": None, "why": None}},
            {"a": {"duration": 60, "why": "x"}},
            "edited “A”: duration, why this webinar",
        ),
    ],
)
def test_in_words(app: Flask, act: AuditAct, before: Any, after: Any, expected: str) -> None:
    assert said(app, act, before, after) == expected


def test_the_cycle_in_words(app: Flask) -> None:
    old, new = {"cycle": {"rule": "a", "zone": "b"}}, {"cycle": {"rule": "c", "zone": "d"}}
    act = AuditAct.CYCLE_EDITED
    assert said(app, act, old=old, new=new) == "changed of the cycle: rule, time zone"
    assert said(app, act, {"a": {}}, {"a": {}}) == "1 webinar laid on a date of the rule"
    both = said(app, act, {"a": {}, "b": {}}, {"a": {}, "b": {}}, old=old, new=new)
    assert both == (
        "changed of the cycle: rule, time zone; 2 webinars laid on the dates of the rule"
    )


def test_of_a_publication_each_webinar_says_when(app: Flask) -> None:
    act = Act(
        id=1,
        at=NOW,
        actor="a",
        act=AuditAct.PUBLISHED,
        slugs=("a", "b"),
        before={"webinars": {"a": {}, "b": {"starts": "2019-05-16T13:00 Europe/Paris"}}},
        after={
            "webinars": {
                "a": {"title": "A", "starts": "2019-05-09T13:00 Europe/Paris"},
                "b": {"starts": "2019-05-23T14:00 Europe/Paris"},
            }
        },
        revision=1,
    )
    with app.test_request_context(), force_locale("en"):
        added, moved = webinars_of(act, TITLES)
    assert (added.added, added.day) == (True, f"Thursday, May 9 at 1{NO_BREAK}pm")
    assert [(field.before, field.after) for field in moved.fields] == [
        (f"Thursday, May 16 at 1{NO_BREAK}pm", f"Thursday, May 23 at 2{NO_BREAK}pm")
    ]


def test_a_theme_and_its_way_back_in_words(desk: FlaskClient, site: Database) -> None:
    with site.write() as session:
        session.add(
            Theme(
                slug="impact",
                title="Mesurer l’impact",
                position=1,
                other_titles=[],
                questions=[],
                platform_answers=[],
            )
        )
        june = replace(MAY, slug="juin", date=date(2019, 6, 20), title="Juin", theme=None)
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY, june), now=NOW)
    do(site, editing.assign_theme, slug="juin", theme="impact")
    assert lines(desk.get(HISTORY))[0][0] == "« Juin » placé sur le thème « Mesurer l’impact »"
    with site.read() as session:
        latest = session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    do(site, undoing.undo, entry_id=latest)
    assert "Acte défait sur" in lines(desk.get(HISTORY))[0][0]
