"""The ledger of mails: written with what causes them, claimed by one worker each.

States and transitions are those of ``MailState``. Each step here is one short transaction
of the caller; no mail server is spoken to inside one.
"""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webinars.db import below, inserted
from webinars.models import ENDED_BADLY, MailKind, MailState, OutboxMail

MOST_TRIES = 24
"""With the pauses below: about three days."""
MOST_UNCERTAIN = 2
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)

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


INSERT: dict[str, type[sqlite.Insert] | type[postgresql.Insert]] = {
    "sqlite": sqlite.Insert,
    "postgresql": postgresql.Insert,
}
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
        .where(OutboxMail.state == MailState.PENDING, OutboxMail.due_at <= now)
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
        .values(
            state=MailState.CLAIMED,
            owner=owner,
            lease_until=now + lease,
            tries=OutboxMail.tries + 1,
        )
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(taken.scalars())


def mark_handing_over(
    session: Session, *, mail_id: int, owner: str, lease: timedelta, now: datetime
) -> bool:
    """From here on the server may have it, and the lease begins anew for its answer.

    False when the lease was lost to another.
    """
    return _move(
        session,
        mail_id,
        owner,
        {"state": MailState.HANDING_OVER, "lease_until": now + lease},
        held=[MailState.CLAIMED],
        condition=OutboxMail.lease_until > now,
    )


def mark_sent(session: Session, *, mail_id: int, owner: str, reply: str, now: datetime) -> bool:
    """The server has taken it: its 250 is the reply."""
    return _move(
        session,
        mail_id,
        owner,
        {"state": MailState.SENT, "reply": reply, "sent_at": now, **FREE},
        held=[MailState.HANDING_OVER],
    )


def mark_failed(session: Session, *, mail_id: int, owner: str, reason: str) -> bool:
    """It will not leave, for this reason."""
    return _move(
        session,
        mail_id,
        owner,
        {"state": MailState.FAILED, "reply": reason, **FREE},
    )


def mark_later(
    session: Session, *, mail_id: int, owner: str, tries: int, reason: str, now: datetime
) -> bool:
    """The server could not take it now: again after a growing, jittered pause."""
    if tries >= MOST_TRIES:
        return mark_failed(
            session, mail_id=mail_id, owner=owner, reason=f"given up after {tries} tries: {reason}"
        )
    return _move(
        session,
        mail_id,
        owner,
        {"state": MailState.PENDING, "reply": reason, "due_at": now + pause(tries), **FREE},
    )


def mark_uncertain(
    session: Session, *, mail_id: int, owner: str, tries: int, reason: str, now: datetime
) -> bool:
    """The link broke while handing over: again under the same Message-ID, twice at most."""
    parked = OutboxMail.uncertain >= MOST_UNCERTAIN
    return _move(
        session,
        mail_id,
        owner,
        {
            "state": sa.case((parked, MailState.PARKED.value), else_=MailState.PENDING.value),
            "uncertain": OutboxMail.uncertain + 1,
            "reply": reason,
            "due_at": now + pause(tries),
            **FREE,
        },
        held=[MailState.HANDING_OVER],
    )


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: doubling, with a quarter of jitter."""
    doublings = min(max(0, tries - 1), MOST_TRIES)
    longest = min(FIRST_PAUSE * int(2**doublings), LONGEST_PAUSE)
    return longest * random.uniform(0.75, 1.25)  # noqa: S311  (no secret)


def _move(
    session: Session,
    mail_id: int,
    owner: str,
    values: dict[str, Any],
    *,
    held: Sequence[MailState] = (MailState.CLAIMED, MailState.HANDING_OVER),
    condition: sa.ColumnElement[bool] | None = None,
) -> bool:
    """Change a row that this owner holds; whether it still held it."""
    moved = session.execute(
        sa.update(OutboxMail)
        .where(
            OutboxMail.id == mail_id,
            OutboxMail.owner == owner,
            OutboxMail.state.in_(held),
            sa.true() if condition is None else condition,
        )
        .values(**values)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None


def rescue(session: Session, *, now: datetime) -> int:
    """Free what vanished workers held; park what stayed uncertain too often. How many."""
    gone = OutboxMail.lease_until <= now
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
        .where(
            OutboxMail.state == MailState.PENDING,
            OutboxMail.expires_at <= now,
        )
        .values(state=MailState.FAILED, reply=EXPIRED)
        .returning(OutboxMail.id)
        .execution_options(synchronize_session=False)
    )
    return len(expired.all())


def release(session: Session, *, owner: str) -> int:
    """Give back what this owner claimed and did not begin: it is going home. How many."""
    freed = session.execute(
        sa.update(OutboxMail)
        .where(OutboxMail.state == MailState.CLAIMED, OutboxMail.owner == owner)
        .values(state=MailState.PENDING, tries=OutboxMail.tries - 1, **FREE)
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
        .where(sa.text(ENDED_BADLY), sa.true() if among is None else among)
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


def counts(session: Session) -> dict[MailState, int]:
    """How many mails stand in each state."""
    rows = session.execute(sa.select(OutboxMail.state, sa.func.count()).group_by(OutboxMail.state))
    found: dict[MailState, int] = dict(rows.all())
    return {state: found.get(state, 0) for state in MailState}
