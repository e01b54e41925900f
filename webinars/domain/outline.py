"""A year before it is drafted: dates, what stands against them, chosen substitutes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from webinars.domain import substitutes
from webinars.domain.arranging import CONTENT_LANGUAGE, moved
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.remarks import Remark, RemarkKind, by_webinar, remarks
from webinars.domain.substitutes import Substitute


@dataclass(frozen=True, slots=True)
class Slot:
    """One date of the year with what is planned on it."""

    session: PlannedSession
    """On the date that was chosen for it."""
    ruled: date
    """The date that the plan came with."""
    holiday: str | None
    """The public holiday on that date."""
    substitutes: tuple[Substitute, ...]
    """For a date on a public holiday, the best first."""
    remarks: tuple[Remark, ...]
    """Beyond a public holiday, of the date that was chosen."""

    @property
    def moved(self) -> bool:
        """Whether a substitute was chosen."""
        return self.session.date != self.ruled


@dataclass(frozen=True, slots=True)
class Outline:
    """A year to be drafted."""

    plan: Plan
    """With the substitutes that were chosen."""
    slots: tuple[Slot, ...]
    """In the order of the dates that the plan came with."""

    @property
    def conflicts(self) -> int:
        """Dates that remain on a public holiday."""
        return sum(slot.holiday is not None and not slot.moved for slot in self.slots)


def outline(
    base: Plan,
    *,
    today: date,
    chosen: Mapping[date, date] | None = None,
    language: str = "fr",
) -> Outline:
    """A plan's dates with what stands against each, and with the substitutes ``chosen`` for some.

    A substitute is taken if it is among those proposed; the holiday is the reason recorded.
    ``today`` is the day in the cycle's zone. Raises WrongRule, and WrongValue for an unknown
    department.
    """
    conflicts = {
        one.slug: one
        for one in remarks(base, today=today, language=language)
        if one.kind is RemarkKind.PUBLIC_HOLIDAY
    }
    plan = base
    for session in base.sessions:
        conflict, other = conflicts.get(session.slug), (chosen or {}).get(session.date)
        if conflict and other in {proposed.day for proposed in conflict.substitutes}:
            assert other is not None
            plan = moved(plan, slug=session.slug, day=other, reason=_reason(plan, session.date))
    noted = by_webinar(remarks(plan, today=today, language=language))
    now = {session.slug: session for session in plan.sessions}
    return Outline(
        plan,
        tuple(
            _slot(now[session.slug], session.date, conflicts.get(session.slug), noted)
            for session in base.sessions
        ),
    )


def _slot(
    session: PlannedSession,
    ruled: date,
    conflict: Remark | None,
    noted: Mapping[str, tuple[Remark, ...]],
) -> Slot:
    return Slot(
        session=session,
        ruled=ruled,
        holiday=conflict.name if conflict else None,
        substitutes=conflict.substitutes if conflict else (),
        remarks=tuple(
            one for one in noted.get(session.slug, ()) if one.kind is not RemarkKind.PUBLIC_HOLIDAY
        ),
    )


def _reason(plan: Plan, day: date) -> str:
    """The holiday, in the language of the programme: «Assomption»."""
    found = substitutes.conflicts((day,), department=plan.department, language=CONTENT_LANGUAGE)
    return found[day]
