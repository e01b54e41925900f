"""The fields of one webinar of a draft: as they are typed, as they are kept, as they differ."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain import fields
from webinars.domain.errors import WrongPlan
from webinars.domain.fields import NO_LIMIT, UNLIMITED
from webinars.domain.history import Act
from webinars.domain.snapshots import from_json
from webinars.domain.webinar_draft import FROM_CYCLE, WebinarDraft
from webinars.i18n import upper_first
from webinars.models import WebinarStatus
from webinars.web import typed as reading
from webinars.web.change_words import FIELDS, value_words
from webinars.web.sentences import say
from webinars.web.typed import Reader

TEXTS = (
    "why",
    "agenda",
    "speakers",
    "territory_questions",
    "platform_answers",
    "announcements",
)
LISTS = tuple(name for name in TEXTS if name != "why")

READERS: Mapping[str, Reader] = {
    "title": fields.plain_text,
    "slug": reading.slug,
    "theme_slug": reading.optional_slug,
    "date": reading.day,
    "reason": reading.optional_line,
    "starts_at": reading.hour,
    "duration": reading.minutes,
    "capacity": reading.own_places,
    "join_url": reading.optional_address,
    "status": reading.status,
    "speakers": reading.lines,
    "why": reading.optional_text,
    **dict.fromkeys((name for name in LISTS if name != "speakers"), reading.lines),
}
"""In the order in which the page asks for them."""

GROUPS: tuple[tuple[LazyString, tuple[str, ...]], ...] = (
    (lazy_gettext("Subject"), ("title", "slug", "theme_slug", "speakers")),
    (
        lazy_gettext("When and where"),
        ("date", "reason", "starts_at", "duration", "capacity", "join_url", "status"),
    ),
    (
        lazy_gettext("Texts of its page"),
        ("why", "agenda", "territory_questions", "platform_answers", "announcements"),
    ),
)
HINTS: Mapping[str, LazyString] = {
    "slug": lazy_gettext(
        "Part of its permanent address: small letters, digits and hyphens. "
        "Once it is public, it never changes."
    ),
    "date": lazy_gettext("Another date takes the registrations along."),
    "reason": lazy_gettext("Why the date is not the one of the rule: “Assomption”."),
    "join_url": lazy_gettext("The address of the live room; people see it when the door opens."),
    "speakers": lazy_gettext("One a line."),
    **dict.fromkeys((name for name in LISTS if name != "speakers"), lazy_gettext("One a line.")),
}
KINDS: Mapping[str, str] = {
    "theme_slug": "choice",
    "status": "choice",
    "date": "date",
    "capacity": "places",
    "join_url": "url",
    **dict.fromkeys(TEXTS, "text"),
}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as the page shows it."""

    name: str
    kind: str
    label: str
    hint: str
    typed: str
    error: str
    placeholder: str
    choices: tuple[tuple[str, str], ...]
    public: str | None
    """What the public sees, in words, where it differs."""
    present: str | None = None
    """What somebody else has put there since, in words."""
    taken: bool = False
    """That is what stands in the field now: nothing else had been typed."""

    @property
    def number(self) -> str:
        """What stands before the box for no limit."""
        return self.typed.removesuffix(NO_LIMIT).strip()

    @property
    def no_limit(self) -> bool:
        """Whether the box is ticked."""
        return self.typed.endswith(NO_LIMIT)


@dataclass(frozen=True, slots=True)
class Since:
    """What others put into a field after the form was made."""

    words: str
    text: str
    taken: bool


def as_text(name: str, value: Any) -> str:
    """A value of a draft as it stands in its field."""
    if value is None:
        return ""
    if name == "capacity" and value == UNLIMITED:
        return NO_LIMIT
    if isinstance(value, (list, tuple)):
        return "\n".join(value)
    if isinstance(value, WebinarStatus):
        return value.value
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


def drafted(draft: WebinarDraft) -> dict[str, str]:
    """The form before anything is typed."""
    return {"slug": draft.slug} | {
        name: as_text(name, value) for name, value in draft.drafted.items()
    }


