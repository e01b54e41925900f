"""Arranging a year: plan in, plan out. Pure.

A date, with the reason why the rule was not followed, is a slot; everything else of a
session is the webinar, and goes with it: whoever registered chose the theme, not the day.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from unicodedata import combining

from babel.dates import format_date

from webinars.domain import rules
from webinars.domain.errors import DomainError, NotFound
from webinars.domain.fields import LONGEST_SLUG, RESERVED_SLUGS
from webinars.domain.plan import Plan, PlannedSession
from webinars.models import WebinarStatus

CONTENT_LANGUAGE = "fr"
"""Titles that the planner gives are texts of the programme, as those that people write."""


class NothingToRotate(DomainError):
    """Fewer than two webinars were chosen."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a webinar is about: a theme of the library, or what somebody wishes for."""

    slug: str
    title: str
    of_library: bool = True


@dataclass(frozen=True, slots=True)
class Copied:
    """A plan made from another year's."""

    plan: Plan
    left_over: tuple[str, ...]
    """Titles for which the new year has no date."""


def own_subject(title: str) -> Subject:
    """A subject that is no theme of the library, at an address made of its title."""
    return Subject(slug_of(title), title, of_library=False)


def find(plan: Plan, slug: str) -> PlannedSession:
    """The session of this slug. Raises NotFound."""
    for session in plan.sessions:
        if session.slug == slug:
            return session
    raise NotFound(slug)


def with_sessions(plan: Plan, *changed: PlannedSession) -> Plan:
    """The plan with these sessions in the place of those of the same slugs, by date."""
    new = {session.slug: session for session in plan.sessions}
    new |= {session.slug: session for session in changed}
    return replace(plan, sessions=tuple(sorted(new.values(), key=lambda one: (one.date, one.slug))))


def moved(plan: Plan, *, slug: str, day: date, reason: str | None = None) -> Plan:
    """One webinar on another date; what the rule would have given is remembered.

    Back on a date of the rule, the exception is over. Without a reason, that of an exception
    stays; an empty one takes it away. Raises NotFound.
    """
    session = find(plan, slug)
    ruled = rules.dates(plan.rule, year=plan.year)
    if day in ruled:
        origin, why = None, None
    else:
        origin = session.exception_of or (session.date if session.date in ruled else None)
        kept = session.reason if session.exception_of else None
        why = kept if reason is None else reason or None
    return with_sessions(plan, replace(session, date=day, exception_of=origin, reason=why))


def rotated(plan: Plan, *, slugs: Sequence[str], backwards: bool = False) -> Plan:
    """Each webinar takes the slot of the next one by date, and the last that of the first.

    Of two, this is a swap. Raises NotFound, NothingToRotate.
    """
    chosen = sorted((find(plan, slug) for slug in set(slugs)), key=lambda one: (one.date, one.slug))
    if len(chosen) < 2:
        raise NothingToRotate
    shift = -1 if backwards else 1
    targets = [chosen[(index + shift) % len(chosen)] for index in range(len(chosen))]
    return with_sessions(
        plan,
        *(
            replace(session, date=slot.date, exception_of=slot.exception_of, reason=slot.reason)
            for session, slot in zip(chosen, targets, strict=True)
        ),
    )


def realigned(plan: Plan, *, after: date) -> Plan:
    """The sessions from ``after`` on take the rule's dates from there on.

    Where the rule has dates in the month of each, they keep their months; else they keep
    their order. Those for which there is no date left keep theirs. Raises WrongRule.
    """
    ruled = rules.dates(plan.rule, year=plan.year)
    days = [day for day in ruled if day >= after]
    coming = [
        one for one in plan.sessions if one.date >= after and one.status is WebinarStatus.SCHEDULED
    ]
    if {_month(one) for one in coming} <= {day.month for day in ruled}:
        pairs = _by_month(coming, days)
    else:
        pairs = list(zip(coming, days, strict=False))
    return with_sessions(
        plan,
        *(replace(session, date=day, exception_of=None, reason=None) for session, day in pairs),
    )


def _month(session: PlannedSession) -> int:
    """The month whose webinar it is, wherever an exception has put it."""
    return (session.exception_of or session.date).month


def _by_month(
    sessions: Sequence[PlannedSession], days: Sequence[date]
) -> list[tuple[PlannedSession, date]]:
    free: dict[int, list[date]] = {}
    for day in days:
        free.setdefault(day.month, []).append(day)
    return [(one, free[_month(one)].pop(0)) for one in sessions if free.get(_month(one))]


def on_theme(
    plan: Plan,
    *,
    slug: str,
    theme: Subject | None,
    public: bool,
    taken: Collection[str] = (),
) -> Plan:
    """A webinar on a theme, under its title; or on none, its title kept.

    What nobody has seen yet takes the theme's address as well, or one like it when that is
    ``taken``. Raises NotFound.
    """
    session = find(plan, slug)
    if theme is None:
        return with_sessions(plan, replace(session, theme=None))
    kept = theme.slug if theme.of_library else session.theme
    about = replace(session, theme=kept, title=theme.title)
    if public:
        return with_sessions(plan, about)
    others = replace(plan, sessions=tuple(one for one in plan.sessions if one.slug != slug))
    return with_sessions(others, replace(about, slug=free_slug(others, theme.slug, taken=taken)))


