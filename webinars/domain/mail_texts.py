"""The organisers' own words for mails: what may be said where, saved and given back.

Only the subject, an opening and a closing text can be words of their own. Date, hour, zone,
button, addresses, who writes and how to leave stand outside of them, so no text can lose those.
"""

import enum
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, placeholders
from webinars.domain.errors import N_, ChangedMeanwhile, DomainError, NotFound, WrongValue
from webinars.domain.fields import CONTROL
from webinars.i18n import LANGUAGES
from webinars.models import AuditAct, AuditEntry, MailKind, MailText


class Part(enum.StrEnum):
    """What of a mail can have words of its own."""

    SUBJECT = "subject"
    OPENING = "opening"
    """Above the button, beneath the date."""
    CLOSING = "closing"
    """Beneath everything that the mail is about."""


MOST: Mapping[Part, int] = {Part.SUBJECT: 150, Part.OPENING: 800, Part.CLOSING: 2000}
"""Characters. The opening is short: date and button belong on the first screen."""

OF_HOUSE = ("site_name", "organisation")
OF_PERSON = ("full_name",)
"""Anybody can type a name beside somebody else's address: it stands in no subject."""
OF_CYCLE = ("cycle_title",)
OF_WEBINAR = ("webinar_title", "date", "short_date", "time", "zone", *OF_CYCLE)


@dataclass(frozen=True, slots=True)
class Situation:
    """A kind of mail in one situation: what can be said of its own."""

    kind: MailKind
    name: str
    placeholders: tuple[str, ...]
    """Those that this mail can fill, beside those of the person."""

    def allowed(self, part: Part) -> tuple[str, ...]:
        """The placeholders of a part."""
        person = () if part is Part.SUBJECT else OF_PERSON
        return (*self.placeholders, *person, *OF_HOUSE)


SITUATIONS: tuple[Situation, ...] = (
    Situation(MailKind.CONFIRMATION, "registered", OF_WEBINAR),
    Situation(MailKind.CONFIRMATION, "to_confirm", OF_WEBINAR),
    Situation(MailKind.WAITING_LIST, "waiting", ("position", *OF_WEBINAR)),
    Situation(MailKind.PROMOTION, "promoted", OF_WEBINAR),
    Situation(MailKind.REMINDER, "before", ("when", "and_more", "room_opening", *OF_WEBINAR)),
    Situation(MailKind.CHANGE_NOTICE, "changed", ("what_changed", "what_to_do", *OF_CYCLE)),
    Situation(MailKind.CHANGE_NOTICE, "cancelled", ("what_changed", "what_to_do", *OF_CYCLE)),
    Situation(MailKind.CANCELLATION, "ended", OF_WEBINAR),
    Situation(MailKind.REPLAY, "came", OF_WEBINAR),
    Situation(MailKind.REPLAY, "missed", OF_WEBINAR),
    Situation(MailKind.REPLAY, "unknown", OF_WEBINAR),
    Situation(MailKind.SURVEY, "came", OF_WEBINAR),
    Situation(MailKind.SURVEY, "unknown", OF_WEBINAR),
    Situation(MailKind.LINK, "webinar", OF_WEBINAR),
    Situation(MailKind.LINK, "page", ()),
    Situation(MailKind.WELCOME, "several", ("first_date", "webinars", *OF_CYCLE)),
    Situation(MailKind.WELCOME, "one", ("first_date", "webinars", *OF_CYCLE)),
    Situation(MailKind.CYCLE_CONFIRMATION, "registered", ("webinars", "if_waiting", *OF_CYCLE)),
    Situation(MailKind.CYCLE_CONFIRMATION, "to_confirm", ("webinars", *OF_CYCLE)),
    Situation(MailKind.THEME_CONFIRMATION, "following", ("theme_title",)),
    Situation(MailKind.THEME_CONFIRMATION, "to_confirm", ("theme_title",)),
    Situation(MailKind.PLANNED, "planned", ("what_changed", "what_to_do", *OF_CYCLE)),
)
"""Where own words can stand. Of what is not here, every word is the product's: mails about
accounts, summaries, and what a mail says when its webinar is on already."""

_BY_NAME = {(one.kind.value, one.name): one for one in SITUATIONS}


