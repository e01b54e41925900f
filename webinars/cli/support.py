"""What commands share."""

import gc
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask
from sqlalchemy.exc import DBAPIError

from webinars import create_app, logs
from webinars.config import load_settings
from webinars.domain.errors import Problem
from webinars.migration import present_revision, wanted_revision
from webinars.services import Services

Command = TypeVar("Command", bound=Callable[..., Any])


def make_app(*, check_database: bool = True, check_schema: bool = True) -> Flask:
    """The application, its logs set up, its database checked.

    Raises WrongConfiguration, and ClickException with a sentence.
    """
    settings = load_settings()
    logs.set_up(level=settings.log_level, style=settings.log_format)
    try:
        settings.instance_path.mkdir(parents=True, exist_ok=True)
        app = create_app(settings)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from error
    gc.enable()
    if check_database:
        _check(app.extensions["webinars"], schema=check_schema)
    return app


def _check(services: Services, *, schema: bool) -> None:
    try:
        with services.database.read() as session:
            present = present_revision(session.connection())
    except DBAPIError as error:
        url = services.database.url.render_as_string(hide_password=True)
        raise click.ClickException(
            f"The database {url} does not answer: {str(error.orig).strip()}"
        ) from error
    finally:
        services.database.dispose()  # nothing of it may live on in a child process
    if schema and present != wanted_revision():
        raise click.ClickException(
            "The database does not have the schema of this version. Run: webinars db upgrade"
        )


def with_services(command: Command) -> Command:
    """Give a command its services, inside the application's context."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        app = make_app()
        services: Services = app.extensions["webinars"]
        try:
            with app.app_context():
                return command(services, *args, **kwargs)
        finally:
            services.database.dispose()

    return run  # type: ignore[return-value]


def read_text(path: Path) -> str:
    """The text of a file. Raises ClickException with a sentence."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path}: not a text in UTF-8 (byte {error.start}).") from error
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}.") from error


def refuse(path: Path | str, problems: list[Problem]) -> click.ClickException:
    """A file was wrong: every line and key, and that nothing was written."""
    lines = "\n".join(f"  {path}: {problem}" for problem in problems)
    return click.ClickException(f"Nothing was written.\n{lines}")
