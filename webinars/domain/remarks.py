"""What an organiser should know of a plan before it is published. Pure.

A conflict remains until somebody mends it; a warning may be meant so. Neither blocks.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from webinars.domain import rules, substitutes
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.substitutes import Substitute
from webinars.models import WebinarStatus


class RemarkKind(enum.StrEnum):
    """What there is to know."""

    PUBLIC_HOLIDAY = "public_holiday"
    LEFT_OUT = "left_out"
    """A date of the rule has no webinar and is nobody's exception."""
    SCHOOL_HOLIDAYS = "school_holidays"
    BRIDGE = "bridge"
    WEEKEND = "weekend"
    IN_THE_PAST = "in_the_past"
    """It would be published on a day that is over."""
    THEME_TWICE = "theme_twice"


CONFLICTS = (RemarkKind.PUBLIC_HOLIDAY,)


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know of a date."""

    kind: RemarkKind
    day: date
    slug: str | None = None
    """The webinar; None where there is none."""
    name: str = ""
    """Of the holiday, in the language that was asked for; or the theme's slug."""
    zones: tuple[str, ...] = ()
    """School zones, A to C."""
    substitutes: tuple[Substitute, ...] = ()
    """Other dates, the best first."""

    @property
    def conflict(self) -> bool:
        """Whether it should be mended, not only known."""
        return self.kind in CONFLICTS


def remarks(
    plan: Plan, *, today: date, public: Iterable[str] = (), language: str = "fr"
) -> tuple[Remark, ...]:
    """Everything to know of the sessions that take place, by date.

    ``today`` is the day in the cycle's zone; ``public`` the slugs that are published: of
    theirs, the past is no news. Raises WrongValue for an unknown department.
    """
    taking_place = [one for one in plan.sessions if one.status is WebinarStatus.SCHEDULED]
    taken = frozenset(one.date for one in taking_place) | frozenset(_ruled(plan))
    known = frozenset(public)
    found: list[Remark] = []
    for session in taking_place:
        if session.date < today and session.slug in known:
            continue
        found += _of_date(plan, session, taken, language)
        if session.date < today:
            found.append(Remark(RemarkKind.IN_THE_PAST, session.date, session.slug))
    themes = Counter(one.theme for one in taking_place if one.theme)
    found += [
        Remark(RemarkKind.THEME_TWICE, one.date, one.slug, one.theme)
        for one in taking_place
        if one.theme and themes[one.theme] > 1
    ]
    found += [
        Remark(RemarkKind.LEFT_OUT, day) for day in _left_out(plan, taking_place) if day >= today
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.slug or "", one.kind.value)))


def by_webinar(found: Iterable[Remark]) -> Mapping[str, tuple[Remark, ...]]:
    """The remarks of each webinar, by its slug."""
    gathered: dict[str, tuple[Remark, ...]] = {}
    for one in found:
        if one.slug is not None:
            gathered[one.slug] = (*gathered.get(one.slug, ()), one)
    return gathered


def _ruled(plan: Plan) -> tuple[date, ...]:
    return rules.dates(plan.rule, year=plan.year)


def _of_date(
    plan: Plan, session: PlannedSession, taken: frozenset[date], language: str
) -> list[Remark]:
    """Holidays, bridges and weekends on the date of a session."""
    day, slug = session.date, session.slug
    found: list[Remark] = []
    holiday = substitutes.conflicts((day,), department=plan.department, language=language).get(day)
    if holiday:
        others = substitutes.substitutes(
            day, taken=taken, department=plan.department, language=language
        )
        found.append(Remark(RemarkKind.PUBLIC_HOLIDAY, day, slug, holiday, substitutes=others))
    known = substitutes.warnings(day, department=plan.department, language=language)
    if known.school:
        kind = RemarkKind.SCHOOL_HOLIDAYS
        found.append(Remark(kind, day, slug, known.school.name, known.school.zones))
    if known.bridge:
        found.append(Remark(RemarkKind.BRIDGE, day, slug, known.bridge))
    if known.weekend:
        found.append(Remark(RemarkKind.WEEKEND, day, slug))
    return found


def _left_out(plan: Plan, taking_place: list[PlannedSession]) -> list[date]:
    served = {one.date for one in taking_place} | {one.exception_of for one in plan.sessions}
    cancelled = {one.date for one in plan.sessions}
    return [day for day in _ruled(plan) if day not in served and day not in cancelled]
