"""The year as its organisers see it: the draft, with what is public where it differs."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.domain.arranging import is_open
from webinars.domain.holidays import (
    SchoolHoliday,
    public_holidays,
    school_calendar_known_until,
    school_holidays,
)
from webinars.domain.mail_rules import RuleKind, in_force, read
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.planning import find_cycle
from webinars.domain.programme import Life, Moment, Row, ThemeView, life, theme_view
from webinars.domain.publication import changed_fields
from webinars.domain.reach import reach
from webinars.domain.remarks import Remark, RemarkKind, by_webinar
from webinars.domain.replay_life import Stage
from webinars.domain.rooms import Tool, reminding_tool
from webinars.domain.wish_views import WishView, suggestions
from webinars.domain.year import Year, read_year
from webinars.models import ChangeKind, DraftSession, Webinar, WebinarStatus


class Missing(enum.StrEnum):
    """What a webinar still needs."""

    THEME = "theme"
    SPEAKER = "speaker"
    JOIN_LINK = "join_link"
    KIT = "kit"
    """Its theme has no resources."""
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class PublicState:
    """A webinar as the public sees it. Instants are UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One webinar on the board. Instants are UTC."""

    slug: str
    title: str
    day: date
    """In the cycle's zone."""
    starts_at: datetime
    ends_at: datetime
    zone: str
    theme: ThemeView | None
    theme_slug: str | None
    """Also of a theme that the library does not have yet."""
    speakers: Sequence[str]
    capacity: int | None
    registered: int
    waiting: int
    cancelled: bool
    dropped: bool
    """Public, and no longer in the draft: publishing cancels it."""
    life: Life
    is_next: bool
    public: PublicState | None
    """None has never been published."""
    changes: tuple[ChangeKind, ...]
    """What publishing would change."""
    missing: tuple[Missing, ...]
    tool: Tool | None
    """Of its room, if that reminds people as well before a webinar that is to come."""
    remarks: tuple[Remark, ...]
    exception_of: date | None
    reason: str | None
    is_open: bool = False
    """To come, and without a subject yet."""


@dataclass(frozen=True, slots=True)
class Month:
    """One of the twelve. Days are of the cycle's zone."""

    first: date
    cards: tuple[Card, ...]
    free: tuple[date, ...]
    """Dates of the rule without a webinar."""
    holidays: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class ThemeChoice:
    """A theme that can be given to a webinar."""

    theme: ThemeView
    resources: int
    used_by: tuple[str, ...]
    """Slugs of this cycle's webinars that are on it."""


@dataclass(frozen=True, slots=True)
class Board:
    """One cycle's year."""

    slug: str
    title: str
    year: int
    rule: str
    zone: str
    demonstration: bool
    department: str | None
    revision: int
    published_at: datetime | None
    version: int
    """Of the draft: what an act must name as seen."""
    months: tuple[Month, ...]
    school: tuple[SchoolHoliday, ...]
    school_known_until: date
    themes: tuple[ThemeChoice, ...]
    pending: int
    """How many changes publishing would make."""
    people: int
    """Whom it would tell, of those who stand registered."""
    joining: int
    """Who would hear of what it plans: of whole cycles and themes."""
    fields_changed: bool
    """Whether the cycle's own words or rule would change."""
    wishes: tuple[WishView, ...]
    """What people wish for and no webinar answers, the most supported first."""

    @property
    def open_cards(self) -> tuple[Card, ...]:
        """Those to come that nobody has given a subject: a wish can give one."""
        return tuple(card for card in self.cards if card.is_open)

    @property
    def cards(self) -> tuple[Card, ...]:
        """Every card, by date."""
        return tuple(card for month in self.months for card in month.cards)


def board(session: Session, *, cycle_slug: str, moment: Moment, language: str = "fr") -> Board:
    """The year board. Raises NotFound. A fixed number of queries, whatever the size."""
    cycle = find_cycle(session, slug=cycle_slug)
    year = read_year(session, cycle=cycle, moment=moment, language=language)
    draft = cycle.draft
    reached = reach(session, year=year, now=moment.now)
    return Board(
        slug=cycle.slug,
        title=draft.title,
        year=cycle.year,
        rule=draft.rule,
        zone=draft.zone,
        demonstration=draft.demonstration,
        department=draft.department,
        revision=cycle.revision,
        published_at=cycle.published_at,
        version=draft.version,
        months=_months(year, _cards(year, moment), language),
        school=school_holidays(cycle.year, language=language),
        school_known_until=school_calendar_known_until(),
        themes=_choices(year),
        pending=len(year.changes),
        people=reached.registered.people,
        joining=len(reached.planned.people),
        fields_changed=bool(changed_fields(cycle)),
        wishes=suggestions(session),
    )


def _cards(year: Year, moment: Moment) -> tuple[Card, ...]:
    noted = by_webinar(year.remarks)
    found = [
        _card(year, planned, noted.get(planned.slug, ()), moment) for planned in year.plan.sessions
    ]
    found += [
        _dropped(year, row, moment) for slug, row in year.public.items() if slug not in year.drafted
    ]
    ordered = sorted(found, key=lambda card: (card.starts_at, card.slug))
    coming = [one.slug for one in ordered if one.life is not Life.AFTER and not one.cancelled]
    return tuple(replace(card, is_next=card.slug in coming[:1]) for card in ordered)


