"""What is erased is gone from SQLite's files, byte by byte, and not only from its tables."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import (
    ALICE,
    HOST,
    MARCH,
    NOW,
    count,
    person,
    plan_of,
    published,
    register,
)
from tests.web.own_page import own
from tests.web.support import read
from webinars.db import Database
from webinars.domain import audit, erasure, participants, site
from webinars.domain.people import Person
from webinars.models import Participant, Question
from webinars.worker import Worker

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

QUESTION = "Comment convaincre la mairie de Plougastel ?"


def files_with(folder: Path, *texts: str) -> list[str]:
    """The files of the database in which one of these stands."""
    return sorted(
        path.name
        for path in folder.glob("webinars.sqlite*")
        if any(text.encode() in path.read_bytes() for text in texts)
    )


@pytest.fixture
def folder(database_url: str) -> Path:
    """Where the database's files are."""
    file = sa.make_url(database_url).database
    assert file is not None
    return Path(file).parent


@pytest.fixture
def asked(database: Database, now) -> Database:
    """Alice among others, with a question and her mails."""
    with database.write() as session:
        published(session, plan_of(MARCH))
    for number in range(40):
        with database.write() as session:
            register(session, person(number))
            if number == 20:
                register(session, ALICE, question=QUESTION)
    return database


def everything_of_alice(folder: Path) -> list[str]:
    return files_with(folder, ALICE.email, ALICE.full_name, QUESTION)


def test_a_press_on_the_own_page_leaves_no_byte(app: Flask, asked: Database, folder: Path) -> None:
    assert everything_of_alice(folder) != []
    client = app.test_client()
    page = own(app.extensions["webinars"])
    values = read(client.get(f"{page}/erase")).form(f"{page}/erase").values()
    assert client.post(f"{page}/erase", data=values).status_code == 200
    assert everything_of_alice(folder) == []
    assert files_with(folder, person(20).email) != [], "the others are there"


def test_many_among_many_leave_no_byte(database: Database, folder: Path, now) -> None:
    """Pages are split, moved and freed in between."""
    people = [
        Person(f"marque{n:03d}{'x' * (n * 7 % 40)}@example.org", f"Marque {n:03d}", "fr")
        for n in range(120)
    ]
    with database.write() as session:
        published(session, plan_of(MARCH))
    for who in people:
        with database.write() as session:
            register(session, who, question=f"Question de {who.email}")
    gone = people[::3]
    for who in gone:
        with database.write() as session:
            found = participants.by_email(session, email=who.email)
            assert found is not None
            erasure.erase(session, participant=found, actor=audit.PARTICIPANT, host=HOST, now=NOW)
    assert database.empty_log()
    assert files_with(folder, people[1].email) != [], "the others are there"
    assert files_with(folder, *(who.email for who in gone)) == []
    assert files_with(folder, *(who.full_name for who in gone)) == []


def test_while_somebody_reads_the_worker_does_it_later(
    make_app: Callable[..., Flask], asked: Database, folder: Path, monkeypatch
) -> None:
    monkeypatch.setattr("webinars.db.LOG_PATIENCE_SECONDS", 0.05)
    worker = Worker(make_app())
    worker.tick()
    with asked.read() as reader:
        assert count(reader, Participant) == 41  # sees the state before, until it ends
        with asked.write() as session:
            alice = participants.by_email(session, email=ALICE.email)
            assert alice is not None
            erasure.erase(session, participant=alice, actor=audit.PARTICIPANT, host=HOST, now=NOW)
        assert not asked.empty_log()
        worker.tick()
        assert everything_of_alice(folder) != []
    worker.tick()
    assert everything_of_alice(folder) == []


def test_who_was_not_heard_of_leaves_no_byte(
    make_app: Callable[..., Flask], asked: Database, folder: Path, at
) -> None:
    at(NOW.replace(year=2023))
    Worker(make_app()).tick()
    assert everything_of_alice(folder) == []


def test_a_log_is_emptied_after_an_erasure_and_not_at_each_tick(
    make_app: Callable[..., Flask], asked: Database, folder: Path
) -> None:
    app = make_app()
    Worker(app).tick()
    assert (folder / "webinars.sqlite-wal").stat().st_size > 0
    with asked.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        erasure.erase(session, participant=alice, actor=audit.PARTICIPANT, host=HOST, now=NOW)
    worker = Worker(app)  # another one, which did not see it happen
    worker.tick()
    assert (folder / "webinars.sqlite-wal").stat().st_size == 0
    with asked.write() as session:
        register(session, person(50))
    worker.tick()
    assert (folder / "webinars.sqlite-wal").stat().st_size > 0


def test_every_connection_overwrites_what_it_deletes(database: Database) -> None:
    with database.read() as session:
        assert session.scalar(sa.text("PRAGMA secure_delete")) == 1


def test_words_that_were_found_are_gone_from_the_index_too(
    make_app: Callable[..., Flask], asked: Database, folder: Path
) -> None:
    """The index marks what it deletes: until its segments are merged, the words are in them."""
    worker = Worker(make_app())
    with asked.write() as session:
        session.execute(sa.update(Question).values(published_at=NOW, published_text=QUESTION))
        site.touch(session, now=NOW)
    worker.tick()
    assert files_with(folder, "plougastel") != []
    with asked.write() as session:
        session.execute(sa.update(Question).values(published_at=None, published_text=None))
        site.touch(session, now=NOW)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        erasure.erase(session, participant=alice, actor=audit.PARTICIPANT, host=HOST, now=NOW)
    worker.tick()
    assert files_with(folder, "plougastel", "Plougastel") == []
