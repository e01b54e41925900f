"""The desk's form of a resource."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.support import load_2019, load_library
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.models import Reading, Resource

NEW = "/organise/library/new-resource"
GUIDE = "/organise/library/resources/guide-construire-ensemble"
ALLIANCES = "apprendre-a-faire-alliances"


@pytest.fixture
def desk(organiser: FlaskClient, database: Database) -> FlaskClient:
    """The shipped library; Dominique has signed in."""
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    assert sign_in(organiser).status_code == 302
    return organiser


def filled(client: FlaskClient, address: str) -> dict[str, object]:
    """The form as it stands, with the boxes that are ticked."""
    form = read(client.get(address)).form(address)
    ticked = [
        box.attrs["value"] for box in form.all("input", name="themes") if "checked" in box.attrs
    ]
    return {**form.values(), "themes": ticked}


def said(client: FlaskClient, address: str) -> dict[str, object]:
    """The same without the token, which has its second in it."""
    return {name: value for name, value in filled(client, address).items() if name != "csrf_token"}


def errors(page: Element) -> dict[str, str]:
    return {
        p.attrs["id"].removesuffix("-error"): p.text for p in page.all("p", class_="field__error")
    }


def test_a_resource_is_added_and_everybody_sees_it(desk: FlaskClient) -> None:
    typed = filled(desk, NEW) | {
        "title": "Un <b>guide</b>",
        "kind": "guide",
        "url": "https://example.org/g",
        "publishers": "Un\r\n\r\nDeux",
        "year": "2020",
        "step": "act",
        "themes": [ALLIANCES],
    }
    answer = desk.post(NEW, data=typed)
    assert answer.status_code == 303
    address = answer.headers["Location"]
    assert address == "/organise/library/resources/un-b-guide-b"
    held = filled(desk, address)
    assert (held["publishers"], held["year"], held["step"]) == ("Un\nDeux", "2020", "act")
    assert held["themes"] == [ALLIANCES]
    public = read(desk.get("/resources/un-b-guide-b"))
    assert public.one("h1").text == "Un <b>guide</b>"
    assert public.links("https://example.org") == ["https://example.org/g"]
    assert "/resources/un-b-guide-b" in read(desk.get(f"/themes/{ALLIANCES}")).links("/resources/")


def test_a_form_that_is_sent_as_it_stands_changes_nothing(desk: FlaskClient) -> None:
    before = said(desk, GUIDE)
    assert desk.post(GUIDE, data=filled(desk, GUIDE)).status_code == 303
    assert said(desk, GUIDE) == before


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("title", ""),
        ("title", "x" * 301),
        ("title", "a\x00b"),
        ("kind", " "),
        ("url", "javascript:alert(1)"),
        ("url", "JavaScript:alert(1)"),
        ("url", "data:text/html,x"),
        ("url", "file:///etc/passwd"),
        ("url", "//example.org"),
        ("url", "https://a:b@example.org/"),
        ("url", "https://"),
        ("url", "https://[exemple.org]/page"),
        ("year", "MMXX"),
        ("year", "1066"),
        ("step", "run"),
        ("entry_point", "door"),
        ("publishers", "x" * 301),
        ("authors", "x" * 301),
        ("month", "13"),
        ("month", "Mai"),
        ("edition", "x" * 301),
        ("part_of", "no-such"),
        ("part_of", "../x"),
        ("themes", "no-such"),
    ],
)
@pytest.mark.parametrize("address", [NEW, GUIDE])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    desk: FlaskClient, address: str, name: str, typed: str
) -> None:
    right = filled(desk, address) | {"title": "Titre", "kind": "guide", "year": "2020"}
    answer = desk.post(address, data=right | {name: typed})
    assert answer.status_code == 422
    page = read(answer)
    assert list(errors(page)) == [name]
    assert page.one("div", class_="error-summary").links(f"#{name}") == [f"#{name}"]
    assert desk.get("/resources/titre").status_code == 404
    assert filled(desk, GUIDE)["title"] == "Construire ensemble"


def test_who_was_slower_keeps_what_they_typed(desk: FlaskClient, app: Flask) -> None:
    mine = filled(desk, GUIDE) | {"title": "Le mien"}
    assert desk.post(GUIDE, data=filled(desk, GUIDE) | {"title": "Le leur"}).status_code == 303
    answer = desk.post(GUIDE, data=mine)
    page = read(answer)
    assert answer.status_code == 409
    assert words(app, "Somebody else has just changed this resource") in page.text
    assert "Le leur" in page.by_id("title-present").text
    form = page.form(GUIDE)
    assert form.values()["title"] == "Le mien"
    assert desk.post(GUIDE, data=mine | {"seen": form.values()["seen"]}).status_code == 303
    assert filled(desk, GUIDE)["title"] == "Le mien"


def test_what_is_not_there_is_not_found(desk: FlaskClient) -> None:
    assert desk.get("/organise/library/resources/no-such").status_code == 404
    values = filled(desk, GUIDE)
    assert desk.post("/organise/library/resources/no-such", data=values).status_code == 404


def test_a_resource_is_said_to_be_forthcoming(desk: FlaskClient, app: Flask) -> None:
    typed = filled(desk, GUIDE) | {"forthcoming": "1", "section": "Guides"}
    assert desk.post(GUIDE, data=typed).status_code == 303
    assert (filled(desk, GUIDE)["forthcoming"], filled(desk, GUIDE)["section"]) == ("1", "Guides")
    public = read(desk.get("/resources/guide-construire-ensemble"))
    assert words(app, "Forthcoming") in public.text


def test_a_resource_is_taken_out_after_a_confirmation(desk: FlaskClient, app: Flask) -> None:
    public = "/resources/guide-construire-ensemble"
    assert desk.get(public).status_code == 200
    remove = read(desk.get(GUIDE)).links(f"{GUIDE}/remove")[0]
    page = read(desk.get(remove))
    assert words(app, "Nothing points to it.") in page.text
    form = page.form(remove).values()
    assert desk.post(remove, data=form | {"seen": "x"}).status_code == 409
    answer = desk.post(remove, data=form)
    assert answer.status_code == 303
    assert (
        words(app, "The resource is no longer in the library.")
        in read(desk.get(answer.headers["Location"])).text
    )
    assert [desk.get(one).status_code for one in (public, GUIDE, remove)] == [404, 404, 404]
    title = read(desk.get("/organise/history")).text
    assert "Construire ensemble" in title


def test_a_reading_of_a_webinar_keeps_it_and_is_named(
    desk: FlaskClient, database: Database
) -> None:
    load_2019(database)
    with database.read() as session:
        slug = session.scalars(sa.select(Resource.slug).join(Reading)).first()
    address = f"/organise/library/resources/{slug}"
    page = read(desk.get(f"{address}/remove"))
    assert page.by_id("readings").text
    assert [
        form for form in page.all("form") if form.attrs.get("action") == f"{address}/remove"
    ] == []
    token = filled(desk, address)["csrf_token"]
    assert desk.post(f"{address}/remove", data={"csrf_token": token}).status_code == 409
    assert desk.get(f"/resources/{slug}").status_code == 200


def test_the_rarer_facts_stand_in_a_fold_that_is_open_where_it_holds_any(
    desk: FlaskClient, app: Flask
) -> None:
    def is_open(address: str) -> bool:
        return "open" in read(desk.get(address)).one("details", class_="fold").attrs

    assert [is_open(one) for one in (NEW, GUIDE)] == [False, True]
    typed = filled(desk, NEW) | {
        "title": "Titre",
        "kind": "guide",
        "year": "2017",
        "other_titles": "Un\r\nDeux\r\nUn",
        "authors": "Anne",
        "partners": "Deux\r\n\r\nDeux\r\nTrois",
        "month": "5",
        "edition": "mise à jour",
        "part_of": "guide-construire-ensemble",
    }
    address = desk.post(NEW, data=typed).headers["Location"]
    held = filled(desk, address)
    names = ("other_titles", "authors", "partners", "month", "edition", "part_of")
    assert [held[name] for name in names] == [
        "Un\nDeux",
        "Anne",
        "Deux\nTrois",
        "5",
        "mise à jour",
        "guide-construire-ensemble",
    ]
    assert is_open(address)
    public = read(desk.get("/resources/titre"))
    facts = public.one("dl", class_="facts")
    for said in ("Anne", "Deux, Trois", "05/2017, mise à jour", "Construire ensemble"):
        assert said in facts.text
    assert "Un; Deux" in public.text
    circle = filled(desk, GUIDE) | {"part_of": "titre"}
    assert list(errors(read(desk.post(GUIDE, data=circle)))) == ["part_of"]


def test_a_month_without_its_year_is_asked_for_it(desk: FlaskClient) -> None:
    answer = desk.post(GUIDE, data=filled(desk, GUIDE) | {"year": "", "month": "5"})
    assert (answer.status_code, list(errors(read(answer)))) == (422, ["month"])


@pytest.mark.parametrize(
    ("year", "month", "edition", "said", "line"),
    [
        ("", "", "", None, "Guide"),
        ("2017", "", "", "2017", "Guide, 2017"),
        ("2017", "4", "", "04/2017", "Guide, 2017"),
        ("", "", "2012-2016", "2012-2016", "Guide, 2012-2016"),
        ("2016", "", "2012-2016", "2012-2016", "Guide, 2016"),
        ("2017", "", "2010, mise à jour en 2017", "2010, mise à jour en 2017", "Guide, 2017"),
        ("2017", "", "mise à jour 2016", "2017, mise à jour 2016", "Guide, 2017"),
        ("2016", "5", "mai-déc. 2016", "mai-déc. 2016", "Guide, 2016"),
        ("2018", "4", "à paraître en avril 2018", "à paraître en avril 2018", "Guide, 2018"),
        ("2016", "6", "mise à jour 2016", "06/2016, mise à jour 2016", "Guide, 2016"),
        ("2016", "12", "collection Juris", "12/2016, collection Juris", "Guide, 2016"),
    ],
)
def test_year_and_edition_are_both_said_and_nothing_twice(
    desk: FlaskClient, year: str, month: str, edition: str, said: str | None, line: str
) -> None:
    dated = {"year": year, "month": month, "edition": edition}
    typed = filled(desk, NEW) | {"title": "Titre", "kind": "guide", "themes": [ALLIANCES]} | dated
    assert desk.post(NEW, data=typed).status_code == 303
    facts = {
        pair.one("dt").text: pair.one("dd").text
        for pair in read(desk.get("/resources/titre")).one("dl", class_="facts").all("div")
    }
    assert facts.get("Date") == said
    kit = read(desk.get(f"/themes/{ALLIANCES}"))
    (of_it,) = [
        one for one in kit.all("div", class_="resource") if "/resources/titre" in one.links("/")
    ]
    assert of_it.one("span", class_="resource__meta").text == line
