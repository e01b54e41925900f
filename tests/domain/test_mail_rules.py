"""Rules for mails: their words, their times, quiet hours, and the nights of summer time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webinars.clock import to_local, to_utc
from webinars.domain import mail_rules
from webinars.domain.errors import WrongValue
from webinars.domain.mail_rules import (
    DEFAULT,
    LEAST_NOTICE,
    LONGEST_BEFORE,
    MINUTES_OF,
    Due,
    Pace,
    Quiet,
    Rule,
    RuleKind,
    Times,
    Unit,
    due_at,
    due_now,
    in_force,
    in_order,
    leaves_at,
    of_no_use_from,
    read,
    timetable,
)

PARIS = "Europe/Paris"
SPRING, AUTUMN = date(2019, 3, 31), date(2019, 10, 27)
"""Clocks go from 2 h to 3 h; from 3 h to 2 h."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG = timedelta(minutes=90)
NIGHT = Quiet(time(21), time(8))


def times(day: date, hour: time, zone: str = PARIS, online_at: datetime | None = None) -> Times:
    start = to_utc(day, hour, zone)
    return Times(start, start + LONG, zone, online_at)


def local(instant: datetime | None, zone: str = PARIS) -> str:
    assert instant is not None
    return f"{to_local(instant, zone):%a %d.%m %H:%M %z}"


# words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "rule"),
    [
        ("7d", Rule(RuleKind.REMINDER, 7, Unit.DAYS)),
        ("24h", Rule(RuleKind.REMINDER, 24, Unit.HOURS)),
        ("1m", Rule(RuleKind.REMINDER, 1, Unit.MINUTES)),
        ("90d", Rule(RuleKind.REMINDER, 90, Unit.DAYS)),
        ("replay", Rule(RuleKind.REPLAY)),
        ("survey+1d", Rule(RuleKind.SURVEY, 1, Unit.DAYS)),
        ("survey+0m", Rule(RuleKind.SURVEY)),
    ],
)
def test_a_word_is_a_rule_and_back(word: str, rule: Rule) -> None:
    assert (read(word), rule.word) == (rule, word)


@pytest.mark.parametrize(
    "word",
    [
        *("", "d", "7", "7 d", "-1d", "+1d", "1w", "1.5h", "7D", "٣d", "1d ", "1234567m"),
        *("survey", "survey1d", "survey-1d", "replay+1d", "Replay"),
        *("0d", "0m", "91d", "2161h", "survey+31d"),
    ],
)
def test_what_is_no_rule_is_refused(word: str) -> None:
    with pytest.raises(WrongValue):
        read(word)


def test_a_set_has_one_order_and_each_rule_once() -> None:
    assert in_order(["survey+1d", "replay", "1h", "7d", "1h", "01d", "90m"]) == (
        *("7d", "1d", "90m", "1h", "replay", "survey+1d"),
    )
    assert in_order([]) == ()
    assert in_order(DEFAULT) == DEFAULT


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["survey+1d", "survey+2d"], "one survey is enough: leave the others out"),
        ([f"{n}d" for n in range(1, 10)], "at most 8 reminders of one webinar"),
        (["1d", "soon"], '"soon" is no rule for a mail'),
    ],
)
def test_a_set_that_cannot_be_says_why(words: list[str], sentence: str) -> None:
    with pytest.raises(WrongValue) as error:
        in_order(words)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("own", "of_cycle", "expected"),
    [
        (None, None, DEFAULT),
        (None, ["1d"], ("1d",)),
        (None, [], ()),
        (["2h"], ["1d"], ("2h",)),
        ([], ["1d"], ()),
        (["survey+0m"], None, ("survey+0m",)),
    ],
)
def test_a_webinar_has_its_own_rules_else_its_cycles_else_the_usual(
    own: list[str] | None, of_cycle: list[str] | None, expected: tuple[str, ...]
) -> None:
    assert in_force(own, of_cycle) == expected


def test_a_new_rule_is_in_force_from_now_on_and_a_known_one_since_it_was() -> None:
    before = {"7d": "2019-01-01T00:00:00+00:00", "1d": "2019-01-02T00:00:00+00:00"}
    now = datetime(2019, 3, 4, 9, tzinfo=UTC)
    assert mail_rules.armed(before, ("1d", "1h"), now=now) == {
        "1d": "2019-01-02T00:00:00+00:00",
        "1h": "2019-03-04T09:00:00+00:00",
    }


