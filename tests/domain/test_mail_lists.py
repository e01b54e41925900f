"""Lists of mail: what belongs to which, and leaving one without the others."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import erasure, following, list_choices, mail_lists, participants, reminders
from webinars.domain.consent import NEWS
from webinars.domain.list_choices import Choice
from webinars.domain.mail_rules import Pace
from webinars.models import (
    AddressStanding,
    LeftBy,
    LeftList,
    MailKind,
    MailList,
    OutboxMail,
    Participant,
    StopReason,
)

LATER = NOW + timedelta(days=1)
DUE = NOW.replace(day=20, hour=12)


@pytest.fixture
def alice(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        register(session, ALICE)
    return database


def person(session: sa.orm.Session, email: str = ALICE.email) -> Participant:
    found = participants.by_email(session, email=email)
    assert found is not None
    return found


def leave(database: Database, *lists: MailList, now=NOW, by=LeftBy.PERSON) -> None:
    with database.write() as session:
        list_choices.leave(session, participant=person(session), lists=lists, by=by, now=now)


def left(database: Database) -> list[tuple[str, str, object]]:
    with database.read() as session:
        rows = session.scalars(sa.select(LeftList).order_by(LeftList.list))
        return [(row.list.value, row.by.value, row.left_at) for row in rows]


def test_every_kind_of_mail_may_be_left_or_not():
    """A new kind of mail has to say which."""
    assert set(mail_lists.LIST_OF) | set(mail_lists.ALWAYS) == set(MailKind)
    assert not set(mail_lists.LIST_OF) & set(mail_lists.ALWAYS)
    assert set(mail_lists.IN_PART) <= set(mail_lists.LIST_OF)


def test_leaving_one_list_leaves_the_others(alice: Database) -> None:
    leave(alice, MailList.REMINDERS)
    leave(alice, MailList.REMINDERS, now=LATER)  # again: the first time counts
    assert left(alice) == [("reminders", "person", NOW)]
    with alice.read() as session:
        found = list_choices.choices(session, participant=person(session))
    assert found == (
        Choice(MailList.REMINDERS, on=False, of_use=True, left_at=NOW, by=LeftBy.PERSON),
        Choice(MailList.REPLAYS, on=True, of_use=True),
        Choice(MailList.SURVEYS, on=True, of_use=True),
        Choice(MailList.THEMES, on=True, of_use=False),
        Choice(MailList.NEWS, on=False, of_use=False),
    )


@pytest.mark.parametrize("list_", MailList)
def test_each_can_be_taken_up_again(alice: Database, list_: MailList) -> None:
    leave(alice, *MailList)
    with alice.write() as session:
        list_choices.take_up(session, participant=person(session), list_=list_, now=LATER)
    assert {name for name, *_ in left(alice)} == set(MailList) - {list_}


def test_leaving_news_takes_the_consent_back(alice: Database) -> None:
    with alice.write() as session:
        list_choices.take_up(session, participant=person(session), list_=MailList.NEWS, now=NOW)
    with alice.read() as session:
        assert person(session).news_version == NEWS.version
    leave(alice, MailList.NEWS)
    with alice.read() as session:
        alice_ = person(session)
        assert (alice_.news_since, alice_.news_version) == (None, None)
    with alice.write() as session:
        list_choices.take_up(session, participant=person(session), list_=MailList.NEWS, now=LATER)
    with alice.read() as session:
        assert person(session).news_since == LATER
    assert left(alice) == []


def test_a_complaint_is_taken_back_but_for_what_the_person_left_and_for_news(
    alice: Database,
) -> None:
    leave(alice, MailList.SURVEYS)
    leave(alice, *MailList, by=LeftBy.COMPLAINT, now=LATER)
    with alice.write() as session:
        list_choices.take_back_complaint(session, participant=person(session))
    assert left(alice) == [("news", "complaint", LATER), ("surveys", "person", NOW)]


def test_nobody_who_left_them_is_owed_a_reminder(alice: Database) -> None:
    with alice.write() as session:
        for one in (BOB, ALICE):
            register(session, one)
    leave(alice, MailList.REMINDERS)
    with alice.write() as session:
        assert reminders.plan_mails(session, host=HOST, pace=Pace(), now=DUE) == 1
        assert reminders.plan_mails(session, host=HOST, pace=Pace(), now=DUE) == 0
        owed = session.scalars(sa.select(OutboxMail).where(OutboxMail.kind == MailKind.REMINDER))
        assert [mail.recipient.email for mail in owed] == [BOB.email]


def test_nobody_who_left_them_is_told_of_a_theme(alice: Database) -> None:
    theme = MAY.theme or ""
    with alice.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for one in (ALICE, BOB):
            following.follow_theme(session, theme_slug=theme, person=one, house=HOUSE, now=NOW)
    leave(alice, MailList.THEMES)
    with alice.write() as session:
        june = replace(MAY, slug="juin", date=date(2019, 6, 20), title="Juin")
        published(session, plan_of(MARCH, APRIL, MAY, june), now=LATER)
        owed = session.scalars(sa.select(OutboxMail).where(OutboxMail.kind == MailKind.PLANNED))
        assert [mail.recipient.email for mail in owed] == [BOB.email]


def test_confirming_a_theme_on_ones_page_takes_its_announcements_up(alice: Database) -> None:
    leave(alice, MailList.THEMES)
    theme = APRIL.theme or ""
    house = replace(HOUSE, require_confirmation=True)
    with alice.write() as session:
        following.follow_theme(session, theme_slug=theme, person=ALICE, house=house, now=NOW)
        assert mail_lists.left_by(session, participant_id=person(session).id)
        following.confirm_following(
            session, participant=person(session), theme_slug=theme, house=house, now=NOW
        )
    assert left(alice) == []


def test_an_erased_persons_choices_and_address_are_gone(alice: Database) -> None:
    leave(alice, *MailList)
    with alice.write() as session:
        for address in (ALICE.email, BOB.email):
            session.add(
                AddressStanding(
                    address=address, noticed_at=NOW, stopped_at=NOW, reason=StopReason.RETURNED
                )
            )
        session.flush()
        erasure.erase(session, participant=person(session), actor="x", host=HOST, now=NOW)
    assert left(alice) == []
    with alice.read() as session:
        assert session.scalars(sa.select(AddressStanding.address)).all() == [BOB.email]
