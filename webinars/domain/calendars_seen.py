"""What programs have seen of the calendars: organisers ask whether a move has reached them.

Nothing here is of a person. Google fetches a feed once for all who subscribe to it there. Every
other program fetches for itself: that one of its family has come says nothing of the others, that
none has come says it of all.
"""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.changes import PlanChange
from webinars.domain.errors import NotFound
from webinars.domain.feed_fetches import ALL, OF_WEBINAR, PERSON, cycle_feed, theme_feed
from webinars.models import Change, ClientFamily, Cycle, FeedFetch, Theme, Webinar

AWAY = timedelta(days=14)
"""After so long without a fetch nobody there is subscribed any more: the slowest come weekly."""


class Reach(enum.StrEnum):
    """Whether a family has what was published last."""

    HAS_IT = "has_it"
    """It has come since; where each program fetches for itself, at least one of them has."""
    NOT_YET = "not_yet"
    AWAY = "away"
    """It lacks it, and has not come for two weeks."""


@dataclass(frozen=True, slots=True)
class Client:
    """One family of programs, in one language of a feed. Instants are UTC."""

    family: ClientFamily
    language: str
    first_at: datetime
    fetched_at: datetime
    revision: int
    behind: int
    """How many publications it has not seen."""
    reach: Reach

    @property
    def is_one(self) -> bool:
        """What was fetched is what all of its users have."""
        return self.family is ClientFamily.GOOGLE


@dataclass(frozen=True, slots=True)
class Files:
    """Who took files of single webinars of a cycle. Those are not fetched again."""

    family: ClientFamily
    webinars: int
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class SeenCycle:
    """A cycle's feed."""

    slug: str
    title: str
    zone: str
    revision: int
    published_at: datetime | None
    changes: tuple[PlanChange, ...]
    """Of the latest publication."""
    titles: Mapping[str, str]
    """Of the webinars in them, by slug."""
    clients: tuple[Client, ...]
    files: tuple[Files, ...]


@dataclass(frozen=True, slots=True)
class SeenTheme:
    """A theme's feed."""

    slug: str
    title: str
    clients: tuple[Client, ...]


@dataclass(frozen=True, slots=True)
class SeenHouse:
    """Every feed; cycles with the latest year first."""

    made: int
    """Publications of all cycles: what feeds over cycles count by."""
    cycles: tuple[SeenCycle, ...]
    everything: tuple[Client, ...]
    themes: tuple[SeenTheme, ...]
    persons: tuple[Client, ...]

    @property
    def is_fetched(self) -> bool:
        """Some program has come for something."""
        feeds = (self.everything, self.persons, *(theme.clients for theme in self.themes))
        return any(feeds) or any(cycle.clients or cycle.files for cycle in self.cycles)


def seen_house(session: Session, *, now: datetime) -> SeenHouse:
    """Every feed with who fetches it. Six queries, however many there are."""
    fetches = _fetches(session, FeedFetch.feed.not_like(f"{OF_WEBINAR}%"))
    cycles = _cycles(session, Cycle.revision > 0, fetches=fetches, now=now)
    made = sum(cycle.revision for cycle in cycles)
    themes = session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.title))

    def clients(feed: str) -> tuple[Client, ...]:
        return _clients(fetches.get(feed, ()), present=made, now=now)

    return SeenHouse(
        made=made,
        cycles=cycles,
        everything=clients(ALL),
        themes=tuple(SeenTheme(slug, title, clients(theme_feed(slug))) for slug, title in themes),
        persons=clients(PERSON),
    )


def seen_cycle(session: Session, *, cycle_slug: str, now: datetime) -> SeenCycle:
    """The feed of one cycle; there is none before its revision 1. Raises NotFound. Five queries."""
    fetches = _fetches(session, FeedFetch.feed == cycle_feed(cycle_slug))
    found = _cycles(session, Cycle.slug == cycle_slug, fetches=fetches, now=now)
    if not found:
        raise NotFound(cycle_slug)
    return found[0]


