"""Previews are the mails that leave, without their secrets; trials arrive, once."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.mail.facts import Facts, facts_of
from tests.mail.test_messages import Html
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    MARCH,
    MAY,
    NOW,
    MailServer,
    load_library,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import trials
from webinars.domain.mail_texts import MOST, SITUATIONS, Part, Situation, situation
from webinars.domain.organisers import create_organiser
from webinars.mail.letters import Letter, Texts
from webinars.mail.messages import compose
from webinars.mail.previews import preview
from webinars.models import (
    MailKind,
    MailState,
    MailTrial,
    Organiser,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
)
from webinars.services import Services
from webinars.worker import Worker

LANGUAGES = ("fr", "en")
ANNE = "anne@example.org"
SECRET_ADDRESS = re.compile(r"(/me/|/leave/\w+/|\?t=)[\w.-]+")

SENT: dict[tuple[MailKind, str], RegistrationStatus] = {
    (MailKind.CONFIRMATION, "registered"): RegistrationStatus.CONFIRMED,
    (MailKind.CONFIRMATION, "to_confirm"): RegistrationStatus.PENDING,
    (MailKind.WAITING_LIST, "waiting"): RegistrationStatus.WAITLISTED,
    (MailKind.PROMOTION, "promoted"): RegistrationStatus.CONFIRMED,
    (MailKind.CANCELLATION, "ended"): RegistrationStatus.CANCELLED,
    (MailKind.LINK, "webinar"): RegistrationStatus.CONFIRMED,
}
"""Mails whose situation a registration alone makes."""


@pytest.fixture
def site(database: Database, now: datetime) -> Database:
    """March, April and May; Alice and Bob are registered for March, Anne has an account."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        load_library(session, "themes.toml")
        register(session, ALICE)
        register(session, BOB)
        session.execute(sa.delete(OutboxMail))
        create_organiser(
            session, email=ANNE, password_hash="x", roles=("organiser",), language="fr", now=NOW
        )
    return database


def registration_of(database: Database, email: str) -> int:
    with database.read() as session:
        return session.scalars(
            sa.select(Registration.id).join(Participant).where(Participant.email == email)
        ).one()


def shown(
    app: Flask, where: Situation, language: str, registration: int | None, **words: str
) -> Texts:
    services: Services = app.extensions["webinars"]
    with app.app_context(), services.database.read() as session:
        return preview(
            session,
            where=where,
            language=language,
            words=words,
            registration_id=registration,
            services=services,
        )


def sent(app: Flask, where: Situation, language: str) -> Letter:
    """The mail that Alice really gets in this situation."""
    services: Services = app.extensions["webinars"]
    with services.database.write() as session:
        alice = session.scalars(
            sa.select(Participant).where(Participant.email == ALICE.email)
        ).one()
        alice.language = language
        registration = session.scalars(
            sa.select(Registration).where(Registration.participant_id == alice.id)
        ).one()
        registration.status = SENT[where.kind, where.name]
        mail = OutboxMail(
            key="one",
            kind=where.kind,
            participant_id=alice.id,
            webinar_id=registration.webinar_id,
            message_id="<one@example.org>",
            due_at=NOW,
            created_at=NOW,
        )
        session.add(mail)
        session.flush()
        mail_id = mail.id
    with app.app_context(), services.database.read() as session:
        mail = session.get_one(OutboxMail, mail_id)
        return compose(session, mail=mail, services=services, now=NOW)


def without_secrets(text: str) -> str:
    return SECRET_ADDRESS.sub(r"\1preview", text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "name"), SENT)
def test_a_preview_is_the_mail_without_its_secrets(
    kind: MailKind, name: str, language: str, app: Flask, site: Database
) -> None:
    where = situation(kind, name)
    letter = sent(app, where, language)
    said = shown(app, where, language, registration_of(site, ALICE.email))

    assert said.subject == letter.subject
    assert said.text == without_secrets(letter.text)
    assert said.html == without_secrets(letter.html)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("where", SITUATIONS, ids=lambda one: f"{one.kind}-{one.name}")
