"""From the draft to the public, in one act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes, to_local
from webinars.domain import attendance, audit, notices, outbox, planned, site
from webinars.domain.changes import FieldValue, PlanChange, Slot, differences
from webinars.domain.mail_rules import armed, in_force
from webinars.domain.places import let_go_of_erased, promote
from webinars.domain.plan import EDITORIAL_FIELDS, Plan, PlannedSession
from webinars.domain.planning import SHARED_FIELDS, assign, demand_seen, draft_plan, find_cycle
from webinars.domain.replay_life import take_aside
from webinars.domain.snapshots import CYCLE_FIELDS, to_json
from webinars.domain.welcome import welcome
from webinars.models import AuditAct, Change, Cycle, DraftSession, Webinar, WebinarStatus


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did."""

    revision: int
    changes: tuple[PlanChange, ...]
    changed: bool
    """Whether anything of the cycle or its webinars is new in public."""
    told: int = 0
    """How many persons are owed a notice of it."""
    promoted: int = 0
    """How many came from a waiting list to a place, each with a mail."""
    planned: int = 0
    """How many are told of what it added to their cycles and themes."""
    welcomed: int = 0
    """How many asked for news of new cycles, and are told of this one."""


def pending_changes(session: Session, *, cycle: Cycle) -> tuple[PlanChange, ...]:
    """What a publication of the draft would change in public."""
    webinars = session.scalars(sa.select(Webinar).where(Webinar.cycle_id == cycle.id))
    return differences(slots_of(cycle, webinars), drafted_slots(cycle))


def publish(
    session: Session,
    *,
    cycle_slug: str,
    host: str,
    now: datetime,
    actor: str = audit.COMMAND_LINE,
    seen: int | None = None,
) -> Published:
    """Make the draft public, in one act.

    The revision rises, and so does the SEQUENCE of each touched webinar; a session that
    the draft no longer has is cancelled and stays. ``host`` goes into the UIDs of webinars
    that are published for the first time. Publishing an unchanged draft changes nothing.
    ``seen`` is the version of the draft that was previewed; None is whatever it is.
    Raises NotFound, Stale.
    """
    cycle = find_cycle(session, slug=cycle_slug, lock=True)
    demand_seen(session, cycle=cycle, seen=seen)
    changes = pending_changes(session, cycle=cycle)
    fields = changed_fields(cycle)
    if not changes and not fields and cycle.revision > 0:
        return Published(cycle.revision, (), changed=False)
    assign(cycle, {name: drafted for name, (_, drafted) in fields.items()})
    cycle.revision += 1
    cycle.published_at = now
    slugs = {change.slug for change in changes}
    after_mail = outbox.newest(session)
    promoted = _publish_touched(session, cycle, slugs, host=host, actor=actor, now=now)
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
    told = notices.tell(
        session, cycle=cycle, changes=changes, after_mail=after_mail, host=host, now=now
    )
    added = planned.follow(session, cycle=cycle, changes=changes, host=host, now=now)
    new = welcome(session, cycle=cycle, host=host, now=now)
    _record(session, cycle, changes, fields, actor=actor, now=now)
    site.touch(session, now=now)
    session.flush()
    return Published(
        cycle.revision,
        changes,
        changed=True,
        told=told,
        promoted=promoted,
        planned=added,
        welcomed=new,
    )


def changed_fields(cycle: Cycle) -> dict[str, tuple[Any, Any]]:
    """The cycle's own fields that publishing would change: public and drafted value."""
    pairs = {name: (getattr(cycle, name), getattr(cycle.draft, name)) for name in CYCLE_FIELDS}
    return {
        name: (public, drafted) for name, (public, drafted) in pairs.items() if public != drafted
    }


def _record(
    session: Session,
    cycle: Cycle,
    changes: tuple[PlanChange, ...],
    fields: dict[str, tuple[Any, Any]],
    *,
    actor: str,
    now: datetime,
) -> None:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in changes:
        before.setdefault(change.slug, {}).update(change.before)
        after.setdefault(change.slug, {}).update(change.after)
    public, drafted = (
        {"cycle": {name: to_json(pair[side]) for name, pair in fields.items()}} if fields else {}
        for side in (0, 1)
    )
    audit.record(
        session,
        actor=actor,
        act=AuditAct.PUBLISHED,
        now=now,
        cycle_id=cycle.id,
        slugs=after,
        before={"webinars": before, **public},
        after={"webinars": after, **drafted},
        draft_version=cycle.draft.version,
        revision=cycle.revision,
    )


def _publish_touched(
    session: Session, cycle: Cycle, touched: set[str], *, host: str, actor: str, now: datetime
) -> int:
    """Make the touched webinars public; how many came to a place of one."""
    promoted = 0
    webinars = {
        row.slug: row
        for row in session.scalars(
            sa.select(Webinar)
            .where(Webinar.cycle_id == cycle.id)
            .order_by(Webinar.id)
            .with_for_update(key_share=True)  # rows that only point to them need not wait
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
            webinars[slug] = Webinar(
                cycle_id=cycle.id,
                slug=slug,
                uid=f"{cycle.slug}.{slug}@{host}",
                published_at=now,
                changed_at=now,
                placed_at=now,
                armed={},
                **values,
            )
            session.add(webinars[slug])
        else:
            promoted += _change(session, webinar, values, host=host, actor=actor, now=now)
    for webinar in webinars.values():
        words = in_force(webinar.reminders, cycle.reminders)
        assign(webinar, {"armed": armed(webinar.armed, words, now=now)})
    return promoted


def _change(
    session: Session,
    webinar: Webinar,
    values: dict[str, Any],
    *,
    host: str,
    actor: str,
    now: datetime,
) -> int:
    """Make a public webinar what was drafted; how many came to a place of it."""
    starts_at, ends_at, status = webinar.starts_at, webinar.ends_at, webinar.status
    assign(webinar, values)
    mark_changed(webinar, now=now)
    session.flush()
    if starts_at != webinar.starts_at:
        attendance.begin_again(session, webinar=webinar, now=now)
        let_go_of_erased(session, webinar=webinar, now=now)
    if (starts_at, ends_at) != (webinar.starts_at, webinar.ends_at):
        take_aside(session, webinar=webinar, actor=actor, now=now)
    if starts_at != webinar.starts_at or status is WebinarStatus.CANCELLED:
        webinar.placed_at = now
    return promote(session, webinar=webinar, host=host, now=now)


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


def drafted_slots(cycle: Cycle) -> dict[str, Slot]:
    """The draft as ``differences`` compares it."""
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


def slots_of(cycle: Cycle, webinars: Iterable[Webinar]) -> dict[str, Slot]:
    """The public as ``differences`` compares it."""
    return {
        row.slug: _slot(
            row,
            starts=to_local(row.starts_at, cycle.zone),
            duration=int((row.ends_at - row.starts_at) / minutes(1)),
            capacity=row.capacity,
            zone=cycle.zone,
        )
        for row in webinars
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
        "reminders": row.reminders,
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
