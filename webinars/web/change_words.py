"""What changed, in words: fields, values, and the changes of a publication."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from babel.lists import format_list
from flask_babel import gettext, lazy_gettext, lazy_ngettext, ngettext
from flask_babel.speaklater import LazyString

from webinars.domain.changes import PlanChange
from webinars.domain.holidays import DEPARTMENTS
from webinars.domain.webinar_draft import FROM_CYCLE
from webinars.i18n import DEFAULT_LANGUAGE, day_in_words, hour, language, zone_name
from webinars.models import ChangeKind, WebinarStatus
from webinars.web.mail_words import rules_words
from webinars.web.wording import rule_words

FIELDS: dict[str, LazyString] = {
    "title": lazy_gettext("Title"),
    "date": lazy_gettext("Date"),
    "theme": lazy_ngettext("Theme", "Themes", 1),
    "theme_slug": lazy_ngettext("Theme", "Themes", 1),
    "starts_at": lazy_gettext("Hour"),
    "duration": lazy_gettext("Duration"),
    "capacity": lazy_gettext("Places"),
    "join_url": lazy_gettext("Joining link"),
    "exception_of": lazy_gettext("Date by the rule"),
    "reason": lazy_gettext("Reason of the exception"),
    "status": lazy_gettext("Takes place"),
    "cancelled": lazy_gettext("Takes place"),
    "why": lazy_gettext("Why this webinar"),
    "agenda": lazy_gettext("Agenda"),
    "speakers": lazy_gettext("Speakers"),
    "territory_questions": lazy_gettext("Questions that territories ask"),
    "platform_answers": lazy_gettext("Answers of the platform"),
    "announcements": lazy_gettext("Announcements"),
    "rule": lazy_gettext("Rule"),
    "zone": lazy_gettext("Time zone"),
    "demonstration": lazy_gettext("Demonstration"),
    "department": lazy_gettext("Public holidays"),
    "reminders": lazy_gettext("Reminders"),
    "survey_url": lazy_gettext("Address of the survey"),
}
"""Of a cycle and of a webinar, drafted or public."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field: what it is called, what stood there, what stands there now."""

    name: str
    before: str
    after: str


def quoted(title: str) -> str:
    """A title between the marks of the language: « l’été », “summer”; inside it, the others."""
    inner = re.sub(r"« ?([^«»]*?) ?»", r"“\1”", title)
    if language() != DEFAULT_LANGUAGE:
        inner = inner.replace("“", "‘").replace("”", "’")
    return str(gettext("“%(title)s”", title=inner))


def listed(titles: Iterable[str]) -> str:
    """«A», «B» and «C»."""
    return format_list([quoted(title) for title in titles], locale=language())


def day_words(day: date | str) -> str:
    """«jeudi 20 juin»; the year goes without saying."""
    known = date.fromisoformat(day) if isinstance(day, str) else day
    return day_in_words(datetime.combine(known, time(12), UTC), "UTC")


def hour_words(local: time | str) -> str:
    """«13 h»."""
    known = time.fromisoformat(local) if isinstance(local, str) else local
    return hour(datetime.combine(date(2000, 1, 1), known, UTC), "UTC")


def value_words(name: str, value: Any, *, themes: Mapping[str, str] | None = None) -> str:
    """The value of a field as JSON or the models carry it. ``themes``: titles by slug."""
    if name in ALWAYS:
        return ALWAYS[name](value)
    if value in (None, "", []):
        return str(gettext("none"))
    if name in ("theme", "theme_slug"):
        return (themes or {}).get(value, str(value))
    if name in SAID:
        return SAID[name](value)
    return " · ".join(value) if isinstance(value, (list, tuple)) else str(value)


def _yes(holds: object) -> str:
    return str(gettext("yes") if holds else gettext("no"))


def _minutes(count: int) -> str:
    return str(ngettext("%(num)s minute", "%(num)s minutes", count))


ALWAYS: dict[str, Callable[[Any], str]] = {
    "capacity": lambda value: str(value or gettext("unlimited")),
    "department": lambda value: DEPARTMENTS.get(value, str(gettext("metropolitan France"))),
    "status": lambda value: _yes(value != WebinarStatus.CANCELLED),
    "cancelled": lambda value: _yes(not value),
    "demonstration": _yes,
    "reminders": rules_words,
}
"""What has a word for its absence."""

SAID: dict[str, Callable[[Any], str]] = {
    "date": day_words,
    "exception_of": day_words,
    "starts_at": hour_words,
    "duration": _minutes,
    "rule": rule_words,
    "zone": zone_name,
}


def field_words(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    themes: Mapping[str, str] | None = None,
    drafted: bool = False,
) -> tuple[FieldWords, ...]:
    """Each field that is named on both sides, in the order in which they are read.

    ``drafted``: of a webinar in a draft, where an empty field takes the cycle's.
    """

    def words(name: str, value: Any) -> str:
        if drafted and value is None and name in FROM_CYCLE:
            return str(gettext("as the cycle"))
        return value_words(name, value, themes=themes)

    names = sorted(
        before.keys() & after.keys(),
        key=lambda name: list(FIELDS).index(name) if name in FIELDS else len(FIELDS),
    )
    return tuple(
        FieldWords(
            str(FIELDS.get(name, name)),
            words(name, before[name]),
            words(name, after[name]),
        )
        for name in names
    )


def from_to(before: str, after: str) -> tuple[str, str]:
    """Two values of ``starts``, such as ``2019-04-18T13:00 Europe/Paris``: what differs of them.

    The day alone when only the day is new; with the hour or the zone when those are.
    """
    (old, old_zone), (new, new_zone) = _when(before), _when(after)
    same_hour, same_zone = old.time() == new.time(), old_zone == new_zone

    def words(when: datetime, zone: str) -> str:
        said = day_words(when.date())
        if not (same_hour and same_zone):
            said = str(gettext("%(day)s at %(hour)s", day=said, hour=hour_words(when.time())))
        return said if same_zone else f"{said}, {zone_name(zone)}"

    return words(old, old_zone), words(new, new_zone)


def start_words(starts: str) -> str:
    """«jeudi 18 avril à 13 h»."""
    when, _ = _when(starts)
    return str(
        gettext("%(day)s at %(hour)s", day=day_words(when.date()), hour=hour_words(when.time()))
    )


def _when(starts: str) -> tuple[datetime, str]:
    local, _, zone = starts.partition(" ")
    return datetime.fromisoformat(local), zone


def change_in_words(change: PlanChange) -> str:
    """One change of a webinar that is named beside it: «déplacé du … au …»."""
    match change.kind:
        case ChangeKind.ADDED:
            return str(gettext("added on %(day)s", day=start_words(change.after["starts"])))
        case ChangeKind.MOVED:
            old, new = from_to(change.before["starts"], change.after["starts"])
            return str(gettext("moved from %(old)s to %(new)s", old=old, new=new))
        case ChangeKind.RENAMED:
            old, new = quoted(change.before["title"]), quoted(change.after["title"])
            return str(gettext("renamed from %(old)s to %(new)s", old=old, new=new))
        case ChangeKind.CANCELLED:
            return str(gettext("will not take place"))
        case ChangeKind.CHANGED if change.after.get("cancelled") is False:
            return str(gettext("takes place after all"))
        case _:
            return str(gettext("details changed"))
