"""The whole path of a visitor through the demonstration, with a real browser and real mail."""

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import NARROW, Visitor, visitor
from tests.e2e.support import MAIL_SECONDS, Installation
from webinars import clock

pytestmark = pytest.mark.browser

PAST = "/cycles/2019/apprendre-a-faire-alliances"
MOST_BYTES = 100_000
"""Over the line, packed as a browser asks for it."""
MOST_TABS = 80
FORM = 'form[action*="/register"]'


@pytest.fixture(scope="module")
def coming(demonstration: Installation) -> str:
    """The next webinar of a running cycle: the first on the front page, or in next year's."""
    year = clock.now().year
    for path in ("/", f"/cycles/{year}", f"/cycles/{year + 1}"):
        for found in re.findall(r'href="(/cycles/\d{4}/[a-z0-9-]+)"', demonstration.get(path).text):
            page = demonstration.get(found)
            if "csrf_token" in page.text:
                return str(found)
    raise AssertionError("no webinar can be registered for")


def language(page: Page) -> str | None:
    return page.locator("html").get_attribute("lang")


def words(page: Page) -> set[str]:
    """Of headings, fields and buttons, and of the way through the site."""
    found = page.locator("main h2, label, main button, header nav a, footer a").all_text_contents()
    return {text.strip() for text in found if len(text.strip()) > 3}


def mail_to(who: Visitor, address: str) -> None:
    """Wait for the mail in the demonstration's mailbox and open it."""
    end = time.monotonic() + MAIL_SECONDS
    while True:
        who.goes_to("/demo/mailbox")
        mail = who.page.locator('a[href^="/demo/mailbox/"]').filter(has_text=address)
        if mail.count():
            break
        assert time.monotonic() < end, f"no mail to {address} after {MAIL_SECONDS} s"
        time.sleep(0.5)
    assert mail.count() == 1
    with who.page.expect_navigation():
        mail.click()


def personal_link(page: Page) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/me/[\w.~-]+", page.locator("main").inner_html())
    assert found, "the mail has no personal link"
    return found[0]


def sends(page: Page) -> int:
    """Send the registration form; the status of the answer."""
    with page.expect_navigation() as sent:
        page.locator(f"{FORM} button[type=submit]").click()
    response = sent.value
    assert response is not None
    return response.status


def wrong_fields(page: Page) -> dict[str, str]:
    """The fields that are marked as wrong, with the words that stand at each."""
    found = {}
    for entry in page.locator(f'{FORM} [aria-invalid="true"]').all():
        described = (entry.get_attribute("aria-describedby") or "").split()
        error = page.locator(f"#{described[-1]}")
        assert error.is_visible()
        found[entry.get_attribute("name") or ""] = error.inner_text().strip()
    return found


def test_the_whole_path(someone: Visitor, demonstration: Installation, coming: str):
    page = someone.goes_to("/")
    assert language(page) == "fr"
    someone.looks(dark=True)

    someone.follows('a[href="/cycles/2019"]')
    programme = page.locator(f'main article a[href^="{PAST.rpartition("/")[0]}/"]')
    addresses = {link.get_attribute("href") for link in programme.all()}
    assert len({address for address in addresses if address and "." not in address}) == 12
    someone.looks(dark=True)

    someone.follows(f'a[href="{PAST}"]')
    assert page.locator("h1").inner_text() == "Apprendre à faire alliances"
    watch(someone)
    someone.looks(dark=True)

    someone.follows('a[href^="/resources/"]')
    someone.looks()
    page.go_back()
    someone.follows('a[href^="/themes/"]')
    someone.looks()

    someone.goes_to(coming)
    someone.looks(dark=True)
    register(someone, "chloe.durand@example.org")
    mail_to(someone, "chloe.durand@example.org")
    someone.looks()
    link = personal_link(page)
    assert link.startswith(f"{demonstration.base_url}/me/")
    on_my_page(someone, link.removeprefix(demonstration.base_url), coming)


