"""Did the move reach Google? Two processes answer programs, and the organiser asks."""

import json

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation, until
from tests.support import DATA, written

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
FEED = "/cycles/2019/calendar.ics"
GOOGLE = "Google-Calendar-Importer"
APPLE = "macOS/13.4 (22F66) dataaccessd/1.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17126; Pro)"
NOTED_SECONDS = 60


def fetches(place: Installation, *names: str) -> None:
    """Several times, so that each of the two processes is asked."""
    for name in names:
        for _ in range(8):
            assert place.get(FEED, {"User-Agent": name}).status == 200


def seen(place: Installation) -> dict[str, str]:
    """What the command line says of the cycle's feed, by family."""
    lines = place.run("calendars", "seen", "--json").splitlines()
    rows = [json.loads(line) for line in lines if line.startswith("{")]
    return {row["family"]: row["reach"] for row in rows if row["feed"] == "cycle:2019"}


def becomes(place: Installation, wanted: dict[str, str]) -> None:
    until(lambda: seen(place) == wanted, within=NOTED_SECONDS, what=f"{wanted} is noted")


def has_and_lacks(who: Visitor) -> list[str]:
    return who.page.locator("main .seen-reach dd").all_inner_texts()


def move_april(place: Installation) -> None:
    text = (DATA / "cycle-2019.toml").read_text("utf-8")
    text = text.replace("date = 2019-04-18\n", "date = 2019-04-25\n")
    place.sets_up(
        ("cycle", "import", written(place.folder, "moved.toml", text)),
        ("cycle", "publish", "2019"),
    )


@pytest.fixture
def served(place: Installation) -> Installation:
    """The 2019 cycle, published and served by two processes."""
    place.sets_up(
        ("cycle", "import", DATA / "cycle-2019.toml"),
        ("cycle", "publish", "2019"),
        ("organiser", "create", EMAIL, "--password", PASSWORD),
    )
    place.serve()
    return place


def to_the_calendars_by_keyboard(who: Visitor) -> None:
    who.page.locator("nav.nav a[href='/organise/calendars']").focus()
    with who.page.expect_navigation():
        who.page.keyboard.press("Enter")


def looks_before_and_after_google(browser: Browser, place: Installation) -> None:
    """The organiser looks, Google comes, and the organiser looks again."""
    apple, google = "Calendrier d’Apple (Mac, iPhone, iPad)", "Google Agenda"
    outlook = "Outlook et Microsoft 365"
    with visitor(browser, place.base_url) as who:
        who.signs_in(EMAIL, PASSWORD)
        to_the_calendars_by_keyboard(who)
        who.looks(dark=True)
        assert has_and_lacks(who) == [f"{apple}, {outlook}", google]
        assert "déplacé du jeudi 18 avril au jeudi 25 avril" in who.page.inner_text("main")
        fetches(place, GOOGLE)
        becomes(place, {"google": "has_it", "apple": "has_it", "microsoft": "has_it"})
        who.follows("h2 a[href$='/cycles/2019/calendars']")
        assert has_and_lacks(who) == [f"{google}, {apple}, {outlook}", "aucun programme"]
        who.looks(dark=True)
        who.follows("a[href*='/calendars/check']")
        assert "Aucun agenda n’a d’avertissement" in who.page.inner_text("main")
        who.looks(dark=True)


def test_who_has_seen_the_move(browser: Browser, served: Installation) -> None:
    fetches(served, GOOGLE, APPLE, OUTLOOK)
    becomes(served, {"google": "has_it", "apple": "has_it", "microsoft": "has_it"})
    move_april(served)
    becomes(served, {"google": "not_yet", "apple": "not_yet", "microsoft": "not_yet"})
    fetches(served, APPLE, OUTLOOK)
    becomes(served, {"google": "not_yet", "apple": "has_it", "microsoft": "has_it"})
    looks_before_and_after_google(browser, served)
    assert "dataaccessd" not in "".join(one.output() for one in served.processes)
