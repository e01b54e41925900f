"""A plan of a cycle as plain values, and the file that carries one. Pure.

The file is the contract of ``webinars cycle import`` and ``export``.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from webinars.clock import NonexistentHour, UnknownZone, minutes, to_utc, zone
from webinars.domain.errors import Problem, WrongFile, WrongRule
from webinars.domain.rules import to_rrule
from webinars.domain.tomlfile import key_name, line_of, locations, unknown_keys, validate
from webinars.models import WebinarStatus

DEFAULT_ZONE = "Europe/Paris"
DEFAULT_START = time(13, 0)
DEFAULT_DURATION = 90

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
RESERVED_SLUGS = {"register", "calendar"}
"""``/cycles/<cycle>/register`` and ``/cycles/<cycle>/calendar.ics`` are the cycle's own."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value) or len(value) > 100:
        raise ValueError(
            f'"{value[:40]}" cannot be part of an address: use small letters without accents, '
            "digits and single hyphens"
        )
    if value in RESERVED_SLUGS:
        raise ValueError(f'"{value}" is an address of the product itself: choose another')
    return value


def plain_text(value: str) -> str:
    """One line of text: trimmed, without control characters. Raises ValueError."""
    text = value.strip()
    if not text:
        raise ValueError("a text is needed, not an empty one")
    if len(text) > 300:
        raise ValueError("the text is too long: at most 300 characters")
    if CONTROL.search(text) or "\n" in text or "\t" in text:
        raise ValueError("line breaks and control characters cannot stand here")
    return text


def long_text(value: str) -> str:
    """A text of several lines, without other control characters. Raises ValueError."""
    text = value.strip()
    if len(text) > 5000:
        raise ValueError("the text is too long: at most 5000 characters")
    if CONTROL.search(text):
        raise ValueError("control characters cannot stand here")
    return text


def _http(value: str) -> str:
    wrong = CONTROL.search(value) or len(value) > 2000
    if wrong or not re.fullmatch(r"https?://[^\s<>\"\\]+", value):
        raise ValueError("an address beginning with https:// or http:// is needed")
    return value


def _zone(value: str) -> str:
    try:
        zone(value)
    except UnknownZone:
        raise ValueError(
            f'"{value}" is not a time zone: write for example "Europe/Paris"'
        ) from None
    return value


def _rule(value: str) -> str:
    try:
        to_rrule(value)
    except WrongRule as error:
        raise ValueError(str(error)) from None
    return value


def _local_time(value: Any) -> Any:
    """A number would pass for seconds after midnight, and an offset would be forgotten."""
    if isinstance(value, (int, float)):
        raise ValueError(f"a local time such as 13:00:00 is needed, not {value!r}")
    if isinstance(value, str) and re.search(r"[Zz+]|\d-\d", value):
        raise ValueError("write the local time alone, such as 13:00:00: the zone has its own key")
    return value


LocalTime = Annotated[time, BeforeValidator(_local_time)]
Slug = Annotated[str, AfterValidator(_slug)]
PlainText = Annotated[str, AfterValidator(plain_text)]
HttpAddress = Annotated[str, AfterValidator(_http)]
LongText = Annotated[str, AfterValidator(long_text)]
# Strict: TOML has numbers of its own, and true is none.
Minutes = Annotated[int, Field(strict=True, ge=5, le=24 * 60)]
Places = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


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

    def start_of(self, session: PlannedSession) -> datetime:
        """The UTC instant at which a session begins."""
        return to_utc(session.date, session.starts_at or self.starts_at, self.zone)

    def end_of(self, session: PlannedSession) -> datetime:
        """The UTC instant at which a session ends."""
        return self.start_of(session) + minutes(session.duration or self.duration)

    def capacity_of(self, session: PlannedSession) -> int | None:
        """The places of a session; None is unlimited."""
        return session.capacity if session.capacity is not None else self.capacity


class SessionTable(BaseModel):
    """``[[sessions]]`` of a cycle's file."""

    model_config = ConfigDict(extra="allow", frozen=True)

    slug: Slug
    date: Day
    title: PlainText
    theme: Slug | None = None
    starts_at: LocalTime | None = None
    duration: Minutes | None = None
    capacity: Places | None = None
    join_url: HttpAddress | None = None
    exception_of: Day | None = None
    reason: PlainText | None = None
    status: WebinarStatus = WebinarStatus.SCHEDULED


class CycleFile(BaseModel):
    """A cycle's file as it is written."""

    model_config = ConfigDict(extra="allow", frozen=True)

    title: PlainText
    year: int = Field(strict=True, ge=1970, le=2200)
    rule: Annotated[str, AfterValidator(_rule)]
    slug: Slug | None = None
    zone: Annotated[str, AfterValidator(_zone)] = DEFAULT_ZONE
    starts_at: LocalTime = DEFAULT_START
    duration: Minutes = DEFAULT_DURATION
    capacity: Places | None = None
    demonstration: bool = False
    sessions: tuple[SessionTable, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _sessions_is_an_array(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("sessions"), dict):
            raise ValueError("write [[sessions]] with two brackets, once for each webinar")
        return values


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A plan with what its file said beyond it."""

    plan: Plan
    ignored: tuple[str, ...]
    """Keys that the product does not read."""


def read_plan(text: str) -> ReadPlan:
    """The plan of a cycle's file. Raises WrongFile with line and key of each fault."""
    file = validate(CycleFile, text)
    plan = Plan(
        slug=file.slug or str(file.year),
        title=file.title,
        year=file.year,
        rule=file.rule,
        zone=file.zone,
        starts_at=file.starts_at,
        duration=file.duration,
        capacity=file.capacity,
        demonstration=file.demonstration,
        sessions=tuple(
            PlannedSession(
                **{name: getattr(table, name) for name in PlannedSession.__dataclass_fields__}
            )
            for table in file.sessions
        ),
    )
    problems = check(plan)
    if problems:
        places = locations(text)
        raise WrongFile(
            [
                Problem(message, line=line_of(places, place), key=key_name(place))
                for place, message in problems
            ]
        )
    ordered = tuple(sorted(plan.sessions, key=lambda session: session.date))
    return ReadPlan(
        Plan(**{**_values(plan), "sessions": ordered}), tuple(sorted(unknown_keys(file)))
    )


def _values(plan: Plan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in Plan.__dataclass_fields__}


Place = tuple[str | int, ...]


def check(plan: Plan) -> list[tuple[Place, str]]:
    """What is wrong with a plan as a whole, with the place of each fault."""
    problems: list[tuple[Place, str]] = []
    slugs = Counter(session.slug for session in plan.sessions)
    days = Counter(
        session.date for session in plan.sessions if session.status is WebinarStatus.SCHEDULED
    )
    for index, session in enumerate(plan.sessions):
        at = ("sessions", index)
        if slugs[session.slug] > 1:
            problems.append(((*at, "slug"), f'"{session.slug}" is there more than once'))
        if days[session.date] > 1 and session.status is WebinarStatus.SCHEDULED:
            problems.append(
                ((*at, "date"), f"{session.date.isoformat()} has more than one webinar")
            )
        if session.date.year != plan.year:
            problems.append(
                ((*at, "date"), f"{session.date.isoformat()} is not in the year {plan.year}")
            )
        try:
            plan.start_of(session)
        except NonexistentHour as error:
            place = "starts_at" if session.starts_at else "date"
            problems.append(((*at, place), f"{error}: choose another hour"))
    return problems
