"""The file of a cycle: the contract of ``webinars cycle import`` and ``export``. Pure."""

from dataclasses import dataclass, replace
from typing import Any

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, model_validator

from webinars.domain.errors import Problem, WrongFile
from webinars.domain.fields import (
    NO_LIMIT,
    UNLIMITED,
    Department,
    HttpAddress,
    LocalTime,
    LongText,
    Minutes,
    OwnPlaces,
    Places,
    PlainText,
    Rule,
    Slug,
    ZoneName,
)
from webinars.domain.mail_rules import Words
from webinars.domain.plan import (
    DEFAULT_DURATION,
    DEFAULT_START,
    DEFAULT_ZONE,
    EDITORIAL_FIELDS,
    Day,
    Plan,
    PlannedSession,
    check,
)
from webinars.domain.tomlfile import key_name, line_of, locations, unknown_keys, validate
from webinars.models import WebinarStatus


class SessionTable(BaseModel):
    """``[[sessions]]`` of a cycle's file."""

    model_config = ConfigDict(extra="allow", frozen=True)

    slug: Slug
    date: Day
    title: PlainText
    theme: Slug | None = None
    starts_at: LocalTime | None = None
    duration: Minutes | None = None
    capacity: OwnPlaces | None = None
    join_url: HttpAddress | None = None
    exception_of: Day | None = None
    reason: PlainText | None = None
    status: WebinarStatus = WebinarStatus.SCHEDULED
    reminders: Words | None = None
    why: LongText | None = None
    agenda: tuple[PlainText, ...] | None = None
    speakers: tuple[PlainText, ...] | None = None
    territory_questions: tuple[PlainText, ...] | None = None
    platform_answers: tuple[PlainText, ...] | None = None
    announcements: tuple[PlainText, ...] | None = None


SESSION_FIELDS = (*SessionTable.model_fields,)
PLAN_FIELDS = tuple(name for name in SESSION_FIELDS if name not in EDITORIAL_FIELDS)


class CycleFile(BaseModel):
    """A cycle's file as it is written."""

    model_config = ConfigDict(extra="allow", frozen=True)

    title: PlainText
    year: int = Field(strict=True, ge=1970, le=2200)
    rule: Rule
    slug: Slug | None = None
    zone: ZoneName = DEFAULT_ZONE
    starts_at: LocalTime = DEFAULT_START
    duration: Minutes = DEFAULT_DURATION
    capacity: Places | None = None
    department: Department | None = None
    demonstration: bool = False
    reminders: Words | None = None
    survey_url: HttpAddress | None = None
    sessions: tuple[SessionTable, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _sessions_is_an_array(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("sessions"), dict):
            raise ValueError("write [[sessions]] with two brackets, once for each webinar")
        return values


PLAN_OF_CYCLE = tuple(name for name in CycleFile.model_fields if name not in {"slug", "sessions"})


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
        sessions=tuple(_session(table) for table in file.sessions),
        **{name: getattr(file, name) for name in PLAN_OF_CYCLE},
    )
    faults = check(plan)
    if faults:
        places = locations(text)
        raise WrongFile(
            [
                Problem(str(fault), line=line_of(places, fault.place), key=key_name(fault.place))
                for fault in faults
            ]
        )
    ordered = tuple(sorted(plan.sessions, key=lambda session: session.date))
    return ReadPlan(replace(plan, sessions=ordered), tuple(sorted(unknown_keys(file))))


def _session(table: SessionTable) -> PlannedSession:
    said = {name: getattr(table, name) for name in EDITORIAL_FIELDS}
    return PlannedSession(
        **{name: getattr(table, name) for name in PLAN_FIELDS},
        texts={name: text for name, text in said.items() if text is not None},
    )


def write_plan(plan: Plan) -> str:
    """The file of a plan: what ``read_plan`` reads, without keys that say nothing."""
    cycle = {name: getattr(plan, name) for name in PLAN_OF_CYCLE}
    if plan.slug != str(plan.year):
        cycle["slug"] = plan.slug
    sessions = (f"\n[[sessions]]\n{tomli_w.dumps(_table(one))}" for one in plan.sessions)
    return tomli_w.dumps(_said(cycle)) + "".join(sessions)


def _table(session: PlannedSession) -> dict[str, Any]:
    said = {name: getattr(session, name) for name in PLAN_FIELDS}
    if session.capacity == UNLIMITED:
        said["capacity"] = NO_LIMIT
    status = {} if session.status is WebinarStatus.SCHEDULED else {"status": session.status.value}
    # A text that is said to be empty takes away the one that was there.
    return _said(said) | status | {name: _toml(text) for name, text in session.texts.items()}


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """What TOML has a value for; a status and a demonstration are said when they are unusual."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value not in (None, False) and name != "status"
    }


def _toml(text: str | tuple[str, ...]) -> str | list[str]:
    return list(text) if isinstance(text, tuple) else text
