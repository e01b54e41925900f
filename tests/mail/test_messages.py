"""The words of the mails, as they arrive.

The snapshots are for people to read: subject, then the plain text. After a change of words,
``UPDATE_SNAPSHOTS=1 pytest tests/mail/test_messages.py`` writes them anew.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import APRIL, HOUSE, NOW, load_2019, load_library, plan_of, published, register
from webinars.domain import outbox
from webinars.domain.people import Person
from webinars.mail.letters import Letter
from webinars.mail.messages import compose
from webinars.models import (
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)
from webinars.services import Services

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"
WIDTH = 72

WEBINAR = replace(
    APRIL,
    title="Écosystèmes & stratégies : « l’été » à Nîmes",
    exception_of=APRIL.date + timedelta(days=-7),
    reason="Pâques",
)
START = datetime.fromisoformat("2019-04-18T13:00+02:00")

MALICIOUS = '<script>alert("evil.example")</script> Zoé'
QUOTED = 'Zoé "Zaza" O\'Neil-Ünal'

# The words do not depend on the kind of database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class Case:
    """One mail in one situation."""

    kind: MailKind
    status: RegistrationStatus | None = RegistrationStatus.CONFIRMED
    now: datetime = NOW
    about_webinar: bool = True
    waiting_before: int = 0
    name: str = MALICIOUS


CASES = {
    "confirmation": Case(MailKind.CONFIRMATION),
    "confirmation-pending": Case(MailKind.CONFIRMATION, RegistrationStatus.PENDING),
    "waiting_list": Case(MailKind.WAITING_LIST, RegistrationStatus.WAITLISTED, waiting_before=2),
    "confirmation-open": Case(MailKind.CONFIRMATION, now=START - timedelta(minutes=10)),
    "confirmation-begun": Case(MailKind.CONFIRMATION, now=START + timedelta(minutes=20)),
    "confirmation-pending-begun": Case(
        MailKind.CONFIRMATION, RegistrationStatus.PENDING, now=START + timedelta(minutes=20)
    ),
    "waiting_list-begun": Case(
        MailKind.WAITING_LIST, RegistrationStatus.WAITLISTED, now=START + timedelta(minutes=20)
    ),
    "promotion": Case(MailKind.PROMOTION),
    "cancellation": Case(MailKind.CANCELLATION, RegistrationStatus.CANCELLED),
    "promotion-begun": Case(MailKind.PROMOTION, now=START + timedelta(minutes=1)),
    "link-begun": Case(
        MailKind.LINK, RegistrationStatus.ATTENDED, now=START + timedelta(minutes=20)
    ),
    "link": Case(MailKind.LINK),
    "link-not-registered": Case(MailKind.LINK, None),
    "link-without-webinar": Case(MailKind.LINK, None, about_webinar=False),
    "reminder-in-a-week": Case(MailKind.REMINDER, now=START - timedelta(days=7)),
    "reminder-tomorrow": Case(MailKind.REMINDER, now=START - timedelta(hours=24), name=QUOTED),
    "reminder-today": Case(MailKind.REMINDER, now=START - timedelta(hours=1)),
}

Write = Callable[[Case, str], Letter]


@pytest.fixture
def write(app: Flask, services: Services, at: Callable[[datetime], None]) -> Write:
    """Builds the mail of a case for a person who reads this language."""

    def build(case: Case, language: str) -> Letter:
        with services.database.write() as session:
            published(session, plan_of(WEBINAR, title="Cycle « 2019 »"))
            load_library(session, "themes.toml")
            for number in range(case.waiting_before):
                _registered(session, f"other{number}@example.org", "Somebody", "fr", case.status)
            mail_id = _owed(session, case, language)
        at(case.now)
        with app.app_context(), services.database.read() as session:
            mail = session.get_one(OutboxMail, mail_id)
            return compose(session, mail=mail, services=services, now=case.now)

    return build


def _owed(session: sa.orm.Session, case: Case, language: str) -> int:
    """The row of the ledger; links stay the same from run to run."""
    registration = _registered(session, "zoe@example.org", case.name, language, case.status)
    participant = session.get_one(Participant, registration.participant_id)
    participant.public_id = uuid.UUID("00000000-0000-4000-8000-000000000001")
    webinar_id = registration.webinar_id
    if case.status is None:
        session.delete(registration)
    session.execute(sa.delete(OutboxMail))
    purpose = outbox.Purpose(
        key=f"{case.kind}:1d:1:a",
        kind=case.kind,
        participant_id=participant.id,
        webinar_id=webinar_id if case.about_webinar else None,
        about_start=START if case.kind is MailKind.REMINDER else None,
    )
    outbox.enqueue(session, purposes=[purpose], host=HOUSE.host, now=NOW)
    return session.scalars(sa.select(OutboxMail.id)).one()


def _registered(
    session: sa.orm.Session,
    email: str,
    name: str,
    language: str,
    status: RegistrationStatus | None,
) -> Registration:
    register(
        session,
        Person(email=email, full_name=name, language=language),
        webinar=WEBINAR.slug,
    )
    registration = session.scalars(
        sa.select(Registration).join(Participant).where(Participant.email == email)
    ).one()
    registration.status = status or RegistrationStatus.CONFIRMED
    session.flush()
    return registration


class Html(HTMLParser):
    """Elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def having(self, name: str) -> list[dict[str, str]]:
        """The attributes of the elements of a class."""
        return [a for _, a in self.elements if name in a.get("class", "").split()]

    def tags(self) -> set[str]:
        """Every kind of element."""
        return {tag for tag, _ in self.elements}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", CASES)
