"""Signing in to the desk, as a person does it: forms are fetched, filled in and sent."""

import base64
import hashlib
import hmac
import re
import struct
import time
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from werkzeug.test import TestResponse

from tests.support import HOST, NOW
from tests.web.support import Element, read
from webinars.db import Database
from webinars.domain.organisers import ROLES, create_organiser
from webinars.mail.messages import compose
from webinars.models import AuditEntry, MailKind, Organiser, OutboxMail

DOOR = "/organise/sign-in"
RECOVER = "/organise/recover"
CODE = "/organise/code"
EMAIL, PASSWORD = "dominique@example.org", "un bon mot de passe"
ADMINISTRATOR = "camille@example.org"
NEW_PASSWORD = "encore trois mots"


def make_account(app: Flask, email: str, *, administrator: bool = False) -> None:
    """Somebody who can sign in with the password of the tests."""
    database: Database = app.extensions["webinars"].database
    with app.app_context(), database.write() as session:
        create_organiser(
            session,
            email=email,
            password_hash=hash_password(PASSWORD),
            roles=tuple(ROLES) if administrator else ("organiser",),
            now=NOW,
        )


def form_of(client: FlaskClient, page: str, action: str | None = None) -> dict[str, str]:
    """What the form of a page holds before anything is typed."""
    main = read(client.get(page)).one("main")
    return (main.form(action) if action else main.one("form")).values()


def send(client: FlaskClient, page: str, action: str | None = None, **typed: str) -> TestResponse:
    """Fill in the form of a page and send it."""
    main = read(client.get(page)).one("main")
    form = main.form(action) if action else main.one("form")
    assert form.attrs["method"].lower() == "post"
    return client.post(form.attrs["action"], data=form.values() | typed)


def sign_in(client: FlaskClient, door: str = DOOR, **changes: str) -> TestResponse:
    """With the address and the password of Dominique, but for the changes."""
    return send(client, door, **({"email": EMAIL, "password": PASSWORD} | changes))


def signed_in(client: FlaskClient) -> bool:
    """Whether the desk opens."""
    return client.get("/organise/").status_code == 200


def mails(database: Database, kind: MailKind | None = None) -> list[tuple[str, str]]:
    """Kind and recipient of what is owed, the oldest first."""
    with database.read() as session:
        return [
            (mail.kind.value, mail.recipient.email)
            for mail in session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
            if kind is None or mail.kind is kind
        ]


def link_of(app: Flask, kind: MailKind) -> str:
    """The path that the latest mail of a kind leads to, made as a worker makes it."""
    services = app.extensions["webinars"]
    with app.app_context(), services.database.read() as session:
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id.desc())
        ).first()
        assert mail is not None
        letter = compose(session, mail=mail, services=services, now=services.moment().now)
    found = re.search(rf"https://{HOST}(/\S*/(?:recover|welcome)/\S+)", letter.text)
    assert found, letter.text
    return found[1]


def trail(database: Database) -> list[tuple[str, str, str | None]]:
    """Who did what to which account, the oldest first."""
    with database.read() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.actor, entry.act.value, entry.subject) for entry in entries]


def account(database: Database, email: str = EMAIL) -> Organiser:
    """The row of an account."""
    with database.read() as session:
        return session.scalars(sa.select(Organiser).where(Organiser.email == email)).one()


def change(database: Database, email: str = EMAIL, **values: Any) -> None:
    """Write into an account, past every rule."""
    with database.write() as session:
        session.execute(sa.update(Organiser).where(Organiser.email == email).values(**values))


def forget_freshness(client: FlaskClient) -> None:
    """The password was typed an hour ago."""
    with client.session_transaction("/organise/") as session:
        session["fs_paa"] = time.time() - 3600  # noqa: TID251  (the library's clock)
        session.pop("fs_gexp", None)


def said(answer: TestResponse) -> str:
    """The words of the page's content."""
    return read(answer).one("main").text


def errors(answer: TestResponse) -> dict[str, str]:
    """The wrong fields with the words that stand at each; the summary leads to all of them."""
    main = read(answer).one("main")
    found: dict[str, str] = {}
    for field in main.all("input", "select", **{"aria-invalid": "true"}):
        described = field.attrs["aria-describedby"].split()
        found[field.attrs["name"]] = main.by_id(described[-1]).text
    summary = main.one("div", role="alert")
    targets = [main.by_id(link.attrs["href"][1:]) for link in summary.all("a")]
    assert [target.attrs["name"] for target in targets] == list(found)
    return found


def alert(answer: TestResponse) -> Element:
    """The summary or the alarm of a page."""
    return read(answer).one("main").one("div", role="alert")


def one_time_code(key: str, *, steps: int = 0) -> str:
    """What an authenticator app shows (RFC 6238, with SHA-1, six digits, 30 seconds)."""
    raw = base64.b32decode(key.replace("-", ""))
    counter = int(time.time()) // 30 + steps  # noqa: TID251  (the telephone's clock)
    digest = hmac.new(raw, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"
