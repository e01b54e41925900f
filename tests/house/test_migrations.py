"""The migrations make exactly the tables that the models describe."""

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from tests.conftest import missing, settings_for
from tests.postgres import own_database
from tests.support import ALICE, APRIL, MARCH, MAY, NOW, count, plan_of, published, register
from webinars import clock, create_app
from webinars.db import Database
from webinars.domain import audit
from webinars.migration import present_revision, wanted_revision
from webinars.models import (
    AuditAct,
    Captions,
    Chapter,
    Cycle,
    CycleDraft,
    OutboxMail,
    Participant,
    Registration,
    Replay,
    Webinar,
)
from webinars.places import MIGRATIONS


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without any table."""
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path)
        return
    with own_database(f"webinars_test_migrations_{os.getpid()}") as url:
        if url is None:
            missing("PostgreSQL does not answer: set WEBINARS_TEST_POSTGRES_URL")
        yield from opened(url, tmp_path)


def opened(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(settings_for(url, folder))
    with app.app_context():
        yield app
    app.extensions["webinars"].database.dispose()


def engine_of(app: Flask) -> sa.Engine:
    engine: sa.Engine = app.extensions["webinars"].database.engine
    return engine


def _has_a_model(name: str | None, kind: str, _parents: object) -> bool:
    """Not the index of the search: it is of each database's own kind."""
    return kind != "table" or not (name or "").startswith("search_index")


def differences(app: Flask) -> list[Any]:
    """What a new migration would have to change."""
    with engine_of(app).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": _has_a_model,
            },
        )
        return list(compare_metadata(context, Database.metadata))


