"""One place for two people, with a real browser and real mail: waiting, promotion, erasure."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation
from tests.support import MailServer, written
from webinars import clock

pytestmark = pytest.mark.browser

SLUG = "une-seule-place"
FORM = 'form[action*="/register"]'
ALICE, BOB = "alice@example.org", "bob@example.org"


def plan(year: int) -> str:
    return f"""
title = "Cycle d’essai"
slug = "essai"
year = {year}
rule = "third Thursday"
capacity = 1

[[sessions]]
slug = "{SLUG}"
date = {year}-06-17
title = "Une seule place"
"""


@pytest.fixture
def installed(place: Installation) -> Installation:
    year = clock.now().year + 1
    place.sets_up(
        ("cycle", "import", written(place.folder, "cycle.toml", plan(year))),
        ("cycle", "publish", "essai"),
    )
    place.serve()
    return place


@pytest.fixture
def who(browser: Browser, installed: Installation) -> Iterator[Visitor]:
    with visitor(browser, installed.base_url) as someone:
        yield someone


def registers(who: Visitor, email: str, name: str) -> str:
    """Fill in the form; what the page says then."""
    page = who.goes_to(f"/cycles/essai/{SLUG}")
    page.locator(f"{FORM} [name=full_name]").fill(name)
    page.locator(f"{FORM} [name=email]").fill(email)
    with page.expect_navigation():
        page.locator(f"{FORM} button[type=submit]").click()
    return page.locator("[role=status]").inner_text()


def link_of(installed: Installation, smtp: MailServer, email: str) -> str:
    """Send what is due; the personal page that the latest mail to this address leads to."""
    installed.run("worker", "--once")
    mails = [arrived for arrived in smtp.arrived if arrived.envelope_to == [email]]
    assert mails, f"no mail to {email}"
    found = re.search(r"/me/[\w.~-]+", mails[-1].text())
    assert found, "the mail has no personal link"
    return found[0]


def asks(who: Visitor, act: str) -> None:
    """Unfold what an act does, and press its button."""
    fold = who.page.locator(f"details:has(form[action$='/{act}'])")
    button = fold.locator("button")
    assert not button.is_visible()
    fold.locator("summary").click()
    assert fold.locator("form p").is_visible()
    who.looks()
    with who.page.expect_navigation():
        button.click()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_place_goes_on_and_the_second_is_erased(
    who: Visitor, installed: Installation, smtp: MailServer
) -> None:
    page = who.page
    registers(who, ALICE, "Alice Dupont")
    alice = link_of(installed, smtp, ALICE)
    registers(who, BOB, "Bob Martin")
    bob = link_of(installed, smtp, BOB)
    assert bob != alice
    who.goes_to(bob)
    assert "1" in page.locator(".card .badge").first.inner_text()

    who.goes_to(alice)
    asks(who, "cancel")
    assert page.locator("[role=status]").is_visible()
    assert link_of(installed, smtp, BOB) == bob  # promoted
    who.goes_to(f"/en{bob}")
    assert page.locator(".card .badge").first.inner_text().strip() == "Confirmed"
    who.looks(dark=True)
    comes_back(who, alice)

    corrects(who, bob)
    asks(who, "calendar")
    assert page.locator("[role=status]").is_visible()
    who.goes_to(f"{bob}/data")
    who.looks(dark=True)
    with page.expect_download() as taken:
        page.locator("a[download]").click()
    assert taken.value.suggested_filename == "mes-donnees.json"

    asks_for_another_link(who, bob)
    newer = link_of(installed, smtp, BOB)
    assert installed.get(bob).status == 410
    erases(who, newer)
    assert installed.get(newer).status == 404
    listed = installed.run("registrations", "list", f"essai/{SLUG}")
    assert listed.split() == ["confirmed", ALICE, "Alice", "Dupont"], "she was next"
    assert BOB not in installed.run("outbox", "list")


def comes_back(who: Visitor, address: str) -> None:
    """Register once more for what was left; another has the place, so it is the waiting list."""
    page = who.goes_to(address)
    who.looks(dark=True)
    page.locator("#my-cancelled > summary").press("Enter")
    with page.expect_navigation():
        page.locator("form[action$='/include'] button").press("Enter")
    assert page.locator("[role=status]").is_visible()
    assert "1" in page.locator(".card .badge").first.inner_text()
    assert page.locator("form[action$='/include']").count() == 0


def corrects(who: Visitor, address: str) -> None:
    """Wrongly, then rightly."""
    page = who.goes_to(f"{address}/details")
    page.locator("[name=full_name]").fill("")
    with page.expect_navigation():
        page.locator("main form button").click()
    assert page.locator('[aria-invalid="true"]').count() == 1
    who.looks(dark=True)
    page.locator("[name=full_name]").fill("Bob Durand")
    with page.expect_navigation():
        page.locator("main form button").click()
    assert "Bob Durand" in page.locator(".page-head").inner_text()


def asks_for_another_link(who: Visitor, address: str) -> None:
    who.goes_to(address)
    asks(who, "link")
    assert BOB in page_text(who)
    who.looks()


def erases(who: Visitor, address: str) -> None:
    page = who.goes_to(address)
    who.follows("a[href$='/erase']")
    who.looks(dark=True)
    with page.expect_navigation():
        page.locator("main form button").click()
    assert BOB not in page_text(who)
    who.looks(dark=True)
    who.follows("a[href$='/your-data']")
    who.looks(dark=True)


def page_text(who: Visitor) -> str:
    """What the content of the page says."""
    return who.page.locator("main").inner_text()
