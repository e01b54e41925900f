"""A whole cycle in one form, and what publications add to it."""

import time
from datetime import timedelta

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
    counted_queries,
    in_threads,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import audit, erasure, leaving, participants, registrations, whole_cycle
from webinars.domain.errors import (
    NotFound,
    NothingChosen,
    NothingToCome,
    RegistrationClosed,
    WebinarCancelled,
    WebinarOver,
)
from webinars.domain.plan import PlannedSession
from webinars.domain.programme import Moment
from webinars.domain.registrations import House, Outcome, Person
from webinars.models import (
    CycleRegistration,
    MailKind,
    OutboxMail,
    Participant,
    Question,
    Registration,
    Webinar,
)

ALL = (MARCH, APRIL, MAY)
M, A, Y = (one.slug for one in ALL)
AFTER_MARCH = NOW + timedelta(days=20)
OVER = NOW + timedelta(days=100)
LATER = NOW + timedelta(minutes=30)
PROVING = House(host=HOST, require_confirmation=True)


@pytest.fixture
def three(database: Database) -> Database:
    """March, April and May are public; April has one place."""
    with database.write() as session:
        published(session, plan_of(MARCH, small(APRIL), MAY))
    return database


def small(planned: PlannedSession, capacity: int = 1) -> PlannedSession:
    return PlannedSession(
        planned.slug, planned.date, planned.title, theme=planned.theme, capacity=capacity
    )


def join(
    session: Session,
    who: Person = ALICE,
    *,
    without: frozenset[str] = frozenset(),
    question: str | None = None,
    house: House = HOUSE,
    now=NOW,
) -> Outcome:
    return whole_cycle.register_for_cycle(
        session,
        cycle_slug="2019",
        person=who,
        without=without,
        question=question,
        house=house,
        now=now,
    )


def of(session: Session, who: Person = ALICE) -> Participant:
    found = participants.by_email(session, email=who.email)
    assert found is not None
    return found


def states(session: Session, who: Person = ALICE) -> dict[str, str]:
    """Where somebody stands with each webinar."""
    rows = session.execute(
        sa.select(Webinar.slug, Registration.status)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(Registration.participant_id == of(session, who).id)
    )
    return {slug: status.value for slug, status in rows}


def mails(session: Session, who: Person = ALICE) -> list[str]:
    return [
        kind.value
        for kind in session.scalars(
            sa.select(OutboxMail.kind)
            .where(OutboxMail.participant_id == of(session, who).id)
            .order_by(OutboxMail.id)
        )
    ]


def whole(session: Session, who: Person = ALICE) -> CycleRegistration:
    return session.scalars(
        sa.select(CycleRegistration).where(CycleRegistration.participant_id == of(session, who).id)
    ).one()


def counts_are_right(session: Session) -> None:
    """The counters equal the rows, and no webinar has more than its places."""
    for webinar in session.scalars(sa.select(Webinar)):
        rows = session.scalars(
            sa.select(Registration).where(Registration.webinar_id == webinar.id)
        ).all()
        confirmed = sum(row.status == "confirmed" for row in rows)
        held = sum(row.held_until is not None for row in rows)
        assert (webinar.confirmed_count, webinar.held_count) == (confirmed, held)
        assert webinar.capacity is None or confirmed + held <= webinar.capacity


# the form ------------------------------------------------------------------------------


def test_what_is_offered(three: Database) -> None:
    with three.write() as session:
        register(session, BOB, webinar=A)
        published(session, plan_of(small(APRIL), MAY))  # March is cancelled

    def seen(now) -> list[tuple[str, bool]]:
        with three.read() as session:
            offer = whole_cycle.offered(
                session, cycle_slug="2019", moment=Moment.at(now, opens_minutes=15)
            )
        assert offer.cycle.slug == "2019"
        return [(one.webinar.slug, one.full) for one in offer.webinars]

    assert seen(NOW) == [(A, True), (Y, False)]
    assert seen(OVER) == []
    with counted_queries(three) as queries:
        seen(NOW)
    assert len(queries) == 2
    with pytest.raises(NotFound), three.read() as session:
        whole_cycle.offered(session, cycle_slug="no", moment=Moment.at(NOW, opens_minutes=15))


