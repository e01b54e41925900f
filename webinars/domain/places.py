"""The places of a webinar: taken, kept for a while, freed, given to the first in line.

Every act locks the webinar's row before it counts, so the acts of one webinar follow each
other; the counts themselves change by updates that carry the condition.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.attributes import set_committed_value

from webinars.db import below, inserted
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
TEXTS = (
    Webinar.why,
    Webinar.agenda,
    Webinar.speakers,
    Webinar.territory_questions,
    Webinar.platform_answers,
    Webinar.announcements,
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


# Its texts come when somebody asks for them: registering does not.
_AT_ADDRESS = (
    _for_update(sa.select(Webinar).join(Cycle))
    .options(*(defer(text) for text in TEXTS))
    .where(
        Cycle.slug == sa.bindparam("cycle"),
        Cycle.revision > 0,
        Webinar.slug == sa.bindparam("webinar"),
    )
)
_CONFIRMED = Webinar.confirmed_count + sa.bindparam("confirmed")
_HELD = Webinar.held_count + sa.bindparam("held")
_COUNTED = (
    sa.update(Webinar)
    .where(Webinar.id == sa.bindparam("webinar"))
    .values(confirmed_count=_CONFIRMED, held_count=_HELD)
    .returning(Webinar.confirmed_count, Webinar.held_count)
)
_COUNTED_IF_FREE = _COUNTED.where(
    sa.or_(
        Webinar.capacity.is_(None),
        Webinar.capacity >= _CONFIRMED + _HELD,
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
    return is_free(webinar) and _count(session, webinar, confirmed=1)


def hold_place(session: Session, webinar: Webinar) -> bool:
    """One more place kept for somebody who has yet to confirm, if there is one."""
    return is_free(webinar) and _count(session, webinar, held=1)


def free_place(session: Session, webinar: Webinar) -> None:
    """One confirmed less."""
    _count(session, webinar, confirmed=-1)


def leave_hold(session: Session, registration: Registration, webinar: Webinar) -> None:
    """One place less is kept, if this registration kept one."""
    if registration.held_until is not None:
        registration.held_until = None
        _count(session, webinar, held=-1)


def _count(session: Session, webinar: Webinar, *, confirmed: int = 0, held: int = 0) -> bool:
    """Change the counts, of a row that is locked and as it was read since; whether it could."""
    statement = _COUNTED_IF_FREE if confirmed + held > 0 else _COUNTED
    values = {"webinar": webinar.id, "confirmed": confirmed, "held": held}
    counts = below(session).execute(statement, values).one_or_none()
    if counts is None:
        return False
    set_committed_value(webinar, "confirmed_count", counts.confirmed_count)
    set_committed_value(webinar, "held_count", counts.held_count)
    return True


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


def promote(session: Session, *, webinar: Webinar, host: str, now: datetime) -> int:
    """Give free places to the first in line, with their mails; nobody after the start. How many.

    The caller holds the lock of the webinar's row. A fixed number of statements.
    """
    if now >= webinar.starts_at or webinar.status is WebinarStatus.CANCELLED:
        return 0
    first = waiting(webinar.id).limit(_free_places(webinar))
    numbered = sa.literal(f"{MailKind.PROMOTION}:") + sa.cast(Registration.id, sa.String)
    key = numbered + ":" + sa.cast(Registration.registered_at, sa.String)
    outbox.enqueue_each(
        session,
        owed=first.with_only_columns(Registration.participant_id, key),
        kind=MailKind.PROMOTION,
        host=host,
        now=now,
        webinar_id=webinar.id,
        expires_at=webinar.ends_at,
    )
    # The line is what it was: whoever changes it would need the lock.
    promoted = session.execute(
        sa.update(Registration)
        .where(Registration.id.in_(first.with_only_columns(Registration.id)))
        .values(status=RegistrationStatus.CONFIRMED, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    number = cast("sa.CursorResult[Any]", promoted).rowcount
    _count(session, webinar, confirmed=number)
    return number


def fill(session: Session, *, webinar: Webinar, people: Sequence[int], now: datetime) -> None:
    """Register these participants in this order: while there are places, then in line.

    None of them has a row for it. The caller holds the lock of the webinar's row, and owes
    the mails. A fixed number of statements for each thousand people.
    """
    if not people:
        return
    free = _free_places(webinar)
    placed = len(people) if free is None else min(free, len(people))
    if is_passed_by(session, webinar=webinar, now=now):
        placed = 0
    _count(session, webinar, confirmed=placed)
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


def settle_pending(
    session: Session,
    *,
    webinar: Webinar,
    kept: Sequence[int],
    placed: Sequence[int],
    in_line: Sequence[int],
    now: datetime,
) -> None:
    """Pending registrations stand: with the place kept for each, with a free one, or in line.

    By their ids. The caller holds the lock of the webinar's row, has seen that the places are
    there, and owes the mails. A fixed number of statements for each thousand.
    """
    if kept or placed:
        _count(session, webinar, confirmed=len(kept) + len(placed), held=-len(kept))
    for ids, status in (
        ([*kept, *placed], RegistrationStatus.CONFIRMED),
        (in_line, RegistrationStatus.WAITLISTED),
    ):
        values: dict[str, Any] = {"status": status, "held_until": None, "changed_at": now}
        if status is RegistrationStatus.WAITLISTED and ids:
            values["registered_at"] = joins_the_line(session, webinar=webinar, now=now)
        for start in range(0, len(ids), BATCH):
            session.execute(
                sa.update(Registration)
                .where(Registration.id.in_(ids[start : start + BATCH]))
                .values(values)
                .execution_options(synchronize_session="fetch")
            )


def fill_from(
    session: Session, *, webinar: Webinar, people: sa.Select[int, int], now: datetime
) -> int:
    """The same for as many as a query gives, who do not leave the database for it. How many.

    ``people``: participants and the place of each in their order, from 1. A fixed number of
    statements.
    """
    free = _free_places(webinar)
    who = people.subquery("people")
    has_a_place = sa.true() if free is None else who.c[1] <= free
    status = Registration.__table__.c.status.type
    moment = Registration.__table__.c.registered_at.type
    rows = sa.select(
        who.c[0],
        sa.literal(webinar.id),
        sa.case(
            (has_a_place, sa.literal(RegistrationStatus.CONFIRMED, status)),
            else_=sa.literal(RegistrationStatus.WAITLISTED, status),
        ),
        sa.case(
            (has_a_place, sa.literal(now, moment)),
            else_=sa.literal(joins_the_line(session, webinar=webinar, now=now), moment),
        ),
        sa.literal(now, moment),
    ).order_by(who.c[1])  # ids rise in this order
    columns = ["participant_id", "webinar_id", "status", "registered_at", "changed_at"]
    number = inserted(session, sa.insert(Registration).from_select(columns, rows))
    _count(session, webinar, confirmed=number if free is None else min(free, number))
    return number


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


def registration_key(
    kind: MailKind, registration_id: int, registered_at: datetime, status: RegistrationStatus
) -> str:
    """The key of the mail that tells somebody where their registration stands."""
    return f"{kind}:{registration_id}:{registered_at.isoformat()}:{status}"


def _free_places(webinar: Webinar) -> int | None:
    if webinar.capacity is None:
        return None
    return max(0, webinar.capacity - webinar.confirmed_count - webinar.held_count)
