"""Dates, hours and names as people read them, down to the spaces."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from webinars import i18n
from webinars.i18n import FILTERS, NARROW, NO_BREAK

PARIS = "Europe/Paris"
START = datetime(2019, 4, 18, 11, 0, tzinfo=UTC)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """In one language, without a request."""
    app = Flask("webinars")
    Babel(app, default_locale="fr")
    with app.app_context(), force_locale(language):
        yield


@dataclass(frozen=True)
class Slot:
    starts_at: datetime
    ends_at: datetime
    zone: str = PARIS


def test_the_two_spaces_are_what_they_say() -> None:
    assert (NARROW, NO_BREAK) == ("\u202f", "\u00a0")


@pytest.mark.parametrize(
    ("name", "french", "english"),
    [
        ("long_date", "jeudi 18 avril 2019", "Thursday, April 18, 2019"),
        ("day_in_words", "jeudi 18 avril", "Thursday, April 18"),
        ("short_date", "18 avr. 2019", "Apr 18, 2019"),
        ("day_number", "18", "18"),
        ("month_short", "avr.", "Apr"),
        ("month_name", "avril", "April"),
        ("weekday", "jeudi", "Thursday"),
        ("hour", "13\u00a0h", "1\u00a0pm"),
    ],
)
def test_an_instant_in_both_languages(name: str, french: str, english: str) -> None:
    for language, expected in (("fr", french), ("en", english)):
        with speaking(language):
            assert FILTERS[name](START, PARIS) == expected


@pytest.mark.parametrize(
    ("hour", "minute", "french", "english"),
    [
        (0, 0, "0\u00a0h", "12\u00a0am"),
        (0, 5, "0\u00a0h\u00a005", "12:05\u00a0am"),
        (9, 0, "9\u00a0h", "9\u00a0am"),
        (11, 59, "11\u00a0h\u00a059", "11:59\u00a0am"),
        (12, 0, "12\u00a0h", "12\u00a0pm"),
        (12, 30, "12\u00a0h\u00a030", "12:30\u00a0pm"),
        (14, 30, "14\u00a0h\u00a030", "2:30\u00a0pm"),
        (23, 0, "23\u00a0h", "11\u00a0pm"),
    ],
)
def test_every_kind_of_hour(hour: int, minute: int, french: str, english: str) -> None:
    instant = datetime(2019, 4, 18, hour, minute, tzinfo=UTC)
    for language, expected in (("fr", french), ("en", english)):
        with speaking(language):
            assert i18n.hour(instant, "UTC") == expected


def test_the_day_is_that_of_the_zone() -> None:
    instant = datetime(2019, 4, 18, 22, 30, tzinfo=UTC)
    with speaking("fr"):
        assert i18n.long_date(instant, PARIS) == "vendredi 19 avril 2019"
        assert i18n.long_date(instant, "America/Guadeloupe") == "jeudi 18 avril 2019"
        assert i18n.day_number(instant, PARIS) == "19"


def test_the_first_of_a_month_in_french() -> None:
    with speaking("fr"):
        assert i18n.calendar_date(date(2019, 8, 15)) == "15 août 2019"
        assert i18n.calendar_date(date(2019, 8, 1)) == "1er août 2019"
        assert i18n.calendar_date(date(2019, 8, 11)) == "11 août 2019"
        assert i18n.calendar_date_with_weekday(date(2019, 8, 1)) == "jeudi 1er août 2019"
        assert i18n.calendar_date_with_weekday(date(2019, 8, 29)) == "jeudi 29 août 2019"
        assert i18n.short_date(datetime(2019, 8, 1, 12, tzinfo=UTC), PARIS) == "1er août 2019"
    with speaking("en"):
        assert i18n.calendar_date(date(2019, 8, 1)) == "August 1, 2019"


def test_a_range_of_hours_is_in_the_zone_of_the_thing() -> None:
    slot = Slot(START, START + timedelta(minutes=90))
    with speaking("fr"):
        assert i18n.time_range(slot) == "13\u00a0h – 14\u00a0h\u00a030"
    with speaking("en"):
        assert i18n.time_range(slot) == "1\u00a0pm – 2:30\u00a0pm"


@pytest.mark.parametrize(
    ("zone", "city"),
    [(PARIS, "Paris"), ("Europe/London", "London"), ("America/Guadeloupe", "Guadeloupe")],
)
def test_a_zone_is_named_by_its_city(zone: str, city: str) -> None:
    with speaking("en"):
        assert i18n.zone_name(zone) == f"{city} time"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "00:00"),
        (59, "00:59"),
        (60, "01:00"),
        (754, "12:34"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (3723, "1:02:03"),
        (36000, "10:00:00"),
    ],
)
def test_timecodes(seconds: int, shown: str) -> None:
    assert i18n.timecode(seconds) == shown


def test_machines_get_utc() -> None:
    assert i18n.iso(START.astimezone(timezone(timedelta(hours=2)))) == "2019-04-18T11:00:00Z"


def test_without_an_application_texts_are_in_french() -> None:
    assert i18n.language() == "fr"
    assert i18n.hour(START, PARIS) == "13\u00a0h"


@pytest.mark.parametrize("name", [name for name in FILTERS if name.endswith("_name")])
def test_a_value_without_a_name_is_shown_as_it_is_and_nothing_as_nothing(name: str) -> None:
    if name in {"month_name", "zone_name"}:
        return
    with speaking("en"):
        assert (FILTERS[name]("something else"), FILTERS[name](None)) == ("something else", "")
