"""What stands against a date, and which others could take its place. Pure.

A public holiday is a conflict. School holidays, bridges and weekends warn and do not block.
Days are days of the civil calendar; names of holidays are the only words here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from webinars.domain.holidays import SchoolDay, public_holiday, school_calendar_knows, school_day

REACH = 14
"""Days before and after: further away it is another month's webinar."""
SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Warnings:
    """What makes a date less good, without forbidding it."""

    school: SchoolDay | None
    """The school holidays on that day; None where there are none, or none is known."""
    school_known: bool
    """Whether the school calendar of that day has been published."""
    bridge: str | None
    """The public holiday that makes a bridge of the day: many people stay away."""
    weekend: bool


@dataclass(frozen=True, slots=True)
class Substitute:
    """A date that could stand in for another."""

    day: date
    days_off: int
    """From the other date; negative is before it."""
    same_weekday: bool
    same_month: bool
    warnings: Warnings


def conflicts(
    days: Iterable[date], *, department: str | None = None, language: str = "fr"
) -> dict[date, str]:
    """The dates on a public holiday, each with its name: the reason of an exception.

    Raises WrongValue for an unknown department.
    """
    named = {
        day: public_holiday(day, department=department, language=language) for day in sorted(days)
    }
    return {day: name for day, name in named.items() if name}


def warnings(day: date, *, department: str | None = None, language: str = "fr") -> Warnings:
    """What an organiser should know of a date. Raises WrongValue for an unknown department."""
    return Warnings(
        school=school_day(day, language=language),
        school_known=school_calendar_knows(day),
        bridge=_bridge(day, department, language),
        weekend=_weekend(day),
    )


def substitutes(
    day: date,
    *,
    taken: Collection[date],
    department: str | None = None,
    language: str = "fr",
    most: int = 6,
) -> tuple[Substitute, ...]:
    """Dates within two weeks that could stand in for a date, the best first.

    Never the date itself, one that is taken, a public holiday, another year, or a weekend
    (but for the weekday of the date itself). Ranked by, in this order:

    1. no bridge;
    2. the same weekday, which people keep free;
    3. the same month, which keeps one webinar a month;
    4. school holidays in fewer zones; what is not known yet counts as none;
    5. nearness;
    6. later before earlier, which leaves more time to prepare.

    Raises WrongValue for an unknown department.
    """
    possible = [
        _substitute(day, other, department, language)
        for other in (day + timedelta(days=off) for off in range(-REACH, REACH + 1))
        if other != day
        and other.year == day.year
        and other not in taken
        and (not _weekend(other) or other.weekday() == day.weekday())
        and not public_holiday(other, department=department)
    ]
    return tuple(sorted(possible, key=_rank)[:most])


def _substitute(day: date, other: date, department: str | None, language: str) -> Substitute:
    return Substitute(
        day=other,
        days_off=(other - day).days,
        same_weekday=other.weekday() == day.weekday(),
        same_month=other.month == day.month,
        warnings=warnings(other, department=department, language=language),
    )


def _rank(one: Substitute) -> tuple[bool, bool, bool, int, int, bool]:
    school = one.warnings.school
    return (
        one.warnings.bridge is not None,
        not one.same_weekday,
        not one.same_month,
        len(school.zones) if school else 0,
        abs(one.days_off),
        one.days_off < 0,
    )


def _weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def _bridge(day: date, department: str | None, language: str) -> str | None:
    """The public holiday beside a lone working day, which many people take off.

    The Friday after Ascension lies between it and a weekend. The first of two such holidays
    is named. A holiday itself is none, nor is a weekend.
    """

    def name(other: date) -> str | None:
        return public_holiday(other, department=department, language=language)

    if _weekend(day) or name(day):
        return None
    before, after = day - ONE_DAY, day + ONE_DAY
    if all(name(other) or _weekend(other) for other in (before, after)):
        return name(before) or name(after)
    return None
