"""What organisers do to registrations by hand: add, correct, cancel, who came."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import ALICE, BOB, CHARLIE, HOST, HOUSE, MARCH, NOW, plan_of, published, register
from webinars.db import Database
from webinars.domain import by_hand, participants
from webinars.domain.by_hand import (
    AddressTaken,
    AlreadyRegistered,
    Ended,
    NotBegun,
    promoted_by_ending,
)
from webinars.domain.errors import NotFound, RegistrationClosed
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.registrants import list_head
from webinars.domain.registration_lists import list_registrations
from webinars.domain.registrations import Entered
from webinars.models import (
    AuditAct,
    AuditEntry,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

WHERE = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
WHO = "dominique@example.org"
LATER = NOW + timedelta(hours=1)
BEGUN = NOW.replace(day=21, hour=12)
SENT_FOR_PROOF = replace(HOUSE, require_confirmation=True)


@pytest.fixture
def one_place(database: Database) -> Database:
    """March has one place, and Alice has it."""
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE)
    return database


def add(session: Session, person=BOB, *, tell=True, now=LATER, **more: Any) -> Entered:
    return by_hand.add(
        session,
        **WHERE,
        person=person,
        question=more.get("question"),
        tell=tell,
        house=HOUSE,
        actor=WHO,
        now=now,
    )


def correct(session: Session, registration_id: int, person: Any, now=LATER) -> bool:
    return by_hand.correct(
        session,
        **WHERE,
        registration_id=registration_id,
        person=person,
        host=HOST,
        actor=WHO,
        now=now,
    )


def end(session: Session, registration_id: int, *, tell=False, now=LATER) -> Ended:
    """Cancelled by hand, as its preview says."""
    head = list_head(session, **WHERE)
    expected = promoted_by_ending(session, head=head, registration_id=registration_id, now=now)
    done = by_hand.end(
        session,
        **WHERE,
        registration_id=registration_id,
        tell=tell,
        host=HOST,
        actor=WHO,
        now=now,
    )
    assert done.promoted == expected
    return done


def mark(session: Session, ids: list[int], status: RegistrationStatus, now=BEGUN) -> int:
    return by_hand.mark_attendance(
        session, **WHERE, registration_ids=ids, status=status, actor=WHO, now=now
    )


def states(session: Session) -> list[tuple[str, str, int | None]]:
    return [
        (row.email.split("@")[0], row.status.value, row.position)
        for row in list_registrations(session, **WHERE)
    ]


def id_of(session: Session, person=ALICE) -> int:
    return session.scalars(
        sa.select(Registration.id).join(Participant).where(Participant.email == person.email)
    ).one()


def mails(session: Session) -> list[tuple[str, str]]:
    rows = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
    return [(row.recipient.email.split("@")[0], row.kind.value) for row in rows]


def trail(session: Session) -> list[tuple[str, AuditAct, dict, dict]]:
    return [
        (entry.actor, entry.act, entry.before, entry.after)
        for entry in session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        if entry.actor == WHO
    ]


def places_are_counted(session: Session) -> bool:
    rows = session.scalar(
        sa.select(sa.func.count())
        .select_from(Registration)
        .where(Registration.status.in_(HOLDS_A_PLACE))
    )
    return session.scalars(sa.select(Webinar.confirmed_count)).one() == rows


# adding --------------------------------------------------------------------------------


def test_adding_never_goes_over_the_capacity(one_place: Database) -> None:
    with one_place.write() as session:
        made = add(session)
        assert made.status is RegistrationStatus.WAITLISTED
    with one_place.read() as session:
        assert states(session) == [("alice", "confirmed", None), ("bob", "waitlisted", 1)]
        assert mails(session) == [("alice", "confirmation"), ("bob", "waiting_list")]
        assert trail(session) == [
            (
                WHO,
                AuditAct.REGISTRATION_ADDED,
                {},
                {"registration": made.id, "status": "waitlisted"},
            )
        ]
        assert places_are_counted(session)


def test_adding_without_a_mail(one_place: Database) -> None:
    with one_place.write() as session:
        add(session, tell=False)
        assert mails(session) == [("alice", "confirmation")]


def test_nobody_is_told_once_it_is_over(one_place: Database) -> None:
    with one_place.write() as session:
        add(session, now=BEGUN + timedelta(hours=2))
        assert mails(session) == [("alice", "confirmation")]


def test_adding_overwrites_nothing_and_nobody_twice(one_place: Database) -> None:
    with pytest.raises(AlreadyRegistered), one_place.write() as session:
        add(session, replace(ALICE, full_name="Somebody Else"))
    with one_place.write() as session:
        end(session, id_of(session))
        add(session, replace(ALICE, full_name="Somebody Else", organisation="X"))
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        assert (alice.full_name, alice.organisation) == (ALICE.full_name, None)


def test_who_was_to_confirm_is_vouched_for(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE, house=SENT_FOR_PROOF)
        assert add(session, ALICE).status is RegistrationStatus.CONFIRMED
        session.flush()
        webinar = session.scalars(sa.select(Webinar).execution_options(populate_existing=True))
        assert [(one.confirmed_count, one.held_count) for one in webinar] == [(1, 0)]


# correcting ----------------------------------------------------------------------------


def test_correcting_what_they_said(one_place: Database) -> None:
    with one_place.write() as session:
        number = id_of(session)
        new = replace(ALICE, full_name="Alice Durand", region="53")
        assert correct(session, number, new)
        assert not correct(session, number, new)
    with one_place.read() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        assert (alice.full_name, alice.region, alice.page_generation) == ("Alice Durand", "53", 1)
        assert mails(session) == [("alice", "confirmation")]
        after = {"registration": number, "fields": ["full_name", "region"]}
        assert trail(session) == [(WHO, AuditAct.DETAILS_CORRECTED, {}, after)]


def test_another_address_ends_the_links_of_the_one_before(one_place: Database) -> None:
    with one_place.write() as session:
        number = id_of(session)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        alice.proven_at = NOW
        assert correct(session, number, replace(ALICE, email="alice@elsewhere.example"))
    with one_place.read() as session:
        assert participants.by_email(session, email=ALICE.email) is None
        alice = participants.by_email(session, email="alice@elsewhere.example")
        assert alice is not None
        assert (alice.page_generation, alice.calendar_generation, alice.proven_at) == (2, 2, None)
        assert mails(session)[-1] == ("alice", "link")
        assert "elsewhere" not in str(trail(session))


def test_two_people_never_share_an_address(one_place: Database) -> None:
    with one_place.write() as session:
        add(session)
    with pytest.raises(AddressTaken), one_place.write() as session:
        correct(session, id_of(session), replace(ALICE, email=BOB.email, full_name="X"))
    with one_place.read() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        assert (alice.full_name, alice.page_generation) == (ALICE.full_name, 1)


# cancelling ----------------------------------------------------------------------------


def test_cancelling_gives_the_place_to_the_first_in_line(one_place: Database) -> None:
    with one_place.write() as session:
        add(session, BOB)
        add(session, CHARLIE, now=LATER + timedelta(seconds=1))
        number = id_of(session)
        assert end(session, number) == Ended(told=False, promoted=1)
    with one_place.read() as session:
        assert states(session) == [
            ("alice", "cancelled", None),
            ("bob", "confirmed", None),
            ("charlie", "waitlisted", 1),
        ]
        assert mails(session)[-1] == ("bob", "promotion")
        assert trail(session)[-1] == (
            WHO,
            AuditAct.REGISTRATION_ENDED,
            {"registration": number, "status": "confirmed"},
            {"told": False},
        )
        assert places_are_counted(session)
    with pytest.raises(RegistrationClosed), one_place.write() as session:
        end(session, number)


def test_who_is_cancelled_is_told(one_place: Database) -> None:
    with one_place.write() as session:
        add(session, BOB)
        assert end(session, id_of(session), tell=True) == Ended(told=True, promoted=1)
        assert mails(session)[2:] == [("bob", "promotion"), ("alice", "cancellation")]
        assert trail(session)[-1][3] == {"told": True}
        # Registered and cancelled once more, they are told once more.
        add(session, now=LATER + timedelta(seconds=1), person=ALICE)
        again = id_of(session)
        assert end(session, again, tell=True, now=LATER + timedelta(seconds=2)).told
        assert mails(session)[4:] == [("alice", "waiting_list"), ("alice", "cancellation")]


def test_nobody_is_told_of_what_is_over_or_cancelled(one_place: Database) -> None:
    with one_place.write() as session:
        over = BEGUN + timedelta(minutes=90)
        assert end(session, id_of(session), tell=True, now=over) == Ended(told=False, promoted=0)
        add(session, BOB)
        session.execute(sa.update(Webinar).values(status=WebinarStatus.CANCELLED))
        session.expire_all()
        assert end(session, id_of(session, BOB), tell=True) == Ended(told=False, promoted=0)
        assert "cancellation" not in dict(mails(session)).values()


@pytest.mark.parametrize(
    ("capacity", "now", "promoted"),
    [(1, LATER, 1), (0, LATER, 0), (None, LATER, 0), (1, BEGUN, 0)],
)
def test_a_place_goes_on_when_there_is_one(
    one_place: Database, capacity: int | None, now: datetime, promoted: int
) -> None:
    """Not when there are more registrations than places, nor once it has begun."""
    with one_place.write() as session:
        add(session, BOB)
        session.execute(sa.update(Webinar).values(capacity=capacity))
        if capacity is None:
            session.execute(
                sa.update(Registration)
                .where(Registration.status == RegistrationStatus.WAITLISTED)
                .values(status=RegistrationStatus.ABSENT)
            )
        session.expire_all()
        assert end(session, id_of(session), now=now).promoted == promoted


def test_who_leaves_the_line_frees_no_place_and_a_kept_one_goes_on(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        register(session, ALICE, house=SENT_FOR_PROOF)
        add(session, BOB, now=NOW)
        add(session, CHARLIE, now=NOW)
        assert end(session, id_of(session, CHARLIE), now=NOW).promoted == 0
        assert end(session, id_of(session), now=NOW).promoted == 1


def test_of_another_webinar_or_of_nobody(one_place: Database) -> None:
    with one_place.write() as session:
        number = id_of(session)
        session.execute(sa.update(Participant).values(erased_at=NOW))
    for act in (lambda s: end(s, number), lambda s: end(s, 12345)):
        with pytest.raises(NotFound), one_place.write() as session:
            act(session)
    with pytest.raises(NotFound), one_place.write() as session:
        correct(session, number, ALICE)
    with one_place.write() as session:
        assert mark(session, [number], RegistrationStatus.ABSENT) == 0


# who came ------------------------------------------------------------------------------


def test_who_came_and_who_did_not(one_place: Database) -> None:
    with one_place.write() as session:
        add(session)
        ids = [id_of(session), id_of(session, BOB)]
        assert mark(session, ids, RegistrationStatus.ATTENDED) == 1  # Bob has no place
        assert states(session) == [("alice", "attended", None), ("bob", "waitlisted", 1)]
        assert mark(session, ids, RegistrationStatus.ATTENDED) == 0
        assert mark(session, ids, RegistrationStatus.ABSENT) == 1
        assert states(session)[0] == ("alice", "absent", None)
        assert mark(session, ids, RegistrationStatus.CONFIRMED) == 1
        assert states(session)[0] == ("alice", "confirmed", None)
        assert [act for _, act, _, _ in trail(session)[1:]] == [AuditAct.ATTENDANCE_CORRECTED] * 3
        assert trail(session)[1][3] == {"registrations": [ids[0]], "status": "attended"}
        session.expire_all()
        assert places_are_counted(session)


def test_what_the_door_noted_goes_when_they_did_not_come(one_place: Database) -> None:
    with one_place.write() as session:
        number = id_of(session)
        registration = session.get_one(Registration, number)
        registration.status, registration.came_at = RegistrationStatus.ATTENDED, BEGUN
        session.flush()
        assert mark(session, [number], RegistrationStatus.ABSENT) == 1
        session.refresh(registration)
        assert registration.came_at is None


def test_nobody_comes_before_the_start(one_place: Database) -> None:
    with pytest.raises(NotBegun), one_place.write() as session:
        mark(session, [1], RegistrationStatus.ATTENDED, now=BEGUN - timedelta(seconds=1))
