"""Rules of a cycle: words and RFC 5545, to dates."""

import calendar
import time
from datetime import date, datetime, timedelta
from datetime import time as hour_of_day

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from webinars.clock import NonexistentHour, to_local, to_utc
from webinars.domain import rules
from webinars.domain.errors import WrongRule
from webinars.domain.rules import LAST, ORDINALS, WEEKDAYS, MonthlyRule, dates, describe, to_rrule

THIRD_THURSDAYS_2019 = tuple(
    date(2019, month, day)
    for month, day in enumerate((17, 21, 21, 18, 16, 20, 18, 15, 19, 17, 21, 19), start=1)
)


@pytest.mark.parametrize(
    "rule",
    [
        "third Thursday",
        "Third thursday",
        "  third   Thursday ",
        "3rd Thursday",
        "the third Thursday of each month",
        "third Thursday of every month",
        "third Thursday in the month",
        "troisième jeudi",
        "Troisième Jeudi",
        "troisieme jeudi",
        "3e jeudi",
        "3ᵉ jeudi",
        "3ème jeudi",
        "le troisième jeudi de chaque mois",
        "troisième jeudi du mois",
        "3e jeudi de tous les mois",
        "FREQ=MONTHLY;BYDAY=3TH",
        "freq=monthly;byday=3th",
        "RRULE:FREQ=MONTHLY;BYDAY=3TH",
        "FREQ=MONTHLY;BYDAY=+3TH",
        "FREQ=MONTHLY;BYDAY=TH;BYSETPOS=3",
    ],
)
def test_the_third_thursday_in_every_wording(rule: str) -> None:
    assert dates(rule, year=2019) == THIRD_THURSDAYS_2019


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("FREQ=YEARLY;BYMONTH=8;BYDAY=5TH", [date(2019, 8, 29)]),
        (
            "FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1,2,3",
            [date(2019, 1, 17), date(2019, 2, 21), date(2019, 3, 21)],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=1,2,3", [date(2019, 1, 31), date(2019, 3, 31)]),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", [date(2019, 12, 31)]),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", [date(2019, 1, 1)]),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=2", [date(2019, 1, 7), date(2019, 2, 4)]),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20190301", [date(2019, 1, 7), date(2019, 2, 4)]),
        (
            "FREQ=MONTHLY;BYDAY=1MO;UNTIL=20190204T000000;WKST=MO",
            [date(2019, 1, 7), date(2019, 2, 4)],
        ),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20190204", [date(2019, 1, 7), date(2019, 2, 4)]),
        ("FREQ=MONTHLY;BYDAY=1MO;UNTIL=20200101;BYMONTH=2", [date(2019, 2, 4)]),
        ("FREQ=MONTHLY;BYDAY=1MO;INTERVAL=10;COUNT=3", [date(2019, 1, 7), date(2019, 11, 4)]),
        (
            "fifth Thursday",
            [date(2019, 1, 31), date(2019, 5, 30), date(2019, 8, 29), date(2019, 10, 31)],
        ),
    ],
)
def test_other_rules(rule: str, found: list[date]) -> None:
    assert list(dates(rule, year=2019)) == found


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("", "is not understood"),
        ("Thursday", "is not understood"),
        ("third", "is not understood"),
        ("third Thirsday", "is not understood"),
        ("sixth Thursday", "is not understood"),
        ("third Thursday or so", "is not understood"),
        ("third Thursday of", "is not understood"),
        ("third Thursday in Marsh", "is not understood"),
        ("third Thursday in March June", "is not understood"),
        ("troisième jeudi de", "is not understood"),
        ("jeudi", "is not understood"),
        ("sixième jeudi", "is not understood"),
        ("BYDAY=3TH", "is not understood"),
        ("FREQ=HOURLY", "repeats within a day"),
        ("FREQ=MINUTELY;BYDAY=3TH", "repeats within a day"),
        ("FREQ=SECONDLY", "repeats within a day"),
        ("FREQ=OFTEN", "is not a rule of RFC 5545"),
        ("FREQ=", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3XX", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;COLOUR=RED", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;INTERVAL=", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;INTERVAL=0", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYHOUR=1,2", "repeats within a day"),
        ("FREQ=MONTHLY;BYDAY=3TH\nDTSTART:20190101", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;UNTIL=20190230", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;COUNT=0", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;BYMONTH=13", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1,", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=0TH", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;BYDAY=1MO", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;FREQ=YEARLY", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=TH;BYSETPOS=999", "is not a rule of RFC 5545"),
        ("FREQ=YEARLY;BYEASTER=1", "is not a rule of RFC 5545"),
        ("FREQ=MONTHLY;BYDAY=3TH;COUNT=3;UNTIL=20190601", "ends twice"),
        ("FREQ=WEEKLY;BYDAY=3TH", "numbers a weekday"),
        ("FREQ=DAILY;BYDAY=-1TH", "numbers a weekday"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_rule_as_it_was_written(
    rule: str, message: str
) -> None:
    for ask in (to_rrule, lambda text: dates(text, year=2019)):
        with pytest.raises(WrongRule) as error:
            ask(rule)
        assert str(error.value).startswith(f'"{rule}" {message}')


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;UNTIL=20181231",
        "fifth Monday of February",
    ],
)
def test_a_rule_that_gives_no_date_in_the_year_says_so(rule: str) -> None:
    with pytest.raises(WrongRule) as error:
        dates(rule, year=2019)
    assert str(error.value) == f'"{rule}" gives no date in 2019'


