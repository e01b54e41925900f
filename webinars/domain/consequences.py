"""What a publication would do beyond the plan: to people, feeds and reminders. Pure."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webinars.domain.changes import PlanChange
from webinars.domain.mail_rules import Rule
from webinars.models import ChangeKind


@dataclass(frozen=True, slots=True)
class State:
    """A webinar, drafted or public, as far as consequences depend on it. Instants are UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime
    theme: str | None
    capacity: int | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Reminding:
    """A reminder by the drafted date. The instant is UTC."""

    rule: Rule
    leaves_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows, by the webinars' slugs."""

    published: Mapping[str, State]
    drafted: Mapping[str, State]
    told: Mapping[str, int]
    """How many are told, of each webinar whose change people are told of."""
    people: int
    """Persons told, each once; those who come to a place too."""
    registered: Mapping[str, int]
    """How many the whole cycle registers, of each webinar that is added."""
    invited: Mapping[str, int]
    """How many follow the theme of a webinar that is planned, and are told."""
    joining: int
    """Persons of these two, each once."""
    welcomed: int
    """Others who asked for news, and hear of a new cycle."""
    replays: Mapping[str, bool]
    """Whether it is online, of each webinar that has a replay, if only a prepared one."""
    confirmed: Mapping[str, int]
    held: Mapping[str, int]
    """Places kept for those who have yet to confirm."""
    waiting: Mapping[str, int]
    calendars: int
    """Personal calendars that hold a touched webinar."""
    reminders: Mapping[str, Sequence[Reminding]]
    """By its drafted date and rules, the first first, of each webinar that is drafted."""
    apart: timedelta
    """Who is told of a date is not reminded of it before so long."""


class ReplayThen(enum.StrEnum):
    """What becomes of a replay when its webinar gets other times."""

    LEAVES = "leaves"
    """It is online, and is not any more: the webinar is not over by its new times."""
    WAITS = "waits"
    """It is prepared, and goes online after the new end at the earliest."""
    STAYS_PREPARED = "stays_prepared"
    """The webinar is over by its new times, and it does not go online by itself."""


@dataclass(frozen=True, slots=True)
class WebinarConsequences:
    """One touched webinar, in the order of the plan."""

    slug: str
    changes: tuple[PlanChange, ...]
    before: State | None
    after: State | None
    """None: the draft has it no more, and it is cancelled."""
    told: int
    registered: int
    invited: int
    confirmed: int
    waiting: int
    promoted: int
    """Who comes from the waiting list to a place, there being more places."""
    over: int
    """How many more have a place than there will be places: nobody loses theirs."""
    replay: ReplayThen | None
    """None: it has none, or nothing becomes of it."""
    rearmed: tuple[Reminding, ...]
    """That will leave by the new date."""
    passed: tuple[Reminding, ...]
    """For which it is too late: the notice says what they would have said."""

    @property
    def state(self) -> State:
        """As it will be, or as it was when it goes."""
        state = self.after or self.before
        assert state is not None, "what changes is somewhere"
        return state


@dataclass(frozen=True, slots=True)
class Consequences:
    """Of a whole publication."""

    webinars: tuple[WebinarConsequences, ...]
    people: int
    joining: int
    welcomed: int
    themes: tuple[str, ...]
    """Themes whose feeds move."""
    calendars: int

    @property
    def promoted(self) -> int:
        """How many come from a waiting list to a place: as many mails."""
        return sum(one.promoted for one in self.webinars)

    @property
    def count(self) -> int:
        """How many changes."""
        return sum(len(one.changes) for one in self.webinars)


def consequences(changes: Sequence[PlanChange], *, facts: Facts, now: datetime) -> Consequences:
    """What would follow from publishing these changes now."""
    by_slug: dict[str, list[PlanChange]] = {}
    for change in changes:
        by_slug.setdefault(change.slug, []).append(change)
    states = [
        state
        for slug in by_slug
        for state in (facts.published.get(slug), facts.drafted.get(slug))
        if state
    ]
    return Consequences(
        webinars=tuple(_of_one(slug, its, facts, now) for slug, its in by_slug.items()),
        people=facts.people,
        joining=facts.joining,
        welcomed=facts.welcomed,
        themes=tuple(sorted({state.theme for state in states if state.theme})),
        calendars=facts.calendars,
    )


def _of_one(
    slug: str, changes: Sequence[PlanChange], facts: Facts, now: datetime
) -> WebinarConsequences:
    before, after = facts.published.get(slug), facts.drafted.get(slug)
    rearmed, passed = _reminders(slug, changes, after, facts, now)
    confirmed, waiting = facts.confirmed.get(slug, 0), facts.waiting.get(slug, 0)
    return WebinarConsequences(
        slug=slug,
        changes=tuple(changes),
        before=before,
        after=after,
        told=facts.told.get(slug, 0),
        registered=facts.registered.get(slug, 0),
        invited=facts.invited.get(slug, 0),
        confirmed=confirmed,
        waiting=waiting,
        promoted=come_to_places(
            after, taken=confirmed + facts.held.get(slug, 0), waiting=waiting, now=now
        ),
        over=_over(after, confirmed, now),
        replay=_replay_then(slug, before, after, facts, now),
        rearmed=rearmed,
        passed=passed,
    )


def _replay_then(
    slug: str, before: State | None, after: State | None, facts: Facts, now: datetime
) -> ReplayThen | None:
    """As ``replay_life.take_aside`` has it, at the publication."""
    if before is None or after is None or slug not in facts.replays:
        return None
    changed = (after.starts_at, after.ends_at) != (before.starts_at, before.ends_at)
    if facts.replays[slug]:
        return ReplayThen.LEAVES if changed and after.ends_at > now else None
    if after.cancelled or (before.ends_at > now) is (after.ends_at > now):
        return None
    return ReplayThen.WAITS if after.ends_at > now else ReplayThen.STAYS_PREPARED


def _reminders(
    slug: str, changes: Sequence[PlanChange], after: State | None, facts: Facts, now: datetime
) -> tuple[tuple[Reminding, ...], tuple[Reminding, ...]]:
    """A webinar that is moved or takes place after all is reminded of by its new date."""
    again = any(
        change.kind is ChangeKind.MOVED or change.after.get("cancelled") is False
        for change in changes
    )
    if not again or after is None or after.cancelled or after.starts_at <= now:
        return (), ()
    due = facts.reminders.get(slug, ())
    return (
        tuple(one for one in due if one.leaves_at - facts.apart >= now),
        tuple(one for one in due if one.leaves_at - facts.apart < now),
    )


def come_to_places(after: State | None, *, taken: int, waiting: int, now: datetime) -> int:
    """How many of the line would have a place, so many being taken and kept."""
    if after is None or after.cancelled or after.starts_at <= now:
        return 0
    if after.capacity is None:
        return waiting
    return max(0, min(waiting, after.capacity - taken))


def _over(after: State | None, confirmed: int, now: datetime) -> int:
    if after is None or after.cancelled or after.capacity is None or after.ends_at <= now:
        return 0
    return max(0, confirmed - after.capacity)
