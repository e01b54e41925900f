"""Going back: an edit undone, pending changes dropped, a publication reverted.

All of it is done to the draft, as an act of its own; what is public changes when it is
published.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes, to_local
from webinars.domain import wish_acts, wish_addresses
from webinars.domain.editing import Edit, Editor, editing
from webinars.domain.errors import DomainError, NotFound
from webinars.domain.plan import EDITORIAL_FIELDS, own_places
from webinars.domain.planning import assign
from webinars.domain.publication import drafted_slots
from webinars.domain.snapshots import CYCLE_FIELDS, SESSION_FIELDS, from_json, to_json
from webinars.models import (
    AuditAct,
    AuditEntry,
    Change,
    ChangeKind,
    Cycle,
    CycleDraft,
    DraftSession,
    Webinar,
    WebinarStatus,
)


class NoSuchRevision(NotFound):
    """That publication is not there, or there is nothing in it to revert."""


class ChangedSince(DomainError):
    """What was to be undone is no longer as that act left it."""


def undo(session: Session, *, cycle_slug: str, entry_id: int, editor: Editor) -> Edit:
    """Put back what an act on the draft changed, if nobody has changed it since.

    Raises ChangedSince, and as ``editing`` does.
    """
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.UNDONE, editor=editor) as edit:
        entry = session.scalar(
            sa.select(AuditEntry).where(
                AuditEntry.id == entry_id,
                AuditEntry.cycle_id == edit.cycle.id,
                AuditEntry.act != AuditAct.PUBLISHED,
                AuditEntry.draft_version.is_not(None),
            )
        )
        if entry is None or not entry.before:
            raise NotFound(str(entry_id))
        _put_back_cycle(edit.cycle.draft, entry)
        before, after = entry.before.get("webinars", {}), entry.after.get("webinars", {})
        for slug in after:
            _put_back(edit, slug, before[slug], after[slug])
        _put_back_wishes(session, edit, entry, editor)
    return edit


def _put_back_wishes(session: Session, edit: Edit, entry: AuditEntry, editor: Editor) -> None:
    """What became a subject is wished for again; the others follow their webinar's address."""
    edit.gives_up, edit.takes_up = (
        dict(side.get("wishes", {})) for side in (entry.after, entry.before)
    )
    edit.addresses = entry.before.get("addresses", {})
    given = [(slug, wish) for slug, wishes in edit.gives_up.items() for wish in wishes]
    taken = [(slug, wish) for slug, wishes in edit.takes_up.items() for wish in wishes]
    # First all wishes, then what each act on one writes beside it, as everybody who takes both.
    numbers = [wish for _, wish in given + taken]
    wish_addresses.hold_all(session, cycle=edit.cycle, numbers=numbers)
    for was, now in edit.addresses.items():
        wish_addresses.follow(session, cycle=edit.cycle, was=was, now=now)
    for was, wish in given:
        slug = edit.addresses.get(was, was)
        wish_acts.give_up(session, number=wish, cycle=edit.cycle, slug=slug, editor=editor)
    for slug, wish in taken:
        wish_acts.take_up_again(session, number=wish, cycle=edit.cycle, slug=slug, editor=editor)


def _put_back_cycle(draft: CycleDraft, entry: AuditEntry) -> None:
    before, after = entry.before.get("cycle", {}), entry.after.get("cycle", {})
    _demand(draft, after, draft.cycle.slug)
    assign(draft, from_json(before))


