"""The places of a webinar: taken, kept for a while, freed, given to the first in line.

Every act locks the webinar's row before it counts, so the acts of one webinar follow each
other; the counts themselves change by updates that carry the condition.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import outbox
from webinars.domain.errors import NotFound
from webinars.domain.waiting_line import (
    SOMEBODY_WAITS,
    is_passed_by,
    joins_the_line,
    waiting,
)
from webinars.models import (
    SOMEBODYS,
    Cycle,
    MailKind,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

HOLDS_A_PLACE = (
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.ATTENDED,
    RegistrationStatus.ABSENT,
)
"""What ``confirmed_count`` counts: a place stays used when the webinar is over."""
STANDS = (
    RegistrationStatus.PENDING,
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.WAITLISTED,
)
BATCH = 1000
"""Rows named in one statement; SQLite has a limit."""


# Statements of every registration are built once: building them would take longer than what
# the database does with them, while everybody else waits for the webinar's row.


def _for_update(query: sa.Select[Webinar]) -> sa.Select[Webinar]:
    # Rows that only point to it need not wait.
    return query.with_for_update(key_share=True, of=Webinar).execution_options(
        populate_existing=True
    )


_AT_ADDRESS = _for_update(sa.select(Webinar).join(Cycle)).where(
    Cycle.slug == sa.bindparam("cycle"),
    Cycle.revision > 0,
    Webinar.slug == sa.bindparam("webinar"),
)
_COUNTED = (
    sa.update(Webinar)
    .where(Webinar.id == sa.bindparam("webinar"))
    .values(
        confirmed_count=Webinar.confirmed_count + sa.bindparam("confirmed"),
        held_count=Webinar.held_count + sa.bindparam("held"),
    )
    .returning(Webinar.id)
    .execution_options(synchronize_session=False)
)
_COUNTED_IF_FREE = _COUNTED.where(
    sa.or_(
        Webinar.capacity.is_(None),
        Webinar.confirmed_count + Webinar.held_count < Webinar.capacity,
    )
)


IS_FULL = sa.or_(
    Webinar.confirmed_count + Webinar.held_count >= Webinar.capacity,
    sa.and_(Webinar.starts_at <= sa.bindparam("now", type_=Webinar.starts_at.type), SOMEBODY_WAITS),
)
"""Whether no place is left for who comes ``now``, as ``is_open`` says it; null is no."""


def locked_webinar(session: Session, *, cycle_slug: str, webinar_slug: str) -> Webinar:
    """The published webinar at this address, for this transaction alone. Raises NotFound."""
    webinar = session.scalar(_AT_ADDRESS, {"cycle": cycle_slug, "webinar": webinar_slug})
    if webinar is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    return webinar


def lock_webinars(session: Session, *, webinar_ids: Sequence[int]) -> list[Webinar]:
    """Several, in the one order in which everybody locks them: nobody waits in a circle."""
    return list(
        session.scalars(
            _for_update(sa.select(Webinar)).where(Webinar.id.in_(webinar_ids)).order_by(Webinar.id)
        )
    )


def is_free(webinar: Webinar) -> bool:
    """Whether a place is free, as the row was read."""
    return webinar.capacity is None or (
        webinar.confirmed_count + webinar.held_count < webinar.capacity
    )


def is_open(session: Session, webinar: Webinar, *, now: datetime) -> bool:
    """Whether somebody who comes now finds a place, as the row was read."""
    return is_free(webinar) and not is_passed_by(session, webinar=webinar, now=now)


def take_place(session: Session, webinar: Webinar) -> bool:
    """One more confirmed, if there is a place: the condition stands in the update."""
    return _count(session, webinar, confirmed=1)


def hold_place(session: Session, webinar: Webinar) -> bool:
    """One more place kept for somebody who has yet to confirm, if there is one."""
    return _count(session, webinar, held=1)


def free_place(session: Session, webinar: Webinar) -> None:
    """One confirmed less."""
    _count(session, webinar, confirmed=-1)


def leave_hold(session: Session, registration: Registration, webinar: Webinar) -> None:
    """One place less is kept, if this registration kept one."""
    if registration.held_until is not None:
        registration.held_until = None
        _count(session, webinar, held=-1)


def _count(session: Session, webinar: Webinar, *, confirmed: int = 0, held: int = 0) -> bool:
    statement = _COUNTED_IF_FREE if confirmed + held > 0 else _COUNTED
    values = {"webinar": webinar.id, "confirmed": confirmed, "held": held}
    return session.execute(statement, values).first() is not None


def end_holds(session: Session, *, webinar: Webinar, host: str, now: datetime) -> int:
    """Give up the places that were kept long enough, to the first in line. How many.

    The caller holds the lock of the webinar's row.
    """
    ended = session.scalars(
        sa.update(Registration)
        .where(Registration.webinar_id == webinar.id, Registration.held_until <= now)
        .values(held_until=None)
        .returning(Registration.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if ended:
        _count(session, webinar, held=-len(ended))
        promote(session, webinar=webinar, host=host, now=now)
    return len(ended)


def end_all_holds(session: Session, *, host: str, now: datetime, most: int = 20) -> int:
    """The same for every webinar where one has ended, so many at a time; how many webinars."""
    ids = session.scalars(
        sa.select(Registration.webinar_id)
        .where(Registration.held_until <= now)
        .distinct()
        .limit(most)
    ).all()
    webinars = lock_webinars(session, webinar_ids=ids)
    for webinar in webinars:
        end_holds(session, webinar=webinar, host=host, now=now)
    return len(webinars)


def promote(session: Session, *, webinar: Webinar, host: str, now: datetime) -> tuple[int, ...]:
    """Give free places to the first in line; nobody after the start. The participants' ids.

    The caller holds the lock of the webinar's row. A fixed number of statements for each
    thousand people.
    """
    if now >= webinar.starts_at or webinar.status is WebinarStatus.CANCELLED:
        return ()
    first = session.execute(
        waiting(webinar.id)
        .with_only_columns(Registration.id, Registration.participant_id, Registration.registered_at)
        .limit(_free_places(session, webinar))
    ).all()
    if not first:
        return ()
    _take_counted(session, webinar, len(first))
    confirmed = RegistrationStatus.CONFIRMED
    for start in range(0, len(first), BATCH):
        session.execute(
            sa.update(Registration)
            .where(Registration.id.in_([row.id for row in first[start : start + BATCH]]))
            .values(status=confirmed, changed_at=now)
        )
    purposes = [
        outbox.Purpose(
            key=registration_key(MailKind.PROMOTION, row.id, row.registered_at, confirmed),
            kind=MailKind.PROMOTION,
            participant_id=row.participant_id,
            webinar_id=webinar.id,
            expires_at=webinar.ends_at,
        )
        for row in first
    ]
    outbox.enqueue(session, purposes=purposes, host=host, now=now)
    return tuple(row.participant_id for row in first)


def fill(session: Session, *, webinar: Webinar, people: Sequence[int], now: datetime) -> None:
    """Register these participants in this order: while there are places, then in line.

    None of them has a row for it. The caller holds the lock of the webinar's row, and owes
    the mails. A fixed number of statements for each thousand people.
    """
    if not people:
        return
    free = _free_places(session, webinar)
    placed = len(people) if free is None else min(free, len(people))
    if is_passed_by(session, webinar=webinar, now=now):
        placed = 0
    _take_counted(session, webinar, placed)
    statuses = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)
    times = (now, joins_the_line(session, webinar=webinar, now=now))
    rows = [
        {
            "participant_id": participant_id,
            "webinar_id": webinar.id,
            "status": statuses[rank >= placed],
            "registered_at": times[rank >= placed],
            "changed_at": now,
        }
        for rank, participant_id in enumerate(people)
    ]
    # With RETURNING they are written a thousand at once, with ids that rise in this order.
    session.execute(sa.insert(Registration).returning(Registration.id), rows).all()


def let_go_of_erased(session: Session, *, webinar: Webinar, now: datetime) -> None:
    """Free the places of erased people: a webinar that was over is to come again.

    Nobody can cancel for them. The caller holds the lock of the webinar's row.
    """
    for statuses, kind in ((HOLDS_A_PLACE, "confirmed"), ((RegistrationStatus.PENDING,), "held")):
        held = () if kind == "confirmed" else (Registration.held_until.is_not(None),)
        freed = session.scalars(
            sa.update(Registration)
            .where(
                Registration.webinar_id == webinar.id,
                Registration.status.in_(statuses),
                ~SOMEBODYS,
                *held,
            )
            .values(status=RegistrationStatus.CANCELLED, held_until=None, cancelled_at=now)
            .returning(Registration.id)
            .execution_options(synchronize_session="fetch")
        ).all()
        if freed:
            _count(session, webinar, **{kind: -len(freed)})


def _take_counted(session: Session, webinar: Webinar, number: int) -> None:
    """So many confirmed more: the row is locked, the places are as free as they were counted."""
    session.execute(
        sa.update(Webinar)
        .where(Webinar.id == webinar.id)
        .values(confirmed_count=Webinar.confirmed_count + number)
        .execution_options(synchronize_session=False)
    )


def registration_key(
    kind: MailKind, registration_id: int, registered_at: datetime, status: RegistrationStatus
) -> str:
    """The key of the mail that tells somebody where their registration stands."""
    return f"{kind}:{registration_id}:{registered_at.isoformat()}:{status}"


def _free_places(session: Session, webinar: Webinar) -> int | None:
    row = session.execute(
        sa.select(Webinar.capacity, Webinar.confirmed_count + Webinar.held_count).where(
            Webinar.id == webinar.id
        )
    ).one()
    return None if row[0] is None else max(0, row[0] - row[1])
