"""Leaving a sort of mail from the mail, and a mail that comes back, with a real browser."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import NARROW, WIDE, Visitor, visitor
from tests.e2e.support import Installation
from tests.returned import arf, dsn
from tests.support import DATA, MailServer, written
from webinars import clock

pytestmark = pytest.mark.browser

ALICE, BOB = "alice@example.org", "bob@example.org"
EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
PICTURES = os.environ.get("WEBINARS_TEST_PICTURES")
"""A folder where a reviewer wants to look at the pages."""


def plan(*months: int) -> str:
    year = clock.now().year + 1
    sessions = "".join(
        f"""
[[sessions]]
slug = "mois-{month}"
date = {year}-{month:02}-15
title = "Webinaire du mois {month}"
theme = "apprendre-a-faire-alliances"
"""
        for month in months
    )
    return f"""
title = "Cycle d’essai"
slug = "essai"
year = {year}
rule = "third Thursday"
{sessions}"""


@pytest.fixture
def installed(place: Installation) -> Installation:
    place.run("library", "import", DATA / "themes.toml")
    publish(place, 3)
    place.run("organiser", "create", EMAIL, "--password", PASSWORD)
    place.serve()
    return place


def publish(place: Installation, *months: int) -> None:
    place.sets_up(
        ("cycle", "import", written(place.folder, "cycle.toml", plan(*months))),
        ("cycle", "publish", "essai"),
    )


@pytest.fixture
def who(browser: Browser, installed: Installation) -> Iterator[Visitor]:
    with visitor(browser, installed.base_url) as someone:
        yield someone


def picture(who: Visitor, name: str) -> None:
    """In four ways, where somebody wants to look."""
    if PICTURES is None:
        return
    for width, size in (("wide", WIDE), ("narrow", NARROW)):
        for scheme in ("light", "dark"):
            who.page.set_viewport_size(size)  # type: ignore[arg-type]
            who.page.emulate_media(color_scheme=scheme)
            path = Path(PICTURES) / f"{name}-{width}-{scheme}.png"
            who.page.screenshot(path=str(path), full_page=True)
    who.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    who.page.emulate_media(color_scheme="light")


def follows(who: Visitor, email: str) -> None:
    page = who.goes_to("/themes/apprendre-a-faire-alliances")
    form = page.locator('form[action*="/follow"]')
    form.locator("[name=full_name]").fill("Alice Dupont")
    form.locator("[name=email]").fill(email)
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def presses(who: Visitor, selector: str) -> None:
    with who.page.expect_navigation():
        who.page.locator(selector).first.click()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sort_of_mail_is_left_and_taken_up(
    who: Visitor, installed: Installation, smtp: MailServer
) -> None:
    page = who.page
    follows(who, ALICE)
    publish(installed, 3, 4)
    installed.run("worker", "--once")
    mail = smtp.arrived[-1]
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(mail.message["List-Unsubscribe"])[1:-1].removeprefix(installed.base_url)
    own = re.search(r"/me/[\w.~-]+", mail.text())
    assert own

    who.goes_to(address)
    who.looks(dark=True)
    picture(who, "leave")
    presses(who, f"form[action='{address}'] button")
    assert page.locator("[role=status] h1").is_visible()
    who.looks(dark=True)
    picture(who, "left")
    who.goes_to(f"/en{address}")
    assert "stopped" in page.locator("h1").inner_text()
    presses(who, "form[action$='/link'] button")
    picture(who, "link-sent")

    who.goes_to(own[0])
    who.looks(dark=True)
    picture(who, "own-page")
    presses(who, "form[action$='/take-up-list']:has([value=themes]) button")
    assert page.locator("form[action$='/leave-list']:has([value=themes])").count() == 1
    who.goes_to("/your-data")
    who.looks()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mail_that_came_back_is_seen_at_the_desk(
    who: Visitor, installed: Installation, smtp: MailServer
) -> None:
    page = who.page
    for email in (ALICE, BOB):
        assert installed.register("essai/mois-3", email).status == 200
    installed.run("worker", "--once")
    ids = {mail["email"]: mail["message_id"] for mail in installed.outbox()}
    for number, raw in enumerate(
        (dsn(id_=ids[ALICE], to=ALICE), arf(id_=ids[BOB], to=BOB), dsn(to=BOB))
    ):
        path = installed.folder / f"{number}.eml"
        path.write_bytes(raw)
        installed.run("bounces", "read", path)

    who.goes_to("/organise/sign-in")
    page.locator("main [name=email]").fill(EMAIL)
    page.locator("main [name=password]").fill(PASSWORD)
    presses(who, "main form button[type=submit]")
    picture(who, "desk")
    who.goes_to("/organise/addresses")
    assert page.locator("tbody tr").count() == 2
    for summary in page.locator("tbody summary").all():
        summary.click()
    who.looks(dark=True)
    picture(who, "addresses")
    who.goes_to("/organise/cycles/essai/webinars/mois-3/registrations")
    picture(who, "registrants")
    who.looks(dark=True)
    who.follows("a[href*='/organise/addresses']")
    page.locator("details:has(form[action*='/lift']) summary").click()
    presses(who, "form[action*='/lift'] button")
    assert page.locator("[role=status]").is_visible()
    who.looks()
    who.goes_to("/en/organise/addresses?standing=watched")
    who.looks()
    picture(who, "addresses-none")
