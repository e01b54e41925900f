"""Wishes for themes: proposed, supported once by each, put together, planned."""

import threading
import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.domain.voicing import editor, participant
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import arranging, editing, erasure, planning, publication, site, undoing
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.people import Person
from webinars.domain.personal_data import personal_data
from webinars.domain.wish_acts import (
    NotWithItself,
    decline,
    forget_planned,
    mark_planned,
    merge,
    note_planned,
    take_up,
    word,
)
from webinars.domain.wish_views import (
    Order,
    WishView,
    own_wishes,
    public_wishes,
    suggestions,
    wish_page,
    wishes_waiting,
)
from webinars.domain.wishes import SameWish, TooManyWishes, propose, support, unsupport
from webinars.models import AuditEntry, Wish, WishState, WishSupport

words = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where no statement differs between the kinds of database."""
CAST = (ALICE, BOB, CHARLIE)
OPEN_MAY = replace(MAY, slug="mai", title="Webinaire de mai", theme=None)


@pytest.fixture
def people(database: Database) -> Database:
    """Three people are known; the year has an open date in May."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, OPEN_MAY), now=NOW)
        for who in CAST:
            register(session, who)
    return database


def wish(session: Session, title: str, who: Person = ALICE, *, public: bool = True) -> uuid.UUID:
    made = propose(session, participant=participant(session, who), title=title, why=None, now=NOW)
    if public:
        word(
            session, public_id=made.public_id, title=title, why=None, publish=True, editor=editor()
        )
    return made.public_id


def back(session: Session, wanted: uuid.UUID, *people: Person) -> list[bool]:
    return [
        support(session, participant=participant(session, who), public_id=wanted) for who in people
    ]


def shown(session: Session, order: Order = Order.SUPPORTED) -> list[tuple[str, int]]:
    return [(one.title, one.support) for one in public_wishes(session, order=order)]


def mine(session: Session, who: Person = ALICE) -> tuple[WishView, ...]:
    return own_wishes(session, participant=participant(session, who))


# proposing and supporting ------------------------------------------------------------------


@words
def test_a_wish_waits_is_published_or_declined_with_a_reason(people: Database) -> None:
    with people.write() as session:
        first = wish(session, "Le logement", public=False)
        second = wish(session, "La météo", public=False)
        assert (shown(session), wishes_waiting(session)) == ([], 2)
        for to in (first, second):
            with pytest.raises(NotFound):
                back(session, to, BOB)
        before = site.version(session)
        word(
            session, public_id=first, title="Le logement", why="Ici", publish=True, editor=editor()
        )
        decline(session, public_id=second, reason="Hors sujet", editor=editor())
        assert site.version(session) > before
        assert shown(session) == [("Le logement", 1)]
        assert [(one.title, one.state, one.reason) for one in mine(session)] == [
            ("La météo", WishState.DECLINED, "Hors sujet"),
            ("Le logement", WishState.PUBLIC, None),
        ]
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-2:]
        assert [(one.act.value, one.before, one.after) for one in entries] == [
            ("wish_approved", {"state": "waiting"}, {"state": "public"}),
            ("wish_declined", {"state": "waiting"}, {"state": "declined"}),
        ]


@words
def test_one_person_proposes_three_at_a_time_and_nothing_twice(people: Database) -> None:
    with people.write() as session:
        for title in ("A", "B", "C"):
            wish(session, title, public=False)
        with pytest.raises(SameWish):
            wish(session, " b ", public=False)
        with pytest.raises(TooManyWishes):
            wish(session, "D", public=False)
        wish(session, "D", BOB, public=False)


@words
def test_support_counts_once_and_can_be_taken_back(people: Database) -> None:
    with people.write() as session:
        wish(session, "A")
        second = wish(session, "B", BOB)
        assert back(session, second, ALICE, ALICE, CHARLIE) == [True, False, True]
        assert shown(session) == [("B", 3), ("A", 1)]
        assert shown(session, Order.NEWEST) == [("B", 3), ("A", 1)]
        who = participant(session, ALICE)
        gone = [unsupport(session, participant=who, public_id=second) for _ in range(2)]
        assert gone == [True, False]
        assert [one.mine for one in public_wishes(session, supporter=who)] == [False, True]
        with pytest.raises(NotFound):
            back(session, uuid.uuid4(), ALICE)


