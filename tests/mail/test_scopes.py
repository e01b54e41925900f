"""Mails about cycles and themes, and summaries: their words as they arrive, and when none leaves.

``UPDATE_SNAPSHOTS=1 pytest tests/mail/test_scopes.py`` writes the words anew.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.mail.test_messages import WIDTH, Html
from tests.support import (
    APRIL,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    SECRET,
    MailServer,
    load_library,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import (
    confirming,
    following,
    mail_facts,
    participants,
    registrations,
    whole_cycle,
)
from webinars.domain.people import Person
from webinars.domain.planned import NOTHING_LEFT
from webinars.domain.registrations import House
from webinars.links import Links, Purpose
from webinars.mail import scopes
from webinars.mail.letters import Letter, NotToBeSent
from webinars.mail.messages import compose, still_true
from webinars.models import (
    Cycle,
    CycleRegistration,
    MailKind,
    MailState,
    OutboxMail,
    Participant,
    Registration,
)
from webinars.services import Services
from webinars.worker import Worker

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("UPDATE_SNAPSHOTS") == "1"
ZOE_ID = uuid.UUID("00000000-0000-4000-8000-000000000001")
PROVING = House(host=HOST, require_confirmation=True)
SMALL = replace(
    APRIL, capacity=1, title="Écosystèmes & stratégies : « l’été » <b>à Nîmes</b> et bien au-delà"
)
PLAN = (MARCH, SMALL, MAY)
JUNE = replace(MAY, slug="juin", date=MAY.date + timedelta(days=35), title="Évaluer sa pertinence")
NEWS = date(2019, 1, 1)
THEME = "apprendre-a-faire-alliances"

Situation = Callable[[Session, Person], None]
Write = Callable[[Situation, str], Letter]


def zoe(language: str) -> Person:
    return Person(email="zoe@example.org", full_name="Zoé Dupont", language=language)


def join(session: Session, who: Person, *, house: House = HOUSE, now: datetime = NOW) -> None:
    whole_cycle.register_for_cycle(
        session,
        cycle_slug="2019",
        person=who,
        without=frozenset(),
        question=None,
        house=house,
        now=now,
    )


def follow(
    session: Session, who: Person, *, theme: str = THEME, house: House = HOUSE, now: datetime = NOW
) -> None:
    following.follow_theme(session, theme_slug=theme, person=who, house=house, now=now)


def publish(session: Session, *sessions: object) -> None:
    published(session, plan_of(*sessions, title="Cycle « 2019 »"))  # type: ignore[arg-type]


def whole(session: Session, who: Person) -> None:
    join(session, who)


def whole_of_one(session: Session, who: Person) -> None:
    publish(session, MARCH)
    join(session, replace(who, news=NEWS))


def whole_waiting(session: Session, who: Person) -> None:
    for number in range(2):
        register(session, person(number), webinar=SMALL.slug)
    join(session, who)


def whole_pending(session: Session, who: Person) -> None:
    register(session, person(1), webinar=SMALL.slug)
    join(session, who, house=PROVING)


def whole_pending_unkept(session: Session, who: Person) -> None:
    join(session, who, house=replace(PROVING, hold=timedelta(0)))


def theme(session: Session, who: Person) -> None:
    follow(session, replace(who, news=NEWS))


def theme_pending(session: Session, who: Person) -> None:
    follow(session, who, house=PROVING)


def summary(session: Session, who: Person) -> None:
    for planned in PLAN:
        register(session, who, webinar=planned.slug)
    follow(session, who)
    join(session, who)


def summary_pending(session: Session, who: Person) -> None:
    house = replace(PROVING, hold=timedelta(days=2))
    for planned in PLAN:
        register(session, who, webinar=planned.slug, house=house)
    follow(session, who, house=house)


def summary_of_themes(session: Session, who: Person) -> None:
    for name in (THEME, "definir-sa-strategie", "connaitre-son-ecosysteme", "mobiliser"):
        if name == "mobiliser":
            publish(session, *PLAN, replace(JUNE, theme=name))
        follow(session, who, theme=name)


def pressed(session: Session, who: Person) -> None:
    """Several things that waited were confirmed by one press."""
    register(session, who, webinar=MARCH.slug, house=PROVING)
    follow(session, who, house=PROVING)
    participant = participants.by_email(session, email=who.email)
    assert participant is not None
    confirming.confirm_all(session, participant=participant, house=PROVING, now=NOW)


def link_of_the_whole(session: Session, who: Person) -> None:
    """Of who has proven it, left one webinar out and left another."""
    join(session, who)
    session.execute(sa.update(CycleRegistration).values(without=[SMALL.slug]))
    participant = participants.by_email(session, email=who.email)
    assert participant is not None
    session.execute(sa.delete(Registration).where(Registration.webinar.has(slug=SMALL.slug)))
    session.expire_all()
    registrations.cancel(
        session,
        participant=participant,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        house=PROVING,
        now=NOW,
    )
    join(session, who, house=PROVING, now=NOW + timedelta(minutes=1))


def link_of_the_whole_pending(session: Session, who: Person) -> None:
    join(session, who, house=PROVING)
    join(session, who, house=PROVING, now=NOW + timedelta(minutes=1))


def link_without_the_whole(session: Session, who: Person) -> None:
    register(session, who, webinar=MARCH.slug)
    participant = participants.by_email(session, email=who.email)
    cycle = session.scalars(sa.select(Cycle)).one()
    assert participant is not None
    registrations.send_link(session, participant=participant, cycle=cycle, house=HOUSE, now=NOW)


def planned_one(session: Session, who: Person) -> None:
    join(session, who)
    publish(session, *PLAN, JUNE)


def planned_for_a_theme(session: Session, who: Person) -> None:
    follow(session, who)
    publish(session, *PLAN, replace(JUNE, theme=THEME))


def planned_three(session: Session, who: Person) -> None:
    """One with a place, one in line, and one that was left out, on a theme that they follow."""
    join(session, person(1))
    join(session, who)
    follow(session, who)
    august = replace(JUNE, slug="aout", date=JUNE.date + timedelta(days=60), title="En août")
    july = replace(JUNE, slug="juillet", date=JUNE.date + timedelta(days=30), capacity=1)
    session.execute(sa.update(CycleRegistration).values(without=["aout"]))
    session.expire_all()
    publish(session, *PLAN, JUNE, july, replace(august, theme=THEME))


def confirmation_pending_kept(session: Session, who: Person) -> None:
    register(session, replace(who, news=NEWS), webinar=MARCH.slug, house=PROVING)


SITUATIONS: dict[str, Situation] = {
    "cycle": whole,
    "cycle-of-one": whole_of_one,
    "cycle-waiting": whole_waiting,
    "cycle-pending": whole_pending,
    "cycle-pending-unkept": whole_pending_unkept,
    "theme": theme,
    "theme-pending": theme_pending,
    "summary": summary,
    "summary-pending": summary_pending,
    "summary-of-themes": summary_of_themes,
    "summary-pressed": pressed,
    "link-of-the-whole": link_of_the_whole,
    "link-of-the-whole-pending": link_of_the_whole_pending,
    "link-without-the-whole": link_without_the_whole,
    "planned": planned_one,
    "planned-for-a-theme": planned_for_a_theme,
    "planned-three": planned_three,
    "confirmation-pending-kept": confirmation_pending_kept,
}

words = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""They do not depend on the kind of database."""
every_case = pytest.mark.parametrize("name", SITUATIONS)
both_languages = pytest.mark.parametrize("language", ["fr", "en"])


