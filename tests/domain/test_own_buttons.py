"""Buttons of one's own page: back to what was left, and one press for all that waits."""

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
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    in_threads,
    load_library,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import confirming, following, leaving, participants, registrations, whole_cycle
from webinars.domain.errors import NotFound, WebinarCancelled, WebinarOver
from webinars.domain.people import Person
from webinars.domain.programme import Moment
from webinars.domain.registrations import House
from webinars.models import FollowedTheme, OutboxMail

THEME = "connaitre-son-ecosysteme"
START = NOW.replace(day=21, hour=12)
APRIL_STARTS = NOW.replace(month=4, day=18, hour=11)


def include(session: Session, slug: str = M, *, house: House = HOUSE, now=LATER) -> None:
    whole_cycle.include(
        session,
        participant=of(session),
        cycle_slug="2019",
        webinar_slug=slug,
        house=house,
        now=now,
    )


def leave(session: Session, slug: str = M, *, now=NOW) -> None:
    registrations.cancel(
        session,
        participant=of(session),
        cycle_slug="2019",
        webinar_slug=slug,
        house=HOUSE,
        now=now,
    )


def confirm_all(session: Session, who: Person = ALICE, *, now=LATER) -> int:
    return confirming.confirm_all(session, participant=of(session, who), house=PROVING, now=now)


def keys(session: Session) -> list[str]:
    """Of the mails: what they say of the state that they tell."""
    found = session.scalars(sa.select(OutboxMail.key).order_by(OutboxMail.id))
    return [key.rpartition(":")[2] for key in found]


# back again ----------------------------------------------------------------------------


@pytest.mark.parametrize("house", [HOUSE, PROVING])
def test_what_was_left_is_registered_for_again_at_once(three: Database, house: House) -> None:
    """The press proves the address: nothing is left to confirm."""
    with three.write() as session:
        register(session, ALICE)
        leave(session)
        include(session, house=house)
        include(session, house=house)  # a double click
        assert states(session) == {M: "confirmed"}
        assert mails(session) == ["confirmation", "confirmation"]
        counts_are_right(session)


def test_where_every_place_is_taken_it_is_the_end_of_the_line(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE, webinar=A)
        register(session, BOB, webinar=A, now=NOW + timedelta(seconds=1))
        leave(session, A, now=NOW + timedelta(seconds=2))
        assert states(session, BOB) == {A: "confirmed"}
        include(session, A)
        assert states(session) == {A: "waitlisted"}
        assert mails(session) == ["confirmation", "waiting_list"]
        counts_are_right(session)


def test_a_form_that_came_between_is_confirmed_by_the_press(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE)
        leave(session)
        register(session, ALICE, house=PROVING, now=NOW + timedelta(minutes=1))
        assert states(session) == {M: "pending"}
        include(session, house=PROVING)
        assert states(session) == {M: "confirmed"}
        assert keys(session) == ["confirmed", "pending", "confirmed"]
        counts_are_right(session)


def test_of_a_cycle_that_is_to_be_confirmed_the_one_that_was_pressed_stands(
    three: Database,
) -> None:
    with three.write() as session:
        join(session, house=PROVING, without=frozenset({Y}))
        include(session, Y, house=PROVING)
        assert states(session) == {M: "pending", A: "pending", Y: "confirmed"}
        assert whole(session).without == []


def test_one_can_come_back_until_the_end_and_not_to_what_one_never_asked_for(
    three: Database,
) -> None:
    with three.write() as session:
        for slug in (M, Y):
            register(session, ALICE, webinar=slug)
            leave(session, slug)
        with pytest.raises(WebinarOver):
            include(session, now=AFTER_MARCH)
        include(session, now=START + timedelta(minutes=1))
        assert states(session)[M] == "confirmed"
        for slug in (A, "no-such"):
            with pytest.raises(NotFound):
                include(session, slug)
        published(session, plan_of(MARCH, small(APRIL)))
        with pytest.raises(WebinarCancelled):
            include(session, Y)


@pytest.mark.parametrize(
    ("slug", "now", "offered", "full"),
    [
        (M, NOW, True, False),
        (M, START + timedelta(minutes=89), True, False),
        (M, START + timedelta(minutes=90), False, False),
        (A, NOW, True, True),
        (A, APRIL_STARTS - timedelta(seconds=1), True, True),
        (A, APRIL_STARTS, False, True),  # nobody in line gets a place any more
    ],
)
def test_the_page_offers_to_come_back(
    three: Database, slug: str, now, offered: bool, full: bool
) -> None:
    with three.write() as session:
        register(session, ALICE, webinar=slug)
        leave(session, slug)
        register(session, BOB, webinar=slug)
    with three.read() as session:
        page = participants.own_page(
            session, participant=of(session), moment=Moment.at(now, opens_minutes=15)
        )
    (view,) = page.registrations
    assert (view.can_return, view.full, view.can_cancel) == (offered, full, False)