def cancelled(plan: Plan, *, slug: str) -> Plan:
    """A webinar that will not take place. Raises NotFound."""
    return with_sessions(plan, replace(find(plan, slug), status=WebinarStatus.CANCELLED))


def restored(plan: Plan, *, slug: str) -> Plan:
    """A webinar that takes place after all. Raises NotFound."""
    return with_sessions(plan, replace(find(plan, slug), status=WebinarStatus.SCHEDULED))


def with_extra(
    plan: Plan,
    *,
    day: date,
    subject: Subject | None,
    title: str | None,
    taken: Collection[str] = (),
) -> Plan:
    """One more webinar, on a theme or of its own title, at an address that is not ``taken``.

    Raises nothing; ``check`` does.
    """
    named = title or (subject.title if subject else open_title(day, alone=False))
    slug = (
        subject.slug
        if subject and not title
        else slug_of(title or format_date(day, "d MMMM", locale=CONTENT_LANGUAGE))
    )
    extra = PlannedSession(
        slug=free_slug(plan, slug, taken=taken),
        date=day,
        title=named,
        theme=subject.slug if subject else None,
    )
    return with_sessions(plan, extra)


def without(plan: Plan, *, slug: str) -> Plan:
    """The plan without a session. Raises NotFound."""
    gone = find(plan, slug)
    return replace(plan, sessions=tuple(one for one in plan.sessions if one is not gone))


def by_rule(plan: Plan, *, subjects: Sequence[Subject | None] = ()) -> Plan:
    """A year from its rule: a session a date, on the subjects in their order, then open.

    ``plan`` is the cycle without sessions. Raises WrongRule.
    """
    days = rules.dates(plan.rule, year=plan.year)
    months = Counter(day.month for day in days)
    made = replace(plan, sessions=())
    for index, day in enumerate(days):
        subject = subjects[index] if index < len(subjects) else None
        title = subject.title if subject else open_title(day, alone=months[day.month] == 1)
        slug = subject.slug if subject else open_slug(day, alone=months[day.month] == 1)
        made = with_sessions(
            made,
            PlannedSession(
                slug=free_slug(made, slug),
                date=day,
                title=title,
                theme=subject.slug if subject and subject.of_library else None,
            ),
        )
    return made


def copied(plan: Plan, *, year: int, slug: str, keep_themes: bool) -> Copied:
    """The same cycle in another year: dates by the rule, themes in their order or left open.

    Dates, rooms, speakers and people of the old year stay there; what was open is open again.
    Raises WrongRule.
    """
    before, after = str(plan.year), str(year)
    title = plan.title.replace(before, after)
    opened = by_rule(replace(plan, slug=slug, year=year, title=title))
    if not keep_themes:
        return Copied(opened, ())
    kept = [one for one in plan.sessions if one.status is WebinarStatus.SCHEDULED]
    made = replace(opened, sessions=())
    for index, new in enumerate(opened.sessions):
        old = kept[index] if index < len(kept) and not is_open(kept[index]) else new
        address = free_slug(made, old.slug.replace(before, after))
        title = old.title.replace(before, after)
        about = replace(new, slug=address, title=title, theme=old.theme, reminders=old.reminders)
        made = with_sessions(made, about)
    left_over = kept[len(opened.sessions) :]
    return Copied(made, tuple(one.title for one in left_over if not is_open(one)))


def is_open(session: PlannedSession) -> bool:
    """Whether nobody has given it a subject; it may have been moved since it got its title."""
    return session.theme is None and session.title in _open_titles()


@cache
def _open_titles() -> frozenset[str]:
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(366)]
    return frozenset(open_title(day, alone=alone) for day in days for alone in (True, False))


def open_title(day: date, *, alone: bool) -> str:
    """What a date without a subject is called: «Webinaire d’avril», «Webinaire du 15 avril»."""
    month = format_date(day, "MMMM", locale=CONTENT_LANGUAGE)
    if alone:
        return f"Webinaire d’{month}" if month[0] in "ao" else f"Webinaire de {month}"
    return f"Webinaire du {day.day if day.day > 1 else '1er'} {month}"


def open_slug(day: date, *, alone: bool) -> str:
    """Its address until a subject gives one: ``avril``, ``15-avril``."""
    return slug_of(format_date(day, "MMMM" if alone else "d MMMM", locale=CONTENT_LANGUAGE))


def slug_of(text: str) -> str:
    """Part of an address from a text: «L’été à Nîmes» gives ``l-ete-a-nimes``."""
    spelled = text.lower().replace("œ", "oe").replace("æ", "ae")
    letters = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not combining(c))
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:80].strip("-") or "webinaire"
    return f"{slug}-2" if slug in RESERVED_SLUGS else slug


def free_slug(plan: Plan, slug: str, *, taken: Collection[str] = ()) -> str:
    """The slug, or the first number of it that no session of the plan has and nobody else."""
    return numbered(slug, used={session.slug for session in plan.sessions} | set(taken))


def numbered(slug: str, *, used: Collection[str]) -> str:
    """The slug, or the first of ``slug-2``, ``slug-3`` … that is not ``used``."""
    number, found = 1, slug
    while found in used:
        number += 1
        end = f"-{number}"
        found = slug[: LONGEST_SLUG - len(end)].rstrip("-") + end
    return found
