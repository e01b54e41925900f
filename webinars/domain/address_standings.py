"""Addresses of which something came back: the organisers' list of them, and letting mail leave."""

import enum
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from webinars.domain import audit, list_choices
from webinars.domain.errors import NotFound
from webinars.domain.searching import contains
from webinars.models import (
    AddressStanding,
    AuditAct,
    DeliveryNotice,
    MailKind,
    NoticeKind,
    Organiser,
    OutboxMail,
    Participant,
    StopReason,
)

PAGE = 100
"""Addresses on a page."""
MOST_NOTICES = 10
"""Of one address, the latest, on a page."""


class Standing(enum.StrEnum):
    """How an address stands."""

    STOPPED = "stopped"
    """Nothing leaves for it."""
    COMPLAINED = "complained"
    """Only what belongs to a registration leaves for it."""
    WATCHED = "watched"
    """Something came back, and mail still leaves."""
    LIFTED = "lifted"
    """An organiser let mail leave again."""


_STANDING = sa.case(
    (AddressStanding.stopped_at.is_not(None), Standing.STOPPED.value),
    (AddressStanding.complained_at.is_not(None), Standing.COMPLAINED.value),
    (AddressStanding.lifted_at.is_not(None), Standing.LIFTED.value),
    else_=Standing.WATCHED.value,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which addresses are asked for; nothing said asks for all."""

    search: str = ""
    """Words, each of which stands in the address or the name."""
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice. Instants are UTC."""

    kind: NoticeKind
    proven: bool
    status: str | None
    words: str
    noticed_at: datetime
    mail: MailKind | None
    """None when the ledger keeps it no more."""
    mail_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class AddressView:
    """One address of the list. Instants are UTC."""

    id: int
    address: str
    full_name: str | None
    """None when it is nobody's who registers: an organiser's, or one that was corrected since."""
    standing: Standing
    reason: StopReason | None
    since: datetime | None
    """Since when it stands so; None while it is only watched."""
    noticed_at: datetime
    notices: tuple[NoticeView, ...]
    """The latest first."""


@dataclass(frozen=True, slots=True)
class AddressPage:
    """A page of the list."""

    counts: Mapping[Standing, int]
    filters: Filters
    lines: tuple[AddressView, ...]
    found: int
    """On all pages."""
    page: int
    """From 1."""
    pages: int


def counts(session: Session) -> dict[Standing, int]:
    """How many addresses stand in each way. One query."""
    rows = session.execute(sa.select(_STANDING, sa.func.count()).group_by(_STANDING))
    found = {Standing(value): count for value, count in rows}
    return {standing: found.get(standing, 0) for standing in Standing}


def address_page(session: Session, *, filters: Filters, page: int = 1) -> AddressPage:
    """A page of the list, the latest notice first; the last one when there are fewer.

    Four queries at most.
    """
    found = count_found(session, filters=filters)
    pages = max(1, -(-found // PAGE))
    page = min(max(1, page), pages)
    rows = session.execute(_lines(session, filters).limit(PAGE).offset((page - 1) * PAGE)).all()
    return AddressPage(
        counts=counts(session),
        filters=filters,
        lines=_views(session, rows),
        found=found,
        page=page,
        pages=pages,
    )


def count_found(session: Session, *, filters: Filters) -> int:
    """How many addresses the filters leave."""
    query = _lines(session, filters).order_by(None).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(query)) or 0


def every_address(session: Session, *, filters: Filters) -> Iterator[AddressView]:
    """Every address that the filters leave; a page of them held at a time."""
    by_and_by = {"yield_per": PAGE}
    with session.execute(_lines(session, filters), execution_options=by_and_by) as rows:
        for batch in rows.partitions():
            yield from _views(session, batch)


def _lines(session: Session, filters: Filters) -> sa.Select[*tuple[Any, ...]]:
    query = (
        sa.select(AddressStanding, _STANDING.label("standing"), Participant.full_name)
        .outerjoin(Participant, Participant.email == AddressStanding.address)
        .order_by(AddressStanding.noticed_at.desc(), AddressStanding.id.desc())
    )
    if filters.standing is not None:
        query = query.where(_STANDING.in_([filters.standing.value]))
    if filters.search:
        text = AddressStanding.address + "\n" + sa.func.coalesce(Participant.full_name, "")
        query = query.where(contains(session, text, filters.search))
    return query


def _views(session: Session, rows: Sequence[sa.Row[*tuple[Any, ...]]]) -> tuple[AddressView, ...]:
    notices = _notices(session, [row[0].id for row in rows])
    return tuple(
        AddressView(
            id=row.id,
            address=row.address,
            full_name=full_name,
            standing=Standing(standing),
            reason=row.reason,
            since=row.stopped_at or row.complained_at or row.lifted_at,
            noticed_at=row.noticed_at,
            notices=tuple(notices[row.id][:MOST_NOTICES]),
        )
        for row, standing, full_name in rows
    )


def _notices(session: Session, standing_ids: Sequence[int]) -> dict[int, list[NoticeView]]:
    found: defaultdict[int, list[NoticeView]] = defaultdict(list)
    rows = session.execute(
        sa.select(DeliveryNotice, OutboxMail.kind)
        .outerjoin(OutboxMail, OutboxMail.id == DeliveryNotice.mail_id)
        .where(DeliveryNotice.standing_id.in_(standing_ids))
        .order_by(DeliveryNotice.noticed_at.desc(), DeliveryNotice.id.desc())
    )
    for notice, kind in rows:
        found[notice.standing_id].append(
            NoticeView(
                kind=notice.kind,
                proven=notice.proven,
                status=notice.status,
                words=notice.words,
                noticed_at=notice.noticed_at,
                mail=kind,
                mail_sent_at=notice.mail_sent_at,
            )
        )
    return found


def of_address(session: Session, *, address: str) -> AddressView | None:
    """How one address stands, with its notices. Two queries."""
    rows = session.execute(
        _lines(session, Filters()).where(AddressStanding.address == address)
    ).all()
    return _views(session, rows)[0] if rows else None


# acts --------------------------------------------------------------------------------------


def lift(session: Session, *, standing_id: int, actor: str, now: datetime) -> bool:
    """An organiser says that the address is good: mail leaves for it again.

    What a complaint stopped is on again but for news, which only the person can ask for. The
    trail names the address by its number: it would outlast an erasure. False when nothing was
    stopped. Raises NotFound.
    """
    address = session.scalar(
        sa.select(AddressStanding.address).where(AddressStanding.id == standing_id)
    )
    if address is None:
        raise NotFound(standing_id)
    person = session.scalar(  # before the address, as whoever locks both
        sa.select(Participant).where(Participant.email == address).with_for_update(key_share=True)
    )
    standing = session.get(AddressStanding, standing_id, with_for_update=True)
    if standing is None:
        raise NotFound(standing_id)
    before = {"reason": standing.reason, "complained": standing.complained_at is not None}
    if standing.stopped_at is None and standing.complained_at is None:
        return False
    if standing.complained_at is not None and person is not None:
        list_choices.take_back_complaint(session, participant=person)
    standing.stopped_at = standing.reason = standing.complained_at = None
    standing.lifted_at = now
    session.flush()
    audit.record(
        session,
        actor=actor,
        act=AuditAct.ADDRESS_LIFTED,
        now=now,
        subject=str(standing_id),
        before=before,
    )
    return True


def forget_nobodys(session: Session, *, months: int, now: datetime) -> int:
    """Forget addresses that are nobody's any more, so many months after the latest notice."""
    gone = session.execute(
        sa.delete(AddressStanding)
        .where(
            AddressStanding.noticed_at < now - relativedelta(months=months),
            ~sa.exists().where(Participant.email == AddressStanding.address),
            ~sa.exists().where(Organiser.email == AddressStanding.address),
        )
        .returning(AddressStanding.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
