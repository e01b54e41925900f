"""Bytes that are not UTF-8: refused at their field, alike in both kinds of forms."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import APRIL, MARCH
from tests.web.desk import errors, sign_in
from tests.web.support import NOTHING, PAGE, form_values, read, rows, words
from webinars.db import Database
from webinars.domain.participants import by_email
from webinars.domain.person_fields import INVISIBLE

Typed = dict[str, str | bytes]

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
WRONG = (b"Ren\xe9e", b"\xed\xa0\x80", b"\xc3", b"Al\xff\xfe")
ADD = f"/organise/cycles/2019/webinars/{MARCH.slug}/registrations/add"
WEBINAR = f"/organise/cycles/2019/webinars/{APRIL.slug}"


def post(
    client: FlaskClient,
    address: str,
    typed: Typed,
    kind: str,
    raw: bool = False,
) -> TestResponse:
    """As a program would that knows nothing of encodings; ``raw``: without % before bytes."""
    values = {name: one.encode() if isinstance(one, str) else one for name, one in typed.items()}
    if kind == MULTIPART:
        parts = (
            b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), one)
            for name, one in values.items()
        )
        return client.post(
            address, data=b"".join(parts) + b"--b--\r\n", content_type=f"{kind}; boundary=b"
        )
    body = b"&".join(
        name.encode()
        + b"="
        + b"".join(bytes([byte]) if raw and byte > 127 else b"%%%02X" % byte for byte in one)
        for name, one in values.items()
    )
    return client.post(address, data=body, content_type=kind)


@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART])
@pytest.mark.parametrize("name", WRONG)
def test_a_name_that_is_no_text(
    client: FlaskClient, site: Database, app: Flask, kind: str, name: bytes
) -> None:
    typed: Typed = {**form_values(client), "email": "renee@example.org", "full_name": name}
    answer = post(client, f"{PAGE}/register", typed, kind)
    assert answer.status_code == 422
    assert errors(answer) == {"full_name": words(app, INVISIBLE)}
    assert rows(site) == NOTHING


def test_bytes_without_any_escape(client: FlaskClient, site: Database, app: Flask) -> None:
    typed: Typed = {**form_values(client), "email": "renee@example.org", "full_name": b"Ren\xe9e"}
    answer = post(client, f"{PAGE}/register", typed, URLENCODED, raw=True)
    assert (answer.status_code, errors(answer)) == (422, {"full_name": words(app, INVISIBLE)})
    typed["full_name"] = "Renée"
    assert post(client, f"{PAGE}/register", typed, URLENCODED, raw=True).status_code == 200
    assert rows(site) == (1, 1, 1)


@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART])
def test_a_name_with_a_percent_sign_is_kept(client: FlaskClient, site: Database, kind: str) -> None:
    name = "Ren%E9e 100 %"
    typed: Typed = {**form_values(client), "email": "renee@example.org", "full_name": name}
    assert post(client, f"{PAGE}/register", typed, kind).status_code == 200
    with site.read() as session:
        found = by_email(session, email="renee@example.org")
    assert found is not None
    assert found.full_name == name


@pytest.mark.parametrize("kind", [URLENCODED, MULTIPART])
def test_at_the_desk_too(organiser: FlaskClient, site: Database, app: Flask, kind: str) -> None:
    assert sign_in(organiser).status_code == 302
    form = read(organiser.get(ADD)).one("main").form(ADD).values()
    typed: Typed = {**form, "email": "renee@example.org", "full_name": b"Ren\xe9e"}
    answer = post(organiser, ADD, typed, kind)
    assert (answer.status_code, errors(answer)) == (422, {"full_name": words(app, INVISIBLE)})
    assert rows(site) == NOTHING

    form = read(organiser.get(WEBINAR)).one("main").form(WEBINAR).values()
    answer = post(organiser, WEBINAR, {**form, "title": b"L'\xe9t\xe9"}, kind)
    assert (answer.status_code, list(errors(answer))) == (422, ["title"])
    assert read(organiser.get(WEBINAR)).one("main").form(WEBINAR).values()["title"] == APRIL.title