def test_subject_and_text(name: str, language: str, write: Write) -> None:
    letter = write(CASES[name], language)
    path = SNAPSHOTS / f"{name}.{language}.txt"
    written = f"{letter.subject}\n\n{letter.text}"
    if UPDATE:
        path.write_text(written, "utf-8")

    assert path.is_file(), f"UPDATE_SNAPSHOTS=1 writes {path.name}"
    assert written == path.read_text("utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", CASES)
def test_the_shape_of_the_text(name: str, language: str, write: Write) -> None:
    letter = write(CASES[name], language)
    lines = letter.text.splitlines()

    assert [line for line in lines if len(line) > WIDTH and not line.startswith("https://")] == []
    assert [line for line in lines if "https://" in line and " " in line] == []
    assert "\n\n\n" not in letter.text
    assert not re.search(r"[{}]|%\(|None|Undefined|&#|&amp;|<", letter.text)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", CASES)
def test_the_html_is_whole_and_loads_nothing(name: str, language: str, write: Write) -> None:
    letter = write(CASES[name], language)
    page = Html(letter.html)
    buttons = page.having("button")

    assert len(buttons) == 1
    assert buttons[0]["href"].startswith("https://webinaires.example.org/")
    assert buttons[0]["href"] in page.text, "the plain address stands beneath the button"
    assert buttons[0]["href"] in letter.text.splitlines()
    assert not page.tags() & {"script", "img", "link", "iframe", "object", "video", "form", "input"}
    assert not re.search(r"url\(|@import|<script|src=", letter.html, re.IGNORECASE)
    assert not any(key.startswith("on") for _, attrs in page.elements for key in attrs)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", CASES)
def test_both_forms_lead_to_the_same_addresses(name: str, language: str, write: Write) -> None:
    letter = write(CASES[name], language)
    linked = {a["href"] for tag, a in Html(letter.html).elements if tag == "a"}
    in_text = {line for line in letter.text.splitlines() if line.startswith("http")}

    assert linked == in_text
    assert {address.split("/")[2] for address in linked} == {"webinaires.example.org"}


def test_the_ribbon_of_the_year(app: Flask, services: Services, now: datetime) -> None:
    load_2019(services.database)
    who = Person(email="zoe@example.org", full_name="Zoé", language="fr")
    with services.database.write() as session:
        slugs = session.scalars(sa.select(Webinar.slug).order_by(Webinar.starts_at)).all()
        register(session, who, webinar=slugs[3])
    with app.app_context(), services.database.read() as session:
        mail = session.scalars(sa.select(OutboxMail)).one()
        letter = compose(session, mail=mail, services=services, now=now)
    page = Html(letter.html)

    assert len(page.having("cell")) == 12
    assert len(page.having("cell-past")) == 3
    assert len(page.having("cell-this")) == 1
    # RFC 5322 section 2.1.1; the HTML travels as it is.
    assert max(len(line.encode()) for line in letter.html.splitlines()) <= 998


def test_the_dark_scheme_arrives(write: Write) -> None:
    letter = write(CASES["confirmation"], "fr")

    assert "@media (prefers-color-scheme: dark)" in letter.html
    assert 'style="' in letter.html
    assert "var(" not in letter.html


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Zoé Dupont", True),
        ("J.-P. Ünal", True),
        ("Jean P. Martin", True),
        ("M. O’Neil Jr.", True),
        (QUOTED, True),
        ("evil.example", False),
        ("Gagnez sur www.evil.example", False),
        ("https://evil.example", False),
        ("zoe@evil.example", False),
        ("Appelez le 0 800 123 456", False),
        (MALICIOUS, False),
        ("<b>Zoé</b>", False),
        ("{{ 7 * 7 }}", False),
        ("a" * 61, False),
    ],
)
def test_a_name_carries_nobodys_message(name: str, greeted: bool, write: Write) -> None:
    letter = write(replace(CASES["confirmation"], name=name), "en")
    page = Html(letter.html)

    assert (f"Hello {name}," in letter.text) == greeted
    assert (f"Hello {name}," in page.text) == greeted
    assert (name in letter.text) == greeted
    assert name not in letter.subject
    assert "evil" not in letter.html + letter.text
    assert not page.tags() & {"script", "b"}


def test_a_quoted_name_is_escaped(write: Write) -> None:
    letter = write(replace(CASES["confirmation"], name=QUOTED), "en")

    assert f"Hello {QUOTED}," in letter.text
    assert "O&#39;Neil" in letter.html or "O'Neil" in Html(letter.html).text


def test_a_title_is_escaped(write: Write) -> None:
    letter = write(CASES["confirmation"], "fr")

    assert "Écosystèmes &amp; stratégies" in letter.html
    assert "Écosystèmes & stratégies" in letter.text


BRING_A_DATE = {"confirmation": "REQUEST", "promotion": "REQUEST"}
"""The cancellation brings none: nobody had invited that person."""


@pytest.mark.parametrize("name", CASES)
def test_only_a_place_that_is_to_come_brings_a_date(write: Write, name: str) -> None:
    parts = write(CASES[name], "fr").mould.calendar
    method = BRING_A_DATE.get(name)
    assert [(part.filename, part.method) for part in parts] == (
        [("apprendre-a-faire-alliances.ics", method)] if method else []
    )