def facts_of(session: Session, mail: OutboxMail) -> mail_facts.Facts:
    found = mail_facts.facts(session, mail_id=mail.id, now=NOW)
    assert found is not None
    return found


def last_mail(session: Session) -> OutboxMail:
    """The last one that is owed to Zoé; her links stay the same from run to run."""
    who = participants.by_email(session, email="zoe@example.org")
    assert who is not None
    who.public_id = ZOE_ID
    session.flush()
    mail = session.scalars(
        sa.select(OutboxMail)
        .where(OutboxMail.participant_id == who.id)
        .order_by(OutboxMail.id.desc())
    ).first()
    assert mail is not None
    return mail


@pytest.fixture
def write(app: Flask, services: Services, at: Callable[[datetime], None]) -> Write:
    """Builds the last mail of a situation for a person who reads this language."""
    at(NOW)

    def build(situation: Situation, language: str) -> Letter:
        with services.database.write() as session:
            publish(session, *PLAN)
            load_library(session, "themes.toml")
            situation(session, zoe(language))
            mail_id = last_mail(session).id
        with app.app_context(), services.database.read() as session:
            mail = session.get_one(OutboxMail, mail_id)
            return compose(session, mail=mail, services=services, now=max(NOW, mail.due_at))

    return build


@words
@both_languages
@every_case
def test_subject_and_text(name: str, language: str, write: Write) -> None:
    letter = write(SITUATIONS[name], language)
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
    letter = write(SITUATIONS[name], language)
    lines = letter.text.splitlines()
    page = Html(letter.html)
    (button,) = page.having("button")
    linked = {a["href"] for tag, a in page.elements if tag == "a"}

    assert [line for line in lines if len(line) > WIDTH and not line.startswith("https://")] == []
    assert [line for line in lines if "https://" in line and " " in line] == []
    assert "\n\n\n" not in letter.text
    assert not re.search(r"[{}]|%\(|None|Undefined|&#|&amp;", letter.text)
    assert linked == {line for line in lines if line.startswith("http")}
    token = Links(base_url="", secret=SECRET).personal_token(Purpose.PAGE, ZOE_ID, 1)
    assert button["href"].endswith(f"/me/{token}")
    assert button["href"] in page.text, "the plain address stands beneath the button"
    assert not page.tags() & {"script", "img", "link", "iframe", "form", "b"}
    assert not re.search(r"url\(|@import|src=", letter.html, re.IGNORECASE)
    # RFC 5322 section 2.1.1; the HTML travels as it is.
    assert max(len(line.encode()) for line in letter.html.splitlines()) <= 998