def test_one_form_registers_for_all_that_is_to_come_with_one_mail(three: Database) -> None:
    with three.write() as session:
        assert join(session, question="Comment ?") is Outcome.CONFIRMED
    with three.read() as session:
        assert states(session) == {M: "confirmed", A: "confirmed", Y: "confirmed"}
        assert mails(session) == ["cycle_confirmation"]
        question = session.scalars(sa.select(Question)).one()
        assert (question.text, question.webinar.slug) == ("Comment ?", M)
        assert (whole(session).confirmed_at, whole(session).without) == (NOW, [])
        counts_are_right(session)


def test_where_every_place_is_taken_one_waits(three: Database) -> None:
    with three.write() as session:
        register(session, BOB, webinar=A)
        assert join(session) is Outcome.WAITLISTED
    with three.read() as session:
        assert states(session) == {M: "confirmed", A: "waitlisted", Y: "confirmed"}


def test_not_this_one(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE, webinar=A)
        assert join(session, without=frozenset({A, Y, "no-such"})) is Outcome.CONFIRMED
    with three.read() as session:
        assert states(session) == {M: "confirmed", A: "confirmed"}, "what stood stays"
        assert whole(session).without == sorted([A, Y])


@pytest.mark.parametrize(
    ("without", "now", "error"),
    [
        (frozenset({M, A, Y}), NOW, NothingChosen),
        (frozenset({A, Y}), AFTER_MARCH, NothingChosen),
        (frozenset(), OVER, NothingToCome),
    ],
)
def test_what_cannot_be_registered_for_leaves_nothing(
    three: Database, without: frozenset[str], now, error: type[Exception]
) -> None:
    with pytest.raises(error), three.write() as session:
        join(session, without=without, now=now)
    with three.read() as session:
        assert session.scalars(sa.select(Participant)).all() == []


def test_what_is_over_is_not_registered_for(three: Database) -> None:
    with three.write() as session:
        join(session, now=AFTER_MARCH)
        with pytest.raises(NotFound):
            whole_cycle.register_for_cycle(
                session,
                cycle_slug="no",
                person=BOB,
                without=frozenset(),
                question=None,
                house=HOUSE,
                now=NOW,
            )
    with three.read() as session:
        assert states(session) == {A: "confirmed", Y: "confirmed"}


def test_a_second_form_sends_the_link(three: Database) -> None:
    with three.write() as session:
        join(session)
        assert join(session, without=frozenset({M}), now=LATER) is Outcome.ALREADY
    with three.read() as session:
        assert mails(session) == ["cycle_confirmation", "link"]
        assert whole(session).without == [], "a stranger's form leaves nothing out"


def test_a_second_form_adds_what_was_left_out(three: Database) -> None:
    with three.write() as session:
        join(session, without=frozenset({A, Y}))
        assert join(session, without=frozenset({Y}), now=LATER) is Outcome.CONFIRMED
    with three.read() as session:
        assert states(session) == {M: "confirmed", A: "confirmed"}
        assert (whole(session).without, whole(session).registered_at) == ([Y], NOW)
        assert mails(session) == ["cycle_confirmation"] * 2


def test_a_cycle_of_single_registrations_becomes_a_whole_with_its_question(
    three: Database,
) -> None:
    with three.write() as session:
        for slug in (M, A, Y):
            register(session, ALICE, webinar=slug)
        assert join(session, BOB, without=frozenset({A})) is Outcome.CONFIRMED
        assert join(session, question="Et ensuite ?") is Outcome.CONFIRMED
    with three.read() as session:
        assert session.scalars(sa.select(Question.text)).all() == ["Et ensuite ?"]


