"""Acts of the audit trail in words: without who and when, which stand beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webinars.domain import audit
from webinars.domain.history import Act
from webinars.models import AuditAct, SurveyKind
from webinars.web.change_words import (
    FIELDS,
    FieldWords,
    day_words,
    field_words,
    from_to,
    listed,
    quoted,
    start_words,
)

MOST_NAMED = 4
"""Webinars; of more, their number is said."""

PARTS_OF_A_REPLAY: dict[str, LazyString] = {
    "video_url": lazy_gettext("Video"),
    "video_file": lazy_gettext("Video"),
    "duration": lazy_gettext("Duration"),
    "slides_url": lazy_gettext("Slides"),
    "slides_file": lazy_gettext("Slides"),
    "chapters": lazy_gettext("Chapters"),
    "resources": lazy_gettext("Resources beside chapters"),
    "captions": lazy_gettext("Captions"),
    "expected_by": lazy_gettext("Promised day"),
    "consent_at": lazy_gettext("Speakers’ consent"),
    "without_captions": lazy_gettext("Reason for no captions"),
    "online_at": lazy_gettext("Going online"),
    "withdrawn_at": lazy_gettext("Going online"),
    "withdrawn_why": lazy_gettext("Reason"),
    "words_stay": lazy_gettext("Transcript"),
}
"""As ``domain/replay_acts.py`` names them."""

ELSEWHERE: dict[AuditAct, LazyString] = {
    AuditAct.LIBRARY_IMPORTED: lazy_gettext("imported files into the library"),
    AuditAct.THEME_ADDED: lazy_gettext("added a theme to the library"),
    AuditAct.THEME_EDITED: lazy_gettext("edited a theme of the library"),
    AuditAct.RESOURCE_ADDED: lazy_gettext("added a resource to the library"),
    AuditAct.RESOURCE_EDITED: lazy_gettext("edited a resource of the library"),
    AuditAct.WISH_APPROVED: lazy_gettext("published a wish for a theme"),
    AuditAct.WISH_WORDED: lazy_gettext("changed the wording of a wish for a theme"),
    AuditAct.WISH_DECLINED: lazy_gettext("declined a wish for a theme"),
    AuditAct.WISH_MERGED: lazy_gettext("put two wishes for a theme together"),
    AuditAct.WISH_UNPLANNED: lazy_gettext("noted that no webinar answers a wish for a theme"),
    AuditAct.ACCOUNT_CREATED: lazy_gettext("created an account"),
    AuditAct.ACCOUNT_CLOSED: lazy_gettext("closed an account"),
    AuditAct.ACCOUNT_OPENED: lazy_gettext("opened an account again"),
    AuditAct.ROLES_CHANGED: lazy_gettext("changed the roles of an account"),
    AuditAct.PASSWORD_CHANGED: lazy_gettext("changed a password"),
    AuditAct.SECOND_FACTOR_ON: lazy_gettext("turned a second factor on"),
    AuditAct.SECOND_FACTOR_OFF: lazy_gettext("turned a second factor off"),
    AuditAct.ADDRESS_LIFTED: lazy_gettext("let mail leave again for an address"),
    AuditAct.ADDRESSES_EXPORTED: lazy_gettext("exported the addresses that mail does not reach"),
    AuditAct.MAIL_SENT_AGAIN: lazy_gettext("sent mails again"),
    AuditAct.MAIL_SET_ASIDE: lazy_gettext("set mails aside that could not be delivered"),
    AuditAct.MAIL_PARKED: lazy_gettext("kept mails back"),
    AuditAct.MAIL_TEXT_CHANGED: lazy_gettext("changed the words of a mail"),
    AuditAct.MAIL_TEXT_RESET: lazy_gettext("took up the usual words of a mail again"),
    AuditAct.MAIL_TEXT_TRIED: lazy_gettext("sent themselves a test of a mail"),
    AuditAct.PERSON_ERASED: lazy_gettext("erased a person"),
}
"""Acts that are of no cycle."""
OUT_OF_THE_LIBRARY: dict[AuditAct, LazyString] = {
    AuditAct.THEME_REMOVED: lazy_gettext("removed the theme %(title)s from the library"),
    AuditAct.RESOURCE_REMOVED: lazy_gettext("removed the resource %(title)s from the library"),
}
NOBODY_SIGNED_IN: dict[str, LazyString] = {
    audit.COMMAND_LINE: lazy_gettext("command line"),
    audit.PARTICIPANT: lazy_gettext("the person themselves, on their page"),
    audit.RETENTION: lazy_gettext("by itself: the setting of how long people are kept"),
}

TO_SOME: dict[AuditAct, LazyString] = {
    AuditAct.SWAPPED: lazy_gettext("swapped %(titles)s"),
    AuditAct.ROTATED: lazy_gettext("rotated %(titles)s"),
    AuditAct.CANCELLED: lazy_gettext("cancelled %(titles)s"),
    AuditAct.RESTORED: lazy_gettext("put %(titles)s back: it takes place after all"),
    AuditAct.REMOVED: lazy_gettext("removed %(titles)s from the draft"),
    AuditAct.DISCARDED: lazy_gettext("dropped the changes to %(titles)s"),
    AuditAct.UNDONE: lazy_gettext("undid an act on %(titles)s"),
    AuditAct.CYCLE_REMOVED: lazy_gettext("removed the cycle"),
    AuditAct.REVERTED: lazy_gettext("drafted the way back for %(titles)s"),
    AuditAct.REGISTRATION_ADDED: lazy_gettext("added a registration for %(titles)s by hand"),
    AuditAct.DETAILS_CORRECTED: lazy_gettext("corrected a person registered for %(titles)s"),
    AuditAct.REGISTRATION_ENDED: lazy_gettext("cancelled a registration for %(titles)s"),
    AuditAct.ATTENDANCE_CORRECTED: lazy_gettext("noted who came to %(titles)s"),
    AuditAct.LIST_EXPORTED: lazy_gettext("exported the list of %(titles)s (lines: %(count)s)"),
    AuditAct.QUESTION_ANSWERED: lazy_gettext("answered a question about %(titles)s"),
    AuditAct.QUESTION_PUBLISHED: lazy_gettext("published a question about %(titles)s"),
    AuditAct.QUESTION_WITHDRAWN: lazy_gettext("withdrew a question about %(titles)s"),
    AuditAct.QUESTION_JOINED: lazy_gettext("put a resource beside a question about %(titles)s"),
    AuditAct.QUESTION_PARTED: lazy_gettext("took a resource from a question about %(titles)s"),
    AuditAct.WISH_PLANNED: lazy_gettext("noted a wish that %(titles)s answers"),
    AuditAct.RESOURCE_LINKED: lazy_gettext("put a resource beside a chapter of %(titles)s"),
    AuditAct.RESOURCE_UNLINKED: lazy_gettext("took a resource from a chapter of %(titles)s"),
    AuditAct.REPLAY_EDITED: lazy_gettext("worked on the replay of %(titles)s"),
    AuditAct.REPLAY_ONLINE: lazy_gettext("put the replay of %(titles)s online"),
    AuditAct.REPLAY_WITHDRAWN: lazy_gettext("withdrew the replay of %(titles)s"),
    AuditAct.REPLAY_ASIDE: lazy_gettext(
        "took the replay of %(titles)s off the site, as the webinar was not over any more"
    ),
}

SURVEYS: dict[AuditAct, LazyString] = {
    AuditAct.SURVEY_CHANGED: lazy_gettext("changed the survey about %(what)s"),
    AuditAct.SURVEY_RESET: lazy_gettext("took back the questions of the survey about %(what)s"),
    AuditAct.SURVEY_OPENED: lazy_gettext("opened the survey about %(what)s"),
    AuditAct.SURVEY_EXPORTED: lazy_gettext("exported the answers about %(what)s"),
    AuditAct.SURVEY_TEXT_READ: lazy_gettext("read a text of the survey about %(what)s"),
    AuditAct.SURVEY_TEXT_QUOTED: lazy_gettext("quoted a text of the survey about %(what)s"),
    AuditAct.SURVEY_TEXT_REMOVED: lazy_gettext("removed a text of the survey about %(what)s"),
}


@dataclass(frozen=True, slots=True)
class WebinarWords:
    """What an act did to one webinar, field by field."""

    slug: str
    title: str
    fields: tuple[FieldWords, ...]
    added: bool
    removed: bool
    day: str | None
    """Of one that was added or removed: its date in words."""


@dataclass(frozen=True, slots=True)
class ActWords:
    """Who, when and what. ``at`` is UTC."""

    at: datetime
    actor: str
    words: str


def acts_in_words(acts: Iterable[Act], titles: Mapping[str, str]) -> tuple[ActWords, ...]:
    """What was done since somebody looked, to be told to them."""
    return tuple(
        ActWords(act.at, actor_in_words(act.actor), act_in_words(act, titles)) for act in acts
    )


def actor_in_words(actor: str) -> str:
    """Who acted."""
    return str(NOBODY_SIGNED_IN.get(actor, actor))


def act_in_words(act: Act, titles: Mapping[str, str]) -> str:
    """What was done: «« A » déplacé du jeudi 20 juin au …». ``titles``: of webinars, by slug."""
    if act.act in ELSEWHERE:
        return str(ELSEWHERE[act.act]) + _counts_of_the_library(act)
    match act.act:
        case AuditAct.PLANNED | AuditAct.COPIED | AuditAct.IMPORTED | AuditAct.PUBLISHED:
            return _of_a_whole_plan(act)
        case AuditAct.CYCLE_EDITED:
            return _of_the_cycle(act)
        case AuditAct.MOVED | AuditAct.EDITED | AuditAct.ADDED | AuditAct.THEME_ASSIGNED:
            return _of_one(act, titles)
        case AuditAct.LIST_IMPORTED:
            return _of_a_list(act, titles)
        case AuditAct.PEOPLE_ERASED:
            return str(
                ngettext(
                    "erased %(num)s person who was not heard of for long",
                    "erased %(num)s people who were not heard of for long",
                    act.after.get("count", 0),
                )
            )
        case AuditAct.THEME_REMOVED | AuditAct.RESOURCE_REMOVED:
            title = quoted(act.before.get("title", ""))
            return str(OUT_OF_THE_LIBRARY[act.act]) % {"title": title}
        case _:
            of = _of_a_survey if act.act in SURVEYS else _of_some
            return of(act, titles) + _parts_of_a_replay(act)


def _counts_of_the_library(act: Act) -> str:
    if act.act is not AuditAct.LIBRARY_IMPORTED or act.cycle_id is not None:
        return ""
    counts = {kind: len(act.after.get(kind, ())) for kind in ("themes", "resources")}
    return " (" + gettext("themes: %(themes)s, resources: %(resources)s", **counts) + ")"


def is_of_a_cycle(act: AuditAct) -> bool:
    """Whether such an act is done to a cycle or its webinars."""
    return act not in (*ELSEWHERE, *OUT_OF_THE_LIBRARY, AuditAct.PEOPLE_ERASED)


def webinars_of(act: Act, titles: Mapping[str, str]) -> tuple[WebinarWords, ...]:
    """Each webinar that the act touched, with what differs."""
    before, after = _sides(act)
    return tuple(
        WebinarWords(
            slug=slug,
            title=_title(act, slug, titles),
            fields=_fields(act, before.get(slug), after.get(slug)),
            added=not before.get(slug),
            removed=not after.get(slug),
            day=_day(before.get(slug), after.get(slug)),
        )
        for slug in sorted(act.slugs, key=lambda slug: _when(before.get(slug), after.get(slug)))
        if slug in before or slug in after
    )


def cycle_fields_of(act: Act) -> tuple[FieldWords, ...]:
    """The cycle's own fields that the act changed."""
    return field_words(act.before.get("cycle", {}), act.after.get("cycle", {}))


