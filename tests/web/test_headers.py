"""Headers of every kind of answer."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.support import PAGE, read, tokens
from webinars.db import Database
from webinars.web.access import TABLE, Access

KINDS = [
    "/",
    "/en/",
    "/cycles/2019",
    PAGE,
    f"{PAGE}/join",
    f"{PAGE}/register",  # 302
    f"{PAGE}.ics",
    "/replays",
    "/resources",
    "/themes/no-such",  # 404
    "/no-such",
    "/me/wrong",
    "/organise/",  # 302
    "/organise/sign-in",
    "/organise/sign-out",  # 405
    "/organise/no-such",
    "/calendar.ics",
    "/announcements.atom",
    "/sitemap.xml",
    "/picture.png",
    f"{PAGE}.png",
    "/oembed",  # 400
    "/robots.txt",
    "/static/css/base.css",
    "/static/no-such.css",
    "/healthz",
    "/readyz",
    "/demo/mailbox",
    "/demo/mailbox/no-such",
    "/broken",  # 500
    "/refused",  # 403
]
FROM_MEMORY = {"/calendar.ics", f"{PAGE}.ics", "/announcements.atom", "/sitemap.xml"}


def broken() -> str:
    """A view that breaks."""
    raise RuntimeError


@pytest.fixture
def demo(make_app, alice: Database) -> Flask:
    """A demonstration with a page that breaks and one that nobody may use."""
    app: Flask = make_app(demo=True)
    app.add_url_rule("/broken", "broken", broken)
    app.add_url_rule("/refused", "refused", lambda: "never")
    return app


def policy(header: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


def test_every_answer_is_strict(demo: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "broken", Access.MACHINE)
    client, services = demo.test_client(), demo.extensions["webinars"]
    seen = set()
    page, calendar = tokens(services.database, services.links)
    for address in (*KINDS, f"/me/{page}", f"/me/{calendar}/calendar.ics"):
        with client.get(address) as answer:
            seen.add(answer.status_code)
            rules = policy(answer.headers["Content-Security-Policy"])
            assert rules["default-src"] == "'none'", address
            assert rules["frame-ancestors"] == "'none'", address
            assert rules["base-uri"] == "'none'", address
            assert rules["script-src"] == "'self'", address
            for sources in rules.values():
                assert set(sources.split()) <= {"'none'", "'self'", "data:"}, address
            assert answer.headers["X-Content-Type-Options"] == "nosniff", address
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", address
            assert "Referrer-Policy" in answer.headers, address
            from_memory = address in FROM_MEMORY  # no line in the log
            assert from_memory or len(answer.headers["X-Request-ID"]) == 16, address
            assert "Server" not in answer.headers, address
    assert seen == {200, 302, 400, 403, 404, 405, 500}


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("https://webinaires.example.org", True), ("http://127.0.0.1:8000", False)],
)
def test_https_is_demanded_only_where_it_is_spoken(make_app, base_url: str, expected: bool) -> None:
    client: FlaskClient = make_app(base_url=base_url).test_client()
    for address in ("/", "/no-such", "/healthz"):
        answer = client.get(address)
        assert ("Strict-Transport-Security" in answer.headers) is expected


def test_pages_bring_no_style_or_script_of_their_own(demo: Flask) -> None:
    client, services = demo.test_client(), demo.extensions["webinars"]
    page = tokens(services.database, services.links)[0]
    for address in (*KINDS, f"/me/{page}"):
        with client.get(address) as answer:
            if answer.mimetype != "text/html" or answer.status_code == 302:
                continue
            for element in read(answer).walk():
                assert element.tag != "style", address
                data = element.attrs.get("type") == "application/ld+json"  # which nothing runs
                assert element.tag != "script" or data or not element.text, address
                own = [a for a in element.attrs if a == "style" or a.startswith("on")]
                assert own == [], (address, element.tag)
                for name in ("src", "href", "action", "poster"):
                    value = element.attrs.get(name, "")
                    assert not value.lower().startswith("javascript:")
                    if element.tag in {"script", "img", "video", "iframe", "form", "track"}:
                        assert not value.startswith(("http", "//")), (address, value)


def test_a_host_that_is_not_ours_stands_nowhere(client: FlaskClient, site: Database) -> None:
    for address in ("/", PAGE, "/calendar.ics", "/no-such", "/organise/"):
        answer = client.get(address, headers={"Host": "evil.example"})
        assert b"evil.example" not in answer.data
        assert "evil.example" not in repr(answer.headers)


def test_a_static_file_may_be_kept_for_a_year(client: FlaskClient) -> None:
    with client.get("/static/css/base.css") as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000"
    for outside in ("/static/../config.py", "/static/%2e%2e/config.py", "/static/..%2fconfig.py"):
        assert client.get(outside).status_code == 404