# times --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hour", "word", "expected"),
    [
        # A day is a day of the calendar: the same hour, though 23 or 25 hours pass.
        (SPRING, time(13), "1d", "Sat 30.03 13:00 +0100"),
        (SPRING, time(13), "24h", "Sat 30.03 12:00 +0100"),
        (SPRING, time(13), "1440m", "Sat 30.03 12:00 +0100"),
        (SPRING, time(13), "7d", "Sun 24.03 13:00 +0100"),
        (SPRING, time(13), "12h", "Sun 31.03 00:00 +0100"),
        (SPRING, time(3), "1h", "Sun 31.03 01:00 +0100"),
        (SPRING, time(3, 30), "1h", "Sun 31.03 01:30 +0100"),
        (SPRING, time(1, 30), "1d", "Sat 30.03 01:30 +0100"),
        (AUTUMN, time(13), "1d", "Sat 26.10 13:00 +0200"),
        (AUTUMN, time(13), "24h", "Sat 26.10 14:00 +0200"),
        (AUTUMN, time(13), "7d", "Sun 20.10 13:00 +0200"),
        (AUTUMN, time(13), "12h", "Sun 27.10 02:00 +0200"),
        (AUTUMN, time(13), "11h", "Sun 27.10 02:00 +0100"),
        (AUTUMN, time(3), "1h", "Sun 27.10 02:00 +0100"),
        (AUTUMN, time(3), "2h", "Sun 27.10 02:00 +0200"),
        (AUTUMN, time(2, 30), "1h", "Sun 27.10 01:30 +0200"),
        # An hour that the night skips is the one that clocks show in its place.
        (date(2019, 4, 1), time(2, 30), "1d", "Sun 31.03 03:30 +0200"),
        (date(2019, 4, 7), time(2, 30), "7d", "Sun 31.03 03:30 +0200"),
        # One that happens twice means its first passage.
        (date(2019, 10, 28), time(2, 30), "1d", "Sun 27.10 02:30 +0200"),
        (SPRING, time(13), "survey+1d", "Mon 01.04 14:30 +0200"),
        (date(2019, 3, 30), time(1), "survey+1d", "Sun 31.03 03:30 +0200"),
        (date(2019, 3, 30), time(13), "survey+1d", "Sun 31.03 14:30 +0200"),
        (date(2019, 3, 30), time(13), "survey+24h", "Sun 31.03 15:30 +0200"),
        (date(2019, 10, 26), time(13), "survey+1d", "Sun 27.10 14:30 +0100"),
        (date(2019, 10, 26), time(13), "survey+24h", "Sun 27.10 13:30 +0100"),
        (AUTUMN, time(1), "survey+0m", "Sun 27.10 02:30 +0200"),
    ],
)
def test_both_nights_of_summer_time(day: date, hour: time, word: str, expected: str) -> None:
    assert local(due_at(read(word), times(day, hour))) == expected


def test_the_replay_is_due_when_it_is_online_and_the_webinar_over() -> None:
    one = times(SPRING, time(13))
    rule = mail_rules.REPLAY
    assert due_at(rule, one) is None
    assert leaves_at(rule, one, Pace(quiet=NIGHT)) is None
    assert of_no_use_from(rule, one) is None
    for online_at, due in (
        (one.starts_at - DAY, one.ends_at),
        (one.ends_at + 3 * DAY, one.ends_at + 3 * DAY),
    ):
        assert due_at(rule, times(SPRING, time(13), online_at=online_at)) == due


ZONES = st.sampled_from([PARIS, "America/Guadeloupe", "Pacific/Noumea", "America/St_Johns", "UTC"])
AROUND = st.sampled_from([SPRING, AUTUMN, date(2019, 11, 3), date(2019, 6, 20)]).flatmap(
    lambda day: st.integers(-2, 9).map(lambda days: day + timedelta(days=days))
)
"""Days about the nights of summer time in Europe and America, and a day without any."""
HOURS = st.times().map(lambda hour: hour.replace(second=0, microsecond=0))
COUNTS = st.one_of(
    st.tuples(st.integers(1, 60), st.just(Unit.DAYS)),
    st.tuples(st.integers(1, 72), st.just(Unit.HOURS)),
    st.tuples(st.integers(1, 3000), st.just(Unit.MINUTES)),
)


