"""A year planned, published and revised by hand, with a real browser."""

from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation
from tests.support import DATA
from webinars.domain import rules

pytestmark = pytest.mark.browser

APRIL = Path(__file__).parents[1] / "data" / "cycle-2019-april.toml"
CAMILLE, PASSWORD = "camille@example.org", "un bon mot de passe"
DESK = "/organise/"


@pytest.fixture
def ready(place: Installation) -> Installation:
    """Themes and resources, an account, and a server."""
    place.sets_up(
        ("library", "import", DATA / "themes.toml", DATA / "resources.toml"),
        ("organiser", "create", CAMILLE, "--password", PASSWORD),
    )
    return place


def press(page: Page, selector: str) -> str:
    """Press a button or follow a link; the path that one stands at then."""
    with page.expect_navigation():
        page.locator(f"main {selector}").first.click()
    return urlsplit(page.url).path


def sign_in(who: Visitor) -> Page:
    page = who.goes_to("/organise/sign-in")
    page.fill("main [name=email]", CAMILLE)
    page.fill("main [name=password]", PASSWORD)
    assert press(page, "form button[type=submit]") == DESK
    return page


def shown(page: Page) -> list[str]:
    """The dates that stand beside the form."""
    times = page.locator(".dates time").all()
    return [time.get_attribute("datetime") or "" for time in times]


def test_a_plan_for_2027_from_nothing_to_published(browser: Browser, ready: Installation) -> None:
    """Two fields and four presses: what takes so few steps takes less than two minutes."""
    ready.serve()
    expected = [day.isoformat() for day in rules.dates("third Thursday", year=2027)]
    with visitor(browser, ready.base_url) as camille:
        page = sign_in(camille)
        camille.looks()
        assert press(page, f'a[href="{DESK}cycles/new"]') == "/organise/cycles/new"
        camille.looks(dark=True)
        page.fill("main [name=year]", "2027")
        page.fill("main [name=title]", "Cycle de webinaires 2027")
        camille.until(f"document.querySelector('.dates time').dateTime === '{expected[0]}'")
        assert shown(page) == expected
        assert press(page, "button[formmethod=post]") == "/organise/cycles/2027/"
        assert press(page, 'a[href$="/2027/preview"]') == "/organise/cycles/2027/preview"
        camille.looks(dark=True)
        assert page.locator("main article").count() == 12
        press(page, 'form[action$="/publish"] button')
        assert page.locator("main [role=status]").is_visible()
        camille.looks(dark=True)
        assert press(page, 'a[href="/cycles/2027"]') == "/cycles/2027"
        assert page.locator("main article").count() == 12


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_rule_is_followed_as_one_types(browser: Browser, ready: Installation) -> None:
    ready.serve()
    with visitor(browser, ready.base_url) as camille:
        page = sign_in(camille)
        camille.goes_to("/organise/cycles/new")
        title = page.locator("main [name=title]")
        year = page.locator("main [name=year]").input_value()
        assert year in title.input_value()
        page.fill("main [name=year]", "2019")
        assert "2019" in title.input_value()
        camille.until("document.querySelector('[name=\"instead-2019-08-15\"]') !== null")
        page.focus("[name=instead-2019-08-15]")
        page.select_option("[name=instead-2019-08-15]", "2019-08-29")
        camille.until("document.querySelector('.dates del') !== null")
        assert "2019-08-29" in shown(page)
        # Whoever chose with the keyboard is still there.
        assert page.evaluate("document.activeElement.name") == "instead-2019-08-15"
        page.select_option("[name=weekday]", "0")
        monday = date(2019, 1, 21).isoformat()
        camille.until(f"document.querySelector('.dates time').dateTime === '{monday}'")
        assert page.locator("[data-dates-status]").text_content() == (
            page.locator("[data-dates-summary]").text_content()
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_dates_come_without_a_script_too(browser: Browser, ready: Installation) -> None:
    ready.serve()
    with visitor(browser, ready.base_url, java_script_enabled=False) as camille:
        page = sign_in(camille)
        camille.goes_to("/organise/cycles/new")
        page.fill("main [name=year]", "2027")
        assert press(page, ".form button[type=submit]") == "/organise/cycles/new"
        assert "csrf" not in page.url
        assert shown(page)[0] == "2027-01-21"


def test_the_real_case_on_the_screen(browser: Browser, ready: Installation) -> None:
    """April's plan is public; the revised one comes in: three moves, two of them renamed."""
    ready.sets_up(
        ("cycle", "import", APRIL),
        ("cycle", "publish", "2019"),
        ("cycle", "import", DATA / "cycle-2019.toml"),
    )
    ready.serve()
    with visitor(browser, ready.base_url) as camille:
        page = sign_in(camille)
        assert press(page, 'a.badge[href$="/2019/preview"]') == "/organise/cycles/2019/preview"
        camille.looks(dark=True)
        changes = [one.inner_text() for one in page.locator("main article").all()]
        days = [time.get_attribute("datetime") for time in page.locator("main article time").all()]
        assert [(day or "")[:10] for day in days] == ["2019-06-20", "2019-07-18", "2019-09-19"]
        assert all("Déplacé du jeudi" in change for change in changes)
        assert sum("Renommé" in change for change in changes) == 2
        assert page.locator(".totals dd").all_inner_texts() == ["5", "3", "0"]
        press(page, 'form[action$="/publish"] button')
        assert "done=2" in page.url
        for path in ("history", "coverage", "edit", "copy"):
            camille.goes_to(f"/organise/cycles/2019/{path}")
            camille.looks(dark=True)
        page = camille.goes_to("/organise/")
        assert press(page, 'a[href="/organise/history"]') == "/organise/history"
        camille.looks(dark=True)
        assert page.locator(".deed").count() == 6
        diff = ready.run("cycle", "diff", "2019")
        assert diff.strip() == ""