def test_the_button_confirms_all_of_the_cycle(three: Database) -> None:
    with three.write() as session:
        assert join(session, house=PROVING, without=frozenset({Y})) is Outcome.PENDING
        assert join(session, house=PROVING, without=frozenset({Y})) is Outcome.ALREADY
        assert states(session) == {M: "pending", A: "pending"}
        counts_are_right(session)
        assert register(session, BOB, webinar=A) is Outcome.WAITLISTED  # one place, kept
    with three.write() as session:
        alice = of(session)
        june = PlannedSession("juin", MAY.date + timedelta(days=30), "Juin")
        published(session, plan_of(MARCH, small(APRIL), MAY, june), now=LATER)
        assert "juin" not in states(session), "nobody has proved that address"
        for _ in range(2):
            whole_cycle.confirm_for_cycle(
                session, participant=alice, cycle_slug="2019", house=PROVING, now=LATER
            )
    with three.read() as session:
        assert states(session) == {M: "confirmed", A: "confirmed", "juin": "confirmed"}
        assert mails(session) == ["cycle_confirmation", "link", "cycle_confirmation"]
        assert whole(session).confirmed_at == LATER
        counts_are_right(session)


def test_a_button_that_is_pressed_too_late(three: Database) -> None:
    with three.write() as session:
        join(session, house=PROVING)
    with pytest.raises(RegistrationClosed), three.write() as session:
        whole_cycle.confirm_for_cycle(
            session, participant=of(session), cycle_slug="2019", house=PROVING, now=OVER
        )
    with three.write() as session:
        register(session, BOB)
    with pytest.raises(NotFound), three.write() as session:
        whole_cycle.confirm_for_cycle(
            session, participant=of(session, BOB), cycle_slug="2019", house=PROVING, now=NOW
        )


# leaving -------------------------------------------------------------------------------


def leave(session: Session, who: Person = ALICE, *, now=LATER) -> int:
    return whole_cycle.leave_cycle(
        session, participant=of(session, who), cycle_slug="2019", host=HOST, now=now
    )


def test_leaving_a_cycle(three: Database) -> None:
    with three.write() as session:
        join(session)
        join(session, BOB, now=NOW + timedelta(seconds=1))
    with three.write() as session:
        assert leave(session) == 3
        assert leave(session) == 0, "a double click"
        register(session, CHARLIE)
        with pytest.raises(NotFound):
            leave(session, CHARLIE)
    with three.write() as session:
        june = PlannedSession("juin", MAY.date + timedelta(days=30), "Juin")
        published(session, plan_of(MARCH, small(APRIL), MAY, june), now=LATER)
    with three.read() as session:
        assert states(session) == dict.fromkeys((M, A, Y), "cancelled")
        assert states(session, BOB) == dict.fromkeys((M, A, Y, "juin"), "confirmed")
        assert mails(session, BOB) == ["cycle_confirmation", "promotion", "planned"]
        assert whole_cycle.cycles_of(session, participant=of(session)) == ()
        assert [
            (one.cycle_slug, one.pending, one.without)
            for one in whole_cycle.cycles_of(session, participant=of(session, BOB))
        ] == [("2019", False, ())]
        counts_are_right(session)


def test_cancelling_everything_ends_the_cycle_and_the_form_begins_it_anew(
    three: Database,
) -> None:
    with three.write() as session:
        join(session, without=frozenset({Y}))
        assert leaving.leave_all(session, participant=of(session), host=HOST, now=LATER) == 2
        assert whole(session).ended_at == LATER
        assert join(session, now=LATER + timedelta(minutes=1)) is Outcome.CONFIRMED
    with three.read() as session:
        assert states(session) == dict.fromkeys((M, A, Y), "confirmed")
        assert (whole(session).ended_at, whole(session).without) == (None, [])


