"""Rules of a cycle: words and RFC 5545, to dates."""

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain import rules
from webinars.domain.errors import WrongRule
from webinars.domain.rules import ORDINALS, WEEKDAYS, dates, describe, to_rrule

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
        ("troisième jeudi", "is not understood"),
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
        ("FREQ=MONTHLY;BYDAY=3TH;UNTIL=20190301T000000Z", "is not a rule of RFC 5545"),
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
    ],
)
def test_a_rule_that_gives_no_date_in_the_year_says_so(rule: str) -> None:
    with pytest.raises(WrongRule) as error:
        dates(rule, year=2019)
    assert str(error.value) == f'"{rule}" gives no date in 2019'


def test_a_leap_day_is_found_in_its_year() -> None:
    assert dates("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", year=2020) == (date(2020, 2, 29),)


@given(
    nth=st.sampled_from(sorted(ORDINALS)),
    weekday=st.integers(0, 6),
    year=st.integers(1970, 2200),
)
def test_an_nth_or_last_weekday_is_one_day_of_each_month_that_has_it(
    nth: str, weekday: int, year: int
) -> None:
    number = ORDINALS[nth]
    expected = []
    for month in range(1, 13):
        last = calendar.monthrange(year, month)[1]
        every = [
            day
            for number_ in range(1, last + 1)
            if (day := date(year, month, number_)).weekday() == weekday
        ]
        if number == -1 or number <= len(every):
            expected.append(every[number] if number == -1 else every[number - 1])
    words = f"{nth} {WEEKDAYS[weekday]}"
    assert list(dates(words, year=year)) == expected
    assert dates(to_rrule(words), year=year) == tuple(expected)
    assert describe(words) == (number, weekday)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("third Thursday", (3, 3)),
        ("last Tuesday", (-1, 1)),
        ("FREQ=MONTHLY;BYDAY=-1SU", (-1, 6)),
        ("FREQ=MONTHLY;BYDAY=-2SU", None),
        ("FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1", None),
        ("FREQ=WEEKLY", None),
        ("nonsense", None),
    ],
)
def test_a_simple_rule_can_be_put_into_words(rule: str, found: tuple[int, int] | None) -> None:
    assert describe(rule) == found


@given(st.text(max_size=60))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    for rule in (text, f"FREQ=MONTHLY;{text}"):
        try:
            rules.to_rrule(rule)
        except WrongRule:
            continue
