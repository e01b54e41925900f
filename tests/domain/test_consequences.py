"""What a publication would do to people, feeds and reminders."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.changes import PlanChange
from webinars.domain.consequences import (
    Facts,
    Reminding,
    ReplayThen,
    State,
    WebinarConsequences,
    consequences,
)
from webinars.domain.mail_rules import Rule, RuleKind, Unit
from webinars.models import ChangeKind

NOW = datetime(2019, 3, 4, 9, tzinfo=UTC)
JUNE = datetime(2019, 6, 20, 11, tzinfo=UTC)
DAY = timedelta(days=1)
A_DAY, AN_HOUR = Rule(RuleKind.REMINDER, 1, Unit.DAYS), Rule(RuleKind.REMINDER, 1, Unit.HOURS)
APART = timedelta(hours=3)


def state(**changes: Any) -> State:
    values: dict[str, Any] = {
        "title": "Alliances",
        "starts_at": JUNE,
        "ends_at": changes.get("starts_at", JUNE) + timedelta(minutes=90),
        "theme": "alliances",
        "capacity": None,
        "cancelled": False,
    }
    return State(**(values | changes))


def reminding(after: State, *rules: Rule) -> tuple[Reminding, ...]:
    return tuple(Reminding(rule, after.starts_at - rule.offset) for rule in rules)


def facts(before: State | None, after: State | None, **changes: Any) -> Facts:
    values: dict[str, Any] = {
        "published": {"a": before} if before else {},
        "drafted": {"a": after} if after else {},
        "told": {},
        "people": 0,
        "registered": {},
        "invited": {},
        "joining": 0,
        "welcomed": 0,
        "replays": {},
        "held": {},
        "confirmed": {},
        "waiting": {},
        "calendars": 0,
        "reminders": {"a": reminding(after, A_DAY, AN_HOUR)} if after else {},
        "apart": APART,
    }
    return Facts(**(values | changes))


def change(kind: ChangeKind, before: Any = None, after: Any = None) -> PlanChange:
    return PlanChange(kind, "a", before or {}, after or {})


MOVED = change(ChangeKind.MOVED)
CANCELLED = change(ChangeKind.CANCELLED, {"cancelled": False}, {"cancelled": True})


def of_one(*changes: PlanChange, **given_: Any) -> WebinarConsequences:
    before, after = given_.pop("before", state()), given_.pop("after", state())
    now = given_.pop("now", NOW)
    found = consequences(changes, facts=facts(before, after, **given_), now=now)
    assert len(found.webinars) == 1
    return found.webinars[0]


def test_nothing_follows_from_nothing() -> None:
    found = consequences((), facts=facts(state(), state()), now=NOW)
    assert (found.webinars, found.count, found.themes) == ((), 0, ())


def test_the_changes_of_one_webinar_stand_together() -> None:
    one = of_one(MOVED, change(ChangeKind.RENAMED), told={"a": 3}, confirmed={"a": 2})
    assert [its.kind for its in one.changes] == [ChangeKind.MOVED, ChangeKind.RENAMED]
    assert (one.told, one.confirmed, one.waiting) == (3, 2, 0)


def test_a_move_arms_its_reminders_by_the_new_date_the_first_first() -> None:
    later = JUNE + 28 * DAY
    one = of_one(MOVED, after=state(starts_at=later))
    assert [(again.rule, again.leaves_at) for again in one.rearmed] == [
        (A_DAY, later - DAY),
        (AN_HOUR, later - timedelta(hours=1)),
    ]
    assert one.passed == ()


def test_a_move_may_be_too_late_for_a_reminder() -> None:
    one = of_one(MOVED, after=state(starts_at=NOW + timedelta(hours=4)))
    assert [again.rule for again in one.rearmed] == [AN_HOUR]
    assert [late.rule for late in one.passed] == [A_DAY]


def test_the_notice_says_what_a_reminder_soon_after_it_would_say() -> None:
    one = of_one(MOVED, after=state(starts_at=NOW + DAY + APART - timedelta(seconds=1)))
    assert [again.rule for again in one.rearmed] == [AN_HOUR]
    assert [late.rule for late in one.passed] == [A_DAY]
    one = of_one(MOVED, after=state(starts_at=NOW + DAY + APART))
    assert ([again.rule for again in one.rearmed], one.passed) == ([A_DAY, AN_HOUR], ())


def test_a_move_into_the_past_arms_nothing() -> None:
    one = of_one(MOVED, after=state(starts_at=NOW))
    assert (one.rearmed, one.passed) == ((), ())


def test_a_cancelled_webinar_has_no_reminder() -> None:
    one = of_one(MOVED, CANCELLED, after=state(cancelled=True))
    assert (one.rearmed, one.passed) == ((), ())


def test_taking_place_after_all_arms_the_reminders_again() -> None:
    back = change(ChangeKind.CHANGED, {"cancelled": True}, {"cancelled": False})
    one = of_one(back, before=state(cancelled=True))
    assert [again.rule for again in one.rearmed] == [A_DAY, AN_HOUR]


def test_another_title_leaves_the_reminders_alone() -> None:
    assert of_one(change(ChangeKind.RENAMED)).rearmed == ()


def test_more_places_promote_from_the_waiting_list() -> None:
    wait = {"confirmed": {"a": 100}, "waiting": {"a": 7}}
    details = change(ChangeKind.CHANGED, {"capacity": 100}, {"capacity": 105})
    assert of_one(details, after=state(capacity=105), **wait).promoted == 5
    assert of_one(details, after=state(capacity=500), **wait).promoted == 7
    assert of_one(details, after=state(capacity=None), **wait).promoted == 7
    assert of_one(details, after=state(capacity=90), **wait).promoted == 0
    assert of_one(CANCELLED, after=state(cancelled=True), **wait).promoted == 0


@given(
    capacity=st.none() | st.integers(1, 200),
    confirmed=st.integers(0, 200),
    waiting=st.integers(0, 200),
)
def test_nobody_is_promoted_beyond_the_places(
    capacity: int | None, confirmed: int, waiting: int
) -> None:
    one = of_one(
        MOVED,
        after=state(capacity=capacity),
        confirmed={"a": confirmed},
        waiting={"a": waiting},
    )
    assert 0 <= one.promoted <= waiting
    assert capacity is None or confirmed + one.promoted <= max(capacity, confirmed)
    # Nobody waits beside a free place.
    assert one.promoted == waiting or (
        capacity is not None and confirmed + one.promoted >= capacity
    )


@given(st.timedeltas(timedelta(days=-3), timedelta(days=40)), st.integers(1, 60 * 24 * 7))
def test_each_reminder_is_either_armed_or_too_late(off: timedelta, before: int) -> None:
    starts = NOW + off
    after = state(starts_at=starts)
    rule = Rule(RuleKind.REMINDER, before)
    one = of_one(MOVED, after=after, reminders={"a": reminding(after, rule)})
    assert len(one.rearmed) + len(one.passed) == (1 if starts > NOW else 0)
    assert all(NOW + APART <= again.leaves_at < starts for again in one.rearmed)


def test_the_feeds_of_both_themes_move() -> None:
    details = change(ChangeKind.CHANGED, {"theme": "alliances"}, {"theme": "impact"})
    found = consequences(
        (details,), facts=facts(state(), state(theme="impact"), calendars=4, people=2), now=NOW
    )
    assert (found.themes, found.calendars, found.people) == (("alliances", "impact"), 4, 2)


def test_what_the_draft_has_no_more_is_shown_as_it_was() -> None:
    before = state()
    one = of_one(CANCELLED, before=before, after=None)
    assert one.state is before
    added = of_one(change(ChangeKind.ADDED), before=None, after=replace(before, title="Neu"))
    assert added.state.title == "Neu"


@pytest.mark.parametrize(
    ("replays", "day", "expected"),
    [
        ({"a": True}, 1, ReplayThen.LEAVES),
        ({"a": True}, -1, None),
        ({"a": True}, 0, None),
        ({"b": True}, 1, None),
        ({"a": False}, 1, ReplayThen.WAITS),
        ({"a": False}, -1, None),
        ({"a": False}, 0, None),
    ],
    ids=[
        "to come",
        "over, its date is corrected",
        "not moved",
        "of another webinar",
        "prepared, to come",
        "prepared, over",
        "prepared, not moved",
    ],
)
def test_what_becomes_of_a_replay_when_its_webinar_takes_place_anew(
    replays: dict[str, bool], day: int, expected: ReplayThen | None
) -> None:
    before = state(starts_at=NOW - 10 * DAY)
    after = state(starts_at=NOW + day * DAY if day else before.starts_at)
    its = change(ChangeKind.MOVED if day else ChangeKind.CHANGED)
    found = consequences([its], facts=facts(before, after, replays=replays), now=NOW)
    assert [one.replay for one in found.webinars] == [expected]


@pytest.mark.parametrize(
    ("cancelled", "expected"), [(False, ReplayThen.STAYS_PREPARED), (True, None)]
)
def test_a_prepared_replay_does_not_go_online_when_its_webinar_is_over_by_its_new_date(
    cancelled: bool, expected: ReplayThen | None
) -> None:
    before = state(starts_at=NOW + DAY)
    after = replace(state(starts_at=NOW - DAY), cancelled=cancelled)
    one = of_one(MOVED, before=before, after=after, replays={"a": False})
    assert one.replay is expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(4, ReplayThen.LEAVES), (2, None)], ids=["to go on", "over"]
)
def test_a_replay_leaves_the_site_when_its_webinar_is_to_go_on(
    hours: int, expected: ReplayThen | None
) -> None:
    before = state(starts_at=NOW - timedelta(hours=3))
    after = replace(before, ends_at=before.starts_at + timedelta(hours=hours))
    one = of_one(change(ChangeKind.CHANGED), before=before, after=after, replays={"a": True})
    assert one.replay is expected