def test_one_that_is_cancelled_by_itself_stays_cancelled(three: Database) -> None:
    with three.write() as session:
        join(session)
        registrations.cancel(
            session,
            participant=of(session),
            cycle_slug="2019",
            webinar_slug=M,
            house=HOUSE,
            now=NOW,
        )
        published(session, plan_of(small(APRIL), MAY), now=LATER)
        published(session, plan_of(MARCH, small(APRIL), MAY), now=LATER)  # March is back
    with three.read() as session:
        assert states(session) == {M: "cancelled", A: "confirmed", Y: "confirmed"}
        assert whole(session).ended_at is None
        assert mails(session) == ["cycle_confirmation"]


def test_this_one_after_all(three: Database) -> None:
    def take(slug: str, now=NOW) -> None:
        whole_cycle.include(
            session,
            participant=of(session),
            cycle_slug="2019",
            webinar_slug=slug,
            house=HOUSE,
            now=now,
        )

    with three.write() as session:
        register(session, BOB, webinar=A)
        join(session, without=frozenset({A, Y}))
        take(A)
        take(A)
        take(Y)
        assert states(session) == {M: "confirmed", A: "waitlisted", Y: "confirmed"}
        assert whole(session).without == []
        assert mails(session) == ["cycle_confirmation", "waiting_list", "confirmation"]
        with pytest.raises(NotFound):
            take("no-such")
        with pytest.raises(WebinarOver):
            take(M, AFTER_MARCH)
        published(session, plan_of(MARCH, small(APRIL)))
        with pytest.raises(WebinarCancelled):
            take(Y)
        leave(session)
        with pytest.raises(NotFound):
            take(M)


# what publications add -----------------------------------------------------------------


JUNE = PlannedSession("juin", MAY.date + timedelta(days=30), "Juin")


def test_what_is_added_registers_in_the_order_of_arrival(three: Database) -> None:
    crowd = [person(number) for number in range(4)]
    with three.write() as session:
        for number in (2, 0, 3, 1):
            join(session, crowd[number], now=NOW + timedelta(seconds=number))
        register(session, BOB)
    with three.write() as session:
        published(session, plan_of(MARCH, small(APRIL), MAY, small(JUNE, 2)), now=LATER)
    with three.read() as session:
        assert [states(session, one)["juin"] for one in crowd] == ["confirmed"] * 2 + [
            "waitlisted"
        ] * 2
        line = session.scalars(
            sa.select(Participant.email)
            .join(Registration, Registration.participant_id == Participant.id)
            .join(Webinar, Webinar.id == Registration.webinar_id)
            .where(Webinar.slug == "juin")
            .order_by(Registration.registered_at, Registration.id)
        ).all()
        assert line == [one.email for one in crowd]
        assert states(session, BOB) == {M: "confirmed"}
        assert [mails(session, one)[1:] for one in crowd] == [["planned"]] * 4
        told = session.scalars(
            sa.select(OutboxMail).where(OutboxMail.kind == MailKind.PLANNED)
        ).all()
        assert {(mail.cycle_id is not None, mail.revision) for mail in told} == {(True, 2)}
        assert {mail.key.split(":")[0] for mail in told} == {"planned"}
        counts_are_right(session)


def test_what_is_added_twice_at_once_is_one_mail(three: Database) -> None:
    with three.write() as session:
        join(session)
        july = PlannedSession("juillet", MAY.date + timedelta(days=60), "Juillet")
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE, july), now=LATER)
        assert mails(session) == ["cycle_confirmation", "planned"]
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE, july), now=LATER)
        assert mails(session) == ["cycle_confirmation", "planned"], "an unchanged draft"


def test_one_that_is_back_registers_who_came_while_it_was_cancelled(three: Database) -> None:
    with three.write() as session:
        register(session, BOB, webinar=A)
        published(session, plan_of(MARCH, MAY))
        join(session)
        join(session, CHARLIE, now=NOW + timedelta(seconds=1))
        published(session, plan_of(MARCH, small(APRIL, 2), MAY), now=LATER)
    with three.read() as session:
        assert states(session)[A] == "confirmed"
        assert states(session, CHARLIE)[A] == "waitlisted"
        assert mails(session) == ["cycle_confirmation", "planned"]
        assert mails(session, BOB)[-1] == "change_notice"
        counts_are_right(session)


