"""The year board as an organiser uses it: cards are read, forms are filled in and sent."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import HOST, NOW
from tests.web.desk import PASSWORD, sign_in
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain import history, planning, publication
from webinars.domain.editing import Editor

BOARD = "/organise/cycles/2019/"
COLLEAGUE = "bob@example.org"


def board_of(client: FlaskClient, path: str = BOARD) -> Element:
    """The board's content."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return read(answer).one("main")


def card(page: Element, slug: str) -> Element:
    """The card of a webinar."""
    return page.one("article", id=slug)


def badges(page: Element, slug: str) -> list[str]:
    """The words of a card's badges."""
    return [one.text for one in card(page, slug).one("ul", class_="badges").all("li")]


def seen(page: Element) -> str:
    """The version of the draft that the page shows."""
    versions = {one.attrs["value"] for one in page.all("input", name="seen")}
    assert len(versions) == 1, versions
    return versions.pop()


def act(client: FlaskClient, name: str, path: str = BOARD, **fields: Any) -> TestResponse:
    """Send a form of the board as it is now, with these fields."""
    page = board_of(client, path)
    token = page.all("input", name="csrf_token")[0].attrs["value"]
    return client.post(path + name, data={"csrf_token": token, "seen": seen(page)} | fields)


def as_colleague(client: FlaskClient) -> FlaskClient:
    """Somebody else, signed in elsewhere."""
    other = client.application.test_client()
    assert sign_in(other, email=COLLEAGUE, password=PASSWORD).status_code == 302
    return other


def dates(database: Database, cycle: str = "2019") -> dict[str, str]:
    """The draft: slug to date, as month and day, in order."""
    with database.read() as session:
        draft = planning.find_cycle(session, slug=cycle).draft
        return {row.slug: f"{row.date:%m-%d}" for row in planning.in_order(draft)}


def drafted(database: Database, slug: str, name: str, cycle: str = "2019") -> Any:
    """One field of the draft."""
    with database.read() as session:
        draft = planning.find_cycle(session, slug=cycle).draft
        return next(getattr(row, name) for row in draft.sessions if row.slug == slug)


def acts(database: Database, cycle: str = "2019") -> list[str]:
    """What the trail says of the cycle, the latest first."""
    with database.read() as session:
        return [one.act.value for one in history.history(session, cycle_slug=cycle).acts]


def publish(database: Database, cycle: str = "2019") -> None:
    """Make the draft public."""
    with database.write() as session:
        publication.publish(session, cycle_slug=cycle, host=HOST, now=NOW)


EDITOR = Editor(actor=COLLEAGUE, now=NOW)
"""The colleague, on whatever version there is."""
