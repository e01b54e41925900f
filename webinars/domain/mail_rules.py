"""By which rules mails leave: before the start, when the replay is online, after the end. Pure.

A rule is written as one word: ``7d``, ``24h`` and ``45m`` before the start, ``replay`` when the
replay goes online, ``survey+1d`` after the end. Days are days of the calendar, at the hour
that clocks of the cycle's zone show; hours and minutes pass as they do, also in the nights of
summer time (RFC 5545 section 3.3.6 tells them apart in the same way).
"""

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator

from webinars.clock import at_hour, days_away, minutes, to_local
from webinars.domain.errors import N_, WrongValue


class RuleKind(enum.StrEnum):
    """What a rule sends."""

    REMINDER = "reminder"
    REPLAY = "replay"
    SURVEY = "survey"


class Unit(enum.StrEnum):
    """In what an offset counts."""

    MINUTES = "m"
    HOURS = "h"
    DAYS = "d"


MINUTES_OF = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 24 * 60}
LONGEST_BEFORE = timedelta(days=90)
LONGEST_AFTER = timedelta(days=30)
MOST_REMINDERS = 8
SURVEY_SIGN = "survey+"
WRITTEN = re.compile(r"(survey\+)?([0-9]{1,6})([mhd])")

SURVEY_IS_OF_USE = timedelta(days=14)
REPLAY_IS_OF_USE = timedelta(days=30)
"""After that long nobody is written to any more: a worker may have been away."""
LEAST_NOTICE = timedelta(minutes=15)
"""A reminder that quiet hours would bring later than this before the start leaves before them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``count`` and ``unit`` are of a reminder and of a survey."""

    kind: RuleKind
    count: int = 0
    unit: Unit = Unit.MINUTES

    @property
    def word(self) -> str:
        """As it is written."""
        if self.kind is RuleKind.REPLAY:
            return self.kind.value
        sign = SURVEY_SIGN if self.kind is RuleKind.SURVEY else ""
        return f"{sign}{self.count}{self.unit}"

    @property
    def offset(self) -> timedelta:
        """How long before or after, where every day has 24 hours."""
        return minutes(self.count * MINUTES_OF[self.unit])


REPLAY = Rule(RuleKind.REPLAY)
DEFAULT = ("7d", "1d", "1h", "replay", "survey+1d")
"""Of a cycle that says nothing of it."""


def read(word: str) -> Rule:
    """The rule that a word means. Raises WrongValue."""
    if word == RuleKind.REPLAY:
        return REPLAY
    found = WRITTEN.fullmatch(word)
    if found is None:
        raise WrongValue(
            N_(
                '"%(value)s" is no rule for a mail: write for example "7d", "2h" or "30m" before '
                'the start, "replay", or "survey+1d" after the end'
            ),
            value=word[:40],
        )
    rule = Rule(RuleKind.SURVEY if found[1] else RuleKind.REMINDER, int(found[2]), Unit(found[3]))
    if rule.kind is RuleKind.REMINDER and not timedelta() < rule.offset <= LONGEST_BEFORE:
        raise WrongValue(N_("a reminder leaves between one minute and 90 days before the start"))
    if rule.kind is RuleKind.SURVEY and rule.offset > LONGEST_AFTER:
        raise WrongValue(N_("a survey leaves at most 30 days after the end"))
    return rule


def in_order(words: Iterable[str]) -> tuple[str, ...]:
    """A set of rules, each once, in the order in which mails leave. Raises WrongValue."""
    rules = {read(word) for word in words}
    by_kind = {kind: [rule for rule in rules if rule.kind is kind] for kind in RuleKind}
    if len(by_kind[RuleKind.SURVEY]) > 1:
        raise WrongValue(N_("one survey is enough: leave the others out"))
    if len(by_kind[RuleKind.REMINDER]) > MOST_REMINDERS:
        raise WrongValue(N_("at most 8 reminders of one webinar"))
    reminders = sorted(by_kind[RuleKind.REMINDER], key=lambda rule: (-rule.offset, rule.unit))
    rest = by_kind[RuleKind.REPLAY] + by_kind[RuleKind.SURVEY]
    return tuple(rule.word for rule in reminders + rest)


Words = Annotated[tuple[str, ...], AfterValidator(in_order)]
"""A set of rules in a file."""


def in_force(own: Sequence[str] | None, of_cycle: Sequence[str] | None) -> tuple[str, ...]:
    """The rules of a webinar: its own, else its cycle's, else the usual ones."""
    return tuple(own if own is not None else of_cycle if of_cycle is not None else DEFAULT)