def _fields(
    act: Act, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[FieldWords, ...]:
    if before is None or after is None:
        return ()
    if "starts" not in before or "starts" not in after:
        return field_words(before, after, drafted=act.act is not AuditAct.PUBLISHED)
    old, new = from_to(before["starts"], after["starts"])
    rest = field_words(
        {name: value for name, value in before.items() if name != "starts"},
        {name: value for name, value in after.items() if name != "starts"},
    )
    return (FieldWords(str(FIELDS["date"]), old, new), *rest)


def _when(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """What a webinar's place in a list depends on: its date, where the act names it."""
    fields = after or before or {}
    return str(fields.get("date") or fields.get("starts") or "")


def _day(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str | None:
    if before and after:
        return None
    fields = after or before or {}
    if "starts" in fields:
        return start_words(fields["starts"])
    return day_words(fields["date"]) if "date" in fields else None


def _sides(act: Act) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return act.before.get("webinars", {}), act.after.get("webinars", {})


def _title(act: Act, slug: str, titles: Mapping[str, str]) -> str:
    """As it is called now; what is no longer there, as it was called then."""
    if slug in titles:
        return titles[slug]
    sides = (side.get(slug) or {} for side in reversed(_sides(act)))
    return next((side["title"] for side in sides if "title" in side), slug)


def _of_a_whole_plan(act: Act) -> str:
    number = len(act.slugs)
    match act.act:
        case AuditAct.PLANNED:
            return str(
                ngettext(
                    "planned the year: %(num)s webinar",
                    "planned the year: %(num)s webinars",
                    number,
                )
            )
        case AuditAct.COPIED:
            return str(
                ngettext(
                    "planned the year like another one: %(num)s webinar",
                    "planned the year like another one: %(num)s webinars",
                    number,
                )
            )
        case AuditAct.IMPORTED:
            return str(
                ngettext(
                    "brought a plan in from a file: %(num)s webinar touched",
                    "brought a plan in from a file: %(num)s webinars touched",
                    number,
                )
            )
        case _:
            return str(
                ngettext(
                    "published revision %(revision)s: %(num)s webinar",
                    "published revision %(revision)s: %(num)s webinars",
                    number,
                    revision=act.revision,
                )
            )


def _of_the_cycle(act: Act) -> str:
    names = [str(FIELDS.get(name, name)) for name in act.after.get("cycle", {})]
    number = len(act.slugs)
    laid = str(
        ngettext(
            "%(num)s webinar laid on a date of the rule",
            "%(num)s webinars laid on the dates of the rule",
            number,
        )
    )
    if not names:
        return laid
    said = str(gettext("changed of the cycle: %(fields)s", fields=", ".join(names).lower()))
    return f"{said}; {laid}" if number else said


def _of_one(act: Act, titles: Mapping[str, str]) -> str:
    before, after = _sides(act)
    slug = next((one for one in act.slugs if after.get(one) is not None), "")
    old, new = before.get(slug) or {}, after.get(slug) or {}
    title = quoted(_title(act, slug, titles))
    match act.act:
        case AuditAct.MOVED if "date" in old:
            days = {"old": day_words(old["date"]), "new": day_words(new["date"])}
            return str(gettext("moved %(title)s from %(old)s to %(new)s", title=title, **days))
        case AuditAct.ADDED if "date" in new:
            return str(
                gettext("added %(title)s on %(day)s", title=title, day=day_words(new["date"]))
            )
        case AuditAct.THEME_ASSIGNED:
            return _of_a_theme(act, new, title)
        case _:
            names = (str(FIELDS.get(name, name)) for name in new if name in old)
            fields = ", ".join(dict.fromkeys(names)).lower()
            if not fields:  # another address is all that is new
                return str(gettext("edited %(title)s", title=title))
            return str(gettext("edited %(title)s: %(fields)s", title=title, fields=fields))


def _of_a_list(act: Act, titles: Mapping[str, str]) -> str:
    number = act.after.get("confirmed", 0) + act.after.get("waitlisted", 0)
    return str(
        ngettext(
            "brought in a list for %(title)s: %(num)s person registered",
            "brought in a list for %(title)s: %(num)s people registered",
            number,
            title=listed([_title(act, slug, titles) for slug in act.slugs]),
        )
    )


def _of_a_survey(act: Act, titles: Mapping[str, str]) -> str:
    """By its subject: a survey of all webinars or of the year names none."""
    named = listed([_title(act, slug, titles) for slug in act.slugs])
    each = act.subject == SurveyKind.EACH
    what = named or (gettext("every webinar") if each else gettext("the year"))
    return str(SURVEYS[act.act]) % {"what": what}


def _parts_of_a_replay(act: Act) -> str:
    """Those that were worked on, between brackets; or that one went online without consent."""
    if act.after.get("replay", {}).get("without_consent"):
        return " (" + gettext("the speakers’ consent was not noted") + ")"
    if act.act is not AuditAct.REPLAY_EDITED:
        return ""
    sides = (*act.before.get("replay", {}), *act.after.get("replay", {}))
    names = {name.partition(" ")[0] for name in sides}
    parts = dict.fromkeys(str(word) for name, word in PARTS_OF_A_REPLAY.items() if name in names)
    return f" ({', '.join(parts).lower()})" if parts else ""


def _of_a_theme(act: Act, new: Mapping[str, Any], title: str) -> str:
    if new.get("theme_slug") is None:
        return str(gettext("left the theme of %(title)s open", title=title))
    before, _ = _sides(act)
    old = next((side["title"] for side in before.values() if side and "title" in side), None)
    theme = quoted(new["title"]) if "title" in new else title
    if old is None or quoted(old) == theme:
        return str(gettext("put %(title)s on its theme", title=title))
    return str(gettext("put %(title)s on the theme %(theme)s", title=quoted(old), theme=theme))


def _of_some(act: Act, titles: Mapping[str, str]) -> str:
    named = [_title(act, slug, titles) for slug in act.slugs]
    which = (
        listed(named)
        if 0 < len(named) <= MOST_NAMED
        else str(ngettext("%(num)s webinar", "%(num)s webinars", len(named)))
    )
    if not named:
        return str(
            gettext("dropped the changes to the cycle")
            if act.act is AuditAct.DISCARDED
            else gettext("undid a change to the cycle")
        )
    return str(TO_SOME[act.act]) % {"titles": which, "count": act.after.get("count", 0)}
