"""Acts on a draft, each one row of the audit trail.

Nobody overwrites what they have not seen: an act names the version of the draft that its
organiser was looking at.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import arranging, wish_addresses
from webinars.domain.arranging import Subject
from webinars.domain.errors import Fault, NotFound, WrongPlan
from webinars.domain.plan import SLUG_TWICE, Plan, check
from webinars.domain.planning import (
    AlreadyPublic,
    assign,
    demand_seen,
    draft_plan,
    find_cycle,
    in_order,
    record_edit,
    write_plan,
)
from webinars.domain.snapshots import DRAFT_FIELDS, Fields, snapshot
from webinars.models import AuditAct, Cycle, DraftSession, Theme, Webinar


@dataclass(frozen=True, slots=True)
class Editor:
    """Who acts, when, and on which version of the draft; None is whatever it is."""

    actor: str
    now: datetime
    seen: int | None = None


@dataclass(slots=True)
class Edit:
    """An act on one draft while it is done, and what became of it."""

    cycle: Cycle
    public: frozenset[str]
    """The slugs that have been published: they never change."""
    entry_id: int | None = None
    """Its row in the audit trail; None when it changed nothing."""
    slug: str | None = None
    """The webinar that it was about, by the address that it has now."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Webinars to which it gave another address: the one that each had, and the one it has."""
    takes_up: dict[str, list[int]] = field(default_factory=dict)
    """Wishes that are subjects from then on, by the address that each webinar has now."""
    gives_up: dict[str, list[int]] = field(default_factory=dict)
    """Wishes that were subjects until then, by the address that each webinar had."""
    plan: Plan = field(init=False)
    """The draft before the act."""

    def __post_init__(self) -> None:
        self.plan = draft_plan(self.cycle)

    @property
    def version(self) -> int:
        """The draft's version now."""
        return self.cycle.draft.version

    def row(self, slug: str) -> DraftSession:
        """The session of this slug. Raises NotFound."""
        for row in self.cycle.draft.sessions:
            if row.slug == slug:
                return row
        raise NotFound(slug)

    def write(self, plan: Plan) -> None:
        """Make the draft say what the plan says."""
        write_plan(self.cycle.draft, plan)

    def free_wishes(
        self, session: Session, slugs: Collection[str], editor: Editor, since: int | None = None
    ) -> None:
        """What these webinars answer is wished for again, as ``wish_addresses.free`` says."""
        freed = wish_addresses.free(
            session,
            cycle=self.cycle,
            slugs=slugs,
            since=since,
            actor=editor.actor,
            now=editor.now,
        )
        for slug, wishes in freed.items():
            known = self.gives_up.get(slug, [])
            self.gives_up[slug] = [*known, *(one for one in wishes if one not in known)]


@contextmanager
def editing(session: Session, *, cycle_slug: str, act: AuditAct, editor: Editor) -> Iterator[Edit]:
    """One act: what it leaves must be sound, or the transaction must not be committed.

    Raises NotFound, Stale, WrongPlan.
    """
    cycle = find_cycle(session, slug=cycle_slug, lock=True)
    demand_seen(session, cycle=cycle, seen=editor.seen)
    before = snapshot(cycle.draft)
    public = session.scalars(sa.select(Webinar.slug).where(Webinar.cycle_id == cycle.id))
    edit = Edit(cycle, frozenset(public))
    yield edit
    faults = check(draft_plan(cycle))
    if faults:
        raise WrongPlan(faults)
    gone = before.webinars.keys() - {row.slug for row in cycle.draft.sessions}
    edit.free_wishes(session, gone - edit.public - edit.addresses.keys(), editor)
    edit.entry_id = record_edit(
        session,
        cycle=cycle,
        before=before,
        act=act,
        actor=editor.actor,
        now=editor.now,
        noted=_noted(edit),
    )


