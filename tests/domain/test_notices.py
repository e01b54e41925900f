"""Who is told of a publication: the number that a preview says is what publishing writes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

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
    MAY,
    NOW,
    count,
    counted_queries,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import notices, outbox, participants, planning, publication, registrations
from webinars.domain.changes import PlanChange
from webinars.domain.notices import Audience, told
from webinars.domain.plan import PlannedSession
from webinars.models import (
    ChangeKind,
    MailKind,
    MailState,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

START = datetime(2019, 3, 21, 12, 0, tzinfo=UTC)
END = START + timedelta(minutes=90)
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)
CANCELLED = WebinarStatus.CANCELLED
PARIS = "Europe/Paris"


# which changes: pure ------------------------------------------------------------------------


def change(kind: ChangeKind, before: dict[str, Any], after: dict[str, Any]) -> PlanChange:
    return PlanChange(kind, MARCH.slug, before, after)


def moved(before: str, after: str) -> PlanChange:
    return change(ChangeKind.MOVED, {"starts": before}, {"starts": after})


LATER = moved(f"2019-03-21T13:00 {PARIS}", f"2019-03-28T13:00 {PARIS}")
EARLIER = moved(f"2019-03-21T13:00 {PARIS}", f"2019-03-14T13:00 {PARIS}")
SAME_INSTANT = moved(f"2019-03-21T13:00 {PARIS}", "2019-03-21T12:00 Europe/London")
RENAMED = change(ChangeKind.RENAMED, {"title": "Before"}, {"title": "After"})
CALLED_OFF = change(ChangeKind.CANCELLED, {"cancelled": False}, {"cancelled": True})
RESTORED = change(
    ChangeKind.CHANGED,
    {"cancelled": True, "capacity": 10},
    {"cancelled": False, "capacity": 20},
)
DETAILS = change(ChangeKind.CHANGED, {"speakers": []}, {"speakers": ["Zoé"]})
LONGER = change(ChangeKind.CHANGED, {"duration": 90}, {"duration": 120})
SHORTER = change(ChangeKind.CHANGED, {"duration": 120}, {"duration": 90})
ADDED = change(ChangeKind.ADDED, {}, {"title": "New", "starts": f"2019-03-21T13:00 {PARIS}"})


def march(*, starts_at: datetime = START, status: WebinarStatus = WebinarStatus.SCHEDULED):
    ends_at = starts_at + timedelta(minutes=90)
    return {MARCH.slug: Webinar(starts_at=starts_at, ends_at=ends_at, status=status)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], []),
        ([ADDED], []),
        ([DETAILS], []),
        ([LONGER], []),
        ([SAME_INSTANT], []),
        ([LATER], [LATER]),
        ([RENAMED], [RENAMED]),
        ([CALLED_OFF], [CALLED_OFF]),
        ([RESTORED], [RESTORED]),
        ([LATER, RENAMED, DETAILS], [LATER, RENAMED]),
        ([EARLIER, CALLED_OFF], [EARLIER, CALLED_OFF]),
    ],
)
def test_what_is_told(changes: list[PlanChange], expected: list[PlanChange]) -> None:
    assert told(changes, webinars=march(), now=NOW) == tuple(expected)


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ([RENAMED], END),
        ([CALLED_OFF], END),
        ([LATER], END + WEEK),
        ([EARLIER], END),
        ([RENAMED, LATER], END + WEEK),
        ([RENAMED, LONGER], END + timedelta(minutes=30)),
        ([RENAMED, SHORTER], END + timedelta(minutes=30)),
    ],
)
def test_it_is_told_until_the_later_end(changes: list[PlanChange], until: datetime) -> None:
    heard = [one for one in changes if one.kind is not ChangeKind.CHANGED]
    assert told(changes, webinars=march(), now=until - SECOND) == tuple(heard)
    assert told(changes, webinars=march(), now=until) == ()


@pytest.mark.parametrize("change_", [LATER, RENAMED])
def test_what_becomes_of_a_cancelled_webinar_is_told_to_nobody(change_: PlanChange) -> None:
    off = march(status=CANCELLED)
    assert told([change_], webinars=off, now=NOW) == ()
    assert told([change_, RESTORED], webinars=off, now=NOW) == (change_, RESTORED)


@pytest.mark.parametrize("now", [NOW, START, END - SECOND, END, END + WEEK - SECOND, END + WEEK])
def test_the_answer_is_the_same_before_and_after_the_publication(now: datetime) -> None:
    before, after = march(), march(starts_at=START + WEEK)
    changes = [LATER, RENAMED]
    assert told(changes, webinars=before, now=now) == told(changes, webinars=after, now=now)
    changes = [LATER, CALLED_OFF]
    after = march(starts_at=START + WEEK, status=CANCELLED)
    assert told(changes, webinars=before, now=now) == told(changes, webinars=after, now=now)


# who ------------------------------------------------------------------------------------------


def status_of(session: Session, email: str, status: RegistrationStatus) -> None:
    participant = participants.by_email(session, email=email)
    assert participant is not None
    session.execute(
        sa.update(Registration)
        .where(Registration.participant_id == participant.id)
        .values(status=status)
    )


def leave(session: Session, email: str, webinar: str, now: datetime = NOW) -> None:
    participant = participants.by_email(session, email=email)
    assert participant is not None
    registrations.cancel(
        session,
        participant=participant,
        cycle_slug="2019",
        webinar_slug=webinar,
        house=HOUSE,
        now=now,
    )


def previewed_and_published(
    database: Database, *sessions: PlannedSession, now: datetime = NOW
) -> tuple[Audience, int]:
    """What the preview says of these sessions, and how many notices publishing writes."""
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(*sessions), now=now)
    with database.read() as session:
        cycle = planning.find_cycle(session, slug="2019")
        changes = publication.pending_changes(session, cycle=cycle)
        audience = notices.audience(session, cycle=cycle, changes=changes, promoted={}, now=now)
    with database.write() as session:
        before = len(owed(session))
        publication.publish(session, cycle_slug="2019", host=HOST, now=now)
        return audience, len(owed(session)) - before


def owed(session: Session) -> list[tuple[str, int | None]]:
    """Whom a notice is written for, and of which publication."""
    rows = session.scalars(
        sa.select(OutboxMail)
        .where(OutboxMail.kind == MailKind.CHANGE_NOTICE)
        .order_by(OutboxMail.id)
    )
    return [(row.recipient.email.split("@")[0], row.revision) for row in rows]


@pytest.fixture
def three(database: Database) -> Database:
    """Alice is on March and April, Bob on April, Charlie on May."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for who, slugs in (
            (ALICE, (MARCH.slug, APRIL.slug)),
            (BOB, (APRIL.slug,)),
            (CHARLIE, (MAY.slug,)),
        ):
            for slug in slugs:
                register(session, who, webinar=slug)
    return database


