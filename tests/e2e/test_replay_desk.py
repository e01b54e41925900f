"""An organiser makes a replay of nothing, and everybody sees it."""

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import visitor
from tests.e2e.support import Installation
from tests.support import DATA

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
WEBINAR = "apprendre-a-faire-alliances"
PAGE = f"/cycles/2019/{WEBINAR}"
DESK = f"/organise/cycles/2019/webinars/{WEBINAR}"
SRT = """1
00:00:01,000 --> 00:00:04,000
Pourquoi faire alliance ?

2
00:12:34,000 --> 00:12:40,000
Voilà les freins.
"""


@pytest.fixture
def served(place: Installation) -> Installation:
    """The 2019 cycle, which is over."""
    place.sets_up(
        ("cycle", "import", DATA / "cycle-2019.toml"),
        ("cycle", "publish", "2019"),
        ("organiser", "create", EMAIL, "--password", PASSWORD),
    )
    place.serve()
    return place


def press(page: Page, act: str) -> None:
    """Send the form of an act."""
    with page.expect_navigation():
        page.locator(f"form:has(input[name=act][value={act}]) button[type=submit]").click()


def test_from_nothing_to_online(browser: Browser, served: Installation):
    with visitor(browser, served.base_url) as who:
        who.signs_in(EMAIL, PASSWORD)
        page = who.goes_to(DESK)
        with page.expect_navigation():
            page.locator(f"main a[href='{DESK}/replay']").click()
        who.looks(dark=True)

        page.locator("#url").fill("javascript:alert(1)")
        press(page, "video")
        assert page.locator("#url-error").is_visible()
        who.looks()
        page.locator("#url").fill("https://www.youtube.com/watch?v=dQw4w9WgXcQ")
        page.locator("#duration").fill("1:28:40")
        press(page, "video")
        page.locator("#chapters").fill("0:00 Ouverture\n12:34 Les freins techniques")
        press(page, "chapters")
        page.locator("#language").select_option("fr")
        page.locator("#file").set_input_files(
            {"name": "avril.srt", "mimeType": "text/plain", "buffer": SRT.encode("cp1252")}
        )
        press(page, "captions")
        page.locator("[name=consent]").check()
        press(page, "details")
        press(page, "online")
        who.looks(dark=True)

        page = who.goes_to(PAGE)
        assert page.locator(".chapters [data-seconds='754']").is_visible()
        page.locator("#tab-transcript").click()
        assert page.locator(".transcript [data-seconds='754']").inner_text() == "Voilà les freins."
        assert page.locator("iframe").count() == 0
        who.looks(dark=True)

        page = who.goes_to(f"/en{DESK}/replay")
        page.locator("details summary").click()
        page.locator("#why").fill("A speaker has asked for it.")
        press(page, "withdraw")
        who.looks()
        page = who.goes_to(f"/en{PAGE}")
        assert "A speaker has asked for it." in page.locator("main").inner_text()
        assert page.locator("#player").count() == 0
        who.looks()
