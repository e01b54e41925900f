"""What programs have seen of the calendars: organisers ask whether a move has reached them.

Nothing here is of a person. Google fetches a feed once for all who subscribe to it there. Every
other program fetches for itself: that one of its family has come says nothing of the others, that
none has come says it of all.

What was published is compared by the revision that the answer held, which is exact. What else
changes entries has no number: there the instant of the fetch is compared with that of the change.
"""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.changes import PlanChange
from webinars.domain.errors import NotFound
from webinars.domain.feed_changes import (
    EntryChange,
    Origin,
    Since,
    entry_changes,
    left_themes,
    since,
)
from webinars.domain.feed_fetches import (
    ALL,
    OF_CYCLE,
    OF_WEBINAR,
    PERSON,
    cycle_feed,
    theme_feed,
)
from webinars.models import Change, ClientFamily, Cycle, FeedFetch, Theme, Webinar

AWAY = timedelta(days=14)
"""After so long without a fetch nobody there is subscribed any more: the slowest come weekly."""


class Reach(enum.StrEnum):
    """Whether a family has what changed last in a calendar."""

    HAS_IT = "has_it"
    """It has come since; where each program fetches for itself, at least one of them has."""
    NOT_YET = "not_yet"
    AWAY = "away"
    """It lacks it, and has not come for two weeks."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What one revision of a cycle changed; nothing, where it changed the cycle's words alone."""

    revision: int
    changes: tuple[PlanChange, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """One family of programs, in one language of a feed. Instants are UTC."""

    family: ClientFamily
    language: str
    first_at: datetime
    fetched_at: datetime
    revision: int
    has: tuple[PlanChange, ...]
    """Of its cycle, what the publication changed that it has seen last."""
    lacks: tuple[Publication, ...]
    """Of its cycle, those that it has not seen, the first of them first."""
    since: tuple[Since, ...]
    """What else has changed since it came; of a feed over cycles, everything."""
    reach: Reach
    is_one: bool
    """What was fetched is what all of its users have: Google fetches an address once for all, but
    each person's calendar has an address of its own."""


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
    since: tuple[Since, ...]
    """What has changed its entries since, without a publication."""
    titles: Mapping[str, str]
    """Of its webinars, by slug."""
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
    """Every feed with who fetches it. Seven queries, however many there are."""
    fetches = _fetches(session, FeedFetch.feed.not_like(f"{OF_WEBINAR}%"))
    entries = entry_changes(session, sa.true())
    cycles = _cycles(session, Cycle.revision > 0, fetches=fetches, entries=entries, now=now)
    on_themes: defaultdict[str | None, list[EntryChange]] = defaultdict(list)
    for entry in (*entries, *left_themes(session)):
        on_themes[entry.theme].append(entry)
    themes = session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.title))

    def clients(feed: str, held: Sequence[EntryChange]) -> tuple[Client, ...]:
        return _clients(fetches.get(feed, ()), entries=held, now=now)

    return SeenHouse(
        cycles=cycles,
        everything=clients(ALL, entries),
        themes=tuple(
            SeenTheme(slug, title, clients(theme_feed(slug), on_themes[slug]))
            for slug, title in themes
        ),
        persons=clients(PERSON, entries),
    )


def seen_cycle(session: Session, *, cycle_slug: str, now: datetime) -> SeenCycle:
    """The feed of one cycle; there is none before its revision 1. Raises NotFound. Five queries."""
    which = Cycle.slug == cycle_slug
    fetches = _fetches(session, FeedFetch.feed == cycle_feed(cycle_slug))
    entries = entry_changes(session, which)
    found = _cycles(session, which, fetches=fetches, entries=entries, now=now)
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
    entries: Sequence[EntryChange],
    now: datetime,
) -> tuple[SeenCycle, ...]:
    changes, files = _changes(session, which), _files(session, which)
    held: defaultdict[str, list[EntryChange]] = defaultdict(list)
    for entry in entries:
        held[entry.cycle].append(entry)
    rows = session.scalars(sa.select(Cycle).where(which).order_by(Cycle.year.desc(), Cycle.slug))
    return tuple(
        _seen(
            row,
            fetches=fetches.get(cycle_feed(row.slug), ()),
            changes=changes[row.id],
            entries=held[row.slug],
            files=files[row.id],
            now=now,
        )
        for row in rows
    )


