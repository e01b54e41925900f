"""A plan of a cycle as plain values, and what is wrong with one. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from webinars.clock import NonexistentHour, UnknownZone, minutes, to_utc
from webinars.domain import rules
from webinars.domain.errors import N_, Fault, WrongRule, WrongValue
from webinars.domain.fields import UNLIMITED, zone_name
from webinars.models import WebinarStatus

SLUG_TWICE = N_('"%(slug)s" is there more than once')
DAY_TWICE = N_("%(day)s has more than one webinar")

DEFAULT_ZONE = "Europe/Paris"
DEFAULT_START = time(13, 0)
DEFAULT_DURATION = 90

EDITORIAL_FIELDS = (
    "why",
    "agenda",
    "speakers",
    "territory_questions",
    "platform_answers",
    "announcements",
)
"""The texts of a webinar: its page, not its place in the year."""

Day = date
"""A field is called ``date``, as in the file; so its type goes by another name."""


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """One webinar of a plan, in local terms; None takes the cycle's."""

    slug: str
    date: Day
    title: str
    theme: str | None = None
    starts_at: time | None = None
    duration: int | None = None
    capacity: int | None = None
    join_url: str | None = None
    exception_of: Day | None = None
    reason: str | None = None
    status: WebinarStatus = WebinarStatus.SCHEDULED
    reminders: tuple[str, ...] | None = None
    """Its own rules for mails; None: they stay as they are, of a new one the cycle's."""
    texts: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """Those of ``EDITORIAL_FIELDS`` that are said; the others stay as they are."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A cycle and its sessions, by date."""

    slug: str
    title: str
    year: int
    rule: str
    sessions: tuple[PlannedSession, ...]
    zone: str = DEFAULT_ZONE
    starts_at: time = DEFAULT_START
    duration: int = DEFAULT_DURATION
    capacity: int | None = None
    demonstration: bool = False
    department: str | None = None
    """Whose public holidays are minded beside the nation's: a code of ``holidays``."""
    reminders: tuple[str, ...] | None = None
    """Its rules for mails; None: they stay as they are, of a new cycle the usual ones."""
    survey_url: str | None = None

    def start_of(self, session: PlannedSession) -> datetime:
        """The UTC instant at which a session begins."""
        return to_utc(session.date, session.starts_at or self.starts_at, self.zone)

    def end_of(self, session: PlannedSession) -> datetime:
        """The UTC instant at which a session ends."""
        return self.start_of(session) + minutes(session.duration or self.duration)

    def capacity_of(self, session: PlannedSession) -> int | None:
        """The places of a session; None is unlimited."""
        return public_places(session.capacity, of_cycle=self.capacity)


def public_places(own: int | None, *, of_cycle: int | None) -> int | None:
    """The places of a webinar that says ``own`` of them in its plan; None is unlimited."""
    return of_cycle if own is None else own or None


def own_places(public: int | None, *, of_cycle: int | None) -> int | None:
    """What a plan says of so many places: nothing where the cycle says the same."""
    return None if public == of_cycle else public or UNLIMITED


def _of_rule(plan: Plan) -> list[Fault]:
    try:
        rules.dates(plan.rule, year=plan.year)
    except WrongRule as error:
        return [Fault(error.sentence.text, ("rule",), **error.sentence.values)]
    return []


def _of_zone(plan: Plan) -> list[Fault]:
    try:
        zone_name(plan.zone)
    except WrongValue as error:
        return [Fault(error.sentence.text, ("zone",), **error.sentence.values)]
    return []


def check(plan: Plan) -> list[Fault]:
    """What is wrong with a plan as a whole, with the place of each fault."""
    faults = _of_rule(plan) + _of_zone(plan)
    slugs = Counter(session.slug for session in plan.sessions)
    days = Counter(
        session.date for session in plan.sessions if session.status is WebinarStatus.SCHEDULED
    )
    for index, session in enumerate(plan.sessions):
        at = ("sessions", index)
        day = session.date.isoformat()
        if slugs[session.slug] > 1:
            faults.append(
                Fault(
                    SLUG_TWICE,
                    (*at, "slug"),
                    session.slug,
                    slug=session.slug,
                )
            )
        if days[session.date] > 1 and session.status is WebinarStatus.SCHEDULED:
            faults.append(Fault(DAY_TWICE, (*at, "date"), session.slug, day=day))
        if session.date.year != plan.year:
            faults.append(
                Fault(
                    N_("%(day)s is not in the year %(year)s"),
                    (*at, "date"),
                    session.slug,
                    day=day,
                    year=str(plan.year),
                )
            )
        try:
            plan.start_of(session)
        except UnknownZone:
            continue  # a fault of the cycle's
        except NonexistentHour:
            faults.append(
                Fault(
                    N_("%(hour)s does not exist on %(day)s in %(zone)s: choose another hour"),
                    (*at, "starts_at" if session.starts_at else "date"),
                    session.slug,
                    hour=f"{session.starts_at or plan.starts_at:%H:%M}",
                    day=day,
                    zone=plan.zone,
                )
            )
    return faults