def _put_back(
    edit: Edit, slug: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> None:
    draft = edit.cycle.draft
    row = next((one for one in draft.sessions if one.slug == slug), None)
    if (row is None) is not (after is None):
        raise ChangedSince(slug)
    if row is not None:
        _demand(row, after or {}, slug)
    if before is None:
        if slug in edit.public:
            raise ChangedSince(slug)
        draft.sessions.remove(_there(row))
    elif row is None:
        draft.sessions.append(DraftSession(slug=slug, **from_json(before)))
    else:
        assign(row, from_json(before))


def _there(row: DraftSession | None) -> DraftSession:
    assert row is not None
    return row


def _demand(row: DraftSession | CycleDraft, fields: Mapping[str, Any], slug: str) -> None:
    if any(to_json(getattr(row, name)) != value for name, value in fields.items()):
        raise ChangedSince(slug)


def discard(session: Session, *, cycle_slug: str, slug: str | None = None, editor: Editor) -> Edit:
    """Make the draft, or one webinar of it, what is public again.

    Sessions that were never public go. Of a cycle without any publication there is nothing
    to go back to. Raises NotFound, and as ``editing`` does.
    """
    act = AuditAct.DISCARDED
    with editing(session, cycle_slug=cycle_slug, act=act, editor=editor) as edit:
        rows = session.scalars(sa.select(Webinar).where(Webinar.cycle_id == edit.cycle.id)).all()
        public = {row.slug: row for row in rows}
        if edit.cycle.revision == 0 or (slug is not None and slug not in public):
            raise NotFound(slug or cycle_slug)
        wish_addresses.hold_all(session, cycle=edit.cycle)
        if slug is None:
            assign(edit.cycle.draft, {name: getattr(edit.cycle, name) for name in CYCLE_FIELDS})
            for row in [one for one in edit.cycle.draft.sessions if one.slug not in public]:
                edit.cycle.draft.sessions.remove(row)
        for webinar in public.values() if slug is None else (public[slug],):
            _as_public(edit.cycle, webinar)
        back = public.keys() if slug is None else {slug}
        edit.free_wishes(session, back, editor, since=edit.cycle.revision + 1)
    return edit


def _as_public(cycle: Cycle, webinar: Webinar) -> DraftSession:
    """The session of the draft as the webinar is in public; put in again if it was taken out."""
    draft = cycle.draft
    local = to_local(webinar.starts_at, draft.zone)  # another zone of the cycle may be pending
    duration = int((webinar.ends_at - webinar.starts_at) / minutes(1))
    values = {name: getattr(webinar, name) for name in SESSION_FIELDS if hasattr(webinar, name)} | {
        "date": local.date(),
        "starts_at": None if local.time() == draft.starts_at else local.time(),
        "duration": None if duration == draft.duration else duration,
        "capacity": own_places(webinar.capacity, of_cycle=draft.capacity),
    }
    row = next((one for one in draft.sessions if one.slug == webinar.slug), None)
    if row is None:
        row = DraftSession(slug=webinar.slug, **values)
        draft.sessions.append(row)
    else:
        assign(row, values)
    return row


def revert(session: Session, *, cycle_slug: str, revision: int, editor: Editor) -> Edit:
    """Draft the inverse of a publication: publish it, and that publication is undone.

    Raises ChangedSince when the draft no longer says what that revision published, and as
    ``editing`` does.
    """
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.REVERTED, editor=editor) as edit:
        changes = session.scalars(
            sa.select(Change)
            .where(Change.cycle_id == edit.cycle.id, Change.revision == revision)
            .order_by(Change.id)
        ).all()
        entry = _publication(session, edit.cycle, revision)
        if not changes and entry is None:
            raise NoSuchRevision(str(revision))
        _demand_published(edit.cycle, changes)
        wish_addresses.hold_all(session, cycle=edit.cycle)
        if entry is not None:
            _put_back_cycle(edit.cycle.draft, entry)
        for change in changes:
            _invert(session, edit, change)
        renamed = {change.slug for change in changes if change.kind is ChangeKind.RENAMED}
        edit.free_wishes(session, renamed, editor, since=revision)
    return edit


def _publication(session: Session, cycle: Cycle, revision: int) -> AuditEntry | None:
    """The entry of a publication that changed the cycle's own fields.

    Not of the first one: before it, nothing of the cycle was public.
    """
    entry = session.scalar(
        sa.select(AuditEntry).where(
            AuditEntry.cycle_id == cycle.id,
            AuditEntry.act == AuditAct.PUBLISHED,
            AuditEntry.revision == revision,
        )
    )
    return entry if entry is not None and revision > 1 and "cycle" in entry.after else None


def _said(cycle: Cycle, slug: str) -> dict[str, Any] | None:
    """What a change can name of a session of the draft; None when there is no such session."""
    slot = drafted_slots(cycle).get(slug)
    if slot is None:
        return None
    named = {"starts": slot.starts, "title": slot.title, "cancelled": slot.cancelled}
    return {**slot.details, **named}


def _demand_published(cycle: Cycle, changes: Sequence[Change]) -> None:
    for change in changes:
        said = _said(cycle, change.slug)
        gone = change.kind is ChangeKind.CANCELLED and said is None
        if not gone and (
            said is None or any(said[name] != value for name, value in change.after.items())
        ):
            raise ChangedSince(change.slug)


def _invert(session: Session, edit: Edit, change: Change) -> None:
    draft = edit.cycle.draft
    row = next((one for one in draft.sessions if one.slug == change.slug), None)
    if row is None:
        webinar = session.scalars(
            sa.select(Webinar).where(Webinar.cycle_id == edit.cycle.id, Webinar.slug == change.slug)
        ).one()
        row = _as_public(edit.cycle, webinar)
    match change.kind:
        case ChangeKind.ADDED:
            row.status = WebinarStatus.CANCELLED
        case ChangeKind.CANCELLED:
            row.status = WebinarStatus.SCHEDULED
        case ChangeKind.RENAMED:
            row.title = change.before["title"]
        case ChangeKind.MOVED:
            local = datetime.fromisoformat(change.before["starts"].partition(" ")[0])
            row.date = local.date()
            row.starts_at = None if local.time() == draft.starts_at else local.time()
            _put_details_back(row, draft, change.before)
        case ChangeKind.CHANGED:
            _put_details_back(row, draft, change.before)


def _put_details_back(row: DraftSession, draft: CycleDraft, before: Mapping[str, Any]) -> None:
    values = {name: before[name] for name in EDITORIAL_FIELDS if name in before}
    kept = ("join_url", "reason", "reminders")
    values |= {name: before[name] for name in kept if name in before}
    if "duration" in before:
        values["duration"] = None if before["duration"] == draft.duration else before["duration"]
    if "capacity" in before:
        values["capacity"] = own_places(before["capacity"], of_cycle=draft.capacity)
    if "theme" in before:
        values["theme_slug"] = before["theme"]
    if "cancelled" in before:
        cancelled = before["cancelled"]
        values["status"] = (WebinarStatus.CANCELLED if cancelled else WebinarStatus.SCHEDULED).value
    if "exception_of" in before:
        values["exception_of"] = before["exception_of"]
    assign(row, from_json(values))
