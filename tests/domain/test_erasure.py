"""Erasing people: nothing of them is left, and every count is."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BASE_URL,
    BOB,
    CHARLIE,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    SECRET,
    count,
    counted_queries,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import audit, erasure, leaving, notices, participants, preview
from webinars.domain.erasure import Going
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.mail_rules import Pace
from webinars.domain.registration_lists import list_registrations
from webinars.domain.reminders import plan_mails
from webinars.domain.waiting_line import position
from webinars.links import Links
from webinars.models import (
    AuditEntry,
    MailKind,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

LINKS = Links(base_url=BASE_URL, secret=SECRET)
SECOND = timedelta(seconds=1)
AFTER_MARCH = datetime.fromisoformat("2019-04-01T09:00:00+00:00")
WHOLE = replace(ALICE, organisation="Association", actor_category="association", region="53")


def found(session: Session, email: str = ALICE.email) -> Participant:
    participant = participants.by_email(session, email=email)
    assert participant is not None
    return participant


def erase(session: Session, email: str = ALICE.email, *, now: datetime = NOW) -> None:
    who = found(session, email)
    erasure.erase(session, participant=who, actor=audit.PARTICIPANT, host=HOST, now=now)


def statuses(session: Session) -> list[tuple[str, str]]:
    """Every registration: webinar and status, in the order of arrival."""
    rows = session.execute(
        sa.select(Webinar.slug, Registration.status)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .order_by(Registration.registered_at, Registration.id)
    )
    return [(slug, status.value) for slug, status in rows]


def confirmed(session: Session) -> dict[str, int]:
    """The counters of places."""
    return dict(session.execute(sa.select(Webinar.slug, Webinar.confirmed_count)).all())


def trail(session: Session) -> list[tuple[str, str, str | None, dict[str, object]]]:
    """What the audit trail says of erasing."""
    rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    return [
        (row.act.value, row.actor, row.subject, row.after)
        for row in rows
        if row.act.value.endswith("_erased")
    ]


def dump(session: Session) -> str:
    """Every value of every table, as one text."""
    tables = Database.metadata.sorted_tables
    return json.dumps(
        [[list(row) for row in session.execute(sa.select(table))] for table in tables], default=str
    )


@pytest.fixture
def with_alice(database: Database) -> Database:
    """Alice had March, and has April and May to come."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        for planned in (MARCH, APRIL, MAY):
            register(session, WHOLE, webinar=planned.slug, question="Et les habitants ?")
    return database