def test_a_leap_day_is_found_in_its_year() -> None:
    assert dates("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", year=2020) == (date(2020, 2, 29),)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("last Tuesday in March, June and September", MonthlyRule(LAST, 1, (3, 6, 9))),
        ("last Tuesday of March, June, and September", MonthlyRule(LAST, 1, (3, 6, 9))),
        ("the 2nd Friday of june", MonthlyRule(2, 4, (6,))),
        ("dernier mardi en mars, juin et septembre", MonthlyRule(LAST, 1, (3, 6, 9))),
        ("le dernier mardi de mars, juin", MonthlyRule(LAST, 1, (3, 6))),
        ("1er lundi d’avril et d'octobre", MonthlyRule(1, 0, (4, 10))),
        ("premier lundi en AOÛT , décembre", MonthlyRule(1, 0, (8, 12))),
        ("deuxième mercredi de février", MonthlyRule(2, 2, (2,))),
        ("fourth Sunday in June and March", MonthlyRule(4, 6, (3, 6))),
    ],
)
def test_months_can_be_said_in_both_languages(words: str, rule: MonthlyRule) -> None:
    assert describe(words) == rule
    assert to_rrule(words) == rule.rrule


RULES = st.builds(
    MonthlyRule,
    st.sampled_from(sorted(set(ORDINALS.values()))),
    st.integers(0, 6),
    st.lists(st.integers(1, 12)).map(tuple),
)


@given(rule=RULES, year=st.integers(1971, 2199))
def test_a_monthly_rule_gives_one_day_of_each_of_its_months(rule: MonthlyRule, year: int) -> None:
    expected = []
    for month in rule.months or range(1, 13):
        last = calendar.monthrange(year, month)[1]
        every = [
            day
            for number in range(1, last + 1)
            if (day := date(year, month, number)).weekday() == rule.weekday
        ]
        if rule.nth == LAST or rule.nth <= len(every):
            expected.append(every[LAST if rule.nth == LAST else rule.nth - 1])
    try:
        found = dates(rule.rrule, year=year)
    except WrongRule:
        assert expected == []
        assert rule.nth == 5
        return
    assert list(found) == expected == sorted(expected)
    if rule.nth != 5:
        assert [day.month for day in found] == list(rule.months or range(1, 13))


@given(rule=RULES)
def test_a_form_and_rfc_5545_say_the_same(rule: MonthlyRule) -> None:
    assert describe(rule.rrule) == rule
    assert to_rrule(rule.rrule) == rule.rrule


@given(
    nth=st.sampled_from(sorted(ORDINALS)),
    weekday=st.sampled_from(sorted(WEEKDAYS)),
)
def test_every_word_is_understood(nth: str, weekday: str) -> None:
    assert describe(f"{nth} {weekday}") == MonthlyRule(ORDINALS[nth], WEEKDAYS[weekday])


def test_twelve_months_are_every_month() -> None:
    assert MonthlyRule(3, 3, tuple(range(12, 0, -1))) == MonthlyRule(3, 3)
    assert MonthlyRule(3, 3, (6, 3, 6)).months == (3, 6)


@pytest.mark.parametrize(
    ("nth", "weekday", "months", "sentence"),
    [
        (0, 3, (), "choose the first to the fifth weekday of the month, or the last"),
        (6, 3, (), "choose the first to the fifth weekday of the month, or the last"),
        (3, 7, (), "choose a day from Monday to Sunday"),
        (3, -1, (), "choose a day from Monday to Sunday"),
        (3, 3, (0,), "choose months from January to December"),
        (3, 3, (1, 13), "choose months from January to December"),
    ],
)
def test_a_form_with_other_numbers_is_refused(
    nth: int, weekday: int, months: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(WrongRule) as error:
        MonthlyRule(nth, weekday, months)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("third Thursday", MonthlyRule(3, 3)),
        ("last Tuesday", MonthlyRule(LAST, 1)),
        ("FREQ=MONTHLY;BYDAY=-1SU", MonthlyRule(LAST, 6)),
        ("FREQ=MONTHLY;BYDAY=+3TH", MonthlyRule(3, 3)),
        ("FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1", MonthlyRule(3, 3, (1,))),
        ("FREQ=MONTHLY;INTERVAL=1;BYMONTH=9,06;BYDAY=3TH;WKST=SU", MonthlyRule(3, 3, (6, 9))),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=3TH", None),
        ("FREQ=MONTHLY;BYDAY=-2SU", None),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", None),
        ("FREQ=MONTHLY;BYDAY=3TH;COUNT=2", None),
        ("FREQ=YEARLY;BYDAY=3TH", None),
        ("FREQ=WEEKLY", None),
        ("nonsense", None),
    ],
)
def test_a_simple_rule_has_fields(rule: str, found: MonthlyRule | None) -> None:
    assert describe(rule) == found