def _noted(edit: Edit) -> tuple[Fields, Fields]:
    """What the draft does not say, for who undoes it: each address with its other one, wishes."""
    back = {new: old for old, new in edit.addresses.items()}
    before = {"addresses": back, "wishes": edit.gives_up}
    after = {"addresses": edit.addresses, "wishes": edit.takes_up}
    return _said(before), _said(after)


def _said(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value}


def move(
    session: Session,
    *,
    cycle_slug: str,
    slug: str,
    day: date,
    reason: str | None = None,
    editor: Editor,
) -> Edit:
    """A webinar on another date, its registrations with it. Raises as ``editing`` does."""
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.MOVED, editor=editor) as edit:
        edit.write(arranging.moved(edit.plan, slug=slug, day=day, reason=reason))
        edit.slug = slug
    return edit


def swap(session: Session, *, cycle_slug: str, slug: str, other: str, editor: Editor) -> Edit:
    """Two webinars exchange their dates, each with its registrations.

    Raises NothingToRotate, and as ``editing`` does.
    """
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.SWAPPED, editor=editor) as edit:
        edit.write(arranging.rotated(edit.plan, slugs=(slug, other)))
        edit.slug = slug
    return edit


def rotate(
    session: Session,
    *,
    cycle_slug: str,
    slugs: Sequence[str],
    backwards: bool = False,
    editor: Editor,
) -> Edit:
    """Each webinar takes the next one's date, the last the first one's.

    Raises NothingToRotate, and as ``editing`` does.
    """
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.ROTATED, editor=editor) as edit:
        edit.write(arranging.rotated(edit.plan, slugs=slugs, backwards=backwards))
    return edit


def assign_theme(
    session: Session, *, cycle_slug: str, slug: str, theme: str | None, editor: Editor
) -> Edit:
    """A webinar on a theme of the library, under its title. Raises as ``editing`` does."""
    act = AuditAct.THEME_ASSIGNED
    with editing(session, cycle_slug=cycle_slug, act=act, editor=editor) as edit:
        _give_subject(session, edit, slug, _subject(session, theme))
    return edit


def give_title(
    session: Session, *, cycle_slug: str, slug: str, title: str, wish: int, editor: Editor
) -> Edit:
    """A webinar under the title of a wish; its theme stays. Raises as ``editing`` does."""
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.EDITED, editor=editor) as edit:
        _give_subject(session, edit, slug, arranging.own_subject(title))
        edit.takes_up = {edit.slug or slug: [wish]}
    return edit


def _give_subject(session: Session, edit: Edit, slug: str, subject: Subject | None) -> None:
    new = arranging.on_theme(
        edit.plan, slug=slug, theme=subject, public=slug in edit.public, taken=edit.public
    )
    edit.slug = _only_new(edit.plan, new) or slug
    _give_address(session, edit, edit.row(slug), edit.slug)
    edit.write(new)


def _give_address(session: Session, edit: Edit, row: DraftSession, slug: str) -> None:
    """The same row: its texts stay."""
    was, row.slug = row.slug, slug
    if slug != was:
        edit.addresses[was] = slug
        wish_addresses.follow(session, cycle=edit.cycle, was=was, now=slug)


def _subject(session: Session, theme: str | None) -> Subject | None:
    if theme is None:
        return None
    # It stays in the library until the end.
    held = sa.select(Theme).where(Theme.slug == theme).with_for_update(read=True, key_share=True)
    found = session.scalar(held)
    if found is None:
        raise NotFound(theme)
    return Subject(found.slug, found.title)


def _only_new(before: Plan, after: Plan) -> str | None:
    known = {session.slug for session in before.sessions}
    return next((one.slug for one in after.sessions if one.slug not in known), None)


def cancel(session: Session, *, cycle_slug: str, slug: str, editor: Editor) -> Edit:
    """A webinar that will not take place. Raises as ``editing`` does."""
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.CANCELLED, editor=editor) as edit:
        edit.write(arranging.cancelled(edit.plan, slug=slug))
        edit.slug = slug
    return edit


