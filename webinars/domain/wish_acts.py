"""What organisers do with a wish: publish, word, decline, put together, plan.

What somebody wrote must be able to go: no word of it stands in the trail.
"""

import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.db import insert_into
from webinars.domain import editing, wish_addresses, wish_trail
from webinars.domain.editing import Edit, Editor
from webinars.domain.errors import ChangedMeanwhile, DomainError, NotFound
from webinars.domain.planning import find_cycle
from webinars.domain.wish_views import planned_of
from webinars.models import (
    AuditAct,
    Cycle,
    DraftSession,
    Participant,
    Webinar,
    Wish,
    WishState,
    WishSupport,
)


class NotWithItself(DomainError):
    """A wish is put together with another public one."""


def word(
    session: Session,
    *,
    public_id: uuid.UUID,
    title: str,
    why: str | None,
    publish: bool,
    seen: WishState | None = None,
    editor: Editor,
) -> None:
    """Put it into these words, and publish it if that is said.

    ``seen``: the state that the organiser looked at. Raises NotFound, ChangedMeanwhile.
    """
    wish = _held(session, public_id, seen)
    if wish.state is WishState.MERGED:
        raise ChangedMeanwhile(public_id)
    before = wish_trail.noted(session, wish)
    changed = (wish.title, wish.why) != (title, why)
    wish.title, wish.why = title, why
    publishes = publish and wish.state is not WishState.PUBLIC
    if publishes:
        wish.state, wish.reason = WishState.PUBLIC, None
        wish.published_at = wish.published_at or editor.now
    if not publishes and not changed:
        return
    act = AuditAct.WISH_APPROVED if publishes else AuditAct.WISH_WORDED
    wish_trail.record(session, act, wish, before, actor=editor.actor, now=editor.now)


def decline(
    session: Session,
    *,
    public_id: uuid.UUID,
    reason: str,
    seen: WishState | None = None,
    editor: Editor,
) -> None:
    """Not for everybody, or no longer; whoever proposed it reads why.

    Raises NotFound, ChangedMeanwhile.
    """
    wish = _held(session, public_id, seen)
    if wish.state is WishState.MERGED:
        raise ChangedMeanwhile(public_id)
    if (wish.state, wish.reason) == (WishState.DECLINED, reason):
        return
    before = wish_trail.noted(session, wish)
    wish.state, wish.reason = WishState.DECLINED, reason
    wish_trail.record(
        session, AuditAct.WISH_DECLINED, wish, before, actor=editor.actor, now=editor.now
    )


def merge(
    session: Session,
    *,
    public_id: uuid.UUID,
    into: uuid.UUID,
    seen: WishState | None = None,
    editor: Editor,
) -> None:
    """Put it together with a public one: who supports either supports that one, once.

    Raises NotFound, NotWithItself, ChangedMeanwhile.
    """
    ids = session.execute(
        sa.select(Wish.id, Wish.public_id).where(Wish.public_id.in_((public_id, into)))
    ).all()
    if len(ids) < 2:
        raise NotWithItself if public_id == into else NotFound(into)
    numbers = [number for number, _ in ids]
    people = _hold_people(session, numbers)
    rows = session.scalars(
        sa.select(Wish)
        .where(Wish.id.in_(numbers))
        .order_by(Wish.id)  # always in this order: two merges at once wait for each other
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) < 2:  # one went with whoever had proposed it, while they were waited for
        raise ChangedMeanwhile(public_id)
    wish, target = (
        next(one for one in rows if one.public_id == said) for said in (public_id, into)
    )
    if target.state is not WishState.PUBLIC:
        raise NotWithItself
    if not people.issuperset(session.scalars(_people(numbers))):
        raise ChangedMeanwhile(public_id)
    if wish.state is WishState.MERGED or (seen is not None and wish.state is not seen):
        raise ChangedMeanwhile(public_id)
    before = wish_trail.noted(session, wish)
    _hand_over_support(session, wish, target)
    wish.state, wish.merged_into_id, wish.reason = WishState.MERGED, target.id, None
    session.execute(
        sa.update(Wish).where(Wish.merged_into_id == wish.id).values(merged_into_id=target.id)
    )
    if target.planned_cycle_id is None:
        target.planned_cycle_id = wish.planned_cycle_id
        target.planned_slug = wish.planned_slug
        target.planned_revision = wish.planned_revision
    wish_trail.record(
        session,
        AuditAct.WISH_MERGED,
        wish,
        before,
        actor=editor.actor,
        now=editor.now,
        into=target.id,
    )


