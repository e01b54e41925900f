"""The database: naming of constraints, the UTC column type, and the two kinds of transaction.

SQLite's driver starts transactions late and as readers; a reader that turns writer fails
under load. So the driver's own handling is switched off and each transaction says at its
start what it is: ``read`` or ``write`` (``BEGIN IMMEDIATE``).
https://docs.sqlalchemy.org/en/21/dialects/sqlite.html (transactions with pysqlite)
"""

import sqlite3
import time
from collections.abc import Hashable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from threading import Lock
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

BUSY_TIMEOUT_SECONDS = 30
"""How long a SQLite writer waits for the one before it."""

IDLE_SECONDS = 2
"""After so long a connection of the pool is looked at before it is used again."""

IDLE_SINCE = "webinars_idle_since"
LOG_PATIENCE_SECONDS = 2
"""How long the emptying of SQLite's log waits for those who still read an older state."""

WRITES = "webinars_writes"

TURNS = 64
"""Rows that share a queue of this process by chance wait for each other; no more than that."""


class Base(DeclarativeBase):
    """Every table. Named constraints let migrations and error handling speak of them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An instant. Refuses naive values; gives back aware UTC on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where an instant is stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database; SQLite forgets the zone, so it is put back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def below(session: Session) -> Connection:
    """The connection below a session, once what waits in it is written.

    For the statements of every registration: the ORM's share of a small statement is larger
    than the database's, and others wait for the row meanwhile.
    """
    session.flush()
    return session.connection()


class Database:
    """One engine per process, made on first use: never before a fork."""

    metadata = Base.metadata

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._engines: _Engines | None = None
        self._turns = [Lock() for _ in range(TURNS)]

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        return self._made.plain

    @property
    def _made(self) -> "_Engines":
        if self._engines is None:
            self._engines = _engines(make_engine(self.url))
        return self._engines

    def reading_session(self) -> Session:
        """A session that sees one state, from its first query on; its owner closes it."""
        return Session(self._made.reading, expire_on_commit=False)

    def writing_session(self) -> Session:
        """A session whose transaction may write from its start; its owner commits and closes."""
        return Session(self._made.writing, expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state and changes nothing."""
        with self.reading_session() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """A session without a transaction around its queries, which would cost more.

        For one query, or for some that need not agree: what each request of a public page asks.
        Where several must agree: ``read``.
        """
        with Session(self._made.glancing, expire_on_commit=False) as session:
            yield session

    def peek(self, statement: sa.Select[Any]) -> Any:
        """The one value that a statement without parameters gives, as the database stands now.

        What is asked before an answer from memory: SQLite is asked without all that SQLAlchemy
        does around a query, which takes ten times as long as its answer. Raises SQLAlchemyError.
        """
        if self.url.get_backend_name() == "sqlite":
            try:
                with closing(self.engine.raw_connection()) as connection:
                    return connection.cursor().execute(_sql(statement)).fetchone()[0]
            except sqlite3.Error as error:
                raise sa.exc.SQLAlchemyError(str(error)) from error
        with self._made.glancing.connect() as found:
            return found.exec_driver_sql(_sql(statement)).scalar_one()

    @contextmanager
    def write(self, *, row: Hashable = None) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when anything is raised.

        ``row`` names what it will lock first, where many may want the same at once: those of
        one process queue for it here, which costs less than to wait for it in the database.
        """
        with self._turn(row), self.writing_session() as session, session.begin():
            yield session

    def _turn(self, row: Hashable) -> AbstractContextManager[Any]:
        if self.url.get_backend_name() == "sqlite":
            # Its writers wait by sleeping, longer each time, while nobody writes: only the first
            # of each process asks SQLite.
            return self._turns[0]
        return nullcontext() if row is None else self._turns[hash(row) % TURNS]

    def empty_log(self) -> bool:
        """After an erasure: take what was erased out of the log beside SQLite's file, too.

        The log (WAL) holds pages as they were, until it is emptied into the file, where what is
        deleted is overwritten. Whether it is empty; not while somebody reads an older state, so
        call it again. PostgreSQL has its own ways: see the README.
        https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
        """
        if self.url.get_backend_name() != "sqlite":
            return True
        with closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={int(LOG_PATIENCE_SECONDS * 1000)}")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}")
        return not busy

    def dispose(self) -> None:
        """Close the connections of this process."""
        if self._engines is not None:
            self._engines.plain.dispose()
            self._engines = None


@cache
def _sql(statement: sa.Select[Any]) -> str:
    return str(statement)


@dataclass(frozen=True, slots=True)
class _Engines:
    """One engine, and the ways in which transactions begin with it."""

    plain: Engine
    reading: Engine
    glancing: Engine
    writing: Engine


def _engines(engine: Engine) -> _Engines:
    writing = engine.execution_options(**{WRITES: True})
    if engine.dialect.name == "sqlite":  # whose transactions see one state, and cost nothing
        return _Engines(engine, engine, engine, writing)
    return _Engines(
        plain=engine,
        reading=engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ),
        glancing=engine.execution_options(isolation_level="AUTOCOMMIT"),
        writing=writing,
    )


def make_engine(url: sa.URL) -> Engine:
    """An engine set up for the promises of the product, SQLite or PostgreSQL.

    Errors do not repeat the values of a statement: they would bring addresses into the logs.
    """
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, hide_parameters=True)
        event.listen(engine, "handle_error", _without_values)
        event.listen(engine, "checkin", _note_idle)
        event.listen(engine, "checkout", partial(_ping_if_idle, engine.dialect))
        return engine
    engine = sa.create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, hide_parameters=True
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver starts no transaction of its own
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: what was committed survives a power cut; a sent mail must not be forgotten.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: an address that was erased stands in no free page.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _note_idle(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[IDLE_SINCE] = time.monotonic()


def _ping_if_idle(
    dialect: Dialect,
    connection: DBAPIConnection,
    record: ConnectionPoolEntry,
    _proxy: PoolProxiedConnection,
) -> None:
    """A server that was started anew has ended the connections that lay idle meanwhile.

    One that was in use a moment ago is not asked: at each request it would cost as much as a
    query. https://docs.sqlalchemy.org/en/21/core/pooling.html (custom pessimistic ping)
    """
    since = record.info.get(IDLE_SINCE)
    if since is None or time.monotonic() - since < IDLE_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except Exception as error:
        raise sa.exc.DisconnectionError from error


def _without_values(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL repeats the values of a refused row; only its first line is kept."""
    diagnostics = getattr(context.original_exception, "diag", None)
    said = getattr(diagnostics, "message_primary", None)
    if said:
        context.original_exception.args = (said,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (
                f"({type(context.original_exception).__name__}) {said}",
            )


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


INSERT: dict[str, type[sqlite.Insert] | type[postgresql.Insert]] = {
    "sqlite": sqlite.Insert,
    "postgresql": postgresql.Insert,
}
"""By the kind of the database."""


def insert_into(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insert that can leave out what a unique key holds already (``on_conflict_do_nothing``)."""
    return INSERT[session.get_bind().dialect.name](table)


def inserted(session: Session, insert: sa.Insert) -> int:
    """Insert what a query gives; how many rows: without being asked, no driver keeps the number."""
    done = session.execute(insert.execution_options(preserve_rowcount=True))
    return cast("sa.CursorResult[Any]", done).rowcount
