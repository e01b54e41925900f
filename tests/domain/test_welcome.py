"""A new cycle, told to those who asked for news: once, and to nobody who hears of it otherwise."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    HOUSE,
    MARCH,
    NOW,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import following, participants, planning, publication, welcome
from webinars.domain.people import Person
from webinars.domain.preview import preview
from webinars.domain.programme import Moment
from webinars.models import MailKind, OutboxMail, Participant, Theme, Webinar, WebinarStatus

NEWS = date(2019, 1, 1)
LATER = NOW + timedelta(days=1)
NEW = plan_of(replace(APRIL, slug="nouveau"), slug="nouveau")


@pytest.fixture
def site(database: Database) -> Database:
    """Alice and Charlie asked for news, and Alice's address is proven; Bob asked for none."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        for who in (replace(ALICE, news=NEWS), BOB, replace(CHARLIE, news=NEWS)):
            register(session, who)
        prove(session, ALICE, BOB)
    return database


def prove(session: Session, *people: Person) -> None:
    for who in people:
        _participant(session, who).proven_at = NOW


def _participant(session: Session, who: Person) -> Participant:
    found = participants.by_email(session, email=who.email)
    assert found is not None
    return found


def publish(database: Database, *, plan: object = NEW) -> publication.Published:
    with database.write() as session:
        planning.save_draft(session, plan=plan, now=LATER)  # type: ignore[arg-type]
        return publication.publish(session, cycle_slug="nouveau", host=HOST, now=LATER)


def welcomed(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.WELCOME).order_by(OutboxMail.id)
        )
        return [row.recipient.email.split("@")[0] for row in rows]


def expected(database: Database) -> int:
    with database.read() as session:
        moment = Moment.at(LATER, opens_minutes=15)
        return preview(session, cycle_slug="nouveau", moment=moment).consequences.welcomed


def test_those_who_asked_and_proved_their_address_are_told_once(site: Database) -> None:
    with site.write() as session:
        planning.save_draft(session, plan=NEW, now=LATER)
    assert expected(site) == 1
    assert publish(site).welcomed == 1
    assert welcomed(site) == ["alice"]
    assert expected(site) == 0
    assert publish(site, plan=replace(NEW, title="Autre titre")).welcomed == 0
    assert welcomed(site) == ["alice"]


def test_none_one_three(site: Database) -> None:
    with site.write() as session:
        for person in session.scalars(sa.select(Participant)):
            person.news_since = None
    assert publish(site).welcomed == 0
    with site.write() as session:
        for person in session.scalars(sa.select(Participant)):
            person.news_since = person.proven_at = NOW
        planning.save_draft(session, plan=replace(NEW, slug="autre"), now=LATER)
        done = publication.publish(session, cycle_slug="autre", host=HOST, now=LATER)
    assert done.welcomed == 3


def test_nobody_is_told_twice_by_one_publication(site: Database) -> None:
    """Who follows the theme of one of its webinars hears of that."""
    with site.write() as session:
        session.add(
            Theme(
                slug=APRIL.slug,
                title=APRIL.title,
                position=1,
                other_titles=[],
                questions=[],
                platform_answers=[],
            )
        )
        session.flush()
        following.follow_theme(session, theme_slug=APRIL.slug, person=ALICE, house=HOUSE, now=NOW)
        prove(session, CHARLIE)
        planning.save_draft(session, plan=NEW, now=LATER)
    assert expected(site) == 1
    done = publish(site)
    assert (done.planned, done.welcomed) == (1, 1)
    assert welcomed(site) == ["charlie"]


def test_nobody_erased_is_told(site: Database) -> None:
    with site.write() as session:
        _participant(session, ALICE).erased_at = NOW
    assert publish(site).welcomed == 0


@pytest.mark.parametrize("past", [True, False])
def test_a_cycle_of_which_nothing_is_to_come_is_no_news(site: Database, *, past: bool) -> None:
    one = replace(
        NEW.sessions[0],
        date=date(2019, 2, 1) if past else NEW.sessions[0].date,
        status=WebinarStatus.SCHEDULED if past else WebinarStatus.CANCELLED,
    )
    with site.write() as session:
        planning.save_draft(session, plan=replace(NEW, sessions=(one,)), now=LATER)
    assert expected(site) == 0
    assert publish(site, plan=replace(NEW, sessions=(one,))).welcomed == 0


def test_the_present_decides_whether_it_leaves(site: Database) -> None:
    publish(site)
    with site.write() as session:
        mail = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.WELCOME)
        ).one()
        start = NEW.start_of(NEW.sessions[0])
        assert mail.expires_at == start
        assert welcome.why_not(session, mail=mail, now=start - timedelta(seconds=1)) is None
        assert welcome.why_not(session, mail=mail, now=start) == welcome.NOTHING_TO_COME
        alice = _participant(session, ALICE)
        alice.news_since = None
        assert welcome.why_not(session, mail=mail, now=LATER) == welcome.STOPPED
        alice.news_since = NOW
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
        assert welcome.why_not(session, mail=mail, now=LATER) == welcome.NOTHING_TO_COME
