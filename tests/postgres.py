"""PostgreSQL for the tests: the server that is there, else one that lives as long as they do."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from webinars.db import Database

USUAL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
THROW_AWAY = Path(__file__).parents[1] / "scripts" / "with-postgres"
SAY_AND_WAIT = 'echo "${WEBINARS_TEST_POSTGRES_URL:-}"; read -r _'


@contextmanager
def server() -> Iterator[sa.URL | None]:
    """The named server, the usual one, or a throw-away one; None where there is none.

    A server that is named and does not answer is not replaced by another.
    """
    named = os.environ.get("WEBINARS_TEST_POSTGRES_URL")
    there = sa.make_url(named or USUAL)
    if _answers(there):
        yield there
    elif named:
        yield None
    else:
        with _throw_away() as url:
            yield url


def _answers(url: sa.URL) -> bool:
    engine = sa.create_engine(url, connect_args={"connect_timeout": 5})
    try:
        engine.connect().close()
    except sa.exc.OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@contextmanager
def _throw_away() -> Iterator[sa.URL | None]:
    """A cluster of its own: it ends with its input, so also when the tests are killed."""
    with subprocess.Popen(
        [THROW_AWAY, "bash", "-c", SAY_AND_WAIT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests, which then close its input
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        yield sa.make_url(address) if address else None


@contextmanager
def own_database(name: str) -> Iterator[str | None]:
    """The address of a new, empty database, dropped at the end; None without a server."""
    with server() as url:
        if url is None:
            yield None
            return
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            # It need not survive a power cut: commits do not wait for the disk.
            connection.exec_driver_sql(f"ALTER DATABASE {name} SET synchronous_commit = off")
        yield url.set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.dispose()


def empty(engine: sa.Engine) -> None:
    """Every table and sequence as after the migration; deleting few rows beats TRUNCATE."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_emptying())  # many statements, one way there and back


@cache
def _emptying() -> str:
    tables = [table.name for table in reversed(Database.metadata.sorted_tables)]
    return ";".join(
        [
            *(f"DELETE FROM {name}" for name in tables if name not in ("site_state", "mail_flow")),
            "DELETE FROM search_index",
            (
                "UPDATE site_state SET version = 1, searched_version = 0, searched_form = 0,"
                " search_writes = 0,"
                " changed_at = NULL, worker_seen_at = NULL, mailbox_read_at = NULL"
            ),
            (
                "UPDATE mail_flow SET paused_until = NULL, paused_since = NULL, failures = 0,"
                " reason = NULL, next_at = NULL"
            ),
            (
                "SELECT setval(quote_ident(sequencename)::regclass, start_value, false)"
                " FROM pg_sequences WHERE schemaname = 'public'"
            ),
        ]
    )
