"""Addresses for probes."""

from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import settings_for
from tests.support import counted_queries, free_port
from webinars import create_app
from webinars.db import Database
from webinars.migration import wanted_revision


def said(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "text/plain"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return answer.status_code, answer.get_data(as_text=True)


NOT_MIGRATED = (503, "the database needs: webinars db upgrade\n")
SILENT = (503, "the database does not answer\n")


def test_both_answer(client: FlaskClient, database: Database) -> None:
    assert said(client.get("/healthz")) == (200, "ok\n")
    assert said(client.get("/readyz")) == (200, "ok\n")
    with counted_queries(database) as queries:
        client.get("/healthz")
    assert queries == []


def test_a_database_of_another_version_is_not_ready(client: FlaskClient, database) -> None:
    with database.write() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = 'other'"))
    try:
        assert said(client.get("/readyz")) == NOT_MIGRATED
        assert said(client.get("/healthz")) == (200, "ok\n")
    finally:
        with database.write() as session:
            session.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": head()})


def head() -> str:
    return str(wanted_revision())


def app_on(url: str, folder: Path) -> Flask:
    return create_app(settings_for(url, folder))


def test_an_empty_database_is_not_ready(tmp_path: Path) -> None:
    app = app_on(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path)
    assert said(app.test_client().get("/readyz")) == NOT_MIGRATED
    app.extensions["webinars"].database.dispose()


def test_a_database_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all " * 100)
    for url in (
        f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}",
        f"sqlite:///{tmp_path / 'text'}",
        f"postgresql+psycopg://postgres@127.0.0.1:{free_port()}/nowhere",
    ):
        client = app_on(url, tmp_path).test_client()
        assert said(client.get("/readyz")) == SILENT
        assert said(client.get("/healthz")) == (200, "ok\n")
