"""A year before it is drafted."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain import holidays
from webinars.domain.arranging import by_rule
from webinars.domain.errors import WrongRule
from webinars.domain.outline import outline
from webinars.domain.plan import Plan, check
from webinars.domain.rules import MonthlyRule

EARLY = date(2019, 1, 1)
ASSUMPTION, INSTEAD = date(2019, 8, 15), date(2019, 8, 29)


def empty(year: int = 2019, rule: str = "third Thursday", department: str | None = None) -> Plan:
    return Plan(
        slug=str(year),
        title=f"Cycle {year}",
        year=year,
        rule=rule,
        sessions=(),
        department=department,
    )


def test_every_date_stands_with_what_is_against_it() -> None:
    found = outline(by_rule(empty()), today=EARLY)
    assert [slot.ruled.month for slot in found.slots] == list(range(1, 13))
    assert {slot.ruled: slot.holiday for slot in found.slots if slot.holiday} == {
        ASSUMPTION: "Assomption"
    }
    assert found.conflicts == 1
    august = found.slots[7]
    assert INSTEAD in {one.day for one in august.substitutes}
    assert not august.moved


def test_a_chosen_substitute_is_taken_with_its_reason() -> None:
    found = outline(by_rule(empty()), today=EARLY, chosen={ASSUMPTION: INSTEAD}, language="en")
    august = found.slots[7]
    assert (august.moved, august.ruled, august.session.date) == (True, ASSUMPTION, INSTEAD)
    assert august.holiday == "Assumption Day"
    # The reason stands on the programme, whose language is French.
    assert (august.session.exception_of, august.session.reason) == (ASSUMPTION, "Assomption")
    assert found.conflicts == 0
    assert august.session in found.plan.sessions


def test_what_was_not_proposed_is_not_taken() -> None:
    base = by_rule(empty())
    elsewhere = {ASSUMPTION: date(2019, 12, 24), date(2019, 3, 21): date(2019, 3, 22)}
    assert outline(base, today=EARLY, chosen=elsewhere).plan == base


def test_a_department_adds_its_days() -> None:
    friday = empty(rule="FREQ=MONTHLY;BYDAY=3FR", department="57")
    found = outline(by_rule(friday), today=EARLY)
    assert [slot.ruled for slot in found.slots if slot.holiday] == [date(2019, 4, 19)]


def test_a_rule_without_dates_is_refused() -> None:
    with pytest.raises(WrongRule):
        outline(by_rule(empty(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")), today=EARLY)


@given(
    year=st.integers(2019, 2035),
    nth=st.sampled_from([1, 2, 3, 4, -1]),
    weekday=st.integers(0, 6),
    most=st.integers(0, 5),
)
def test_whatever_the_year_substitutes_lead_off_every_holiday(
    year: int, nth: int, weekday: int, most: int
) -> None:
    base = by_rule(empty(year, MonthlyRule(nth, weekday).rrule))
    first = outline(base, today=EARLY)
    chosen = {
        slot.ruled: slot.substitutes[min(most, len(slot.substitutes) - 1)].day
        for slot in first.slots
        if slot.holiday and slot.substitutes
    }
    found = outline(base, today=EARLY, chosen=chosen)
    assert len(found.plan.sessions) == 12
    assert [slot.ruled for slot in found.slots] == [one.date for one in base.sessions]
    assert all(a.date <= b.date for a, b in pairwise(found.plan.sessions))
    for slot in found.slots:
        if slot.ruled in chosen:
            assert slot.session.date == chosen[slot.ruled]
            assert holidays.public_holiday(slot.session.date) is None
            assert slot.session.reason
    if len(set(chosen.values())) == len(chosen):
        assert check(found.plan) == []
