"""A whole cycle in one form, and leaving it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.scoping import (
    AFTER_MARCH,
    LATER,
    OVER,
    PROVING,
    A,
    M,
    Y,
    counts_are_right,
    join,
    mails,
    of,
    small,
    states,
    whole,
)
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
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import leaving, offers, registrations, whole_cycle
from webinars.domain.errors import (
    NotFound,
    NothingChosen,
    NothingToCome,
    RegistrationClosed,
    WebinarCancelled,
    WebinarOver,
)
from webinars.domain.people import Person
from webinars.domain.plan import PlannedSession
from webinars.domain.programme import Moment
from webinars.domain.registrations import Outcome
from webinars.models import (
    Participant,
    Question,
)

# the form ------------------------------------------------------------------------------


def test_what_is_offered(three: Database) -> None:
    with three.write() as session:
        register(session, BOB, webinar=A)
        published(session, plan_of(small(APRIL), MAY))  # March is cancelled

    def seen(now) -> list[tuple[str, bool]]:
        with three.read() as session:
            offer = offers.offered(
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
        offers.offered(session, cycle_slug="no", moment=Moment.at(NOW, opens_minutes=15))


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


@pytest.mark.parametrize("left", [frozenset({A, Y}), frozenset()])
def test_a_form_adds_nothing_to_a_cycle_that_was_proven(
    three: Database, left: frozenset[str]
) -> None:
    """Where proof is asked for, a stranger brings back neither what was left out nor what was left.

    The link is sent, and its page has the buttons.
    """
    with three.write() as session:
        join(session, house=PROVING, without=left)
        alice = of(session)
        whole_cycle.confirm_for_cycle(
            session, participant=alice, cycle_slug="2019", house=PROVING, now=NOW
        )
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=M,
            house=PROVING,
            now=NOW,
        )
        before = (states(session), list(whole(session).without))
        assert join(session, house=PROVING, question="Pourquoi ?", now=LATER) is Outcome.ALREADY
        assert (states(session), list(whole(session).without)) == before
        assert mails(session) == ["cycle_confirmation", "cycle_confirmation", "link"]
        assert session.scalars(sa.select(Question.text)).all() == ["Pourquoi ?"]
        counts_are_right(session)


def test_a_form_adds_to_a_cycle_that_nobody_has_proven(three: Database) -> None:
    with three.write() as session:
        join(session, house=PROVING, without=frozenset({A, Y}))
        assert join(session, house=PROVING, without=frozenset({Y}), now=LATER) is Outcome.PENDING
        assert states(session) == {M: "pending", A: "pending"}
        assert whole(session).without == [Y]


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
        assert offers.cycles_of(session, participant=of(session)) == ()
        assert [
            (one.cycle_slug, one.pending, one.without)
            for one in offers.cycles_of(session, participant=of(session, BOB))
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
        take(M)
        assert states(session)[M] == "confirmed", "what was left can come back by itself"
