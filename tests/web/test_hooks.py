"""The address where mail servers hand notices in."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.returned import OUT_OF_OFFICE, arf, dsn
from tests.support import ALICE, NOW
from webinars.db import Database
from webinars.models import AddressStanding, DeliveryNotice, MailState, OutboxMail

SECRET = "a secret for the hook of tests"
RIGHT = {"Authorization": f"Bearer {SECRET}"}
WHERE = "/hooks/bounces"


@pytest.fixture
def hook(make_app, alice: Database) -> FlaskClient:
    """With a secret; Alice's confirmation has left."""
    with alice.write() as session:
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT, sent_at=NOW))
    app: Flask = make_app(bounce_webhook_secret=SECRET)
    return app.test_client()


def identity(database: Database) -> str:
    with database.read() as session:
        return session.scalars(sa.select(OutboxMail.message_id)).one()


def post(client: FlaskClient, raw: bytes, headers: dict[str, str] | None = None) -> TestResponse:
    return client.post(
        WHERE,
        data=raw,
        content_type="message/rfc822",
        headers=RIGHT if headers is None else headers,
    )


def stopped(database: Database) -> list[tuple[str, str | None]]:
    with database.read() as session:
        rows = session.scalars(sa.select(AddressStanding))
        return [(row.address, row.reason) for row in rows]


def test_a_notice_as_it_came(hook: FlaskClient, alice: Database) -> None:
    for expected in ("stopped", "known"):
        answer = post(hook, dsn(id_=identity(alice)))
        assert (answer.status_code, answer.json) == (200, {"outcomes": [expected]})
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
    assert stopped(alice) == [(ALICE.email, "returned")]


def test_a_complaint_and_what_is_none(hook: FlaskClient, alice: Database) -> None:
    assert post(hook, arf(id_=identity(alice))).json == {"outcomes": ["lists_left"]}
    for raw in (b"", b"\0\xff", OUT_OF_OFFICE):
        assert post(hook, raw).json == {"outcomes": []}


@pytest.mark.parametrize("brackets", [True, False])
def test_what_a_service_made_of_it(hook: FlaskClient, alice: Database, brackets: bool) -> None:
    found = identity(alice)
    said = {
        "email": " Alice@Example.org",
        "kind": "permanent",
        "reason": "550 5.1.1 unknown",
        "message_id": found if brackets else found.strip("<>"),
        "other": [1],
    }
    assert hook.post(WHERE, json=said, headers=RIGHT).json == {"outcomes": ["stopped"]}
    with alice.read() as session:
        (notice,) = session.scalars(sa.select(DeliveryNotice))
        assert (notice.status, notice.words, notice.proven) == ("5.1.1", "550 5.1.1 unknown", True)


def test_without_the_message_id_it_is_noted_only(hook: FlaskClient, alice: Database) -> None:
    said = {"email": ALICE.email, "kind": "permanent"}
    assert hook.post(WHERE, json=said, headers=RIGHT).json == {"outcomes": ["recorded"]}
    said["email"] = "nobody@example.org"
    assert hook.post(WHERE, json=said, headers=RIGHT).json == {"outcomes": ["unknown"]}
    assert stopped(alice) == [(ALICE.email, None)]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"", "the body"),
        (b"{", "the body"),
        (b"[]", "the body"),
        (b"\xff", "the body"),
        (b'"x"', "the body"),
        (b"{}", "email, kind"),
        (b'{"email": "a@b", "kind": "bounce"}', "kind"),
        (b'{"email": 1, "kind": "complaint", "reason": null}', "email, reason"),
        (b'{"email": "%s", "kind": "complaint"}' % (b"a" * 400), "email"),
        (b"[" * 100_000, "the body"),
    ],
)
def test_what_is_no_such_object_is_refused(hook: FlaskClient, body: bytes, wrong: str) -> None:
    answer = hook.post(WHERE, data=body, content_type="application/json", headers=RIGHT)
    assert answer.status_code == 400
    assert answer.json == {
        "error": f"an object with email, kind, reason, message_id is needed; wrong: {wrong}"
    }


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {SECRET[:-1]}",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET.upper()}",
        f"Basic {SECRET}",
        SECRET,
        "Bearer é",
    ],
)
def test_nobody_without_the_secret(hook: FlaskClient, alice: Database, given: str) -> None:
    answer = post(hook, dsn(id_=identity(alice)), {"Authorization": given} if given else {})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert stopped(alice) == []


def test_without_a_setting_there_is_no_such_address(client: FlaskClient, alice: Database) -> None:
    for headers in (RIGHT, {"Authorization": "Bearer "}, {}):
        assert post(client, dsn(id_=identity(alice)), headers).status_code == 404
    assert stopped(alice) == []


def test_it_takes_as_much_as_is_read_of_a_message(hook: FlaskClient, alice: Database) -> None:
    raw = dsn(id_=identity(alice))
    assert post(hook, raw + b"x" * 600_000).status_code == 413
    assert post(hook, raw + b"x" * 500_000).json == {"outcomes": ["stopped"]}


def test_looking_is_not_handing_in(hook: FlaskClient) -> None:
    assert hook.get(WHERE, headers=RIGHT).status_code == 405
