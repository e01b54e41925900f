"""New cycles: a year from its rule, and a year like another one. Nothing of them is public."""

from dataclasses import replace
from datetime import date, time

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.planning_cases import plans
from tests.support import ALICE, MARCH, NOW, count, in_threads, load_2019, plan_of, register
from webinars.db import Database
from webinars.domain import arranging, fields, planning, programme, rules, site
from webinars.domain.arranging import Copied
from webinars.domain.errors import DomainError, NotFound, WrongPlan, WrongRule
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.planning import SlugInUse
from webinars.domain.programme import Moment
from webinars.domain.snapshots import snapshot
from webinars.models import (
    AuditAct,
    AuditEntry,
    Change,
    Cycle,
    DraftSession,
    OutboxMail,
    Webinar,
    WebinarStatus,
)

QUARTERS = "third Thursday in March, June and September"
ANNE = "anne@example.org"


def session(slug: str, day: date, title: str, **more: object) -> PlannedSession:
    return PlannedSession(slug, day, title, **more)  # type: ignore[arg-type]


def quarters(*sessions: PlannedSession, **more: object) -> Plan:
    return replace(plan_of(*sessions), rule=QUARTERS, **more)  # type: ignore[arg-type]


FULL = session(
    "bilan-2019",
    date(2019, 3, 28),
    "Bilan 2019",
    theme="evaluer",
    starts_at=time(9),
    duration=30,
    capacity=3,
    join_url="https://salle.example.org/",
    exception_of=date(2019, 3, 21),
    reason="Grève",
    texts={"speakers": ("Anne",), "why": "Pour voir."},
)
OTHERS = (
    session("b", date(2019, 6, 20), "B"),
    session("c", date(2019, 9, 19), "C"),
)


def test_a_copy_has_the_themes_and_nothing_of_the_old_dates_rooms_and_people() -> None:
    plan = quarters(FULL, *OTHERS, title="Cycle 2019", capacity=50, zone="Indian/Reunion")
    copy = arranging.copied(plan, year=2027, slug="2027", keep_themes=True)
    assert copy == Copied(
        quarters(
            session("bilan-2027", date(2027, 3, 18), "Bilan 2027", theme="evaluer"),
            session("b", date(2027, 6, 17), "B"),
            session("c", date(2027, 9, 16), "C"),
            slug="2027",
            year=2027,
            title="Cycle 2027",
            capacity=50,
            zone="Indian/Reunion",
        ),
        (),
    )


def test_a_copy_may_leave_every_date_open() -> None:
    copy = arranging.copied(quarters(FULL), year=2027, slug="neuf", keep_themes=False)
    assert copy.left_over == ()
    assert copy.plan == quarters(
        session("mars", date(2027, 3, 18), "Webinaire de mars"),
        session("juin", date(2027, 6, 17), "Webinaire de juin"),
        session("septembre", date(2027, 9, 16), "Webinaire de septembre"),
        slug="neuf",
        year=2027,
        title="Cycle 2027",
    )


def test_dates_beyond_the_themes_are_open() -> None:
    copy = arranging.copied(quarters(FULL), year=2027, slug="2027", keep_themes=True)
    assert [(one.slug, one.date.month) for one in copy.plan.sessions] == [
        ("bilan-2027", 3),
        ("juin", 6),
        ("septembre", 9),
    ]


def test_themes_beyond_the_dates_are_named_and_cancelled_ones_stay_behind() -> None:
    off = session("x", date(2019, 5, 2), "X", status=WebinarStatus.CANCELLED)
    more = (session("d", date(2019, 10, 3), "D"), session("e", date(2019, 10, 4), "E"))
    plan = quarters(FULL, off, *OTHERS, *more)
    copy = arranging.copied(plan, year=2027, slug="2027", keep_themes=True)
    assert [one.title for one in copy.plan.sessions] == ["Bilan 2027", "B", "C"]
    assert copy.left_over == ("D", "E")


