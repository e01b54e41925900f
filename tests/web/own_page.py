"""Somebody's own page as tests use it: its address, its buttons, its headers."""

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import ALICE
from tests.web.support import Element, read, tokens
from webinars.db import Database
from webinars.domain import participants
from webinars.domain.registration_lists import list_registrations
from webinars.models import Participant
from webinars.services import Services

SECRETIVE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
NO_SECRET = (
    "This personal link opens nothing. A mail program may have cut it off, or what was kept "
    "behind it has been erased. Have your link sent again to the address that you "
    "registered with."
)
CALENDAR_REPLACED = (
    "This calendar address was replaced. The new one stands on your personal page: subscribe "
    "to it, and remove this one from your calendar."
)
ACTS = ("cancel", "confirm", "cancel-all", "calendar", "link", "details", "erase")
"""Everything that can be posted below a personal page."""


def own(services: Services, email: str = ALICE.email) -> str:
    """The address of somebody's page."""
    return f"/me/{tokens(services.database, services.links, email)[0]}"


def press(client: FlaskClient, page: str, act: str, *, on: str = "", **typed: str) -> TestResponse:
    """Send a form of the page, or of the page ``on`` below it, with what is typed into it."""
    form = read(client.get(f"{page}{on}")).form(f"{page}/{act}")
    return client.post(f"{page}/{act}", data=form.values() | typed)


def statuses(database: Database, webinar: str) -> list[tuple[str, str]]:
    """Who stands where, in the order of arrival."""
    with database.read() as session:
        listed = list_registrations(session, cycle_slug="2019", webinar_slug=webinar)
        return [(row.email.partition("@")[0], row.status.value) for row in listed]


def kept(database: Database, email: str = ALICE.email) -> Participant:
    """The person's row."""
    with database.read() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        return person


def notice(page: Element) -> str:
    """What the page says was done."""
    return page.one("div", role="status").text


def assert_private(answer: TestResponse) -> None:
    """For one person's eyes, whatever the answer is."""
    assert {name: answer.headers[name] for name in SECRETIVE} == SECRETIVE
    assert "Set-Cookie" not in answer.headers
    assert "ETag" not in answer.headers
