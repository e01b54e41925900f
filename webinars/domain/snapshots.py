"""A draft as JSON, and back: what the audit trail keeps and an undo restores. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from webinars.domain.plan import EDITORIAL_FIELDS
from webinars.models import CycleDraft, DraftSession, WebinarStatus

CYCLE_FIELDS = (
    "title",
    "rule",
    "zone",
    "starts_at",
    "duration",
    "capacity",
    "demonstration",
    "reminders",
    "survey_url",
)
DRAFT_FIELDS = (*CYCLE_FIELDS, "department")
SESSION_FIELDS = (
    "title",
    "date",
    "theme_slug",
    "starts_at",
    "duration",
    "capacity",
    "join_url",
    "exception_of",
    "reason",
    "status",
    "reminders",
    *EDITORIAL_FIELDS,
)

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A draft at one moment, in JSON's values."""

    cycle: Fields
    webinars: dict[str, Fields]


@dataclass(frozen=True, slots=True)
class Difference:
    """What an act changed: ``{"cycle": {field: value}, "webinars": {slug: {field: value}}}``.

    A webinar that was not there, or is no longer, is None; of the others, the fields that
    differ are named.
    """

    before: Fields
    after: Fields

    @property
    def slugs(self) -> tuple[str, ...]:
        """The webinars that were touched."""
        return tuple(self.after.get("webinars", {}))

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def snapshot(draft: CycleDraft) -> Snapshot:
    """The draft as it is now."""
    return Snapshot(
        {name: to_json(getattr(draft, name)) for name in DRAFT_FIELDS},
        {row.slug: session_fields(row) for row in draft.sessions},
    )


def session_fields(row: DraftSession) -> Fields:
    """One session of a draft."""
    return {name: to_json(getattr(row, name)) for name in SESSION_FIELDS}


def difference(before: Snapshot, after: Snapshot) -> Difference:
    """What differs."""
    old: Fields = {}
    new: Fields = {}
    changed = [name for name in DRAFT_FIELDS if before.cycle[name] != after.cycle[name]]
    if changed:
        old["cycle"] = {name: before.cycle[name] for name in changed}
        new["cycle"] = {name: after.cycle[name] for name in changed}
    for slug in sorted(before.webinars.keys() | after.webinars.keys()):
        pair = _of_one(before.webinars.get(slug), after.webinars.get(slug))
        if pair:
            old.setdefault("webinars", {})[slug] = pair[0]
            new.setdefault("webinars", {})[slug] = pair[1]
    return Difference(old, new)


def _of_one(
    before: Fields | None, after: Fields | None
) -> tuple[Fields | None, Fields | None] | None:
    if before is None or after is None:
        return before, after
    names = [name for name in SESSION_FIELDS if before[name] != after[name]]
    if not names:
        return None
    return {name: before[name] for name in names}, {name: after[name] for name in names}


def to_json(value: Any) -> Any:
    """A value of a draft as JSON carries it."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, WebinarStatus):
        return value.value
    return list(value) if isinstance(value, (list, tuple)) else value


def from_json(fields: Mapping[str, Any]) -> Fields:
    """Values of a draft from what JSON carried."""
    return {name: _READ.get(name, _same)(value) for name, value in fields.items()}


def _same(value: Any) -> Any:
    return value


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _time(value: str | None) -> time | None:
    return time.fromisoformat(value) if value else None


_READ: dict[str, Callable[[Any], Any]] = {
    "date": _date,
    "exception_of": _date,
    "starts_at": _time,
    "status": WebinarStatus,
}
