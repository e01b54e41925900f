"""Which addresses of resources answered when they were last asked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import LinkCheck, LinkState, Resource

MOST = 500
"""Addresses that the desk's page lists."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of asking an address."""

    state: LinkState
    status: int | None = None
    """Of the last answer (RFC 9110), if there was one."""
    moved_to: str | None = None
    """Where it has moved for good."""


@dataclass(frozen=True, slots=True)
class Troubled:
    """A resource whose address does not simply answer. The instant is UTC."""

    slug: str
    title: str
    url: str
    state: LinkState
    status: int | None
    moved_to: str | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class LinksPage:
    """What organisers see of the addresses of the library."""

    troubled: tuple[Troubled, ...]
    """The worst first, at most ``MOST``."""
    counts: Mapping[LinkState, int]
    unchecked: int
    """Resources whose present address was never asked."""
    latest: datetime | None
    """When an address was last asked. UTC."""


def addresses(session: Session) -> tuple[str, ...]:
    """Every address of the library, each once: what was never asked first, then the oldest."""
    rows = session.scalars(
        sa.select(Resource.url)
        .outerjoin(LinkCheck, _OF_PRESENT)
        .where(Resource.url.is_not(None))
        .order_by(LinkCheck.checked_at.is_not(None), LinkCheck.checked_at, Resource.position)
    )
    return tuple(dict.fromkeys(url for url in rows if url is not None))


def note(session: Session, *, answers: Mapping[str, Answer], now: datetime) -> None:
    """Keep what became of these addresses, for each resource that has one of them."""
    if not answers:
        return
    known = {check.resource_id: check for check in session.scalars(sa.select(LinkCheck))}
    rows = session.execute(
        sa.select(Resource.id, Resource.url).where(Resource.url.is_not(None)).order_by(Resource.id)
    )
    for resource_id, url in rows:
        if url is None or url not in answers:
            continue
        answer = answers[url]
        check = known.get(resource_id)
        if check is None:
            check = LinkCheck(resource_id=resource_id)
            session.add(check)
        check.url = url
        check.state = answer.state
        check.status = answer.status
        check.moved_to = answer.moved_to
        check.checked_at = now
    session.flush()


def links_page(session: Session) -> LinksPage:
    """The addresses that need somebody's eyes. Two queries."""
    rows = session.execute(
        sa.select(Resource.slug, Resource.title, LinkCheck)
        .join(LinkCheck, _OF_PRESENT)
        .order_by(Resource.position, Resource.id)
    ).all()
    order = list(LinkState)
    troubled = [
        Troubled(
            slug, title, one.url, one.state, one.status, one.moved_to, checked_at=one.checked_at
        )
        for slug, title, one in rows
        if one.state is not LinkState.ANSWERS
    ]
    with_address = session.scalar(
        sa.select(sa.func.count()).select_from(Resource).where(Resource.url.is_not(None))
    )
    return LinksPage(
        troubled=tuple(sorted(troubled, key=lambda one: order.index(one.state))[:MOST]),
        counts=Counter(one.state for _, _, one in rows),
        unchecked=(with_address or 0) - len(rows),
        latest=max((one.checked_at for _, _, one in rows), default=None),
    )


_OF_PRESENT = sa.and_(LinkCheck.resource_id == Resource.id, LinkCheck.url == Resource.url)
