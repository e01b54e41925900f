"""Going back: an act undone, pending changes dropped, a publication reverted."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.drafting import (
    ANNE,
    IMPACT,
    JUNE,
    LATER,
    Act,
    do,
    drafted,
    entries,
    in_session,
    outside,
    pending,
    publish,
    start,
    version,
    whole,
)
from tests.domain.test_editing import CASES, Case
from tests.support import APRIL, MARCH, MAY, NOW, plan_of
from webinars.db import Database
from webinars.domain import editing, planning, undoing
from webinars.domain.arranging import NothingToRotate
from webinars.domain.errors import NotFound, WrongPlan
from webinars.domain.plan import PlannedSession
from webinars.domain.planning import AlreadyPublic
from webinars.domain.snapshots import snapshot
from webinars.domain.undoing import ChangedSince
from webinars.models import AuditAct

EXTRA = date(2019, 7, 2)


def refused(database: Database, error: type[Exception], act: Act, **values: Any) -> None:
    """The act is refused and nothing has changed."""
    before = (drafted(database), version(database), outside(database), len(entries(database)))
    with pytest.raises(error):
        do(database, act, **values)
    after = (drafted(database), version(database), outside(database), len(entries(database)))
    assert after == before


# Undo -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_undone_the_draft_is_exactly_as_before_and_can_be_redone(
    database: Database, case: Case
) -> None:
    start(database)
    before, seen = drafted(database), outside(database)
    edit = do(database, case.act, **case.values)
    after = drafted(database)

    undone = do(database, undoing.undo, entry_id=edit.entry_id)
    assert (drafted(database), outside(database)) == (before, seen)
    did, entry = entries(database)[-2:]
    assert (entry.act, entry.actor, entry.at, entry.id) == (
        AuditAct.UNDONE,
        ANNE,
        LATER,
        undone.entry_id,
    )
    assert (entry.before, entry.after) == (did.after, did.before)
    assert entry.draft_version == (did.draft_version or 0) + 1 == version(database)

    do(database, undoing.undo, entry_id=undone.entry_id)
    assert drafted(database) == after


DAYS = st.dates(date(2019, 1, 1), date(2019, 12, 31))
SLUGS = st.sampled_from([MARCH.slug, APRIL.slug, MAY.slug, JUNE.slug, IMPACT[0], "ete"])
ACTS = st.one_of(
    st.tuples(st.just(editing.move), st.fixed_dictionaries({"slug": SLUGS, "day": DAYS})),
    st.tuples(
        st.just(editing.rotate),
        st.fixed_dictionaries(
            {"slugs": st.lists(SLUGS, unique=True, max_size=3), "backwards": st.booleans()}
        ),
    ),
    st.tuples(
        st.just(editing.assign_theme),
        st.fixed_dictionaries({"slug": SLUGS, "theme": st.sampled_from([IMPACT[0], None])}),
    ),
    st.tuples(
        st.sampled_from([editing.cancel, editing.restore, editing.remove]),
        st.fixed_dictionaries({"slug": SLUGS}),
    ),
    st.tuples(
        st.just(editing.add_extra),
        st.fixed_dictionaries({"day": DAYS, "title": st.sampled_from(["Été", None])}),
    ),
    st.tuples(
        st.just(editing.edit_webinar),
        st.fixed_dictionaries(
            {
                "slug": SLUGS,
                "values": st.fixed_dictionaries(
                    {},
                    optional={
                        "slug": SLUGS,
                        "date": DAYS,
                        "title": st.just("Été"),
                        "starts_at": st.sampled_from([None, time(9)]),
                        "speakers": st.sampled_from([[], ["Anne"]]),
                    },
                ),
            }
        ),
    ),
    st.tuples(
        st.just(editing.edit_cycle),
        st.fixed_dictionaries(
            {
                "values": st.fixed_dictionaries(
                    {},
                    optional={
                        "rule": st.sampled_from(["third Thursday", "last Tuesday"]),
                        "zone": st.sampled_from(["Europe/Paris", "Indian/Reunion"]),
                        "capacity": st.sampled_from([None, 50]),
                    },
                ),
                "realign_from": st.none() | DAYS,
            }
        ),
    ),
    st.tuples(st.just(undoing.discard), st.just({})),
)
REFUSED = (NotFound, WrongPlan, AlreadyPublic, NothingToRotate)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=2, max_size=8))
def test_any_acts_undone_from_the_last_to_the_first_leave_what_was(
    database: Database, acts: list[tuple[Act, dict[str, Any]]]
) -> None:
    if not drafts(database):
        start(database)
    with database.writing_session() as session:  # never committed: the next example starts anew
        draft = planning.find_cycle(session, slug="2019").draft
        before, seen = snapshot(draft), draft.version
        done: list[int] = []
        for act, values in acts:
            with session.begin_nested() as part:
                try:
                    entry_id = in_session(session, act, **values).entry_id
                except REFUSED:
                    part.rollback()
                    continue
            done += [entry_id] if entry_id else []
        for entry_id in reversed(done):
            in_session(session, undoing.undo, entry_id=entry_id)
        session.expire_all()
        draft = planning.find_cycle(session, slug="2019").draft
        assert (snapshot(draft), draft.version) == (before, seen + 2 * len(done))


def drafts(database: Database) -> int:
    return len(entries(database))


def test_what_somebody_changed_since_is_not_undone(database: Database) -> None:
    start(database)
    edit = do(database, editing.move, slug=APRIL.slug, day=date(2019, 4, 25))
    do(database, editing.move, slug=APRIL.slug, day=date(2019, 5, 2))
    refused(database, ChangedSince, undoing.undo, entry_id=edit.entry_id)


def test_another_field_changed_since_stays_when_the_first_is_undone(database: Database) -> None:
    start(database)
    before = drafted(database)
    edit = do(database, editing.move, slug=APRIL.slug, day=date(2019, 4, 25))
    do(database, editing.edit_webinar, slug=APRIL.slug, values={"title": "Autre"})
    do(database, undoing.undo, entry_id=edit.entry_id)
    before.webinars[APRIL.slug]["title"] = "Autre"
    assert drafted(database) == before


@pytest.mark.parametrize(
    ("act", "values", "since", "changes"),
    [
        (editing.add_extra, {"day": EXTRA, "title": "Été"}, editing.remove, {"slug": "ete"}),
        (
            editing.remove,
            {"slug": JUNE.slug},
            editing.add_extra,
            {"day": EXTRA, "title": JUNE.slug},
        ),
        (
            editing.assign_theme,
            {"slug": JUNE.slug, "theme": IMPACT[0]},
            editing.edit_webinar,
            {"slug": IMPACT[0], "values": {"speakers": []}},
        ),
        (
            editing.edit_cycle,
            {"values": {"title": "Autre"}},
            editing.edit_cycle,
            {"values": {"title": "Encore"}},
        ),
    ],
)
def test_what_is_no_longer_as_the_act_left_it_is_not_undone(
    database: Database, act: Act, values: dict[str, Any], since: Act, changes: dict[str, Any]
) -> None:
    start(database)
    edit = do(database, act, **values)
    do(database, since, **changes)
    refused(database, ChangedSince, undoing.undo, entry_id=edit.entry_id)


def test_what_has_become_public_is_not_taken_away_by_an_undo(database: Database) -> None:
    start(database)
    edit = do(database, editing.add_extra, day=EXTRA, title="Été")
    assert publish(database) == [("added", JUNE.slug), ("added", "ete")]
    refused(database, ChangedSince, undoing.undo, entry_id=edit.entry_id)


def test_a_date_that_is_taken_since_is_not_given_back(database: Database) -> None:
    start(database)
    edit = do(database, editing.move, slug=APRIL.slug, day=date(2019, 4, 25))
    do(database, editing.move, slug=JUNE.slug, day=APRIL.date)
    refused(database, WrongPlan, undoing.undo, entry_id=edit.entry_id)


def test_neither_a_publication_nor_the_first_plan_is_undone(database: Database) -> None:
    start(database)
    first, published_ = entries(database)[:2]
    assert (first.act, published_.act) == (AuditAct.IMPORTED, AuditAct.PUBLISHED)
    for entry in (first, published_):
        refused(database, NotFound, undoing.undo, entry_id=entry.id)


def test_an_act_on_another_cycle_is_not_found(database: Database) -> None:
    start(database)
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(slug="2020", year=2020), now=NOW)
        planning.save_draft(session, plan=plan_of(slug="2020", year=2020, title="x"), now=NOW)
    refused(database, NotFound, undoing.undo, entry_id=entries(database)[-1].id)


# Discard ----------------------------------------------------------------------------


def test_all_that_is_pending_is_dropped(database: Database) -> None:
    start(database)
    publish(database)
    before = drafted(database)
    do(database, editing.rotate, slugs=(MARCH.slug, APRIL.slug, MAY.slug))
    do(database, editing.edit_webinar, slug=MARCH.slug, values={"title": "x", "speakers": ["Z"]})
    do(database, editing.edit_webinar, slug=JUNE.slug, values={"speakers": []})
    do(database, editing.cancel, slug=APRIL.slug)
    do(database, editing.add_extra, day=EXTRA, title="Été")
    do(
        database,
        editing.edit_cycle,
        values={"zone": "Indian/Reunion", "capacity": 5, "starts_at": time(9), "duration": 30},
    )
    seen = outside(database)
    edit = do(database, undoing.discard)
    assert (drafted(database), pending(database), outside(database)) == (before, [], seen)
    assert (entries(database)[-1].id, entries(database)[-1].act) == (
        edit.entry_id,
        AuditAct.DISCARDED,
    )
    assert do(database, undoing.discard).entry_id is None


def test_only_one_webinar_is_put_back(database: Database) -> None:
    start(database)
    before = drafted(database)
    do(database, editing.swap, slug=MARCH.slug, other=JUNE.slug)
    do(database, editing.edit_webinar, slug=MAY.slug, values={"title": "x"})
    do(database, editing.edit_webinar, slug=MARCH.slug, values={"title": "x", "duration": 30})
    refused(database, WrongPlan, undoing.discard, slug=MARCH.slug)  # June has its date now
    do(database, editing.move, slug=JUNE.slug, day=date(2019, 7, 18))
    do(database, undoing.discard, slug=MARCH.slug)
    after = drafted(database)
    assert after.webinars[MARCH.slug] == before.webinars[MARCH.slug]
    assert after.webinars[MAY.slug]["title"] == "x"
    assert pending(database) == [("renamed", MAY.slug), ("added", JUNE.slug)]


@pytest.mark.parametrize(
    "values", [{"starts_at": time(9), "duration": 30}, {"zone": "Indian/Reunion"}]
)
def test_one_webinar_keeps_its_public_hour_whatever_is_pending_for_the_cycle(
    database: Database, values: dict[str, Any]
) -> None:
    start(database)
    do(database, editing.edit_cycle, values=values)
    do(database, undoing.discard, slug=MARCH.slug)
    before = whole(database)[MARCH.slug]
    publish(database)
    after = whole(database)[MARCH.slug]
    assert (after["starts_at"], after["ends_at"]) == (before["starts_at"], before["ends_at"])


# A file -----------------------------------------------------------------------------


def imported(database: Database, *sessions: PlannedSession) -> int:
    """A file with these sessions becomes the draft; its row in the trail."""
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(*sessions, title="x"), now=LATER, actor=ANNE)
    return entries(database)[-1].id


def test_an_imported_file_is_undone_with_the_texts_of_what_it_dropped(database: Database) -> None:
    start(database)
    before = drafted(database)
    entry_id = imported(database, replace(MAY, title="x", texts={"agenda": ("x",)}))
    do(database, undoing.undo, entry_id=entry_id)
    assert drafted(database) == before


def test_what_a_file_dropped_is_there_again_when_it_is_discarded(database: Database) -> None:
    start(database)
    publish(database)
    before = drafted(database)
    imported(database, MAY)
    assert pending(database) == [
        ("cancelled", MARCH.slug),
        ("cancelled", APRIL.slug),
        ("cancelled", JUNE.slug),
    ]
    do(database, undoing.discard, slug=JUNE.slug)
    assert drafted(database).webinars == {
        slug: before.webinars[slug] for slug in (MAY.slug, JUNE.slug)
    }
    do(database, undoing.discard)
    assert drafted(database) == before
