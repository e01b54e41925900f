"""The demonstration's mailbox as pages."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.support import read, words
from webinars.db import Database
from webinars.demo.mailbox import Mailbox

HTML = '<html><body><p onclick="x()">Bonjour</p><script>x()</script></body></html>'


def mail(number: int, *, html: bool = False, **headers: str) -> bytes:
    message = EmailMessage()
    usual = {
        "From": "Webinaires <webinaires@example.org>",
        "To": f"person{number}@example.org",
        "Subject": f"Sujet {number} <b>",
        "Date": f"Thu, 0{number + 1} Mar 2019 09:00:00 +0100",
    }
    for name, value in (usual | headers).items():
        message[name] = value
    message.set_content(f"Texte {number} <script>")
    if html:
        message.add_alternative(HTML, subtype="html")
    return message.as_bytes()


@pytest.fixture
def demo(make_app, database: Database, now) -> Flask:
    app: Flask = make_app(demo=True)
    return app


@pytest.fixture
def client(demo: Flask) -> FlaskClient:
    return demo.test_client()


@pytest.fixture
def box(demo: Flask) -> Mailbox:
    """Where the mails of this site arrive."""
    folder: Path = demo.extensions["webinars"].settings.instance_path
    return Mailbox(folder / "demo-mailbox")


def subjects(client: FlaskClient) -> list[str]:
    main = read(client.get("/demo/mailbox")).one("main")
    return [link.one("strong").text for link in main.all("a") if link.all("strong")]


def keys(client: FlaskClient) -> list[str]:
    return read(client.get("/demo/mailbox")).one("main").links("/demo/mailbox/")


def test_an_empty_mailbox(client: FlaskClient, demo: Flask) -> None:
    answer = client.get("/demo/mailbox")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert subjects(client) == []
    assert words(demo, "No mail yet") in read(answer).text


def test_one_and_three_mails_the_newest_first(client: FlaskClient, box: Mailbox) -> None:
    box.deliver(mail(0))
    assert subjects(client) == ["Sujet 0 <b>"]
    box.deliver(mail(1))
    box.deliver(mail(2, html=True))
    assert subjects(client) == ["Sujet 2 <b>", "Sujet 1 <b>", "Sujet 0 <b>"]


def test_a_mail_is_shown_with_its_text_and_headers(client: FlaskClient, box: Mailbox) -> None:
    box.deliver(mail(1, html=True, **{"X-Trace": "a < b"}))
    (address,) = keys(client)
    page = read(client.get(address))
    assert page.one("h1").text == "Sujet 1 <b>"
    assert "Texte 1 <script>" in page.text
    assert "X-Trace a < b" in page.text.replace("X-Tracea", "X-Trace a")
    frame = page.one("iframe")
    assert (frame.attrs["sandbox"], frame.attrs["src"]) == ("", f"{address}/html")


def test_a_mails_page_can_do_nothing(client: FlaskClient, box: Mailbox) -> None:
    box.deliver(mail(1, html=True))
    answer = client.get(f"{keys(client)[0]}/html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.split("; ") == [
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'self'",
    ]
    assert answer.mimetype == "text/html"
    assert answer.get_data(as_text=True).strip() == HTML
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_mail_without_html_has_no_page_of_its_own(client: FlaskClient, box: Mailbox) -> None:
    box.deliver(mail(1))
    (address,) = keys(client)
    assert client.get(address).status_code == 200
    assert read(client.get(address)).all("iframe") == []
    assert client.get(f"{address}/html").status_code == 404


@pytest.mark.parametrize("end", ["", "/html"])
def test_keys_that_are_none_are_not_found(client: FlaskClient, box: Mailbox, end: str) -> None:
    box.deliver(mail(1))
    for key in (
        "no-such",
        ".",
        "..",
        "%2e%2e",
        "..%2f..%2fsecret-key",
        "..%5csecret-key",
        "new",
        "cur",
        "%00",
        "*",
        "é",
        "x" * 500,
        keys(client)[0].rpartition("/")[2] + ":2,S",
        keys(client)[0].rpartition("/")[2] + "%00",
    ):
        assert client.get(f"/demo/mailbox/{key}{end}").status_code == 404, key


@pytest.mark.parametrize("date", ["yesterday", "Thu, 99 Foo 2019", "", "Thu, 07 Mar 2019 09:00:00"])
def test_a_mail_that_is_badly_written_breaks_nothing(
    client: FlaskClient, box: Mailbox, date: str
) -> None:
    raw = mail(1).replace(b"Date: Thu, 02 Mar 2019 09:00:00 +0100", f"Date: {date}".encode())
    box.deliver(raw)
    box.deliver(b"\xff\xfe not a mail")
    box.deliver(b"")
    assert client.get("/demo/mailbox").status_code == 200
    assert len(keys(client)) == 3
    for address in keys(client):
        assert client.get(address).status_code == 200


def test_a_mail_is_found_whatever_the_machine_is_called(
    client: FlaskClient, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("my_machine", "host.example.org", "Host-1"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        box.deliver(mail(1))
    assert len(keys(client)) == 3
    for address in keys(client):
        assert client.get(address).status_code == 200


def test_elsewhere_there_is_no_mailbox(make_app) -> None:
    client = make_app().test_client()
    for address in ("/demo/mailbox", "/demo/mailbox/x", "/demo/mailbox/x/html", "/demo/"):
        assert client.get(address).status_code == 404
