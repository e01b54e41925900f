"""A person's own page: who may open it, and what it shows."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    BOB,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    SECRET,
    in_threads,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import participants
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.participants import SecretReplaced
from webinars.domain.programme import Moment
from webinars.links import LAST_GENERATION, Links, Purpose
from webinars.models import MailKind, OutboxMail, Participant, WebinarStatus

LINKS = Links(base_url=BASE_URL, secret=SECRET)
START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
END = START + timedelta(minutes=90)


@pytest.fixture
def with_alice(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, ALICE)
    return database


def found(session: Session, email: str = ALICE.email) -> Participant:
    participant = participants.by_email(session, email=email)
    assert participant is not None
    return participant


Line = tuple[str, str, int | None, bool, bool]


def page(database: Database, who: str = ALICE.email, *, now: datetime = NOW) -> list[Line]:
    """Webinar, status, position, whether it can be cancelled, whether confirmed."""
    with database.read() as session:
        views = participants.own_page(
            session,
            participant=found(session, who),
            moment=Moment.at(now, opens_minutes=15),
        ).registrations
    return [
        (view.webinar.slug, view.status.value, view.position, view.can_cancel, view.can_confirm)
        for view in views
    ]


def test_the_own_token_opens_the_own_page_and_calendar(with_alice: Database) -> None:
    with with_alice.write() as session:
        register(session, BOB, webinar=APRIL.slug)
    with with_alice.read() as session:
        for email in (ALICE.email, BOB.email):
            person = found(session, email)
            token = participants.page_token(LINKS, person)
            calendar = participants.calendar_token(LINKS, person)
            assert participants.open_page(session, links=LINKS, token=token) is person
            assert participants.open_calendar(session, links=LINKS, token=calendar) is person
            assert participants.open_calendar(session, links=LINKS, token=token) is person


def test_the_token_of_the_door_opens_no_page_and_ends_with_it(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        token = participants.door_token(LINKS, alice)
        page_token = participants.page_token(LINKS, alice)
        for one in (token, page_token):
            assert participants.open_door(session, links=LINKS, token=one) is alice
        for other in (participants.open_page, participants.open_calendar):
            with pytest.raises(NotFound):
                other(session, links=LINKS, token=token)
        calendar = participants.calendar_token(LINKS, alice)
        with pytest.raises(NotFound):
            participants.open_door(session, links=LINKS, token=calendar)
        alice.calendar_generation += 1
        assert participants.open_door(session, links=LINKS, token=token) is alice
        alice.page_generation += 1
        for one in (token, page_token):
            with pytest.raises(SecretReplaced):
                participants.open_door(session, links=LINKS, token=one)


def test_the_token_of_a_calendar_does_not_open_the_page(with_alice: Database) -> None:
    with with_alice.read() as session:
        token = participants.calendar_token(LINKS, found(session))
        with pytest.raises(NotFound):
            participants.open_page(session, links=LINKS, token=token)


@pytest.mark.parametrize("token", ["", "x", "a.b", "\x00", "é" * 40])
def test_nonsense_opens_nothing(with_alice: Database, token: str) -> None:
    with with_alice.read() as session:
        for door in (
            participants.open_page,
            participants.open_calendar,
            participants.open_door,
        ):
            with pytest.raises(NotFound):
                door(session, links=LINKS, token=token)


def test_a_genuine_token_of_nobody_opens_nothing(with_alice: Database) -> None:
    token = LINKS.personal_token(Purpose.PAGE, uuid.uuid4(), 1)
    with with_alice.read() as session, pytest.raises(NotFound):
        participants.open_page(session, links=LINKS, token=token)


def test_a_replaced_secret_opens_nothing_any_more(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        page_before = participants.page_token(LINKS, alice)
        calendar_before = participants.calendar_token(LINKS, alice)
        alice.page_generation += 1
    with with_alice.write() as session:
        with pytest.raises(SecretReplaced):
            participants.open_page(session, links=LINKS, token=page_before)
        # The calendar has a secret of its own.
        alice = participants.open_calendar(session, links=LINKS, token=calendar_before)
        alice.calendar_generation += 1
        after = participants.page_token(LINKS, alice)
        assert participants.open_page(session, links=LINKS, token=after) is alice
    with with_alice.read() as session, pytest.raises(SecretReplaced):
        participants.open_calendar(session, links=LINKS, token=calendar_before)


def test_an_address_is_found_as_it_is_kept(with_alice: Database) -> None:
    with with_alice.read() as session:
        assert participants.by_email(session, email="nobody@example.org") is None
        assert found(session).full_name == ALICE.full_name


def test_none_one_three(with_alice: Database) -> None:
    with with_alice.write() as session:
        register(session, BOB, webinar=MAY.slug)
        session.execute(sa.text("DELETE FROM registrations WHERE participant_id = 2"))
    assert page(with_alice, BOB.email) == []
    assert page(with_alice) == [(MARCH.slug, "confirmed", None, True, False)]
    with with_alice.write() as session:
        for slug in (MAY.slug, APRIL.slug):
            register(session, ALICE, webinar=slug)
    assert [line[0] for line in page(with_alice)] == [MARCH.slug, APRIL.slug, MAY.slug]


def test_what_comes_stands_before_the_past_latest_first(with_alice: Database) -> None:
    with with_alice.write() as session:
        for slug in (APRIL.slug, MAY.slug):
            register(session, ALICE, webinar=slug)
    after_april = datetime.fromisoformat("2019-04-20T00:00:00+00:00")
    assert [line[0] for line in page(with_alice, now=after_april)] == [
        MAY.slug,
        APRIL.slug,
        MARCH.slug,
    ]


@pytest.mark.parametrize(
    ("now", "can_cancel"),
    [(START - timedelta(seconds=1), True), (START, False), (END, False)],
)
def test_one_can_leave_until_the_start(
    with_alice: Database, now: datetime, can_cancel: bool
) -> None:
    assert page(with_alice, now=now) == [(MARCH.slug, "confirmed", None, can_cancel, False)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [(START, (False, True)), (END, (False, False)), (NOW, (True, True))],
)
def test_one_can_confirm_until_the_end(
    with_alice: Database, now: datetime, expected: tuple[bool, bool]
) -> None:
    with with_alice.write() as session:
        register(session, BOB, house=replace(HOUSE, require_confirmation=True))
    assert page(with_alice, BOB.email, now=now) == [(MARCH.slug, "pending", None, *expected)]


def test_who_waits_sees_their_place_in_line(with_alice: Database) -> None:
    with with_alice.write() as session:
        register(session, replace(BOB, email="first@example.org"), now=NOW + timedelta(seconds=1))
        register(session, BOB, now=NOW + timedelta(seconds=2))
    assert page(with_alice, BOB.email) == [(MARCH.slug, "waitlisted", 2, True, False)]


def test_nothing_can_be_done_about_a_cancelled_webinar(with_alice: Database) -> None:
    with with_alice.write() as session:
        register(session, BOB, house=replace(HOUSE, require_confirmation=True))
        cancelled = replace(MARCH, status=WebinarStatus.CANCELLED)
        published(session, plan_of(cancelled, APRIL, MAY, capacity=1))
    assert page(with_alice) == [(MARCH.slug, "confirmed", None, False, False)]
    assert page(with_alice, BOB.email) == [(MARCH.slug, "pending", None, False, False)]


# replacing secrets, and proof of the address -------------------------------------------


def test_replacing_the_page_owes_the_new_link_and_closes_the_old(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        before = participants.page_token(LINKS, alice)
        calendar = participants.calendar_token(LINKS, alice)
        # The limit of asking for a link does not lock anybody out of their own page.
        for seconds in range(5):
            at = NOW + timedelta(seconds=seconds)
            participants.replace_page(session, participant=alice, host=HOUSE.host, now=at)
        kinds = session.scalars(sa.select(OutboxMail.kind).order_by(OutboxMail.id)).all()
        assert kinds == [MailKind.CONFIRMATION, *[MailKind.LINK] * 5]
        after = participants.page_token(LINKS, alice)
        assert participants.open_page(session, links=LINKS, token=after) is alice
        with pytest.raises(SecretReplaced):
            participants.open_calendar(session, links=LINKS, token=calendar)
        with pytest.raises(SecretReplaced) as error:
            participants.open_page(session, links=LINKS, token=before)
        assert error.value.purpose is Purpose.PAGE


def test_replacing_the_calendar_owes_nothing(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        page = participants.page_token(LINKS, alice)
        before = participants.calendar_token(LINKS, alice)
        participants.replace_calendar(session, participant=alice)
        assert participants.open_page(session, links=LINKS, token=page) is alice
        with pytest.raises(SecretReplaced) as error:
            participants.open_calendar(session, links=LINKS, token=before)
        assert error.value.purpose is Purpose.CALENDAR
        assert session.scalars(sa.select(OutboxMail.kind)).all() == [MailKind.CONFIRMATION]


def test_a_double_press_replaces_once(with_alice: Database) -> None:
    with with_alice.read() as session:
        alice = found(session)
    refused: list[SecretReplaced] = []

    def press(_number: int) -> None:
        try:
            with with_alice.write() as session:
                who = session.merge(alice, load=False)
                participants.replace_page(session, participant=who, host=HOUSE.host, now=NOW)
        except SecretReplaced as error:
            refused.append(error)

    in_threads(press, 4)
    assert len(refused) == 3
    with with_alice.read() as session:
        assert found(session).page_generation == 2
        assert session.scalars(sa.select(OutboxMail.kind).order_by(OutboxMail.id)).all() == [
            MailKind.CONFIRMATION,
            MailKind.LINK,
        ]


def test_a_secret_cannot_be_replaced_for_ever(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        alice.calendar_generation = LAST_GENERATION - 1
        session.flush()
        participants.replace_calendar(session, participant=alice)
        assert participants.calendar_token(LINKS, alice)
        with pytest.raises(ChangedMeanwhile):
            participants.replace_calendar(session, participant=alice)


def test_the_first_press_proves_the_address_and_each_is_a_contact(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        assert (alice.proven_at, alice.last_contact_at) == (None, NOW)
        for seconds in (1, 2):
            at = NOW + timedelta(seconds=seconds)
            participants.used(session, participant=alice, now=at)
            assert alice.proven_at == NOW + timedelta(seconds=1)
            assert alice.last_contact_at == at