@words
@pytest.mark.parametrize(
    ("situation", "said"), [(theme, True), (whole_of_one, True), (whole, False), (summary, False)]
)
def test_news_are_named_by_the_mail_of_the_form_with_the_box(
    situation: Situation, said: bool, write: Write
) -> None:
    letter = write(situation, "en")

    assert ("told when a new cycle" in " ".join(letter.text.split())) == said
    assert ("told when a new cycle" in letter.html) == said


@words
def test_a_webinar_that_is_on_leads_into_its_room(
    write: Write, app: Flask, services: Services, at: Callable[[datetime], None]
) -> None:
    """In a mail that lists several; the others lead to their pages."""
    write(whole, "en")
    begun = datetime(2019, 3, 21, 12, 10, tzinfo=UTC)
    at(begun)
    with app.app_context(), services.database.read() as session:
        mail = session.scalars(sa.select(OutboxMail)).one()
        letter = compose(session, mail=mail, services=services, now=begun)
    token = Links(base_url="", secret=SECRET).personal_token(Purpose.DOOR, ZOE_ID, 1)
    lines = letter.text.splitlines()
    first = lines.index(MARCH.title)
    assert lines[first + 2] == "You are registered, and it is on now"
    assert lines[first + 4].endswith(f"/cycles/2019/{MARCH.slug}/join?t={token}")
    assert letter.text.count("/join?t=") == 1
    assert letter.html.count("Join the webinar") == 1