def _fetches(session: Session, which: sa.ColumnElement[bool]) -> Mapping[str, Sequence[FeedFetch]]:
    """By feed; in each the latest fetch first."""
    found: defaultdict[str, list[FeedFetch]] = defaultdict(list)
    rows = sa.select(FeedFetch).where(which).order_by(FeedFetch.fetched_at.desc())
    for row in session.scalars(rows):
        found[row.feed].append(row)
    return found


def _cycles(
    session: Session,
    which: sa.ColumnElement[bool],
    *,
    fetches: Mapping[str, Sequence[FeedFetch]],
    now: datetime,
) -> tuple[SeenCycle, ...]:
    changes, titles = _latest_changes(session, which), _titles(session, which)
    files = _files(session, which)
    rows = session.scalars(sa.select(Cycle).where(which).order_by(Cycle.year.desc(), Cycle.slug))
    return tuple(
        SeenCycle(
            slug=row.slug,
            title=row.title,
            zone=row.zone,
            revision=row.revision,
            published_at=row.published_at,
            changes=tuple(changes[row.id]),
            titles=titles[row.id],
            clients=_clients(fetches.get(cycle_feed(row.slug), ()), present=row.revision, now=now),
            files=tuple(files[row.id]),
        )
        for row in rows
    )


def _latest_changes(
    session: Session, which: sa.ColumnElement[bool]
) -> Mapping[int, Sequence[PlanChange]]:
    """Of each cycle's latest publication; in it as they were published."""
    found: defaultdict[int, list[PlanChange]] = defaultdict(list)
    rows = sa.select(Change).join(Cycle, Cycle.id == Change.cycle_id)
    rows = rows.where(which, Change.revision == Cycle.revision).order_by(Change.id)
    for row in session.scalars(rows):
        found[row.cycle_id].append(PlanChange(row.kind, row.slug, row.before, row.after))
    return found


def _titles(session: Session, which: sa.ColumnElement[bool]) -> Mapping[int, Mapping[str, str]]:
    """Of the webinars that each cycle's latest publication touched."""
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    rows = (
        sa.select(Webinar.cycle_id, Webinar.slug, Webinar.title)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .join(Change, sa.and_(Change.cycle_id == Cycle.id, Change.slug == Webinar.slug))
        .where(which, Change.revision == Cycle.revision)
    )
    for cycle_id, slug, title in session.execute(rows):
        found[cycle_id][slug] = title
    return found


def _files(session: Session, which: sa.ColumnElement[bool]) -> Mapping[int, Sequence[Files]]:
    found: defaultdict[int, list[Files]] = defaultdict(list)
    latest = sa.func.max(FeedFetch.fetched_at)
    rows = (
        sa.select(Cycle.id, FeedFetch.family, sa.func.count(Webinar.id.distinct()), latest)
        .select_from(Webinar)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .join(FeedFetch, FeedFetch.feed == sa.literal(OF_WEBINAR) + Cycle.slug + "/" + Webinar.slug)
        .where(which)
        .group_by(Cycle.id, FeedFetch.family)
        .order_by(latest.desc())
    )
    for cycle_id, family, count, at in session.execute(rows):
        found[cycle_id].append(Files(family, count, at))
    return found


def _clients(fetches: Sequence[FeedFetch], *, present: int, now: datetime) -> tuple[Client, ...]:
    """The latest fetch first; ``present`` is the revision that is public now."""
    return tuple(
        Client(
            family=row.family,
            language=row.language,
            first_at=row.first_at,
            fetched_at=row.fetched_at,
            revision=row.revision,
            behind=max(0, present - row.revision),
            reach=_reach(row, present=present, now=now),
        )
        for row in fetches
    )


def _reach(row: FeedFetch, *, present: int, now: datetime) -> Reach:
    if row.revision >= present:
        return Reach.HAS_IT
    return Reach.AWAY if now - row.fetched_at > AWAY else Reach.NOT_YET
