"""The organisers' own words in a mail: which hold for it, and what fills their placeholders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from webinars import i18n
from webinars.domain import mail_texts, placeholders
from webinars.domain.errors import WrongValue
from webinars.domain.mail_texts import Part, Situation
from webinars.domain.programme import Life
from webinars.mail.letters import USUAL, Own
from webinars.models import MailKind, RegistrationStatus

log = structlog.get_logger()

Context = Mapping[str, Any]

LINKED = (
    RegistrationStatus.PENDING,
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.WAITLISTED,
    RegistrationStatus.ATTENDED,
    RegistrationStatus.ABSENT,
)
"""Who is sent their link again with the webinar that they asked from."""


def for_mail(session: Session, *, kind: MailKind, context: Context) -> Own:
    """The own words of a mail in the language of the moment, filled in.

    What cannot be used any more is left out, and the usual words leave. One query at most.
    """
    where = situation_of(kind, context)
    if where is None:
        return USUAL
    kept = mail_texts.own_words(session, where=where).of(i18n.language())
    try:
        return filled(where, kept, context) if kept else USUAL
    except Exception:
        # Words are the least of a mail: whatever is wrong with them, it leaves.
        log.exception("mail_text_unusable", kind=where.kind, situation=where.name)
        return USUAL


def filled(where: Situation, texts: Mapping[str, str], context: Context) -> Own:
    """These words, filled in; a part that cannot be used has the usual words."""
    values = _Values(where.kind, context)
    said: dict[str, str] = {}
    for name, text in texts.items():
        try:
            pieces = mail_texts.read_part(where, Part(name), text)
        except ValueError as error:  # WrongValue is one; so is a part of another version
            log.warning("mail_text_unusable", kind=where.kind, situation=where.name, why=str(error))
            continue
        said[name] = placeholders.filled(pieces, values.of(placeholders.names(pieces)))
    return Own(
        subject=" ".join(said.get(Part.SUBJECT, "").split()),
        opening=_paragraphs(said.get(Part.OPENING, "")),
        closing=_paragraphs(said.get(Part.CLOSING, "")),
    )


def faults(where: Situation, texts: Mapping[str, str]) -> dict[Part, WrongValue]:
    """What of kept words cannot be used any more: after a restore, say, from another version."""
    found: dict[Part, WrongValue] = {}
    for part in Part:
        try:
            if part in texts:
                mail_texts.read_part(where, part, texts[part])
        except WrongValue as error:
            found[part] = error
    return found


def _paragraphs(text: str) -> tuple[str, ...]:
    """Parts between empty lines, each with its lines."""
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            paragraphs[-1].append(line.strip(" "))
        elif paragraphs[-1]:
            paragraphs.append([])
    return tuple("\n".join(lines) for lines in paragraphs if lines)


# which words hold --------------------------------------------------------------------------


def situation_of(kind: MailKind, context: Context) -> Situation | None:
    """The situation of a mail; None where it only has the product's words."""
    naming = _NAMING.get(kind)
    name = naming(context) if naming else None
    return mail_texts.situation(kind, name) if name else None


def _confirmation(context: Context) -> str | None:
    if context["status"] is RegistrationStatus.PENDING:
        return "to_confirm"
    return None if _is_on(context) else "registered"


def _waiting_list(context: Context) -> str | None:
    known = context["position"] and not context["webinar"].begun
    return "waiting" if known else None


def _change_notice(context: Context) -> str:
    return "cancelled" if all(one.cancelled for one in context["news"]) else "changed"


def _replay(context: Context) -> str:
    came, missed = RegistrationStatus.ATTENDED, RegistrationStatus.ABSENT
    return {came: "came", missed: "missed"}.get(context["status"], "unknown")


def _link(context: Context) -> str:
    return "webinar" if context["webinar"] and context["status"] in LINKED else "page"


def _whole_cycle(context: Context) -> str:
    pending = any(one.status is RegistrationStatus.PENDING for one in context["entries"])
    return "to_confirm" if pending else "registered"


