"""Two acts at once on PostgreSQL, the first halfway when the other begins."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.e2e.support import until
from webinars.db import Database

SECONDS = 30
Act = Callable[[Session], object]
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""SQLite has one writer at a time."""


def meanwhile(database: Database, first: Act, *, after: str, second: Act) -> list[object]:
    """``second`` begins when ``first`` has said a statement that begins so.

    ``first`` goes on when the other is done or waits for it. What each gave, or its error.
    """
    halfway, over = Event(), Event()

    def wait(*said: Any) -> None:
        if said[2].startswith(after) and not halfway.is_set():
            halfway.set()
            until(lambda: over.is_set() or _waiting(database), within=SECONDS, what="the other")

    def one() -> object:
        with database.write() as session:
            sa.event.listen(session.connection(), "after_cursor_execute", wait)
            return first(session)

    def other() -> object:
        assert halfway.wait(SECONDS)
        try:
            with database.write() as session:
                return second(session)
        finally:
            over.set()

    with ThreadPoolExecutor(2) as pool:
        acts = [pool.submit(one), pool.submit(other)]
        return [act.exception() or act.result() for act in acts]


def _waiting(database: Database) -> bool:
    """Of this database alone: other tests have others on the same server."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.read() as session:
        return bool(session.scalar(sa.text(waiting)))