def test_two_addresses_that_would_become_one_stay_two() -> None:
    plan = quarters(
        session("bilan-2019", date(2019, 3, 21), "Bilan 2019"),
        session("bilan-2020", date(2019, 6, 20), "Bilan 2020"),
    )
    copy = arranging.copied(plan, year=2020, slug="2020", keep_themes=True)
    assert [(one.slug, one.date.month) for one in copy.plan.sessions] == [
        ("bilan-2020", 3),
        ("bilan-2020-2", 6),
        ("septembre", 9),
    ]


def test_what_was_open_is_open_again_under_its_new_date() -> None:
    planned = arranging.by_rule(replace(quarters(), rule="FREQ=MONTHLY;BYDAY=1TH,3TH;BYMONTH=4"))
    assert [one.title for one in planned.sessions] == [
        "Webinaire du 4 avril",
        "Webinaire du 18 avril",
    ]
    moved = arranging.moved(planned, slug="4-avril", day=date(2019, 4, 9))
    copy = arranging.copied(moved, year=2027, slug="2027", keep_themes=True)
    assert [(one.slug, one.title, one.date) for one in copy.plan.sessions] == [
        ("1-avril", "Webinaire du 1er avril", date(2027, 4, 1)),
        ("15-avril", "Webinaire du 15 avril", date(2027, 4, 15)),
    ]


def test_a_year_without_a_date_of_the_rule_is_refused() -> None:
    plan = replace(quarters(FULL), rule="FREQ=DAILY;UNTIL=20191231")
    with pytest.raises(WrongRule):
        arranging.copied(plan, year=2020, slug="2020", keep_themes=True)


@given(plan=plans(most=8), year=st.integers(2019, 2035), keep=st.booleans())
def test_any_copy_has_each_date_of_the_rule_once(plan: Plan, year: int, keep: bool) -> None:
    copy = arranging.copied(plan, year=year, slug="copy", keep_themes=keep)
    sessions = copy.plan.sessions
    assert tuple(one.date for one in sessions) == rules.dates(plan.rule, year=year)
    slugs = [one.slug for one in sessions]
    assert len(set(slugs)) == len(slugs)
    assert [fields.slug(slug) for slug in slugs] == slugs
    assert [
        one
        for one in sessions
        if replace(one, reminders=None) != PlannedSession(one.slug, one.date, one.title, one.theme)
    ] == []
    kept = [one for one in plan.sessions if one.status is WebinarStatus.SCHEDULED] if keep else []
    assert [one.theme for one in sessions] == (
        [one.theme for one in kept] + [None] * len(sessions)
    )[: len(sessions)]
    assert copy.left_over == tuple(one.title for one in kept[len(sessions) :])


# In the database --------------------------------------------------------------------


def outside(database: Database) -> tuple[object, ...]:
    """All that the world sees, and all that is to leave."""
    moment = Moment.at(NOW, opens_minutes=15)
    with database.read() as session_:
        return (
            [view.slug for view in programme.published_cycles(session_, moment=moment)],
            count(session_, Webinar),
            count(session_, Change),
            count(session_, OutboxMail),
            site.version(session_),
        )