def _card(year: Year, planned: PlannedSession, noted: tuple[Remark, ...], moment: Moment) -> Card:
    plan, row = year.plan, year.drafted[planned.slug]
    webinar, _, stage = year.public.get(planned.slug, (None, None, Stage.EXPECTED))
    known = year.themes.get(planned.theme or "")
    starts_at, ends_at = plan.start_of(planned), plan.end_of(planned)
    its_life = life(starts_at=starts_at, ends_at=ends_at, now=moment.now, opens=moment.opens)
    cancelled = planned.status is WebinarStatus.CANCELLED
    missing = missing_of(
        row,
        its_life,
        kit=known[1] if known else 0,
        replay=stage != Stage.EXPECTED,
        public=webinar is not None,
    )
    return Card(
        slug=planned.slug,
        title=planned.title,
        day=planned.date,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=plan.zone,
        theme=theme_view(known[0]) if known else None,
        theme_slug=planned.theme,
        speakers=row.speakers,
        capacity=plan.capacity_of(planned),
        registered=webinar.confirmed_count if webinar else 0,
        waiting=year.waiting.get(planned.slug, 0),
        cancelled=cancelled,
        dropped=False,
        life=its_life,
        is_next=False,
        public=_public_state(webinar) if webinar else None,
        changes=tuple(one.kind for one in year.changes if one.slug == planned.slug),
        missing=() if cancelled else missing,
        tool=None if cancelled or its_life is Life.AFTER else _reminding_tool(plan, row),
        remarks=noted,
        exception_of=planned.exception_of,
        reason=planned.reason,
        is_open=its_life is Life.BEFORE and not cancelled and is_open(planned),
    )


def _dropped(year: Year, row: Row, moment: Moment) -> Card:
    """A public webinar that the draft has no more."""
    webinar, theme, _ = row
    return Card(
        slug=webinar.slug,
        title=webinar.title,
        day=to_local(webinar.starts_at, year.plan.zone).date(),
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=year.plan.zone,
        theme=theme_view(theme) if theme else None,
        theme_slug=webinar.theme_slug,
        speakers=webinar.speakers,
        capacity=webinar.capacity,
        registered=webinar.confirmed_count,
        waiting=year.waiting.get(webinar.slug, 0),
        cancelled=True,
        dropped=True,
        life=life(
            starts_at=webinar.starts_at,
            ends_at=webinar.ends_at,
            now=moment.now,
            opens=moment.opens,
        ),
        is_next=False,
        public=_public_state(webinar),
        changes=tuple(one.kind for one in year.changes if one.slug == webinar.slug),
        missing=(),
        tool=None,
        remarks=(),
        exception_of=webinar.exception_of,
        reason=webinar.reason,
    )


def _public_state(webinar: Webinar) -> PublicState:
    return PublicState(
        title=webinar.title,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        cancelled=webinar.status is WebinarStatus.CANCELLED,
    )


def _reminding_tool(plan: Plan, row: DraftSession) -> Tool | None:
    """The tool of its room, where people would be reminded twice."""
    words = in_force(row.reminders, plan.reminders)
    twice = any(read(word).kind is RuleKind.REMINDER for word in words)
    return reminding_tool(row.join_url) if twice else None


def missing_of(
    row: DraftSession, its_life: Life, *, kit: int, replay: bool, public: bool
) -> tuple[Missing, ...]:
    """What a webinar still needs: before, what makes it happen; after, what remains of it."""
    over = its_life is Life.AFTER
    needs = {
        Missing.THEME: not row.theme_slug and not public and not over,
        Missing.SPEAKER: not row.speakers and not over,
        Missing.JOIN_LINK: not row.join_url and not over,
        Missing.KIT: bool(row.theme_slug) and not kit,
        Missing.REPLAY: over and public and not replay,
    }
    return tuple(what for what, is_missing in needs.items() if is_missing)


def _months(year: Year, cards: Sequence[Card], language: str) -> tuple[Month, ...]:
    """All twelve, empty or not. A card of another year goes to the month of its number."""
    number, plan = year.cycle.year, year.plan
    holidays = public_holidays(number, department=plan.department, language=language)
    free = [one.day for one in year.remarks if one.kind is RemarkKind.LEFT_OUT]
    return tuple(
        Month(
            first=date(number, month, 1),
            cards=tuple(card for card in cards if card.day.month == month),
            free=tuple(day for day in free if day.month == month),
            holidays={day: name for day, name in holidays.items() if day.month == month},
        )
        for month in range(1, 13)
    )


def _choices(year: Year) -> tuple[ThemeChoice, ...]:
    users: dict[str, list[str]] = {}
    for planned in year.plan.sessions:
        if planned.theme:
            users.setdefault(planned.theme, []).append(planned.slug)
    return tuple(
        ThemeChoice(theme_view(theme), count, tuple(users.get(slug, ())))
        for slug, (theme, count) in year.themes.items()
    )
