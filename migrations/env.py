"""Alembic's surroundings: the database and the tables of the application."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy.engine import Connection

import webinars.models  # noqa: F401  (fills the metadata)
from webinars.db import WRITES, Database, UTCDateTime

migrate = current_app.extensions["migrate"]
database: Database = migrate.db


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations stand alone: they name SQLAlchemy's types and none of the product's."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Upgrade over the application's own engine; on SQLite too a migration is all or nothing."""
    engine = database.engine.execution_options(**{WRITES: True})
    with engine.connect() as connection:
        set_foreign_keys(connection, on=False)
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_item,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        set_foreign_keys(connection, on=True)


def set_foreign_keys(connection: Connection, *, on: bool) -> None:
    """Off while SQLite's tables are rebuilt, or their rows would take others along.

    https://www.sqlite.org/lang_altertable.html section 7, steps 1 and 10.
    """
    if connection.dialect.name != "sqlite":
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    if on:
        orphans = driver.execute("PRAGMA foreign_key_check").fetchall()
        if orphans:
            raise RuntimeError(f"rows without what they belong to: {orphans[:5]}")
    driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


run()
