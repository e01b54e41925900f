"""Drafts: a cycle's next plan, of which nothing is public yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from webinars.domain import audit, wish_addresses
from webinars.domain.arranging import copied
from webinars.domain.errors import DomainError, NotFound, OtherYear, WrongPlan
from webinars.domain.plan import EDITORIAL_FIELDS, Plan, PlannedSession, check
from webinars.domain.snapshots import (
    CYCLE_FIELDS,
    DRAFT_FIELDS,
    Fields,
    Snapshot,
    difference,
    snapshot,
)
from webinars.models import (
    AuditAct,
    AuditEntry,
    Cycle,
    CycleDraft,
    DraftSession,
    Reading,
    Theme,
    Webinar,
)

SHARED_FIELDS = (
    "title",
    "status",
    "capacity",
    "join_url",
    "exception_of",
    "reason",
    "reminders",
)
PLACED_FIELDS = (*SHARED_FIELDS, "slug", "date", "starts_at", "duration")


class AlreadyPublic(DomainError):
    """What is public can be cancelled, and stays; it cannot be removed or readdressed."""


class SlugInUse(DomainError):
    """There is a cycle of this address already."""


class Stale(DomainError):
    """Somebody edited the draft since it was looked at; ``since`` is what they did."""

    def __init__(self, version: int, since: Sequence[AuditEntry]) -> None:
        super().__init__(f"the draft is at version {version} now")
        self.version = version
        self.since = since


@dataclass(frozen=True, slots=True)
class Saved:
    """What putting a plan into the draft did."""

    created: bool
    """The cycle was not there before."""
    changed: bool
    """The draft is not what it was."""
    sessions: int


def find_cycle(session: Session, *, slug: str, lock: bool = False) -> Cycle:
    """The cycle, published or not; locked, so that its acts follow each other. Raises NotFound."""
    cycle = _cycle(session, slug, lock=lock)
    if cycle is None:
        raise NotFound(slug)
    return cycle


def _cycle(session: Session, slug: str, *, lock: bool) -> Cycle | None:
    query = (
        sa.select(Cycle)
        .where(Cycle.slug == slug)
        .options(selectinload(Cycle.draft).selectinload(CycleDraft.sessions))
    )
    if lock:
        # What this transaction has read before may have been changed by the one it waited for.
        # Rows that only point to the cycle, as those of the audit trail, need not wait.
        query = query.with_for_update(of=Cycle, key_share=True).execution_options(
            populate_existing=True
        )
    return session.scalar(query)


def save_draft(
    session: Session, *, plan: Plan, now: datetime, actor: str = audit.COMMAND_LINE
) -> Saved:
    """Make the draft of a cycle say what the plan says; nothing of it is public yet.

    Texts that the plan does not say (why, agenda, speakers …) stay as they are.
    Raises OtherYear, WrongPlan, and SlugInUse when somebody else makes the cycle just now.
    """
    _demand_sound(plan)
    cycle = _cycle(session, plan.slug, lock=True)
    if cycle is None:
        cycle = _new_cycle(session, plan, actor=actor, act=AuditAct.IMPORTED, now=now)
        return Saved(created=True, changed=True, sessions=len(plan.sessions))
    if cycle.year != plan.year:
        raise OtherYear(str(cycle.year))
    before = snapshot(cycle.draft)
    write_plan(cycle.draft, plan)
    freed = _free_wishes(session, cycle, before, actor=actor, now=now)
    changed = record_edit(
        session,
        cycle=cycle,
        before=before,
        act=AuditAct.IMPORTED,
        actor=actor,
        now=now,
        noted=({"wishes": freed} if freed else {}, {}),
    )
    return Saved(created=False, changed=changed is not None, sessions=len(plan.sessions))


def _free_wishes(
    session: Session, cycle: Cycle, before: Snapshot, *, actor: str, now: datetime
) -> dict[str, list[int]]:
    """What answered a wish and is neither drafted nor public any more."""
    public = session.scalars(sa.select(Webinar.slug).where(Webinar.cycle_id == cycle.id))
    there = {row.slug for row in cycle.draft.sessions} | set(public)
    gone = before.webinars.keys() - there
    return wish_addresses.free(session, cycle=cycle, slugs=gone, actor=actor, now=now)


def plan_year(session: Session, *, plan: Plan, actor: str, now: datetime) -> Cycle:
    """A new cycle from a plan; nothing of it is public yet. Raises SlugInUse, WrongPlan."""
    return _plan_new(session, plan, AuditAct.PLANNED, actor=actor, now=now)


def copy_cycle(
    session: Session,
    *,
    cycle_slug: str,
    year: int,
    slug: str,
    keep_themes: bool,
    actor: str,
    now: datetime,
) -> tuple[str, ...]:
    """A new cycle like another one, in another year; the titles that found no date.

    Nothing of it is public or sent. Raises NotFound, SlugInUse, WrongRule, WrongPlan.
    """
    source = find_cycle(session, slug=cycle_slug)
    copy = copied(draft_plan(source), year=year, slug=slug, keep_themes=keep_themes)
    _plan_new(session, copy.plan, AuditAct.COPIED, actor=actor, now=now)
    return copy.left_over


def remove_cycle(
    session: Session, *, cycle_slug: str, actor: str, now: datetime, seen: int | None = None
) -> None:
    """Take away a cycle that was never public; its acts stay in the trail.

    Raises NotFound, AlreadyPublic, Stale.
    """
    cycle = find_cycle(session, slug=cycle_slug, lock=True)
    demand_seen(session, cycle=cycle, seen=seen)
    if cycle.revision > 0:
        raise AlreadyPublic(cycle_slug)
    gone = snapshot(cycle.draft)
    wish_addresses.free(session, cycle=cycle, slugs=gone.webinars, actor=actor, now=now)
    session.execute(
        sa.update(AuditEntry)
        .where(AuditEntry.cycle_id == cycle.id)
        .values(cycle_id=None, subject=cycle_slug)
    )
    session.execute(sa.delete(Reading).where(Reading.cycle_id == cycle.id))
    audit.record(
        session,
        actor=actor,
        act=AuditAct.CYCLE_REMOVED,
        now=now,
        subject=cycle_slug,
        slugs=gone.webinars,
        before={"cycle": gone.cycle, "webinars": gone.webinars},
    )
    session.delete(cycle)
    session.flush()


def _plan_new(session: Session, plan: Plan, act: AuditAct, *, actor: str, now: datetime) -> Cycle:
    _demand_sound(plan)
    if _cycle(session, plan.slug, lock=True) is not None:
        raise SlugInUse(plan.slug)
    return _new_cycle(session, plan, actor=actor, act=act, now=now)


def _demand_sound(plan: Plan) -> None:
    faults = check(plan)
    if faults:
        raise WrongPlan(faults)


def _new_cycle(session: Session, plan: Plan, *, actor: str, act: AuditAct, now: datetime) -> Cycle:
    fields = _columns(plan, CYCLE_FIELDS)
    cycle = Cycle(slug=plan.slug, year=plan.year, created_at=now, **fields)
    cycle.draft = CycleDraft(**fields, department=plan.department, version=1)
    session.add(cycle)
    write_plan(cycle.draft, plan)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else has made it at this moment
        raise SlugInUse(plan.slug) from error
    made = snapshot(cycle.draft)
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=cycle.id,
        slugs=made.webinars,
        before={},
        after={"cycle": made.cycle, "webinars": made.webinars},
        draft_version=cycle.draft.version,
    )
    session.flush()
    return cycle


def year_to_plan(session: Session, *, after: int) -> tuple[int, str | None]:
    """The first year after this one whose address is free, and a title like the latest cycle's.

    None when no cycle names its year in its title.
    """
    known = session.execute(
        sa.select(Cycle.slug, Cycle.year, CycleDraft.title)
        .join(CycleDraft, CycleDraft.cycle_id == Cycle.id)
        .order_by(Cycle.year.desc(), Cycle.slug)
    ).all()
    taken = {slug for slug, _, _ in known}
    free = next(year for year in range(after + 1, after + len(taken) + 2) if str(year) not in taken)
    like = (title.replace(str(year), str(free)) for _, year, title in known if str(year) in title)
    return free, next(like, None)


def demand_seen(session: Session, *, cycle: Cycle, seen: int | None) -> None:
    """Refuse to act on a draft that is no longer what was looked at. Raises Stale."""
    if seen is None or seen == cycle.draft.version:
        return
    since = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.cycle_id == cycle.id, AuditEntry.draft_version > seen)
        .order_by(AuditEntry.id)
        .options(selectinload(AuditEntry.webinars))
    ).all()
    for entry in since:
        session.expunge(entry)  # still readable when this transaction has been rolled back
    raise Stale(cycle.draft.version, since)


def record_edit(
    session: Session,
    *,
    cycle: Cycle,
    before: Snapshot,
    act: AuditAct,
    actor: str,
    now: datetime,
    noted: tuple[Fields, Fields] = ({}, {}),
) -> int | None:
    """Raise the draft's version for what an act changed, and write it into the trail.

    ``noted``: what stands there beside what differs. The id of its entry; None when nothing does.
    """
    session.flush()
    changed = difference(before, snapshot(cycle.draft))
    if not changed:
        return None
    cycle.draft.version += 1
    entry = audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=cycle.id,
        slugs=changed.slugs,
        before=changed.before | noted[0],
        after=changed.after | noted[1],
        draft_version=cycle.draft.version,
    )
    session.flush()
    return entry.id


def unknown_themes(session: Session, *, plan: Plan) -> tuple[str, ...]:
    """Themes that the plan names and the library does not have (yet)."""
    named = {planned.theme for planned in plan.sessions if planned.theme}
    known = set(session.scalars(sa.select(Theme.slug).where(Theme.slug.in_(named))))
    return tuple(sorted(named - known))


def write_plan(draft: CycleDraft, plan: Plan) -> None:
    """Make the rows of a draft say what the plan says."""
    assign(draft, _columns(plan, DRAFT_FIELDS))
    _write_sessions(draft, plan.sessions)


def _columns(said: Plan | PlannedSession, names: Iterable[str]) -> dict[str, Any]:
    """What a plan says, as columns of the draft. Rules that it does not say stay as they are."""
    values = {name: getattr(said, name) for name in names}
    if said.reminders is None:
        del values["reminders"]
    return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _plain(row: CycleDraft | DraftSession, names: Iterable[str]) -> dict[str, Any]:
    """Columns of the draft, as a plan says them."""
    values = {name: getattr(row, name) for name in names}
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


def _write_sessions(draft: CycleDraft, planned: Sequence[PlannedSession]) -> None:
    there = {row.slug: row for row in draft.sessions}
    for one in planned:
        values = _columns(one, PLACED_FIELDS)
        values["theme_slug"] = one.theme
        values |= {
            name: list(text) if isinstance(text, tuple) else text or None
            for name, text in one.texts.items()
        }
        row = there.pop(one.slug, None)
        if row is None:
            blank: dict[str, Any] = {name: [] for name in EDITORIAL_FIELDS}
            draft.sessions.append(DraftSession(**(blank | {"why": None} | values)))
        else:
            assign(row, values)
    for row in there.values():
        draft.sessions.remove(row)


def assign(row: Any, values: dict[str, Any]) -> bool:
    """Give a row these values; whether any of them is new."""
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def draft_plan(cycle: Cycle) -> Plan:
    """The draft as a plan, without the texts of its webinars."""
    draft = cycle.draft
    return Plan(
        slug=cycle.slug,
        year=cycle.year,
        **_plain(draft, DRAFT_FIELDS),
        sessions=tuple(
            PlannedSession(theme=row.theme_slug, **_plain(row, PLACED_FIELDS))
            for row in in_order(draft)
        ),
    )


def in_order(draft: CycleDraft) -> list[DraftSession]:
    """The sessions of a draft by date."""
    return sorted(draft.sessions, key=lambda row: (row.date, row.slug))


def whole_plan(cycle: Cycle) -> Plan:
    """The draft as a plan, with the texts of its webinars."""
    plan = draft_plan(cycle)
    rows = {row.slug: row for row in cycle.draft.sessions}
    return replace(
        plan,
        sessions=tuple(
            replace(
                one,
                texts={
                    name: tuple(text) if isinstance(text, list) else text
                    for name in EDITORIAL_FIELDS
                    if (text := getattr(rows[one.slug], name))
                },
            )
            for one in plan.sessions
        ),
    )
