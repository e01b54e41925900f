"""The year board with a real browser: the mouse, the keys, and neither script nor mouse."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation, installation
from tests.e2e.warm import Warm
from webinars import clock
from webinars.domain import rules

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
APRIL = Path(__file__).parents[1] / "data" / "cycle-2019-april.toml"
THREE = (
    "evaluer-sa-pertinence",
    "mobiliser-les-competences",
    "favoriser-l-engagement-de-l-entreprise",
)
YEAR = clock.now().year + 1
THURSDAYS = rules.dates("third Thursday", year=YEAR)
BOARD = f"/organise/cycles/{YEAR}/"


def plan_file(folder: Path) -> Path:
    """Next year: three webinars on the rule's first dates, the others free."""
    lines = ['title = "L’an prochain"', f"year = {YEAR}", 'rule = "third Thursday"']
    for name, day in zip(("un", "deux", "trois"), THURSDAYS, strict=False):
        lines += ["[[sessions]]", f'slug = "{name}"', f"date = {day}", f'title = "Titre {name}"']
    path = folder / "next.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, warm: Warm | None) -> Iterator[Installation]:
    """A server with next year's cycle, public."""
    folder = tmp_path_factory.mktemp("board")
    with installation(folder, warm=warm) as place:
        place.sets_up(
            ("db", "upgrade"),
            ("organiser", "create", EMAIL, "--password", PASSWORD),
            ("cycle", "import", plan_file(folder)),
            ("cycle", "publish", str(YEAR)),
        )
        place.serve()
        yield place


@pytest.fixture
def dominique(browser: Browser, running: Installation) -> Iterator[Visitor]:
    """At the board, whose draft is what is public."""
    running.run("cycle", "import", running.folder / "next.toml")
    with visitor(browser, running.base_url) as who:
        open_board(who, BOARD)
        yield who


def open_board(who: Visitor, board: str) -> Page:
    who.signs_in(EMAIL, PASSWORD)
    return who.goes_to(board)


def diff(place: Installation, cycle: str = str(YEAR)) -> list[str]:
    """Kind and slug of each change, as the command line says them."""
    lines = place.run("cycle", "diff", cycle).splitlines()
    kinds = ("moved", "renamed", "cancelled", "added", "changed")
    return sorted(" ".join(one.split()[:2]).rstrip(":") for one in lines if one.startswith(kinds))


def day_of(page: Page, slug: str) -> str:
    """The date that a card shows, in UTC: of these hours it is the same day."""
    return (page.locator(f"#{slug} time").get_attribute("datetime") or "")[:10]


def said(page: Page) -> str:
    """What a screen reader has just been told."""
    return page.locator("[data-says]").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def days(*dates: date) -> list[str]:
    return [one.isoformat() for one in dates]


def test_dragging_swaps_and_is_undone(dominique: Visitor, running: Installation):
    page = dominique.page
    with page.expect_navigation():
        page.drag_and_drop("#un .entry__hours", "#deux .entry__hours")
    assert [day_of(page, "un"), day_of(page, "deux")] == days(THURSDAYS[1], THURSDAYS[0])
    assert diff(running) == ["moved deux", "moved un"]
    dominique.until("document.activeElement.hasAttribute('data-done')")
    dominique.looks(dark=True)
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert diff(running) == []


def test_dragging_onto_a_free_date_moves(dominique: Visitor, running: Installation):
    page = dominique.page
    free = THURSDAYS[3].isoformat()
    page.set_viewport_size({"width": 1280, "height": 2000})  # both in sight
    with page.expect_navigation():
        page.drag_and_drop("#trois .entry__hours", f'[data-free="{free}"] p')
    assert day_of(page, "trois") == free
    assert diff(running) == ["moved trois"]