def test_two_presses_at_once_are_one_support(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "A")
    new: list[bool] = []

    def press() -> None:
        with people.write() as session:
            new.extend(back(session, wanted, BOB))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False, True]
    with people.read() as session:
        assert shown(session) == [("A", 2)]


# putting together -----------------------------------------------------------------------------


def test_put_together_each_person_counts_once(people: Database) -> None:
    with people.write() as session:
        first, second, third = (
            wish(session, title, who) for title, who in zip("ABC", CAST, strict=True)
        )
        back(session, first, BOB)
        merge(session, public_id=second, into=first, editor=editor())
        assert shown(session) == [("A", 2), ("C", 1)]
        # Who has the old page open supports the one that is left; and so on, if that one goes.
        assert back(session, second, CHARLIE) == [True]
        merge(session, public_id=first, into=third, editor=editor())
        assert shown(session) == [("C", 3)]
        assert back(session, second, BOB) == [False]
        assert [(one.state, one.merged_into) for one in mine(session, BOB)] == [
            (WishState.MERGED, "C")
        ]
        for one, into in ((third, third), (third, first), (third, uuid.uuid4())):
            with pytest.raises((NotWithItself, NotFound)):
                merge(session, public_id=one, into=into, editor=editor())
        with pytest.raises(ChangedMeanwhile):
            merge(session, public_id=first, into=third, editor=editor())


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["support", "unsupport", "merge"]),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    max_size=15,
)


@words
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_whatever_is_done_in_whatever_order_support_is_of_each_once(
    people: Database, acts: list[tuple[str, int, int]]
) -> None:
    with people.write() as session:
        ids = [wish(session, title, who) for title, who in zip("ABC", CAST, strict=True)]
        into = [0, 1, 2]
        """Where each wish is now."""
        expected = [{0}, {1}, {2}]
        for act, one, other in acts:
            if act == "merge":
                if into[one] != one or into[other] != other or one == other:
                    continue
                merge(session, public_id=ids[one], into=ids[other], editor=editor())
                expected[other] |= expected[one]
                expected[one] = set()
                into = [other if where == one else where for where in into]
            elif act == "support":
                back(session, ids[one], CAST[other])
                expected[into[one]].add(other)
            else:
                who = participant(session, CAST[other])
                unsupport(session, participant=who, public_id=ids[one])
                expected[into[one]].discard(other)
        left = {
            title: len(its)
            for title, its, at in zip("ABC", expected, range(3), strict=True)
            if into[at] == at
        }
        assert dict(shown(session)) == left
        session.rollback()  # each list of acts begins anew


# on the programme -----------------------------------------------------------------------------


@words
def test_a_wish_becomes_a_webinar_and_everybody_reads_it_once_that_is_public(
    people: Database,
) -> None:
    with people.write() as session:
        first, second = wish(session, "Le logement"), wish(session, "L’énergie", BOB)
        named = take_up(session, cycle_slug="2019", public_id=first, slug="mai", editor=editor())
        new = take_up(
            session, cycle_slug="2019", public_id=second, day=date(2019, 6, 20), editor=editor()
        )
        assert (named.slug, new.slug) == ("le-logement", "l-energie")
        drafted = planning.draft_plan(planning.find_cycle(session, slug="2019"))
        assert [(one.slug, one.title) for one in drafted.sessions[2:]] == [
            ("le-logement", "Le logement"),
            ("l-energie", "L’énergie"),
        ]
        assert suggestions(session) == ()
        assert [one.planned for one in public_wishes(session)] == [None, None]
        desk = wish_page(session, state=WishState.PUBLIC).wishes
        assert [one.planned.public for one in desk if one.planned] == [False, False]
        with pytest.raises(ChangedMeanwhile):
            take_up(session, cycle_slug="2019", public_id=first, slug="mai", editor=editor())
        publication.publish(session, cycle_slug="2019", host=HOST, now=NOW)
        assert {one.title: one.planned.slug for one in public_wishes(session) if one.planned} == {
            "Le logement": "le-logement",
            "L’énergie": "l-energie",
        }