def lenient(day: date, hour: time, zone: str) -> Times:
    start = datetime.combine(day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Times(start, start + LONG, zone)


@given(day=AROUND, hour=HOURS, zone=ZONES, count=COUNTS)
@example(day=SPRING, hour=time(13), zone=PARIS, count=(1, Unit.DAYS))
def test_a_reminder_is_before_its_start_by_what_its_rule_says(
    day: date, hour: time, zone: str, count: tuple[int, Unit]
) -> None:
    one, rule = lenient(day, hour, zone), Rule(RuleKind.REMINDER, *count)
    due = due_at(rule, one)
    assert due is not None
    assert due < one.starts_at
    assert read(rule.word) == rule
    if rule.unit is not Unit.DAYS:
        assert one.starts_at - due == timedelta(minutes=rule.count * MINUTES_OF[rule.unit])
        return
    shown, start = to_local(due, zone), to_local(one.starts_at, zone)
    assert (start.date() - shown.date()).days == rule.count
    # Another hour only where the night skips the one that is meant, and by no more than it.
    meant = start.replace(tzinfo=None, fold=0) - timedelta(days=rule.count)
    off = shown.replace(tzinfo=None, fold=0) - meant
    exists = (
        meant.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
    ).replace(tzinfo=None) == meant
    assert off == timedelta() if exists else timedelta() < off <= HOUR


@given(
    day=AROUND,
    hour=HOURS,
    zone=ZONES,
    unit=st.sampled_from(Unit),
    counts=st.sets(st.integers(1, 60), min_size=2, max_size=2),
)
def test_of_one_unit_more_before_is_earlier(
    day: date, hour: time, zone: str, unit: Unit, counts: set[int]
) -> None:
    one = lenient(day, hour, zone)
    late, early = (due_at(Rule(RuleKind.REMINDER, count, unit), one) for count in sorted(counts))
    assert early is not None
    assert late is not None
    assert early < late


# quiet hours ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet", "day", "hour", "word", "expected"),
    [
        # The hours of the evening and of the morning wait for the end.
        (NIGHT, date(2019, 3, 20), time(22), "1d", "Wed 20.03 08:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(7), "1d", "Wed 20.03 08:00 +0100"),
        # The end is exclusive, the beginning is not.
        (NIGHT, date(2019, 3, 21), time(8), "1d", "Wed 20.03 08:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(21), "1d", "Thu 21.03 08:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(13), "1d", "Wed 20.03 13:00 +0100"),
        # At eight o'clock it would be of no use: it leaves as the quiet hours begin.
        (NIGHT, date(2019, 3, 21), time(8), "1h", "Wed 20.03 21:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(8, 14), "1h", "Wed 20.03 21:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(8, 15), "1h", "Thu 21.03 08:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(2), "1h", "Wed 20.03 21:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(22, 30), "1h", "Thu 21.03 21:00 +0100"),
        # Hours within one day.
        (Quiet(time(12), time(14)), date(2019, 3, 21), time(13), "1d", "Wed 20.03 14:00 +0100"),
        (Quiet(time(12), time(14)), date(2019, 3, 21), time(14), "1h", "Thu 21.03 12:00 +0100"),
        # The nights of summer time.
        (NIGHT, SPRING, time(8), "1h", "Sat 30.03 21:00 +0100"),
        (NIGHT, SPRING, time(9, 30), "2h", "Sun 31.03 08:00 +0200"),
        (NIGHT, AUTUMN, time(8), "1h", "Sat 26.10 21:00 +0200"),
        (NIGHT, AUTUMN, time(9, 30), "7h", "Sun 27.10 08:00 +0100"),
        (Quiet(time(21), time(2, 30)), SPRING, time(9), "8h", "Sun 31.03 03:30 +0200"),
        (Quiet(time(21), time(2, 30)), AUTUMN, time(9), "9h", "Sun 27.10 02:30 +0200"),
        # They ended with the first passage of the hour.
        (Quiet(time(21), time(2, 30)), AUTUMN, time(9), "7h", "Sun 27.10 02:00 +0100"),
        # What follows the webinar waits, and is always of use.
        (NIGHT, date(2019, 3, 21), time(21), "survey+0m", "Fri 22.03 08:00 +0100"),
        (NIGHT, date(2019, 3, 21), time(13), "survey+1d", "Fri 22.03 14:30 +0100"),
    ],
)
def test_quiet_hours(quiet: Quiet, day: date, hour: time, word: str, expected: str) -> None:
    assert local(leaves_at(read(word), times(day, hour), Pace(quiet=quiet))) == expected


def test_a_replay_of_the_night_is_told_in_the_morning() -> None:
    one = times(date(2019, 3, 21), time(13), online_at=datetime(2019, 3, 22, 23, tzinfo=UTC))
    assert local(leaves_at(mail_rules.REPLAY, one, Pace(quiet=NIGHT))) == "Sat 23.03 08:00 +0100"


@given(
    day=AROUND,
    hour=HOURS,
    zone=ZONES,
    count=COUNTS,
    begins=HOURS,
    ends=HOURS,
)
def test_quiet_hours_hold_nothing_back_until_it_is_of_no_use(
    day: date, hour: time, zone: str, count: tuple[int, Unit], begins: time, ends: time
) -> None:
    if begins == ends:
        return
    one, rule, quiet = (
        lenient(day, hour, zone),
        Rule(RuleKind.REMINDER, *count),
        Quiet(begins, ends),
    )
    due, leaves = due_at(rule, one), leaves_at(rule, one, Pace(quiet=quiet))
    assert due is not None
    assert leaves is not None
    assert leaves < one.starts_at
    hours = quiet.around(due, zone)
    if hours is None:
        assert leaves == due
    elif hours[1] <= one.starts_at - LEAST_NOTICE:
        assert leaves == hours[1] > due
    else:
        assert leaves == hours[0] <= due


# what is due ----------------------------------------------------------------------------

BEGUN = datetime(2019, 1, 1, tzinfo=UTC)
MARCH = times(date(2019, 3, 21), time(13), online_at=datetime(2019, 3, 25, 9, tzinfo=UTC))
START = MARCH.starts_at


def since(*words: str, begun: datetime = BEGUN) -> dict[str, str]:
    return dict.fromkeys(words or DEFAULT, begun.isoformat())


def words_due(now: datetime, armed: dict[str, str] | None = None) -> list[str]:
    return [due.rule.word for due in due_now(MARCH, armed or since(), pace=Pace(), now=now)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - 8 * DAY, []),
        (START - 7 * DAY, ["7d"]),
        (START - DAY - timedelta(seconds=1), ["7d"]),
        (START - DAY, ["1d"]),
        (START - HOUR, ["1h"]),
        (START - timedelta(seconds=1), ["1h"]),
        (START, []),
        (MARCH.ends_at + DAY - timedelta(seconds=1), []),
        (MARCH.ends_at + DAY, ["survey+1d"]),
        (datetime(2019, 3, 25, 9, tzinfo=UTC), ["survey+1d", "replay"]),
        (MARCH.ends_at + 15 * DAY, ["replay"]),
        (datetime(2019, 4, 24, 9, tzinfo=UTC), []),
    ],
)
def test_of_reminders_the_last_one_counts_and_nothing_that_is_of_no_use(
    now: datetime, expected: list[str]
) -> None:
    assert words_due(now) == expected


def test_a_rule_that_came_after_its_time_has_none() -> None:
    assert words_due(START - HOUR, since("1d", begun=START - DAY)) == ["1d"]
    late = since("1d", begun=START - DAY + timedelta(seconds=1))
    assert words_due(START - HOUR, late) == []
    assert words_due(START - HOUR, {**since("7d"), **late}) == ["7d"]


def test_the_timetable_is_in_the_order_of_the_times() -> None:
    found = timetable(MARCH, since("1h", "survey+0m", "replay", "24h", "1d"), pace=Pace())
    assert found == (
        Due(read("1d"), START - DAY, BEGUN, START),
        Due(read("24h"), START - DAY, BEGUN, START),
        Due(read("1h"), START - HOUR, BEGUN, START),
        Due(read("survey+0m"), MARCH.ends_at, BEGUN, MARCH.ends_at + 14 * DAY),
        Due(
            mail_rules.REPLAY,
            datetime(2019, 3, 25, 9, tzinfo=UTC),
            BEGUN,
            datetime(2019, 4, 24, 9, tzinfo=UTC),
        ),
    )


def test_no_reminder_is_longer_before_than_is_looked_for() -> None:
    assert read("90d").offset == LONGEST_BEFORE