def test_a_webinar_of_the_past_or_left_out_is_not_added(three: Database) -> None:
    with three.write() as session:
        published(session, plan_of(small(APRIL), MAY))
        join(session)
        whole(session).without = [M]
        session.flush()
        past = PlannedSession("janvier", NOW.date() - timedelta(days=40), "Janvier")
        published(session, plan_of(past, MARCH, small(APRIL), MAY), now=LATER)
    with three.read() as session:
        assert states(session) == {A: "confirmed", Y: "confirmed"}
        assert mails(session) == ["cycle_confirmation"]


def test_a_passed_webinar_with_a_new_date_is_added(three: Database) -> None:
    with three.write() as session:
        join(session, now=AFTER_MARCH)
        again = PlannedSession(M, JUNE.date, MARCH.title, theme=MARCH.theme)
        published(session, plan_of(small(APRIL), MAY, again), now=AFTER_MARCH)
        assert states(session) == dict.fromkeys((M, A, Y), "confirmed")
        assert mails(session) == ["cycle_confirmation", "planned"]
        moved = PlannedSession(Y, MAY.date + timedelta(days=7), MAY.title, theme=MAY.theme)
        published(session, plan_of(small(APRIL), moved, again), now=AFTER_MARCH)
        assert mails(session)[-1] == "change_notice", "a move is told as a move"


def test_somebody_erased_is_not_registered(three: Database) -> None:
    with three.write() as session:
        join(session)
        join(session, BOB)
        erasure.erase(
            session, participant=of(session), actor=audit.PARTICIPANT, host=HOST, now=LATER
        )
        published(session, plan_of(MARCH, small(APRIL), MAY, JUNE), now=LATER)
    with three.read() as session:
        june = session.scalars(sa.select(Webinar).where(Webinar.slug == "juin")).one()
        assert june.confirmed_count == 1


def test_forms_and_a_publication_at_once_leave_nobody_out(three: Database) -> None:
    def act(number: int) -> None:
        with three.write() as session:
            if number == 3:
                published(session, plan_of(MARCH, small(APRIL), MAY, JUNE), now=LATER)
            else:
                join(session, person(number), now=NOW + timedelta(seconds=number))

    in_threads(act, 7)
    with three.read() as session:
        for number in (0, 1, 2, 4, 5, 6):
            assert states(session, person(number)).keys() == {M, A, Y, "juin"}
        counts_are_right(session)


def test_ten_thousand_followers_in_seconds(database: Database) -> None:
    many = 10_000
    with database.write() as session:
        published(session, plan_of(MARCH))
        join(session)
        cycle_id = whole(session).cycle_id
        crowd = session.scalars(
            sa.insert(Participant).returning(Participant.id),
            [
                {
                    "email": f"p{number}@example.org",
                    "full_name": "P",
                    "language": "fr",
                    "created_at": NOW,
                    "last_contact_at": NOW,
                }
                for number in range(many - 1)
            ],
        ).all()
        session.execute(
            sa.insert(CycleRegistration),
            [
                {
                    "participant_id": participant_id,
                    "cycle_id": cycle_id,
                    "registered_at": LATER,
                    "confirmed_at": LATER,
                    "without": [],
                }
                for participant_id in crowd
            ],
        )
        session.execute(sa.text("ANALYZE"))  # PostgreSQL does so by itself, a minute later
    began = time.perf_counter()
    with counted_queries(database) as queries, database.write() as session:
        published(session, plan_of(MARCH, small(APRIL, 7000)), now=LATER)
    took = time.perf_counter() - began
    with database.read() as session:
        april = session.scalars(sa.select(Webinar).where(Webinar.slug == A)).one()
        assert april.confirmed_count == 7000
        assert (
            session.scalar(sa.select(sa.func.count()).where(OutboxMail.kind == MailKind.PLANNED))
            == many
        )
        assert states(session)[A] == "confirmed"
    assert len(queries) < 80
    assert took < 10, took
