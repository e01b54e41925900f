"""The library's pages: the list with its choices, resources, themes."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.support import NOW, load_library, real_plan
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.resource_list import PAGE
from webinars.models import Resource, Theme

ALLIANCES = "apprendre-a-faire-alliances"


@pytest.fixture
def library(database: Database, now) -> Database:
    """The shipped themes and resources."""
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    return database


def listed(page: Element) -> list[str]:
    """The titles of the list, in its order."""
    return [link.text for link in page.all("a", class_="resource__title")]


def chips(page: Element) -> list[tuple[str, str]]:
    """What each chip takes away, and where it leads."""
    return [
        (
            chip.text.removeprefix("Retirer\xa0:").removeprefix("Retirer :").strip(),
            chip.attrs["href"],
        )
        for chip in page.all("a", class_="chip")
    ]


def test_choices_narrow_the_list_and_can_be_taken_away(
    client: FlaskClient, library: Database
) -> None:
    page = read(client.get(f"/resources?theme={ALLIANCES}&entry=illustrations&publisher=Le+RAMEAU"))
    form = page.one("form", class_="facets facets--library")
    assert form.values() == {
        "theme": ALLIANCES,
        "step": "",
        "kind": "",
        "entry": "illustrations",
        "year": "",
        "publisher": "Le RAMEAU",
    }
    assert "open" in form.one("details").attrs
    assert [href for _, href in chips(page)] == [
        "/resources?entry=illustrations&publisher=Le+RAMEAU",
        f"/resources?theme={ALLIANCES}&publisher=Le+RAMEAU",
        f"/resources?theme={ALLIANCES}&entry=illustrations",
    ]
    offered = page.by_id("facet-entry").all("option")
    count = int(next(o for o in offered if "selected" in o.attrs).text.split("(")[1].strip(")"))
    assert len(listed(page)) == count > 0
    assert "open" not in read(client.get("/resources?step=act")).one("details").attrs


@pytest.mark.parametrize(
    "query",
    [
        "step=run",
        "entry=nowhere",
        "year=MMXIX",
        "year=99999999999999999999",
        "year=-1",
        "page=0",
        "page=-3",
        "page=x",
        "kind=%00",
        "publisher=%00%00",
        "theme=",
    ],
)
def test_what_is_no_choice_narrows_nothing(
    client: FlaskClient, library: Database, query: str
) -> None:
    page = read(client.get(f"/resources?{query}"))
    assert (len(listed(page)), chips(page)) == (PAGE, [])


def test_a_choice_that_finds_nothing_says_what_to_do(
    client: FlaskClient, app: Flask, library: Database
) -> None:
    page = read(client.get("/resources?kind=%3Cb%3E&year=2019"))
    assert listed(page) == []
    assert words(app, "Nothing matches these choices") in page.text
    assert [href for _, href in chips(page)] == ["/resources?year=2019", "/resources?kind=%3Cb%3E"]
    assert "/resources" in [a.attrs["href"] for a in page.all("a", class_="button button--plain")]


def test_a_long_list_leads_from_page_to_page(client: FlaskClient, database: Database, now) -> None:
    text = "".join(
        f'[[resources]]\nslug = "r{n}"\ntitle = "R{n}"\nkind = "guide"\n'
        for n in range(2 * PAGE + 1)
    )
    with database.write() as session:
        import_library(session, files=[SourceFile("r.toml", text)], now=NOW)
    address, seen = "/resources?kind=guide", []
    while address:
        page = read(client.get(address))
        seen.append(len(listed(page)))
        following = page.all("a", rel="next")
        address = following[0].attrs["href"] if following else ""
    assert seen == [PAGE, PAGE, 1]
    beyond = read(client.get("/resources?page=7"))
    assert (listed(beyond), len(beyond.all("a", rel="prev"))) == ([f"R{2 * PAGE}"], 1)


def test_many_choices_and_pages_beyond_do_not_fill_the_memory(
    client: FlaskClient, app: Flask, library: Database
) -> None:
    for query in ("page=9", "step=act&entry=toolbox&year=2016", "kind=none"):
        assert client.get(f"/resources?{query}").status_code == 200
    assert len(app.extensions["webinars.pages"]._pages) == 0
    client.get("/resources?step=act&entry=toolbox")
    assert len(app.extensions["webinars.pages"]._pages) == 1


# Everything is reached by links ----------------------------------------------------------


def crawled(client: FlaskClient, *beginnings: str) -> set[str]:
    """Every public page that links lead to, without their queries but for pages of the list."""
    seen: set[str] = set()
    waiting = list(beginnings)
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address)
        assert (answer.status_code, address) == (200, address)
        for link in read(answer).links("/"):
            path, _, query = link.partition("#")[0].partition("?")
            if path.startswith(("/themes/", "/resources", "/cycles/")) and "." not in path:
                waiting.append(f"{path}?{query}" if query.startswith("page=") else path)
    return seen


def below(seen: set[str], beginning: str) -> set[str]:
    return {address.removeprefix(beginning) for address in seen if address.startswith(beginning)}


def test_every_resource_and_webinar_of_2019_is_reached_by_links_alone(
    client: FlaskClient, real_site: Database
) -> None:
    seen = crawled(client, "/")
    with real_site.read() as session:
        resources = set(session.scalars(sa.select(Resource.slug)))
        themes = set(session.scalars(sa.select(Theme.slug)))
    assert (len(resources), len(themes)) == (91, 11)
    assert below(seen, "/resources/") == resources
    assert below(seen, "/themes/") == themes
    webinars = {planned.slug for planned in real_plan().sessions}
    assert len(webinars) == 12
    assert {slug for slug in below(seen, "/cycles/2019/") if "/" not in slug} >= webinars


def test_all_but_one_resource_stand_on_a_theme_of_theirs(
    client: FlaskClient, real_site: Database
) -> None:
    with real_site.read() as session:
        themes = session.scalars(sa.select(Theme.slug)).all()
    kits: set[str] = set()
    for theme in themes:
        page = read(client.get(f"/themes/{theme}"))
        steps = page.one("div", class_="steps")
        kits |= set(steps.links("/resources/"))
    assert len(kits) == 90  # the platform itself has no theme and stands in the library


def test_the_kit_of_april_counts_29_entries_under_its_four_entry_points(
    client: FlaskClient, app: Flask, real_site: Database
) -> None:
    page = read(client.get(f"/themes/{ALLIANCES}"))
    counts: dict[str, int] = {}
    for fold in page.one("div", class_="steps").all("details"):
        name = fold.one("summary").one("h4").text
        counts[name] = counts.get(name, 0) + len(fold.all("li"))
    named = {
        words(app, name): count
        for name, count in (
            ("Reference framework", 4),
            ("Toolbox", 16),
            ("Methods", 7),
            ("Illustrations", 2),
        )
    }
    assert {name: counts.get(name) for name in named} == named
    assert sum(named.values()) == 29


def test_a_thin_theme_is_filled_step_by_step_and_says_so(
    client: FlaskClient, app: Flask, real_site: Database
) -> None:
    for address in ("/themes/definir-sa-strategie", "/cycles/2019/definir-sa-strategie"):
        kit = read(client.get(address)).one("div", class_="steps")
        own = kit.one("section", class_="step step--wide")
        assert own.links("/resources/") == [
            "/resources/centre-de-ressources-accompagnement-des-associations"
        ]
        steps = kit.all("section", class_="step")
        assert [step.one("h3").text for step in steps] == [
            words(app, name) for name in ("Understand", "Adopt", "Act")
        ]
        lent = [step.one("ul", class_="lines borrowed").all("li") for step in steps]
        assert [len(lines) for lines in lent] == [1, 2, 3], address
        for line in (line for lines in lent for line in lines):
            (theme,) = line.links("/themes/")
            assert theme != "/themes/definir-sa-strategie"
            assert words(app, "Neighbour, of another theme: %(theme)s", theme="") in line.text


def test_a_theme_with_many_resources_lends_for_its_empty_step_alone(
    client: FlaskClient, app: Flask, real_site: Database
) -> None:
    for address in (f"/themes/{ALLIANCES}", f"/cycles/2019/{ALLIANCES}"):
        kit = read(client.get(address)).one("div", class_="steps")
        understand, *others = kit.all("section", class_="step")
        assert understand.one("h3").text == words(app, "Understand")
        assert understand.links("/") == [
            "/resources/note-prospective-nouvelle-philosophie-politique",
            "/themes/co-construire-le-bien-commun",
        ]
        assert words(app, "Neighbour, by a shared theme: %(theme)s", theme="") in understand.text
        assert [step.all("ul", class_="lines borrowed") for step in others] == [[], []]


def pager(page: Element) -> tuple[str, list[tuple[str, str]]]:
    """What names the way before and after, and where it leads."""
    nav = page.one("nav", class_="section pager")
    name = nav.attrs.get("aria-label") or page.by_id(nav.attrs["aria-labelledby"]).text
    return name, [(link.attrs["rel"], link.attrs["href"]) for link in nav.all("a")]


def test_each_page_leads_to_the_one_before_and_the_one_after(
    client: FlaskClient, app: Flask, real_site: Database
) -> None:
    name, ways = pager(read(client.get(f"/en/themes/{ALLIANCES}")))
    title = read(client.get("/en/cycles/2019")).one("h1").text
    assert name == f"{title}: before and after Apr 18, 2019"
    assert ways == [
        ("prev", "/en/cycles/2019/connaitre-son-ecosysteme"),
        ("next", "/en/cycles/2019/definir-sa-strategie"),
    ]
    name, ways = pager(read(client.get("/en/resources/guide-pratique-sur-les-partenariats")))
    assert name == "The kit “Apprendre à faire alliances”, resource 3 of 52"
    assert ways == [
        ("prev", "/en/resources/autodiagnostic-rse-et-partenariats"),
        ("next", "/en/resources/referentiel-les-partenariats-associations-et-entreprises"),
    ]
    assert not read(client.get("/cycles/2019")).all("nav", class_="section pager")  # no other


def test_a_resource_shows_what_is_known_of_it(client: FlaskClient, real_site: Database) -> None:
    page = read(client.get("/resources/infographie-phare"))
    whole = "mallette-de-la-co-construction"
    assert page.one("dl", class_="facts").links("/resources/") == [f"/resources/{whole}"]
    parts = read(client.get(f"/resources/{whole}")).links("/resources/")
    assert parts.count("/resources/infographie-phare") == 1
    pointed = read(client.get("/resources/fiche-contexte-interet-general-un-concept-en-mutation"))
    assert "/cycles/2019/co-construire-le-bien-commun" in pointed.links("/cycles/2019/")


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_theme_says_what_else_it_is_called(
    client: FlaskClient, library: Database, prefix: str
) -> None:
    def head(theme: str) -> list[str]:
        page = read(client.get(f"{prefix}/themes/{theme}"))
        return [line.text for line in page.one("header", class_="page-head theme-head").all("p")]

    also, _ = head("connaitre-son-ecosysteme")
    assert also.endswith(": Comprendre son écosystème")
    assert len(head("definir-sa-strategie")) == 1
