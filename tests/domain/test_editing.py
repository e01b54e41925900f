"""Each act on a draft: exactly its change, one row of the trail, nothing in public."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

import pytest
import sqlalchemy as sa

from tests.domain.drafting import (
    ANNE,
    IMPACT,
    JUNE,
    LATER,
    OWN_TEXTS,
    Act,
    do,
    drafted,
    entries,
    outside,
    publish,
    start,
    version,
    whole,
)
from tests.support import ALICE, APRIL, BOB, MARCH, MAY, register
from webinars.db import Database
from webinars.domain import editing, planning
from webinars.domain.snapshots import Snapshot
from webinars.models import AuditAct, Registration, Webinar

WITHOUT_RULE = {"exception_of": None, "reason": None}


def june(**changed: Any) -> dict[str, Any]:
    """The drafted session as the trail keeps a whole one."""
    usual: dict[str, Any] = {
        "title": "Webinaire de juin",
        "date": "2019-06-20",
        "theme_slug": None,
        "starts_at": None,
        "duration": None,
        "capacity": None,
        "join_url": None,
        "exception_of": None,
        "reason": None,
        "status": "scheduled",
        "reminders": None,
        "why": None,
        "agenda": [],
        "speakers": [],
        "territory_questions": [],
        "platform_answers": [],
        "announcements": [],
    }
    return usual | changed


@dataclass(frozen=True)
class Case:
    """An act and exactly what it changes."""

    act: Act
    values: Mapping[str, Any]
    kind: AuditAct
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    cycle: tuple[dict[str, Any], dict[str, Any]] | None = None
    slug: str | None = None
    addresses: tuple[str, str] | None = None
    """The old and the new one."""

    @property
    def name(self) -> str:
        return f"{self.kind}-{','.join(self.values)}"


CASES = [
    Case(
        editing.move,
        {"slug": APRIL.slug, "day": date(2019, 4, 25), "reason": "Pâques"},
        AuditAct.MOVED,
        {APRIL.slug: {"date": "2019-04-18", **WITHOUT_RULE}},
        {
            APRIL.slug: {
                "date": "2019-04-25",
                "exception_of": "2019-04-18",
                "reason": "Pâques",
            }
        },
        slug=APRIL.slug,
    ),
    Case(
        editing.swap,
        {"slug": MARCH.slug, "other": JUNE.slug},
        AuditAct.SWAPPED,
        {MARCH.slug: {"date": "2019-03-21"}, JUNE.slug: {"date": "2019-06-20"}},
        {MARCH.slug: {"date": "2019-06-20"}, JUNE.slug: {"date": "2019-03-21"}},
        slug=MARCH.slug,
    ),
    Case(
        editing.rotate,
        {"slugs": (MARCH.slug, APRIL.slug, MAY.slug)},
        AuditAct.ROTATED,
        {
            MARCH.slug: {"date": "2019-03-21"},
            APRIL.slug: {"date": "2019-04-18"},
            MAY.slug: {"date": "2019-05-16"},
        },
        {
            MARCH.slug: {"date": "2019-04-18"},
            APRIL.slug: {"date": "2019-05-16"},
            MAY.slug: {"date": "2019-03-21"},
        },
    ),
    Case(
        editing.assign_theme,
        {"slug": JUNE.slug, "theme": IMPACT[0]},
        AuditAct.THEME_ASSIGNED,
        {JUNE.slug: june(**OWN_TEXTS), IMPACT[0]: None},
        {JUNE.slug: None, IMPACT[0]: june(**OWN_TEXTS, title=IMPACT[1], theme_slug=IMPACT[0])},
        slug=IMPACT[0],
        addresses=(JUNE.slug, IMPACT[0]),
    ),
    Case(
        editing.assign_theme,
        {"slug": MAY.slug, "theme": IMPACT[0]},
        AuditAct.THEME_ASSIGNED,
        {MAY.slug: {"title": MAY.title, "theme_slug": MAY.slug}},
        {MAY.slug: {"title": IMPACT[1], "theme_slug": IMPACT[0]}},
        slug=MAY.slug,
    ),
    Case(
        editing.assign_theme,
        {"slug": MAY.slug, "theme": None},
        AuditAct.THEME_ASSIGNED,
        {MAY.slug: {"theme_slug": MAY.slug}},
        {MAY.slug: {"theme_slug": None}},
        slug=MAY.slug,
    ),
    Case(
        editing.cancel,
        {"slug": MAY.slug},
        AuditAct.CANCELLED,
        {MAY.slug: {"status": "scheduled"}},
        {MAY.slug: {"status": "cancelled"}},
        slug=MAY.slug,
    ),
    Case(
        editing.add_extra,
        {"day": date(2019, 7, 2), "theme": IMPACT[0]},
        AuditAct.ADDED,
        {IMPACT[0]: None},
        {IMPACT[0]: june(date="2019-07-02", title=IMPACT[1], theme_slug=IMPACT[0])},
        slug=IMPACT[0],
    ),
    Case(
        editing.add_extra,
        {"day": date(2019, 7, 2), "title": "Été"},
        AuditAct.ADDED,
        {"ete": None},
        {"ete": june(date="2019-07-02", title="Été")},
        slug="ete",
    ),
    Case(
        editing.remove,
        {"slug": JUNE.slug},
        AuditAct.REMOVED,
        {JUNE.slug: june(**OWN_TEXTS)},
        {JUNE.slug: None},
    ),
    Case(
        editing.edit_webinar,
        {
            "slug": APRIL.slug,
            "values": {
                "title": "Autre",
                "starts_at": time(9, 30),
                "capacity": 5,
                "speakers": ["Anne"],
                "join_url": APRIL.join_url,
                "date": date(2019, 4, 25),
                "reason": "Pâques",
            },
        },
        AuditAct.EDITED,
        {
            APRIL.slug: {
                "title": APRIL.title,
                "starts_at": None,
                "capacity": None,
                "speakers": [],
                "date": "2019-04-18",
                **WITHOUT_RULE,
            }
        },
        {
            APRIL.slug: {
                "title": "Autre",
                "starts_at": "09:30:00",
                "capacity": 5,
                "speakers": ["Anne"],
                "date": "2019-04-25",
                "exception_of": "2019-04-18",
                "reason": "Pâques",
            }
        },
        slug=APRIL.slug,
    ),
    Case(
        editing.edit_webinar,
        {"slug": JUNE.slug, "values": {"slug": "ete", "title": "Été", "date": JUNE.date}},
        AuditAct.EDITED,
        {JUNE.slug: june(**OWN_TEXTS), "ete": None},
        {JUNE.slug: None, "ete": june(**OWN_TEXTS, title="Été")},
        slug="ete",
        addresses=(JUNE.slug, "ete"),
    ),
    Case(
        editing.edit_cycle,
        {"values": {"title": "Autre", "starts_at": time(14), "department": "57"}},
        AuditAct.CYCLE_EDITED,
        cycle=(
            {"title": "Cycle 2019", "starts_at": "13:00:00", "department": None},
            {"title": "Autre", "starts_at": "14:00:00", "department": "57"},
        ),
    ),
    Case(
        editing.edit_cycle,
        {"values": {"rule": "last Tuesday"}, "realign_from": date(2019, 5, 1)},
        AuditAct.CYCLE_EDITED,
        {MAY.slug: {"date": "2019-05-16"}, JUNE.slug: {"date": "2019-06-20"}},
        {MAY.slug: {"date": "2019-05-28"}, JUNE.slug: {"date": "2019-06-25"}},
        cycle=({"rule": "third Thursday"}, {"rule": "last Tuesday"}),
    ),
]


def applied(snapshot: Snapshot, case: Case) -> Snapshot:
    """The draft with what the case says that it changes."""
    webinars = {slug: dict(fields) for slug, fields in snapshot.webinars.items()}
    for slug, after in case.after.items():
        if after is None:
            del webinars[slug]
        else:
            webinars[slug] = webinars.get(slug, {}) | after
    return Snapshot(snapshot.cycle | (case.cycle or ({}, {}))[1], webinars)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_act_changes_what_it_should_and_is_one_row_of_the_trail(
    database: Database, case: Case
) -> None:
    start(database)
    before, seen, outside_ = drafted(database), version(database), outside(database)
    known = len(entries(database))

    edit = do(database, case.act, **case.values)

    assert drafted(database) == applied(before, case)
    assert (version(database), edit.version, edit.slug) == (seen + 1, seen + 1, case.slug)
    assert outside(database) == outside_
    (entry,) = entries(database)[known:]
    assert (entry.id, entry.at, entry.actor, entry.act, entry.draft_version, entry.revision) == (
        edit.entry_id,
        LATER,
        ANNE,
        case.kind,
        seen + 1,
        None,
    )
    cycle = [{"cycle": fields} for fields in case.cycle or ()] or [{}, {}]
    webinars = [{"webinars": dict(side)} if side else {} for side in (case.before, case.after)]
    (old, new), noted = case.addresses or ("", ""), bool(case.addresses)
    addresses = [{"addresses": side} if noted else {} for side in ({new: old}, {old: new})]
    assert [entry.before, entry.after] == [
        a | b | c for a, b, c in zip(cycle, webinars, addresses, strict=True)
    ]
    assert [one.slug for one in entry.webinars] == sorted(case.after)


@pytest.mark.parametrize(
    ("act", "values"),
    [
        (editing.move, {"slug": APRIL.slug, "day": APRIL.date, "reason": "x"}),
        (editing.assign_theme, {"slug": JUNE.slug, "theme": None}),
        (editing.restore, {"slug": APRIL.slug}),
        (editing.edit_webinar, {"slug": APRIL.slug, "values": {}}),
        (
            editing.edit_webinar,
            {
                "slug": JUNE.slug,
                "values": {"slug": JUNE.slug, "title": JUNE.title, **OWN_TEXTS},
            },
        ),
        (editing.edit_webinar, {"slug": JUNE.slug, "values": {"agenda": ("Accueil",)}}),
        (editing.edit_cycle, {"values": {"title": "Cycle 2019", "year": 2020, "id": 7}}),
        (editing.edit_cycle, {"values": {}, "realign_from": date(2019, 3, 1)}),
    ],
)
def test_an_act_that_changes_nothing_writes_nothing(
    database: Database, act: Act, values: dict[str, Any]
) -> None:
    start(database)
    before = (drafted(database), version(database), outside(database), len(entries(database)))
    edit = do(database, act, **values)
    assert edit.entry_id is None
    after = (drafted(database), version(database), outside(database), len(entries(database)))
    assert after == before


def test_a_cancelled_webinar_is_restored(database: Database) -> None:
    start(database)
    before = drafted(database)
    do(database, editing.cancel, slug=APRIL.slug)
    edit = do(database, editing.restore, slug=APRIL.slug)
    assert drafted(database) == before
    assert (edit.slug, entries(database)[-1].act) == (APRIL.slug, AuditAct.RESTORED)


def test_a_cancelled_webinar_leaves_its_date_to_another(database: Database) -> None:
    start(database)
    do(database, editing.cancel, slug=APRIL.slug)
    do(database, editing.move, slug=JUNE.slug, day=APRIL.date)
    webinars = drafted(database).webinars
    assert {slug: fields["date"] for slug, fields in webinars.items()} == {
        MARCH.slug: "2019-03-21",
        APRIL.slug: "2019-04-18",
        MAY.slug: "2019-05-16",
        JUNE.slug: "2019-04-18",
    }


def test_an_address_that_was_public_goes_to_no_other_webinar(database: Database) -> None:
    start(database)
    do(database, editing.assign_theme, slug=JUNE.slug, theme=IMPACT[0])
    assert publish(database) == [("added", IMPACT[0])]
    with database.write() as session:
        cycle = planning.find_cycle(session, slug="2019")
        gone = next(row for row in cycle.draft.sessions if row.slug == IMPACT[0])
        cycle.draft.sessions.remove(gone)  # as a file without it would do
    assert publish(database) == [("cancelled", IMPACT[0])]
    extra = do(database, editing.add_extra, day=date(2019, 7, 2), theme=IMPACT[0])
    assert extra.slug == f"{IMPACT[0]}-2"
    assert publish(database) == [("added", f"{IMPACT[0]}-2")]


# Registrations ----------------------------------------------------------------------


def registered(database: Database) -> list[tuple[str, str]]:
    """Who is registered for which webinar."""
    query = sa.select(Registration, Webinar.slug).join(Registration.webinar)
    with database.read() as session:
        return sorted(
            (registration.participant.email, slug) for registration, slug in session.execute(query)
        )


@pytest.mark.parametrize(
    ("act", "values", "starts"),
    [
        (
            editing.move,
            {"slug": MARCH.slug, "day": date(2019, 7, 18)},
            {MARCH.slug: "2019-07-18T11:00"},
        ),
        (
            editing.swap,
            {"slug": MARCH.slug, "other": APRIL.slug},
            {MARCH.slug: "2019-04-18T11:00", APRIL.slug: "2019-03-21T12:00"},
        ),
        (
            editing.rotate,
            {"slugs": (MARCH.slug, APRIL.slug, MAY.slug), "backwards": True},
            {
                MARCH.slug: "2019-05-16T11:00",
                APRIL.slug: "2019-03-21T12:00",
                MAY.slug: "2019-04-18T11:00",
            },
        ),
    ],
)
def test_registrations_go_with_the_webinar_and_its_calendar_entry_rises(
    database: Database, act: Act, values: dict[str, Any], starts: dict[str, str]
) -> None:
    start(database)
    with database.write() as session:
        register(session, ALICE, webinar=MARCH.slug)
        register(session, BOB, webinar=APRIL.slug)
    before, people = whole(database), registered(database)
    do(database, act, **values)
    do(database, editing.remove, slug=JUNE.slug)
    assert whole(database) == before
    assert sorted(publish(database)) == sorted(("moved", slug) for slug in starts)
    after = whole(database)
    assert registered(database) == people
    assert {slug: fields["starts_at"].isoformat()[:16] for slug, fields in after.items()} == {
        slug: fields["starts_at"].isoformat()[:16] for slug, fields in before.items()
    } | starts
    assert {slug: (row["id"], row["uid"], row["sequence"]) for slug, row in after.items()} == {
        slug: (row["id"], row["uid"], row["sequence"] + (slug in starts))
        for slug, row in before.items()
    }
