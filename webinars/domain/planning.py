"""Planning acts: put a plan into the draft, publish the draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.clock import minutes, to_local
from webinars.domain import site
from webinars.domain.changes import FieldValue, PlanChange, Slot, differences
from webinars.domain.errors import NotFound, OtherYear
from webinars.domain.plan import Plan, PlannedSession
from webinars.domain.registrations import promote
from webinars.models import (
    Change,
    Cycle,
    CycleDraft,
    DraftSession,
    ReminderRule,
    Theme,
    Webinar,
    WebinarStatus,
)

DEFAULT_REMINDER_MINUTES = 24 * 60

CYCLE_FIELDS = ("title", "rule", "zone", "starts_at", "duration", "capacity", "demonstration")
SHARED_FIELDS = ("title", "status", "capacity", "join_url", "exception_of", "reason")
EDITORIAL_FIELDS = (
    "why",
    "agenda",
    "speakers",
    "territory_questions",
    "platform_answers",
    "announcements",
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What putting a plan into the draft did."""

    created: bool
    """The cycle was not there before."""
    changed: bool
    """The draft is not what it was."""
    sessions: int


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did."""

    revision: int
    changes: tuple[PlanChange, ...]
    changed: bool
    """Whether anything of the cycle or its webinars is new in public."""


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
    return session.scalar(query.with_for_update(of=Cycle) if lock else query)


def save_draft(session: Session, *, plan: Plan, now: datetime) -> Saved:
    """Make the draft of a cycle say what the plan says; nothing of it is public yet.

    Texts that a plan's file does not carry (why, agenda, speakers …) stay as they are.
    Raises OtherYear.
    """
    cycle = _cycle(session, plan.slug, lock=True)
    created = cycle is None
    if cycle is None:
        cycle = _new_cycle(session, plan, now)
    elif cycle.year != plan.year:
        raise OtherYear(str(cycle.year))
    draft = cycle.draft
    changed = assign(draft, {name: getattr(plan, name) for name in CYCLE_FIELDS})
    changed |= _save_sessions(draft, plan.sessions)
    if changed and not created:
        draft.version += 1
    session.flush()
    return Saved(created=created, changed=changed or created, sessions=len(plan.sessions))


def unknown_themes(session: Session, *, plan: Plan) -> tuple[str, ...]:
    """Themes that the plan names and the library does not have (yet)."""
    named = {planned.theme for planned in plan.sessions if planned.theme}
    known = set(session.scalars(sa.select(Theme.slug).where(Theme.slug.in_(named))))
    return tuple(sorted(named - known))


def _new_cycle(session: Session, plan: Plan, now: datetime) -> Cycle:
    fields = {name: getattr(plan, name) for name in CYCLE_FIELDS}
    cycle = Cycle(slug=plan.slug, year=plan.year, created_at=now, **fields)
    cycle.draft = CycleDraft(**fields)
    cycle.reminder_rules = [ReminderRule(minutes_before=DEFAULT_REMINDER_MINUTES)]
    session.add(cycle)
    return cycle


def _save_sessions(draft: CycleDraft, planned: Sequence[PlannedSession]) -> bool:
    changed = False
    there = {row.slug: row for row in draft.sessions}
    for plan_session in planned:
        values: dict[str, Any] = {
            name: getattr(plan_session, name)
            for name in (*SHARED_FIELDS, "slug", "date", "starts_at", "duration")
        }
        values["theme_slug"] = plan_session.theme
        row = there.pop(plan_session.slug, None)
        if row is None:
            blank: dict[str, Any] = {name: [] for name in EDITORIAL_FIELDS}
            draft.sessions.append(DraftSession(**(blank | {"why": None} | values)))
            changed = True
        else:
            changed |= assign(row, values)
    for row in there.values():
        draft.sessions.remove(row)
        changed = True
    return changed


def assign(row: Any, values: dict[str, Any]) -> bool:
    """Give a row these values; whether any of them is new."""
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def draft_plan(cycle: Cycle) -> Plan:
    """The draft as a plan."""
    draft = cycle.draft
    return Plan(
        slug=cycle.slug,
        year=cycle.year,
        **{name: getattr(draft, name) for name in CYCLE_FIELDS},
        sessions=tuple(
            PlannedSession(
                slug=row.slug,
                date=row.date,
                theme=row.theme_slug,
                starts_at=row.starts_at,
                duration=row.duration,
                **{name: getattr(row, name) for name in SHARED_FIELDS},
            )
            for row in sorted(draft.sessions, key=lambda row: (row.date, row.slug))
        ),
    )


def pending_changes(session: Session, *, cycle: Cycle) -> tuple[PlanChange, ...]:
    """What a publication of the draft would change in public."""
    return differences(_published_slots(session, cycle), _drafted_slots(cycle))


def publish(session: Session, *, cycle_slug: str, host: str, now: datetime) -> Published:
    """Make the draft public, in one act.

    The revision rises, and so does the SEQUENCE of each touched webinar; a session that
    the draft no longer has is cancelled and stays. ``host`` goes into the UIDs of webinars
    that are published for the first time. Publishing an unchanged draft changes nothing.
    Raises NotFound.
    """
    cycle = find_cycle(session, slug=cycle_slug, lock=True)
    changes = pending_changes(session, cycle=cycle)
    fields_changed = assign(cycle, {name: getattr(cycle.draft, name) for name in CYCLE_FIELDS})
    if not changes and not fields_changed and cycle.revision > 0:
        return Published(cycle.revision, (), changed=False)
    cycle.revision += 1
    cycle.published_at = now
    _publish_touched(session, cycle, {change.slug for change in changes}, host=host, now=now)
    for change in changes:
        session.add(
            Change(
                cycle_id=cycle.id,
                revision=cycle.revision,
                kind=change.kind,
                slug=change.slug,
                before=change.before,
                after=change.after,
                published_at=now,
            )
        )
    site.touch(session)
    session.flush()
    return Published(cycle.revision, changes, changed=True)


def _publish_touched(
    session: Session, cycle: Cycle, touched: set[str], *, host: str, now: datetime
) -> None:
    webinars = {
        row.slug: row
        for row in session.scalars(
            sa.select(Webinar)
            .where(Webinar.cycle_id == cycle.id)
            .order_by(Webinar.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    plan = draft_plan(cycle)
    planned = {planned.slug: planned for planned in plan.sessions}
    drafted = {row.slug: row for row in cycle.draft.sessions}
    for slug in sorted(touched):
        webinar = webinars.get(slug)
        if slug not in planned:
            _cancel(webinars[slug], now)
            continue
        values = _public_values(plan, planned[slug], drafted[slug])
        if webinar is None:
            uid = f"{cycle.slug}.{slug}@{host}"
            session.add(
                Webinar(
                    cycle_id=cycle.id,
                    slug=slug,
                    uid=uid,
                    published_at=now,
                    changed_at=now,
                    **values,
                )
            )
        else:
            assign(webinar, values)
            mark_changed(webinar, now=now)
            session.flush()
            promote(session, webinar=webinar, host=host, now=now)  # there may be places now


def _public_values(plan: Plan, planned: PlannedSession, draft: DraftSession) -> dict[str, Any]:
    """What is public of a drafted session, with the cycle's values where it gives none."""
    values: dict[str, Any] = {
        name: getattr(draft, name) for name in (*SHARED_FIELDS, *EDITORIAL_FIELDS, "theme_slug")
    }
    return values | {
        "capacity": plan.capacity_of(planned),
        "starts_at": plan.start_of(planned),
        "ends_at": plan.end_of(planned),
    }


