"""Public and school holidays of France."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.errors import WrongValue
from webinars.domain.holidays import (
    DEPARTMENTS,
    SchoolDay,
    SchoolHoliday,
    check_department,
    public_holiday,
    public_holidays,
    school_calendar_known_until,
    school_calendar_knows,
    school_day,
    school_holidays,
)

YEARS = range(2019, 2036)
ALL = ("A", "B", "C")


def test_the_eleven_of_2019_in_both_languages() -> None:
    assert list(public_holidays(2019).items()) == [
        (date(2019, 1, 1), "Jour de l’an"),
        (date(2019, 4, 22), "Lundi de Pâques"),
        (date(2019, 5, 1), "Fête du Travail"),
        (date(2019, 5, 8), "Fête de la Victoire"),
        (date(2019, 5, 30), "Ascension"),
        (date(2019, 6, 10), "Lundi de Pentecôte"),
        (date(2019, 7, 14), "Fête nationale"),
        (date(2019, 8, 15), "Assomption"),
        (date(2019, 11, 1), "Toussaint"),
        (date(2019, 11, 11), "Armistice"),
        (date(2019, 12, 25), "Noël"),
    ]
    assert list(public_holidays(2019, language="en").values()) == [
        "New Year’s Day",
        "Easter Monday",
        "Labor Day",
        "Victory Day",
        "Ascension Day",
        "Whit Monday",
        "National Day",
        "Assumption Day",
        "All Saints’ Day",
        "Armistice Day",
        "Christmas Day",
    ]


def easter(year: int) -> date:
    """Sunday of Easter, by the method of Meeus, Jones and Butcher."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


@pytest.mark.parametrize("year", YEARS)
def test_the_law_gives_eleven_days_each_year(year: int) -> None:
    fixed = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    by_law = {date(year, month, day) for month, day in fixed}
    by_law |= {easter(year) + timedelta(days=off) for off in (1, 39, 50)}
    assert list(public_holidays(year)) == sorted(by_law)


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("department", DEPARTMENTS)
def test_each_department_adds_to_the_nation(department: str, year: int) -> None:
    for language in ("fr", "en"):
        nation = public_holidays(year, language=language)
        local = public_holidays(year, department=department, language=language)
        assert nation.keys() <= local.keys()
        assert all(name in local[day].split(", ") for day, name in nation.items())
        assert len(", ".join(local.values())) > len(", ".join(nation.values()))
        assert list(local) == sorted(local)
        assert all(name and "'" not in name and ";" not in name for name in local.values())


@pytest.mark.parametrize(
    ("department", "day", "name"),
    [
        ("57", date(2027, 3, 26), "Vendredi saint"),
        ("6AE", date(2027, 12, 26), "Saint Étienne"),
        ("971", date(2027, 5, 27), "Abolition de l’esclavage"),
        ("972", date(2027, 5, 22), "Abolition de l’esclavage"),
        ("973", date(2027, 6, 10), "Abolition de l’esclavage"),
        ("974", date(2027, 12, 20), "Abolition de l’esclavage"),
        ("976", date(2027, 4, 27), "Abolition de l’esclavage"),
    ],
)
def test_a_department_has_its_own_days(department: str, day: date, name: str) -> None:
    assert public_holiday(day, department=department) == name
    assert public_holiday(day) is None
    assert public_holiday(day + timedelta(days=1), department=department) != name


def test_two_on_one_day_are_named_together() -> None:
    assert public_holiday(date(2008, 5, 1)) == "Ascension, Fête du Travail"
    day = date(2030, 6, 10)
    assert public_holiday(day) == "Lundi de Pentecôte"
    assert public_holiday(day, department="973") == "Abolition de l’esclavage, Lundi de Pentecôte"


def test_what_is_given_cannot_be_changed_for_others() -> None:
    with pytest.raises(TypeError):
        public_holidays(2019)[date(2019, 1, 2)] = "Lendemain"  # type: ignore[index]


@pytest.mark.parametrize("code", ["35", "67", "", "57 ", "Moselle", "x" * 300])
def test_a_department_without_days_of_its_own_is_refused(code: str) -> None:
    with pytest.raises(WrongValue) as error:
        check_department(code)
    assert str(error.value) == (
        f'"{code[:20]}" has no public holidays of its own: leave the department out, or give '
        "one of 57, 6AE, 971, 972, 973, 974, 976, BL, MF, NC, PF, WF"
    )
    with pytest.raises(WrongValue):
        public_holidays(2019, department=code)


