"""An organiser's first days: invited, signed in, a second factor, a forgotten password."""

import re
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import MAIL_SECONDS, Installation, until
from tests.support import MailServer
from tests.web.desk import one_time_code

pytestmark = pytest.mark.browser

CAMILLE, ROBIN = "camille@example.org", "robin@example.org"
PASSWORD, NEW_PASSWORD = "un bon mot de passe", "encore trois mots"


def press(page: Page, selector: str = "main form button[type=submit]") -> str:
    """Send a form; the path that one stands at then."""
    with page.expect_navigation():
        page.locator(selector).first.click()
    return urlsplit(page.url).path


def fill(page: Page, **typed: str) -> None:
    for name, text in typed.items():
        page.locator(f"main [name={name}]").fill(text)


def sign_in(who: Visitor, email: str, password: str, *, door: str = "/organise/sign-in") -> str:
    page = who.goes_to(door)
    fill(page, email=email, password=password)
    return press(page)


def sign_out(who: Visitor) -> None:
    assert press(who.goes_to("/organise/"), 'form[action$="/sign-out"] button').endswith("sign-in")


def link_in_mail(smtp: MailServer, number: int, kind: str) -> str:
    """The path of the link in the mail of this number, as soon as it has arrived."""
    until(lambda: len(smtp.arrived) >= number, within=MAIL_SECONDS, what=f"mail {number}")
    mail = smtp.arrived[number - 1]
    assert mail.envelope_to == [ROBIN]
    found = re.search(rf"^http://\S+?(/organise/{kind}\S*)\r?$", mail.text(), re.MULTILINE)
    assert found, mail.text()
    return found[1]


def choose(who: Visitor, path: str, password: str) -> str:
    page = who.goes_to(path)
    who.looks(dark=True)
    fill(page, password=password, password_confirm=password)
    return press(page)


def stored_hash(database_url: str, email: str) -> str:
    """The password as the database keeps it, hashed by a real process."""
    engine = sa.create_engine(database_url)
    query = sa.text("SELECT password FROM organisers WHERE email = :email")
    with engine.connect() as connection:
        found = connection.scalar(query, {"email": email})
    engine.dispose()
    return str(found)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_from_the_invitation_to_a_new_password(
    browser: Browser, place: Installation, smtp: MailServer, database_url: str
) -> None:
    place.run("organiser", "create", CAMILLE, "--password", PASSWORD)
    assert stored_hash(database_url, CAMILLE).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    place.serve()
    place.worker()
    with (
        visitor(browser, place.base_url) as camille,
        visitor(browser, place.base_url) as robin,
        visitor(browser, place.base_url) as stranger,
    ):
        invites(camille)
        path = link_in_mail(smtp, 1, "welcome/")
        assert choose(robin, path, PASSWORD) == "/organise/sign-in"
        robin.looks()
        assert sign_in(robin, ROBIN, PASSWORD) == "/organise/"
        key = turns_second_factor_on(robin)
        sign_out(robin)
        signs_in_with_code(robin, key)
        recovers(stranger, smtp)
        robin.page.goto(f"{place.base_url}/organise/account")
        assert urlsplit(robin.page.url).path == "/organise/sign-in", "the old session has ended"
        assert sign_in(stranger, ROBIN, NEW_PASSWORD) == "/organise/code"
        closes(camille)


def invites(camille: Visitor) -> None:
    """From the list of accounts."""
    sign_in(camille, CAMILLE, PASSWORD)
    page = camille.page
    page.locator('header a[href="/organise/accounts"]').click()
    assert press(page, 'main form[action="/organise/accounts"] button') == "/organise/accounts"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    camille.looks(dark=True)
    fill(page, email=ROBIN)
    press(page, 'main form[action="/organise/accounts"] button')
    assert ROBIN in page.locator("[role=status]").inner_text()
    for summary in page.locator("main summary").all():
        summary.click()
    camille.looks(dark=True)


def turns_second_factor_on(robin: Visitor) -> str:
    """By the key that stands under the picture; a wrong code first."""
    page = robin.goes_to("/organise/account")
    robin.looks(dark=True)
    robin.follows('a[href$="/second-factor"]')
    robin.looks()
    press(page)
    key = page.locator("main code").inner_text()
    picture = page.locator("main img")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    robin.looks(dark=True)
    fill(page, code="000000")
    press(page)
    assert page.locator("main code").inner_text() == key
    robin.looks()
    fill(page, code=one_time_code(key))
    assert press(page) == "/organise/account/recovery-codes"
    assert page.locator("main code").count() == 8
    robin.looks(dark=True)
    return key


def signs_in_with_code(robin: Visitor, key: str) -> None:
    """In English, and so to the English desk."""
    door = "/en/organise/sign-in"
    assert sign_in(robin, ROBIN, PASSWORD, door=door) == "/en/organise/code"
    robin.looks(dark=True)
    fill(robin.page, code=one_time_code(key, steps=1))
    assert press(robin.page) == "/en/organise/"


def recovers(stranger: Visitor, smtp: MailServer) -> None:
    """A mail, a link, a new password; then the mail that tells of it."""
    page = stranger.goes_to("/organise/sign-in")
    stranger.follows('a[href$="/recover"]')
    stranger.looks(dark=True)
    fill(page, email=ROBIN)
    press(page)
    assert ROBIN in page.locator("[role=status]").inner_text()
    stranger.looks(dark=True)
    assert choose(stranger, link_in_mail(smtp, 2, "recover/"), NEW_PASSWORD) == "/organise/sign-in"
    stranger.looks()
    assert link_in_mail(smtp, 3, "recover") == "/organise/recover"


def closes(camille: Visitor) -> None:
    """From the list; it can be opened again."""
    page = camille.goes_to("/organise/accounts")
    row = page.locator("main tbody tr").filter(has_text=ROBIN)
    row.locator("summary").click()
    with page.expect_navigation():
        row.locator('form[action$="/close"] button').click()
    row = page.locator("main tbody tr").filter(has_text=ROBIN)
    row.locator("summary").click()
    assert row.locator("form").count() == 1
    camille.looks()