def test_nothing_of_the_person_is_left_in_any_table(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        known = (ALICE.email, "Alice", "Dupont", "habitants", str(alice.public_id))
        before = dump(session)
        assert all(word in before for word in known if word != str(alice.public_id))
        assert before.count(alice.public_id.hex) + before.count(str(alice.public_id)) == 1
        hexes = (alice.public_id.hex,)
        erase(session, now=AFTER_MARCH)
    with with_alice.read() as session:
        after = dump(session)
        for word in (*known, *hexes, '"Association"', '"association"', '"53"'):
            assert word not in after
        (row,) = session.scalars(sa.select(Participant))
        assert row.email.startswith("erased:")
        assert "@" not in row.email
        assert (row.full_name, row.organisation, row.actor_category, row.region) == (
            "",
            None,
            None,
            None,
        )
        assert (row.language, row.proven_at, row.erased_at) == ("fr", None, AFTER_MARCH)
        assert count(session, OutboxMail) == 0


def test_the_past_stays_and_what_is_to_come_is_left(with_alice: Database) -> None:
    with with_alice.write() as session:
        erase(session, now=AFTER_MARCH)
    with with_alice.read() as session:
        assert statuses(session) == [
            (MARCH.slug, "confirmed"),
            (APRIL.slug, "cancelled"),
            (MAY.slug, "cancelled"),
        ]
        assert confirmed(session) == {MARCH.slug: 1, APRIL.slug: 0, MAY.slug: 0}
        assert trail(session) == [("person_erased", "participant", None, {})]


def test_each_place_goes_to_the_first_in_line(with_alice: Database) -> None:
    with with_alice.write() as session:
        for number, who in enumerate((BOB, CHARLIE)):
            later = NOW + (number + 1) * SECOND
            register(session, who, webinar=APRIL.slug, now=later)
        erase(session, now=AFTER_MARCH)
    with with_alice.read() as session:
        listed = list_registrations(session, cycle_slug="2019", webinar_slug=APRIL.slug)
        assert [(row.email, row.status.value, row.position) for row in listed] == [
            (BOB.email, "confirmed", None),
            (CHARLIE.email, "waitlisted", 1),
        ]
        assert confirmed(session)[APRIL.slug] == 1
        kinds = session.scalars(sa.select(OutboxMail.kind).order_by(OutboxMail.id)).all()
        assert kinds == [MailKind.WAITING_LIST, MailKind.WAITING_LIST, MailKind.PROMOTION]


def test_a_cancelled_webinar_to_come_is_left_too(with_alice: Database) -> None:
    """It might take place after all, and nobody would be there to be told."""
    with with_alice.write() as session:
        off = replace(APRIL, status=WebinarStatus.CANCELLED)
        published(session, plan_of(MARCH, off, MAY, capacity=1))
        erase(session, now=AFTER_MARCH)
        assert dict(statuses(session))[APRIL.slug] == "cancelled"


def test_what_was_open_opens_nothing(with_alice: Database) -> None:
    with with_alice.read() as session:
        alice = found(session)
        page, calendar = (
            participants.page_token(LINKS, alice),
            participants.calendar_token(LINKS, alice),
        )
    with with_alice.write() as session:
        erase(session)
    with with_alice.read() as session:
        for token in (page, calendar):
            for door in (participants.open_page, participants.open_calendar):
                with pytest.raises(NotFound):
                    door(session, links=LINKS, token=token)
        assert participants.by_email(session, email=ALICE.email) is None


def test_even_the_row_s_own_new_secret_opens_nothing(with_alice: Database) -> None:
    with with_alice.write() as session:
        alice = found(session)
        erase(session)
        token = participants.page_token(LINKS, alice)
        with pytest.raises(NotFound):
            participants.open_page(session, links=LINKS, token=token)
        assert participants.by_email(session, email=alice.email) is None


def test_the_same_address_begins_anew(with_alice: Database) -> None:
    with with_alice.write() as session:
        erase(session, now=AFTER_MARCH)
        register(session, ALICE, webinar=APRIL.slug, now=AFTER_MARCH)
        assert count(session, Participant) == 2
        assert found(session).organisation is None
        assert [row.kind for row in session.scalars(sa.select(OutboxMail))] == [
            MailKind.CONFIRMATION
        ]


def test_two_erased_people_stand_side_by_side(with_alice: Database) -> None:
    with with_alice.write() as session:
        register(session, BOB)
        for email in (ALICE.email, BOB.email):
            erase(session, email)
        rows = session.scalars(sa.select(Participant)).all()
        assert len({row.email for row in rows}) == len({row.public_id for row in rows}) == 2


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            NOW,
            Going(to_come=3, kept=0, questions=3, published=0, wishes=0, public_wishes=0, mails=3),
        ),
        (
            AFTER_MARCH,
            Going(to_come=2, kept=1, questions=3, published=0, wishes=0, public_wishes=0, mails=3),
        ),
    ],
)
def test_what_goes_is_said_in_numbers_before(
    with_alice: Database, now: datetime, expected: Going
) -> None:
    with with_alice.read() as session, counted_queries(with_alice) as queries:
        alice = found(session)
        assert erasure.what_goes(session, participant=alice, now=now) == expected
    assert len(queries) == 6


# where an erased person must not appear ------------------------------------------------


