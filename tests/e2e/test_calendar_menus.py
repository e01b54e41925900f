"""Adding a webinar to a calendar with the keyboard, and scanning the code of a cycle."""

import base64
import io
import json
import re
import shutil
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page

from tests.conftest import missing
from tests.e2e.browsing import NARROW, WIDE, Visitor, visitor
from tests.e2e.support import MAIL_SECONDS, Installation

pytestmark = pytest.mark.browser

JAVASCRIPT = Path(__file__).parents[1] / "javascript"
MENU = ".menu--calendar"
SUMMARY = f"{MENU} > summary"
PAPER = {"width": 703, "height": 1032}
"""A4 without its margins, in CSS pixels."""


@pytest.fixture(scope="module")
def coming(demonstration: Installation) -> str:
    """A webinar whose page has the menu."""
    for found in re.findall(r'href="(/cycles/[\w-]+/[a-z0-9-]+)"', demonstration.get("/").text):
        if "menu--calendar" in demonstration.get(found).text:
            return str(found)
    raise AssertionError("nothing is to come")


def scanned(*pictures: bytes) -> list[str | None]:
    """What a scanner's library reads in PNG files."""
    node = shutil.which("node")
    if node is None or not (JAVASCRIPT / "node_modules" / "jsqr").is_dir():
        missing("jsQR is not installed: scripts/javascript does that where there is npm")
    shown = []
    for picture in pictures:
        with Image.open(io.BytesIO(picture)) as image:
            pixels = base64.b64encode(image.convert("RGBA").tobytes()).decode("ascii")
            shown.append({"width": image.width, "height": image.height, "pixels": pixels})
    done = subprocess.run(
        [node, JAVASCRIPT / "scan.mjs"], input=json.dumps(shown).encode(),
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    found: list[str | None] = json.loads(done.stdout)
    return found


def place_of(element: Locator) -> FloatRect:
    """On the page, however far it is scrolled."""
    box = element.bounding_box()
    assert box is not None
    box["y"] += element.page.evaluate("scrollY")
    return box


def is_open(page: Page) -> bool:
    return page.locator(MENU).get_attribute("open") is not None


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.innerText")).partition("\n")[0].strip()


def test_by_keyboard_alone(someone: Visitor, coming: str):
    page = someone.goes_to(coming)
    page.locator(f".actions:has({MENU}) > .button").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "Ajouter à mon agenda"

    page.keyboard.press("Enter")
    assert is_open(page)
    walked = []
    for _ in range(7):
        page.keyboard.press("Tab")
        walked.append(focused(page))
    assert walked == [
        "Google Agenda", "Calendrier d’Apple", "Outlook.com", "Microsoft 365", "Yahoo Agenda",
        "Fichier (.ics) pour tout autre agenda", "Abonnez-vous au cycle, et elle suivra",
    ]  # fmt: skip

    page.keyboard.press("Escape")
    assert not is_open(page)
    assert focused(page) == "Ajouter à mon agenda"

    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("Tab")
    assert not is_open(page), "it lies over what the focus has gone to"

    page.locator(SUMMARY).click()
    page.locator("h1").click()
    assert not is_open(page)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_it_looks_like_a_menu(someone: Visitor, coming: str, prefix: str):
    page = someone.goes_to(prefix + coming)
    for size in (WIDE, {"width": 700, "height": 900}, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        below = page.locator("#register")
        before = place_of(below)
        page.locator(SUMMARY).click()
        assert place_of(below) == before, "it pushes the page"
        panel, summary = place_of(page.locator(f"{MENU} .menu__panel")), place_of(
            page.locator(SUMMARY)
        )  # fmt: skip
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= size["width"]
        assert 0 <= panel["y"] - summary["y"] - summary["height"] <= 24
        for link in page.locator(f"{MENU} li a").all():
            assert place_of(link)["height"] >= 40
        if size is not NARROW:
            page.keyboard.press("Escape")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    someone.looks(dark=True)
    assert is_open(page)


@pytest.fixture(scope="module")
def my_page(demonstration: Installation, coming: str) -> str:
    """The page of somebody with a place in it, as their mail leads there."""
    assert demonstration.register(coming.removeprefix("/cycles/"), "zoe@example.org").status == 200
    end = time.monotonic() + MAIL_SECONDS
    while True:
        mails = re.findall(r'href="(/demo/mailbox/[^"]+)"', demonstration.get("/demo/mailbox").text)
        texts = [demonstration.get(mail).text for mail in mails]
        found = [re.search(r"/me/[\w.~-]+", text) for text in texts if "zoe@example.org" in text]
        if found and found[0]:
            return found[0][0]
        assert time.monotonic() < end, "no mail to zoe@example.org"
        time.sleep(0.5)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_elsewhere_it_is_the_same_menu(
    someone: Visitor, coming: str, my_page: str, size: dict[str, int]
):
    for path in (f"{coming}/join", f"/en{coming}/join", my_page, f"/en{my_page}"):
        page = someone.goes_to(path)
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.locator(SUMMARY).click()
        panel = place_of(page.locator(f"{MENU} .menu__panel"))
        assert panel["x"] >= 0
        assert panel["x"] + panel["width"] <= size["width"]
        assert panel["width"] >= 300
        someone.looks(dark=True)
        page.locator(f"{MENU} li a").first.focus()
        page.keyboard.press("Escape")
        assert not is_open(page)


def test_without_scripts_it_is_a_list_of_links(
    browser: Browser, demonstration: Installation, coming: str
):
    with visitor(
        browser, demonstration.base_url, java_script_enabled=False, viewport=NARROW
    ) as someone:
        page = someone.goes_to(coming)
        links = page.locator(f"{MENU} li a")
        assert not links.first.is_visible()
        page.locator(SUMMARY).click()
        assert [link.is_visible() for link in links.all()] == [True] * 6


def test_the_file_of_a_webinar_arrives(someone: Visitor, coming: str):
    page = someone.goes_to(coming)
    page.locator(SUMMARY).click()
    for link in (1, 5):  # Apple's, and the file's
        with page.expect_download() as arrived:
            page.locator(f"{MENU} li a").nth(link).click()
        assert arrived.value.suggested_filename == f"{coming.rpartition('/')[2]}.ics"
        assert arrived.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR")


def seen(
    browser: Browser, demonstration: Installation, **options: Any
) -> AbstractContextManager[Visitor]:
    """By somebody with a sharp screen."""
    return visitor(browser, demonstration.base_url, device_scale_factor=2, **options)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_a_camera_finds_the_way_to_subscribe(
    browser: Browser, demonstration: Installation, prefix: str
):
    # A window for each: one that is resized between two pictures may stand still for good.
    place, pictures = f"{prefix}/cycles/2019", []
    for viewport, scheme in ((WIDE, "light"), (NARROW, "dark")):
        with seen(browser, demonstration, viewport=viewport, color_scheme=scheme) as someone:
            someone.goes_to(place)
            pictures.append(someone.page.locator("#subscribe .code img").screenshot())
    with seen(browser, demonstration, viewport=PAPER) as someone:
        someone.page.emulate_media(media="print")
        someone.goes_to(place)
        on_paper = someone.page.locator(".code-sheet img")
        assert place_of(on_paper)["width"] * 25.4 / 96 >= 25, "too small to scan from a table"
        pictures.append(on_paper.screenshot())

    texts = scanned(*pictures)

    assert texts == [f"{demonstration.base_url}{place}#subscribe"] * 3
    with seen(browser, demonstration) as someone:
        someone.page.goto(str(texts[0]))
        someone.until("document.querySelector('#subscribe').getBoundingClientRect().top < 100")


@pytest.mark.parametrize("path", ["/cycles/2019", "/en/cycles/2019"])
@pytest.mark.parametrize("title", ["", "2019", "L’innovation territoriale en actions " * 4])
def test_the_programme_prints_on_one_sheet_with_its_code(someone: Visitor, path: str, title: str):
    page = someone.goes_to(path)
    if title:
        page.locator("h1").evaluate("(element, title) => element.textContent = title", title)
    sheets = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", sheets)) == 1
    assert re.search(rb"/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]", sheets)

    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)  # type: ignore[arg-type]
    code, words = place_of(page.locator(".code-sheet")), place_of(page.locator("h1"))
    assert words["x"] + words["width"] <= code["x"], "the title runs into the code"
    cards = place_of(page.locator(".cards"))
    assert code["y"] >= 0
    assert code["y"] + code["height"] <= cards["y"], "the code stands on the cards"
