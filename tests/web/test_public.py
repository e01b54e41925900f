"""The front page, programmes and permanent pages, in both languages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from flask_babel import force_locale

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    publish,
    published,
    real_plan,
    register,
)
from tests.web.support import END, OPENS, PAGE, SECOND, START, Element, read, tokens, words
from webinars.db import Database
from webinars.demo.seed import WHY_TODAY, WHY_TOMORROW, discovery, seed
from webinars.domain import planning, replays
from webinars.domain.library import EntryPointGroup, ResourceView, StepGroup
from webinars.domain.plan import PlannedSession
from webinars.domain.replays import Video
from webinars.models import Step
from webinars.services import Services

VIDEO = Video(url="https://video.example.org/1", duration=60, chapters=[(0, "Début"), (30, "Fin")])


def put_replay_online(database: Database, *, now: datetime = END) -> None:
    with database.write() as session:
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=MARCH.slug, video=VIDEO, now=now
        )


def ribbon(page: Element) -> list[str]:
    """The programme's cells: where they lead, in their order."""
    lists = [nav for nav in page.all("nav") if "ribbon" in nav.attrs.get("class", "").split()]
    return lists[0].links("/") if lists else []


def addresses(*sessions: PlannedSession, cycle: str = "2019", prefix: str = "") -> list[str]:
    return [f"{prefix}/cycles/{cycle}/{planned.slug}" for planned in sessions]


# the front page and programmes --------------------------------------------------------


def test_an_empty_site_says_so(client: FlaskClient, app: Flask, services: Services) -> None:
    answer = client.get("/")
    page = read(answer)
    assert answer.status_code == 200
    assert page.one("h1").text == services.settings.site_name
    assert words(app, "The first programme is being prepared") in page.text
    assert page.links("/cycles/") == []


