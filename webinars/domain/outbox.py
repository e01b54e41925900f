"""The ledger of mails: written with what causes them, claimed by one worker each.

States and transitions are those of ``MailState``; what one mail goes through in its worker's
hands is in ``hand_over.py``. Each step is one short transaction of the caller; no mail server is
spoken to inside one.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webinars.db import INSERT, below, inserted
from webinars.models import MailKind, MailState, OutboxMail

MOST_UNCERTAIN = 2


def _stands(*states: MailState) -> sa.ColumnElement[bool]:
    """The condition that an index of few rows has: no parameters, see ``models/outbox.py``."""
    return OutboxMail.state.in_([sa.literal_column(f"'{state.value}'") for state in states])


IS_PENDING = OutboxMail.state == sa.literal_column(f"'{MailState.PENDING.value}'")
IS_HELD = _stands(MailState.CLAIMED, MailState.HANDING_OVER)
ENDED_BADLY = _stands(MailState.FAILED, MailState.PARKED)

FREE: dict[str, Any] = {"owner": None, "lease_until": None}
LATE = timedelta(minutes=15)
"""What is due for longer should have left."""
LOST = "a worker vanished while handing it over, twice: it may or may not have arrived"
EXPIRED = "expired: it was of no use any more"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a mail is for: one key is one mail, ever."""

    key: str
    kind: MailKind
    participant_id: int | None = None
    """The recipient, or else ``organiser_id``."""
    organiser_id: int | None = None
    cycle_id: int | None = None
    revision: int | None = None
    """The publication that it tells of."""
    webinar_id: int | None = None
    resent_id: int | None = None
    """The mail that it repeats."""
    about_start: datetime | None = None
    due_at: datetime | None = None
    """Not before; None is at once."""
    expires_at: datetime | None = None


def enqueue(session: Session, *, purposes: Sequence[Purpose], host: str, now: datetime) -> int:
    """Write the mails that a change owes, in the change's transaction.

    A purpose that is there already is left alone. ``host`` is the right side of the
    Message-ID (RFC 5322 section 3.6.4). Any number of them: SQLAlchemy writes as many at
    once as the database takes. Returns how many are new.
    """
    if not purposes:
        return 0
    rows = [
        {
            "key": purpose.key,
            "kind": purpose.kind,
            "participant_id": purpose.participant_id,
            "organiser_id": purpose.organiser_id,
            "cycle_id": purpose.cycle_id,
            "revision": purpose.revision,
            "webinar_id": purpose.webinar_id,
            "resent_id": purpose.resent_id,
            "about_start": purpose.about_start,
            "message_id": f"<{uuid.uuid4()}@{host}>",
            "state": MailState.PENDING,
            "due_at": purpose.due_at or now,
            "expires_at": purpose.expires_at,
            "tries": 0,
            "uncertain": 0,
            "created_at": now,
        }
        for purpose in purposes
    ]
    made = below(session).execute(_OWED[session.get_bind().dialect.name], rows)
    return len(made.all())


def newest(session: Session) -> int:
    """The mark behind which the rows stand that this transaction will write."""
    return session.scalar(sa.select(sa.func.max(OutboxMail.id))) or 0


def enqueue_each(
    session: Session,
    *,
    owed: sa.Select[int, str],
    kind: MailKind,
    host: str,
    now: datetime,
    **same: Any,
) -> int:
    """The same for as many as a query gives, none of whom leaves the database for it.

    ``owed``: participants, and the key of each one's mail; ``same``: what else is in every
    row. Returns how many are new.
    """
    dialect = session.get_bind().dialect.name
    people = owed.subquery("owed")
    unique = sa.literal("<", sa.String) + UNIQUE[dialect] + f"@{host}>"
    columns = {"participant_id": people.c[0], "key": people.c[1], "message_id": unique}
    values = {
        "kind": kind,
        "state": MailState.PENDING,
        "due_at": now,
        "tries": 0,
        "uncertain": 0,
        "created_at": now,
        **same,
    }
    columns |= {
        name: sa.literal(value, OutboxMail.__table__.c[name].type) for name, value in values.items()
    }
    # Without a condition SQLite takes the conflict for a part of the query.
    rows = sa.select(*columns.values()).where(sa.true())
    insert = INSERT[dialect](OutboxMail).on_conflict_do_nothing().from_select([*columns], rows)
    return inserted(session, insert)


def keyed(participant: sa.SQLColumnExpression[int], beginning: str) -> sa.Select[int, str]:
    """Each of these participants once, with the key of their mail: «beginning:17»."""
    key = sa.literal(f"{beginning}:") + sa.cast(participant, sa.String)
    return sa.select(participant, key).order_by(participant)


UNIQUE: dict[str, sa.ColumnElement[str]] = {
    "sqlite": sa.func.lower(sa.func.hex(sa.func.randomblob(16))),
    "postgresql": sa.cast(sa.func.gen_random_uuid(), sa.String),
}
"""128 random bits of the database's own."""

# Built once: every registration writes one.
_OWED = {
    "sqlite": sqlite.insert(OutboxMail).on_conflict_do_nothing().returning(OutboxMail.id),
    "postgresql": postgresql.insert(OutboxMail).on_conflict_do_nothing().returning(OutboxMail.id),
}