def test_a_copied_year_is_a_draft_and_nothing_leaves(database: Database) -> None:
    load_2019(database)
    with database.write() as session_:
        register(session_, ALICE)
    before = outside(database)
    with database.write() as session_:
        left = planning.copy_cycle(
            session_,
            cycle_slug="2019",
            year=2027,
            slug="2027",
            keep_themes=True,
            actor=ANNE,
            now=NOW,
        )
    assert left == ()
    assert outside(database) == before
    with database.read() as session_:
        cycle = planning.find_cycle(session_, slug="2027")
        assert (cycle.revision, cycle.published_at, cycle.draft.version) == (0, None, 1)
        rows = planning.in_order(cycle.draft)
        assert [(row.date.isoformat(), row.theme_slug) for row in rows][:3] == [
            ("2027-01-21", None),
            ("2027-02-18", "qualifier-l-innovation"),
            ("2027-03-18", MARCH.slug),
        ]
        assert len(rows) == 12
        assert {(row.join_url, row.why, *row.speakers, *row.agenda) for row in rows} == {
            (None, None)
        }
        made = snapshot(cycle.draft)
        (entry,) = session_.scalars(
            sa.select(AuditEntry).where(AuditEntry.cycle_id == cycle.id)
        ).all()
        assert (entry.act, entry.actor, entry.at, entry.draft_version, entry.revision) == (
            AuditAct.COPIED,
            ANNE,
            NOW,
            1,
            None,
        )
        assert (entry.before, entry.after) == (
            {},
            {"cycle": made.cycle, "webinars": made.webinars},
        )
        assert sorted(one.slug for one in entry.webinars) == sorted(made.webinars)


def test_a_planned_year_is_a_draft(database: Database) -> None:
    before = outside(database)
    plan = arranging.by_rule(quarters())
    with database.write() as session_:
        planning.plan_year(session_, plan=plan, actor=ANNE, now=NOW)
    assert outside(database) == before
    with database.read() as session_:
        cycle = planning.find_cycle(session_, slug="2019")
        assert (planning.draft_plan(cycle), cycle.revision) == (plan, 0)
        acts = session_.scalars(sa.select(AuditEntry.act).where(AuditEntry.cycle_id == cycle.id))
        assert acts.all() == [AuditAct.PLANNED]


@pytest.mark.parametrize(
    ("source", "year", "slug", "error"),
    [
        ("2019", 2020, "2019", SlugInUse),
        ("2018", 2020, "2020", NotFound),
        ("2019", 2020, "2020", WrongRule),
    ],
)
def test_a_refused_copy_leaves_nothing(
    database: Database, source: str, year: int, slug: str, error: type[DomainError]
) -> None:
    ends = "FREQ=DAILY;UNTIL=20191231" if error is WrongRule else QUARTERS
    with database.write() as session_:
        planning.save_draft(session_, plan=replace(plan_of(MARCH), rule=ends), now=NOW)
    with pytest.raises(error), database.write() as session_:
        planning.copy_cycle(
            session_,
            cycle_slug=source,
            year=year,
            slug=slug,
            keep_themes=True,
            actor=ANNE,
            now=NOW,
        )
    with database.read() as session_:
        counts = [count(session_, model) for model in (Cycle, DraftSession, AuditEntry)]
        assert counts == [1, 1, 1]


def test_a_year_whose_address_is_in_use_or_whose_plan_is_wrong_is_refused(
    database: Database,
) -> None:
    with database.write() as session_:
        planning.plan_year(session_, plan=plan_of(MARCH), actor=ANNE, now=NOW)
    with pytest.raises(SlugInUse), database.write() as session_:
        planning.plan_year(session_, plan=plan_of(), actor=ANNE, now=NOW)
    wrong = plan_of(MARCH, slug="2020", year=2020)
    with pytest.raises(WrongPlan), database.write() as session_:
        planning.plan_year(session_, plan=wrong, actor=ANNE, now=NOW)
    with database.read() as session_:
        cycle = planning.find_cycle(session_, slug="2019")
        assert planning.draft_plan(cycle) == plan_of(MARCH)
        assert count(session_, Cycle) == 1


def test_of_two_who_plan_the_same_year_at_once_one_is_refused(database: Database) -> None:
    done: list[str] = []

    def plan_it(number: int) -> None:
        try:
            with database.write() as session_:
                planning.plan_year(session_, plan=plan_of(MARCH), actor=f"{number}", now=NOW)
            done.append("planned")
        except SlugInUse:
            done.append("refused")

    in_threads(plan_it, 2)
    assert sorted(done) == ["planned", "refused"]
