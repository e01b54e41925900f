"""A whole cycle without one webinar, with a real browser and real mail; then that one after all."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import NARROW, Visitor, visitor
from tests.e2e.support import Installation
from tests.support import MailServer, written
from webinars import clock

pytestmark = pytest.mark.browser

ALICE = "alice@example.org"
FORM = 'form[action$="/cycles/essai/register"]'


def plan(year: int) -> str:
    sessions = "\n".join(
        f'[[sessions]]\nslug = "{slug}"\ndate = {year}-{month}-17\ntitle = "{title}"\n'
        for slug, month, title in (
            ("un", "03", "Connaître son écosystème"),
            ("deux", "06", "Transformer son modèle socio-économique : quels leviers ?"),
            ("trois", "09", "Définir sa stratégie"),
        )
    )
    return f'title = "Cycle d’essai"\nslug = "essai"\nyear = {year}\nrule = "{RULE}"\n{sessions}'


RULE = "third Thursday"


def imported(place: Installation) -> None:
    year = clock.now().year + 1
    place.sets_up(
        ("cycle", "import", written(place.folder, "cycle.toml", plan(year))),
        ("cycle", "publish", "essai"),
    )


@pytest.fixture
def installed(place: Installation) -> Installation:
    imported(place)
    place.serve()
    return place


@pytest.fixture
def who(browser: Browser, installed: Installation) -> Iterator[Visitor]:
    with visitor(browser, installed.base_url) as someone:
        yield someone


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_whole_cycle_without_one_and_that_one_after_all(
    who: Visitor, installed: Installation, smtp: MailServer
) -> None:
    page = who.page
    who.goes_to("/cycles/essai/un")
    who.follows('#register a[href="/cycles/essai/register"]')
    who.looks(dark=True)
    registers_with_the_keyboard(who)
    assert ALICE in page.locator("[role=status]").inner_text()
    who.looks(dark=True)

    installed.run("worker", "--once")
    assert [arrived.envelope_to for arrived in smtp.arrived] == [[ALICE]]
    found = re.search(r"/me/[\w.~-]+", smtp.arrived[0].text())
    assert found, "the mail has no personal link"
    who.goes_to(found[0])
    assert titles(who) == ["Connaître son écosystème", "Définir sa stratégie"]
    who.looks(dark=True)

    with page.expect_navigation():
        page.locator(f"form[action='{found[0]}/include'] button").press("Enter")
    assert page.locator("[role=status]").is_visible()
    assert len(titles(who)) == 3
    assert page.locator(".left-out").count() == 0

    fold = page.locator("details:has(form[action$='/leave-cycle'])")
    fold.locator("summary").press("Enter")
    who.looks()
    with page.expect_navigation():
        fold.locator("button").press("Enter")
    assert page.locator("#my-scopes").count() == 0
    assert page.locator("main form[action$='/cancel']").count() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_press_confirms_all_on_a_telephone(
    browser: Browser, place: Installation, smtp: MailServer
) -> None:
    """It is seen before anything else; the link is asked for twice, as people do."""
    place.settings["require_confirmation"] = True
    imported(place)
    place.serve()
    with visitor(browser, place.base_url, viewport=NARROW) as who:
        page = who.goes_to("/cycles/essai/register")
        page.locator(f"{FORM} [name=full_name]").fill("Alice Dupont")
        page.locator(f"{FORM} [name=email]").fill(ALICE)
        with page.expect_navigation():
            page.locator(f"{FORM} button[type=submit]").click()
        assert ALICE in page.locator("[role=status]").inner_text()
        asks_for_the_link(who, "/cycles/essai/register")
        place.run("worker", "--once")
        found = {re.search(r"/me/[\w.~-]+", arrived.text()) for arrived in smtp.arrived}
        (address,) = {one[0] for one in found if one}
        who.goes_to(address)
        button = page.locator("form[action$='/confirm-all'] button")
        box = button.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < NARROW["height"], "it stands lower than the first screen"
        who.looks(dark=True)
        with page.expect_navigation():
            button.press("Enter")
        assert page.locator("[role=status]").is_visible()
        assert page.locator("form[action*='/confirm']").count() == 0
        who.looks()


def asks_for_the_link(who: Visitor, address: str) -> None:
    """First wrongly."""
    page = who.goes_to(address)
    form = page.locator("form[action$='/link']")
    page.locator("details:has(form[action$='/link']) summary").press("Enter")
    form.locator("[name=email]").fill("alice")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert form.locator('[aria-invalid="true"]').is_visible()
    who.looks(dark=True)
    form.locator("[name=email]").fill(ALICE)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("[role=status]").is_visible()
    who.looks(dark=True)


def registers_with_the_keyboard(who: Visitor) -> None:
    """First wrongly; the second webinar is left out both times."""
    page = who.page
    with page.expect_navigation():
        page.locator(f"{FORM} [value=deux]").press("Space")
        page.locator(f"{FORM} [name=full_name]").press("Enter")
    assert page.locator('[aria-invalid="true"]').count() == 2
    assert page.locator(f"{FORM} [value=deux]").is_checked()
    who.looks(dark=True)
    page.locator(f"{FORM} [name=full_name]").fill("Alice Dupont")
    page.keyboard.press("Tab")
    page.keyboard.type(ALICE)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def titles(who: Visitor) -> list[str]:
    """What the person stands registered for, as the cards say."""
    return who.page.locator(".cards .card__title").all_inner_texts()
