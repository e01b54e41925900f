"""The two kinds of transaction, and instants on both databases."""

import threading
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import NOW, count, in_threads
from webinars.db import IDLE_SECONDS, Base, Database, UTCDateTime
from webinars.models import Participant, SiteState


def participant(number: int = 1, *, created_at: datetime = NOW) -> Participant:
    return Participant(
        email=f"person{number}@example.org",
        full_name=f"Person {number}",
        language="fr",
        created_at=created_at,
        last_contact_at=created_at,
    )


INSTANTS = [
    NOW,
    NOW.replace(microsecond=123456),
    NOW.astimezone(timezone(timedelta(hours=5, minutes=45))),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2199, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


@pytest.mark.parametrize("instant", INSTANTS)
def test_an_instant_comes_back_as_it_was_in_utc(database: Database, instant: datetime) -> None:
    with database.write() as session:
        session.add(participant(created_at=instant))
    with database.read() as session:
        found = session.scalars(sa.select(Participant.created_at)).one()
        assert found == instant
        assert found.tzinfo is UTC
        same = sa.select(Participant.id).where(Participant.created_at == instant)
        assert len(session.scalars(same).all()) == 1


def test_instants_are_compared_by_the_database_whatever_zone_they_were_given_in(
    database: Database,
) -> None:
    east, west = timezone(timedelta(hours=12)), timezone(timedelta(hours=-11))
    with database.write() as session:
        session.add(participant(1, created_at=NOW.astimezone(east)))
        session.add(participant(2, created_at=(NOW + timedelta(seconds=1)).astimezone(west)))
    with database.read() as session:
        rows = sa.select(Participant.email).order_by(Participant.created_at)
        assert session.scalars(rows).all() == ["person1@example.org", "person2@example.org"]
        until = rows.where(Participant.created_at <= NOW)
        assert session.scalars(until).all() == ["person1@example.org"]


def test_a_naive_time_is_refused(database: Database) -> None:
    with (
        pytest.raises(sa.exc.StatementError, match="a naive datetime"),
        database.write() as session,
    ):
        session.add(participant(created_at=NOW.replace(tzinfo=None)))
    with database.read() as session:
        assert count(session, Participant) == 0


def test_nothing_is_nothing() -> None:
    kind = UTCDateTime()
    dialect = sa.create_engine("sqlite://").dialect
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_writing_commits_at_the_end(database: Database) -> None:
    with database.write() as session:
        session.add(participant())
    with database.read() as session:
        assert count(session, Participant) == 1


def test_writing_is_undone_by_any_error(database: Database) -> None:
    def add_and_stop() -> None:
        with database.write() as session:
            session.add(participant())
            session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_and_stop()
    with database.read() as session:
        assert count(session, Participant) == 0


def test_reading_keeps_nothing(database: Database) -> None:
    with suppress(sa.exc.InternalError), database.read() as session:
        session.add(participant())
        session.flush()  # PostgreSQL refuses it already
    with database.read() as session:
        assert count(session, Participant) == 0


def test_a_reader_sees_one_state(database: Database) -> None:
    with database.read() as reader:
        assert count(reader, Participant) == 0
        with database.write() as session:
            session.add(participant())
        assert count(reader, Participant) == 0
    with database.read() as reader:
        assert count(reader, Participant) == 1


def test_a_refused_row_is_not_repeated_in_the_error(database: Database) -> None:
    with database.write() as session:
        session.add(participant())
    with pytest.raises(sa.exc.IntegrityError) as refused, database.write() as session:
        session.add(participant())
    assert "@" not in "".join(traceback.format_exception(refused.value))


def test_writers_at_once_lose_nothing(database: Database) -> None:
    def add(_number: int) -> None:
        for _ in range(5):
            with database.write() as session:
                state = session.scalars(sa.select(SiteState).with_for_update()).one()
                state.version += 1

    in_threads(add, 4)
    with database.read() as session:
        assert session.scalars(sa.select(SiteState.version)).one() == 21


def test_a_second_writer_waits_for_the_first(database: Database) -> None:
    first_holds, order = threading.Event(), []

    def work(number: int) -> None:
        if number == 0:
            with database.write() as session:
                session.add(participant(1))
                session.flush()
                first_holds.set()
                order.append("first")
        else:
            assert first_holds.wait(10)
            with database.write() as session:
                session.add(participant(2))
                session.flush()
                order.append("second")

    in_threads(work, 2)
    assert order == ["first", "second"]
    with database.read() as session:
        assert count(session, Participant) == 2


def test_a_reader_sees_no_half_of_a_transaction(database: Database) -> None:
    with database.write() as writer:
        writer.add(participant(1))
        writer.flush()
        with database.read() as reader:
            assert count(reader, Participant) == 0
        writer.add(participant(2))
    with database.read() as reader:
        assert count(reader, Participant) == 2


def test_the_engine_is_made_on_first_use_and_again_after_disposal(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert list(tmp_path.iterdir()) == []
    first = database.engine
    assert database.engine is first
    database.dispose()
    database.dispose()
    assert database.engine is not first
    database.dispose()


def test_sqlite_is_set_up_for_the_promises(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with database.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.dispose()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_an_error_does_not_repeat_the_values_of_a_statement(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError) as error, database.write() as session:
        session.add_all([participant(1), participant(1)])
    said = str(error.value)
    assert "hide_parameters" in said
    assert "Person 1" not in said


def test_every_constraint_has_a_name() -> None:
    nameless = [
        f"{table.name}: {constraint!r}"
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if not constraint.name
    ]
    assert nameless == []


@pytest.mark.postgres
def test_a_connection_that_the_server_has_ended_while_it_lay_idle_is_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of two processes, each with connections of its own.
    database, other = (Database(f"{postgres_url}?application_name={name}") for name in "ab")
    with database.read() as session:
        before = session.scalar(sa.text("SELECT pg_backend_pid()"))
    with other.read() as session:
        assert session.scalar(sa.text(f"SELECT pg_terminate_backend({before})"))
    later = time.monotonic() + IDLE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with database.read() as session:
        assert session.scalar(sa.text("SELECT pg_backend_pid()")) != before
    database.dispose()
    other.dispose()


def test_those_of_one_process_queue_for_a_row(database: Database) -> None:
    """Whoever wants another row does not wait for them, where the database has rows to lock."""
    order: list[str] = []
    begun, done = threading.Event(), threading.Event()

    def first() -> None:
        with database.write(row="a row"):
            begun.set()
            done.wait(timeout=10)
            order.append("first")

    def second() -> None:
        begun.wait(timeout=10)
        if database.url.get_backend_name() == "postgresql":
            with database.write():
                order.append("another")
        done.set()
        with database.write(row="a row"):
            order.append("second")

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert [name for name in order if name != "another"] == ["first", "second"]


def test_a_glance_opens_no_transaction_where_one_costs_something(database: Database) -> None:
    number = sa.select(sa.func.count()).select_from(Participant)
    with database.glance() as session:
        assert session.scalar(number) == 0
        with database.write() as other:
            other.add(participant())
        sees_the_other = session.scalar(number) == 1
    assert sees_the_other == (database.url.get_backend_name() == "postgresql")