def _hold_people(session: Session, wishes: list[int]) -> set[int]:
    """Those whose rows a merge writes: who is being erased holds their own, and then goes on here.

    Before the wishes, as everybody who takes both does.
    """
    held = (
        sa.select(Participant.id)
        .where(Participant.id.in_(_people(wishes)))
        .order_by(Participant.id)
        .with_for_update(key_share=True)
    )
    return set(session.scalars(held))


def _people(wishes: list[int]) -> sa.Select[tuple[int]]:
    """Who supports one of these wishes, and who proposed one or what became part of it."""
    supports = sa.select(WishSupport.participant_id).where(WishSupport.wish_id.in_(wishes))
    proposed = sa.select(Wish.participant_id).where(
        sa.or_(Wish.id.in_(wishes), Wish.merged_into_id.in_(wishes)),
        Wish.participant_id.is_not(None),
    )
    return sa.select(supports.union(proposed).subquery().c.participant_id)


def _hand_over_support(session: Session, wish: Wish, target: Wish) -> None:
    """The key lets each person through once."""
    theirs = sa.select(sa.literal(target.id), WishSupport.participant_id).where(
        WishSupport.wish_id == wish.id
    )
    new = insert_into(session, WishSupport)
    session.execute(new.from_select(["wish_id", "participant_id"], theirs).on_conflict_do_nothing())
    session.execute(sa.delete(WishSupport).where(WishSupport.wish_id == wish.id))


# on the programme ---------------------------------------------------------------------------


def mark_planned(
    session: Session, *, public_id: uuid.UUID, cycle_slug: str, slug: str, editor: Editor
) -> None:
    """A webinar that is drafted or public answers it. Raises NotFound."""
    wish = _held(session, public_id, WishState.PUBLIC)
    cycle_id = session.scalar(sa.select(Cycle.id).where(Cycle.slug == cycle_slug))
    known = [
        sa.select(row.slug).where(row.cycle_id == cycle_id, row.slug == slug)
        for row in (DraftSession, Webinar)
    ]
    if cycle_id is None or session.scalar(known[0].union(known[1])) is None:
        raise NotFound(f"{cycle_slug}/{slug}")
    _plan(session, wish, cycle_id, slug, editor)


def forget_planned(session: Session, *, public_id: uuid.UUID, editor: Editor) -> None:
    """No webinar answers it after all. Raises NotFound."""
    wish = _held(session, public_id, WishState.PUBLIC)
    if wish.planned_cycle_id is not None:
        wish_addresses.forget(session, wish, actor=editor.actor, now=editor.now)


def take_up(
    session: Session,
    *,
    cycle_slug: str,
    public_id: uuid.UUID,
    day: date | None = None,
    slug: str | None = None,
    editor: Editor,
) -> Edit:
    """Draft a webinar under the wish's title: a new one on a day, or one that has no subject yet.

    Raises NotFound, ChangedMeanwhile when it is planned already, and as ``editing`` does.
    """
    cycle = find_cycle(session, slug=cycle_slug, lock=True)  # before the wish, as everywhere
    if slug is not None:  # its address may change, and others follow it
        wish_addresses.hold(session, cycle=cycle, slug=slug, wanted=public_id)
    wish = _free(session, public_id)
    if slug is not None:
        edit = editing.give_title(
            session,
            cycle_slug=cycle_slug,
            slug=slug,
            title=wish.title,
            wish=wish.id,
            editor=editor,
        )
    elif day is not None:
        edit = editing.add_extra(
            session,
            cycle_slug=cycle_slug,
            day=day,
            title=wish.title,
            wish=wish.id,
            editor=editor,
        )
    else:
        raise NotFound("day")
    assert edit.slug is not None, "both acts say which webinar it is"
    _plan(session, wish, cycle.id, edit.slug, editor)
    return edit