@pytest.fixture
def moved_back(database: Database) -> Database:
    """March took place, two people of it were erased; then it is held once more, in May."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + SECOND)
        register(session, CHARLIE, now=NOW + 2 * SECOND)
        for email in (ALICE.email, BOB.email):
            erase(session, email, now=AFTER_MARCH)
    return database


def again(capacity: int) -> Callable[[Session], None]:
    plan = plan_of(replace(MARCH, date=date(2019, 5, 9)), capacity=capacity)
    return lambda session: published(session, plan, now=AFTER_MARCH)


def test_lists_and_lines_know_the_living_only(moved_back: Database) -> None:
    with moved_back.read() as session:
        listed = list_registrations(session, cycle_slug="2019", webinar_slug=MARCH.slug)
        assert [(row.email, row.position) for row in listed] == [(CHARLIE.email, 1)]
        charlie = session.scalars(
            sa.select(Registration).where(
                Registration.participant_id == found(session, CHARLIE.email).id
            )
        ).one()
        assert position(session, registration=charlie) == 1
        assert [status for _, status in statuses(session)] == [
            "confirmed",
            "waitlisted",
            "waitlisted",
        ]


def test_nobody_erased_is_promoted_told_or_reminded(moved_back: Database) -> None:
    with moved_back.write() as session:
        assert count(session, OutboxMail) == 1  # Charlie's place in the line
        again(1)(session)  # moved: the place of who was erased goes to the first in line
        again(2)(session)  # one place more, and nobody waits any more
        mails = session.execute(
            sa.select(OutboxMail.kind, Participant.email)
            .join(Participant)
            .where(OutboxMail.kind != MailKind.WAITING_LIST)
            .order_by(OutboxMail.id)
        ).all()
        assert {email for _, email in mails} == {CHARLIE.email}
        assert [kind for kind, _ in mails] == [MailKind.PROMOTION]
        (march,) = session.scalars(sa.select(Webinar))
        assert notices.people_told(session, webinar_ids=[march.id], promoted={}) == 1
        assert preview._calendars(session, [march.id]) == 1
        day_before = march.starts_at - timedelta(days=1)
        plan_mails(session, host=HOST, pace=Pace(), now=day_before)
        assert session.scalars(
            sa.select(Participant.email)
            .join(OutboxMail, OutboxMail.participant_id == Participant.id)
            .where(OutboxMail.kind == MailKind.REMINDER)
        ).all() == [CHARLIE.email]


# at the same time ----------------------------------------------------------------------


def test_who_is_registered_meanwhile_is_not_half_erased(
    with_alice: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "leave_all", lambda *_args, **_values: 0)
    with pytest.raises(ChangedMeanwhile), with_alice.write() as session:
        erase(session)
    with with_alice.read() as session:
        assert found(session).erased_at is None
        assert {status for _, status in statuses(session)} == {"confirmed"}


def test_a_crowd_that_comes_and_is_erased_keeps_the_counts(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=3))

    def come_and_go(number: int) -> None:
        for planned in (MARCH, APRIL) if number % 2 else (APRIL, MARCH):
            with database.write() as session:
                register(session, person(number), webinar=planned.slug)
        if number % 3:
            with database.write() as session:
                erase(session, person(number).email)

    in_threads(come_and_go, 12)
    with database.read() as session:
        standing = {
            slug: session.scalar(
                sa.select(sa.func.count())
                .select_from(Registration)
                .join(Webinar)
                .where(Webinar.slug == slug, Registration.status == RegistrationStatus.CONFIRMED)
            )
            for slug in (MARCH.slug, APRIL.slug)
        }
        assert standing == confirmed(session) == {MARCH.slug: 3, APRIL.slug: 3}
        assert len(trail(session)) == 8
        assert count(session, Participant) == 12
        left = session.scalar(
            sa.select(sa.func.count())
            .select_from(OutboxMail)
            .join(Participant)
            .where(Participant.erased_at.is_not(None))
        )
        assert left == 0


def test_the_same_person_registering_and_erased_at_once(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        register(session, ALICE)

    def act(number: int) -> None:
        with database.write() as session:
            if number % 2:
                register(session, ALICE, webinar=APRIL.slug, now=NOW + number * SECOND)
                return
            alice = participants.by_email(session, email=ALICE.email)
            if alice is not None:
                try:
                    erasure.erase(
                        session, participant=alice, actor=audit.PARTICIPANT, host=HOST, now=NOW
                    )
                except ChangedMeanwhile:
                    session.rollback()

    in_threads(act, 8)
    with database.read() as session:
        erased = session.scalars(
            sa.select(Participant.id).where(Participant.erased_at.is_not(None))
        )
        held = session.scalar(
            sa.select(sa.func.count())
            .select_from(Registration)
            .where(
                Registration.participant_id.in_(erased.all()),
                Registration.status != RegistrationStatus.CANCELLED,
            )
        )
        assert held == 0
        assert sum(confirmed(session).values()) == session.scalar(
            sa.select(sa.func.count())
            .select_from(Registration)
            .where(Registration.status == RegistrationStatus.CONFIRMED)
        )


# leaving everything --------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 3])
def test_leaving_all_leaves_none_one_three(database: Database, number: int) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY, capacity=1))
        register(session, ALICE)
        register(session, BOB, now=NOW + SECOND)
        for planned in (MARCH, APRIL, MAY)[:number]:
            register(session, CHARLIE, webinar=planned.slug, now=NOW + 2 * SECOND)
        if not number:
            register(session, CHARLIE, webinar=MAY.slug)
            session.execute(sa.delete(Registration).where(Registration.participant_id == 3))
        charlie = found(session, CHARLIE.email)
        assert leaving.leave_all(session, participant=charlie, host=HOST, now=NOW) == number
        assert leaving.leave_all(session, participant=charlie, host=HOST, now=NOW) == 0


def test_leaving_all_stops_at_what_has_begun_or_is_called_off(with_alice: Database) -> None:
    with with_alice.write() as session:
        off = replace(MAY, status=WebinarStatus.CANCELLED)
        published(session, plan_of(MARCH, APRIL, off, capacity=1))
        alice = found(session)
        begun = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
        assert leaving.leave_all(session, participant=alice, host=HOST, now=begun) == 1
        assert statuses(session) == [
            (MARCH.slug, "confirmed"),
            (APRIL.slug, "cancelled"),
            (MAY.slug, "confirmed"),
        ]


def test_two_who_would_promote_each_other_leave_at_once(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=1))
        register(session, ALICE, webinar=MARCH.slug)
        register(session, BOB, webinar=APRIL.slug)
        register(session, ALICE, webinar=APRIL.slug, now=NOW + SECOND)
        register(session, BOB, webinar=MARCH.slug, now=NOW + SECOND)

    def leave(number: int) -> None:
        with database.write() as session:
            who = found(session, (ALICE, BOB)[number].email)
            leaving.leave_all(session, participant=who, host=HOUSE.host, now=NOW + 2 * SECOND)

    in_threads(leave, 2)
    with database.read() as session:
        assert {status for _, status in statuses(session)} == {"cancelled"}
        assert confirmed(session) == {MARCH.slug: 0, APRIL.slug: 0}