MARCH_MOVED = replace(MARCH, date=date(2019, 3, 28))
APRIL_RENAMED = replace(APRIL, title="Faire alliance")
APRIL_OFF = replace(APRIL, status=CANCELLED)
MAY_MOVED = replace(MAY, starts_at=time(14))


@pytest.mark.parametrize(
    ("sessions", "audience", "people"),
    [
        ((MARCH, APRIL, MAY), {}, []),
        ((MARCH, APRIL, replace(MAY, capacity=500)), {}, []),
        ((MARCH_MOVED, APRIL, MAY), {MARCH.slug: 1}, ["alice"]),
        ((MARCH, APRIL_RENAMED, MAY), {APRIL.slug: 2}, ["alice", "bob"]),
        ((MARCH_MOVED, APRIL_OFF, MAY), {MARCH.slug: 1, APRIL.slug: 2}, ["alice", "bob"]),
        (
            (MARCH_MOVED, APRIL_RENAMED, MAY_MOVED),
            {MARCH.slug: 1, APRIL.slug: 2, MAY.slug: 1},
            ["alice", "bob", "charlie"],
        ),
        ((MARCH, MAY), {APRIL.slug: 2}, ["alice", "bob"]),
    ],
)
def test_one_row_a_person_and_the_preview_says_how_many(
    three: Database,
    sessions: Sequence[PlannedSession],
    audience: dict[str, int],
    people: list[str],
) -> None:
    expected = Audience(len(people), audience)
    assert previewed_and_published(three, *sessions) == (expected, len(people))
    with three.read() as session:
        assert owed(session) == [(name, 2) for name in people]


@pytest.mark.parametrize(
    ("status", "told_"),
    [
        (RegistrationStatus.PENDING, 0),
        (RegistrationStatus.CANCELLED, 0),
        (RegistrationStatus.CONFIRMED, 1),
        (RegistrationStatus.WAITLISTED, 1),
    ],
)
def test_the_registered_and_the_waiting_are_told(
    database: Database, status: RegistrationStatus, told_: int
) -> None:
    with database.write() as session:  # full, or a publication would promote who waits
        published(session, plan_of(replace(MARCH, capacity=1)))
        register(session, ALICE)
        status_of(session, ALICE.email, status)
    assert previewed_and_published(database, replace(MARCH_MOVED, capacity=1)) == (
        Audience(told_, {MARCH.slug: told_}),
        told_,
    )


