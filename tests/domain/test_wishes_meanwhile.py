"""Two acts on wishes at once, each halfway when the other begins."""

import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.halfway import Act, meanwhile, on_postgresql
from tests.domain.voicing import editor, participant
from tests.support import (
    ALICE,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    NOW,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import erasure
from webinars.domain.editing import Edit, add_extra
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.people import Person
from webinars.domain.planning import find_cycle
from webinars.domain.undoing import discard, undo
from webinars.domain.wish_acts import mark_planned, merge, note_planned, take_up, word
from webinars.domain.wish_views import public_wishes
from webinars.domain.wishes import propose, support
from webinars.models import Participant, WishSupport


@pytest.fixture
def wishes(database: Database) -> dict[str, uuid.UUID]:
    """A of Alice, which Charlie supports, and B of Bob."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
        made = {title: _wish(session, title, who) for title, who in (("A", ALICE), ("B", BOB))}
        support(session, participant=participant(session, CHARLIE), public_id=made["A"])
    return made


def _wish(session: Session, title: str, who: Person) -> uuid.UUID:
    wish = propose(session, participant=participant(session, who), title=title, why=None, now=NOW)
    known = wish.public_id
    word(session, public_id=known, title=title, why=None, publish=True, editor=editor())
    return known


def _merged(wishes: dict[str, uuid.UUID]) -> Act:
    return lambda session: merge(session, public_id=wishes["A"], into=wishes["B"], editor=editor())


def _erased(who: Person) -> Act:
    return lambda session: erasure.erase(
        session, participant=participant(session, who), actor="x", host=HOST, now=NOW
    )


def _forgotten(session: Session) -> object:
    return erasure.erase_forgotten(session, months=1, now=NOW + timedelta(days=900))


def left(database: Database) -> tuple[list[tuple[str, int]], int]:
    """The public wishes with their support; how much support is of nobody."""
    ghosts = (
        sa.select(sa.func.count())
        .select_from(WishSupport)
        .join(Participant)
        .where(Participant.erased_at.is_not(None))
    )
    with database.read() as session:
        shown = [(one.title, one.support) for one in public_wishes(session)]
        return shown, session.scalar(ghosts) or 0


@on_postgresql
@pytest.mark.parametrize("who", [ALICE, BOB, CHARLIE])
def test_put_together_while_somebody_is_erased(
    database: Database, wishes: dict[str, uuid.UUID], who: Person
) -> None:
    done = meanwhile(
        database, _erased(who), after="DELETE FROM wish_supports", second=_merged(wishes)
    )
    assert (done, left(database)) == ([None, None], ([("B", 2)], 0))


@on_postgresql
def test_put_together_while_it_goes_with_whoever_proposed_it(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    with database.write() as session:
        alice = participant(session, ALICE)
        new = propose(session, participant=alice, title="C", why=None, now=NOW)
        proposed = wishes | {"A": new.public_id}
    erased, changed = meanwhile(
        database, _erased(ALICE), after="DELETE FROM wish_supports", second=_merged(proposed)
    )
    assert (erased, type(changed)) == (None, ChangedMeanwhile)
    assert left(database) == ([("B", 1), ("A", 1)], 0)


@on_postgresql
def test_put_together_while_everybody_is_forgotten(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    done = meanwhile(
        database, _forgotten, after="DELETE FROM wish_supports", second=_merged(wishes)
    )
    assert (done, left(database)) == ([3, None], ([("B", 0)], 0))


@on_postgresql
@pytest.mark.parametrize("who", [ALICE, BOB, CHARLIE])
def test_erased_while_wishes_are_put_together(
    database: Database, wishes: dict[str, uuid.UUID], who: Person
) -> None:
    done = meanwhile(
        database, _merged(wishes), after="INSERT INTO wish_supports", second=_erased(who)
    )
    assert (done, left(database)) == ([None, None], ([("B", 2)], 0))


@on_postgresql
def test_who_supports_between_two_steps_of_a_merge_is_not_passed_over(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    dana = person(4)
    with database.write() as session:
        register(session, dana)

    def supported(session: Session) -> object:
        new = participant(session, dana)
        return support(session, participant=new, public_id=wishes["A"])

    changed, new = meanwhile(
        database, _merged(wishes), after="SELECT participants.id", second=supported
    )
    assert (type(changed), new) == (ChangedMeanwhile, True)
    assert left(database) == ([("A", 3), ("B", 1)], 0)


@on_postgresql
def test_read_by_somebody_while_a_new_year_takes_it_up_with_others(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    def taken_up(session: Session) -> None:
        cycle = find_cycle(session, slug="2019", lock=True)
        slugs = {wishes["A"]: MARCH.slug, wishes["B"]: MARCH.slug}
        note_planned(session, planned=slugs, cycle=cycle, editor=editor())

    done = meanwhile(database, taken_up, after="UPDATE site_state", second=_worded(wishes["B"]))
    assert (done, left(database)) == ([None, None], ([("A", 2), ("C", 1)], 0))


@on_postgresql
def test_read_by_somebody_while_its_webinar_gets_its_old_address(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    with database.write() as session:
        _drafted_for(session, wishes["B"])
        edit = _taken_up(session, wishes["A"])
        assert edit.entry_id is not None
        entry = edit.entry_id

    def undone(session: Session) -> None:
        undo(session, cycle_slug="2019", entry_id=entry, editor=editor())

    done = meanwhile(database, undone, after="UPDATE site_state", second=_worded(wishes["B"]))
    assert (done, left(database)) == ([None, None], ([("A", 2), ("C", 1)], 0))


@on_postgresql
def test_read_by_somebody_while_the_draft_that_answers_it_is_discarded(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    with database.write() as session:
        _drafted_for(session, wishes["B"])
        take_up(
            session,
            cycle_slug="2019",
            public_id=wishes["A"],
            slug=MARCH.slug,
            editor=editor(),
        )

    def discarded(session: Session) -> None:
        discard(session, cycle_slug="2019", editor=editor())

    done = meanwhile(database, discarded, after="UPDATE site_state", second=_worded(wishes["B"]))
    assert (done, left(database)) == ([None, None], ([("A", 2), ("C", 1)], 0))


@on_postgresql
def test_put_together_while_the_other_is_taken_up_at_its_webinar(
    database: Database, wishes: dict[str, uuid.UUID]
) -> None:
    with database.write() as session:
        _drafted_for(session, wishes["A"])

    def taken_up(session: Session) -> str | None:
        return _taken_up(session, wishes["B"]).slug

    done = meanwhile(database, taken_up, after="SELECT wishes.id", second=_merged(wishes))
    assert (done, left(database)) == (["b", None], ([("B", 3)], 0))


def _drafted_for(session: Session, wish: uuid.UUID) -> None:
    add_extra(session, cycle_slug="2019", day=date(2019, 6, 20), title="Mai", editor=editor())
    mark_planned(session, public_id=wish, cycle_slug="2019", slug="mai", editor=editor())


def _taken_up(session: Session, wish: uuid.UUID) -> Edit:
    return take_up(session, cycle_slug="2019", public_id=wish, slug="mai", editor=editor())


def _worded(wish: uuid.UUID) -> Act:
    return lambda session: word(
        session, public_id=wish, title="C", why=None, publish=True, editor=editor()
    )
