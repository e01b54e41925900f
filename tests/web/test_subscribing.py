"""What stands where a feed is offered: three ways, and how late each of them refreshes."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import HOST, load_library
from tests.web.support import Element, read, tokens, words
from webinars.db import Database
from webinars.services import Services

LATE = "No calendar refreshes at once. Of a late change a mail tells those who are registered."
APPLE = (
    "Added at once. You choose there how often it refreshes. On Android, an app such as ICSx⁵ "
    "does the same."
)
GOOGLE = (
    "Leads to Google, which refreshes every 8 to 24 hours; nobody can make it faster. Subscribe "
    "from a computer: your Android telephone then shows it too."
)
OTHERS = (
    "Paste this address where your calendar says “Subscribe from the web” or “New subscription”. "
    "Outlook refreshes after some hours, Nextcloud every hour."
)
YOURS = (
    "This address is yours alone: whoever has it sees your registrations and enters the rooms in "
    "your name."
)
TOLD = "Google then has this secret address and sees your registrations."


@pytest.fixture
def pages(alice: Database, services: Services) -> dict[str, str]:
    """The feed of each page that offers one, by the page's address."""
    with alice.write() as session:
        load_library(session, "themes.toml")
    page, calendar = tokens(services.database, services.links)
    return {
        "/": "/calendar.ics",
        "/cycles/2019": "/cycles/2019/calendar.ics",
        "/themes/definir-sa-strategie": "/themes/definir-sa-strategie/calendar.ics",
        f"/me/{page}": f"/me/{calendar}/calendar.ics",
    }


def block(client: FlaskClient, address: str) -> Element:
    return read(client.get(address)).by_id("subscribe")


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_three_ways_of_each_feed(client: FlaskClient, pages, prefix: str):
    for address, feed in pages.items():
        found = block(client, prefix + address)
        apple, google = found.one("ul").all("a")
        path = prefix + feed
        assert apple.attrs["href"] == f"webcal://{HOST}{path}"
        encoded = path.replace("/", "%2F")
        assert google.attrs == {
            "class": "link",
            "href": f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2F{HOST}{encoded}",
            "rel": "noreferrer",
        }
        assert found.by_id("subscribe-address").attrs["value"] == f"https://{HOST}{path}"
        assert client.get(path).mimetype == "text/calendar"


@pytest.mark.parametrize(("prefix", "word"), [("", "Calendrier\xa0: "), ("/en", "Calendar: ")])
def test_programs_find_the_feed_of_a_page(
    client: FlaskClient, app: Flask, pages, prefix: str, word: str
):
    names = {
        "/": app.extensions["webinars"].settings.site_name,
        "/cycles/2019": "Cycle 2019",
        "/themes/definir-sa-strategie": "Définir sa stratégie",
    }
    for address, name in names.items():
        (link,) = read(client.get(prefix + address)).all("link", type="text/calendar")
        assert link.attrs == {
            "rel": "alternate",
            "type": "text/calendar",
            "title": word + name,
            "href": f"https://{HOST}{prefix}{pages[address]}",
        }


def test_pages_without_a_feed_of_their_own_name_none(client: FlaskClient, pages):
    personal = next(address for address in pages if address.startswith("/me/"))
    for address in ("/replays", "/resources", "/your-data", personal):
        answer = client.get(address)
        assert answer.status_code == 200
        assert read(answer).all("link", type="text/calendar") == []


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_they_say_how_late_each_refreshes(
    client: FlaskClient, app: Flask, pages, prefix: str, language: str
):
    for address in pages:
        found = block(client, prefix + address)
        said = [line.all("p")[0].text for line in found.one("ul").all("li")]
        personal = address.startswith("/me/")
        google = words(app, GOOGLE, language)
        if personal:
            google = f"{google} {words(app, TOLD, language)}"
        assert said == [words(app, APPLE, language), google, words(app, OTHERS, language)]
        note = words(app, YOURS if personal else LATE, language)
        assert note in [line.text for line in found.all("p")]


def test_google_takes_them_from_any_usual_host(pages):
    """Longer addresses than 256 characters it drops when one presses "Add", without a word."""
    host_and_prefix = 140
    longest = max(len(f"webcal:///en{feed}") for feed in pages.values())
    assert longest + host_and_prefix <= 256
