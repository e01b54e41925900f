"""The commands as a program runs them, in this process, on each database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from tests.cli.support import Run
from webinars import cli, logs
from webinars.db import Database


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Settings of a command, without a database; the logs of this process stay as they are."""
    values = {
        "WEBINARS_INSTANCE_PATH": str(tmp_path / "instance"),
        "WEBINARS_BASE_URL": "https://webinaires.example.org",
        "WEBINARS_SECRET_KEY": "a secret for tests, of some length",
        "WEBINARS_MAIL_SENDER": "webinaires@example.org",
    }
    monkeypatch.setattr(logs, "set_up", lambda **_values: None)
    monkeypatch.chdir(tmp_path)
    return values


@pytest.fixture
def run(environment: dict[str, str], database_url: str) -> Run:
    """Run a command on a migrated, empty database."""

    def run_(*words: str | Path, **changes: str) -> Result:
        settings = environment | {"WEBINARS_DATABASE_URL": database_url} | changes
        return CliRunner().invoke(cli.commands, [str(word) for word in words], env=settings)

    return run_


@pytest.fixture
def stored(make_app: Callable[..., Flask]) -> Iterator[Database]:
    """The database that the commands work on."""
    database: Database = make_app().extensions["webinars"].database
    yield database
    database.dispose()
