"""Errors are pages that say what to do, in both languages, with the number of the request."""

import sqlite3

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask, abort
from flask.testing import FlaskClient
from werkzeug.exceptions import UnsupportedMediaType, default_exceptions

from tests.support import ALICE
from tests.web.support import PAGE, read, words
from webinars.db import Database
from webinars.web.access import TABLE, Access
from webinars.web.errors import PAGES


@pytest.fixture
def faulty(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application with addresses that end in each error."""

    def fail(code: int) -> str:
        abort(code)

    def broken(secret: str) -> str:
        assert secret != app.import_name
        raise RuntimeError("the wheels came off")

    app.add_url_rule("/fail/<int:code>", "fail", fail, methods=["GET", "POST"])
    app.add_url_rule("/broken/<secret>", "broken", broken, methods=["GET", "POST"])
    monkeypatch.setitem(TABLE, "fail", Access.PUBLIC)
    monkeypatch.setitem(TABLE, "broken", Access.PUBLIC)
    return app


@pytest.mark.parametrize(("prefix", "language"), [("", "fr"), ("/en", "en")])
def test_each_error_is_a_page(faulty: Flask, site: Database, prefix: str, language: str) -> None:
    client = faulty.test_client()
    for code in (400, 403, 404, 405, 409, 410, 413, 429, 500):
        answer = client.get(f"{prefix}/fail/{code}")
        page = read(answer)
        assert answer.status_code == code
        assert answer.mimetype == "text/html"
        assert answer.headers["Cache-Control"] == "no-store"
        assert page.one("html").attrs["lang"] == language
        title, sentence = (str(text) for text in _source(code))
        assert page.one("h1").text == words(faulty, title, language)
        assert words(faulty, sentence, language) in page.text
        assert answer.headers["X-Request-ID"] in page.text
        assert f"{prefix}/" in page.links("/")
        programme = page.links(f"{prefix}/cycles/2019/")
        assert (programme != []) is (code in (404, 410))


def _source(code: int) -> tuple[str, str]:
    """The English of a page: what its texts are looked up by."""
    title, sentence = PAGES[code]
    return title._args[0], sentence._args[0]


def test_other_errors_are_pages_too(faulty: Flask, site: Database) -> None:
    client = faulty.test_client()
    assert UnsupportedMediaType.code == 415
    for code in sorted(set(default_exceptions) - set(PAGES)):
        answer = client.get(f"/fail/{code}")
        assert answer.status_code == code
        assert read(answer).one("h1").text == words(faulty, _source(400 if code < 500 else 500)[0])


def test_methods_that_an_address_does_not_know(client: FlaskClient, site: Database) -> None:
    for method, address, allowed in (
        ("GET", "/me/wrong/cancel", {"POST", "OPTIONS"}),
        ("POST", "/", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", PAGE, {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/calendar.ics", {"GET", "HEAD", "OPTIONS"}),
    ):
        answer = client.open(address, method=method)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == allowed


def test_what_breaks_is_logged_once_and_says_nothing(faulty: Flask, site: Database) -> None:
    client = faulty.test_client()
    with structlog.testing.capture_logs() as logs:
        answer = client.post(
            "/broken/s3cret-path?t=s3cret-query",
            data={"email": "alice@example.org"},
            headers={"Authorization": "s3cret-header", "Referer": "/me/s3cret-referrer"},
        )
    assert answer.status_code == 500
    text = answer.get_data(as_text=True)
    assert "wheels" not in text
    assert "Traceback" not in text
    errors = [log for log in logs if log["log_level"] == "error"]
    assert [(log["event"], log["route"]) for log in errors] == [
        ("unexpected_error", "/broken/<secret>")
    ]
    assert errors[0]["id"] == answer.headers["X-Request-ID"]
    assert "s3cret" not in repr(logs)
    assert "alice" not in repr(logs)


def test_an_error_of_the_database_tells_no_address(
    client: FlaskClient, site: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_values: object) -> None:
        with site.write() as session:
            session.execute(sa.text("INSERT INTO nowhere VALUES (:a)"), {"a": ALICE.email})

    monkeypatch.setattr("webinars.web.public.programme.home", refuse)
    with structlog.testing.capture_logs() as logs:
        assert client.get("/").status_code == 500
    error = next(log for log in logs if log["event"] == "unexpected_error")
    shown = structlog.processors.format_exc_info(None, "", dict(error))
    assert "nowhere" in str(shown["exception"])
    assert "alice" not in str(shown["exception"])


def test_an_error_page_needs_no_database(
    faulty: Flask, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    def gone() -> None:
        raise sa.exc.OperationalError("SELECT", {}, sqlite3.OperationalError("gone"))

    monkeypatch.setattr(type(database), "reading_session", lambda _self: gone())
    client = faulty.test_client()
    assert client.get("/fail/404").status_code == 404
    assert client.get("/").status_code == 500
    assert read(client.get("/cycles/2019")).one("h1").text == words(faulty, _source(500)[0])
