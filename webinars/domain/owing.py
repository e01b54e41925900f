"""Writing many mails into the ledger by one statement: the database finds whom they are for."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session

from webinars.db import UTCDateTime
from webinars.models import MailKind, MailState, OutboxMail

Statements = Mapping[str, sa.Executable]
"""The same statement by the name of its dialect."""

_LEDGER = cast("sa.Table", OutboxMail.__table__)
_RANDOM: Mapping[str, sa.ColumnElement[str]] = {
    "sqlite": sa.func.lower(sa.func.hex(sa.func.randomblob(16))),
    "postgresql": sa.cast(sa.func.gen_random_uuid(), sa.String),
}
"""Evaluated anew for each row, by both."""


def owing(
    kind: MailKind,
    *,
    key: sa.ColumnElement[str],
    to: InstrumentedAttribute[int],
    columns: Mapping[str, Any],
    among: Callable[[sa.Select[Any]], sa.Select[Any]],
) -> Statements:
    """What owes a mail of this kind to every participant that a query finds.

    ``key`` makes the purpose unique: one that is there already is left alone. ``among`` gives
    the query its conditions and its order. Built once, and run by ``owe``.
    """
    now = sa.bindparam("now", type_=UTCDateTime)
    values: dict[str, Any] = {
        "key": key,
        "kind": sa.literal(kind, OutboxMail.kind.type),
        "participant_id": to,
        "state": sa.literal(MailState.PENDING, OutboxMail.state.type),
        "due_at": now,
        "created_at": now,
        "tries": sa.literal(0),
        "uncertain": sa.literal(0),
        **columns,
    }
    made: dict[str, sa.Executable] = {}
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert)):
        # RFC 5322 section 3.6.4: whose right side is this host.
        message_id = sa.literal("<").concat(_RANDOM[name]).concat("@")
        message_id = message_id.concat(sa.bindparam("host", type_=sa.String)).concat(">")
        its = {**values, "message_id": message_id}
        found = among(sa.select(*its.values())).limit(sa.bindparam("most", type_=sa.Integer))
        made[name] = (
            insert(_LEDGER)
            .from_select(list(its), found)
            .on_conflict_do_nothing()
            .returning(_LEDGER.c.id)
        )
    return made


def owe(session: Session, statements: Statements, values: Mapping[str, Any]) -> int:
    """Run such a statement; how many mails are new.

    ``values``: ``now``, ``host``, ``most``, and what the query itself asks for.
    """
    statement = statements[session.get_bind().dialect.name]
    return len(session.execute(statement, dict(values)).all())