class WrongTexts(DomainError):
    """Something typed cannot be sent; ``errors`` say what, by language and part."""

    def __init__(self, errors: Mapping[tuple[str, Part], WrongValue]) -> None:
        super().__init__("; ".join(map(str, errors.values())))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class TextAct:
    """Something that was done to the words of a mail. ``at`` is UTC."""

    id: int
    at: datetime
    actor: str
    act: AuditAct
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Overtaken(ChangedMeanwhile):
    """Somebody saved other words since the form was opened; ``since`` is what they did."""

    def __init__(self, since: Sequence[TextAct]) -> None:
        super().__init__("other words were saved meanwhile")
        self.since = since


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What is kept for a situation; nothing of it, where nobody ever wrote anything."""

    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str | None = None

    def of(self, language: str) -> Mapping[str, str]:
        """The parts of one language that have words of their own."""
        return self.texts.get(language, {})


def situation(kind: str, name: str) -> Situation:
    """By its names in addresses. Raises NotFound."""
    found = _BY_NAME.get((kind, name))
    if found is None:
        raise NotFound(f"{kind}/{name}")
    return found


UNSEEN = ("Zs", "Cf", "Mn", "Me")
"""Spaces, and what is seen only beside something else (Unicode general categories)."""


def read_part(where: Situation, part: Part, text: str) -> tuple[placeholders.Piece, ...]:
    """A part as it may be kept and sent. Raises WrongValue, a sentence that says what to do."""
    if CONTROL.search(text) or (part is Part.SUBJECT and ("\n" in text or "\t" in text)):
        if part is Part.SUBJECT:
            raise WrongValue(N_("line breaks and control characters cannot stand here"))
        raise WrongValue(N_("control characters cannot stand here"))
    if part is Part.SUBJECT and not any(unicodedata.category(one) not in UNSEEN for one in text):
        raise WrongValue(N_("a subject is needed: without one a mail looks like an unwanted one"))
    if len(text) > MOST[part]:
        raise WrongValue(
            N_("the text is too long: at most %(most)s characters, and these are %(count)s"),
            most=str(MOST[part]),
            count=str(len(text)),
        )
    return placeholders.read(text, allowed=where.allowed(part))


def tidy(part: Part, text: str) -> str:
    """What was typed, in composed form, with plain line ends.

    A subject keeps what it must not have, so that it is refused.
    """
    text = unicodedata.normalize("NFC", text)
    if part is not Part.SUBJECT:
        text = text.replace("\r\n", "\n")
    return text.strip(" \n")


def own_words(session: Session, *, where: Situation) -> OwnWords:
    """Those of one situation. One query."""
    return _seen(session.get(MailText, (where.kind, where.name)))


def every_own_words(session: Session) -> dict[tuple[MailKind, str], OwnWords]:
    """Those of all situations that ever had any. One query."""
    rows = session.scalars(sa.select(MailText))
    return {(row.kind, row.situation): _seen(row) for row in rows}


def _seen(row: MailText | None) -> OwnWords:
    if row is None:
        return OwnWords()
    # Of a row that was written past every rule, what is no text is none.
    texts = {
        language: {name: text for name, text in parts.items() if isinstance(text, str)}
        for language, parts in row.texts.items()
        if isinstance(parts, dict)
    }
    return OwnWords(texts, row.version, row.changed_at, row.changed_by)


def save(
    session: Session,
    *,
    where: Situation,
    texts: Mapping[str, Mapping[Part, str]],
    seen: int,
    actor: str,
    now: datetime,
) -> bool:
    """Keep these words, by language; a part that is not named has the usual ones.

    ``seen``: the version that they were written upon. False when it was so already. Raises
    WrongTexts, Overtaken.
    """
    errors: dict[tuple[str, Part], WrongValue] = {}
    for language, parts in texts.items():
        for part, text in parts.items():
            try:
                read_part(where, part, text)
            except WrongValue as error:
                errors[language, part] = error
    if errors:
        raise WrongTexts(errors)
    wanted = {
        language: {part.value: text for part, text in parts.items()}
        for language, parts in texts.items()
    }
    return _write(session, where, wanted, AuditAct.MAIL_TEXT_CHANGED, seen, actor, now)


def reset(
    session: Session, *, where: Situation, language: str, seen: int, actor: str, now: datetime
) -> bool:
    """The usual words again, in one language. False when it had them. Raises Overtaken."""
    kept = own_words(session, where=where).texts
    wanted = {one: dict(parts) for one, parts in kept.items() if one != language}
    return _write(session, where, wanted, AuditAct.MAIL_TEXT_RESET, seen, actor, now)


def _write(
    session: Session,
    where: Situation,
    wanted: Mapping[str, dict[str, str]],
    act: AuditAct,
    seen: int,
    actor: str,
    now: datetime,
) -> bool:
    """The words and their line of the trail. The row's version decides who was first."""
    row = session.get(MailText, (where.kind, where.name), with_for_update=True)
    before = {one: row.texts.get(one, {}) if row else {} for one in LANGUAGES}
    after = {one: dict(wanted.get(one, {})) for one in LANGUAGES}
    if before == after:  # whoever presses twice has overtaken nobody
        return False
    if seen != (row.version if row else 0):
        raise Overtaken(acts(session, where=where, since=seen))
    values = {"texts": after, "version": seen + 1, "changed_at": now, "changed_by": actor}
    if row is not None:
        for name, value in values.items():
            setattr(row, name, value)
    else:
        try:
            with session.begin_nested():
                session.add(MailText(kind=where.kind, situation=where.name, **values))
        except sa.exc.IntegrityError:  # two wrote the first words at once
            raise Overtaken(acts(session, where=where, since=seen)) from None
    differ = [one for one in LANGUAGES if before[one] != after[one]]
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        subject=_subject(where),
        before={one: before[one] for one in differ},
        after={"version": seen + 1, **{one: after[one] for one in differ}},
    )
    return True


def _subject(where: Situation) -> str:
    return f"{where.kind}/{where.name}"


def acts(
    session: Session, *, where: Situation, since: int = 0, most: int | None = None
) -> tuple[TextAct, ...]:
    """What was done to these words after they were at a version, the latest first. One query."""
    rows = session.scalars(
        sa.select(AuditEntry)
        .where(
            AuditEntry.act.in_((AuditAct.MAIL_TEXT_CHANGED, AuditAct.MAIL_TEXT_RESET)),
            AuditEntry.subject == _subject(where),
        )
        .order_by(AuditEntry.id.desc())
        .limit(most)
    )
    return tuple(
        TextAct(row.id, row.at, row.actor, row.act, row.before, row.after)
        for row in rows
        if row.after.get("version", 0) > since
    )
