"""Mails by rule with real workers and a mail server: one that was down, a webinar that moves."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.e2e.support import Installation
from tests.support import HOUSE, Arrived, MailServer, plan_of, published, register
from webinars import clock
from webinars.db import Database
from webinars.domain import participants, planning, registrations, replays
from webinars.domain.people import Person
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.replays import Video
from webinars.models import (
    MailState,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)

DAY, HOUR, MINUTE = (timedelta(seconds=count) for count in (86400, 3600, 60))
PARIS = ZoneInfo("Europe/Paris")
SURVEY = "https://enquete.example.com/2019"


def plan(slug: str, start: datetime, *, reminders: tuple[str, ...] | None = None) -> Plan:
    """A cycle of one webinar, at this instant."""
    local = start.astimezone(PARIS)
    one = PlannedSession(
        slug=slug, date=local.date(), title=slug, starts_at=local.time(), reminders=reminders
    )
    return replace(plan_of(one, slug=f"cycle-{slug}", year=local.year), survey_url=SURVEY)


def enter(session: Session, name: str, slug: str, *, now: datetime) -> None:
    who = Person(email=f"{name}@example.org", full_name=name.title(), language="fr")
    register(session, who, cycle=f"cycle-{slug}", webinar=slug, now=now)


def note(session: Session, name: str, status: RegistrationStatus) -> None:
    row = session.scalars(
        sa.select(Registration).join(Participant).where(Participant.email == f"{name}@example.org")
    ).one()
    row.status = status


def by_rule(place: Installation) -> Counter[tuple[str, str, str]]:
    """The mails of the ledger that rules have written: kind, who, state."""
    rules = ("reminder", "replay", "survey")
    return Counter(
        (row["kind"], row["email"].split("@")[0], row["state"])
        for row in place.outbox()
        if row["kind"] in rules
    )


def test_a_worker_that_was_down_for_six_hours(
    place: Installation, database_url: str, smtp: MailServer
):
    """What is still of use leaves, once; the rest does not; a copied cycle sends nothing."""
    now = clock.now().replace(second=0, microsecond=0)
    days_ago = now - 5 * DAY
    database = Database(database_url)
    with database.write() as session:
        for slug, start in (
            ("demain", now + 18 * HOUR),
            ("begun", now - 30 * MINUTE),
            ("soon", now + 40 * MINUTE),
            ("over", now - DAY - 5 * HOUR),
        ):
            published(session, plan(slug, start), now=days_ago)
        for name, slug, since in (
            ("alice", "demain", days_ago),
            ("bob", "begun", days_ago),
            ("charlie", "soon", days_ago),
            ("dora", "demain", days_ago),
            ("eve", "demain", now - HOUR),  # after the time of the rule
            ("fred", "over", days_ago),
            ("gus", "over", days_ago),
        ):
            enter(session, name, slug, now=since)
        note(session, "fred", RegistrationStatus.ATTENDED)
        note(session, "gus", RegistrationStatus.ABSENT)
        video = Video(url="https://video.example.org/v", duration=60)
        replays.put_online(
            session, cycle_slug="cycle-over", webinar_slug="over", video=video, now=now - 3 * HOUR
        )
        dora = participants.by_email(session, email="dora@example.org")
        assert dora is not None
        registrations.cancel(
            session,
            participant=dora,
            cycle_slug="cycle-demain",
            webinar_slug="demain",
            house=HOUSE,
            now=now - 4 * DAY,
        )
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT))  # what came before
        planning.copy_cycle(
            session,
            cycle_slug="cycle-over",
            year=now.year,
            slug="copy",
            keep_themes=True,
            actor="test",
            now=now,
        )
        copy = planning.find_cycle(session, slug="copy")
        published(session, planning.draft_plan(copy), now=now)
    database.dispose()

    place.run("worker", "--once")
    place.run("worker", "--once")

    assert by_rule(place) == {
        ("reminder", "alice", "sent"): 1,
        ("reminder", "charlie", "sent"): 1,
        ("replay", "fred", "sent"): 1,
        ("replay", "gus", "sent"): 1,
        ("survey", "fred", "sent"): 1,
    }
    assert Counter(said(mail) for mail in smtp.arrived) == {
        ("alice", "demain"): 1,
        ("charlie", "soon"): 1,
        ("fred", "replay"): 1,
        ("fred", "survey"): 1,
        ("gus", "replay"): 1,
    }


def said(mail: Arrived) -> tuple[str, str]:
    """To whom it went, and what it is by its subject."""
    subject = str(mail.message["Subject"])
    kinds = {"Le replay est en ligne": "replay", "Qu’en avez-vous pensé": "survey"}
    kind = next((kind for words, kind in kinds.items() if subject.startswith(words)), None)
    return mail.envelope_to[0].split("@")[0], kind or subject.rpartition(" : ")[2]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_webinar_that_moves_after_its_first_reminder(
    install: Callable[..., Installation], database_url: str, smtp: MailServer
):
    """It is told of, and reminded of again by its new start; the old one is never named again."""
    place = install(
        database_url=database_url,
        mail_server="127.0.0.1",
        mail_port=smtp.port,
        reminders_apart_minutes=0,
    )
    now = clock.now().replace(microsecond=0)
    database = Database(database_url)
    with database.write() as session:
        published(session, plan("one", now + 30 * MINUTE, reminders=("45m",)), now=now - DAY)
        enter(session, "alice", "one", now=now - DAY)
    place.run("worker", "--once")
    assert kinds(smtp) == ["confirmation", "reminder"]

    start = clock.now().replace(microsecond=0) + 2 * HOUR
    with database.write() as session:
        moved = plan("one", start, reminders=("45m",))
        published(session, moved, now=clock.now())
    place.run("worker", "--once")
    assert kinds(smtp)[2:] == ["notice"]

    # The hour until it is due goes by.
    start = clock.now() + 45 * MINUTE
    with database.write() as session:
        webinar = session.scalars(sa.select(Webinar)).one()
        webinar.starts_at, webinar.ends_at = start, start + HOUR
    place.run("worker", "--once")
    place.run("worker", "--once")
    database.dispose()

    assert kinds(smtp)[3:] == ["reminder"]
    local = start.astimezone(PARIS)
    hour = f"{local.hour} h {local.minute:02d}".removesuffix(" 00")  # so an hour is written
    assert f"à {hour}" in " ".join(smtp.arrived[-1].text().split())
    assert by_rule(place) == {("reminder", "alice", "sent"): 2}


def kinds(smtp: MailServer) -> list[str]:
    """What arrived, by the subjects."""
    known = {"Inscription confirmée": "confirmation", "Déplacé": "notice"}
    subjects = [str(mail.message["Subject"]) for mail in smtp.arrived]
    return [
        next((kind for words, kind in known.items() if subject.startswith(words)), "reminder")
        for subject in subjects
    ]