def test_what_stands_or_is_called_off_is_not_offered(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE)
        register(session, ALICE, webinar=Y)
        leave(session, Y)
        published(session, plan_of(MARCH, small(APRIL)))
    with three.read() as session:
        page = participants.own_page(
            session, participant=of(session), moment=Moment.at(NOW, opens_minutes=15)
        )
    assert [view.can_return for view in page.registrations] == [False, False]


def test_a_cycle_lists_as_left_out_what_no_card_offers(three: Database) -> None:
    with three.write() as session:
        join(session, without=frozenset({Y}))
        leave(session)
    with three.read() as session:
        page = participants.own_page(
            session, participant=of(session), moment=Moment.at(NOW, opens_minutes=15)
        )
    assert [one.slug for one in page.cycles[0].left_out] == [Y]
    assert [view.can_return for view in page.registrations] == [True, False]


# all that waits ------------------------------------------------------------------------


def follow(session: Session, who: Person = ALICE) -> None:
    following.follow_theme(session, theme_slug=THEME, person=who, house=PROVING, now=NOW)


def test_one_press_confirms_all_that_waits_with_one_mail(three: Database) -> None:
    with three.write() as session:
        load_library(session, "themes.toml")
        published(session, plan_of(MARCH, slug="2020", title="Cycle 2020"))
        register(session, BOB, webinar=A)
        for slug in (M, A):
            register(session, ALICE, webinar=slug, house=PROVING)
        join(session, house=PROVING, without=frozenset({A, M}))
        follow(session)
        register(session, ALICE, cycle="2020", house=PROVING)
        told = len(mails(session))
        assert confirm_all(session) == 3, "a cycle with all of its webinars, another one, a theme"
        assert confirm_all(session) == 0, "a double click"
    with three.read() as session:
        assert states(session) == {M: "confirmed", A: "waitlisted", Y: "confirmed"}
        assert whole(session).confirmed_at == LATER
        assert session.scalars(sa.select(FollowedTheme.confirmed_at)).all() == [LATER]
        assert mails(session)[told:] == ["summary"]
        assert keys(session)[-1] == "confirmed"
        counts_are_right(session)


@pytest.mark.parametrize("scope", ["webinar", "cycle", "theme"])
def test_where_one_thing_waits_its_own_mail_tells_it(three: Database, scope: str) -> None:
    with three.write() as session:
        load_library(session, "themes.toml")
        if scope == "webinar":
            register(session, ALICE, house=PROVING)
        elif scope == "cycle":
            join(session, house=PROVING)
        else:
            follow(session)
        (asked,) = mails(session)
        assert confirm_all(session) == 1
        assert mails(session) == [asked, asked]
        assert keys(session) == ["pending", "confirmed"]


def test_what_is_over_or_called_off_waits_for_nothing(three: Database) -> None:
    with three.write() as session:
        for slug in (M, Y):
            register(session, ALICE, webinar=slug, house=PROVING)
        register(session, BOB)
        join(session, BOB, house=PROVING)
        published(session, plan_of(MARCH, small(APRIL)))
        assert confirm_all(session, now=AFTER_MARCH) == 0
        assert states(session) == {M: "pending", Y: "pending"}
        assert confirm_all(session, BOB, now=OVER) == 0
        page = participants.own_page(
            session, participant=of(session, BOB), moment=Moment.at(OVER, opens_minutes=15)
        )
        assert page.cycles == (), "a cycle that nobody confirmed ends with its last webinar"


@pytest.mark.parametrize("number", [1, 3])
def test_a_fixed_number_of_statements_beside_the_places(database: Database, number: int) -> None:
    sessions = (MARCH, APRIL, MAY)[:number]
    with database.write() as session:
        published(session, plan_of(*sessions))
        join(session, house=PROVING)
    with counted_queries(database) as queries, database.write() as session:
        confirm_all(session)
    assert len(queries) <= 13 + 4 * number


def test_two_whose_presses_need_the_same_rows_wait_in_no_circle(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        published(session, plan_of(MARCH, APRIL, slug="2020", title="Cycle 2020"))
        for who, slugs in ((ALICE, (M, Y, A)), (BOB, (A, Y, M))):
            for slug in slugs:
                register(session, who, webinar=slug, house=PROVING)
            join(session, who, house=PROVING)
            whole_cycle.register_for_cycle(
                session,
                cycle_slug="2020",
                person=who,
                without=frozenset(),
                question=None,
                house=PROVING,
                now=NOW,
            )

    def press(number: int) -> None:
        who = (ALICE, BOB)[number % 2]
        with database.write() as session:
            if number < 2:
                confirm_all(session, who)
            else:
                leaving.leave_all(session, participant=of(session, who), host=HOST, now=LATER)

    in_threads(press, 4)
    with database.read() as session:
        counts_are_right(session)