def watch(who: Visitor) -> None:
    """The replay plays, and a chapter is a place in it."""
    page = who.page
    video = page.locator("video")
    video.evaluate("async video => { video.muted = true; await video.play(); }")
    who.until("document.querySelector('video').currentTime > 0.4")
    chapter = page.locator("[data-seconds]").nth(2)
    seconds = int(chapter.get_attribute("data-seconds") or 0)
    assert seconds > 10
    chapter.click()
    now = "document.querySelector('video').currentTime"
    who.until(f"{now} >= {seconds} && {now} < {seconds + 5}")
    assert page.url.endswith(f"?t={seconds}")
    video.evaluate("video => video.pause()")


def register(who: Visitor, address: str) -> None:
    """Wrongly, wrongly again, then rightly."""
    page = who.page

    assert sends(page) == 422
    assert set(wrong_fields(page)) == {"email", "full_name"}
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    summary = page.locator("[role=alert] a")
    summary.first.click()
    assert page.evaluate("document.activeElement.name") == "full_name"
    who.looks(dark=True)

    page.locator(f"{FORM} [name=full_name]").fill("Chloé Durand")
    page.locator(f"{FORM} [name=email]").fill("chloe.durand@")
    assert sends(page) == 422
    assert set(wrong_fields(page)) == {"email"}
    assert "@example.org" in wrong_fields(page)["email"]
    assert page.locator(f"{FORM} [name=full_name]").input_value() == "Chloé Durand"
    assert page.locator(f"{FORM} [name=email]").input_value() == "chloe.durand@"

    page.locator(f"{FORM} [name=email]").fill(address)
    assert sends(page) == 200
    assert address in page.locator("[role=status]").inner_text()
    assert page.locator(FORM).count() == 0
    who.looks(dark=True)


def on_my_page(who: Visitor, path: str, coming: str) -> None:
    """What I am registered for, as a page and as a calendar; then I cannot come."""
    page = who.goes_to(path)
    assert page.locator(f'main a[href="{coming}"]').count() == 1
    who.looks(dark=True)

    address = page.locator('input[value$="/calendar.ics"]').input_value()
    assert address.startswith(f"{who.base_url}/me/")
    slug = coming.removeprefix("/cycles/").replace("/", ".")
    assert uids(who, address) == [f"{slug}@127.0.0.1"]

    page.locator("details:has(form[action$='/cancel']) summary").click()
    with page.expect_navigation():
        page.locator('form[action$="/cancel"] button').click()
    assert page.locator("[role=status]").is_visible()
    assert page.locator('form[action$="/cancel"]').count() == 0
    assert uids(who, address) == []
    who.looks()


def uids(who: Visitor, address: str) -> list[str]:
    """The entries of a feed."""
    response = who.context.request.get(address)
    assert response.status == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(response.body())
    return [str(event["UID"]) for event in calendar.walk("VEVENT")]


def test_the_same_in_english(someone: Visitor, coming: str):
    for path in ("/", "/cycles/2019", PAST, coming, "/resources", "/replays"):
        french = words(someone.goes_to(path))
        page = someone.goes_to(f"/en{path}")
        assert language(page) == "en"
        english = words(page)
        # Titles of webinars and resources are French in both; what the site says is not.
        assert len(english - french) >= 4, f"{path} says the same in both: {english & french}"
        someone.looks()
        with page.expect_navigation():
            page.locator('header a[hreflang="fr"]').click()
        assert language(page) == "fr"
        assert page.url == someone.base_url + path


@pytest.mark.parametrize("path", ["/", "/cycles/2019", PAST, "coming", "/resources"])
def test_a_first_visit_weighs_little(someone: Visitor, coming: str, path: str):
    someone.goes_to(coming if path == "coming" else path)
    someone.page.wait_for_load_state("networkidle")
    weights = {
        response.url.removeprefix(someone.base_url): response.request.sizes()["responseBodySize"]
        for response in someone.responses
        if response.request.resource_type != "media"
    }

    assert min(weights.values()) > 0
    assert sum(weights.values()) <= MOST_BYTES, weights


