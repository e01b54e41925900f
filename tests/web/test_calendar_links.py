"""The menu that puts one webinar into a calendar: its addresses, and the pages that offer it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel, force_locale
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ALICE, APRIL, BASE_URL, BOB, MARCH, MAY, plan_of, published, register
from tests.web.support import (
    END,
    OPENS,
    PAGE,
    SECOND,
    Element,
    door_token,
    post_registration,
    read,
    tokens,
    words,
)
from webinars.clock import to_local
from webinars.db import Database
from webinars.domain.programme import Life, WebinarView
from webinars.services import Services
from webinars.web import calendar_links
from webinars.web.calendar_links import Entry, entry, shortened

HOSTS = ["calendar.google.com", "outlook.live.com", "outlook.office.com", "calendar.yahoo.com"]
ODD = 'Qualifier & "mesurer" <l’impact> : 100 % + #1 ; a=b? é\u0301 🧑🏽‍🌾\u2028« fin »'
SUMMER = Entry(
    title="Faire alliances, ici & là",
    starts_at=datetime(2019, 4, 18, 11, 0, tzinfo=UTC),
    ends_at=datetime(2019, 4, 18, 12, 30, tzinfo=UTC),
    details="Revoir :\n\n100 %",
    page=f"{BASE_URL}/cycles/2019/avril",
)
TITLE = "Faire%20alliances%2C%20ici%20%26%20l%C3%A0"
DETAILS = "Revoir%20%3A%0A%0A100%20%25"
PLACE = "https%3A%2F%2Fwebinaires.example.org%2Fcycles%2F2019%2Favril"
SPEAKS_ENGLISH = Flask("english")
Babel(SPEAKS_ENGLISH)
ADDRESSES = [calendar_links.google, calendar_links.outlook_com]
ADDRESSES += [calendar_links.microsoft_365, calendar_links.yahoo]


def view(**changes: object) -> WebinarView:
    """A webinar to come at 13 h in Paris, in summer."""
    values: dict[str, object] = {
        "cycle_slug": "2019",
        "cycle_title": "Cycle 2019",
        "slug": "avril",
        "title": "Faire alliances",
        "theme": None,
        "starts_at": SUMMER.starts_at,
        "ends_at": SUMMER.ends_at,
        "zone": "Europe/Paris",
        "position": 4,
        "cancelled": False,
        "life": Life.BEFORE,
        "begun": False,
        "is_next": True,
        "exception_of": None,
        "reason": None,
        "has_replay": False,
        "speakers": (),
        "why": None,
    }
    return WebinarView(**(values | changes))  # type: ignore[arg-type]


def test_google():
    assert calendar_links.google(SUMMER) == (
        f"https://calendar.google.com/calendar/render?action=TEMPLATE&text={TITLE}"
        "&dates=20190418T110000Z%2F20190418T123000Z"
        f"&details={DETAILS}&location={PLACE}"
    )


def test_outlook_com():
    assert calendar_links.outlook_com(SUMMER) == (
        "https://outlook.live.com/calendar/0/deeplink/compose"
        "?path=%2Fcalendar%2Faction%2Fcompose&rru=addevent"
        "&startdt=2019-04-18T11%3A00%3A00Z&enddt=2019-04-18T12%3A30%3A00Z"
        f"&subject={TITLE}&body={DETAILS}&location={PLACE}"
    )


def test_microsoft_365():
    assert calendar_links.microsoft_365(SUMMER) == (
        "https://outlook.office.com/calendar/action/compose?rru=addevent"
        "&startdt=2019-04-18T11%3A00%3A00Z&enddt=2019-04-18T12%3A30%3A00Z"
        f"&subject={TITLE}&body={DETAILS}&location={PLACE}"
    )


def test_yahoo():
    assert calendar_links.yahoo(SUMMER) == (
        f"https://calendar.yahoo.com/?v=60&title={TITLE}"
        "&st=20190418T110000Z&et=20190418T123000Z"
        f"&desc={DETAILS}&in_loc={PLACE}"
    )


def test_subscribing_at_google():
    assert calendar_links.subscribe_at_google("webcal://w.example.org:8000/en/a.ics") == (
        "https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Fw.example.org%3A8000%2Fen%2Fa.ics"
    )


def test_both_sides_of_summer_time_are_utc(app: Flask, database: Database, client, now):
    """13 h in Paris is 12 h UTC in March and 11 h in April."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
    seen = []
    for slug in (MARCH.slug, APRIL.slug):
        page = read(client.get(f"/cycles/2019/{slug}"))
        addresses = hrefs(menu(page))
        google, yahoo = (parse_qs(urlsplit(addresses[at]).query) for at in (0, 4))
        outlook, office = (parse_qs(urlsplit(addresses[at]).query) for at in (2, 3))
        seen.append((google["dates"], yahoo["st"], outlook["startdt"], office["enddt"]))
    assert seen == [
        (
            ["20190321T120000Z/20190321T133000Z"],
            ["20190321T120000Z"],
            ["2019-03-21T12:00:00Z"],
            ["2019-03-21T13:30:00Z"],
        ),
        (
            ["20190418T110000Z/20190418T123000Z"],
            ["20190418T110000Z"],
            ["2019-04-18T11:00:00Z"],
            ["2019-04-18T12:30:00Z"],
        ),
    ]


