"""A publication reverted: its inverse is drafted, and published it gives back what was public."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from tests.domain.drafting import (
    ANNE,
    IMPACT,
    JUNE,
    LATER,
    Act,
    do,
    drafted,
    entries,
    outside,
    pending,
    public,
    publish,
    start,
    version,
    whole,
)
from tests.domain.planning_cases import april_2019
from tests.support import APRIL, HOST, MARCH, MAY, NOW, plan_of, published, real_plan
from webinars.db import Database
from webinars.domain import editing, planning, publication, undoing
from webinars.domain.errors import NotFound, WrongPlan
from webinars.domain.plan import PlannedSession
from webinars.domain.undoing import ChangedSince
from webinars.models import AuditAct, WebinarStatus

CANCELLED = WebinarStatus.CANCELLED
EVALUER, MOBILISER, FAVORISER = (
    "evaluer-sa-pertinence",
    "mobiliser-les-competences",
    "favoriser-l-engagement-de-l-entreprise",
)


def imported(database: Database, *sessions: PlannedSession) -> None:
    """A file with these sessions becomes the draft."""
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(*sessions), now=LATER, actor=ANNE)


def revision(database: Database) -> int:
    with database.read() as session:
        return planning.find_cycle(session, slug="2019").revision


def refused(database: Database, error: type[Exception], number: int) -> None:
    before = (drafted(database), version(database), outside(database), len(entries(database)))
    with pytest.raises(error):
        do(database, undoing.revert, revision=number)
    after = (drafted(database), version(database), outside(database), len(entries(database)))
    assert after == before


@pytest.mark.parametrize(
    ("act", "values", "inverse"),
    [
        (
            editing.rotate,
            {"slugs": (MARCH.slug, APRIL.slug, MAY.slug)},
            [("moved", MARCH.slug), ("moved", APRIL.slug), ("moved", MAY.slug)],
        ),
        (
            editing.move,
            {"slug": APRIL.slug, "day": date(2019, 4, 25), "reason": "Pâques"},
            [("moved", APRIL.slug)],  # the reason goes with the date
        ),
        (
            editing.edit_webinar,
            {"slug": APRIL.slug, "values": {"title": "Autre", "starts_at": time(9, 30, 15)}},
            [("moved", APRIL.slug), ("renamed", APRIL.slug)],
        ),
        (
            editing.edit_webinar,
            {
                "slug": APRIL.slug,
                "values": {
                    "duration": 30,
                    "capacity": 3,
                    "join_url": None,
                    "theme_slug": None,
                    "why": "Pour voir.",
                    "agenda": ["Accueil"],
                    "speakers": ["Anne", "Bob"],
                    "announcements": ["!"],
                },
            },
            [("changed", APRIL.slug)],
        ),
        (
            editing.assign_theme,
            {"slug": APRIL.slug, "theme": IMPACT[0]},
            [("renamed", APRIL.slug), ("changed", APRIL.slug)],
        ),
        (editing.cancel, {"slug": APRIL.slug}, [("changed", APRIL.slug)]),
        (
            editing.edit_cycle,
            {"values": {"starts_at": time(14), "duration": 30}},
            [(kind, one.slug) for one in (MARCH, APRIL, MAY) for kind in ("moved", "changed")],
        ),
    ],
)
def test_a_reverted_publication_gives_back_what_was_public(
    database: Database, act: Act, values: dict[str, Any], inverse: list[tuple[str, str]]
) -> None:
    start(database)
    do(database, editing.remove, slug=JUNE.slug)
    publish(database)
    before, first = public(database), revision(database)
    sequences = {slug: row["sequence"] for slug, row in whole(database).items()}
    do(database, act, **values)
    publish(database)
    assert revision(database) == first + 1
    seen, after = outside(database), public(database)

    edit = do(database, undoing.revert, revision=first + 1)
    assert outside(database) == seen
    assert pending(database) == inverse
    assert (entries(database)[-1].id, entries(database)[-1].act) == (
        edit.entry_id,
        AuditAct.REVERTED,
    )
    assert publish(database) == inverse
    assert (public(database), pending(database)) == (before, [])
    touched = {slug for _, slug in inverse}
    assert {slug: row["sequence"] for slug, row in whole(database).items()} == {
        slug: number + 2 * (slug in touched) for slug, number in sequences.items()
    }

    # The revert is a publication like any other: reverted, it is as if it had not been.
    do(database, undoing.revert, revision=first + 2)
    publish(database)
    assert public(database) == after


def test_what_was_added_is_cancelled_and_nothing_else(database: Database) -> None:
    start(database)
    before = public(database)
    assert publish(database) == [("added", JUNE.slug)]
    added = public(database)[JUNE.slug]
    do(database, undoing.revert, revision=2)
    assert publish(database) == [("cancelled", JUNE.slug)]
    assert public(database) == before | {JUNE.slug: added | {"status": CANCELLED}}


def test_the_first_publication_reverted_cancels_everything(database: Database) -> None:
    start(database)
    do(database, undoing.revert, revision=1)
    assert publish(database) == [
        ("cancelled", MARCH.slug),
        ("cancelled", APRIL.slug),
        ("cancelled", MAY.slug),
        ("added", JUNE.slug),
    ]


def test_what_a_file_dropped_comes_back_as_it_was(database: Database) -> None:
    start(database)
    own = {"starts_at": time(9), "capacity": 3, "speakers": ["Anne"], "why": "Pour voir."}
    do(database, editing.edit_webinar, slug=APRIL.slug, values=own)
    publish(database)
    before, draft = public(database), drafted(database)
    imported(database, MARCH, MAY, JUNE)
    assert publish(database) == [("cancelled", APRIL.slug)]
    do(database, undoing.revert, revision=3)
    assert publish(database) == [("changed", APRIL.slug)]
    assert (public(database), drafted(database)) == (before, draft)


def test_what_was_cancelled_renamed_and_moved_at_once_comes_back_at_once(
    database: Database,
) -> None:
    start(database)
    publish(database)
    before = public(database)
    other = replace(APRIL, status=CANCELLED, title="Autre", date=date(2019, 4, 25), capacity=4)
    imported(database, MARCH, other, MAY, JUNE)
    assert publish(database) == [
        ("moved", APRIL.slug),
        ("renamed", APRIL.slug),
        ("cancelled", APRIL.slug),
        ("changed", APRIL.slug),
    ]
    do(database, undoing.revert, revision=3)
    publish(database)
    assert public(database) == before


@pytest.mark.parametrize(
    ("act", "values", "error"),
    [
        (
            editing.move,
            {"slug": APRIL.slug, "day": date(2019, 5, 2)},
            ChangedSince,
        ),
        (editing.move, {"slug": JUNE.slug, "day": APRIL.date}, WrongPlan),
        (editing.edit_cycle, {"values": {"zone": "Indian/Reunion"}}, ChangedSince),
        (editing.edit_cycle, {"values": {"starts_at": time(14)}}, ChangedSince),
    ],
)
@pytest.mark.parametrize("is_published", [False, True])
def test_what_was_changed_since_is_not_reverted(
    database: Database,
    is_published: bool,
    act: Act,
    values: dict[str, Any],
    error: type[Exception],
) -> None:
    start(database)
    publish(database)
    do(database, editing.move, slug=APRIL.slug, day=date(2019, 4, 25))
    publish(database)
    do(database, act, **values)
    if is_published:
        publish(database)
    refused(database, error, 3)


def test_what_a_file_dropped_since_is_not_reverted(database: Database) -> None:
    start(database)
    do(database, editing.move, slug=APRIL.slug, day=date(2019, 4, 25))
    publish(database)
    imported(database, MARCH, MAY, JUNE)
    refused(database, ChangedSince, 2)


@pytest.mark.parametrize(
    "values",
    [
        {"title": "Autre"},
        {"rule": "last Tuesday"},
        {"zone": "Indian/Reunion"},
        {"starts_at": time(14), "duration": 30, "capacity": 5},
    ],
)
def test_what_the_cycle_itself_said_comes_back_with_its_webinars(
    database: Database, values: dict[str, Any]
) -> None:
    start(database)
    publish(database)
    before, draft, fields = public(database), drafted(database), outside(database)[0][1:]
    do(database, editing.edit_cycle, values=values)
    publish(database)
    do(database, undoing.revert, revision=3)
    assert drafted(database) == draft
    publish(database)
    assert (public(database), outside(database)[0][1:]) == (before, fields)


def test_what_the_cycle_said_before_it_was_public_does_not_come_back(database: Database) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=plan_of(MARCH, title="Ébauche"), now=NOW)
        planning.save_draft(session, plan=plan_of(MARCH), now=NOW)
    publish(database)
    do(database, undoing.revert, revision=1)
    assert publish(database) == [("cancelled", MARCH.slug)]
    assert outside(database)[0][1] == "Cycle 2019"


def test_no_limit_comes_back_also_where_the_cycle_has_one_now(database: Database) -> None:
    start(database)
    publish(database)
    do(database, editing.edit_webinar, slug=APRIL.slug, values={"capacity": 9})
    publish(database)
    do(database, editing.edit_cycle, values={"capacity": 50})
    do(database, undoing.revert, revision=3)
    publish(database)
    assert {slug: one["capacity"] for slug, one in public(database).items()} == {
        MARCH.slug: 50,
        APRIL.slug: None,
        MAY.slug: 50,
        JUNE.slug: 50,
    }


def test_a_title_of_the_cycle_that_changed_since_is_not_reverted(database: Database) -> None:
    start(database)
    publish(database)
    for title in ("Autre", "Encore"):
        do(database, editing.edit_cycle, values={"title": title})
        publish(database)
    refused(database, ChangedSince, 3)


def test_a_revision_that_is_not_there_cannot_be_reverted(database: Database) -> None:
    start(database)
    refused(database, NotFound, 2)


# The real case ----------------------------------------------------------------------


def real_changes(database: Database) -> list[Any]:
    with database.read() as session:
        cycle = planning.find_cycle(session, slug="2019")
        return list(publication.pending_changes(session, cycle=cycle))


def test_three_acts_on_the_april_plan_are_the_revised_file(database: Database) -> None:
    with database.write() as session:
        published(session, april_2019())
    with database.writing_session() as session:  # not committed
        planning.save_draft(session, plan=real_plan(), now=NOW)
        cycle = planning.find_cycle(session, slug="2019")
        by_file = list(publication.pending_changes(session, cycle=cycle))
    assert real_changes(database) == []

    do(database, editing.rotate, slugs=(EVALUER, MOBILISER, FAVORISER))
    for slug, title in (
        (EVALUER, "Evaluer la pertinence"),
        (MOBILISER, "Mobiliser des compétences"),
    ):
        do(database, editing.edit_webinar, slug=slug, values={"title": title})

    by_hand = real_changes(database)
    assert by_hand == by_file
    assert [
        (change.kind.value, change.slug, change.before, change.after) for change in by_hand
    ] == [
        (
            "moved",
            FAVORISER,
            {"starts": "2019-09-19T13:00 Europe/Paris"},
            {"starts": "2019-06-20T13:00 Europe/Paris"},
        ),
        (
            "moved",
            EVALUER,
            {"starts": "2019-06-20T13:00 Europe/Paris"},
            {"starts": "2019-07-18T13:00 Europe/Paris"},
        ),
        (
            "renamed",
            EVALUER,
            {"title": "Evaluer sa pertinence"},
            {"title": "Evaluer la pertinence"},
        ),
        (
            "moved",
            MOBILISER,
            {"starts": "2019-07-18T13:00 Europe/Paris"},
            {"starts": "2019-09-19T13:00 Europe/Paris"},
        ),
        (
            "renamed",
            MOBILISER,
            {"title": "Mobiliser les compétences"},
            {"title": "Mobiliser des compétences"},
        ),
    ]
    with database.write() as session:
        assert not planning.save_draft(session, plan=real_plan(), now=NOW).changed
        done = publication.publish(session, cycle_slug="2019", host=HOST, now=LATER)
        assert list(done.changes) == by_file
