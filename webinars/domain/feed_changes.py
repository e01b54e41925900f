"""When the entries of the calendars last changed, and by what: not every change is published.

Texts of the library and replays go into entries at once, and raise no revision. So whether a
program has what is in a calendar now is asked of the instants of its entries.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import Change, ChangeKind, Cycle, Replay, Webinar


class Origin(enum.StrEnum):
    """What has changed an entry."""

    PUBLICATION = "publication"
    TEXTS = "texts"
    """Of the webinar or of its theme, by the library's files."""
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class EntryChange:
    """The latest change of one entry. The instant is UTC."""

    cycle: str
    slug: str
    title: str
    theme: str | None
    at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Since:
    """What one origin has changed since some instant."""

    origin: Origin
    at: datetime
    """The latest of it. UTC."""
    webinars: int


_PUBLISHED = sa.or_(
    Webinar.changed_at == Cycle.published_at,
    sa.exists().where(
        Change.cycle_id == Webinar.cycle_id, Change.published_at == Webinar.changed_at
    ),
)


def entry_changes(session: Session, which: sa.ColumnElement[bool]) -> tuple[EntryChange, ...]:
    """Of every public webinar of these cycles. One query."""
    rows = session.execute(
        sa.select(
            Cycle.slug,
            Webinar.slug,
            Webinar.title,
            Webinar.theme_slug,
            Webinar.changed_at,
            sa.func.coalesce(Replay.online_at == Webinar.changed_at, sa.false()),
            _PUBLISHED,
        )
        .select_from(Webinar)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(Cycle.revision > 0, which)
    )
    return tuple(
        EntryChange(cycle, slug, title, theme, at, _origin(replayed=replayed, published=published))
        for cycle, slug, title, theme, at, replayed, published in rows
    )


def _origin(*, replayed: bool, published: bool) -> Origin:
    if published:
        return Origin.PUBLICATION
    return Origin.REPLAY if replayed else Origin.TEXTS


def left_themes(session: Session) -> tuple[EntryChange, ...]:
    """The webinars that went from a theme to another, as entries of the one they left. One query.

    A calendar from which an entry has gone has changed, too.
    """
    left = Change.before["theme"].as_string()
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, Webinar.title, left, sa.func.max(Change.published_at))
        .select_from(Change)
        .join(Cycle, Cycle.id == Change.cycle_id)
        .join(Webinar, sa.and_(Webinar.cycle_id == Cycle.id, Webinar.slug == Change.slug))
        .where(Change.kind == ChangeKind.CHANGED, left.is_not(None))
        .where(sa.or_(Webinar.theme_slug.is_(None), Webinar.theme_slug != left))
        .group_by(Cycle.slug, Webinar.slug, Webinar.title, left)
    )
    return tuple(
        EntryChange(cycle, slug, title, theme, at, Origin.PUBLICATION)
        for cycle, slug, title, theme, at in rows
    )


def since(entries: Iterable[EntryChange], instant: datetime) -> tuple[Since, ...]:
    """What of this came after the instant, an origin each, the latest first."""
    later: dict[Origin, list[datetime]] = {}
    for entry in entries:
        if entry.at > instant:
            later.setdefault(entry.origin, []).append(entry.at)
    found = (Since(origin, max(instants), len(instants)) for origin, instants in later.items())
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))