def test_another_zone_of_the_same_instant_says_the_same():
    elsewhere = replace(SUMMER, starts_at=to_local(SUMMER.starts_at, "Asia/Kathmandu"))
    assert [make(elsewhere) for make in ADDRESSES] == [make(SUMMER) for make in ADDRESSES]


@given(title=st.text(min_size=1, max_size=400), why=st.text(max_size=3000))
def test_any_text_arrives_and_no_address_is_too_long(title: str, why: str):
    with SPEAKS_ENGLISH.app_context():
        one = entry(view(title=title, why=why), page=SUMMER.page)
    for make, name, words_name in zip(
        ADDRESSES,
        ("text", "subject", "subject", "title"),
        ("details", "body", "body", "desc"),
        strict=True,
    ):
        address = make(one)
        assert len(address) <= 2000
        assert address.isascii()
        assert not set(address) & set(" +#<>\"'\r\n\t")
        sent = parse_qs(urlsplit(address).query, keep_blank_values=True, strict_parsing=True)
        assert sent[name] == [one.title]
        assert sent[words_name] == [one.details]
        assert SUMMER.page in one.details


@pytest.mark.parametrize(
    ("text", "octets", "expected"),
    [
        ("", 9, ""),
        ("un deux trois", 17, "un deux trois"),  # each space counts three
        ("un deux trois", 16, "un…"),
        ("un deux trois", 18, "un deux trois"),
        ("été été", 22, "été…"),  # an accent counts six
        ("anticonstitutionnellement", 20, "anticonstit…"),
        ("🎉🎉", 23, "🎉…"),
        ("un\n\ndeux trois", 20, "un\n\ndeux trois"),
        ("un\n\ndeux trois quatre", 28, "un\n\ndeux…"),
    ],
)
def test_what_is_long_is_cut_between_words(text: str, octets: int, expected: str):
    assert shortened(text, octets) == expected


@pytest.mark.parametrize(
    ("why", "language", "details"),
    [
        (None, "fr", f"S’inscrire, rejoindre, puis revoir : {SUMMER.page}"),
        (
            "Une ligne.\nUne autre.",
            "en",
            f"Register, join, then watch again: {SUMMER.page}\n\nUne ligne.\nUne autre.",
        ),
    ],
)
def test_details_begin_with_the_permanent_page(app: Flask, why, language: str, details: str):
    with app.test_request_context(), force_locale(language):
        found = entry(view(title=ODD, why=why), page=SUMMER.page)
    assert found.details.replace("\u00a0", " ") == details
    assert found.title == ODD


def menus(page: Element) -> list[Element]:
    return page.all("details", class_="menu menu--calendar")


def menu(page: Element) -> Element:
    (found,) = menus(page)
    return found


