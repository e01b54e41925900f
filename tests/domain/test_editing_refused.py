"""A refused act leaves the draft as it was; nobody overwrites what they have not seen."""

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
    in_session,
    outside,
    publish,
    start,
    version,
)
from tests.support import APRIL, HOST, MARCH, MAY, in_threads
from webinars.db import Database
from webinars.domain import editing, planning, publication, undoing
from webinars.domain.arranging import NothingToRotate
from webinars.domain.editing import Editor
from webinars.domain.errors import Fault, NotFound, WrongPlan
from webinars.domain.planning import AlreadyPublic, Stale
from webinars.models import AuditAct

GHOST = time(2, 30)
SUMMER_TIME = date(2019, 3, 31)


def state(database: Database) -> tuple[Any, ...]:
    trail = [entry.id for entry in entries(database)]
    return (drafted(database), version(database), outside(database), trail)


def refused(database: Database, error: type[Exception], act: Act, **values: Any) -> Exception:
    """Why the act was refused, after nothing has changed."""
    before = state(database)
    with pytest.raises(error) as caught:
        do(database, act, **values)
    assert state(database) == before
    return caught.value


def faults(error: Exception) -> list[tuple[str, object, str | None]]:
    assert isinstance(error, WrongPlan)
    return [(str(fault), fault.place, fault.webinar) for fault in error.faults]


NOT_UNDERSTOOD = (
    '"sometimes" is not understood: write for example "third Thursday", '
    '"last Tuesday in March and June" or "FREQ=MONTHLY;BYDAY=3TH"'
)
TWICE = [
    (f"{MARCH.date} has more than one webinar", ("sessions", index, "date"), slug)
    for index, slug in enumerate((APRIL.slug, MARCH.slug))
]


@pytest.mark.parametrize(
    ("act", "values", "expected"),
    [
        (editing.move, {"slug": APRIL.slug, "day": MARCH.date}, TWICE),
        (
            editing.edit_webinar,
            {"slug": APRIL.slug, "values": {"date": MARCH.date, "title": "Autre"}},
            TWICE,
        ),
        (
            editing.move,
            {"slug": APRIL.slug, "day": date(2020, 1, 2)},
            [("2020-01-02 is not in the year 2019", ("sessions", 3, "date"), APRIL.slug)],
        ),
        (
            editing.add_extra,
            {"day": date(2018, 12, 31), "title": "Été"},
            [("2018-12-31 is not in the year 2019", ("sessions", 0, "date"), "ete")],
        ),
        (
            editing.edit_webinar,
            {"slug": JUNE.slug, "values": {"date": SUMMER_TIME, "starts_at": GHOST}},
            [
                (
                    "02:30 does not exist on 2019-03-31 in Europe/Paris: choose another hour",
                    ("sessions", 1, "starts_at"),
                    JUNE.slug,
                )
            ],
        ),
        (
            editing.edit_webinar,
            {"slug": JUNE.slug, "values": {"slug": MAY.slug, "title": "Autre"}},
            [(f'"{MAY.slug}" is there more than once', ("sessions", 3, "slug"), JUNE.slug)],
        ),
        (
            editing.edit_cycle,
            {"values": {"rule": "FREQ=DAILY;UNTIL=20181231", "title": "Autre"}},
            [('"FREQ=DAILY;UNTIL=20181231" gives no date in 2019', ("rule",), None)],
        ),
        (
            editing.edit_cycle,
            {"values": {"rule": "sometimes"}, "realign_from": date(2019, 1, 1)},
            [(NOT_UNDERSTOOD, ("rule",), None)],
        ),
        (
            editing.edit_cycle,
            {"values": {"zone": "Europe/Pari"}},
            [
                (
                    '"Europe/Pari" is not a time zone: write for example "Europe/Paris"',
                    ("zone",),
                    None,
                )
            ],
        ),
    ],
)
def test_a_plan_that_would_not_hold_is_refused_at_its_place(
    database: Database,
    act: Act,
    values: dict[str, Any],
    expected: list[tuple[str, object, str | None]],
) -> None:
    start(database)
    assert faults(refused(database, WrongPlan, act, **values)) == expected


def test_another_hour_of_the_cycle_must_exist_on_every_date(database: Database) -> None:
    start(database)
    do(database, editing.move, slug=JUNE.slug, day=SUMMER_TIME)
    error = refused(database, WrongPlan, editing.edit_cycle, values={"starts_at": GHOST})
    ghost = "02:30 does not exist on 2019-03-31 in Europe/Paris: choose another hour"
    assert faults(error) == [(ghost, ("sessions", 1, "date"), JUNE.slug)]


def test_a_date_that_another_webinar_took_meanwhile_is_not_given_back(database: Database) -> None:
    start(database)
    do(database, editing.cancel, slug=MARCH.slug)
    do(database, editing.move, slug=APRIL.slug, day=MARCH.date)
    error = refused(database, WrongPlan, editing.restore, slug=MARCH.slug)
    assert faults(error) == TWICE


