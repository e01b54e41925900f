"""What will leave by the rules, when and to how many: said before it is saved or published."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.audience import Audience, audiences
from webinars.domain.errors import NotFound
from webinars.domain.mail_rules import (
    DEFAULT,
    Pace,
    Rule,
    RuleKind,
    Times,
    leaves_at,
    read,
)
from webinars.domain.planning import draft_plan, find_cycle
from webinars.domain.programme import Moment
from webinars.domain.rooms import Tool, reminding_tool
from webinars.models import (
    Cycle,
    Registration,
    Replay,
    Webinar,
    WebinarStatus,
)


class State(enum.StrEnum):
    """What becomes of one rule for one webinar."""

    COMING = "coming"
    SAID = "said"
    """The reminder before it, or the publication that puts the webinar there, says it."""
    PASSED = "passed"
    WAITS = "waits"
    """For the replay."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """One rule of one webinar. The instant is UTC."""

    rule: Rule
    state: State
    at: datetime | None
    people: int
    """To how many, as they stand registered now."""


@dataclass(frozen=True, slots=True)
class WebinarMails:
    """What leaves of one webinar, as it is drafted."""

    slug: str
    title: str
    starts_at: datetime
    zone: str
    own: tuple[str, ...] | None
    """Rules of its own; None follows the cycle's."""
    leaving: tuple[Leaving, ...]
    tool: Tool | None
    """That reminds as well."""
    over: bool

    @property
    def near(self) -> bool:
        """Whether it is to come, or something of it."""
        ahead = (State.COMING, State.WAITS, State.SAID)
        return not self.over or any(one.state in ahead for one in self.leaving)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A cycle's rules as they are drafted, and what would follow from publishing them now."""

    slug: str
    title: str
    zone: str
    version: int
    """Of the draft."""
    words: tuple[str, ...]
    """The cycle's rules."""
    survey_url: str | None
    webinars: tuple[WebinarMails, ...]
    """Those that are to take place, by date."""
    pending: bool
    """Whether what holds now is something else."""

    def webinar(self, slug: str) -> WebinarMails:
        """One of them. Raises NotFound."""
        for one in self.webinars:
            if one.slug == slug:
                return one
        raise NotFound(slug)


@dataclass(frozen=True, slots=True)
class Typed:
    """Rules as somebody has typed them, in the place of the drafted ones."""

    words: tuple[str, ...] | None
    """None is the cycle's, of a webinar."""
    survey_url: str | None = None
    slug: str | None = None
    """Of the webinar whose own they are; None is the cycle's."""


def forecast(
    session: Session, *, cycle_slug: str, moment: Moment, pace: Pace, typed: Typed | None = None
) -> Forecast:
    """What the draft's rules, or those that were typed, would send. Raises NotFound.

    Seven queries.
    """
    cycle = find_cycle(session, slug=cycle_slug)
    plan = draft_plan(cycle)
    words = plan.reminders if plan.reminders is not None else DEFAULT
    survey_url = plan.survey_url
    if typed is not None and typed.slug is None:
        words, survey_url = typed.words or (), typed.survey_url
    public = _public(session, cycle)
    of_cycle = Registration.webinar_id.in_(
        sa.select(Webinar.id).where(Webinar.cycle_id == cycle.id)
    )
    people = audiences(session, among=of_cycle, pace=pace, now=moment.now)
    found = []
    for one in plan.sessions:
        if one.status is WebinarStatus.CANCELLED:
            continue
        own = typed.words if typed and typed.slug == one.slug else one.reminders
        webinar, online_at = public.get(one.slug, (None, None))
        audience = people[webinar.id] if webinar and webinar.id in people else Audience()
        times = Times(plan.start_of(one), plan.end_of(one), plan.zone, online_at)
        its = leaving(
            own if own is not None else words,
            times,
            placed_at=_placed_at(webinar, times, moment.now),
            armed=webinar.armed if webinar else {},
            pace=pace,
            now=moment.now,
        )
        found.append(
            WebinarMails(
                slug=one.slug,
                title=one.title,
                starts_at=times.starts_at,
                zone=plan.zone,
                own=own,
                leaving=tuple(
                    Leaving(rule, state, at, audience.of(rule, at, pace=pace))
                    for rule, state, at in its
                ),
                tool=reminding_tool(one.join_url),
                over=times.ends_at <= moment.now,
            )
        )
    return Forecast(
        slug=cycle.slug,
        title=plan.title,
        zone=plan.zone,
        version=cycle.draft.version,
        words=tuple(words),
        survey_url=survey_url,
        webinars=tuple(found),
        pending=_pending(cycle, public),
    )


def _placed_at(webinar: Webinar | None, times: Times, now: datetime) -> datetime:
    """Since when it is on its drafted date: now, where publishing puts it there."""
    stays = (
        webinar is not None
        and webinar.starts_at == times.starts_at
        and webinar.status is WebinarStatus.SCHEDULED
    )
    return webinar.placed_at if webinar is not None and stays else now


def _public(session: Session, cycle: Cycle) -> dict[str, tuple[Webinar, datetime | None]]:
    rows = session.execute(
        sa.select(Webinar, Replay.online_at)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(Webinar.cycle_id == cycle.id)
    )
    return {webinar.slug: (webinar, online_at) for webinar, online_at in rows}


def _pending(cycle: Cycle, public: Mapping[str, tuple[Webinar, datetime | None]]) -> bool:
    """Whether rules are drafted that are not published."""
    drafted = {row.slug: row.reminders for row in cycle.draft.sessions}
    return (cycle.reminders, cycle.survey_url) != (
        cycle.draft.reminders,
        cycle.draft.survey_url,
    ) or any(
        webinar.reminders != drafted.get(slug, webinar.reminders)
        for slug, (webinar, _) in public.items()
    )


def leaving(
    words: Sequence[str],
    times: Times,
    *,
    placed_at: datetime,
    armed: Mapping[str, str],
    pace: Pace,
    now: datetime,
) -> tuple[tuple[Rule, State, datetime | None], ...]:
    """What becomes of these rules if they hold from now on, in the order of their times. Pure.

    ``armed``: those that hold already, with since when.
    """
    rules = [(leaves_at(read(word), times, pace), read(word)) for word in words]
    rules.sort(key=lambda pair: (pair[0] is None, pair[0] or now, -pair[1].offset))
    found = []
    told = placed_at
    for at, rule in rules:
        near = at is not None and at - told <= pace.apart
        state = _state(rule, at, near=near, now=now)
        if at is not None and rule.kind is RuleKind.REMINDER:
            since = datetime.fromisoformat(armed.get(rule.word, now.isoformat()))
            left = state is State.PASSED and since <= at
            told = max(told, at) if state is State.COMING or left else told
        found.append((rule, state, at))
    return tuple(found)


def _state(rule: Rule, at: datetime | None, *, near: bool, now: datetime) -> State:
    if at is None:
        return State.WAITS
    if at <= now:
        return State.PASSED
    return State.SAID if rule.kind is RuleKind.REMINDER and near else State.COMING