def hrefs(found: Element) -> list[str]:
    """The ways of a menu, without the note beneath."""
    return [link.attrs["href"] for link in found.one("ul").all("a")]


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_the_permanent_page_offers_six_ways(
    client: FlaskClient, app: Flask, site: Database, prefix: str, language: str
):
    found = menu(read(client.get(prefix + PAGE)))

    assert found.one("summary").text == words(app, "Add to my calendar", language)
    assert "open" not in found.attrs
    addresses = hrefs(found)
    file = f"{prefix}{PAGE}.ics"
    assert [urlsplit(one).hostname or one for one in addresses] == [
        HOSTS[0], file, HOSTS[1], HOSTS[2], HOSTS[3], file,
    ]  # fmt: skip
    assert [link.text for link in found.one("ul").all("a")] == [
        f"{words(app, 'Google Calendar', language)} {HOSTS[0]}",
        words(app, "Apple Calendar", language),
        f"Outlook.com {HOSTS[1]}",
        f"Microsoft 365 {HOSTS[2]}",
        f"{words(app, 'Yahoo Calendar', language)} {HOSTS[3]}",
        words(app, "File (.ics) for any other", language),
    ]
    assert client.get(file).status_code == 200
    sent = parse_qs(urlsplit(addresses[0]).query)
    assert sent["text"] == [MARCH.title]
    assert sent["location"] == [f"{BASE_URL}{prefix}{PAGE}"]
    assert sent["details"][0].endswith(f" {BASE_URL}{prefix}{PAGE}")


def test_who_leads_elsewhere_says_nothing_of_where_one_was(client: FlaskClient, site: Database):
    links = menu(read(client.get(PAGE))).one("ul").all("a")
    assert [link.attrs.get("rel") for link in links] == [
        "noreferrer", None, "noreferrer", "noreferrer", "noreferrer", None,
    ]  # fmt: skip
    assert ["download" in link.attrs for link in links] == [False] * 5 + [True]


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_it_says_that_the_entry_stands_still(
    client: FlaskClient, app: Flask, site: Database, prefix: str, language: str
):
    note = menu(read(client.get(prefix + PAGE))).one("p")
    assert note.text.startswith(
        words(app, "One entry, as the webinar stands today: it does not move by itself.", language)
    )
    assert note.links("/") == [f"{prefix}/cycles/2019#subscribe"]
    assert read(client.get(f"{prefix}/cycles/2019")).by_id("subscribe")


@pytest.mark.parametrize(
    ("instant", "offered"),
    [(OPENS - SECOND, 1), (OPENS, 0), (END - SECOND, 0), (END, 0), (END + timedelta(days=9), 0)],
)
def test_nothing_once_the_door_is_open(client, site: Database, at, instant: datetime, offered: int):
    at(instant)
    answer = client.get(PAGE)
    assert len(menus(read(answer))) == offered
    assert answer.text.count("js/menus.js") == offered


def test_nothing_of_a_cancelled_webinar(client: FlaskClient, database: Database, now):
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
    with database.write() as session:
        published(session, plan_of(APRIL))
    page = read(client.get(PAGE))
    assert page.all("header", class_="hero hero--cancelled")
    assert menus(page) == []
    assert len(menus(read(client.get(f"/cycles/2019/{APRIL.slug}")))) == 1


def test_after_registering(client: FlaskClient, app: Flask, site: Database):
    before = hrefs(menu(read(client.get(PAGE))))
    page = read(post_registration(client))
    assert words(app, "You are registered") in page.by_id("register").text
    assert hrefs(menu(page.by_id("register"))) == before


def test_at_the_door(client: FlaskClient, alice: Database, services: Services):
    token = door_token(services.database, services.links)
    for address in (f"{PAGE}/join", f"{PAGE}/join?t={token}"):
        page = read(client.get(address))
        assert hrefs(menu(page)) == hrefs(menu(read(client.get(PAGE))))
        assert token not in str([link.attrs for link in menu(page).all("a")])


def test_on_ones_own_page_for_each_place_to_come(
    client: FlaskClient, database: Database, services: Services, app: Flask, now, at
):
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, ALICE)
        register(session, BOB, webinar=APRIL.slug)
        register(session, ALICE, webinar=APRIL.slug)  # waits in line
        register(session, ALICE, webinar=MAY.slug)
    token, _ = tokens(services.database, services.links)

    page = read(client.get(f"/me/{token}"))

    said = words(app, "Add to my calendar")
    assert [one.one("summary").text for one in menus(page)] == [
        f"{said} {MARCH.title}",
        f"{said} {MAY.title}",
    ]
    for one in menus(page):
        assert token not in str(hrefs(one))

    at(END)
    assert [one.one("summary").text for one in menus(read(client.get(f"/me/{token}")))] == [
        f"{said} {MAY.title}"
    ]
