"""Notices of changes: their words as they arrive, and who gets how many of them.

``UPDATE_SNAPSHOTS=1 pytest tests/mail/test_change_notices.py`` writes the words anew.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.mail.test_messages import WIDTH, Html
from tests.support import (
    load_library,
    plan_of,
    published,
    real_plan,
    register,
)
from webinars.domain.people import Person
from webinars.domain.plan import PlannedSession
from webinars.mail.letters import Letter
from webinars.mail.messages import compose
from webinars.models import (
    MailKind,
    MailState,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    WebinarStatus,
)
from webinars.services import Services

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"

ENGAGE = PlannedSession(
    slug="favoriser-l-engagement-de-l-entreprise",
    date=date(2019, 9, 19),
    title="Favoriser l’engagement de l’entreprise",
)
ASSESS = PlannedSession(
    slug="evaluer-sa-pertinence", date=date(2019, 6, 20), title="Évaluer sa pertinence"
)
SKILLS = PlannedSession(
    slug="mobiliser-les-competences", date=date(2019, 7, 18), title="Mobiliser les compétences"
)
ODD = replace(SKILLS, title="Compétences & stratégies : « l’été » <b>à Nîmes</b>")

MOVED = replace(ENGAGE, date=date(2019, 6, 20))
MOVED_AND_RENAMED = replace(ASSESS, date=date(2019, 7, 18), title="Évaluer la pertinence")
RENAMED = replace(SKILLS, title="Mobiliser des compétences")


def cancelled(session: PlannedSession) -> PlannedSession:
    return replace(session, status=WebinarStatus.CANCELLED)


@dataclass(frozen=True)
class Case:
    """What Zoé is registered for, and what becomes of it."""

    before: tuple[PlannedSession, ...]
    after: tuple[PlannedSession, ...]
    waits_for: tuple[str, ...] = ()


CASES = {
    "notice-moved": Case((ENGAGE,), (MOVED,)),
    "notice-moved-and-renamed": Case((ASSESS,), (MOVED_AND_RENAMED,)),
    "notice-renamed": Case((SKILLS,), (RENAMED,)),
    "notice-cancelled": Case((ENGAGE,), (cancelled(ENGAGE),)),
    "notice-restored": Case((cancelled(ENGAGE),), (MOVED,)),
    "notice-waiting": Case((ENGAGE,), (MOVED,), waits_for=(ENGAGE.slug,)),
    "notice-three": Case(
        (ENGAGE, ASSESS, SKILLS),
        (cancelled(ENGAGE), replace(MOVED_AND_RENAMED, date=date(2019, 7, 25)), RENAMED),
        waits_for=(SKILLS.slug,),
    ),
    "notice-two-cancelled": Case((ENGAGE, ASSESS), (cancelled(ENGAGE), cancelled(ASSESS))),
    "notice-odd-title": Case((SKILLS,), (replace(ODD, date=date(2019, 8, 1)),)),
}

Write = Callable[[Case, str], Letter]

words = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""They do not depend on the kind of database."""
every_case = pytest.mark.parametrize("name", CASES)
both_languages = pytest.mark.parametrize("language", ["fr", "en"])


@pytest.fixture
def write(app: Flask, services: Services, now: datetime) -> Write:
    """Builds the notice of a case for a person who reads this language."""

    def build(case: Case, language: str) -> Letter:
        with services.database.write() as session:
            load_library(session, "themes.toml")
            others = [one for one in real_plan().sessions if one.slug not in SLUGS]
            everything = [*others, *(scheduled(one) for one in case.before)]
            published(session, plan_of(*everything, title="Cycle « 2019 »"))
            zoe = Person(email="zoe@example.org", full_name="Zoé Dupont", language=language)
            for one in case.before:
                register(session, zoe, webinar=one.slug)
            published(session, plan_of(*others, *case.before, title="Cycle « 2019 »"))
            settle(session)
            published(session, plan_of(*others, *case.after, title="Cycle « 2019 »"))
            wait(session, case.waits_for)
            mail_id = session.scalars(
                sa.select(OutboxMail.id)
                .where(OutboxMail.kind == MailKind.CHANGE_NOTICE)
                .order_by(OutboxMail.id.desc())
            ).first()
        with app.app_context(), services.database.read() as session:
            mail = session.get_one(OutboxMail, mail_id)
            return compose(session, mail=mail, services=services, now=now)

    return build


SLUGS = {ENGAGE.slug, ASSESS.slug, SKILLS.slug}


def scheduled(session: PlannedSession) -> PlannedSession:
    return replace(session, status=WebinarStatus.SCHEDULED)


def settle(session: Session) -> None:
    """What was to be told so far is told; links stay the same from run to run."""
    session.execute(sa.update(OutboxMail).values(state=MailState.SENT))
    zoe = session.scalars(sa.select(Participant)).one()
    zoe.public_id = uuid.UUID("00000000-0000-4000-8000-000000000001")
    session.flush()


def wait(session: Session, slugs: tuple[str, ...]) -> None:
    for registration in session.scalars(sa.select(Registration)):
        if registration.webinar.slug in slugs:
            registration.status = RegistrationStatus.WAITLISTED
    session.flush()


@words
@both_languages
@every_case
def test_subject_and_text(name: str, language: str, write: Write) -> None:
    letter = write(CASES[name], language)
    path = SNAPSHOTS / f"{name}.{language}.txt"
    written = f"{letter.subject}\n\n{letter.text}"
    if UPDATE:
        path.write_text(written, "utf-8")

    assert path.is_file(), f"UPDATE_SNAPSHOTS=1 writes {path.name}"
    assert written == path.read_text("utf-8")


@words
@both_languages
@every_case
def test_the_shape_of_both_forms(name: str, language: str, write: Write) -> None:
    letter = write(CASES[name], language)
    lines = letter.text.splitlines()
    page = Html(letter.html)
    (button,) = page.having("button")
    linked = {a["href"] for tag, a in page.elements if tag == "a"}

    assert [line for line in lines if len(line) > WIDTH and not line.startswith("https://")] == []
    assert [line for line in lines if "https://" in line and " " in line] == []
    assert "\n\n\n" not in letter.text
    assert not re.search(r"[{}]|%\(|None|Undefined|&#|&amp;", letter.text)
    assert linked == {line for line in lines if line.startswith("http")}
    assert button["href"].startswith("https://webinaires.example.org/")
    assert "/me/" in button["href"]
    assert button["href"] in page.text, "the plain address stands beneath the button"
    assert not page.tags() & {"script", "img", "link", "iframe", "form", "b"}
    assert not re.search(r"url\(|@import|src=", letter.html, re.IGNORECASE)
    # RFC 5322 section 2.1.1; the HTML travels as it is.
    assert max(len(line.encode()) for line in letter.html.splitlines()) <= 998