def test_a_webinar_long_past_writes_to_nobody(three: Database) -> None:
    after = datetime(2019, 3, 22, tzinfo=UTC)
    title = replace(MARCH, title="Corrected")
    assert previewed_and_published(three, title, APRIL, MAY, now=after) == (Audience(0, {}), 0)


def test_a_draft_is_told_to_nobody(three: Database) -> None:
    with three.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH_MOVED, APRIL_OFF, MAY), now=NOW)
        assert owed(session) == []


def test_a_rolled_back_publication_owes_nothing(three: Database) -> None:
    with three.writing_session() as session:
        published(session, plan_of(MARCH_MOVED, APRIL, MAY))
        assert owed(session) == [("alice", 2)]
        session.rollback()
    with three.read() as session:
        assert owed(session) == []


def test_a_row(three: Database) -> None:
    with three.write() as session:
        published(session, plan_of(MARCH_MOVED, APRIL, MAY))
    with three.read() as session:
        row = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.CHANGE_NOTICE)
        ).one()
        assert row.cycle is not None
        assert (row.key, row.state, row.due_at, row.expires_at, row.webinar_id) == (
            f"change_notice:{row.cycle_id}:2:{row.participant_id}",
            MailState.PENDING,
            NOW,
            None,
            None,
        )
        assert (row.cycle.slug, row.revision) == ("2019", 2)
        assert row.message_id.endswith(f"@{HOST}>")


def test_the_queries_do_not_grow_with_the_people(three: Database) -> None:
    with three.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH_MOVED, APRIL_OFF, MAY_MOVED), now=NOW)
    numbers = []
    for crowd in (0, 3):
        with three.write() as session:
            for number in range(crowd):
                register(session, person(number))
        with three.read() as session:
            cycle = planning.find_cycle(session, slug="2019")
            changes = publication.pending_changes(session, cycle=cycle)
            with counted_queries(three) as queries:
                audience = notices.audience(
                    session, cycle=cycle, changes=changes, promoted={}, now=NOW
                )
        numbers.append((audience.people, len(queries)))
        with three.writing_session() as session:  # never committed
            cycle = planning.find_cycle(session, slug="2019")
            with counted_queries(three) as queries:
                notices.tell(
                    session, cycle=cycle, changes=changes, after_mail=0, host=HOST, now=NOW
                )
        numbers.append((audience.people, len(queries)))
    assert numbers == [(3, 3), (3, 2), (6, 3), (6, 2)]


def test_more_rows_than_a_statement_takes(database: Database) -> None:
    """SQLite takes 32,766 values a statement."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        purposes = [
            outbox.Purpose(key=f"n{n}", kind=MailKind.LINK, participant_id=alice.id)
            for n in range(5000)
        ]
        assert outbox.enqueue(session, purposes=purposes[:7], host=HOST, now=NOW) == 7
        assert outbox.enqueue(session, purposes=purposes, host=HOST, now=NOW) == 4993
        assert outbox.enqueue(session, purposes=purposes, host=HOST, now=NOW) == 0
    with database.read() as session:
        ids = session.scalars(
            sa.select(OutboxMail.message_id).where(OutboxMail.kind == MailKind.LINK)
        ).all()
        assert (len(ids), len(set(ids))) == (5000, 5000)


def test_ten_thousand_people_take_few_statements_and_lock_no_reader_out(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        ids = session.scalars(sa.select(Webinar.id).order_by(Webinar.starts_at)).all()
        people = session.scalars(
            sa.insert(Participant).returning(Participant.id),
            [
                {
                    "email": f"person{number}@example.org",
                    "full_name": "Person",
                    "language": "fr",
                    "created_at": NOW,
                    "last_contact_at": NOW,
                }
                for number in range(10_000)
            ],
        ).all()
        session.execute(
            sa.insert(Registration),
            [
                {
                    "participant_id": participant_id,
                    "webinar_id": webinar_id,
                    "status": RegistrationStatus.CONFIRMED,
                    "registered_at": NOW,
                    "changed_at": NOW,
                }
                for participant_id in people
                for webinar_id in ids
            ],
        )
    with counted_queries(database) as statements, database.write() as session:
        published(session, plan_of(MARCH_MOVED, APRIL_RENAMED))
        with database.read() as reader:  # while nothing is committed yet
            assert owed(reader) == []
            assert (
                reader.scalar(sa.select(Webinar.title).where(Webinar.id == ids[1])) == APRIL.title
            )
    assert len(statements) < 100
    with database.read() as session:
        assert count(session, OutboxMail) == 10_000
