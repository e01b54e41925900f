"""Wishes as pages show them: everybody's, one person's, the organisers'. Instants are UTC."""

import enum
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import (
    Cycle,
    DraftSession,
    Participant,
    SiteState,
    Webinar,
    WebinarStatus,
    Wish,
    WishState,
    WishSupport,
)

PAGE = 50
"""Wishes on a page of the desk."""


class Order(enum.StrEnum):
    """In which order everybody reads them."""

    SUPPORTED = "supported"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Planned:
    """The webinar that answers a wish."""

    cycle: str
    slug: str
    title: str
    year: int
    public: bool
    """Whether it is published: before, organisers alone know of it."""


@dataclass(frozen=True, slots=True)
class WishView:
    """A wish without who proposed it."""

    id: uuid.UUID
    title: str
    why: str | None
    state: WishState
    support: int
    """How many people."""
    proposed_at: datetime
    published_at: datetime | None
    planned: Planned | None
    reason: str | None = None
    merged_into: str | None = None
    """The title of the one it was put together with."""
    mine: bool = False
    """Whoever looks supports it."""
    proposer: str | None = None
    """For organisers: the name; None once they are erased."""


_SUPPORT = (
    sa.select(sa.func.count())
    .where(WishSupport.wish_id == Wish.id)
    .correlate(Wish)
    .scalar_subquery()
)


def public_wishes(
    session: Session, *, order: Order = Order.SUPPORTED, supporter: Participant | None = None
) -> tuple[WishView, ...]:
    """Those that everybody reads. Three queries, however many; four with a ``supporter``.

    What is planned and not published yet is said to nobody here.
    """
    rows = session.execute(
        sa.select(Wish, _SUPPORT).where(Wish.state == WishState.PUBLIC).order_by(*_in_order(order))
    ).all()
    mine = _supported(session, supporter) if supporter is not None else frozenset()
    planned = planned_of(session, [wish for wish, _ in rows])
    return tuple(
        _view(wish, count, _if_public(planned.get(wish.id)), mine=wish.id in mine)
        for wish, count in rows
    )


def supported_now(session: Session) -> tuple[int, dict[uuid.UUID, int]]:
    """The version of the site, and how many support each public wish. One query."""
    rows = session.execute(
        sa.select(SiteState.version, Wish.public_id, _SUPPORT)
        .select_from(SiteState)
        .outerjoin(Wish, Wish.state == WishState.PUBLIC)
        .order_by(Wish.id)
    ).all()
    return rows[0][0], {wish: number for _, wish, number in rows if wish is not None}


def own_wishes(session: Session, *, participant: Participant) -> tuple[WishView, ...]:
    """What somebody has proposed, the latest first, with what became of it. Four queries."""
    rows = session.execute(
        sa.select(Wish, _SUPPORT)
        .where(Wish.participant_id == participant.id)
        .order_by(Wish.proposed_at.desc(), Wish.id.desc())
    ).all()
    ids = [wish.merged_into_id for wish, _ in rows if wish.merged_into_id]
    into = _titles(session, ids, public=True)
    planned = planned_of(session, [wish for wish, _ in rows])
    return tuple(
        _view(
            wish,
            count,
            _if_public(planned.get(wish.id)),
            merged_into=into.get(wish.merged_into_id or 0),
        )
        for wish, count in rows
    )


@dataclass(frozen=True, slots=True)
class WishPage:
    """A page of the desk."""

    wishes: tuple[WishView, ...]
    counts: Mapping[WishState, int]
    into: tuple[WishView, ...]
    """The public ones, into which others can be put."""
    page: int
    """From 1."""
    pages: int


