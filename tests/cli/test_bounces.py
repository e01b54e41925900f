"""Notices handed in by hand: a message, an mbox, the standard input."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.cli.support import Run, done, refused
from tests.returned import OUT_OF_OFFICE, dsn, exim
from tests.support import ALICE, BOB, confirmed_by_mail
from webinars.db import Database
from webinars.models import AddressStanding


@pytest.fixture
def ids(database: Database) -> list[str]:
    """Of the mails that have left for Alice and for Bob."""
    return confirmed_by_mail(database, ALICE, BOB)


def stopped(database: Database) -> int:
    with database.read() as session:
        rows = session.scalars(
            sa.select(AddressStanding).where(AddressStanding.stopped_at.is_not(None))
        )
        return len(rows.all())


def test_a_message_and_the_same_again(
    run: Run, database: Database, ids: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "notice.eml"
    file.write_bytes(dsn(id_=ids[0]))
    assert done(run("bounces", "read", file)) == (
        "1 read, 1 notices in them\n  1 nothing leaves for the address any more\n"
    )
    assert done(run("bounces", "read", file, file)) == (
        "2 read, 2 notices in them\n  2 known already\n"
    )
    assert stopped(database) == 1


def test_an_mbox(run: Run, database: Database, ids: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mbox"
    messages = (
        dsn(id_=ids[0]),
        OUT_OF_OFFICE,
        exim(id_=ids[1], to=BOB.email),
        dsn(to="x@y.example"),
    )
    file.write_bytes(
        b"".join(b"From MAILER-DAEMON Wed Mar 20 13:00:02 2019\n" + raw + b"\n" for raw in messages)
    )
    assert done(run("bounces", "read", file)) == (
        "4 read, 3 notices in them\n"
        "  2 nothing leaves for the address any more\n"
        "  1 about nobody we wrote to\n"
    )
    assert stopped(database) == 2


def test_the_standard_input(
    environment: dict[str, str], database: Database, ids: list[str], database_url: str
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "webinars", "bounces", "read", "-"],
        input=dsn(id_=ids[0]),
        env=environment | {"WEBINARS_DATABASE_URL": database_url},
        capture_output=True,
        check=True,
    )
    assert result.stdout == (
        b"1 read, 1 notices in them\n  1 nothing leaves for the address any more\n"
    )
    assert stopped(database) == 1


def test_what_is_none(run: Run, ids: list[str], tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("bytes", bytes(range(256)) * 10), ("from", b"From \n")):
        (tmp_path / name).write_bytes(content)
        assert done(run("bounces", "read", tmp_path / name)) == "1 read, 0 notices in them\n"


def test_what_was_taken_before_a_file_that_is_not_there_is_told(
    run: Run, database: Database, ids: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "notice"
    file.write_bytes(dsn(id_=ids[0]))
    result = run("bounces", "read", file, tmp_path / "none")
    assert (result.exit_code, "No such file" in result.stderr) == (1, True)
    assert result.stdout == (
        "1 read, 1 notices in them\n  1 nothing leaves for the address any more\n"
    )
    assert stopped(database) == 1


def test_a_file_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    assert refused(run("bounces", "read", tmp_path / "none")) == (
        f"Error: {tmp_path / 'none'}: No such file or directory.\n"
    )
    assert refused(run("bounces", "read", tmp_path)) == f"Error: {tmp_path}: Is a directory.\n"
    assert "Missing argument" in refused(run("bounces", "read"), 2)
