"""Reading the audit trail."""

from datetime import timedelta

import pytest

from tests.support import APRIL, HOST, MARCH, MAY, NOW, counted_queries, plan_of
from webinars.db import Database
from webinars.domain import audit, editing, planning, publication
from webinars.domain.audit import COMMAND_LINE
from webinars.domain.editing import Editor
from webinars.domain.errors import NotFound
from webinars.domain.history import History, acts_since, history, house_history
from webinars.models import AuditAct

ANNE, BOB = "anne@example.org", "bob@example.org"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def busy(database: Database) -> Database:
    """Imported, swapped by Anne, published by Bob, moved by Anne, a minute apart."""
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, APRIL, MAY), now=NOW)
        editing.swap(
            session,
            cycle_slug="2019",
            slug=MARCH.slug,
            other=APRIL.slug,
            editor=Editor(ANNE, NOW + MINUTE),
        )
        publication.publish(session, cycle_slug="2019", host=HOST, now=NOW + 2 * MINUTE, actor=BOB)
        editing.move(
            session,
            cycle_slug="2019",
            slug=MAY.slug,
            day=MAY.date + timedelta(days=7),
            editor=Editor(ANNE, NOW + 3 * MINUTE),
        )
    return database


def read(database: Database, **which: object) -> History:
    with database.read() as session:
        return history(session, cycle_slug="2019", **which)  # type: ignore[arg-type]


def words(found: History) -> list[tuple[str, str]]:
    return [(act.actor, act.act.value) for act in found.acts]


def test_who_what_and_when_the_latest_first(busy: Database) -> None:
    found = read(busy)
    assert words(found) == [
        (ANNE, "moved"),
        (BOB, "published"),
        (ANNE, "swapped"),
        (COMMAND_LINE, "imported"),
    ]
    assert [act.at for act in found.acts] == [NOW + n * MINUTE for n in (3, 2, 1, 0)]
    assert found.acts[1].revision == 1
    assert (found.version, found.older) == (3, None)
    assert found.titles[MARCH.slug] == MARCH.title


def test_what_stood_there_before_and_after(busy: Database) -> None:
    moved = read(busy).acts[0]
    assert moved.slugs == (MAY.slug,)
    assert moved.before["webinars"][MAY.slug]["date"] == MAY.date.isoformat()
    assert moved.after["webinars"][MAY.slug]["date"] == (MAY.date + timedelta(days=7)).isoformat()


def test_what_can_be_undone_and_what_reverted(busy: Database) -> None:
    acts = {act.act.value: act for act in read(busy).acts}
    assert {name for name, act in acts.items() if act.can_be_undone} == {"moved", "swapped"}
    assert {name for name, act in acts.items() if act.can_be_reverted} == {"published"}


def test_of_one_webinar(busy: Database) -> None:
    assert [act.act.value for act in read(busy, webinar=APRIL.slug).acts] == [
        "published",
        "swapped",
        "imported",
    ]
    assert read(busy, webinar="personne").acts == ()


def test_page_by_page(busy: Database) -> None:
    whole = read(busy).acts
    first = read(busy, most=2)
    assert first.acts == whole[:2]
    assert first.older == whole[1].id
    second = read(busy, most=2, below=first.older)
    assert (second.acts, second.older) == (whole[2:], None)


def test_what_was_done_since_somebody_looked(busy: Database) -> None:
    def since(version: int) -> list[str]:
        with busy.read() as session:
            found = acts_since(session, cycle_slug="2019", version=version)
        return [act.act.value for act in found]

    assert since(3) == []
    assert since(2) == ["moved"]
    assert since(1) == ["swapped", "published", "moved"]


def test_other_cycles_have_their_own(busy: Database) -> None:
    with busy.write() as session:
        planning.save_draft(session, plan=plan_of(slug="autre", title="Autre"), now=NOW)
    assert len(read(busy).acts) == 4


def test_no_such_cycle(database: Database) -> None:
    with pytest.raises(NotFound):
        read(database)


@pytest.mark.parametrize("most", [1, 4])
def test_the_queries_do_not_grow(busy: Database, most: int) -> None:
    with counted_queries(busy) as statements:
        read(busy, most=most)
    assert len(statements) == 6


# the whole house -----------------------------------------------------------------------


def test_of_the_whole_house(busy: Database) -> None:
    with busy.write() as session:
        planning.save_draft(session, plan=plan_of(slug="autre", title="Autre"), now=NOW)
        audit.record(
            session,
            actor=audit.RETENTION,
            act=AuditAct.PEOPLE_ERASED,
            now=NOW,
            after={"count": 3},
        )
    with counted_queries(busy) as statements, busy.read() as session:
        found = house_history(session)
    assert len(statements) == 6
    slugs = {None: None} | {number: cycle.slug for number, cycle in found.cycles.items()}
    assert [(act.act.value, slugs[act.cycle_id]) for act in found.acts] == [
        ("people_erased", None),
        ("imported", "autre"),
        ("moved", "2019"),
        ("published", "2019"),
        ("swapped", "2019"),
        ("imported", "2019"),
    ]
    assert found.acts[0].after == {"count": 3}
    titles = {cycle.slug: cycle.titles for cycle in found.cycles.values()}
    assert titles["2019"] == {one.slug: one.title for one in (MARCH, APRIL, MAY)}
    assert titles["autre"] == {}
    with busy.read() as session:
        first = house_history(session, most=4)
        second = house_history(session, most=4, below=first.older)
    assert first.acts + second.acts == found.acts
    assert (first.older, second.older) == (found.acts[3].id, None)


def test_a_house_where_nothing_was_done(database: Database) -> None:
    with database.read() as session:
        found = house_history(session)
    assert (found.acts, found.cycles, found.older) == ((), {}, None)