# what is not so any more does not leave --------------------------------------------------


def leave_cycle(session: Session, who: Participant) -> None:
    whole_cycle.leave_cycle(session, participant=who, cycle_slug="2019", host=HOST, now=NOW)


def cancel_each(session: Session, who: Participant) -> None:
    for planned in PLAN:
        registrations.cancel(
            session,
            participant=who,
            cycle_slug="2019",
            webinar_slug=planned.slug,
            house=HOUSE,
            now=NOW,
        )


def cancel_and_stop(session: Session, who: Participant) -> None:
    cancel_each(session, who)
    stop(session, who)


def stop(session: Session, who: Participant) -> None:
    following.stop_following(session, participant=who, theme_slug=THEME)


def confirm_cycle(session: Session, who: Participant) -> None:
    whole_cycle.confirm_for_cycle(
        session, participant=who, cycle_slug="2019", house=PROVING, now=NOW
    )


def confirm_theme(session: Session, who: Participant) -> None:
    following.confirm_following(session, participant=who, theme_slug=THEME, house=PROVING, now=NOW)


def cancel_webinars(session: Session, _who: Participant) -> None:
    publish(session)


Then = Callable[[Session, Participant], None]


@pytest.mark.parametrize(
    ("situation", "then", "reason"),
    [
        (whole, leave_cycle, scopes.LEFT_CYCLE),
        (whole, cancel_each, scopes.NOTHING_STANDS),
        (whole, cancel_webinars, scopes.NOTHING_STANDS),
        (whole_pending, confirm_cycle, scopes.CONFIRMED_SINCE),
        (theme, stop, scopes.LEFT_THEME),
        (theme_pending, confirm_theme, scopes.CONFIRMED_SINCE),
        (summary, cancel_and_stop, scopes.NOTHING_STANDS),
        (planned_one, leave_cycle, NOTHING_LEFT),
        (planned_for_a_theme, stop, NOTHING_LEFT),
        (planned_for_a_theme, cancel_webinars, NOTHING_LEFT),
    ],
)
def test_what_is_no_longer_true_does_not_leave(
    services: Services, situation: Situation, then: Then, reason: str
) -> None:
    with services.database.write() as session:
        publish(session, *PLAN)
        load_library(session, "themes.toml")
        situation(session, zoe("fr"))
        mail = last_mail(session)
        still_true(session, facts=facts_of(session, mail), now=NOW)
        who = mail.participant
        assert who is not None
        then(session, who)
        with pytest.raises(NotToBeSent, match=re.escape(reason)):
            still_true(session, facts=facts_of(session, mail), now=NOW)


def test_they_leave_and_arrive(
    make_worker: Callable[..., Worker],
    smtp: MailServer,
    at: Callable[[datetime], None],
    database: Database,
) -> None:
    with database.write() as session:
        publish(session, *PLAN)
        load_library(session, "themes.toml")
        follow(session, zoe("fr"))
        join(session, zoe("fr"))
        publish(session, *PLAN, JUNE)
        register(session, zoe("fr"), webinar=JUNE.slug)  # already: the link
        follow(session, zoe("fr"), theme="definir-sa-strategie")
        follow(session, zoe("fr"), theme="connaitre-son-ecosysteme")
    worker = make_worker()
    assert worker.tick() == 5
    at(NOW + timedelta(days=1))
    assert worker.tick() == 1
    with database.read() as session:
        assert session.execute(
            sa.select(OutboxMail.kind, OutboxMail.state).order_by(OutboxMail.id)
        ).all() == [
            (kind, MailState.SENT)
            for kind in (
                MailKind.THEME_CONFIRMATION,
                MailKind.CYCLE_CONFIRMATION,
                MailKind.PLANNED,
                MailKind.LINK,
                MailKind.THEME_CONFIRMATION,
                MailKind.SUMMARY,
            )
        ]
    assert len(smtp.arrived) == 6
