"""Mails by rule, and the welcome of a cycle: their words as they arrive.

``UPDATE_SNAPSHOTS=1 pytest tests/mail/test_by_rule.py`` writes the words anew.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.mail.test_messages import WIDTH, Html
from tests.support import APRIL, HOST, MARCH, NOW, load_library, plan_of, published, register
from webinars.domain import participants, replays
from webinars.domain.mail_rules import Pace
from webinars.domain.people import Person
from webinars.domain.plan import Plan
from webinars.domain.reminders import plan_mails
from webinars.domain.replays import Video
from webinars.mail.letters import Letter
from webinars.mail.messages import compose
from webinars.models import (
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
)
from webinars.services import Services

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"
ZOE_ID = uuid.UUID("00000000-0000-4000-8000-000000000001")
START = datetime.fromisoformat("2019-04-18T13:00+02:00")
END = START + timedelta(minutes=90)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TITLE = "Écosystèmes & stratégies : « l’été » <b>à Nîmes</b> et bien au-delà"
SURVEY = "https://enquete.example.com/2019?cycle=2019"

PLAN = replace(
    plan_of(MARCH, replace(APRIL, title=TITLE), title="Cycle « 2019 »"), survey_url=SURVEY
)
EVENING = plan_of(
    replace(APRIL, slug="le-soir", title="Le soir même : poursuivre", starts_at=time(15)),
    slug="soirees",
    title="Soirées",
)
MORNING = plan_of(
    replace(APRIL, slug="le-matin", title="Le matin", starts_at=time(11), theme=None),
    slug="matinees",
    title="Matinées",
)
VIDEO = Video(
    url="https://video.example.org/v",
    duration=5400,
    chapters=[(0, "Le thème, vu d’un territoire"), (4000, "Échanges : vos questions & réponses")],
)


@dataclass(frozen=True)
class Case:
    """One mail in one situation: what Zoé is registered for, and what became of it."""

    kind: MailKind
    now: datetime
    status: RegistrationStatus = RegistrationStatus.CONFIRMED
    plans: tuple[Plan, ...] = (PLAN,)
    replay: bool = False
    resources: bool = False


CAME, MISSED = RegistrationStatus.ATTENDED, RegistrationStatus.ABSENT
CASES = {
    "reminder-of-two": Case(MailKind.REMINDER, START - DAY, plans=(PLAN, EVENING)),
    "reminder-of-three": Case(MailKind.REMINDER, START - DAY, plans=(PLAN, EVENING, MORNING)),
    "replay-came": Case(MailKind.REPLAY, END + DAY, CAME, replay=True, resources=True),
    "replay-missed": Case(MailKind.REPLAY, END + DAY, MISSED, replay=True),
    "replay-unknown": Case(MailKind.REPLAY, END + DAY, replay=True),
    "survey-came": Case(MailKind.SURVEY, END + DAY, CAME, replay=True),
    "survey-unknown": Case(MailKind.SURVEY, END + DAY),
    "survey-here": Case(MailKind.SURVEY, END + DAY, plans=(replace(PLAN, survey_url=None),)),
}
WELCOMES = {
    "welcome": PLAN,
    "welcome-of-one": replace(plan_of(APRIL, title="Cycle « 2019 »"), slug="2019"),
}

Write = Callable[[str, str], Letter]

words = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""They do not depend on the kind of database."""
every_case = pytest.mark.parametrize("name", [*CASES, *WELCOMES])
both_languages = pytest.mark.parametrize("language", ["fr", "en"])


def zoe(language: str) -> Person:
    return Person(email="zoe@example.org", full_name="Zoé Dupont", language=language)


@pytest.fixture
def write(app: Flask, services: Services, at: Callable[[datetime], None]) -> Write:
    """Builds the mail of a case for a person who reads this language."""

    def build(name: str, language: str) -> Letter:
        now = CASES[name].now if name in CASES else NOW
        with services.database.write() as session:
            if name in CASES:
                mail_id = _by_rule(session, CASES[name], language)
            else:
                mail_id = _welcome(session, WELCOMES[name], language)
        at(now)
        with app.app_context(), services.database.read() as session:
            mail = session.get_one(OutboxMail, mail_id)
            return compose(session, mail=mail, services=services, now=now)

    return build


def _by_rule(session: Session, case: Case, language: str) -> int:
    load_library(session, "themes.toml")
    if case.resources:
        load_library(session, "resources.toml")
    for plan in case.plans:
        published(session, plan)
        register(session, zoe(language), cycle=plan.slug, webinar=plan.sessions[-1].slug)
    participant = session.scalars(sa.select(Participant)).one()
    participant.public_id = ZOE_ID  # links stay the same from run to run
    session.execute(sa.update(Registration).values(status=case.status))
    if case.replay:
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=APRIL.slug, video=VIDEO, now=END + HOUR
        )
    plan_mails(session, host=HOST, pace=Pace(), now=case.now)
    session.expire_all()
    rows = sa.select(OutboxMail.id).where(OutboxMail.kind == case.kind)
    return session.scalars(rows).one()


def _welcome(session: Session, plan: Plan, language: str) -> int:
    published(session, plan_of(MARCH, slug="autre", title="Autre"))
    who = replace(zoe(language), news=date(2019, 1, 1))
    register(session, who, cycle="autre")
    participant = participants.by_email(session, email=who.email)
    assert participant is not None
    participant.public_id, participant.proven_at = ZOE_ID, NOW
    published(session, plan)
    rows = sa.select(OutboxMail.id).where(OutboxMail.kind == MailKind.WELCOME)
    return session.scalars(rows).one()


@words
@both_languages
@every_case
def test_subject_and_text(name: str, language: str, write: Write) -> None:
    letter = write(name, language)
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
    letter = write(name, language)
    lines = letter.text.splitlines()
    page = Html(letter.html)
    (button,) = page.having("button")
    linked = {a["href"] for tag, a in page.elements if tag == "a"}

    assert [line for line in lines if len(line) > WIDTH and not line.startswith("https://")] == []
    assert [line for line in lines if "https://" in line and " " in line] == []
    assert "\n\n\n" not in letter.text
    assert not re.search(r"[{}]|%\(|None|Undefined|&#|&amp;", letter.text)
    assert linked == {line for line in lines if line.startswith("http")}
    assert button["href"] in page.text, "the plain address stands beneath the button"
    assert not page.tags() & {"script", "img", "link", "iframe", "form", "b"}
    assert not re.search(r"url\(|@import|src=", letter.html, re.IGNORECASE)
    # RFC 5322 section 2.1.1; the HTML travels as it is.
    assert max(len(line.encode()) for line in letter.html.splitlines()) <= 998
    # Nothing but a survey of another site is elsewhere, and a way to leave is always there.
    elsewhere = {address for address in linked if HOST not in address}
    other_site = name in ("survey-came", "survey-unknown")
    assert elsewhere == ({SURVEY} if other_site else set())
    assert any("/me/" in address for address in linked)
    assert "Paris" in letter.text