def checks(connection: sa.Connection) -> dict[str, set[str | None]]:
    """The named checks of each table, which Alembic does not compare."""
    inspector = sa.inspect(connection)
    return {
        name: {check["name"] for check in inspector.get_check_constraints(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version" and _has_a_model(name, "table", None)
    }


def test_upgraded_from_nothing_the_database_is_what_the_models_say(app: Flask) -> None:
    flask_migrate.upgrade()
    assert differences(app) == []
    with engine_of(app).connect() as connection:
        assert present_revision(connection) == wanted_revision()
        assert checks(connection) == {
            table.name: {
                str(constraint.name)
                for constraint in table.constraints
                if isinstance(constraint, sa.CheckConstraint)
            }
            for table in Database.metadata.sorted_tables
        }
        assert connection.exec_driver_sql("SELECT id, version FROM site_state").all() == [(1, 1)]


def test_the_way_back_and_forth_ends_where_it_began(app: Flask) -> None:
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")
    with engine_of(app).connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    flask_migrate.upgrade()
    assert differences(app) == []


def test_a_second_upgrade_changes_nothing(app: Flask) -> None:
    flask_migrate.upgrade()
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql("UPDATE site_state SET version = 7")
    flask_migrate.upgrade()
    with engine_of(app).connect() as connection:
        assert connection.exec_driver_sql("SELECT version FROM site_state").scalar() == 7


def test_webinars_to_come_are_asked_about_from_the_upgrade_on(app: Flask) -> None:
    """There were published before surveys were answered here."""
    flask_migrate.upgrade()
    database: Database = app.extensions["webinars"].database
    before = {"1d": NOW.isoformat()}
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        march, april, may = session.scalars(sa.select(Webinar).order_by(Webinar.starts_at)).all()
        for one in (march, april, may):
            one.armed = before
        april.ends_at = may.ends_at = clock.now() + timedelta(days=1)
        may.reminders = ["1d"]
        audit.record(session, actor="x", act=AuditAct.RESOURCE_REMOVED, now=NOW, subject="r")
    flask_migrate.downgrade(revision="0017")
    with engine_of(app).connect() as connection:
        removed = "SELECT count(*) FROM audit_entries WHERE act = 'resource_removed'"
        assert connection.exec_driver_sql(removed).scalar() == 0
    flask_migrate.upgrade()
    with database.read() as session:
        rows = session.scalars(sa.select(Webinar.armed).order_by(Webinar.starts_at)).all()
    assert [sorted(armed) for armed in rows] == [["1d"], ["1d", "survey+1d"], ["1d"]]


def test_there_is_one_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [wanted_revision()]
    assert len(scripts.get_bases()) == 1


REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("participants", recreate="always") as table:
        table.add_column(sa.Column("telephone", sa.String()))


def downgrade() -> None:
    pass
"""


def test_an_upgrade_that_rebuilds_a_table_keeps_every_row(tmp_path: Path):
    """SQLite makes the table anew: what hangs on its rows must not go with the old one."""
    for app in opened(f"sqlite:///{tmp_path / 'rows.sqlite'}", tmp_path):
        flask_migrate.upgrade()
        database: Database = app.extensions["webinars"].database
        with database.write() as session:
            published(session, plan_of(MARCH))
            register(session, ALICE)
        folder = tmp_path / "migrations"
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "9999_rebuild.py").write_text(
            REBUILD.format(down=wanted_revision()), "utf-8"
        )
        flask_migrate.upgrade(directory=str(folder))
        with database.read() as session:
            assert count(session, Participant) == 1
            assert count(session, Registration) == 1
            assert count(session, OutboxMail) == 1
            assert session.scalar(sa.text("PRAGMA foreign_keys")) == 1


def test_the_rules_of_existing_cycles_stay_and_nothing_leaves_twice(app: Flask) -> None:
    """The reminders of two cycles, and the keys of what has left by them."""
    flask_migrate.upgrade(revision="0004")
    day = "2019-03-04 09:00:00+00:00"
    start = "2019-03-21T12:00:00+00:00"
    with engine_of(app).begin() as connection:
        for number in (1, 2, 3):
            same = "'c', 'third Thursday', 'Europe/Paris', '13:00:00', 90, false"
            connection.exec_driver_sql(
                "INSERT INTO cycles (id, slug, year, revision, created_at, title, rule, zone,"
                f" starts_at, duration, demonstration) VALUES ({number}, 'c{number}', 2019, 1,"
                f" '{day}', {same})"
            )
            connection.exec_driver_sql(
                "INSERT INTO cycle_drafts (cycle_id, version, title, rule, zone, starts_at,"
                f" duration, demonstration) VALUES ({number}, 1, {same})"
            )
            connection.exec_driver_sql(
                "INSERT INTO webinars (id, cycle_id, slug, uid, sequence, starts_at, ends_at,"
                " published_at, changed_at, confirmed_count, title, status, agenda, speakers,"
                f" territory_questions, platform_answers, announcements) VALUES ({number},"
                f" {number}, 'a', 'u{number}', 0, '2019-03-21 12:00:00+00:00',"
                f" '2019-03-21 13:30:00+00:00', '{day}', '{day}', 0, 't', 'scheduled', '[]', '[]',"
                " '[]', '[]', '[]')"
            )
        connection.exec_driver_sql(
            "INSERT INTO participants (id, public_id, email, full_name, language, page_generation,"
            " calendar_generation, created_at, last_contact_at) VALUES (1,"
            f" '00000000000040008000000000000001', 'a@example.org', 'A', 'fr', 1, 1, '{day}',"
            f" '{day}')"
        )
        for rule, cycle, minutes in ((1, 1, 1440), (11, 2, 1440), (12, 2, 90)):
            connection.exec_driver_sql(
                "INSERT INTO reminder_rules (id, cycle_id, minutes_before)"
                f" VALUES ({rule}, {cycle}, {minutes})"
            )
        for rule, webinar in ((1, 1), (11, 2), (12, 2)):
            connection.exec_driver_sql(
                "INSERT INTO outbox (key, kind, participant_id, webinar_id, message_id, state,"
                " due_at, tries, uncertain, created_at) VALUES"
                f" ('reminder:{rule}:7{webinar}:{start}', 'reminder', 1, {webinar}, 'm{rule}',"
                f" 'sent', '{day}', 1, 0, '{day}')"
            )
    flask_migrate.upgrade()
    database: Database = app.extensions["webinars"].database
    with database.read() as session:
        words = [["1d"], ["1d", "90m"], []]
        assert session.scalars(sa.select(Cycle.reminders).order_by(Cycle.id)).all() == words
        drafts = sa.select(CycleDraft.reminders).order_by(CycleDraft.cycle_id)
        assert session.scalars(drafts).all() == words
        webinars = session.scalars(sa.select(Webinar).order_by(Webinar.id)).all()
        assert [one.placed_at for one in webinars] == [NOW] * 3
        assert [one.armed for one in webinars] == [
            dict.fromkeys(its, NOW.isoformat()) for its in words
        ]
        keys = session.scalars(sa.select(OutboxMail.key).order_by(OutboxMail.id)).all()
        assert keys == [f"reminder:{its}:{start}" for its in ("1d:71", "1d:72", "90m:72")]
    flask_migrate.downgrade(revision="0004")
    with engine_of(app).connect() as connection:
        kept = "SELECT cycle_id, minutes_before FROM reminder_rules ORDER BY 1, 2 DESC"
        assert connection.exec_driver_sql(kept).all() == [(1, 1440), (2, 1440), (2, 90)]
        by_key = (
            "SELECT count(*) FROM outbox JOIN reminder_rules"
            " ON outbox.key LIKE 'reminder:' || reminder_rules.id || ':7%%'"
            " JOIN webinars ON webinars.id = outbox.webinar_id"
            " AND webinars.cycle_id = reminder_rules.cycle_id"
        )
        assert connection.exec_driver_sql(by_key).scalar() == 3


def test_the_ledger_and_what_came_back_outlast_the_log_of_mails(app: Flask) -> None:
    """SQLite makes the ledger anew: notices still name their mail afterwards."""
    flask_migrate.upgrade(revision="0006")
    day = "2019-03-04 09:00:00+00:00"
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO organisers (id, email, active, fs_uniquifier, language, created_at)"
            f" VALUES (1, 'a@example.org', true, 'u', 'fr', '{day}')"
        )
        for number in (1, 2, 3):
            connection.exec_driver_sql(
                "INSERT INTO outbox (id, key, kind, organiser_id, message_id, state, due_at, tries,"
                f" uncertain, created_at) VALUES ({number}, 'k{number}', 'invitation', 1,"
                f" '<m{number}>', 'failed', '{day}', 1, 0, '{day}')"
            )
        connection.exec_driver_sql(
            f"INSERT INTO address_standings (id, address, noticed_at) VALUES (1, 'a', '{day}')"
        )
        connection.exec_driver_sql(
            "INSERT INTO delivery_notices (key, standing_id, mail_id, proven, kind, words,"
            f" noticed_at) VALUES ('n', 1, 2, true, 'permanent', '', '{day}')"
        )
    for step in (flask_migrate.upgrade, partial(flask_migrate.downgrade, revision="0006")):
        step()
        with engine_of(app).connect() as connection:
            kept = connection.exec_driver_sql("SELECT id, key FROM outbox ORDER BY id").all()
            assert kept == [(1, "k1"), (2, "k2"), (3, "k3")]
            assert connection.exec_driver_sql("SELECT mail_id FROM delivery_notices").all() == [
                (2,)
            ]


def put_webinars(connection: sa.Connection, ends: Sequence[str]) -> None:
    """A cycle with a webinar for each of these ends, all begun on the same day."""
    day = "2019-03-21 12:00:00+00:00"
    connection.exec_driver_sql(
        "INSERT INTO cycles (id, slug, year, revision, created_at, title, rule, zone,"
        f" starts_at, duration, demonstration) VALUES (1, 'c', 2019, 1, '{day}', 'c', 'r',"
        " 'Europe/Paris', '13:00:00', 90, false)"
    )
    for number, end in enumerate(ends, start=1):
        connection.exec_driver_sql(
            "INSERT INTO webinars (id, cycle_id, slug, uid, sequence, starts_at, ends_at,"
            " published_at, changed_at, confirmed_count, held_count, placed_at, armed, title,"
            " status, agenda, speakers, territory_questions, platform_answers, announcements)"
            f" VALUES ({number}, 1, 'a{number}', 'u{number}', 0, '{day}', '{end}', '{day}',"
            f" '{day}', 0, 0, '{day}', '{{}}', 't', 'scheduled', '[]', '[]', '[]', '[]', '[]')"
        )


def test_replays_and_their_chapters_outlast_the_life_of_a_replay(app: Flask) -> None:
    """SQLite makes the table anew; one that is only prepared goes on the way back."""
    flask_migrate.upgrade(revision="0012")
    database: Database = app.extensions["webinars"].database
    day = "2019-03-22 09:00:00+00:00"
    replay = "INSERT INTO replays (id, webinar_id, video_url, online_at, demonstration) VALUES"
    with engine_of(app).begin() as connection:
        put_webinars(connection, [day, day])
        connection.exec_driver_sql(
            f"{replay} (1, 1, 'https://video.example.org/a', '{day}', false)"
        )
        connection.exec_driver_sql(
            "INSERT INTO chapters (id, replay_id, starts_at, title) VALUES (1, 1, 60, 'A')"
        )
    flask_migrate.upgrade()
    with database.write() as session:
        found = session.scalars(sa.select(Replay)).one()
        assert (found.version, found.words_stay, found.withdrawn_at) == (1, False, None)
        assert [one.title for one in found.chapters] == ["A"]
        found.captions = [Captions(language="fr", vtt="WEBVTT", paragraphs=[])]
        session.add(
            Replay(
                id=2,
                webinar_id=2,
                chapters=[Chapter(id=2, starts_at=0, title="B")],
                demonstration=False,
            )
        )
    flask_migrate.downgrade(revision="0012")
    with engine_of(app).connect() as connection:
        kept = "SELECT replays.id, title FROM replays JOIN chapters ON replay_id = replays.id"
        assert connection.exec_driver_sql(kept).all() == [(1, "A")]
        assert connection.exec_driver_sql("SELECT count(*) FROM chapters").scalar() == 1


def test_a_replay_of_a_webinar_to_come_is_prepared_again(app: Flask) -> None:
    """As a published move does it; of what is over nothing changes.

    The third one was moved past its replay, which was hidden since, and is over again.
    """
    flask_migrate.upgrade(revision="0018")
    earlier, day = "2019-03-20 09:00:00+00:00", "2019-03-22 09:00:00+00:00"
    with engine_of(app).begin() as connection:
        put_webinars(connection, [day, "2199-03-22 09:00:00+00:00", day])
        for number, online in ((1, day), (2, day), (3, earlier)):
            connection.exec_driver_sql(
                "INSERT INTO replays (id, webinar_id, version, video_url, online_at, words_stay,"
                f" demonstration) VALUES ({number}, {number}, 1, 'https://a', '{online}',"
                " false, false)"
            )
    flask_migrate.upgrade()
    with engine_of(app).connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT webinar_id, version, online_at IS NULL FROM replays ORDER BY id"
        ).all()
    assert [tuple(row) for row in rows] == [(1, 1, False), (2, 2, True), (3, 2, True)]


def test_what_was_done_to_resources_goes_from_the_trail_on_the_way_back(app: Flask) -> None:
    """Before there were such acts nobody could read them; every other one stays."""
    flask_migrate.upgrade()
    day = "2019-03-22 09:00:00+00:00"
    acts = ("resource_added", "resource_edited", "resource_linked", "resource_unlinked", "imported")
    with engine_of(app).begin() as connection:
        for number, act in enumerate(acts, start=1):
            connection.exec_driver_sql(
                "INSERT INTO audit_entries (id, at, actor, act, before, after)"
                f" VALUES ({number}, '{day}', 'a', '{act}', '{{}}', '{{}}')"
            )
            connection.exec_driver_sql(
                f"INSERT INTO audited_webinars (entry_id, slug) VALUES ({number}, 'a')"
            )
    flask_migrate.downgrade(revision="0013")
    with engine_of(app).connect() as connection:
        kept = connection.exec_driver_sql("SELECT id, act FROM audit_entries").all()
        assert kept == [(5, "imported")]
        touched = connection.exec_driver_sql("SELECT entry_id FROM audited_webinars").all()
        assert touched == [(5,)]
