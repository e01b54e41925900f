"""The organisers' list with a real browser: found, added, corrected, cancelled, taken along."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation
from tests.support import written
from webinars import clock

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
LIST = "/organise/cycles/essai/webinars/une-seule-place/registrations"


def plan(year: int) -> str:
    return f"""
title = "Cycle d’essai"
slug = "essai"
year = {year}
rule = "third Thursday"
capacity = 1

[[sessions]]
slug = "une-seule-place"
date = {year}-06-17
title = "Une seule place"
"""


@pytest.fixture
def dominique(browser: Browser, place: Installation) -> Iterator[Visitor]:
    """Signed in; nobody is registered yet."""
    place.sets_up(
        ("cycle", "import", written(place.folder, "c.toml", plan(clock.now().year + 1))),
        ("cycle", "publish", "essai"),
        ("organiser", "create", EMAIL, "--password", PASSWORD),
    )
    place.serve()
    with visitor(browser, place.base_url) as who:
        who.signs_in(EMAIL, PASSWORD)
        yield who


def adds(who: Visitor, name: str, email: str) -> None:
    page = who.goes_to(f"{LIST}/add")
    page.locator("[name=full_name]").fill(name)
    page.locator("[name=email]").fill(email)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def people(who: Visitor) -> list[str]:
    return who.page.locator("table.registrants tbody th a").all_inner_texts()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_list_is_kept_by_hand(dominique: Visitor) -> None:
    who, page = dominique, dominique.page
    who.goes_to(LIST)
    who.looks(dark=True)
    adds(who, "", "alice")
    assert page.locator('[aria-invalid="true"]').count() == 2
    who.looks(dark=True)
    adds(who, "Hélène Dupont", "helene@example.org")
    adds(who, "Bob Martin", "bob@example.org")
    assert people(who) == ["Hélène Dupont", "Bob Martin"]
    who.looks(dark=True)

    page.locator("#q").fill("HELENE")
    page.locator("#q").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert people(who) == ["Hélène Dupont"]
    page.locator("#q").fill("")
    page.select_option("[name=status]", "waitlisted")
    with page.expect_navigation():
        page.locator("form.facets button").click()
    assert people(who) == ["Bob Martin"]

    who.goes_to(LIST)
    who.follows("table.registrants tbody th a")
    who.looks(dark=True)
    page.locator("[name=full_name]").fill("Hélène Durand")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert people(who) == ["Hélène Durand", "Bob Martin"]

    who.follows("table.registrants tbody th a")
    page.locator("details summary").last.focus()
    page.keyboard.press("Enter")
    who.looks()
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    states = page.locator("table.registrants tbody .badge").all_inner_texts()
    assert [state.strip() for state in states] == ["inscription annulée", "inscription confirmée"]

    for kind in ("xlsx", "csv"):
        with page.expect_download() as taken:
            page.locator(f"a[download][href*='.{kind}']").click()
        assert taken.value.suggested_filename == f"essai-une-seule-place.{kind}"