Changes = Mapping[int, Sequence[PlanChange]]
"""By the revision."""


def _seen(
    row: Cycle,
    *,
    fetches: Sequence[FeedFetch],
    changes: Changes,
    entries: Sequence[EntryChange],
    files: Sequence[Files],
    now: datetime,
) -> SeenCycle:
    unpublished = [entry for entry in entries if entry.origin is not Origin.PUBLICATION]
    return SeenCycle(
        slug=row.slug,
        title=row.title,
        zone=row.zone,
        revision=row.revision,
        published_at=row.published_at,
        changes=tuple(changes.get(row.revision, ())),
        since=since(unpublished, row.published_at) if row.published_at else (),
        titles={entry.slug: entry.title for entry in entries},
        clients=_clients(
            fetches, present=row.revision, changes=changes, entries=unpublished, now=now
        ),
        files=tuple(files),
    )


def _changes(session: Session, which: sa.ColumnElement[bool]) -> Mapping[int, Changes]:
    """By the cycle's id: of its latest publication, and of what programs have seen or lack.

    That of the first is what is published at all: who has it has nothing to be told apart by.
    """
    found: defaultdict[int, defaultdict[int, list[PlanChange]]] = defaultdict(
        lambda: defaultdict(list)
    )
    had_or_lacked = sa.exists().where(
        FeedFetch.feed == sa.literal(OF_CYCLE) + Cycle.slug, FeedFetch.revision <= Change.revision
    )
    rows = (
        sa.select(Change)
        .join(Cycle, Cycle.id == Change.cycle_id)
        .where(
            which,
            sa.or_(Change.revision == Cycle.revision, sa.and_(Change.revision > 1, had_or_lacked)),
        )
        .order_by(Change.id)
    )
    for row in session.scalars(rows):
        change = PlanChange(row.kind, row.slug, row.before, row.after)
        found[row.cycle_id][row.revision].append(change)
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


def _clients(
    fetches: Sequence[FeedFetch],
    *,
    entries: Sequence[EntryChange],
    present: int = 0,
    changes: Changes = MappingProxyType({}),
    now: datetime,
) -> tuple[Client, ...]:
    """The latest fetch first.

    ``present`` is the revision that is public now, ``changes`` what those before it changed: of
    a cycle, where ``entries`` leave out what was published. A feed over cycles has only these.
    """
    return tuple(
        _client(row, since(entries, row.fetched_at), present=present, changes=changes, now=now)
        for row in fetches
    )


def _client(
    row: FeedFetch, later: tuple[Since, ...], *, present: int, changes: Changes, now: datetime
) -> Client:
    lacks = tuple(
        Publication(revision, tuple(changes.get(revision, ())))
        for revision in range(row.revision + 1, present + 1)
    )
    return Client(
        family=row.family,
        language=row.language,
        first_at=row.first_at,
        fetched_at=row.fetched_at,
        revision=row.revision,
        has=tuple(changes.get(row.revision, ())) if row.revision > 1 else (),
        lacks=lacks,
        since=later,
        reach=_reach(row, has_it=not (lacks or later), now=now),
        is_one=row.family is ClientFamily.GOOGLE and row.feed != PERSON,
    )


def _reach(row: FeedFetch, *, has_it: bool, now: datetime) -> Reach:
    if has_it:
        return Reach.HAS_IT
    return Reach.AWAY if now - row.fetched_at > AWAY else Reach.NOT_YET
