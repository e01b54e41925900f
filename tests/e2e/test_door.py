"""The door, and a question from the form to its published answer, with a real browser."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation
from tests.e2e.test_my_page import ALICE, FORM, link_of
from tests.support import MailServer, written
from webinars import clock

pytestmark = pytest.mark.browser

SLUG = "au-seuil"
PAGE = f"/cycles/essai/{SLUG}"
QUESTIONS = f"/organise/cycles/essai/webinars/{SLUG}/questions"
CAMILLE, PASSWORD = "camille@example.org", "un bon mot de passe"
OPENS_MINUTES = 5
QUESTION = "Comment fait-on à Plougastel ?"
ANSWER = "En commençant petit."


def plan(start: datetime, room: str) -> str:
    return f"""
title = "Cycle d’essai"
slug = "essai"
year = {start.year}
rule = "third Thursday"
zone = "UTC"
capacity = 1

[[sessions]]
slug = "{SLUG}"
date = {start:%Y-%m-%d}
starts_at = {start:%H:%M:%S}
title = "Au seuil"
join_url = "{room}"
"""


def begins(place: Installation, start: datetime) -> None:
    """Publish the webinar with its start; its room is a page of the same server."""
    room = f"{place.base_url}/resources"
    place.sets_up(
        ("cycle", "import", written(place.folder, "cycle.toml", plan(start, room))),
        ("cycle", "publish", "essai"),
    )


def registers(page: Page, email: str, name: str, question: str = "") -> None:
    page.locator(f"{FORM} [name=full_name]").fill(name)
    page.locator(f"{FORM} [name=email]").fill(email)
    if question:
        page.locator(f"{FORM} summary").first.click()
        page.locator(f"{FORM} [name=question]").fill(question)
    with page.expect_navigation():
        page.locator(f"{FORM} button[type=submit]").click()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_door_opens_while_somebody_waits_before_it(
    browser: Browser, place: Installation, smtp: MailServer
) -> None:
    place.settings["join_opens_minutes"] = OPENS_MINUTES
    begins(place, clock.now() + timedelta(minutes=70))
    place.serve()
    with visitor(browser, place.base_url, reduced_motion="no-preference") as alice:
        page = alice.goes_to(PAGE)
        registers(page, ALICE, "Alice Dupont")
        token = link_of(place, smtp, ALICE).removeprefix("/me/")
        door = f"{PAGE}/join?t={token}"
        waits_for_the_hour(alice, door)
        opening = clock.now() + timedelta(seconds=25)
        begins(place, opening + timedelta(minutes=OPENS_MINUTES))
        page = alice.goes_to(door)
        seconds = "document.querySelector('[data-face]').lastElementChild.textContent"
        first = page.evaluate(seconds)
        alice.until(f"{seconds} !== {first!r}")
        way = page.locator("[data-way] a")
        assert not way.is_visible()
        alice.until("!document.querySelector('[data-way]').hidden", within=60)
        assert clock.now() >= opening - timedelta(seconds=1)
        assert not page.locator("[data-face]").is_visible()
        assert page.locator("[data-spoken]").text_content() == "La salle est ouverte."
        alice.looks(dark=True)
        assert '"status": "confirmed"' in place.run(
            "registrations", "list", f"essai/{SLUG}", "--json"
        )
        with page.expect_navigation():
            way.click()
        assert urlsplit(page.url).path == "/resources"
    assert '"status": "attended"' in place.run("registrations", "list", f"essai/{SLUG}", "--json")


def waits_for_the_hour(alice: Visitor, door: str) -> None:
    """More than an hour before: minutes and seconds pass, hours are said once."""
    page = alice.goes_to(door)
    alice.until("!document.querySelector('[data-face]').hidden")
    assert "La salle ouvre dans 1\u00a0h" in (page.locator("[data-spoken]").text_content() or "")
    alice.looks(dark=True)
    page.emulate_media(reduced_motion="reduce")
    alice.until("!document.querySelector('[data-face]').textContent.endsWith(' s')")
    page.emulate_media(reduced_motion="no-preference")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_question_from_the_form_to_the_published_answer(
    browser: Browser, place: Installation
) -> None:
    begins(place, clock.now() + timedelta(days=1))
    place.run("organiser", "create", CAMILLE, "--password", PASSWORD)
    place.serve()
    with visitor(browser, place.base_url, java_script_enabled=False) as alice:
        registers(alice.goes_to(PAGE), ALICE, "Alice Dupont", QUESTION)
        alice.goes_to(f"{PAGE}/join")
    with visitor(browser, place.base_url) as camille:
        camille.signs_in(CAMILLE, PASSWORD)
        camille.follows("a[href$='/questions?show=open']")
        camille.looks(dark=True)
        page = camille.goes_to(QUESTIONS)
        page.locator(".question summary").click()
        page.locator("[name=wording][id]").fill("")
        presses(page, "publish")
        assert page.locator('[aria-invalid="true"]').count() == 1
        camille.looks(dark=True)
        page.locator("[name=wording][id]").fill("Comment fait-on ?")
        page.locator("[name=answer][id]").fill(ANSWER)
        page.locator("[name=answered][id]").check()
        presses(page, "publish")
        assert page.locator("[role=status]").is_visible()
        camille.looks(dark=True)
        page = camille.goes_to(PAGE)
        assert page.locator(".asked dt").inner_text() == "Comment fait-on\u00a0?"
        assert page.locator(".asked dd").inner_text() == ANSWER
        assert "Plougastel" not in page.content()
        camille.looks(dark=True)


def presses(page: Page, act: str) -> None:
    with page.expect_navigation():
        page.locator(f".asked-form button[value={act}]").click()