def read(draft: WebinarDraft, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the form, and what is wrong at which field."""
    readers = {name: one for name, one in READERS.items() if name in typed}
    values, errors = reading.read_all(typed, readers)
    theme = values.get("theme_slug")
    if theme and theme not in dict(draft.themes) and theme != draft.drafted["theme_slug"]:
        errors["theme_slug"] = gettext("This theme is no longer in the library.")
    return values, errors


def faults_by_field(error: WrongPlan) -> dict[str, str]:
    """What is wrong with the year that the form would make, at its fields."""
    found: dict[str, str] = {}
    for fault in error.faults:
        name = fault.place[-1] if fault.place[-1] in READERS else "date"
        found.setdefault(str(name), upper_first(say(fault)) + ".")
    return found


def since(draft: WebinarDraft, acts: Iterable[Act], typed: Mapping[str, str]) -> dict[str, Since]:
    """The fields that others changed after the form was made.

    Where the form still holds what they found, theirs is taken; where something else was
    typed, that stays, and theirs is shown beside it.
    """
    first: dict[str, Any] = {}
    for act in acts:
        before = act.before.get("webinars", {}).get(draft.slug) or {}
        first = {**before, **first}
    found: dict[str, Since] = {}
    for name, value in from_json(first).items():
        present = draft.drafted.get(name)
        known = as_text(name, present)
        if name not in typed or known == as_text(name, value) or _same(typed[name], known):
            continue
        words = value_words(name, draft.value(name), themes=dict(draft.themes))
        found[name] = Since(words, known, taken=_same(typed[name], as_text(name, value)))
    return found


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.strip()


def views(
    draft: WebinarDraft,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str],
    changed: Mapping[str, Since],
) -> tuple[tuple[str, tuple[FieldView, ...]], ...]:
    """The groups of the page with their fields."""
    return tuple(
        (
            str(title),
            tuple(
                _view(draft, name, typed.get(name, ""), errors.get(name, ""), changed.get(name))
                for name in names
                if name != "slug" or draft.published is None
            ),
        )
        for title, names in GROUPS
    )


def _view(
    draft: WebinarDraft, name: str, text: str, error: str, changed: Since | None
) -> FieldView:
    public = None
    if draft.published is not None and name in draft.differing:
        public = value_words(name, draft.published[name], themes=dict(draft.themes))
    return FieldView(
        name=name,
        kind=KINDS.get(name, "line"),
        label=str(FIELDS.get(name, lazy_gettext("Address"))),
        hint=str(HINTS.get(name, "")) or _default_hint(draft, name),
        typed=changed.text if changed and changed.taken else text,
        error=error,
        placeholder=_placeholder(draft, name),
        choices=CHOICES[name](draft) if name in CHOICES else (),
        public=public,
        present=changed.words if changed else None,
        taken=bool(changed and changed.taken),
    )


def _placeholder(draft: WebinarDraft, name: str) -> str:
    if name not in FROM_CYCLE:
        return ""
    value = draft.defaults[name]
    return as_text(name, value) if value is not None else gettext("unlimited")


def _default_hint(draft: WebinarDraft, name: str) -> str:
    if name not in FROM_CYCLE:
        return ""
    words = value_words(name, draft.defaults[name])
    return gettext("Empty takes the cycle’s: %(value)s.", value=words)


def _theme_choices(draft: WebinarDraft) -> tuple[tuple[str, str], ...]:
    named = dict(draft.themes)
    current = draft.drafted["theme_slug"]
    unknown = ((current, current),) if current and current not in named else ()
    return (
        ("", gettext("Left open")),
        *unknown,
        *((slug, _theme_words(draft, slug, title)) for slug, title in draft.themes),
    )


def _theme_words(draft: WebinarDraft, slug: str, title: str) -> str:
    others: Sequence[str] = draft.on_theme.get(slug, ())
    return gettext("%(theme)s (already this year)", theme=title) if others else title


def _status_choices(_draft: WebinarDraft) -> tuple[tuple[str, str], ...]:
    return (
        (WebinarStatus.SCHEDULED.value, gettext("yes")),
        (WebinarStatus.CANCELLED.value, gettext("no, it is cancelled")),
    )


CHOICES: Mapping[str, Callable[[WebinarDraft], tuple[tuple[str, str], ...]]] = {
    "theme_slug": _theme_choices,
    "status": _status_choices,
}