def restore(session: Session, *, cycle_slug: str, slug: str, editor: Editor) -> Edit:
    """A cancelled webinar takes place after all. Raises as ``editing`` does."""
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.RESTORED, editor=editor) as edit:
        edit.write(arranging.restored(edit.plan, slug=slug))
        edit.slug = slug
    return edit


def add_extra(
    session: Session,
    *,
    cycle_slug: str,
    day: date,
    theme: str | None = None,
    title: str | None = None,
    wish: int | None = None,
    editor: Editor,
) -> Edit:
    """One more webinar; ``wish``: whose title it has. Raises as ``editing`` does."""
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.ADDED, editor=editor) as edit:
        subject = _subject(session, theme)
        new = arranging.with_extra(
            edit.plan, day=day, subject=subject, title=title, taken=edit.public
        )
        edit.slug = _only_new(edit.plan, new)
        edit.write(new)
        if wish is not None and edit.slug is not None:
            edit.takes_up = {edit.slug: [wish]}
    return edit


def remove(session: Session, *, cycle_slug: str, slug: str, editor: Editor) -> Edit:
    """Take a session that was never public out of the draft.

    Raises AlreadyPublic, and as ``editing`` does.
    """
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.REMOVED, editor=editor) as edit:
        if slug in edit.public:
            raise AlreadyPublic(slug)
        edit.write(arranging.without(edit.plan, slug=slug))
    return edit


def edit_webinar(
    session: Session, *, cycle_slug: str, slug: str, values: Mapping[str, Any], editor: Editor
) -> Edit:
    """Give a webinar these fields, those of ``DraftSession``; those not named stay.

    With a new date goes the reason why the rule is not followed, as in ``move``.
    Raises AlreadyPublic for another slug of a public one, and as ``editing`` does.
    """
    with editing(session, cycle_slug=cycle_slug, act=AuditAct.EDITED, editor=editor) as edit:
        row = edit.row(slug)
        new = dict(values)
        edit.slug = new.pop("slug", None) or slug
        if edit.slug != slug:
            _readdress(session, edit, row, edit.slug)
        day = new.pop("date", row.date)
        if day != row.date:
            reason = (new.pop("reason") or "") if "reason" in new else None
            edit.write(
                arranging.moved(draft_plan(edit.cycle), slug=edit.slug, day=day, reason=reason)
            )
        assign(row, new)
    return edit


def _readdress(session: Session, edit: Edit, row: DraftSession, slug: str) -> None:
    if row.slug in edit.public:
        raise AlreadyPublic(row.slug)
    taken = edit.public | {one.slug for one in edit.cycle.draft.sessions}
    if slug in taken:
        place = ("sessions", in_order(edit.cycle.draft).index(row), "slug")
        raise WrongPlan([Fault(SLUG_TWICE, place, row.slug, slug=slug)])
    _give_address(session, edit, row, slug)


def edit_cycle(
    session: Session,
    *,
    cycle_slug: str,
    values: Mapping[str, Any],
    realign_from: date | None = None,
    editor: Editor,
) -> Edit:
    """Give the cycle these fields, those of ``CycleDraft``; those not named stay.

    ``realign_from``: webinars from this day on take the dates of the rule, in their order.
    Raises as ``editing`` does.
    """
    act = AuditAct.CYCLE_EDITED
    with editing(session, cycle_slug=cycle_slug, act=act, editor=editor) as edit:
        new = {name: value for name, value in values.items() if name in DRAFT_FIELDS}
        plan = replace(edit.plan, **new)
        faults = [fault for fault in check(plan) if fault.place[0] == "rule"]
        if faults:
            raise WrongPlan(faults)
        if realign_from is not None:
            plan = arranging.realigned(plan, after=realign_from)
        edit.write(plan)
    return edit