def wish_page(session: Session, *, state: WishState, page: int = 1) -> WishPage:
    """Wishes in one state: those that wait as they came, the others by support.

    A fixed number of queries.
    """
    counts = dict.fromkeys(WishState, 0) | dict(
        session.execute(sa.select(Wish.state, sa.func.count()).group_by(Wish.state)).all()
    )
    pages = max(1, -(-counts[state] // PAGE))
    page = min(max(1, page), pages)
    waiting = state is WishState.WAITING
    order = (Wish.proposed_at, Wish.id) if waiting else _in_order(Order.SUPPORTED)
    rows = session.execute(
        sa.select(Wish, _SUPPORT, Participant.full_name)
        .outerjoin(Participant, Participant.id == Wish.participant_id)
        .where(Wish.state == state)
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    into = _titles(session, [wish.merged_into_id for wish, *_ in rows if wish.merged_into_id])
    planned = planned_of(session, [wish for wish, *_ in rows])
    return WishPage(
        wishes=tuple(
            _view(
                wish,
                count,
                planned.get(wish.id),
                merged_into=into.get(wish.merged_into_id or 0),
                proposer=name or None,
            )
            for wish, count, name in rows
        ),
        counts=counts,
        into=public_wishes(session),
        page=page,
        pages=pages,
    )


def suggestions(session: Session, *, most: int = 12) -> tuple[WishView, ...]:
    """What a year that is being planned could take up: public, and not planned, by support.

    Four queries.
    """
    rows = session.execute(
        sa.select(Wish, _SUPPORT)
        .where(Wish.state == WishState.PUBLIC)
        .order_by(*_in_order(Order.SUPPORTED))
    ).all()
    planned = planned_of(session, [wish for wish, _ in rows])
    free = [_view(wish, count, None) for wish, count in rows if wish.id not in planned]
    return tuple(free[:most])


def wishes_waiting(session: Session) -> int:
    """How many nobody has looked at. One query."""
    waiting = sa.select(sa.func.count()).where(Wish.state == WishState.WAITING)
    return session.scalar(waiting) or 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A webinar that could answer a wish."""

    cycle: str
    slug: str
    title: str
    day: date


def plannable(session: Session, *, today: date) -> tuple[Choice, ...]:
    """What is drafted from a day on, whether it is public or not, by date. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, DraftSession.slug, DraftSession.title, DraftSession.date)
        .join(DraftSession, DraftSession.cycle_id == Cycle.id)
        .where(DraftSession.date >= today, DraftSession.status == WebinarStatus.SCHEDULED)
        .order_by(DraftSession.date, DraftSession.slug)
    )
    return tuple(Choice(*row) for row in rows)


def planned_of(session: Session, wishes: Iterable[Wish]) -> dict[int, Planned]:
    """The webinars that answer these wishes, by their id. At most two queries.

    As they stand now: what was cancelled answers nothing any more, and a public webinar whose
    new subject is drafted answers as drafted.
    """
    said = {
        wish.id: ((wish.planned_cycle_id, wish.planned_slug), wish.planned_revision or 0)
        for wish in wishes
        if wish.planned_cycle_id and wish.planned_slug
    }
    if not said:
        return {}
    cycles = {cycle for (cycle, _), _ in said.values()}
    drafted = session.execute(
        sa.select(Cycle, DraftSession)
        .join(DraftSession, DraftSession.cycle_id == Cycle.id)
        .where(Cycle.id.in_(cycles), DraftSession.status == WebinarStatus.SCHEDULED)
    )
    found = {(cycle.id, row.slug): _planned(cycle, row) for cycle, row in drafted}
    public = session.execute(
        sa.select(Cycle, Webinar)
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .where(Cycle.id.in_(cycles), Webinar.status == WebinarStatus.SCHEDULED)
    )
    told = {(cycle.id, row.slug): (cycle.revision, _planned(cycle, row)) for cycle, row in public}
    answers = {}
    for number, (where, revision) in said.items():
        if where in told and revision <= told[where][0]:
            answers[number] = told[where][1]
        elif where in found:
            answers[number] = found[where]
    return answers


def _planned(cycle: Cycle, row: DraftSession | Webinar) -> Planned:
    return Planned(cycle.slug, row.slug, row.title, cycle.year, isinstance(row, Webinar))


def _if_public(planned: Planned | None) -> Planned | None:
    return planned if planned is not None and planned.public else None


def _in_order(order: Order) -> tuple[sa.UnaryExpression[Any], ...]:
    newest = (Wish.published_at.desc(), Wish.id.desc())
    return (_SUPPORT.desc(), *newest) if order is Order.SUPPORTED else newest


def _supported(session: Session, participant: Participant) -> frozenset[int]:
    rows = session.scalars(
        sa.select(WishSupport.wish_id).where(WishSupport.participant_id == participant.id)
    )
    return frozenset(rows)


def _titles(session: Session, ids: Sequence[int], *, public: bool = False) -> dict[int, str]:
    """``public``: of those alone that everybody reads now."""
    if not ids:
        return {}
    among = sa.and_(Wish.id.in_(ids), Wish.state == WishState.PUBLIC if public else sa.true())
    return dict(session.execute(sa.select(Wish.id, Wish.title).where(among)).all())


def _view(
    wish: Wish,
    support: int,
    planned: Planned | None,
    *,
    merged_into: str | None = None,
    mine: bool = False,
    proposer: str | None = None,
) -> WishView:
    return WishView(
        id=wish.public_id,
        title=wish.title,
        why=wish.why,
        state=wish.state,
        support=support,
        proposed_at=wish.proposed_at,
        published_at=wish.published_at,
        planned=planned,
        reason=wish.reason,
        merged_into=merged_into,
        mine=mine,
        proposer=proposer,
    )