@pytest.mark.parametrize("whose", [None, ALICE.email])
def test_every_mail_has_what_no_words_can_take_away(
    whose: str | None, where: Situation, language: str, app: Flask, site: Database
) -> None:
    """Hour and zone, one main button, its plain address, who sends and why, how to leave."""
    registration = registration_of(site, whose) if whose else None
    words = {part.value: "Des mots à nous" for part in Part}
    said = shown(app, where, language, registration, **words)
    assert said.subject == "Des mots à nous"
    assert said.text.count("Des mots à nous") == 2
    assert Html(said.html).text.count("Des mots à nous") == 2
    hours = where.kind is not MailKind.THEME_CONFIRMATION and where.name != "page"
    assert facts_of(said, language) == Facts(hours, True, True, True)
    assert without_secrets(said.text) == said.text
    assert max(len(line.encode()) for line in said.html.splitlines()) <= 998


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_somebody_erased_is_nobody(app: Flask, site: Database) -> None:
    where, registration = situation("confirmation", "registered"), registration_of(site, BOB.email)
    assert "Bob Martin" in shown(app, where, "fr", registration).text
    with site.write() as session:
        session.execute(sa.update(Participant).values(erased_at=NOW))
    assert "Camille Martin" in shown(app, where, "fr", registration).text


# trials ------------------------------------------------------------------------------------


SOME_WORDS = {Part.SUBJECT: "{when}!", Part.CLOSING: "Zoé & l’équipe"}


def owe(
    database: Database,
    press: str = "press-one",
    *,
    language: str = "fr",
    words: Mapping[Part, str] = SOME_WORDS,
) -> None:
    registration = registration_of(database, ALICE.email)
    with database.write() as session:
        trials.owe(
            session,
            organiser_id=session.scalars(sa.select(Organiser.id)).one(),
            press=press,
            where=situation("reminder", "before"),
            language=language,
            words=words,
            registration_id=registration,
            host=HOST,
            now=NOW,
        )


def fate(database: Database) -> list[tuple[MailState, str | None]]:
    with database.read() as session:
        rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
        return [(row.state, row.reply) for row in rows]


@pytest.mark.parametrize(
    ("language", "subject"), [("fr", "[Essai] Demain 13 h!"), ("en", "[Test] Tomorrow, 1 pm!")]
)
def test_a_trial_arrives_once(
    language: str,
    subject: str,
    site: Database,
    make_worker: Callable[..., Worker],
    smtp: MailServer,
) -> None:
    owe(site, language=language)
    owe(site, language=language)
    worker = make_worker()
    assert [worker.tick(), worker.tick()] == [1, 0]
    (arrived,) = smtp.arrived
    assert arrived.envelope_to == [ANNE]
    assert arrived.message["Subject"] == subject
    assert "List-Unsubscribe" not in arrived.message
    assert "Alice Dupont" in arrived.text()
    assert "Zoé & l’équipe" in arrived.text()
    assert "Zoé &amp; l’équipe" in arrived.html()
    for form in (arrived.text(), arrived.html()):
        assert without_secrets(form) == form, "the links are nobody's"
    with site.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(MailTrial)) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("one", ["a", "é", "😀", "mot "])
def test_the_longest_words_arrive(
    one: str, site: Database, make_worker: Callable[..., Worker], smtp: MailServer
) -> None:
    words = {part: (one * most)[:most].strip() for part, most in MOST.items()}
    owe(site, words=words)
    make_worker().tick()
    (arrived,) = smtp.arrived
    assert arrived.message["Subject"] == f"[Essai] {words[Part.SUBJECT]}"
    for part in (Part.OPENING, Part.CLOSING):
        assert "".join(words[part].split()) in "".join(arrived.text().split())
        assert words[part] in arrived.html()
    assert max(len(line) for line in arrived.content.splitlines()) <= 78


def test_a_trial_nobody_waits_for_does_not_leave(
    site: Database,
    make_worker: Callable[..., Worker],
    smtp: MailServer,
    at: Callable[[datetime], None],
) -> None:
    owe(site)
    worker = make_worker()
    at(NOW + timedelta(hours=1))
    worker.tick()
    assert fate(site) == [(MailState.FAILED, "expired: it was of no use any more")]
    assert smtp.arrived == []


def test_a_closed_account_gets_no_trial(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer
) -> None:
    owe(site)
    with site.write() as session:
        session.execute(sa.update(Organiser).values(active=False))
    make_worker().tick()
    assert fate(site) == [(MailState.FAILED, "the account is closed")]


def test_another_password_holds_no_trial_back(
    site: Database, make_worker: Callable[..., Worker], smtp: MailServer
) -> None:
    owe(site)
    with site.write() as session:
        session.execute(sa.update(Organiser).values(fs_uniquifier="another"))
    make_worker().tick()
    assert len(smtp.arrived) == 1