def test_a_menu_with_the_keys_alone(dominique: Visitor, running: Installation):
    page = dominique.page
    page.locator("#un .menu > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # swap with another
    page.keyboard.press("Enter")
    dominique.looks(dark=True)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert diff(running) == ["moved deux", "moved un"]


def test_picking_up_with_the_keys(dominique: Visitor, running: Installation):
    page = dominique.page
    page.locator("#un [data-handle]").focus()
    page.keyboard.press("Enter")
    assert said(page).startswith("Saisi : Titre un")
    page.keyboard.press("ArrowRight")
    assert "Titre deux" in said(page)
    page.keyboard.press("Escape")
    assert said(page).startswith("Relâché : Titre un")
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Titre trois" in said(page)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert [day_of(page, "un"), day_of(page, "trois")] == days(THURSDAYS[2], THURSDAYS[0])
    assert diff(running) == ["moved trois", "moved un"]


def test_picking_up_speaks_english_too(dominique: Visitor):
    page = dominique.goes_to(f"/en{BOARD}")
    page.locator("#un [data-handle]").focus()
    page.keyboard.press("Enter")
    assert said(page).startswith("Picked up: Titre un")


def test_without_a_script(browser: Browser, dominique: Visitor, running: Installation):
    with visitor(browser, running.base_url, java_script_enabled=False) as quiet:
        page = open_board(quiet, BOARD)
        assert page.locator("#un [data-handle]").is_hidden()
        page.locator("#un .menu > summary").click()
        page.locator("#un .menu__act > summary").first.click()
        page.locator('#un select[name="other"]').select_option("deux")
        with page.expect_navigation():
            page.locator('#un form[action$="/swap"] button').click()
        assert diff(running) == ["moved deux", "moved un"]
        page.locator("#un [data-pick]").check()
        page.locator("#deux [data-pick]").check()
        page.locator("#trois [data-pick]").check()
        with page.expect_navigation():
            page.locator("[data-ask]").click()
        assert "Titre deux → " in page.locator("[data-rotation]").inner_text()


def test_every_field(dominique: Visitor, running: Installation):
    page = dominique.page
    dominique.follows("#deux h3 a")
    dominique.looks(dark=True)
    page.locator("#title").fill("")
    page.locator("#starts_at").fill("25 h")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()
    assert page.locator("[aria-invalid=true]").count() == 2
    dominique.looks(dark=True)
    page.locator("#title").fill("Un autre titre")
    page.locator("#starts_at").fill("14 h")
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()
    assert diff(running) == ["moved deux", "renamed deux"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_real_case_on_the_screen(browser: Browser, place: Installation):
    """What was planned in April 2019 becomes what was held: three themes take turns."""
    place.sets_up(
        ("organiser", "create", EMAIL, "--password", PASSWORD),
        ("cycle", "import", APRIL),
        ("cycle", "publish", "2019"),
    )
    place.serve()
    with visitor(browser, place.base_url) as who:
        page = open_board(who, "/organise/cycles/2019/")
        who.looks(dark=True)
        for slug in THREE:
            page.locator(f"#{slug} [data-pick]").check()
        words = page.locator("[data-rotation]").inner_text()
        assert "Evaluer sa pertinence → 18 juillet" in words
        who.looks()
        with page.expect_navigation():
            page.locator('button[name="direction"][value="forwards"]').click()
        assert [day_of(page, slug) for slug in THREE] == ["2019-07-18", "2019-09-19", "2019-06-20"]
        assert "3 changements" in page.locator(".pending").inner_text()
        who.looks()
    assert diff(place, "2019") == sorted(f"moved {slug}" for slug in THREE)


def test_rules_for_mails_are_shown_as_one_types_and_then_saved(
    browser: Browser, dominique: Visitor, running: Installation
):
    page = dominique.goes_to(f"{BOARD}reminders")
    dominique.looks(dark=True)
    assert page.locator(".leaving--coming").count() == 12  # four of three webinars
    dominique.goes_to(f"{BOARD}webinars/un/reminders")
    page.locator("[name=whose][value=own]").check()
    page.locator("[name=count-0]").fill("3")
    page.locator("[name=unit-0]").select_option("h")
    summary = "document.querySelector('[data-dates-summary]').textContent"
    dominique.until(f"{summary}.startsWith('1 jour avant, 3 heures avant, 1 heure avant')")
    assert page.locator(".leaving--said").count() == 1
    dominique.looks(dark=True)
    with page.expect_navigation():
        page.locator("main button[formmethod=post]").click()
    assert diff(running) == ["changed un"]
    dominique.looks()

    with visitor(browser, running.base_url, java_script_enabled=False) as quiet:
        page = open_board(quiet, f"{BOARD}webinars/un/reminders")
        page.locator("[name=whose][value=cycle]").check()
        with page.expect_navigation():
            page.locator("main .form button[type=submit]").click()
        assert "csrf" not in page.url
        assert page.locator("[data-dates-summary]").inner_text().startswith("7 jours avant")
        with page.expect_navigation():
            page.locator("main button[formmethod=post]").click()
    assert diff(running) == []