def _cancel(webinar: Webinar, now: datetime) -> None:
    webinar.status = WebinarStatus.CANCELLED
    mark_changed(webinar, now=now)


def mark_changed(webinar: Webinar, *, now: datetime) -> None:
    """A published change: calendars must see a higher SEQUENCE (RFC 5545 section 3.8.7.4)."""
    webinar.sequence = Webinar.sequence + 1
    webinar.changed_at = now


def _drafted_slots(cycle: Cycle) -> dict[str, Slot]:
    plan = draft_plan(cycle)
    rows = {row.slug: row for row in cycle.draft.sessions}
    return {
        planned.slug: _slot(
            rows[planned.slug],
            starts=to_local(plan.start_of(planned), plan.zone),
            duration=planned.duration or plan.duration,
            capacity=plan.capacity_of(planned),
            zone=plan.zone,
        )
        for planned in plan.sessions
    }


def _published_slots(session: Session, cycle: Cycle) -> dict[str, Slot]:
    rows = session.scalars(sa.select(Webinar).where(Webinar.cycle_id == cycle.id))
    return {
        row.slug: _slot(
            row,
            starts=to_local(row.starts_at, cycle.zone),
            duration=int((row.ends_at - row.starts_at) / minutes(1)),
            capacity=row.capacity,
            zone=cycle.zone,
        )
        for row in rows
    }


def _slot(
    row: DraftSession | Webinar,
    *,
    starts: datetime,
    duration: int,
    capacity: int | None,
    zone: str,
) -> Slot:
    details: dict[str, FieldValue] = {
        "theme": row.theme_slug,
        "duration": duration,
        "capacity": capacity,
        "join_url": row.join_url,
        "exception_of": row.exception_of.isoformat() if row.exception_of else None,
        "reason": row.reason,
        **{name: getattr(row, name) for name in EDITORIAL_FIELDS},
    }
    exact = "seconds" if starts.second else "minutes"
    return Slot(
        slug=row.slug,
        title=row.title,
        starts=f"{starts.replace(tzinfo=None).isoformat(timespec=exact)} {zone}",
        cancelled=row.status is WebinarStatus.CANCELLED,
        details=details,
    )
