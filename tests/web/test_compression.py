"""Answers for those who take gzip."""

import gzip

import pytest
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from tests.web.support import PAGE, tokens
from webinars.db import Database
from webinars.services import Services

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
TAGGED = ["/", "/en/", "/cycles/2019", "/replays", "/calendar.ics", "/static/css/base.css"]


def ask(client: FlaskClient, address: str, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.get(address, headers=GZIP | named) as answer:
        answer.get_data()
        return answer


def is_packed(answer: Response) -> bool:
    return answer.headers.get("Content-Encoding") == "gzip"


@pytest.mark.parametrize("address", [*TAGGED, PAGE])
def test_public_answers_are_packed(client: FlaskClient, site: Database, address: str) -> None:
    with client.get(address) as plain:
        packed = ask(client, address)
        assert not is_packed(plain)
        assert is_packed(packed)
        assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
        for answer in (plain, packed):
            assert answer.status_code == 200
            assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
        same = {"Content-Type", "Cache-Control", "Last-Modified"}
        assert {k: v for k, v in plain.headers.items() if k in same} == {
            k: v for k, v in packed.headers.items() if k in same
        }
        if address != PAGE:  # its form has a token of its own each time
            assert gzip.decompress(packed.data) == plain.data
            assert ask(client, address).data == packed.data


@pytest.mark.parametrize("address", TAGGED)
def test_each_form_has_its_tag(client: FlaskClient, site: Database, address: str) -> None:
    with client.get(address) as plain:
        tag = plain.headers["ETag"]
    packed = ask(client, address).headers["ETag"]
    assert packed == f'{tag[:-1]}-gzip"'
    for sent in (packed, f"W/{packed}", f'"x", {packed}'):
        answer = ask(client, address, If_None_Match=sent)
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == packed
        assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
    assert ask(client, address, If_None_Match='"x-gzip"').status_code == 200
    with client.get(address, headers={"If-None-Match": packed}) as answer:
        assert answer.status_code == 200  # who takes no gzip has no use for that form
    with client.get(address, headers={"If-None-Match": tag}) as answer:
        assert answer.status_code == 304
        assert answer.headers.getlist("Vary") == ["Accept-Encoding"]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("gzip", True),
        ("br, gzip;q=0.1", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity", False),
    ],
)
def test_only_who_takes_gzip_gets_it(
    client: FlaskClient, site: Database, accepted: str, expected: bool
) -> None:
    assert is_packed(ask(client, "/", Accept_Encoding=accepted)) is expected


def test_what_gains_nothing_is_left(client: FlaskClient, site: Database) -> None:
    assert not is_packed(ask(client, "/robots.txt"))
    for address in ("/no-such", "/cycles/no-such", "/static/fonts/none.woff2", "/healthz"):
        answer = ask(client, address)
        assert not is_packed(answer)
        assert "Vary" not in answer.headers
    part = ask(client, "/static/css/base.css", Range="bytes=0-1999")
    assert (part.status_code, len(part.data), is_packed(part)) == (206, 2000, False)


def test_what_is_one_persons_is_never_packed(
    client: FlaskClient, alice: Database, services: Services
) -> None:
    page, calendar = tokens(alice, services.links)
    for address in (
        f"/me/{page}",
        f"/me/{calendar}/calendar.ics",
        f"{PAGE}/join?t={page}",
        "/organise/sign-in",
    ):
        answer = ask(client, address)
        assert answer.status_code == 200
        assert not is_packed(answer)
        assert "Accept-Encoding" not in answer.headers.getlist("Vary")


def test_head_tells_the_same(client: FlaskClient, site: Database) -> None:
    head = client.head("/", headers=GZIP)
    asked = ask(client, "/")
    assert head.data == b""
    for name in ("ETag", "Content-Encoding", "Content-Length", "Vary"):
        assert head.headers[name] == asked.headers[name]
