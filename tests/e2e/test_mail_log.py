"""The log of mails with a real browser, a worker and a mail server: why it failed, and again."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation
from tests.support import MailServer, written
from webinars import clock

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
WEBINAR = "/organise/cycles/essai/webinars/un-webinaire"
PLAN = """
title = "Cycle d’essai"
slug = "essai"
year = {year}
rule = "third Thursday"

[[sessions]]
slug = "un-webinaire"
date = {year}-06-17
title = "Un webinaire"
"""


@pytest.fixture
def strict(place: Installation, smtp: MailServer) -> Installation:
    """A published webinar, and a mail server that knows everybody but ``alise``."""
    year = clock.now().year + 1
    place.sets_up(
        ("cycle", "import", written(place.folder, "c.toml", PLAN.format(year=year))),
        ("cycle", "publish", "essai"),
        ("organiser", "create", EMAIL, "--password", PASSWORD),
    )
    smtp.on_rcpt = lambda address: (
        "550 5.1.1 no such user here" if address.startswith("alise") else None
    )
    place.serve()
    return place


def sign_in(who: Visitor) -> None:
    page = who.goes_to("/organise/sign-in")
    page.locator("main [name=email]").fill(EMAIL)
    page.locator("main [name=password]").fill(PASSWORD)
    presses(who, "form button[type=submit]")


def presses(who: Visitor, selector: str, words: str | None = None) -> None:
    with who.page.expect_navigation():
        who.page.locator(f"main {selector}", has_text=words).first.click()


def alarms(who: Visitor) -> list[str]:
    return who.page.locator("main .notice--alarm h2").all_inner_texts()


def finds_out_why(who: Visitor) -> None:
    """From the desk to the reason, and to the mail itself."""
    who.goes_to("/organise/")
    who.looks(dark=True)
    presses(who, ".notice--alarm a")
    assert alarms(who) == ["1 courriel n’a pas pu être remis"]
    trouble = who.page.locator("main .trouble").inner_text()
    assert "ne connaît pas cette adresse" in trouble
    assert "550 5.1.1 no such user here" in trouble
    who.looks(dark=True)
    who.follows(".trouble__mail > a")
    who.looks(dark=True)


def corrects_the_address(who: Visitor) -> None:
    presses(who, "a", "Corriger l’adresse")
    who.page.locator("[name=email]").fill("alice@example.org")
    with who.page.expect_navigation():
        who.page.keyboard.press("Enter")


def looks_around(who: Visitor) -> None:
    """The log, a search, the person, the webinar, and the webinar on paper."""
    who.goes_to("/organise/mails")
    assert alarms(who) == []
    who.looks(dark=True)
    who.page.locator("#q").fill("ALICE")
    who.page.locator("#q").focus()
    with who.page.expect_navigation():
        who.page.keyboard.press("Enter")
    who.follows("table.mails tbody td a[href*='/people/']")
    who.looks(dark=True)
    who.goes_to(f"{WEBINAR}/mails")
    who.looks(dark=True)
    assert "2 envoyés" in who.page.locator("ol.line-list").inner_text()
    who.page.emulate_media(media="print")
    assert who.page.locator("ol.line-list").is_visible()
    assert not who.page.locator("nav.nav").is_visible()
    who.page.emulate_media(media="screen")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_why_it_failed_and_again(browser: Browser, strict: Installation, smtp: MailServer) -> None:
    with visitor(browser, strict.base_url) as who:
        sign_in(who)
        who.goes_to("/organise/mails")
        who.looks(dark=True)
        assert alarms(who) == ["Le service d’envoi n’a jamais tourné"]

        strict.register("essai/un-webinaire", "alise@example.org")
        strict.register("essai/un-webinaire", "bob@example.org", "Bob Martin")
        strict.run("worker", "--once")
        assert [arrived.envelope_to for arrived in smtp.arrived] == [["bob@example.org"]]
        finds_out_why(who)
        mail = who.page.url
        presses(who, "form button", "Renvoyer")  # the address is stopped: a sentence says so
        assert "des courriels en sont revenus" in who.page.locator(".notice--alarm").inner_text()

        corrects_the_address(who)
        who.page.goto(mail)
        presses(who, "form button", "Renvoyer")
        assert "Il repart" in who.page.locator(".notice--done").inner_text()
        who.looks()
        strict.run("worker", "--once")
        to_alice = [one for one in smtp.arrived if one.envelope_to == ["alice@example.org"]]
        assert any("Inscription" in one.message["Subject"] for one in to_alice)
        who.page.goto(mail)
        assert who.page.locator("main .mail-sheet .badge").inner_text().strip() == "parti"
        looks_around(who)