def test_a_department_that_has_some_is_given_back() -> None:
    assert [check_department(code) for code in DEPARTMENTS] == list(DEPARTMENTS)


def test_the_school_year_by_zones() -> None:
    assert school_holidays(2027) == (
        SchoolHoliday("Vacances de Noël", date(2026, 12, 19), date(2027, 1, 3), ALL),
        SchoolHoliday("Vacances d’hiver", date(2027, 2, 6), date(2027, 2, 21), ("C",)),
        SchoolHoliday("Vacances d’hiver", date(2027, 2, 13), date(2027, 2, 28), ("A",)),
        SchoolHoliday("Vacances d’hiver", date(2027, 2, 20), date(2027, 3, 7), ("B",)),
        SchoolHoliday("Vacances de printemps", date(2027, 4, 3), date(2027, 4, 18), ("C",)),
        SchoolHoliday("Vacances de printemps", date(2027, 4, 10), date(2027, 4, 25), ("A",)),
        SchoolHoliday("Vacances de printemps", date(2027, 4, 17), date(2027, 5, 2), ("B",)),
        SchoolHoliday("Pont de l’Ascension", date(2027, 5, 6), date(2027, 5, 8), ALL),
        SchoolHoliday("Vacances d’été", date(2027, 7, 3), date(2027, 8, 31), ALL),
        SchoolHoliday("Vacances de la Toussaint", date(2027, 10, 23), date(2027, 11, 7), ALL),
        SchoolHoliday("Vacances de Noël", date(2027, 12, 18), date(2028, 1, 2), ALL),
    )
    assert {one.name for one in school_holidays(2027, language="en")} == {
        "Christmas holidays",
        "Winter holidays",
        "Spring holidays",
        "Ascension weekend",
        "Summer holidays",
        "Autumn holidays",
    }


@pytest.mark.parametrize("year", YEARS)
def test_stretches_and_days_say_the_same(year: int) -> None:
    stretches = school_holidays(year)
    for off in range(365):
        day = date(year, 1, 1) + timedelta(days=off)
        zones = {zone for one in stretches if one.first <= day <= one.last for zone in one.zones}
        found = school_day(day)
        assert zones == set(found.zones if found else ())
        assert found is None or found.name in {one.name for one in stretches}


@pytest.mark.parametrize("year", range(2019, 2028))
def test_each_zone_has_its_five_holidays_of_a_known_year(year: int) -> None:
    for zone in ALL:
        names = {one.name for one in school_holidays(year) if zone in one.zones}
        assert len(names - {"Pont de l’Ascension"}) == 5


def test_some_zones_are_at_school_while_others_are_not() -> None:
    assert school_day(date(2019, 2, 21)) == SchoolDay("Vacances d’hiver", ("A", "B"))
    assert school_day(date(2019, 2, 21), language="en") == SchoolDay("Winter holidays", ("A", "B"))
    assert school_day(date(2019, 3, 21)) is None
    assert school_calendar_knows(date(2019, 3, 21))


def test_nothing_is_assumed_of_what_the_ministry_has_not_published() -> None:
    """When the library learns of later years, this date moves on; the rest stays."""
    last = school_calendar_known_until()
    assert last >= date(2028, 8, 31)
    assert last.month in {8, 9}
    assert school_calendar_knows(last)
    assert school_day(last) == SchoolDay("Vacances d’été", ALL)
    assert not school_calendar_knows(last + timedelta(days=1))
    assert not school_calendar_knows(date(1800, 1, 1))
    for year in range(last.year + 1, 2036):
        assert school_holidays(year) == ()
        assert school_day(date(year, 12, 25)) is None
        assert not school_calendar_knows(date(year, 1, 1))


@given(day=st.dates(date(1970, 1, 1), date(2200, 12, 31)))
def test_any_day_has_an_answer(day: date) -> None:
    for language in ("fr", "en"):
        school = school_day(day, language=language)
        assert school is None or (school.zones and school_calendar_knows(day))
        assert public_holiday(day, language=language) != ""
