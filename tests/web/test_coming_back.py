"""After leaving a cycle: one button back to all of it, and what is cancelled is folded."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.domain.scoping import join
from tests.support import ALICE, APRIL, MARCH, MAY, register
from tests.web.own_page import own, press, statuses
from tests.web.support import END, read, words
from webinars.db import Database
from webinars.services import Services

ALL = (MARCH, APRIL, MAY)


@pytest.fixture
def left(client: FlaskClient, site: Database, services: Services) -> str:
    """Alice's page, after she has left the cycle."""
    with site.write() as session:
        join(session)
    page = own(services)
    assert press(client, page, "leave-cycle").status_code == 303
    return page


def where(database: Database) -> list[list[tuple[str, str]]]:
    return [statuses(database, planned.slug) for planned in ALL]


def test_one_button_leads_back_and_the_cancelled_ones_are_folded(
    client: FlaskClient, app: Flask, site: Database, left: str
) -> None:
    page = read(client.get(left))
    assert words(app, "You are not registered for any webinar") in page.text
    fold = page.by_id("my-cancelled")
    assert "open" not in fold.attrs
    assert len(fold.all("li")) == len(ALL)
    assert client.post(f"{left}/come-back", data={"cycle": "2019"}).status_code == 400
    assert where(site) == [[("alice", "cancelled")]] * 3
    answer = press(client, left, "come-back")
    assert answer.headers["Location"].endswith("done=come_back")
    assert where(site) == [[("alice", "confirmed")]] * 3
    page = read(client.get(left))
    assert page.all(id="my-cancelled") == []
    assert [f for f in page.all("form") if f.attrs["action"] == f"{left}/come-back"] == []


def test_what_stands_alone_stays(
    client: FlaskClient, app: Flask, site: Database, services: Services, left: str
) -> None:
    with site.write() as session:
        register(session, ALICE, webinar=APRIL.slug)
    page = read(client.get(left))
    assert len(page.by_id("my-cancelled").all("li")) == 2
    assert words(app, "You are not registered for any webinar") not in page.text
    assert press(client, left, "come-back").status_code == 303
    assert where(site) == [[("alice", "confirmed")]] * 3


def test_twice_and_too_late(client: FlaskClient, site: Database, left: str, at) -> None:
    values = read(client.get(left)).form(f"{left}/come-back").values()
    for _ in range(2):
        assert client.post(f"{left}/come-back", data=values).status_code == 303
    assert client.post(f"{left}/come-back", data=values | {"cycle": "1999"}).status_code == 404
    press(client, left, "leave-cycle")
    at(END.replace(month=12))
    page = read(client.get(left))
    assert [f for f in page.all("form") if f.attrs["action"] == f"{left}/come-back"] == []
