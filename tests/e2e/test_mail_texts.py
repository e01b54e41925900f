"""The words of a mail with a real browser: written, looked at, tried, saved, given back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import MAIL_SECONDS, Installation, until
from tests.support import Arrived, MailServer, written
from webinars import clock

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
LIST = "/organise/mails/texts"
PAGE = f"{LIST}/confirmation/registered"


def plan(year: int) -> str:
    return f"""
title = "Cycle d’essai"
slug = "essai"
year = {year}
rule = "third Thursday"

[[sessions]]
slug = "un"
date = {year}-06-17
title = "Un & seul"
"""


@pytest.fixture
def dominique(browser: Browser, place: Installation, smtp: MailServer) -> Iterator[Visitor]:
    """Signed in; Alice is registered and has her confirmation; a worker runs."""
    place.sets_up(
        ("cycle", "import", written(place.folder, "c.toml", plan(clock.now().year + 1))),
        ("cycle", "publish", "essai"),
        ("organiser", "create", EMAIL, "--password", PASSWORD),
    )
    place.serve("--with-worker")
    assert place.register("essai/un", "alice@example.org").status == 200
    arrives(smtp, 1)
    with visitor(browser, place.base_url) as who:
        who.signs_in(EMAIL, PASSWORD)
        yield who


def arrives(smtp: MailServer, number: int) -> Arrived:
    """The last of so many mails."""
    until(lambda: len(smtp.arrived) == number, within=MAIL_SECONDS, what=f"{number} mails arrived")
    return smtp.arrived[-1]


def presses(who: Visitor, words: str, number: int = 0) -> None:
    with who.page.expect_navigation():
        who.page.get_by_role("button", name=words).nth(number).click()


def in_frame(who: Visitor, number: int = 0) -> str:
    """The words of a preview's frame, which no script of the page can read."""
    frame = who.page.frame_locator("iframe").nth(number)
    return frame.locator("body").inner_text()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_text_is_mended_looked_at_and_tried(
    dominique: Visitor, place: Installation, smtp: MailServer
) -> None:
    who, page = dominique, dominique.goes_to(LIST)
    who.looks(dark=True)
    who.follows(f"a[href='{PAGE}']")

    # A fault is said at its field, where the keyboard is led; nothing typed is lost.
    page.locator("#opening-fr").fill("Bonjour, voici {webinar_title")
    page.locator("#closing-fr").fill("Votre équipe,\nde {site_name} <i>")
    page.locator("#subject-fr").press("Enter")
    page.wait_for_selector(".error-summary")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "opening-fr"
    who.looks(dark=True)

    # The preview has a real person's data, in a frame that can do nothing.
    page.locator("#opening-fr").fill("Chère {full_name}, voici {webinar_title}.")
    presses(who, "Montrer l’aperçu")
    assert page.evaluate("document.activeElement.id") == "preview"
    assert "Chère Alice Dupont, voici Un & seul." in in_frame(who)
    assert "Votre équipe,\nde L’innovation" in in_frame(who)
    assert "<i>" in in_frame(who)
    assert "Your place is kept." in in_frame(who, 1)
    assert page.locator("iframe").first.get_attribute("sandbox") == ""

    # A test leaves for who presses it, and nothing is saved by it.
    presses(who, "M’envoyer un essai")
    assert page.locator("#opening-fr").input_value().startswith("Chère {full_name}")
    who.looks(dark=True)
    tried = arrives(smtp, 2)
    assert tried.envelope_to == [EMAIL]
    assert tried.message["Subject"].startswith("[Essai] Inscription confirmée")
    assert "Chère Alice Dupont, voici Un & seul." in tried.text()
    assert place.register("essai/un", "bob@example.org").status == 200
    assert "Chère" not in arrives(smtp, 3).text()


def test_a_text_holds_until_it_is_given_back(
    dominique: Visitor, place: Installation, smtp: MailServer
) -> None:
    who, page = dominique, dominique.goes_to(PAGE)
    page.locator("#opening-fr").fill("Chère {full_name}, voici {webinar_title}.")
    presses(who, "Enregistrer")
    page.wait_for_selector(".notice--done")

    # It holds for who registers next; in the other language nothing has changed.
    assert place.register("essai/un", "eve@example.org", "Ève Noir").status == 200
    arrived = arrives(smtp, 2)
    assert "Chère Ève Noir, voici Un & seul." in arrived.text()
    assert "Chère Ève Noir, voici Un &amp; seul." in arrived.html()
    who.goes_to(LIST)
    assert page.locator("tbody tr").first.locator("td").all_inner_texts()[:2] == [
        "texte personnalisé",
        "texte habituel",
    ]

    # The usual words are two presses away, with the history beneath.
    who.goes_to(PAGE)
    page.get_by_text("Texte habituel pour").first.click()
    presses(who, "Reprendre le texte habituel")
    assert page.locator("#opening-fr").input_value().startswith("Votre place")
    page.get_by_text("Avant et après").first.click()
    who.looks(dark=True)
    assert place.register("essai/un", "fred@example.org", "Fred Roux").status == 200
    assert "Chère" not in arrives(smtp, 3).text()
