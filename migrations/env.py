"""Alembic's surroundings: the database and the tables of the application."""

from typing import Any, Literal

from alembic import context
from flask import current_app

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


run()