@pytest.mark.parametrize("path", ["/", "/cycles/2019", "/themes/definir-sa-strategie"])
def test_who_comes_to_a_part_of_a_page_is_there_at_once(someone: Visitor, path: str):
    """Who scanned a code, or followed a link, sees no year fly past."""
    someone.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page = someone.goes_to(f"{path}#subscribe")
    box = page.locator("#subscribe").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < NARROW["height"] / 2
    assert page.evaluate("scrollY") > NARROW["height"]


@pytest.mark.parametrize("path", ["/replays", "/resources", "a cycle of two"])
def test_other_pages(someone: Visitor, demonstration: Installation, path: str):
    small = re.findall(r'href="(/cycles/decouverte-[0-9-]+)/', demonstration.get("/").text)
    someone.goes_to(small[0] if path == "a cycle of two" else path)
    someone.looks(dark=True)


def test_by_keyboard_alone(someone: Visitor, coming: str):
    page = someone.goes_to(coming)

    def focused(expression: str) -> object:
        return page.evaluate(f"document.activeElement.{expression}")

    def tab_to(expression: str, wanted: object) -> None:
        for _ in range(MOST_TABS):
            page.keyboard.press("Tab")
            if focused(expression) == wanted:
                return
        raise AssertionError(f"{wanted} is not within {MOST_TABS} tabs")

    page.keyboard.press("Tab")
    assert focused("getAttribute('href')") == "#main"
    box = page.locator(":focus").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert focused("id") == "main"

    tab_to("name", "full_name")
    page.keyboard.type("Denis Petit")
    page.keyboard.press("Tab")
    assert focused("name") == "email"
    page.keyboard.type("denis.petit@example.org")
    tab_to("type", "submit")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert "denis.petit@example.org" in page.locator("[role=status]").inner_text()


def test_without_scripts(browser: Browser, demonstration: Installation, coming: str):
    with visitor(
        browser, demonstration.base_url, java_script_enabled=False, viewport=NARROW
    ) as someone:
        page = someone.goes_to(PAST)
        chapter = page.locator("[data-seconds]").nth(1)
        seconds = chapter.get_attribute("data-seconds")
        with page.expect_navigation():
            chapter.click()
        assert f"?t={seconds}" in page.url
        assert (page.locator("video").get_attribute("src") or "").endswith(f"#t={seconds}")

        page = someone.goes_to(coming)
        page.locator(f"{FORM} [name=full_name]").fill("Emma Roy")
        page.locator(f"{FORM} [name=email]").fill("emma.roy@example.org")
        assert sends(page) == 200
        assert "emma.roy@example.org" in page.locator("[role=status]").inner_text()
        mail_to(someone, "emma.roy@example.org")


def french_hour(instant: datetime) -> str:
    """As the pages write it: "9 h", "9 h 30", with spaces that do not break."""
    minutes = f"\u00a0{instant.minute:02}" if instant.minute else ""
    return f"{instant.hour}\u00a0h{minutes}"


def test_the_visitors_own_hour(browser: Browser, demonstration: Installation, coming: str):
    with visitor(browser, demonstration.base_url, timezone_id="America/Cayenne") as someone:
        page = someone.goes_to(coming)
        line = page.locator("[data-local-time]").first
        here = ZoneInfo("America/Cayenne")
        start, end = (
            datetime.fromisoformat(line.get_attribute(name) or "").astimezone(here)
            for name in ("data-starts", "data-ends")
        )
        someone.until("document.querySelector('[data-local-time]').textContent.includes('·')")
        # The hours are morning there and noon here: one day, so no date is added.
        words = (line.get_attribute("data-words") or "").replace(
            "{time}", f"{french_hour(start)} – {french_hour(end)}"
        )
        assert line.inner_text().partition(" · ")[2] == words
