"""The schema."""

import click
import flask_migrate

from webinars.cli.support import make_app


@click.group("db")
def group() -> None:
    """The database's schema."""


@group.command()
def upgrade() -> None:
    """Bring the schema to this version; every row is kept."""
    app = make_app(check_schema=False)
    try:
        with app.app_context():
            flask_migrate.upgrade()
    finally:
        app.extensions["webinars"].database.dispose()
    click.echo("The database is up to date.")
