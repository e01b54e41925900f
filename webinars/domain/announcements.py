"""What was announced: published changes of plans, and replays, as news for everybody.

All of it is stored: news that were told once are told the same for ever.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.changes import PlanChange
from webinars.domain.notices import is_news
from webinars.domain.replays import OnlineReplay, latest_online
from webinars.models import Change, ChangeKind, Cycle, Webinar

MOST_READ = 2000
"""Changes that are looked through for news."""


class NewsKind(enum.StrEnum):
    """What a piece of news is about."""

    CYCLE = "cycle"
    """A cycle was published for the first time."""
    ADDED = "added"
    CHANGED = "changed"
    """One webinar was moved, renamed, cancelled or put back."""
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Told:
    """One change with its webinar as it was called from then on."""

    change: PlanChange
    title: str


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news. ``at`` is UTC."""

    kind: NewsKind
    id: str
    """Constant and like no other's (RFC 4151)."""
    at: datetime
    cycle_slug: str
    cycle_title: str
    slug: str | None
    """The webinar; None where it is about several."""
    told: tuple[Told, ...] = ()
    """What was added, by date; or what changed."""
    replay: OnlineReplay | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    change: Change
    cycle: Cycle
    webinar: Webinar
    told: Told

    @property
    def publication(self) -> tuple[int, int]:
        """In which it was made public."""
        return self.cycle.id, self.change.revision


def tag(webinar: Webinar, name: str) -> str:
    """A constant name (RFC 4151) by the host and day of the webinar's first publication."""
    host = webinar.uid.rpartition("@")[2]
    return f"tag:{host},{webinar.published_at:%Y-%m-%d}:{name}"


def news(session: Session, *, most: int) -> tuple[News, ...]:
    """What was announced last, the latest first. Two queries."""
    rows = _rows(session)
    if len(rows) == MOST_READ:  # of the publication that was read last there may be more
        rows = [row for row in rows if row.publication != rows[-1].publication]
    found = list(_of_plans(rows))
    found += [_of_replay(online) for online in latest_online(session, most=most)]
    found.sort(key=lambda one: one.at, reverse=True)
    return tuple(found[:most])


def _rows(session: Session) -> list[_Row]:
    """The latest changes of public cycles, the latest first, each with the title of its time."""
    rows: sa.Result[Change, Cycle, Webinar] = session.execute(
        sa.select(Change, Cycle, Webinar)
        .join(Cycle, Cycle.id == Change.cycle_id)
        .join(Webinar, sa.and_(Webinar.cycle_id == Cycle.id, Webinar.slug == Change.slug))
        .order_by(Change.published_at.desc(), Change.cycle_id, Change.id.desc())
        .limit(MOST_READ)
    )
    before: dict[int, str] = {}
    after: dict[tuple[int, int], str] = {}
    found = []
    for row, cycle, webinar in rows:
        known = before.get(webinar.id, webinar.title)
        title = after.setdefault((webinar.id, row.revision), known)
        if row.kind is ChangeKind.RENAMED:
            before[webinar.id] = row.before["title"]
        change = PlanChange(row.kind, row.slug, row.before, row.after)
        found.append(_Row(row, cycle, webinar, Told(change, title)))
    return found


def _of_plans(rows: list[_Row]) -> Iterator[News]:
    for _, of_publication in groupby(rows, key=lambda row: row.publication):
        its = sorted(of_publication, key=lambda row: row.change.id)
        added = [row for row in its if row.change.kind is ChangeKind.ADDED]
        if added:
            yield _of_added(added)
        others = sorted(
            (row for row in its if is_news(row.told.change)),
            key=lambda row: row.webinar.id,
        )
        for _, of_webinar in groupby(others, key=lambda row: row.webinar.id):
            yield _of_changed(list(of_webinar))


def _of_added(rows: list[_Row]) -> News:
    new = rows[0].change.revision == 1
    found = _piece(NewsKind.CYCLE if new else NewsKind.ADDED, rows, "added")
    return replace(found, slug=None) if new or len(rows) > 1 else found


def _of_changed(rows: list[_Row]) -> News:
    return _piece(NewsKind.CHANGED, rows, f"changed/{rows[0].webinar.slug}")


def _piece(kind: NewsKind, rows: list[_Row], name: str) -> News:
    first = rows[0]
    return News(
        kind=kind,
        id=tag(first.webinar, f"plan/{first.cycle.slug}/{first.change.revision}/{name}"),
        at=first.change.published_at,
        cycle_slug=first.cycle.slug,
        cycle_title=first.cycle.title,
        slug=first.webinar.slug,
        told=tuple(row.told for row in rows),
    )


def _of_replay(online: OnlineReplay) -> News:
    webinar = online.webinar
    return News(
        kind=NewsKind.REPLAY,
        id=tag(webinar, f"replay/{online.cycle_slug}/{webinar.slug}"),
        at=online.online_at,
        cycle_slug=online.cycle_slug,
        cycle_title="",
        slug=webinar.slug,
        replay=online,
    )
