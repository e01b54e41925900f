"""Instants and local hours, the two nights of summer time among them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars import clock
from webinars.clock import NonexistentHour, UnknownZone, to_local, to_utc

PARIS = "Europe/Paris"
SPRING = date(2019, 3, 31)
AUTUMN = date(2019, 10, 27)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "hour", "zone", "instant"),
    [
        (date(2019, 1, 17), time(13), PARIS, datetime(2019, 1, 17, 12, tzinfo=UTC)),
        (date(2019, 4, 18), time(13), PARIS, datetime(2019, 4, 18, 11, tzinfo=UTC)),
        (SPRING, time(1, 59), PARIS, datetime(2019, 3, 31, 0, 59, tzinfo=UTC)),
        (SPRING, time(3), PARIS, datetime(2019, 3, 31, 1, tzinfo=UTC)),
        (AUTUMN, time(1, 59), PARIS, datetime(2019, 10, 26, 23, 59, tzinfo=UTC)),
        (AUTUMN, time(3), PARIS, datetime(2019, 10, 27, 2, tzinfo=UTC)),
        (date(2019, 1, 1), time(0), "Pacific/Noumea", datetime(2018, 12, 31, 13, tzinfo=UTC)),
        (date(2019, 1, 1), time(0), "UTC", datetime(2019, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_local_hour_is_one_instant(day: date, hour: time, zone: str, instant: datetime) -> None:
    found = to_utc(day, hour, zone)
    assert found == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize("hour", [time(2), time(2, 30), time(2, 59, 59)])
def test_an_hour_that_the_night_skips_is_refused(hour: time) -> None:
    with pytest.raises(NonexistentHour) as error:
        to_utc(SPRING, hour, PARIS)
    assert str(error.value) == f"{hour:%H:%M} does not exist on 2019-03-31 in Europe/Paris"


def test_an_hour_that_happens_twice_means_its_first_passage() -> None:
    assert to_utc(AUTUMN, time(2, 30), PARIS) == datetime(2019, 10, 27, 0, 30, tzinfo=UTC)


def test_a_fold_that_was_asked_for_does_not_choose_the_second_passage() -> None:
    assert to_utc(AUTUMN, time(2, 30, fold=1), PARIS) == to_utc(AUTUMN, time(2, 30), PARIS)


def test_an_instant_is_shown_as_clocks_of_the_zone_show_it() -> None:
    first = datetime(2019, 10, 27, 0, 30, tzinfo=UTC)
    shown = [to_local(first + timedelta(hours=hours), PARIS) for hours in range(3)]
    assert [f"{local:%H:%M %z}" for local in shown] == ["02:30 +0200", "02:30 +0100", "03:30 +0100"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Europe",
        "Europe/",
        "/Europe/Paris",
        "Europe/Paris ",
        "Europe/Paris\n",
        "Europe//Paris",
        "Europe/Pariss",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe/../Europe/Paris",
        ".",
        "..",
        "zone.tab",
        "tzdata.zi",
        "leapseconds",
        "Europe/Paris\x00",
        "Évry",
        "a" * 5000,
        "a/" * 2000 + "b",
    ],
)
def test_an_unknown_zone_is_refused_whatever_its_name(name: str) -> None:
    with pytest.raises(UnknownZone):
        clock.zone(name)
    with pytest.raises(UnknownZone):
        to_utc(SPRING, time(13), name)


@pytest.mark.parametrize("name", [PARIS, "UTC", "Etc/GMT+2", "America/Argentina/Ushuaia"])
def test_a_known_zone_is_given_by_its_name(name: str) -> None:
    assert clock.zone(name) == ZoneInfo(name)


@given(
    day=st.dates(min_value=date(1990, 1, 1), max_value=date(2037, 12, 31)),
    hour=st.times(),
    zone=st.sampled_from(
        [PARIS, "America/Guadeloupe", "Indian/Reunion", "Australia/Lord_Howe", "America/St_Johns"]
    ),
)
def test_a_local_hour_comes_back_or_does_not_exist(day: date, hour: time, zone: str) -> None:
    try:
        instant = to_utc(day, hour, zone)
    except NonexistentHour:
        return
    local = to_local(instant, zone)
    assert (local.date(), local.time()) == (day, hour)


def test_minutes_are_the_unit_of_durations() -> None:
    assert clock.minutes(90) == timedelta(hours=1, minutes=30)
