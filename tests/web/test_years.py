"""A year planned from nothing, copied, and its settings edited, on the screen."""

from dataclasses import replace
from datetime import date, time

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import selectinload
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH, MAY, NOW, counted_queries, load_library, plan_of, published
from tests.web.desk import EMAIL, sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.domain.editing import Editor
from webinars.domain.plan import Plan
from webinars.models import AuditEntry, Cycle, CycleDraft, OutboxMail, Webinar

NEW = "/organise/cycles/new"
COPY, EDIT = "/organise/cycles/2019/copy", "/organise/cycles/2019/edit"
ANNE = Editor("anne@example.org", NOW)


@pytest.fixture
def desk(organiser: FlaskClient) -> FlaskClient:
    """Dominique at a desk without a cycle, on 4 March 2019."""
    assert sign_in(organiser).status_code == 302
    return organiser


@pytest.fixture
def of_2019(desk: FlaskClient, database: Database) -> FlaskClient:
    """The same with March, April and May of 2019 public."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    return desk


def main(answer: TestResponse) -> Element:
    return read(answer).one("main")


def typed(page: Element) -> dict[str, list[str] | str]:
    """What a browser would send for the form of a year: boxes that are ticked, and its button."""
    form = page.one("form", **{"class": "year-form"})
    values: dict[str, list[str] | str] = {}
    for name, value in form.values().items():
        boxes = [box for box in form.all("input", name=name) if box.attrs.get("type") in TICKED]
        if not boxes:
            values[name] = value
        elif chosen := [box.attrs["value"] for box in boxes if "checked" in box.attrs]:
            values[name] = chosen
    token = form.one("button", formmethod="post")
    return values | {token.attrs["name"]: token.attrs["value"]}


TICKED = ("checkbox", "radio")


def send(client: FlaskClient, page: str, **changes: object) -> TestResponse:
    values = typed(main(client.get(page))) | changes
    return client.post(page, data={k: v for k, v in values.items() if v is not None})


def cycle(database: Database, slug: str) -> Cycle | None:
    with database.read() as session:
        return session.scalar(
            sa.select(Cycle)
            .where(Cycle.slug == slug)
            .options(selectinload(Cycle.draft).selectinload(CycleDraft.sessions))
        )


def plan(database: Database, slug: str) -> Plan:
    found = cycle(database, slug)
    assert found is not None
    return planning.draft_plan(found)


def days(answer: TestResponse) -> list[str]:
    """The dates as the page shows them."""
    return [
        line.one("time").attrs["datetime"]
        for line in read(answer).all("li")
        if "dates__row" in line.attrs.get("class", "")
    ]


def errors(answer: TestResponse) -> dict[str, str]:
    """Where the summary leads, with what it says; each place is on the page and says the same."""
    page = main(answer)
    summary = page.one("div", role="alert", **{"class": "error-summary"})
    found = {link.attrs["href"][1:]: link.text for link in summary.all("a")}
    for name, text in found.items():
        page.by_id(name)
        assert page.by_id(f"{name}-error").text == text
    return found


THIRD_THURSDAYS_2027 = [
    "2027-01-21", "2027-02-18", "2027-03-18", "2027-04-15", "2027-05-20", "2027-06-17",
    "2027-07-15", "2027-08-19", "2027-09-16", "2027-10-21", "2027-11-18", "2027-12-16",
]  # fmt: skip


# from nothing ----------------------------------------------------------------------------


def test_a_year_is_proposed_with_its_dates(desk: FlaskClient) -> None:
    answer = desk.get(NEW)
    values = typed(main(answer))
    assert (values["year"], values["title"]) == ("2020", "Cycle de webinaires 2020")
    assert (values["nth"], values["weekday"], len(values["months"])) == ("3", "3", 12)
    assert (values["zone"], values["starts_at"], values["duration"]) == (
        "Europe/Paris",
        "13:00",
        "90",
    )
    assert len(days(answer)) == 12
    assert days(answer)[0] == "2020-01-16"


def test_the_next_free_year_like_the_latest(desk: FlaskClient, database: Database) -> None:
    with database.write() as session:
        for year in (2019, 2020):
            title = f"Cycle {year} « en actions ! »"
            cycle_plan = plan_of(slug=str(year), year=year, title=title)
            planning.save_draft(session, plan=cycle_plan, now=NOW)
    values = typed(main(desk.get(NEW)))
    assert (values["year"], values["title"]) == ("2021", "Cycle 2021 « en actions ! »")


def test_the_dates_at_once(desk: FlaskClient) -> None:
    """What the button sends, and what the script fetches."""
    values = typed(main(desk.get(NEW))) | {"year": "2027"}
    del values["csrf_token"]
    page = desk.get(NEW, query_string=values)
    assert days(page) == THIRD_THURSDAYS_2027
    assert typed(main(page))["year"] == "2027"
    fragment = desk.get(NEW, query_string=values | {"fragment": "dates"})
    assert days(fragment) == THIRD_THURSDAYS_2027
    assert not read(fragment).all("form")


def test_only_some_months(desk: FlaskClient) -> None:
    values = typed(main(desk.get(NEW))) | {"year": "2027", "months": ["3", "6", "9"]}
    assert days(desk.get(NEW, query_string=values)) == ["2027-03-18", "2027-06-17", "2027-09-16"]


def test_another_rule_takes_the_place_of_the_three_fields(desk: FlaskClient) -> None:
    values = typed(main(desk.get(NEW))) | {"year": "2027", "rule": "dernier mardi de mars et juin"}
    page = desk.get(NEW, query_string=values)
    assert days(page) == ["2027-03-30", "2027-06-29"]
    fold = next(one for one in main(page).all("details") if "RFC 5545" in one.text)
    assert "open" in fold.attrs


def test_a_holiday_and_its_substitutes(desk: FlaskClient) -> None:
    values = typed(main(desk.get(NEW))) | {"year": "2019"}
    page = main(desk.get(NEW, query_string=values))
    choice = page.by_id("instead-2019-08-15")
    offered = [option.attrs["value"] for option in choice.all("option")]
    assert offered[0] == ""
    assert "2019-08-29" in offered
    assert "Assomption" in page.text
    chosen = values | {"instead-2019-08-15": "2019-08-29"}
    assert "2019-08-29" in days(desk.get(NEW, query_string=chosen))


def test_the_draft_is_made(desk: FlaskClient, database: Database) -> None:
    answer = send(desk, NEW, year="2027", title=" Cycle  2027 ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/organise/cycles/2027/")
    made = plan(database, "2027")
    assert [one.date.isoformat() for one in made.sessions] == THIRD_THURSDAYS_2027
    assert (made.title, made.rule) == ("Cycle  2027", "FREQ=MONTHLY;BYDAY=3TH")
    assert (made.zone, made.starts_at, made.duration) == ("Europe/Paris", time(13), 90)
    assert made.sessions[3].title == "Webinaire d’avril"
    with database.read() as session:
        assert session.scalars(sa.select(Webinar)).all() == []
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.act.value) == (EMAIL, "planned")


def test_on_themes_of_the_library(desk: FlaskClient, database: Database) -> None:
    with database.write() as session:
        load_library(session, "themes.toml")
    values = typed(main(desk.get(NEW)))
    assert values["themes"] == ["library"]
    assert len(values["theme"]) == 11
    chosen = ["definir-sa-strategie", "connaitre-son-ecosysteme"]
    assert send(desk, NEW, year="2027", theme=chosen).status_code == 303
    made = plan(database, "2027").sessions
    # In the library's order; the dates after them are open.
    assert [one.theme for one in made[:3]] == [*reversed(chosen), None]
    assert made[0].title == "Connaître son écosystème"
    assert send(desk, NEW, year="2028", themes="open").status_code == 303
    assert {one.theme for one in plan(database, "2028").sessions} == {None}


def test_a_substitute_is_chosen_before_the_draft_is_made(
    desk: FlaskClient, database: Database
) -> None:
    answer = send(desk, NEW, year="2019", **{"instead-2019-08-15": "2019-08-29"})
    assert answer.status_code == 303
    august = plan(database, "2019").sessions[7]
    assert (august.date, august.exception_of, august.reason) == (
        date(2019, 8, 29),
        date(2019, 8, 15),
        "Assomption",
    )


def test_the_rest_of_the_fields(desk: FlaskClient, database: Database) -> None:
    fields = {"zone": "Indian/Reunion", "capacity": "100", "department": "974"}
    answer = send(desk, NEW, year="2027", slug="reunion-2027", starts_at="09:30", **fields)
    assert answer.headers["Location"] == "/organise/cycles/reunion-2027/"
    made = plan(database, "reunion-2027")
    assert (made.zone, made.capacity, made.department, made.starts_at) == (
        "Indian/Reunion",
        100,
        "974",
        time(9, 30),
    )


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"year": ""}, "year", "Écrivez l’année."),
        ({"year": "deux"}, "year", "Écrivez un nombre entier, en chiffres."),
        ({"year": "1900"}, "year", "Choisissez une année de 2000 à 2100."),
        ({"title": "  "}, "title", "Écrivez le titre du cycle."),
        ({"nth": "9"}, "nth", "Choisissez dans la liste."),
        ({"months": None}, "months", "Choisissez au moins un mois."),
        ({"starts_at": "midi"}, "starts_at", "Écrivez l’heure locale comme 13:00."),
        ({"starts_at": "13:00:00.5"}, "starts_at", "Écrivez l’heure locale comme 13:00."),
        ({"starts_at": "13:00:30"}, "starts_at", "Écrivez l’heure locale comme 13:00."),
        ({"duration": "4"}, "duration", "Choisissez de 5 à 1440 minutes."),
        ({"capacity": "0"}, "capacity", "Choisissez de 1 à 1000000 places."),
        ({"department": "99"}, "department", "Choisissez dans la liste."),
        ({"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rule", "ne donne aucune date en 2027"),
        ({"rule": "un de ces jours"}, "rule", "« un de ces jours » n’est pas compris"),
        ({"zone": "Mars/Olympus"}, "zone", "« Mars/Olympus » n’est pas un fuseau horaire"),
        ({"slug": "Été !"}, "slug", "ne peut pas faire partie d’une adresse"),
        ({"slug": "register"}, "slug", "est une adresse du produit lui-même"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    desk: FlaskClient, database: Database, changes: dict[str, str], field: str, sentence: str
) -> None:
    answer = send(desk, NEW, **{"year": "2027", "title": "Le titre gardé", **changes})
    assert answer.status_code == 422
    found = errors(answer)
    assert list(found) == [field]
    assert sentence in found[field].replace("\N{NO-BREAK SPACE}", " ")
    kept = typed(main(answer))
    assert kept["title"] == changes.get("title", "Le titre gardé").strip()
    assert cycle(database, "2027") is None


def test_no_fifth_thursday_in_february(desk: FlaskClient) -> None:
    answer = send(desk, NEW, year="2027", nth="5", months=["2"])
    assert answer.status_code == 422
    assert "ne donne aucune date en 2027" in errors(answer)["nth"]


def test_an_hour_that_the_night_skips(desk: FlaskClient, database: Database) -> None:
    # Sunday 28 March 2027: at 2 h it is 3 h in Paris.
    answer = send(desk, NEW, year="2027", nth="-1", weekday="6", starts_at="02:30")
    assert answer.status_code == 422
    assert "02:30 n’existe pas le 28 mars 2027" in errors(answer)["starts_at"]
    assert cycle(database, "2027") is None


def test_two_holidays_moved_to_one_date(desk: FlaskClient, database: Database) -> None:
    rule = "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1,8"
    page = main(desk.get(NEW, query_string=typed(main(desk.get(NEW))) | {
        "year": "2019", "rule": rule,
    }))  # fmt: skip
    first, second = (
        {option.attrs["value"] for option in page.by_id(f"instead-2019-05-{day}").all("option")}
        for day in ("01", "08")
    )
    shared = min((first & second) - {""})
    both = {f"instead-2019-05-{day}": shared for day in ("01", "08")}
    answer = send(desk, NEW, year="2019", rule=rule, **both)
    assert answer.status_code == 422
    assert set(errors(answer)) == set(both)
    assert cycle(database, "2019") is None


def test_an_address_in_use(of_2019: FlaskClient, database: Database) -> None:
    answer = send(of_2019, NEW, year="2019")
    assert answer.status_code == 422
    assert "« 2019 »" in errors(answer)["slug"].replace("\N{NO-BREAK SPACE}", " ")
    assert len(plan(database, "2019").sessions) == 3


def test_wrong_on_a_get_is_said_too(desk: FlaskClient, app: Flask) -> None:
    values = typed(main(desk.get(NEW))) | {"year": "x"}
    answer = desk.get(NEW, query_string=values)
    assert answer.status_code == 200
    assert list(errors(answer)) == ["year"]
    assert words(app, "The dates will stand here as soon as year and rule are right.") in (
        main(answer).text
    )
    assert days(answer) == []


@pytest.mark.parametrize("query", ["year=2027", "fragment=dates", "instead-x=y&year=2027", "a=b"])
def test_an_odd_address_breaks_nothing(desk: FlaskClient, query: str) -> None:
    assert desk.get(f"{NEW}?{query}").status_code == 200


def test_without_a_token_nothing_is_made(desk: FlaskClient, database: Database) -> None:
    assert send(desk, NEW, csrf_token="x").status_code == 400
    assert cycle(database, "2020") is None


# like another one ------------------------------------------------------------------------


def test_a_copy_shows_its_dates_at_once(of_2019: FlaskClient) -> None:
    page = of_2019.get(COPY)
    assert typed(main(page))["year"] == "2020"
    assert len(days(page)) == 12
    assert MARCH.title in main(page).text
    open_ = of_2019.get(COPY, query_string={"year": "2027", "themes": "open", "slug": ""})
    assert days(open_) == THIRD_THURSDAYS_2027
    assert MARCH.title not in main(open_).text


def test_a_copy_takes_themes_and_nothing_else(of_2019: FlaskClient, database: Database) -> None:
    with database.write() as session:
        values = {"speakers": ["Anne"], "why": "Parce que"}
        editing.edit_webinar(
            session, cycle_slug="2019", slug=MARCH.slug, values=values, editor=ANNE
        )
    answer = send(of_2019, COPY, year="2027")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/organise/cycles/2027/")
    made = cycle(database, "2027")
    assert made is not None
    assert made.revision == 0
    first = made.draft.sessions[0]
    assert (first.date, first.theme_slug, first.title) == (
        date(2027, 1, 21),
        MARCH.theme,
        MARCH.title,
    )
    assert (first.join_url, first.speakers, first.why) == (None, [], None)
    with database.read() as session:
        assert session.scalars(sa.select(OutboxMail)).all() == []


def test_titles_without_a_date_are_named(desk: FlaskClient, database: Database) -> None:
    with database.write() as session:
        plan_ = replace(plan_of(MARCH, APRIL, MAY), rule="third Thursday of March and April")
        planning.save_draft(session, plan=plan_, now=NOW)
    assert MAY.title in main(desk.get(COPY)).one("div", **{"class": "notice notice--warm"}).text
    answer = send(desk, COPY)
    assert answer.status_code == 303
    assert [one.title for one in plan(database, "2020").sessions] == [MARCH.title, APRIL.title]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"year": "2019"}, "slug"),
        ({"slug": "Été"}, "slug"),
        ({"year": "x"}, "year"),
        ({"themes": "x"}, "themes"),
    ],
)
def test_a_wrong_copy_is_refused(of_2019: FlaskClient, changes: dict[str, str], field: str) -> None:
    answer = send(of_2019, COPY, **changes)
    assert answer.status_code == 422
    assert list(errors(answer)) == [field]


# settings --------------------------------------------------------------------------------


def test_the_settings_as_drafted(of_2019: FlaskClient) -> None:
    values = typed(main(of_2019.get(EDIT)))
    assert (values["title"], values["nth"], values["weekday"], values["rule"]) == (
        "Cycle 2019",
        "3",
        "3",
        "",
    )
    assert days(of_2019.get(EDIT)) == ["2019-03-21", "2019-04-18", "2019-05-16"]


def test_saving_what_is_there_changes_nothing(of_2019: FlaskClient, database: Database) -> None:
    before = cycle(database, "2019")
    assert send(of_2019, EDIT).status_code == 303
    after = cycle(database, "2019")
    assert before is not None
    assert after is not None
    assert after.draft.version == before.draft.version
    assert after.draft.rule == "third Thursday"  # as it was written


def test_only_the_rule_changes(of_2019: FlaskClient, database: Database) -> None:
    answer = send(of_2019, EDIT, nth="2", weekday="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/organise/cycles/2019/")
    made = plan(database, "2019")
    assert made.rule == "FREQ=MONTHLY;BYDAY=2TU"
    assert [one.date for one in made.sessions] == [MARCH.date, APRIL.date, MAY.date]


def test_the_coming_webinars_are_laid_on_the_new_dates(
    of_2019: FlaskClient, database: Database
) -> None:
    new = ["2019-03-12", "2019-04-09", "2019-05-14"]
    values = typed(main(of_2019.get(EDIT))) | {"nth": "2", "weekday": "1", "realign": "y"}
    assert days(of_2019.get(EDIT, query_string=values)) == new
    assert of_2019.post(EDIT, data=values).status_code == 303
    assert [one.date.isoformat() for one in plan(database, "2019").sessions] == new


def test_a_rule_without_a_date_leaves_the_draft_as_it_was(
    of_2019: FlaskClient, database: Database
) -> None:
    before = plan(database, "2019")
    answer = send(of_2019, EDIT, nth="5", months=["2"], title="Gardé")
    assert answer.status_code == 422
    assert "ne donne aucune date" in errors(answer)["nth"]
    assert typed(main(answer))["title"] == "Gardé"
    assert plan(database, "2019") == before


def test_an_hour_that_does_not_exist(of_2019: FlaskClient, database: Database) -> None:
    with database.write() as session:
        editing.move(
            session, cycle_slug="2019", slug=MARCH.slug, day=date(2019, 3, 31), editor=ANNE
        )
    answer = send(of_2019, EDIT, starts_at="02:30")
    assert answer.status_code == 422
    assert "02:30" in errors(answer)["starts_at"]
    assert plan(database, "2019").starts_at == time(13)


def test_the_second_sees_what_the_first_changed(
    of_2019: FlaskClient, database: Database, app: Flask
) -> None:
    values = typed(main(of_2019.get(EDIT))) | {"title": "Le mien", "duration": "60"}
    with database.write() as session:
        editing.edit_cycle(session, cycle_slug="2019", values={"title": "Le sien"}, editor=ANNE)
    answer = of_2019.post(EDIT, data=values)
    assert answer.status_code == 409
    alarm = main(answer).one("div", role="alert")
    assert "anne@example.org" in alarm.text
    assert plan(database, "2019").title == "Le sien"
    kept = typed(main(answer))
    assert (kept["title"], kept["duration"]) == ("Le mien", "60")
    # Having seen it, the second decides.
    assert of_2019.post(EDIT, data=kept).status_code == 303
    assert (plan(database, "2019").title, plan(database, "2019").duration) == ("Le mien", 60)


def test_a_wrong_form_keeps_the_version_that_was_seen(
    of_2019: FlaskClient, database: Database
) -> None:
    """Mending a typing error must not overwrite what somebody did meanwhile."""
    values = typed(main(of_2019.get(EDIT))) | {"duration": "x"}
    with database.write() as session:
        editing.edit_cycle(session, cycle_slug="2019", values={"title": "Le sien"}, editor=ANNE)
    answer = of_2019.post(EDIT, data=values)
    assert answer.status_code == 422
    assert of_2019.post(EDIT, data=typed(main(answer)) | {"duration": "60"}).status_code == 409


@pytest.mark.parametrize("page", [COPY, EDIT])
def test_no_such_cycle(desk: FlaskClient, page: str) -> None:
    assert desk.get(page).status_code == 404


@pytest.mark.parametrize("page", [NEW, COPY, EDIT])
def test_in_english(of_2019: FlaskClient, page: str) -> None:
    assert "Thursday, " in main(of_2019.get(f"/en{page}")).text


# the desk --------------------------------------------------------------------------------


def test_the_desk_leads_to_a_first_year(desk: FlaskClient, app: Flask) -> None:
    page = main(desk.get("/organise/"))
    assert words(app, "No year is planned yet") in page.text
    assert page.links(NEW) == [NEW]


def test_the_desk_flags_what_is_not_public(of_2019: FlaskClient, database: Database) -> None:
    send(of_2019, NEW, year="2027")
    with database.write() as session:
        editing.cancel(session, cycle_slug="2019", slug=MAY.slug, editor=ANNE)
    later, earlier = main(of_2019.get("/organise/")).all("article")
    assert "brouillon, jamais publié" in later.text
    assert "12 webinaires au brouillon" in later.text
    assert later.links("/cycles/") == []
    assert earlier.one("a", href="/organise/cycles/2019/preview").text == "1 changement à publier"
    assert all(
        f"/organise/cycles/{slug}/" in one.links("/organise/cycles/")
        for slug, one in (("2027", later), ("2019", earlier))
    )


@pytest.mark.parametrize("years", [1, 4])
def test_the_queries_of_the_desk_do_not_grow(
    desk: FlaskClient, database: Database, years: int
) -> None:
    with database.write() as session:
        for year in range(2019, 2019 + years):
            march = replace(MARCH, date=MARCH.date.replace(year=year))
            published(session, plan_of(march, slug=str(year), year=year))
    with counted_queries(database) as statements:
        desk.get("/organise/")
    assert len([one for one in statements if "organiser" not in one]) == 18