@pytest.mark.parametrize(
    ("error", "act", "values"),
    [
        (NotFound, editing.move, {"slug": "x", "day": JUNE.date}),
        (NotFound, editing.swap, {"slug": MARCH.slug, "other": "x"}),
        (NothingToRotate, editing.swap, {"slug": MARCH.slug, "other": MARCH.slug}),
        (NothingToRotate, editing.rotate, {"slugs": ()}),
        (NotFound, editing.assign_theme, {"slug": "x", "theme": IMPACT[0]}),
        (NotFound, editing.assign_theme, {"slug": JUNE.slug, "theme": "x"}),
        (NotFound, editing.add_extra, {"day": date(2019, 7, 2), "theme": "x"}),
        (NotFound, editing.cancel, {"slug": "x"}),
        (NotFound, editing.restore, {"slug": "x"}),
        (NotFound, editing.remove, {"slug": "x"}),
        (AlreadyPublic, editing.remove, {"slug": MARCH.slug}),
        (NotFound, editing.edit_webinar, {"slug": "x", "values": {"title": "X"}}),
        (
            AlreadyPublic,
            editing.edit_webinar,
            {"slug": MARCH.slug, "values": {"title": "X", "slug": "x"}},
        ),
        (NotFound, undoing.undo, {"entry_id": 999}),
        (NotFound, undoing.discard, {"slug": JUNE.slug}),
        (NotFound, undoing.revert, {"revision": 2}),
    ],
)
def test_what_cannot_be_done_is_refused(
    database: Database, error: type[Exception], act: Act, values: dict[str, Any]
) -> None:
    start(database)
    assert type(refused(database, error, act, **values)) is error or error is NotFound


def test_a_cycle_that_is_not_there_cannot_be_edited(database: Database) -> None:
    editor = Editor(actor=ANNE, now=LATER)
    with pytest.raises(NotFound), database.write() as session:
        editing.cancel(session, cycle_slug="2019", slug=MARCH.slug, editor=editor)


# Two at once ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "values"),
    [
        (editing.move, {"slug": MAY.slug, "day": date(2019, 5, 23)}),
        (editing.edit_cycle, {"values": {"title": "Autre"}}),
        (undoing.discard, {}),
    ],
)
def test_who_has_not_seen_the_latest_is_told_what_was_done(
    database: Database, act: Act, values: dict[str, Any]
) -> None:
    start(database)
    seen = version(database)
    do(database, editing.cancel, slug=APRIL.slug, seen=seen)
    do(database, editing.move, slug=MARCH.slug, day=date(2019, 3, 28), seen=seen + 1)
    stale = refused(database, Stale, act, seen=seen, **values)
    assert isinstance(stale, Stale)
    assert stale.version == seen + 2
    # Told after the transaction has ended, as an edge does.
    assert [
        (entry.actor, entry.act, [one.slug for one in entry.webinars]) for entry in stale.since
    ] == [
        (ANNE, AuditAct.CANCELLED, [APRIL.slug]),
        (ANNE, AuditAct.MOVED, [MARCH.slug]),
    ]
    do(database, act, seen=seen + 2, **values)


def test_what_was_previewed_and_has_changed_since_is_not_published(database: Database) -> None:
    start(database)
    seen = version(database)
    do(database, editing.cancel, slug=APRIL.slug)
    before = state(database)
    with pytest.raises(Stale) as caught, database.write() as session:
        publication.publish(session, cycle_slug="2019", host=HOST, now=LATER, seen=seen)
    assert [entry.act for entry in caught.value.since] == [AuditAct.CANCELLED]
    assert state(database) == before
    assert publish(database) == [("cancelled", APRIL.slug), ("added", JUNE.slug)]


def test_of_two_who_edit_at_once_one_wins_and_the_other_is_told(database: Database) -> None:
    start(database)
    seen = version(database)
    slugs = (MARCH.slug, APRIL.slug)
    won: list[str] = []
    told: list[tuple[int, list[str]]] = []

    def cancel(number: int) -> None:
        try:
            do(database, editing.cancel, slug=slugs[number], seen=seen)
            won.append(slugs[number])
        except Stale as stale:
            touched = [one.slug for entry in stale.since for one in entry.webinars]
            told.append((stale.version, touched))

    in_threads(cancel, 2)
    assert len(won) == 1
    assert told == [(seen + 1, won)]
    webinars = drafted(database).webinars
    assert [slug for slug, one in webinars.items() if one["status"] == "cancelled"] == won
    assert (version(database), entries(database)[-1].act) == (seen + 1, AuditAct.CANCELLED)


def test_two_who_edit_whatever_is_there_both_act(database: Database) -> None:
    start(database)
    seen = version(database)
    slugs = (MARCH.slug, APRIL.slug)

    def cancel(number: int) -> None:
        do(database, editing.cancel, slug=slugs[number])

    in_threads(cancel, 2)
    webinars = drafted(database).webinars
    assert {slug for slug, one in webinars.items() if one["status"] == "cancelled"} == set(slugs)
    assert version(database) == seen + 2


def test_an_act_sees_the_latest_even_where_its_transaction_has_looked_before(
    database: Database,
) -> None:
    start(database)
    seen = version(database)
    if database.engine.dialect.name == "sqlite":
        return  # there nobody writes while another transaction of this kind has begun
    with database.writing_session() as session:
        looked = planning.find_cycle(session, slug="2019")
        do(database, editing.cancel, slug=APRIL.slug)
        with pytest.raises(Stale):
            in_session(session, editing.cancel, slug=MARCH.slug, seen=seen)
        assert looked.draft.version == seen + 1


def test_faults_name_the_webinar_by_the_order_of_dates(database: Database) -> None:
    start(database)
    with pytest.raises(WrongPlan) as caught:
        do(database, editing.move, slug=MARCH.slug, day=date(2020, 1, 1))
    assert caught.value.faults == [
        Fault(
            "%(day)s is not in the year %(year)s",
            ("sessions", 3, "date"),
            MARCH.slug,
            day="2020-01-01",
            year="2019",
        )
    ]
