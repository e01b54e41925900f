"""Reading the audit trail: of a cycle, of one of its webinars, or of the whole house."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.planning import find_cycle
from webinars.models import AuditAct, AuditedWebinar, AuditEntry, Cycle, CycleDraft, Webinar

PAGE = 50


@dataclass(frozen=True, slots=True)
class Act:
    """One act of somebody. ``at`` is UTC."""

    id: int
    at: datetime
    actor: str
    act: AuditAct
    slugs: tuple[str, ...]
    before: dict[str, Any]
    after: dict[str, Any]
    revision: int | None
    draft_version: int | None = None
    """Of the draft that it made; None when it was done to something else."""
    cycle_id: int | None = None
    subject: str | None = None
    """What it was done to, where that is no webinar; of a removed cycle, its slug."""

    @property
    def can_be_undone(self) -> bool:
        """It was done to a draft, and not the making of it."""
        return (
            self.act is not AuditAct.PUBLISHED
            and self.draft_version is not None
            and bool(self.before)
        )

    @property
    def can_be_reverted(self) -> bool:
        """It was a publication that changed something."""
        return self.act is AuditAct.PUBLISHED and bool(self.slugs or self.after.get("cycle"))


@dataclass(frozen=True, slots=True)
class History:
    """The latest acts first."""

    slug: str
    title: str
    zone: str
    version: int
    """Of the draft."""
    titles: Mapping[str, str]
    """Of every webinar, drafted or public, by its slug."""
    webinar: str | None
    acts: tuple[Act, ...]
    older: int | None
    """Where the next page begins; None is the end."""


@dataclass(frozen=True, slots=True)
class HouseCycle:
    """A cycle that some of the acts touched."""

    slug: str
    title: str
    titles: Mapping[str, str]
    """Of its webinars, by slug."""


@dataclass(frozen=True, slots=True)
class HouseHistory:
    """Every act of the house, of a cycle or of none; the latest first."""

    acts: tuple[Act, ...]
    cycles: Mapping[int, HouseCycle]
    """By the ``cycle_id`` of the acts."""
    older: int | None
    """Where the next page begins; None is the end."""


def as_act(entry: AuditEntry) -> Act:
    """A row of the trail whose webinars are loaded."""
    return Act(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        act=entry.act,
        slugs=tuple(sorted(one.slug for one in entry.webinars)),
        before=entry.before,
        after=entry.after,
        revision=entry.revision,
        draft_version=entry.draft_version,
        cycle_id=entry.cycle_id,
        subject=entry.subject,
    )


def history(
    session: Session,
    *,
    cycle_slug: str,
    webinar: str | None = None,
    below: int | None = None,
    most: int = PAGE,
) -> History:
    """What was done to a cycle, or to one webinar, the latest first. Raises NotFound.

    ``below``: only acts older than that of this id.
    """
    cycle = find_cycle(session, slug=cycle_slug)
    query = sa.select(AuditEntry).where(AuditEntry.cycle_id == cycle.id)
    if webinar is not None:
        touched = sa.select(AuditedWebinar.entry_id).where(AuditedWebinar.slug == webinar)
        query = query.where(AuditEntry.id.in_(touched))
    acts, older = _page(session, query, below=below, most=most)
    return History(
        slug=cycle.slug,
        title=cycle.draft.title,
        zone=cycle.draft.zone,
        version=cycle.draft.version,
        titles=titles_of(session, cycle=cycle),
        webinar=webinar,
        acts=acts,
        older=older,
    )


def house_history(session: Session, *, below: int | None = None, most: int = PAGE) -> HouseHistory:
    """What was done to anything, the latest first. Six queries, however many cycles.

    ``below``: only acts older than that of this id.
    """
    acts, older = _page(session, sa.select(AuditEntry), below=below, most=most)
    ids = {act.cycle_id for act in acts if act.cycle_id is not None}
    cycles = session.scalars(
        sa.select(Cycle)
        .where(Cycle.id.in_(ids))
        .options(selectinload(Cycle.draft).selectinload(CycleDraft.sessions))
    )
    public: dict[int, dict[str, str]] = defaultdict(dict)
    rows = sa.select(Webinar.cycle_id, Webinar.slug, Webinar.title)
    for cycle_id, slug, title in session.execute(rows.where(Webinar.cycle_id.in_(ids))):
        public[cycle_id][slug] = title
    return HouseHistory(
        acts=acts,
        cycles={
            cycle.id: HouseCycle(
                slug=cycle.slug,
                title=cycle.draft.title,
                titles=public[cycle.id] | {one.slug: one.title for one in cycle.draft.sessions},
            )
            for cycle in cycles
        },
        older=older,
    )


def _page(
    session: Session, query: sa.Select[AuditEntry], *, below: int | None, most: int
) -> tuple[tuple[Act, ...], int | None]:
    """The latest of these acts, and where the next page begins."""
    if below is not None:
        query = query.where(AuditEntry.id < below)
    rows = session.scalars(
        query.order_by(AuditEntry.id.desc())
        .limit(most + 1)
        .options(selectinload(AuditEntry.webinars))
    ).all()
    acts = tuple(as_act(row) for row in rows[:most])
    return acts, acts[-1].id if len(rows) > most else None


def acts_since(session: Session, *, cycle_slug: str, version: int) -> tuple[Act, ...]:
    """What was done to a draft after it was at this version, the first first. Raises NotFound."""
    cycle = find_cycle(session, slug=cycle_slug)
    rows = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.cycle_id == cycle.id, AuditEntry.draft_version > version)
        .order_by(AuditEntry.id)
        .options(selectinload(AuditEntry.webinars))
    )
    return tuple(as_act(row) for row in rows)


def titles_of(session: Session, *, cycle: Cycle) -> dict[str, str]:
    """The titles of a cycle's webinars as drafted; of those no longer drafted, as public."""
    public = session.execute(
        sa.select(Webinar.slug, Webinar.title).where(Webinar.cycle_id == cycle.id)
    )
    titles: dict[str, str] = dict(public.all())
    return titles | {row.slug: row.title for row in cycle.draft.sessions}


def find_act(session: Session, *, cycle_slug: str, entry_id: int) -> Act | None:
    """One act on a cycle; None when there is no such act of it. Two queries."""
    entry = session.scalar(
        sa.select(AuditEntry)
        .join(Cycle, Cycle.id == AuditEntry.cycle_id)
        .where(AuditEntry.id == entry_id, Cycle.slug == cycle_slug)
        .options(selectinload(AuditEntry.webinars))
    )
    return as_act(entry) if entry else None
