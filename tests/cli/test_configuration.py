"""What is wrong with the surroundings is a sentence, never a traceback."""

import os
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.cli.support import Run, done, refused
from tests.support import free_port
from webinars import cli
from webinars.db import Database
from webinars.models import Cycle
from webinars.places import PACKAGE

ASKING = [
    ("outbox", "list"),
    ("registrations", "list", "2019/x"),
    ("cycle", "diff", "2019"),
    ("organiser", "create", "a@example.org"),
    ("worker", "--once"),
    ("serve",),
]


def webinars(
    environment: dict[str, str], *words: str, **changes: str
) -> subprocess.CompletedProcess[str]:
    """The program itself."""
    return subprocess.run(
        [sys.executable, "-m", "webinars", *words],
        env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | environment | changes,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WEBINARS_MAIL_PORT", "many", "WEBINARS_MAIL_PORT: "),
        ("WEBINARS_BASE_URL", "webinaires", "WEBINARS_BASE_URL: an address such as https://"),
        ("WEBINARS_DATABASE_URL", "mysql://x", "WEBINARS_DATABASE_URL: sqlite:///path"),
        ("WEBINARS_CONFIG", "nowhere.toml", "nowhere.toml: the file cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(
    environment: dict[str, str], tmp_path: Path, name: str, value: str, said: str
) -> None:
    result = webinars(environment, "outbox", "list", **{name: value})
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "instance").exists()


def test_a_wrong_key_of_the_file_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mail_prot = 25\n")
    result = webinars(environment, "db", "upgrade")
    assert result.returncode == 2
    assert "config.toml: mail_prot: there is no such setting. Did you mean mail_port?" in (
        result.stderr
    )
    assert "Traceback" not in result.stderr


def test_help_needs_nothing(environment: dict[str, str]) -> None:
    result = webinars(environment, "--help", WEBINARS_MAIL_PORT="many")
    assert result.returncode == 0
    for command in ("cycle", "db", "demo", "library", "organiser", "outbox", "serve", "worker"):
        assert f"\n  {command} " in result.stdout


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    url = sa.make_url(request.getfixturevalue("postgres_url"))
    name = f"empty_{uuid.uuid4().hex}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    yield url.update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(
        hide_password=False
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    engine.dispose()


def test_a_database_without_the_schema(environment: dict[str, str], empty_url: str) -> None:
    settings = environment | {"WEBINARS_DATABASE_URL": empty_url}
    for words in ASKING:
        said = refused(CliRunner().invoke(cli.commands, list(words), env=settings))
        assert said == (
            "Error: The database does not have the schema of this version. "
            "Run: webinars db upgrade\n"
        )


def test_the_schema_is_brought_and_kept(environment: dict[str, str], empty_url: str) -> None:
    settings = environment | {"WEBINARS_DATABASE_URL": empty_url}
    for _ in range(2):
        result = CliRunner().invoke(cli.commands, ["db", "upgrade"], env=settings)
        assert done(result) == "The database is up to date.\n"
    assert done(CliRunner().invoke(cli.commands, ["outbox", "list"], env=settings)) == ""
    database = Database(empty_url)
    with database.read() as session:
        assert session.scalars(sa.select(Cycle)).all() == []
    database.dispose()


def test_a_database_that_does_not_answer(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database " * 100)
    for url in (
        f"postgresql+psycopg://postgres:s3cret@127.0.0.1:{free_port()}/nowhere",
        f"sqlite:///{tmp_path / 'no' / 'folder.sqlite'}",
        f"sqlite:///{tmp_path / 'text'}",
    ):
        settings = environment | {"WEBINARS_DATABASE_URL": url}
        for words in (*ASKING, ("db", "upgrade"), ("demo", "--load-only")):
            said = refused(CliRunner().invoke(cli.commands, list(words), env=settings))
            assert said.startswith("Error: The database "), (words, said)
            assert "does not answer" in said
            assert "s3cret" not in said


def test_a_folder_that_cannot_be_made(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = environment | {"WEBINARS_INSTANCE_PATH": str(tmp_path / "file" / "instance")}
    for words in (("outbox", "list"), ("db", "upgrade")):
        said = refused(CliRunner().invoke(cli.commands, list(words), env=settings))
        assert str(tmp_path / "file" / "instance") in said


def test_logs_are_lines_on_standard_error(run: Run, environment, database_url: str) -> None:
    result = webinars(environment, "outbox", "list", WEBINARS_DATABASE_URL=database_url)
    assert (result.returncode, result.stdout) == (0, "")


def test_what_is_made_is_the_owners_alone(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    result = webinars(environment, "db", "upgrade", WEBINARS_SECRET_KEY="")
    assert result.returncode == 0, result.stderr
    made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {"secret-key", "webinars.sqlite"} <= made.keys()
    assert set(made.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_program_passes_on_the_code_of_a_refusal(environment, database_url: str) -> None:
    changes = {"WEBINARS_DATABASE_URL": database_url}
    result = webinars(environment, "cycle", "publish", "1999", **changes)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: There is no cycle")
    assert "Traceback" not in result.stderr