@words
def test_what_leaves_the_draft_again_is_wished_for_again(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        edit = take_up(session, cycle_slug="2019", public_id=wanted, slug="mai", editor=editor())
        assert edit.entry_id is not None
        undoing.undo(session, cycle_slug="2019", entry_id=edit.entry_id, editor=editor())
        assert [one.title for one in suggestions(session)] == ["Le logement"]


@words
def test_another_address_of_the_webinar_is_followed(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        take_up(session, cycle_slug="2019", public_id=wanted, slug="mai", editor=editor())
        editing.edit_webinar(
            session,
            cycle_slug="2019",
            slug="le-logement",
            values={"slug": "habiter"},
            editor=editor(),
        )
        (one,) = wish_page(session, state=WishState.PUBLIC).wishes
        assert one.planned is not None
        assert one.planned.slug == "habiter"


def answered(session: Session) -> dict[str, str | None]:
    """Which webinar answers each public wish, for organisers."""
    found = wish_page(session, state=WishState.PUBLIC).wishes
    return {one.title: one.planned.slug if one.planned else None for one in found}


def undo(session: Session, entry_id: int | None) -> int:
    assert entry_id is not None
    edit = undoing.undo(session, cycle_slug="2019", entry_id=entry_id, editor=editor())
    assert edit.entry_id is not None
    return edit.entry_id


def test_an_address_that_is_taken_back_takes_its_wishes_back(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        take_up(session, cycle_slug="2019", public_id=wanted, slug="mai", editor=editor())
        moved = editing.edit_webinar(
            session,
            cycle_slug="2019",
            slug="le-logement",
            values={"slug": "habiter"},
            editor=editor(),
        )
        since = wish(session, "L’habitat", BOB)
        mark_planned(session, public_id=since, cycle_slug="2019", slug="habiter", editor=editor())
        both = {"Le logement", "L’habitat"}
        assert answered(session) == dict.fromkeys(both, "habiter")
        undone = undo(session, moved.entry_id)
        assert answered(session) == dict.fromkeys(both, "le-logement")
        undo(session, undone)
        assert answered(session) == dict.fromkeys(both, "habiter")


def test_a_wish_that_was_taken_up_and_is_not_any_more_leaves_the_others(people: Database) -> None:
    with people.write() as session:
        first, second = wish(session, "Le logement"), wish(session, "L’énergie", BOB)
        mark_planned(session, public_id=first, cycle_slug="2019", slug="mai", editor=editor())
        taken = take_up(session, cycle_slug="2019", public_id=second, slug="mai", editor=editor())
        assert answered(session) == {"Le logement": "l-energie", "L’énergie": "l-energie"}
        undone = undo(session, taken.entry_id)
        assert answered(session) == {"Le logement": "mai", "L’énergie": None}
        undo(session, undone)
        assert answered(session) == {"Le logement": "l-energie", "L’énergie": "l-energie"}


@pytest.mark.parametrize(
    ("where", "at"),
    [
        ({"slug": APRIL.slug}, APRIL.slug),
        ({"slug": "mai"}, "le-logement"),
        ({"day": date(2019, 6, 20)}, "le-logement"),
    ],
    ids=["a public one", "a drafted one", "a new one"],
)
def test_a_wish_is_no_subject_any_more_once_that_is_undone_and_is_again(
    people: Database, where: dict[str, Any], at: str
) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        taken = take_up(session, cycle_slug="2019", public_id=wanted, editor=editor(), **where)
        assert answered(session) == {"Le logement": at}
        before = site.version(session)
        undone = undo(session, taken.entry_id)
        assert answered(session) == {"Le logement": None}
        assert site.version(session) > before
        again = undo(session, undone)
        assert answered(session) == {"Le logement": at}
        undo(session, again)
        editing.add_extra(
            session, cycle_slug="2019", day=date(2019, 9, 19), title="Le logement", editor=editor()
        )
        assert answered(session) == {"Le logement": None}


def test_what_answers_a_wish_meanwhile_stays_when_its_subject_goes_and_comes(
    people: Database,
) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        taken = take_up(
            session, cycle_slug="2019", public_id=wanted, slug=APRIL.slug, editor=editor()
        )
        mark_planned(session, public_id=wanted, cycle_slug="2019", slug=MARCH.slug, editor=editor())
        undone = undo(session, taken.entry_id)
        assert answered(session) == {"Le logement": MARCH.slug}
        undo(session, undone)
        assert answered(session) == {"Le logement": MARCH.slug}


@pytest.mark.parametrize("first", [0, 1])
def test_a_subject_that_goes_leaves_the_wish_with_which_it_was_put_together(
    people: Database, first: int
) -> None:
    with people.write() as session:
        made = wish(session, "Le logement"), wish(session, "L’habitat", BOB)
        wanted, other = made[first], made[1 - first]
        taken = take_up(
            session, cycle_slug="2019", public_id=wanted, slug=APRIL.slug, editor=editor()
        )
        merge(session, public_id=wanted, into=other, editor=editor())
        (title,) = answered(session)
        undone = undo(session, taken.entry_id)
        assert answered(session) == {title: None}
        undo(session, undone)
        assert answered(session) == {title: APRIL.slug}


@words
def test_an_act_whose_wish_has_gone_since_is_undone_all_the_same(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        taken = take_up(
            session, cycle_slug="2019", public_id=wanted, slug=APRIL.slug, editor=editor()
        )
        decline(session, public_id=wanted, reason="Hors sujet", editor=editor())
        alice = participant(session, ALICE)
        erasure.erase(session, participant=alice, actor="x", host=HOST, now=NOW)
        undo(session, undo(session, taken.entry_id))
        assert answered(session) == {}


@words
def test_an_organiser_says_which_webinar_answers_it_and_takes_it_back(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        for cycle, slug in (("2019", "nothing"), ("1999", MARCH.slug)):
            with pytest.raises(NotFound):
                mark_planned(
                    session, public_id=wanted, cycle_slug=cycle, slug=slug, editor=editor()
                )
        mark_planned(session, public_id=wanted, cycle_slug="2019", slug=MARCH.slug, editor=editor())
        (one,) = public_wishes(session)
        assert one.planned is not None
        assert (one.planned.title, one.planned.public) == (MARCH.title, True)
        forget_planned(session, public_id=wanted, editor=editor())
        assert public_wishes(session)[0].planned is None


def test_a_wish_is_a_subject_that_is_no_theme() -> None:
    plan = plan_of(year=2020)
    made = arranging.by_rule(plan, subjects=[arranging.own_subject("L’été à Nîmes")])
    first = made.sessions[0]
    assert (first.slug, first.title, first.theme) == ("l-ete-a-nimes", "L’été à Nîmes", None)


# a person's rights, and what it costs -----------------------------------------------------------


@words
def test_erased_a_persons_support_goes_and_what_is_public_stays_without_a_name(
    people: Database,
) -> None:
    with people.write() as session:
        public, _, other = (
            wish(session, "A"),
            wish(session, "B", public=False),
            wish(session, "C", BOB),
        )
        twin = wish(session, "A bis")
        back(session, other, ALICE)
        merge(session, public_id=twin, into=public, editor=editor())
        alice = participant(session, ALICE)
        kept = personal_data(session, participant=alice).wishes
        assert [(one.title, one.state, one.supported) for one in kept] == [
            ("A", WishState.PUBLIC, True),
            ("B", WishState.WAITING, True),
            ("C", WishState.PUBLIC, True),
            ("A bis", WishState.MERGED, False),
        ]
        goes = erasure.what_goes(session, participant=alice, now=NOW)
        assert (goes.wishes, goes.public_wishes) == (1, 1)
        before = site.version(session)
        erasure.erase(session, participant=alice, actor="x", host=HOST, now=NOW)
        assert site.version(session) > before
        assert shown(session) == [("C", 1), ("A", 0)]
        rows = session.execute(sa.select(Wish.title, Wish.participant_id).order_by(Wish.id)).all()
        bob = participant(session, BOB).id
        assert list(rows) == [("A", None), ("C", bob), ("", None)]
        assert len(session.scalars(sa.select(WishSupport)).all()) == 1


@words
def test_who_is_erased_leaves_no_word_in_what_others_became_part_of(people: Database) -> None:
    with people.write() as session:
        theirs, mine_ = wish(session, "A", BOB), wish(session, "B")
        merge(session, public_id=theirs, into=mine_, editor=editor())
        decline(session, public_id=mine_, reason="Nomme quelqu’un", editor=editor())
        alice = participant(session, ALICE)
        erasure.erase(session, participant=alice, actor="x", host=HOST, now=NOW)
        rows = session.execute(
            sa.select(Wish.title, Wish.reason, Wish.participant_id, Wish.state).order_by(Wish.id)
        ).all()
        bob = participant(session, BOB).id
        assert list(rows) == [
            ("A", None, bob, WishState.MERGED),
            ("", None, None, WishState.DECLINED),
        ]
        assert [one.merged_into for one in mine(session, BOB)] == [None]


@words
def test_words_that_were_taken_off_the_page_reach_nobody_else(people: Database) -> None:
    with people.write() as session:
        theirs, other = wish(session, "A"), wish(session, "Mme Durand", BOB)
        back(session, other, CHARLIE)
        merge(session, public_id=theirs, into=other, editor=editor())
        decline(session, public_id=other, reason="Nomme quelqu’un", editor=editor())
        charlie = participant(session, CHARLIE)
        (kept,) = personal_data(session, participant=charlie).wishes
        assert (kept.title, kept.why, kept.supported) == (None, None, True)
        assert [one.merged_into for one in mine(session)] == [None]
        bobs = personal_data(session, participant=participant(session, BOB)).wishes
        assert [one.title for one in bobs] == ["Mme Durand"]


@words
def test_support_makes_no_other_page_anew(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "A")
        before = site.version(session)
        back(session, wanted, BOB)
        unsupport(session, participant=participant(session, BOB), public_id=wanted)
        erasure.erase(
            session, participant=participant(session, CHARLIE), actor="x", host=HOST, now=NOW
        )
        assert site.version(session) == before


@words
def test_two_new_years_do_not_take_up_the_same_wish(people: Database) -> None:
    with people.write() as session:
        wanted = wish(session, "Le logement")
        cycle = planning.find_cycle(session, slug="2019")
        note_planned(session, planned={wanted: MARCH.slug}, cycle=cycle, editor=editor())
        with pytest.raises(ChangedMeanwhile):
            note_planned(session, planned={wanted: APRIL.slug}, cycle=cycle, editor=editor())
        with pytest.raises(NotFound):
            note_planned(session, planned={uuid.uuid4(): MARCH.slug}, cycle=cycle, editor=editor())
        forget_planned(session, public_id=wanted, editor=editor())
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-2:]
        planned = {"state": "public", "planned": f"2019/{MARCH.slug}"}
        assert [(one.act.value, one.before, one.after) for one in entries] == [
            ("wish_planned", {"state": "public"}, planned),
            ("wish_unplanned", planned, {"state": "public"}),
        ]


@words
def test_a_page_of_wishes_costs_the_same_however_many(people: Database) -> None:
    seen = []
    for titles in ([], ["A"], ["B", "C"]):
        with people.write() as session:
            for title in titles:
                mark_planned(
                    session,
                    public_id=wish(session, title),
                    cycle_slug="2019",
                    slug=MARCH.slug,
                    editor=editor(),
                )
        with people.read() as session, counted_queries(people) as queries:
            found = public_wishes(session)
        seen.append((len(found), len(queries)))
    assert seen == [(0, 1), (1, 3), (3, 3)]
