"""What stands against a date, and which others could take its place."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.errors import WrongValue
from webinars.domain.holidays import DEPARTMENTS, SchoolDay, public_holiday, public_holidays
from webinars.domain.rules import dates
from webinars.domain.substitutes import Substitute, Warnings, conflicts, substitutes, warnings

SUMMER = SchoolDay("Vacances d’été", ("A", "B", "C"))
IN_SUMMER = Warnings(school=SUMMER, school_known=True, bridge=None, weekend=False)
PLAIN = Warnings(school=None, school_known=True, bridge=None, weekend=False)
ASSUMPTION = date(2019, 8, 15)


def test_the_one_conflict_of_2019() -> None:
    days = dates("third Thursday", year=2019)
    assert conflicts(days) == {ASSUMPTION: "Assomption"}
    assert conflicts(days, language="en") == {ASSUMPTION: "Assumption Day"}
    assert conflicts([]) == {}


def test_conflicts_come_in_order_with_those_of_the_department() -> None:
    days = [date(2027, 12, 25), date(2027, 3, 26), date(2027, 3, 25)]
    assert conflicts(days) == {date(2027, 12, 25): "Noël"}
    found = conflicts(days, department="57")
    assert list(found.items()) == [
        (date(2027, 3, 26), "Vendredi saint"),
        (date(2027, 12, 25), "Noël"),
    ]


def test_the_substitutes_of_15_august_2019() -> None:
    found = substitutes(ASSUMPTION, taken=dates("third Thursday", year=2019))
    assert found == (
        Substitute(date(2019, 8, 22), 7, True, True, IN_SUMMER),
        Substitute(date(2019, 8, 8), -7, True, True, IN_SUMMER),
        Substitute(date(2019, 8, 29), 14, True, True, IN_SUMMER),
        Substitute(date(2019, 8, 1), -14, True, True, IN_SUMMER),
        Substitute(date(2019, 8, 14), -1, False, True, IN_SUMMER),
        Substitute(date(2019, 8, 13), -2, False, True, IN_SUMMER),
    )


def days_of(found: tuple[Substitute, ...]) -> list[str]:
    return [one.day.isoformat() for one in found]


def test_a_taken_date_is_not_offered_again() -> None:
    taken = [date(2019, 8, 22), date(2019, 8, 8)]
    assert days_of(substitutes(ASSUMPTION, taken=taken, most=2)) == ["2019-08-29", "2019-08-01"]


def test_fewer_school_holidays_come_before_nearness() -> None:
    easter_monday = date(2019, 4, 22)
    found = substitutes(easter_monday, taken=(), most=4)
    assert [(one.day.isoformat(), one.warnings.school) for one in found] == [
        ("2019-04-29", SchoolDay("Vacances de printemps", ("C",))),
        ("2019-04-08", SchoolDay("Vacances de printemps", ("B",))),
        ("2019-04-15", SchoolDay("Vacances de printemps", ("A", "B"))),
        ("2019-05-06", None),
    ]


def test_a_bridge_comes_last() -> None:
    ascension = date(2027, 5, 6)
    every = substitutes(ascension, taken=(), most=100)
    bridges = [one.day for one in every if one.warnings.bridge]
    assert bridges == [date(2027, 5, 7)]
    assert every[-1].day == bridges[0]
    assert every[-1].warnings.bridge == "Ascension"


def test_the_year_is_not_left() -> None:
    new_year = date(2026, 1, 1)
    assert days_of(substitutes(new_year, taken=(), most=2)) == ["2026-01-08", "2026-01-15"]
    christmas = date(2025, 12, 25)
    assert days_of(substitutes(christmas, taken=(), most=2)) == ["2025-12-18", "2025-12-11"]


def test_a_saturday_may_be_replaced_by_a_saturday_and_never_by_a_sunday() -> None:
    assumption = date(2026, 8, 15)
    found = substitutes(assumption, taken=(), most=100)
    assert days_of(found)[:2] == ["2026-08-22", "2026-08-08"]
    assert found[0].warnings == Warnings(SUMMER, school_known=True, bridge=None, weekend=True)
    assert {one.day.weekday() for one in found} == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("day", "department", "bridge"),
    [
        (date(2019, 5, 31), None, "Ascension"),
        (date(2019, 8, 16), None, "Assomption"),
        (date(2019, 8, 14), None, None),
        (date(2026, 7, 13), None, "Fête nationale"),
        (date(2026, 7, 14), None, None),
        (date(2026, 7, 15), None, None),
        (date(2024, 12, 31), None, None),
        (date(2029, 12, 31), None, "Jour de l’an"),
        (date(2029, 12, 24), None, "Noël"),
        (date(2024, 12, 27), None, None),
        (date(2024, 12, 27), "57", "Saint Étienne"),
        (date(2019, 5, 11), None, None),
    ],
)
def test_bridges(day: date, department: str | None, bridge: str | None) -> None:
    assert warnings(day, department=department).bridge == bridge


def test_warnings_are_values_in_either_language() -> None:
    assert warnings(date(2019, 3, 21)) == PLAIN
    assert warnings(date(2019, 3, 23)) == Warnings(None, True, None, weekend=True)
    assert warnings(date(2019, 5, 31), language="en") == Warnings(
        school=SchoolDay("Ascension weekend", ("A", "B", "C")),
        school_known=True,
        bridge="Ascension Day",
        weekend=False,
    )
    assert warnings(date(2035, 7, 19)) == Warnings(None, False, None, weekend=False)


def test_an_unknown_department_is_refused() -> None:
    for ask in (
        lambda: conflicts([ASSUMPTION], department="35"),
        lambda: warnings(ASSUMPTION, department="35"),
        lambda: substitutes(ASSUMPTION, taken=(), department="35"),
    ):
        with pytest.raises(WrongValue, match='"35" has no public holidays of its own'):
            ask()


@given(
    day=st.dates(date(2019, 1, 1), date(2035, 12, 31)),
    department=st.none() | st.sampled_from(sorted(DEPARTMENTS)),
    taken_off=st.sets(st.integers(-20, 20)),
    most=st.integers(1, 30),
)
def test_a_substitute_keeps_every_promise(
    day: date, department: str | None, taken_off: set[int], most: int
) -> None:
    taken = {day + timedelta(days=off) for off in taken_off}
    found = substitutes(day, taken=taken, department=department, most=most)
    assert found == substitutes(day, taken=sorted(taken), department=department, most=most)
    days = [one.day for one in found]
    assert len(days) == len(set(days)) <= most
    assert day not in days
    assert not taken & set(days)
    for one in found:
        assert public_holiday(one.day, department=department) is None
        assert one.day.year == day.year
        assert one.day.weekday() < 5 or one.day.weekday() == day.weekday()
        assert one.days_off == (one.day - day).days
        assert one.same_weekday == (one.day.weekday() == day.weekday())
        assert one.same_month == (one.day.month == day.month)
        assert one.warnings == warnings(one.day, department=department)
    marks = [(bool(one.warnings.bridge), not one.same_weekday, not one.same_month) for one in found]
    assert marks == sorted(marks)


@pytest.mark.parametrize("year", range(2019, 2036))
@pytest.mark.parametrize("department", [None, *DEPARTMENTS])
def test_each_holiday_of_each_year_has_six_substitutes(department: str | None, year: int) -> None:
    for day in public_holidays(year, department=department):
        taken = dates("third Thursday", year=year)
        assert len(substitutes(day, taken=taken, department=department)) == 6
