"""Public and school holidays of France, from the libraries that keep them. Pure.

Public holidays: Code du travail L3133-1 for the whole country, L3134-13 for Alsace and
Moselle (Good Friday in communes with a Protestant church; shown for all of them), L3422-2
for the overseas departments, with the days that are customary there. The library knows
1803 to 2100 and computes the days that depend on Easter.

School holidays: the calendars that the ministry of education sets by arrêté, a few years
ahead, for the zones A, B and C of metropolitan France. Corsica and the overseas
departments have calendars of their own, which are not here.

Days are days of the civil calendar, without a zone. Names are French or English
(``i18n.LANGUAGES``); their apostrophe is ’.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from types import MappingProxyType

from holidays import country_holidays
from vacances_scolaires_france import SchoolHolidayDates

from webinars.domain.errors import N_, WrongValue

DEPARTMENTS: Mapping[str, str] = MappingProxyType(
    {
        "57": "Moselle",
        "6AE": "Alsace (Bas-Rhin, Haut-Rhin)",
        "971": "Guadeloupe",
        "972": "Martinique",
        "973": "Guyane",
        "974": "La Réunion",
        "976": "Mayotte",
        "BL": "Saint-Barthélemy",
        "MF": "Saint-Martin",
        "NC": "Nouvelle-Calédonie",
        "PF": "Polynésie française",
        "WF": "Wallis-et-Futuna",
    }
)
"""Departments and collectivities with public holidays beside the nation's: code -> name."""

LIBRARY_LANGUAGES = {"fr": "fr", "en": "en_US"}
SCHOOL_NAMES = {
    "Vacances de la Toussaint": "Autumn holidays",
    "Vacances de Noël": "Christmas holidays",
    "Vacances d’hiver": "Winter holidays",
    "Vacances de printemps": "Spring holidays",
    "Pont de l’Ascension": "Ascension weekend",
    "Vacances d’été": "Summer holidays",
}
"""French -> English; the library knows the French ones."""

ZONES = ("A", "B", "C")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SchoolHoliday:
    """A stretch of days without school, with the zones that have exactly these days."""

    name: str
    first: date
    last: date
    """Both without school."""
    zones: tuple[str, ...]
    """Among A, B and C, in this order."""


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A day without school, and where."""

    name: str
    zones: tuple[str, ...]


def check_department(code: str) -> str:
    """The code, if it is one of ``DEPARTMENTS``. Raises WrongValue."""
    if code not in DEPARTMENTS:
        raise WrongValue(
            N_(
                '"%(value)s" has no public holidays of its own: leave the department out, '
                "or give one of %(codes)s"
            ),
            value=code[:20],
            codes=", ".join(DEPARTMENTS),
        )
    return code


def public_holidays(
    year: int, *, department: str | None = None, language: str = "fr"
) -> Mapping[date, str]:
    """The public holidays of a year, in order, by name; with those of a department.

    Those that share a day are named together: "Ascension, Fête du Travail" (1 May 2008).
    Raises WrongValue for an unknown department.
    """
    if department is not None:
        check_department(department)
    return _public_holidays(year, department, language)


def public_holiday(day: date, *, department: str | None = None, language: str = "fr") -> str | None:
    """The name of the public holiday, or None. Raises WrongValue as above."""
    return public_holidays(day.year, department=department, language=language).get(day)


@lru_cache(maxsize=256)
def _public_holidays(year: int, department: str | None, language: str) -> Mapping[date, str]:
    found = country_holidays(
        "FR", subdiv=department, years=year, language=LIBRARY_LANGUAGES[language]
    )
    return MappingProxyType(
        {day: name.replace("; ", ", ").replace("'", "’") for day, name in sorted(found.items())}
    )


def school_calendar_knows(day: date) -> bool:
    """Whether the ministry's calendar, as far as it is here, covers the day."""
    first, last = _school_calendar_limits()
    return first <= day <= last


def school_calendar_known_until() -> date:
    """The last day that is known: the end of the last summer holidays published so far."""
    return _school_calendar_limits()[1]


def school_holidays(year: int, *, language: str = "fr") -> tuple[SchoolHoliday, ...]:
    """The school holidays that touch a year, whole, in order.

    Those of Christmas belong to both of their years. What lies after
    ``school_calendar_known_until`` is not known, and not here.
    """
    return tuple(
        SchoolHoliday(_in(language, one.name), one.first, one.last, one.zones)
        for one in _school_holidays()
        if one.first.year <= year <= one.last.year
    )


def school_day(day: date, *, language: str = "fr") -> SchoolDay | None:
    """Which zones have no school on a day, and why.

    None is school everywhere, or not known yet: ``school_calendar_knows`` tells which.
    """
    found = _school_days().get(day)
    return found and SchoolDay(_in(language, found.name), found.zones)


def _in(language: str, name: str) -> str:
    return name if language == "fr" else SCHOOL_NAMES.get(name, name)


@cache
def _school_days() -> Mapping[date, SchoolDay]:
    """Every day without school somewhere, under its French name."""
    library = SchoolHolidayDates()
    return {
        day: SchoolDay(
            row["nom_vacances"].replace("'", "’"),
            tuple(zone for zone in ZONES if library.is_holiday_for_zone(day, zone)),
        )
        for year in range(library.min_year, library.max_year + 1)
        for day, row in library.holidays_for_year(year).items()
    }


@cache
def _school_calendar_limits() -> tuple[date, date]:
    """First and last day without school that the library has: beyond them it knows nothing."""
    days = _school_days()
    return min(days), max(days)


@cache
def _school_holidays() -> tuple[SchoolHoliday, ...]:
    """The days as stretches, zones with the same one together."""
    zones: dict[tuple[date, date, str], list[str]] = defaultdict(list)
    for zone in ZONES:
        for stretch in _stretches(zone):
            zones[stretch].append(zone)
    return tuple(
        SchoolHoliday(name, first, last, tuple(zones[first, last, name]))
        for first, last, name in sorted(zones)
    )


def _stretches(zone: str) -> list[tuple[date, date, str]]:
    """First day, last day and name of each of a zone's holidays."""
    found: list[tuple[date, date, str]] = []
    for day, school in sorted(_school_days().items()):
        if zone not in school.zones:
            continue
        if found and found[-1][1:] == (day - ONE_DAY, school.name):
            found[-1] = (found[-1][0], day, school.name)
        else:
            found.append((day, day, school.name))
    return found