@pytest.mark.parametrize("year", [1970, 2019, 2100, 2101, 2200])
@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=31",
        "FREQ=YEARLY;BYMONTH=1;BYWEEKNO=30",
    ],
)
def test_a_rule_without_any_date_is_known_at_once(rule: str, year: int) -> None:
    begun = time.monotonic()
    with pytest.raises(WrongRule, match="gives no date"):
        dates(rule, year=year)
    assert time.monotonic() - begun < 10  # years would take minutes


NUMBERS = st.integers(-60, 60).filter(bool)
PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(("YEARLY", "MONTHLY", "WEEKLY", "DAILY"))},
    optional={
        "INTERVAL": st.integers(1, 400),
        "COUNT": st.integers(1, 400),
        "BYMONTH": st.integers(1, 12),
        "BYMONTHDAY": NUMBERS,
        "BYYEARDAY": NUMBERS,
        "BYWEEKNO": NUMBERS,
        "BYSETPOS": NUMBERS,
        "BYDAY": st.sampled_from(("MO", "SU", "TU,TH", "3TH", "-1FR", "53SA")),
        "WKST": st.sampled_from(("MO", "SU")),
    },
)


@settings(max_examples=200)
@given(parts=PARTS, year=st.integers(1970, 2200))
def test_any_rule_answers_soon_with_days_of_its_year(parts: dict[str, object], year: int) -> None:
    begun = time.monotonic()
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        found = dates(text, year=year)
    except WrongRule:
        found = ()
    assert time.monotonic() - begun < 10
    assert len(found) <= 366
    assert list(found) == sorted(set(found))
    assert {day.year for day in found} <= {year}
    if found:  # then the library answers soon by itself
        first, last = datetime(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001
        pattern = rrulestr(text, dtstart=first)
        assert list(found) == [one.date() for one in pattern.between(first, last, inc=True)]


@pytest.mark.parametrize("year", [1999, 2000, 2100, 2104, 2200])
def test_every_day_is_every_day(year: int) -> None:
    length = 366 if calendar.isleap(year) else 365
    every = dates("FREQ=DAILY", year=year)
    assert list(every) == [date(year, 1, 1) + timedelta(days=off) for off in range(length)]


@given(
    rule=RULES,
    year=st.integers(1971, 2199),
    hour=st.times(),
    zone=st.sampled_from(
        (
            "Europe/Paris",
            "Europe/London",
            "America/New_York",
            "America/Guadeloupe",
            "Indian/Reunion",
            "Pacific/Noumea",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Asia/Kathmandu",
            "UTC",
        )
    ),
)
def test_the_local_hour_is_the_same_all_year(
    rule: MonthlyRule, year: int, hour: hour_of_day, zone: str
) -> None:
    try:
        found = dates(rule.rrule, year=year)
    except WrongRule:
        return
    for day in found:
        try:
            instant = to_utc(day, hour, zone)
        except NonexistentHour:
            continue
        local = to_local(instant, zone)
        assert (local.date(), local.time()) == (day, hour.replace(fold=0))


def test_summer_time_moves_the_instant_and_not_the_hour() -> None:
    instants = [
        to_utc(day, hour_of_day(13), "Europe/Paris") for day in dates("3e jeudi", year=2027)
    ]
    assert [instant.hour for instant in instants] == [12] * 3 + [11] * 7 + [12] * 2


def test_what_is_not_understood_is_shown_examples() -> None:
    with pytest.raises(WrongRule) as error:
        to_rrule("every Thursday")
    assert str(error.value) == (
        '"every Thursday" is not understood: write for example "third Thursday", '
        '"last Tuesday in March and June" or "FREQ=MONTHLY;BYDAY=3TH"'
    )


def test_a_long_rule_is_refused() -> None:
    with pytest.raises(WrongRule) as error:
        to_rrule("FREQ=YEARLY;BYYEARDAY=" + ",".join(["1"] * 100))
    assert str(error.value) == "the rule is too long: at most 200 characters"


@given(st.text(max_size=60))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    for rule in (text, f"FREQ=MONTHLY;{text}"):
        try:
            rules.to_rrule(rule)
        except WrongRule:
            continue