@pytest.mark.parametrize("address", ["/replays", "/resources", "/calendar.ics"])
def test_other_pages_of_an_empty_site_answer(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200


def test_a_published_cycle_without_webinars_is_shown(client: FlaskClient, database: Database, now):
    publish(database)
    assert ribbon(read(client.get("/"))) == []
    page = read(client.get("/cycles/2019"))
    assert page.one("h1").text == "Cycle 2019"
    assert page.links("/cycles/2019/") == ["/cycles/2019/calendar.ics"] or ribbon(page) == []


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("sessions", [(MARCH,), (MARCH, APRIL, MAY)])
def test_the_programme_shows_each_webinar_in_order(
    client: FlaskClient,
    database: Database,
    now,
    sessions: tuple[PlannedSession, ...],
    prefix: str,
) -> None:
    publish(database, *sessions)
    wanted = addresses(*sessions, prefix=prefix)
    home, cycle = read(client.get(f"{prefix}/")), read(client.get(f"{prefix}/cycles/2019"))
    assert ribbon(home) == wanted
    assert ribbon(cycle) == wanted
    assert home.one("h1").text == MARCH.title
    assert [card.one("h3").text for card in cycle.all("article")] == [p.title for p in sessions]


def test_the_front_page_knows_three_cycles(client: FlaskClient, database: Database, now) -> None:
    publish(database, MARCH, APRIL)
    for year in (2018, 2020):
        session = replace(MAY, date=date(year, 5, 17))
        publish(database, session, slug=str(year), year=year, title=f"Cycle {year}")
    page = read(client.get("/"))
    assert ribbon(page) == addresses(MARCH, APRIL)
    assert [
        address for address in page.links("/cycles/") if address.count("/") == 2
    ] == ["/cycles/2019", "/cycles/2020", "/cycles/2018"]  # fmt: skip


def test_the_real_programme_has_twelve_webinars(client: FlaskClient, real_site: Database) -> None:
    page = read(client.get("/cycles/2019"))
    assert ribbon(page) == addresses(*real_plan().sessions)
    assert [card.one("h3").text.replace("\xa0", " ") for card in page.all("article")] == [
        planned.title for planned in real_plan().sessions
    ]
    assert len(page.all("article")) == 12


NOWHERE = [
    "/cycles/1999",
    "/cycles/2019/no-such",
    "/cycles/1999/no-such",
    "/cycles/2019/no-such/join",
    "/cycles/2019/no-such.ics",
    "/cycles/1999/calendar.ics",
    "/themes/no-such",
    "/themes/no-such/calendar.ics",
    "/resources/no-such",
    "/no-such",
    "/cycles/%00",
    "/cycles/2019/%00",
    "/cycles/2019/%ff%fe",
    "/themes/%00",
    "/resources/%00",
    "/cycles/2019/" + "x" * 3000,
]


def test_what_is_not_there_is_404_with_the_programme(client: FlaskClient, site: Database) -> None:
    for prefix in ("", "/en"):
        for address in NOWHERE:
            answer = client.get(prefix + address)
            assert (answer.status_code, address) == (404, address)
            assert answer.headers["Cache-Control"] == "no-store"
            assert ribbon(read(answer)) == addresses(MARCH, APRIL, MAY, prefix=prefix)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_slash_too_many_leads_to_the_page(
    client: FlaskClient, site: Database, prefix: str
) -> None:
    for address in ("/cycles/2019", PAGE, "/replays", f"{PAGE}.ics", "/organise/sign-in"):
        for query in ("", "?t=3"):
            answer = client.get(f"{prefix}{address}/{query}")
            assert answer.status_code == 308
            assert answer.headers["Location"] == f"{prefix}{address}{query}"


def test_a_slash_is_taken_from_nothing_else(client: FlaskClient, site: Database) -> None:
    for address in ("/no-such/", "/en/en/", "/en//evil.example/"):
        assert (client.get(BASE_URL + address).status_code, address) == (404, address)
    assert client.post("/cycles/2019/").status_code == 404
    assert client.get("/").status_code == 200
    assert client.get("/organise/").headers["Location"].startswith("/organise/sign-in")


def test_a_draft_is_not_public(client: FlaskClient, site: Database) -> None:
    from_draft = plan_of(MARCH, slug="2020", year=2019, title="Secret")
    with site.write() as session:
        planning.save_draft(session, plan=from_draft, now=NOW)
    assert client.get("/cycles/2020").status_code == 404
    assert client.get(f"/cycles/2020/{MARCH.slug}").status_code == 404
    assert client.get("/cycles/2020/calendar.ics").status_code == 404
    assert "Secret" not in client.get("/").get_data(as_text=True)


# languages -----------------------------------------------------------------------------

PAGES = ["/", "/cycles/2019", PAGE, f"{PAGE}/join", "/replays", "/resources"]


def switches(page: Element) -> set[tuple[str, str]]:
    """The links to the other language."""
    return {
        (link.attrs["hreflang"], link.attrs["href"])
        for link in page.all("a")
        if "hreflang" in link.attrs
    }


def alternates(page: Element) -> list[tuple[str, str]]:
    """The languages that a page names for search engines."""
    links = page.all("link", rel="alternate")
    return [(x.attrs["hreflang"], x.attrs["href"]) for x in links if "hreflang" in x.attrs]


def test_every_page_has_its_twin_and_leads_there(client: FlaskClient, site: Database) -> None:
    for address in PAGES:
        french, english = BASE_URL + address, f"{BASE_URL}/en{address}"
        for asked, language, canonical, switch in (
            (address, "fr", french, ("en", f"/en{address}")),
            (f"/en{address}", "en", english, ("fr", address)),
        ):
            page = read(client.get(asked))
            assert page.one("html").attrs["lang"] == language
            assert page.one("link", rel="canonical").attrs["href"] == canonical
            assert alternates(page) == [("fr", french), ("en", english)]
            assert switches(page) == {switch}


def test_links_of_an_english_page_are_english(client: FlaskClient, site: Database) -> None:
    for address in PAGES:
        page = read(client.get(f"/en{address}"))
        elsewhere = [
            link
            for link in page.links("/")
            if not link.startswith(("/en/", "/static/")) and link != address
        ]
        assert elsewhere == []


def test_english_begins_at_en_only(client: FlaskClient, site: Database) -> None:
    assert read(client.get("/en")).one("html").attrs["lang"] == "en"
    assert client.get("/english").status_code == 404
    assert read(client.get("/english")).one("html").attrs["lang"] == "fr"
    assert client.get("/en/en/").status_code == 404


@pytest.mark.parametrize("address", ["/en//evil.example", "/en//evil.example/x?y"])
def test_the_switch_never_leads_to_another_site(
    client: FlaskClient, site: Database, address: str
) -> None:
    answer = client.get(f"{BASE_URL}{address}")
    assert answer.status_code == 404
    page = read(answer)
    assert [a for link in page.all("a", "link") if (a := link.attrs["href"]).startswith("//")] == []


# the three lives -----------------------------------------------------------------------


def shown(page: Element) -> tuple[bool, bool, bool]:
    """Whether one may register, join, watch."""
    registers = [f for f in page.all("form") if f.attrs["action"].startswith(f"{PAGE}/register")]
    return (
        bool(registers),
        page.links(f"{PAGE}/join") != [],
        page.links(VIDEO.url) != [] or page.all("video") != [],
    )


LIVES = [
    (NOW, True, False),
    (OPENS - SECOND, True, False),
    (OPENS, True, True),
    (START, True, True),
    (END - SECOND, True, True),
    (END, False, False),
]
"""The instant; whether one may register; whether the door is there."""


@pytest.mark.parametrize("replay", [False, True])
def test_the_permanent_page_has_three_lives(
    client: FlaskClient, site: Database, at: Callable[[datetime], None], replay: bool
) -> None:
    if replay:
        put_replay_online(site)
    for instant, registers, joins in LIVES:
        at(instant)
        assert shown(read(client.get(PAGE))) == (registers, joins, replay and instant >= END)


def test_after_the_end_the_replay_is_expected(client: FlaskClient, app: Flask, site, at) -> None:
    at(END)
    assert words(app, "The replay is expected") in read(client.get(PAGE)).text
    put_replay_online(site)
    page = read(client.get(PAGE))
    assert words(app, "The replay is expected") not in page.text
    assert page.links("?t=") == ["?t=0#player", "?t=30#player"]


def test_a_cancelled_webinar_says_so_and_offers_nothing(
    client: FlaskClient, app: Flask, site: Database, at
) -> None:
    publish(site, APRIL, MAY)
    for instant in (NOW, OPENS, END):
        at(instant)
        page = read(client.get(PAGE))
        assert words(app, "This webinar is cancelled") in page.text
        assert shown(page) == (False, False, False)
        assert page.one("h1").text == MARCH.title


def hero_button(page: Element) -> str:
    """What the first link to the form says."""
    return page.one("a", class_="button", href="#register").text


def test_a_full_webinar_offers_the_waiting_list(
    client: FlaskClient, app: Flask, database: Database, now
) -> None:
    publish(database, MARCH, capacity=1)
    page = read(client.get(PAGE))
    assert page.by_id("register-title").text == words(app, "Register")
    assert hero_button(page) == words(app, "Register")
    with database.write() as session:
        register(session, ALICE)
    page = read(client.get(PAGE))
    assert page.by_id("register-title").text == words(app, "Join the waiting list")
    assert hero_button(page) == words(app, "Join the waiting list")
    assert shown(page)[0]


def years_seen(page: Element) -> set[bool]:
    """Whether the dates of cards show their years to the eye."""
    years = [
        span
        for date in page.all("time")
        if date.attrs.get("class") == "date-block"
        for span in date.one("span", class_="date-block__month").all("span")
    ]
    assert {year.text for year in years} == {"2019"}
    return {"class" not in year.attrs for year in years}


def test_the_year_is_seen_where_years_mix(
    client: FlaskClient, services: Services, real_site: Database
) -> None:
    with real_site.write() as session:
        register(session, ALICE)
    page_token, _ = tokens(real_site, services.links)
    theme = f"/themes/{MARCH.theme}"
    resource = next(
        address
        for address in read(client.get(theme)).links("/resources/")
        if "date-block" in client.get(address).get_data(as_text=True)
    )
    for address in (theme, resource, f"/me/{page_token}"):
        assert (years_seen(read(client.get(address))), address) == ({True}, address)
    assert years_seen(read(client.get("/cycles/2019"))) == {False}


@pytest.mark.parametrize(("title", "named"), [("Rencontres", True), ("Cycle 2019", False)])
def test_a_programme_names_its_year_once(
    client: FlaskClient, database: Database, now, title: str, named: bool
) -> None:
    publish(database, MARCH, APRIL, title=title)
    page = read(client.get("/cycles/2019"))
    head = page.one("div", class_="page-head")
    in_year = "2 webinaires en 2019" if named else "2 webinaires"
    assert head.one("p").text.startswith(f"{in_year}, ")
    assert head.text.count("2019") == 1


def step_columns(app: Flask, *kit: StepGroup, language: str = "fr") -> Element:
    """The kit as a page shows it."""
    with app.test_request_context(), force_locale(language):
        macros = app.jinja_env.get_template("components/library.html")
        context: dict[str, Any] = {}
        app.update_template_context(context)
        return read(Response(str(vars(macros.make_module(context))["step_columns"](kit))))


def one_resource(step: Step | None) -> StepGroup:
    listed = ResourceView(
        slug="carte", title="Carte", kind="map", publishers=(), audience=(), year=2018,
        edition=None, url=None, step=step, entry_point=None, section=None,
        forthcoming=False, themes=(),
    )  # fmt: skip
    return StepGroup(step, (EntryPointGroup(None, (listed,)),))


def test_where_nothing_has_a_step_no_empty_ones_are_shown(app: Flask, site: Database) -> None:
    empty = [StepGroup(step, ()) for step in Step]
    page = step_columns(app, *empty, one_resource(None))
    (section,) = page.all("section")
    assert section.one("a").text == "Carte"
    assert section.all("h3") == []
    assert len(step_columns(app, *empty).all("section")) == 3


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_step_without_resources_takes_one_light_line(
    app: Flask, site: Database, language: str
) -> None:
    page = step_columns(
        app,
        StepGroup(Step.UNDERSTAND, ()),
        StepGroup(Step.ADOPT, ()),
        one_resource(Step.ACT),
        language=language,
    )
    steps = page.all("section")
    nothing = words(app, "Nothing here yet.", language)
    assert [step.attrs.get("class") for step in steps] == [None, None, "step"]
    assert [step.one("h3").text for step in steps] == [
        words(app, name, language) for name in ("Understand", "Adopt", "Act")
    ]
    assert [nothing in step.text for step in steps] == [True, True, False]


def test_the_discovery_meetings_say_why(client: FlaskClient, database: Database, now) -> None:
    with database.write() as session:
        seed(session, house=HOUSE, now=now)
    meetings = ribbon(read(client.get(f"/cycles/{discovery(NOW.date())}")))
    assert [
        read(client.get(address)).one("p", class_="hero__why").text for address in meetings
    ] == [WHY_TODAY, WHY_TOMORROW]


def test_the_room_stands_on_no_public_page(client: FlaskClient, site: Database, at) -> None:
    addresses = [f"{prefix}{page}" for prefix in ("", "/en") for page in PAGES]
    addresses += ["/calendar.ics", "/cycles/2019/calendar.ics", f"{PAGE}.ics"]
    addresses += ["/replays.atom", "/announcements.atom", f"{PAGE}/embed", "/cycles/2019/embed"]
    for instant in (NOW, OPENS, START, END):
        at(instant)
        for address in addresses:
            assert b"salle.example.org" not in client.get(address).data, (address, instant)


# what visitors are not given -----------------------------------------------------------


COOKIELESS = [
    *PAGES,
    "/en/",
    "/no-such",
    "/robots.txt",
    "/favicon.ico",
    "/calendar.ics",
    "/cycles/2019/calendar.ics",
    f"{PAGE}.ics",
    "/replays.atom",
    "/announcements.atom",
    "/sitemap.xml",
    "/picture.png",
    f"{PAGE}.png",
    f"{PAGE}/embed",
    f"/oembed?url=https://webinaires.example.org{PAGE}",
    "/healthz",
    "/readyz",
    "/static/css/base.css",
]


def test_public_pages_set_no_cookie_and_read_none(client: FlaskClient, site: Database) -> None:
    stranger = client.application.test_client()
    stranger.set_cookie("webinars_desk", "anything")
    stranger.set_cookie("session", "anything")
    for address in COOKIELESS:
        with (
            client.get(address) as plain,
            stranger.get(address, headers={"Accept-Language": "de"}) as answer,
        ):
            for one in (plain, answer):
                assert "Set-Cookie" not in one.headers, address
                assert set(one.headers.getlist("Vary")) <= {"Accept-Encoding"}, address
            if address not in (f"{PAGE}/join", "/no-such"):  # the number of the request
                assert answer.data == plain.data


# queries -------------------------------------------------------------------------------


def many(number: int) -> tuple[PlannedSession, ...]:
    return tuple(
        PlannedSession(
            slug=f"webinar-{index}",
            date=date(2019, 3, 21) + timedelta(days=index),
            title=f"Webinar {index}",
            theme="apprendre-a-faire-alliances",
        )
        for index in range(number)
    )


COLD = {
    "/": 4,
    "/cycles/2019": 5,
    "/cycles/2019/webinar-0": 15,
    "/themes/apprendre-a-faire-alliances": 10,
    "/resources": 14,
    "/replays": 4,
}
"""The version of the site; once more with what a page is made of, as they stood together."""


@pytest.mark.parametrize("number", [3, 30])
@pytest.mark.parametrize("address", sorted(COLD))
def test_a_page_takes_a_fixed_number_of_queries(
    client: FlaskClient, database: Database, now, address: str, number: int
) -> None:
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        published(session, plan_of(*many(number)))
    with counted_queries(database) as cold:
        assert client.get(address).status_code == 200
    assert len(cold) == COLD[address]
    with counted_queries(database) as warm:
        assert client.get(address).status_code == 200
    assert len(warm) == 1


# memory --------------------------------------------------------------------------------


def test_a_publication_is_seen_at_once_by_every_process(make_app, site: Database) -> None:
    first, second = make_app().test_client(), make_app().test_client()
    for client in (first, second):
        assert ribbon(read(client.get("/"))) == addresses(MARCH, APRIL, MAY)
    moved = replace(APRIL, title="Un autre titre", date=date(2019, 3, 14))
    publish(site, MARCH, moved, MAY)
    for client in (first, second):
        for address in ("/", "/cycles/2019"):
            page = read(client.get(address))
            assert ribbon(page) == addresses(moved, MARCH, MAY)
            assert "Un autre titre" in page.text
        assert read(client.get(f"/cycles/2019/{APRIL.slug}")).one("h1").text == "Un autre titre"


@pytest.mark.parametrize("address", ["/", "/cycles/2019", PAGE])
def test_a_kept_page_changes_its_life_with_the_clock(
    client: FlaskClient, app: Flask, site: Database, at, address: str
) -> None:
    live = words(app, "Live now")
    seen = []
    for instant in (NOW, OPENS - SECOND, OPENS, END - SECOND, END):
        at(instant)
        seen.append(live in read(client.get(address)).text)
    assert seen == [False, False, True, True, False]


def kept(app: Flask) -> int:
    """How many pages are in memory."""
    return len(app.extensions["webinars.pages"]._pages)


@pytest.mark.parametrize("address", ["/", "/cycles/2019", "/replays", "/resources", "/en/"])
def test_query_strings_change_nothing_and_are_not_kept(
    client: FlaskClient, app: Flask, site: Database, address: str
) -> None:
    first = client.get(f"{address}?utm=one&t=3")
    assert b"utm" not in first.data
    for query in ("", "?utm=two", "?x=%3Cscript%3E", "?%ff", "?a=%00"):
        assert client.get(address + query).data == first.data
    assert kept(app) == 1


def test_the_second_of_a_replay_is_not_kept_for_others(
    client: FlaskClient, site: Database, at
) -> None:
    here = replace(VIDEO, url="demo:demonstration.webm")
    with site.write() as session:
        replays.put_online(session, cycle_slug="2019", webinar_slug=MARCH.slug, video=here, now=END)
    at(END)

    def source(query: str) -> str:
        return read(client.get(PAGE + query)).one("video").attrs["src"].partition("#")[2]

    assert [source(q) for q in ("?t=30", "", "?t=12", "?t=-1", "?t=x")] == [
        "t=30",
        "",
        "t=12",
        "",
        "",
    ]


def test_choices_that_find_nothing_do_not_fill_the_memory(
    client: FlaskClient, app: Flask, real_site: Database
) -> None:
    for number in range(20):
        assert client.get(f"/resources?theme=nothing-{number}").status_code == 200
    assert kept(app) <= 1
    client.get("/resources?step=understand")
    client.get("/resources?step=understand&utm=1")
    assert kept(app) <= 2


def test_memory_is_bounded_and_drops_the_least_used(
    client: FlaskClient, app: Flask, site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webinars.web.page_cache.MOST_PAGES", 2)
    client.get("/")
    client.get("/replays")
    client.get("/")  # used again: it stays
    client.get("/resources")
    pages = app.extensions["webinars.pages"]._pages
    assert {key[1] for key in pages} == {"/", "/resources"}


def test_large_pages_are_dropped_by_their_bytes(
    client: FlaskClient, app: Flask, site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(client.get("/").data)
    monkeypatch.setattr("webinars.web.page_cache.MOST_BYTES", size - 1)
    client.get("/replays")
    pages = app.extensions["webinars.pages"]
    assert {key[1] for key in pages._pages} == {"/replays"}  # alone it may be too large
    client.get("/resources")
    client.get("/resources")
    assert pages._bytes == sum(len(one.body) for one in pages._pages.values())


@pytest.mark.parametrize("address", ["/", "/cycles/2019", "/replays", "/resources"])
def test_a_page_that_has_not_changed_is_304(
    client: FlaskClient, site: Database, address: str
) -> None:
    first = client.get(address)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    head = client.head(address)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
    publish(site, MARCH, APRIL, replace(MAY, title="Autre"))
    changed = client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == (200 if address in ("/", "/cycles/2019") else 304)