def _is_on(context: Context) -> bool:
    webinar = context["webinar"]
    return webinar.life is Life.LIVE and not webinar.cancelled


_NAMING: Mapping[MailKind, Callable[[Context], str | None]] = {
    MailKind.CONFIRMATION: _confirmation,
    MailKind.WAITING_LIST: _waiting_list,
    MailKind.PROMOTION: lambda context: None if _is_on(context) else "promoted",
    MailKind.REMINDER: lambda _context: "before",
    MailKind.CHANGE_NOTICE: _change_notice,
    MailKind.CANCELLATION: lambda _context: "ended",
    MailKind.REPLAY: _replay,
    MailKind.SURVEY: lambda context: "came" if _replay(context) == "came" else "unknown",
    MailKind.LINK: _link,
    MailKind.WELCOME: lambda context: "several" if len(context["coming"]) > 1 else "one",
    MailKind.CYCLE_CONFIRMATION: _whole_cycle,
    MailKind.THEME_CONFIRMATION: lambda context: (
        "to_confirm" if context["theme"].pending else "following"
    ),
    MailKind.PLANNED: lambda _context: "planned",
}


# what fills the placeholders ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """What a mail says anyway: the values of its templates."""

    context: Context
    shared: Any
    words: Any


class _Values:
    """The values of one mail, made when a placeholder asks for them."""

    def __init__(self, kind: MailKind, context: Context) -> None:
        self._kind = kind
        self._context = context

    def of(self, names: set[str]) -> dict[str, str]:
        """Those of these placeholders."""
        if not names:
            return {}
        environment, context = current_app.jinja_env, {**self._context, "own": USUAL}
        shared, words = (
            environment.get_template(f"email/{name}.txt").make_module(context)
            for name in ("shared", f"{self._kind.value}/words")
        )
        said = _Said(self._context, shared, words)
        return {name: str(VALUES[name](said)) for name in names}


def _when(said: _Said) -> str:
    left, hour = said.context["days_left"], said.shared.start
    if left == 0:
        return gettext("Today, %(hour)s", hour=hour)
    if left == 1:
        return gettext("Tomorrow, %(hour)s", hour=hour)
    return f"{i18n.upper_first(said.shared.date)}, {hour}"


def _and_more(said: _Said) -> str:
    also = len(said.context["also"])
    if not also:
        return ""
    return ngettext(
        "%(first)s, and %(num)s more webinar",
        "%(first)s, and %(num)s more webinars",
        also,
        first="",
    )


def _webinars(said: _Said) -> str:
    listed = said.context.get("coming") or said.words.webinars
    return ngettext("%(num)s webinar", "%(num)s webinars", len(listed))


def _first_date(said: _Said) -> str:
    first = said.context["coming"][0][0]
    return i18n.day_in_words(first.starts_at, first.zone)


VALUES: Mapping[str, Callable[[_Said], str]] = {
    "site_name": lambda said: said.shared.site,
    "organisation": lambda said: said.context["organisation"] or "",
    "full_name": lambda said: said.context["greeted_name"],
    "cycle_title": lambda said: i18n.tied(said.shared.year.title) if said.shared.year else "",
    "webinar_title": lambda said: said.shared.title,
    "date": lambda said: said.shared.date,
    "short_date": lambda said: said.shared.short_date,
    "time": lambda said: said.shared.start,
    "zone": lambda said: i18n.zone_name(said.context["webinar"].zone),
    "position": lambda said: said.context["position"],
    "when": _when,
    "and_more": _and_more,
    "room_opening": lambda said: said.shared.opening,
    "what_changed": lambda said: said.words.subject,
    "what_to_do": lambda said: said.words.lead,
    "first_date": _first_date,
    "webinars": _webinars,
    "if_waiting": lambda said: said.words.waits,
    "theme_title": lambda said: said.words.name,
}
"""What each placeholder says. A test demands that every mail can fill those that it allows."""
