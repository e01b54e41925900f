"""The mails about accounts of the desk, as they arrive.

The snapshots are for people to read: subject, then the plain text. After a change of words,
``UPDATE_SNAPSHOTS=1 pytest tests/mail/test_account_mails.py`` writes them anew.
"""

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import HOST, NOW, MailServer
from webinars.domain import account_mails, organisers, outbox
from webinars.mail.letters import Letter, NotToBeSent
from webinars.mail.messages import compose
from webinars.models import MailKind, MailState, Organiser, OutboxMail
from webinars.services import Services
from webinars.worker import Worker

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"
WIDTH = 72
ZOE = "zoe@example.org"
KINDS = {
    MailKind.INVITATION: "/organise/welcome/",
    MailKind.PASSWORD_RESET: "/organise/recover/",
    MailKind.PASSWORD_CHANGED: "/organise/recover",
}
UNIQUIFIER = "0" * 32

# The words do not depend on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Write = Callable[[MailKind, str], Letter]


def owe(session: sa.orm.Session, kind: MailKind, language: str) -> None:
    organiser = organisers.create_organiser(
        session,
        email=ZOE,
        password_hash=None if kind is MailKind.INVITATION else "a hash",
        roles=("organiser",),
        language=language,
        now=NOW,
    )
    organiser.fs_uniquifier = UNIQUIFIER
    session.flush()
    owing: dict[MailKind, Callable[..., object]] = {
        MailKind.INVITATION: account_mails.owe_invitation,
        MailKind.PASSWORD_RESET: account_mails.owe_reset,
        MailKind.PASSWORD_CHANGED: account_mails.owe_notice,
    }
    owing[kind](session, organiser=organiser, host=HOST, now=NOW)


@pytest.fixture
def write(app: Flask, services: Services, now: datetime) -> Write:
    """Builds the mail of a kind for somebody who reads this language."""

    def build(kind: MailKind, language: str) -> Letter:
        with services.database.write() as session:
            owe(session, kind, language)
        with app.app_context(), services.database.read() as session:
            mail = session.scalars(sa.select(OutboxMail)).one()
            return compose(session, mail=mail, services=services, now=NOW)

    return build


def button(letter: Letter) -> str:
    """Where the one button leads."""
    (found,) = re.findall(r'<a class="button"[^>]*href="([^"]+)"', letter.html)
    return str(found)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_subject_and_text(kind: MailKind, language: str, write: Write) -> None:
    letter = write(kind, language)
    path = SNAPSHOTS / f"{kind.value}.{language}.txt"
    # The token tells when it was made.
    text = re.sub(r"/(recover|welcome)/\S+", r"/\1/…", letter.text)
    written = f"{letter.subject}\n\n{text}"
    if UPDATE:
        path.write_text(written, "utf-8")

    assert path.is_file(), f"UPDATE_SNAPSHOTS=1 writes {path.name}"
    assert written == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_button_and_its_plain_address(kind: MailKind, language: str, write: Write) -> None:
    letter = write(kind, language)
    prefix = "/en" if language == "en" else ""
    address = button(letter)

    assert address.startswith(f"https://{HOST}{prefix}{KINDS[kind]}")
    assert f">{address}</a>" in letter.html, "the plain address stands beneath the button"
    assert address in letter.text.splitlines()
    assert (letter.to_name, letter.to_address) == ("", ZOE)
    assert not re.search(r"<(script|img|link|iframe|form)\b|url\(|src=", letter.html)
    assert not re.search(r"[{}]|%\(|None|Undefined|&#|&amp;|<", letter.text)
    assert "\n\n\n" not in letter.text
    long = [line for line in letter.text.splitlines() if len(line) > WIDTH]
    assert [line for line in long if not line.startswith("https://")] == []
    assert max(len(line.encode()) for line in letter.html.splitlines()) <= 998


@pytest.mark.parametrize("kind", KINDS)
def test_it_speaks_of_no_registration(kind: MailKind, write: Write) -> None:
    letter = write(kind, "en")
    assert not re.search(r"registration|/me/|webinar’s page", letter.text + letter.html)


def test_a_reset_that_waited_too_long_does_not_leave(
    app: Flask, services: Services, now: datetime
) -> None:
    with services.database.write() as session:
        owe(session, MailKind.PASSWORD_RESET, "fr")
    with app.app_context(), services.database.read() as session:
        mail = session.scalars(sa.select(OutboxMail)).one()
        late = NOW + timedelta(hours=1)
        with pytest.raises(NotToBeSent, match=outbox.EXPIRED):
            compose(session, mail=mail, services=services, now=late)


@pytest.fixture
def worker(make_app: Callable[..., Flask], smtp: MailServer) -> Worker:
    """A worker that really hands over."""
    return Worker(make_app(mail_server="127.0.0.1", mail_port=smtp.port))


def ledger(services: Services) -> list[tuple[str, MailState, str | None]]:
    with services.database.read() as session:
        rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
        return [(row.kind.value, row.state, row.reply) for row in rows]


def test_a_worker_hands_it_over(
    worker: Worker, services: Services, smtp: MailServer, now: datetime
) -> None:
    with services.database.write() as session:
        owe(session, MailKind.PASSWORD_RESET, "fr")
    worker.tick()
    assert ledger(services) == [("password_reset", MailState.SENT, "250 taken as 1")]
    (mail,) = smtp.arrived
    assert mail.envelope_to == [ZOE]
    assert mail.message["To"] == ZOE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"active": False}, "the account is closed"),
        ({"fs_uniquifier": "1" * 32}, "the password has changed since"),
    ],
)
def test_what_is_no_longer_true_does_not_leave(
    worker: Worker,
    services: Services,
    smtp: MailServer,
    now: datetime,
    change: dict[str, object],
    reason: str,
) -> None:
    with services.database.write() as session:
        owe(session, MailKind.PASSWORD_RESET, "fr")
        session.execute(sa.update(Organiser).values(**change))
    worker.tick()
    assert ledger(services) == [("password_reset", MailState.FAILED, reason)]
    assert smtp.arrived == []
