"""Of which period counts are asked for, and how its days are put together for a picture."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.clock import to_local
from webinars.domain.counts import DayCounts, Period
from webinars.domain.plan import DEFAULT_ZONE
from webinars.services import services
from webinars.web import typed

A_DAY = timedelta(days=1)
MOST_DAYS, MOST_WEEKS = 92, 740
"""Days of a period up to which each day has its bar, or each week; above, each month has one."""
EVER = "all"
PERIODS: dict[str, LazyString] = {
    "30": lazy_gettext("30 days"),
    "90": lazy_gettext("90 days"),
    "365": lazy_gettext("A year"),
    EVER: lazy_gettext("Since the beginning"),
}
USUAL = "30"


class Unit(enum.StrEnum):
    """What one bar stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    period: Period
    choice: str | None
    """One of ``PERIODS``; None is days of one's own."""
    typed: Mapping[str, str]
    errors: Mapping[str, str]

    @property
    def in_address(self) -> dict[str, Any]:
        """The same as arguments of an address."""
        if self.choice is None:
            return dict(self.typed)
        return {} if self.choice == USUAL else {"period": self.choice}


@dataclass(frozen=True, slots=True)
class Group:
    """Days that are shown as one."""

    first: date
    last: date
    counts: DayCounts


def asked() -> Asked:
    """The period of this request; a wrong day is said at its field, and the usual one is shown."""
    today = to_local(services().moment().now, DEFAULT_ZONE).date()
    said = {name: request.args.get(name, "").strip() for name in ("from", "to")}
    if not any(said.values()):
        choice = request.args.get("period", USUAL)
        return _usual(choice if choice in PERIODS else USUAL, today)
    values, errors = typed.read_all(said, {name: typed.day for name, text in said.items() if text})
    first, last = values.get("from"), values.get("to", today)
    if first and not errors and first > last:
        errors["to"] = gettext("This day is before the first one.")
    if errors:
        usual = _usual(USUAL, today)
        return Asked(usual.period, None, said, errors)
    return Asked(Period(first, min(last, today)), None, said, {})


def _usual(choice: str, today: date) -> Asked:
    first = None if choice == EVER else today - (int(choice) - 1) * A_DAY
    return Asked(Period(first, today), choice, {"from": "", "to": ""}, {})


def every_day(
    days: Mapping[date, DayCounts], period: Period, since: date | None, *, least: int = 1
) -> list[tuple[date, DayCounts]]:
    """Each day of the period, from the first on which anything could be counted.

    At least so many, where the period has them: one bar alone says nothing.
    """
    counted = min(since or period.last, period.last - (least - 1) * A_DAY)
    first = max(period.first or counted, counted)
    number = (period.last - first).days + 1
    nothing = DayCounts()
    return [(day, days.get(day, nothing)) for day in (first + n * A_DAY for n in range(number))]


def grouped(days: Sequence[tuple[date, DayCounts]]) -> tuple[Unit, list[Group]]:
    """Days, weeks from Monday, or months: as many as a picture can hold."""
    number = len(days)
    unit = Unit.DAY if number <= MOST_DAYS else Unit.WEEK if number <= MOST_WEEKS else Unit.MONTH
    groups: list[Group] = []
    for day, counts in days:
        if groups and _begins(day, unit) == _begins(groups[-1].first, unit):
            before = groups[-1]
            groups[-1] = Group(before.first, day, _added(before.counts, counts))
        else:
            groups.append(Group(day, day, counts))
    return unit, groups


def _begins(day: date, unit: Unit) -> date:
    if unit is Unit.DAY:
        return day
    return day - day.weekday() * A_DAY if unit is Unit.WEEK else day.replace(day=1)


def _added(one: DayCounts, other: DayCounts) -> DayCounts:
    return DayCounts(
        one.views + other.views, one.minutes + other.minutes, one.openings + other.openings
    )
