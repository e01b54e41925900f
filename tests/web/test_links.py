"""The desk's list of addresses that do not answer."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import NOW
from tests.web.desk import sign_in
from tests.web.support import Element, read, words
from webinars.db import Database
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.link_checks import Answer, note
from webinars.models import LinkState
from webinars.web.links import STATES

DESK = "/organise/library/links"


@pytest.fixture
def desk(organiser: FlaskClient, database: Database) -> FlaskClient:
    """One resource with an address; Dominique has signed in."""
    text = '[[resources]]\nslug = "r"\ntitle = "R <b>"\nkind = "k"\nurl = "https://example.org/x"\n'
    with database.write() as session:
        import_library(session, files=[SourceFile("r.toml", text)], now=NOW)
    assert sign_in(organiser).status_code == 302
    return organiser


def noted(database: Database, answer: Answer) -> None:
    with database.write() as session:
        note(session, answers={"https://example.org/x": answer}, now=NOW)


def main(client: FlaskClient) -> Element:
    return read(client.get(DESK)).one("main")


def test_before_the_first_look_the_command_is_named(desk: FlaskClient, app: Flask) -> None:
    page = main(desk)
    assert words(app, "The addresses were never asked") in page.text
    assert page.one("code").text == "webinars library check-links"


def test_all_that_answer_are_said_to(desk: FlaskClient, app: Flask, database: Database) -> None:
    noted(database, Answer(LinkState.ANSWERS, 200))
    page = main(desk)
    assert words(app, "Every address that was asked answers") in page.text
    assert page.all("li") == []


@pytest.mark.parametrize("state", [state for state in LinkState if state != "answers"])
def test_what_does_not_answer_is_listed_in_words(
    desk: FlaskClient, app: Flask, database: Database, state: LinkState
) -> None:
    moved_to = "https://example.org/new" if state is LinkState.MOVED else None
    noted(database, Answer(state, 404, moved_to))
    (line,) = main(desk).all("li")
    with app.test_request_context():
        assert line.one("strong").text == " ".join(str(STATES[state]).split())
    assert line.links("/resources/") == ["/resources/r"]
    assert line.links("https:") == ["https://example.org/x", *([moved_to] if moved_to else [])]