def give_up(session: Session, *, number: int, cycle: Cycle, slug: str, editor: Editor) -> None:
    """The webinar of this slug has its old subject again: the wish is wished for again.

    Whoever undoes holds the cycle. What another webinar answers by now stays so.
    """
    wish = _led_to(session, number)
    if wish is not None and (wish.planned_cycle_id, wish.planned_slug) == (cycle.id, slug):
        wish_addresses.forget(session, wish, actor=editor.actor, now=editor.now)


def take_up_again(
    session: Session, *, number: int, cycle: Cycle, slug: str, editor: Editor
) -> None:
    """The webinar of this slug has the wish as its subject again, if that is still free."""
    wish = _led_to(session, number)
    if wish is None or wish.state is not WishState.PUBLIC or planned_of(session, [wish]):
        return
    _plan(session, wish, cycle.id, slug, editor)


def _led_to(session: Session, number: int) -> Wish | None:
    """This wish, or what it was put together with since, until the end; None when it has gone."""
    asked = sa.select(sa.func.coalesce(Wish.merged_into_id, Wish.id)).where(Wish.id == number)
    while True:
        found = session.scalar(
            sa.select(Wish)
            .where(Wish.id == asked.scalar_subquery())
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if found is None or found.state is not WishState.MERGED:
            return found
        # It was merged while its lock was waited for: look where it is now.


def note_planned(
    session: Session, *, planned: dict[uuid.UUID, str], cycle: Cycle, editor: Editor
) -> None:
    """A new year took these wishes up, each as the webinar of that slug.

    Raises NotFound, ChangedMeanwhile when one is planned already.
    """
    ids = session.scalars(
        sa.select(Wish.public_id).where(Wish.public_id.in_(planned)).order_by(Wish.id)
    ).all()  # in the order in which a merge locks them
    if len(ids) < len(planned):
        raise NotFound("wish")
    # All of them before the site's state, which each act raises: who holds a wish waits for it.
    for wish in [_free(session, public_id) for public_id in ids]:
        _plan(session, wish, cycle.id, planned[wish.public_id], editor)


def _free(session: Session, public_id: uuid.UUID) -> Wish:
    """A public wish that nothing answers yet, until the end. Raises NotFound, ChangedMeanwhile."""
    wish = _held(session, public_id, WishState.PUBLIC)
    if planned_of(session, [wish]):
        raise ChangedMeanwhile(public_id)
    return wish


def _plan(session: Session, wish: Wish, cycle_id: int, slug: str, editor: Editor) -> None:
    if (wish.planned_cycle_id, wish.planned_slug) == (cycle_id, slug):
        return
    before = wish_trail.noted(session, wish)
    wish.planned_cycle_id, wish.planned_slug = cycle_id, slug
    wish.planned_revision = _told_with(session, cycle_id, slug)
    act = AuditAct.WISH_PLANNED
    wish_trail.record(
        session, act, wish, before, actor=editor.actor, now=editor.now, cycle_id=cycle_id, slug=slug
    )


def _told_with(session: Session, cycle_id: int, slug: str) -> int:
    """The latest publication, if the webinar has its subject in public; else the next one."""
    drafted = sa.select(DraftSession.title).where(
        DraftSession.cycle_id == cycle_id, DraftSession.slug == slug
    )
    same = sa.select(Webinar.id).where(
        Webinar.cycle_id == cycle_id,
        Webinar.slug == slug,
        Webinar.title == sa.func.coalesce(drafted.scalar_subquery(), Webinar.title),
    )
    revision = session.scalars(sa.select(Cycle.revision).where(Cycle.id == cycle_id)).one()
    return revision if session.scalar(same) else revision + 1


def _held(session: Session, public_id: uuid.UUID, seen: WishState | None) -> Wish:
    """One wish until the end. Raises NotFound, ChangedMeanwhile when it is in another state."""
    wish = session.scalar(
        sa.select(Wish)
        .where(Wish.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if wish is None:
        raise NotFound(public_id)
    if seen is not None and wish.state is not seen:
        raise ChangedMeanwhile(public_id)
    return wish