def armed(before: Mapping[str, str], words: Iterable[str], *, now: datetime) -> dict[str, str]:
    """These rules with the instant since when each is in force: of a new one, now."""
    return {word: before.get(word, now.isoformat()) for word in words}


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day, in a cycle's zone, in which no mail leaves by a rule."""

    begins: time
    ends: time

    def around(self, instant: datetime, zone: str) -> tuple[datetime, datetime] | None:
        """The beginning and the end of the quiet hours that this instant is in."""
        day = to_local(instant, zone).date()
        overnight = timedelta(days=1 if self.ends <= self.begins else 0)
        for first in (day - timedelta(days=1), day):
            begins = at_hour(first, self.begins, zone)
            ends = at_hour(first + overnight, self.ends, zone)
            if begins <= instant < ends:
                return begins, ends
        return None

    def moved(self, instant: datetime, zone: str, *, latest: datetime | None) -> datetime:
        """When a mail of this time leaves: at the end of quiet hours, or of no use then, before.

        ``latest``: after that it is of no use; None is never.
        """
        hours = self.around(instant, zone)
        if hours is None:
            return instant
        begins, ends = hours
        return ends if latest is None or ends <= latest else begins


@dataclass(frozen=True, slots=True)
class Pace:
    """How the house spaces its mails."""

    apart: timedelta = timedelta(hours=3)
    """Two reminders to one person that would leave within this are one."""
    quiet: Quiet | None = None

    def known_by(self, at: datetime) -> datetime:
        """Who knows of a webinar since then is reminded at ``at``; who came later was just told."""
        return at - self.apart


USUAL = Pace()


@dataclass(frozen=True, slots=True)
class Times:
    """The instants of a webinar that rules count from, in UTC."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    online_at: datetime | None = None
    """Of its replay; None while there is none."""


def due_at(rule: Rule, times: Times) -> datetime | None:
    """The time of a rule, quiet hours apart; None while it has none: the replay is not there."""
    match rule.kind:
        case RuleKind.REMINDER:
            return _away(times.starts_at, rule, -1, times.zone)
        case RuleKind.SURVEY:
            return _away(times.ends_at, rule, 1, times.zone)
        case RuleKind.REPLAY:
            return times.online_at and max(times.online_at, times.ends_at)


def _away(instant: datetime, rule: Rule, direction: int, zone: str) -> datetime:
    if rule.unit is Unit.DAYS:
        return days_away(instant, direction * rule.count, zone)
    return instant + direction * rule.offset


def leaves_at(rule: Rule, times: Times, pace: Pace) -> datetime | None:
    """When a mail of this rule leaves; None while the rule has no time."""
    due = due_at(rule, times)
    if due is None or pace.quiet is None:
        return due
    latest = times.starts_at - LEAST_NOTICE if rule.kind is RuleKind.REMINDER else None
    return pace.quiet.moved(due, times.zone, latest=latest)


def of_no_use_from(rule: Rule, times: Times) -> datetime | None:
    """From then on nobody is written to by this rule; None while it has no time."""
    due = due_at(rule, times)
    match rule.kind:
        case RuleKind.REMINDER:
            return times.starts_at
        case RuleKind.SURVEY:
            return due and due + SURVEY_IS_OF_USE
        case RuleKind.REPLAY:
            return due and due + REPLAY_IS_OF_USE


@dataclass(frozen=True, slots=True)
class Due:
    """A rule whose time has come. Instants are UTC."""

    rule: Rule
    at: datetime
    """When it was to leave."""
    since: datetime
    """Since when the rule is in force."""
    ends: datetime
    """From then on it is of no use."""


def due_now(
    times: Times, armed: Mapping[str, str], *, pace: Pace, now: datetime
) -> tuple[Due, ...]:
    """The rules whose mails are to leave now; of reminders the last one, which says it all."""
    found = [one for one in timetable(times, armed, pace=pace) if one.at <= now < one.ends]
    reminders = [one for one in found if one.rule.kind is RuleKind.REMINDER]
    others = [one for one in found if one.rule.kind is not RuleKind.REMINDER]
    return (*reminders[-1:], *others)


def timetable(times: Times, armed: Mapping[str, str], *, pace: Pace) -> tuple[Due, ...]:
    """Every rule that has a time, in the order of their times.

    A rule that came into force after its time has none: it would fire at once.
    """
    found = []
    for word, since in armed.items():
        rule, begun = read(word), datetime.fromisoformat(since)
        at, ends = leaves_at(rule, times, pace), of_no_use_from(rule, times)
        if at is not None and ends is not None and begun <= at:
            found.append(Due(rule, at, begun, ends))
    return tuple(sorted(found, key=lambda one: (one.at, -one.rule.offset, one.rule.word)))