def claim(session: Session, *, owner: str, lease: timedelta, most: int, now: datetime) -> list[int]:
    """Take due mails for this owner until the lease ends; the ids, oldest first.

    One statement decides who gets a row, so two workers never hold the same one.
    """
    due = (
        sa.select(OutboxMail.id)
        .where(IS_PENDING, OutboxMail.due_at <= now)
        .order_by(OutboxMail.due_at, OutboxMail.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # no effect on SQLite, where writers are alone
        .cte("due")
        # Chosen once: as a subquery PostgreSQL may run it again for each row that it compares,
        # and skip those that it has just locked, so that more than the limit is taken.
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    taken = session.execute(
        sa.update(OutboxMail)
        .where(OutboxMail.id.in_(sa.select(due.c.id)))
        .values(state=MailState.CLAIMED, owner=owner, lease_until=now + lease)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken.scalars())


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether anything waits to be claimed."""
    waits = sa.exists().where(IS_PENDING, OutboxMail.due_at <= now)
    return bool(session.scalar(sa.select(waits)))


def renew(session: Session, *, owner: str, lease: timedelta, now: datetime) -> None:
    """The owner is alive: what it holds stays its own for another lease, if it still is."""
    session.execute(
        sa.update(OutboxMail)
        .where(IS_HELD, OutboxMail.owner == owner, OutboxMail.lease_until > now)
        .values(lease_until=now + lease)
        .execution_options(synchronize_session=False)
    )


def owners(session: Session) -> list[str]:
    """Who holds mails."""
    return list(session.scalars(sa.select(OutboxMail.owner).where(IS_HELD).distinct()))


def rescue(session: Session, *, now: datetime, ended: Collection[str] = ()) -> int:
    """Free what vanished workers held; park what stayed uncertain too often. How many.

    Vanished is whose lease has ended, and the owners of whom somebody knows that they ``ended``.
    """
    vanished = sa.or_(OutboxMail.lease_until <= now, OutboxMail.owner.in_(ended))
    gone = sa.and_(IS_HELD, vanished)
    if not session.scalar(sa.select(sa.exists().where(gone))):
        return 0
    claimed = session.execute(
        sa.update(OutboxMail)
        .where(OutboxMail.state == MailState.CLAIMED, gone)
        .values(state=MailState.PENDING, **FREE)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    parked = session.execute(
        sa.update(OutboxMail)
        .where(
            OutboxMail.state == MailState.HANDING_OVER,
            gone,
            OutboxMail.uncertain >= MOST_UNCERTAIN,
        )
        .values(
            state=MailState.PARKED,
            uncertain=OutboxMail.uncertain + 1,
            reply=LOST,
            **FREE,
        )
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    again = session.execute(
        sa.update(OutboxMail)
        .where(OutboxMail.state == MailState.HANDING_OVER, gone)
        .values(
            state=MailState.PENDING,
            uncertain=OutboxMail.uncertain + 1,
            **FREE,
        )
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return sum(len(rows.all()) for rows in (claimed, parked, again))


def expire(session: Session, *, now: datetime) -> int:
    """Fail what waited until it was of no use. How many."""
    expired = session.execute(
        sa.update(OutboxMail)
        .where(IS_PENDING, OutboxMail.expires_at <= now)
        .values(state=MailState.FAILED, reply=EXPIRED)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return len(expired.all())


def release(session: Session, *, owner: str, but: int | None = None) -> int:
    """Give back what this owner claimed and did not begin, but for that one mail. How many."""
    mine = sa.and_(IS_HELD, OutboxMail.state == MailState.CLAIMED, OutboxMail.owner == owner)
    freed = session.execute(
        sa.update(OutboxMail)
        .where(mine if but is None else sa.and_(mine, OutboxMail.id != but))
        .values(state=MailState.PENDING, **FREE)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return len(freed.all())


def retry(
    session: Session, *, now: datetime, among: sa.ColumnElement[bool] | None = None
) -> list[int]:
    """Put failed and parked mails, all or some, back in the queue. The ids."""
    again = session.execute(
        sa.update(OutboxMail)
        .where(ENDED_BADLY, sa.true() if among is None else among)
        .values(
            state=MailState.PENDING,
            due_at=now,
            tries=0,
            uncertain=0,
            set_aside_at=None,
            set_aside_by=None,
        )
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(again.scalars())


def hasten(
    session: Session, *, now: datetime, among: sa.ColumnElement[bool] | None = None
) -> list[int]:
    """Try at once what waits for another try, all or some. The ids."""
    hastened = session.execute(
        sa.update(OutboxMail)
        .where(
            IS_PENDING,
            OutboxMail.tries > 0,
            OutboxMail.due_at > now,
            sa.true() if among is None else among,
        )
        .values(due_at=now)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(hastened.scalars())


def counts(session: Session) -> dict[MailState, int]:
    """How many mails stand in each state."""
    rows = session.execute(sa.select(OutboxMail.state, sa.func.count()).group_by(OutboxMail.state))
    found: dict[MailState, int] = dict(rows.all())
    return {state: found.get(state, 0) for state in MailState}
