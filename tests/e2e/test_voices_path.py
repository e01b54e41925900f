"""From the mail of a survey to next year's plan: answer, wish, moderate, support, draft."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from tests.e2e.browsing import Visitor, visitor
from tests.e2e.support import Installation
from tests.support import MailServer, person, plan_of, published, register
from webinars import clock
from webinars.db import Database
from webinars.domain.plan import PlannedSession
from webinars.models import Registration, RegistrationStatus

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DONE = "[role=status]"


@pytest.fixture
def served(place: Installation, database_url: str) -> Installation:
    """A webinar that ended a day ago; two people came. Nothing is planned for the next year."""
    start = (
        (clock.now() - DAY - 3 * HOUR).astimezone(ZoneInfo("Europe/Paris")).replace(microsecond=0)
    )
    session = PlannedSession(
        slug="hier", date=start.date(), title="Hier", starts_at=start.time().replace(tzinfo=None)
    )
    database = Database(database_url)
    with database.write() as rows:
        published(rows, plan_of(session, slug="cycle", year=start.year), now=start - 9 * DAY)
        for number in range(2):
            register(rows, person(number), cycle="cycle", webinar="hier", now=start - 8 * DAY)
        rows.execute(sa.update(Registration).values(status=RegistrationStatus.ATTENDED))
    database.dispose()
    place.run("organiser", "create", EMAIL, "--password", PASSWORD)
    place.serve()
    return place


def surveys(served: Installation, smtp: MailServer) -> list[str]:
    """Send what is due; the path of the survey in the mail to each person."""
    served.run("worker", "--once")
    found = {}
    for arrived in smtp.arrived:
        link = re.search(r"/me/[\w.~-]+/survey/cycle/hier", arrived.text())
        if link:
            found[arrived.envelope_to[0]] = link[0]
    return [found[f"person{number}@example.org"] for number in range(2)]


def presses(who: Visitor, selector: str) -> None:
    with who.page.expect_navigation():
        who.page.locator(f"main {selector}").click()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_a_wish_and_a_plan(
    browser: Browser, served: Installation, smtp: MailServer
) -> None:
    first, second = surveys(served, smtp)
    with visitor(browser, served.base_url) as who:
        page = who.goes_to(first)
        who.looks(dark=True)
        page.locator("[name=q0][value='5']").check()
        page.locator("[name=q2]").fill("Merci.")
        presses(who, "form.survey button")
        assert page.locator("form.survey").count() == 0
        who.looks()

        page = who.goes_to(f"{first.partition('/survey')[0]}/wishes")
        page.locator("#title").fill("L’eau des territoires")
        presses(who, "form:has(#title) button")
        assert page.locator(DONE).is_visible()
        who.looks(dark=True)
        assert who.goes_to("/wishes").locator(".wish").count() == 0

        who.signs_in(EMAIL, PASSWORD)
        page = who.goes_to("/organise/wishes/")
        page.locator("main details summary").first.click()
        who.looks(dark=True)
        presses(who, "button[value=publish]")

        with visitor(browser, served.base_url) as other:
            page = other.goes_to("/wishes")
            assert page.locator(".wish__count strong").inner_text() == "1"
            other.looks(dark=True)
            other.goes_to(f"{second.partition('/survey')[0]}/wishes")
            presses(other, "form[action$='/wishes/support'] button")
            assert other.page.locator(".wish__count strong").inner_text() == "2"
            other.must_be_content()

        page = who.goes_to("/organise/cycles/new")
        page.locator("summary", has_text="ouhaits").click()
        page.locator("[name=wish]").check()
        presses(who, "button[formmethod=post]")
        assert "L’eau des territoires" in page.locator("main .months").inner_text()
        for path in ("surveys", "surveys/each", "webinars/hier/survey/answers"):
            who.goes_to(f"/organise/cycles/cycle/{path}")
            who.looks(dark=path == "surveys")
        who.must_be_content()
