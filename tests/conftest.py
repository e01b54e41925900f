"""Fixtures: a migrated database of each kind, the application, a mail server, a fixed clock.

Tests that take ``database`` (or what stands on it) run on SQLite and on PostgreSQL: those of the
domain on both, those of pages and mails on one of them, and on the other in the soak.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import CodeType
from typing import Any, NoReturn
from zlib import crc32

import flask_migrate
import hypothesis
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from tests.postgres import empty, own_database
from tests.support import BASE_URL, NOW, SECRET, MailServer, mail_server
from webinars import clock, create_app, db
from webinars.config import Settings
from webinars.db import Database
from webinars.services import Services
from webinars.web import sign_in
from webinars.web.count_notes import CountNotes
from webinars.web.fetch_notes import FetchNotes

DATABASES = ("postgresql", "sqlite")
# The same few examples at each run, however slow the machine is.
hypothesis.settings.register_profile("house", max_examples=30, deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")


ON_BOTH = {"test_storm.py", "test_killed_workers.py", "test_worker_process.py"}
"""Of whole processes, those whose promise the database keeps."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which database the tests of the upper floors take, and where to begin."""
    _share_databases(items)
    _begin_with_processes(items)


def _share_databases(items: list[pytest.Item]) -> None:
    """Of a page, a mail or a process, on both databases, one run is left to ``make soak``.

    The statements are the domain's, whose tests all run on both. Which one is left a sum over
    the test's name says, so both are used everywhere, and the same ones at each run.
    """
    twins: dict[str, list[pytest.Item]] = {}
    for item in items:
        floor, kind = item.path.parent.name, _database_of(item)
        if floor in ("web", "mail", "e2e") and item.path.name not in ON_BOTH and kind:
            twins.setdefault(item.nodeid.replace(kind, "…"), []).append(item)
    for name, both in twins.items():
        if len(both) == len(DATABASES):
            both.sort(key=lambda item: str(_database_of(item)))
            both[crc32(name.encode()) % len(DATABASES)].add_marker(pytest.mark.soak)


def _database_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    found = callspec.params.get("database_url") if callspec else None
    return found if found in DATABASES else None


def _begin_with_processes(items: list[pytest.Item]) -> None:
    """Begin with the tests of whole processes: what takes minutes must not begin last.

    xdist gives each worker an equal part of the list, and lets it steal from the ends of others:
    so a share of these tests stands at the head of each part, and no file is torn apart.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files: dict[Path, list[pytest.Item]] = {}
    others = []
    for item in items:
        if item.path.parent.name == "e2e":
            files.setdefault(item.path, []).append(item)
        else:
            others.append(item)
    shares: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for tests in sorted(files.values(), key=len, reverse=True):
        min(shares, key=len).extend(tests)
    left = len(items)
    items.clear()
    for number, share in enumerate(shares):
        room = max(0, left // (workers - number) - len(share))
        left -= len(share) + room
        items += share + others[:room]
        del others[:room]
    items += others


def pytest_collection_finish() -> None:
    """What is loaded stays for good: to look for garbage among it took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def missing(what: str) -> NoReturn:
    """Skip, in one line; where everything must run, fail instead."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"nothing may be skipped here: {what}")
    pytest.skip(what)


class CompiledTemplates(BytecodeCache):
    """Each template is compiled once, however many applications a test process makes."""

    def __init__(self) -> None:
        self.codes: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.codes.get(f"{bucket.key} {bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.codes[f"{bucket.key} {bucket.checksum}"] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _light_applications() -> Iterator[None]:
    """What an application costs when hundreds are made: hashes take a real one's time elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", CompiledTemplates())
        patch.setattr(Rule, "_compile_builder", _once_a_rule(Rule._compile_builder))
        for name, least in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
            patch.setitem(sign_in.HASH_COST, f"argon2__{name}", least)
        # Written when a test says so: what a thread writes falls between another's queries.
        for gathering in (FetchNotes, CountNotes):
            patch.setattr(gathering, "gather_seconds", 3600)
        yield


def _once_a_rule(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """What makes the addresses of a route depends on the route alone, and takes a while."""
    made: dict[tuple[object, ...], Any] = {}

    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, str(rule.defaults), str(rule._trace), append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    return compiled


class KeptEngines:
    """Engines that serve test after test, so that statements are compiled once.

    One for an address, lent to one ``Database`` at a time; a second one has its own.
    """

    def __init__(self) -> None:
        self._engines: dict[str, sa.Engine | None] = {}
        self._lent: set[str] = set()
        self._turn = Lock()

    def keep(self, address: str) -> None:
        """From now on."""
        self._engines.setdefault(address, None)

    def lend(self, url: sa.URL, make: Callable[[sa.URL], sa.Engine]) -> sa.Engine:
        """The kept engine, or one that is made for this alone."""
        address = url.render_as_string(hide_password=False)
        with self._turn:
            if address not in self._engines or address in self._lent:
                return make(url)
            engine = self._engines[address] = self._engines[address] or make(url)
            self._lent.add(address)
            return engine

    def take_back(self, engine: sa.Engine) -> None:
        """Its connections are closed."""
        with self._turn:
            self._lent -= {address for address, one in self._engines.items() if one is engine}


@pytest.fixture(scope="session")
def _kept_engines() -> Iterator[KeptEngines]:
    kept, make, dispose = KeptEngines(), db.make_engine, Database.dispose

    def give_back(database: Database) -> None:
        engines = database._engines
        dispose(database)
        if engines is not None:
            kept.take_back(engines.plain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "make_engine", lambda url: kept.lend(url, make))
        patch.setattr(Database, "dispose", give_back)
        yield kept


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("WEBINARS_") and name != "WEBINARS_TEST_POSTGRES_URL":
            monkeypatch.delenv(name)


def settings_for(database_url: str, folder: Path, **changes: object) -> Settings:
    """The settings of tests."""
    values: dict[str, object] = {
        "instance_path": folder,
        "database_url": database_url,
        "base_url": BASE_URL,
        "secret_key": SECRET,
        "rate_limit_enabled": False,
        "mail_sender": "webinaires@example.org",
        "log_level": "ERROR",
    }
    return Settings(**(values | changes))  # type: ignore[arg-type]


def migrate(settings: Settings) -> None:
    """Bring a database to this version, by the migrations that ship."""
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
    app.extensions["webinars"].database.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.sqlite"
    migrate(settings_for(f"sqlite:///{path}", folder))
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated PostgreSQL database of this process's own."""
    with own_database(f"webinars_test_{os.getpid()}") as url:
        if url is None:
            missing("PostgreSQL does not answer: set WEBINARS_TEST_POSTGRES_URL")
        migrate(settings_for(url, tmp_path_factory.mktemp("postgres")))
        yield url


@pytest.fixture(scope="session")
def _emptied(postgres_url: str) -> Iterator[Callable[[], None]]:
    """Makes every table of PostgreSQL as after the migration."""
    engine = sa.create_engine(postgres_url, pool_pre_ping=True)  # a test ends connections
    yield lambda: empty(engine)
    engine.dispose()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, _kept_engines: KeptEngines) -> str:
    """The address of an empty, migrated database: once of each kind."""
    url: str
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        path = template.with_name("webinars.sqlite")
        for old in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            old.unlink(missing_ok=True)
        shutil.copyfile(template, path)
        url = f"sqlite:///{path}"
    else:
        request.getfixturevalue("_emptied")()
        url = request.getfixturevalue("postgres_url")
    _kept_engines.keep(url)
    return url


@pytest.fixture
def make_settings(database_url: str, tmp_path: Path) -> Callable[..., Settings]:
    """Settings with changes."""
    return lambda **changes: settings_for(database_url, tmp_path, **changes)


@pytest.fixture
def make_app(make_settings: Callable[..., Settings]) -> Iterator[Callable[..., Flask]]:
    """Applications with changed settings, closed at the end."""
    apps: list[Flask] = []

    def make(**changes: object) -> Flask:
        app = create_app(make_settings(**changes))
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = False
        apps.append(app)
        return app

    yield make
    for app in apps:
        for gathering in ("webinars.fetches", "webinars.counts"):
            app.extensions[gathering].close()
        app.extensions["webinars"].database.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application on an empty database."""
    return make_app()


@pytest.fixture
def services(app: Flask) -> Services:
    """Settings, database and links of the application."""
    found: Services = app.extensions["webinars"]
    return found


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    """The database: the application's, where the test has one; else without an application."""
    if "app" in request.fixturenames:
        services: Services = request.getfixturevalue("services")
        yield services.database
        return
    alone = Database(database_url)
    yield alone
    alone.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without a browser."""
    return app.test_client()


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A real mail server on the loopback."""
    with mail_server() as server:
        yield server


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the one source of time."""

    def set_(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant.astimezone(UTC))

    return set_


@pytest.fixture
def now(at: Callable[[datetime], None]) -> datetime:
    """The clock stands at the tests' own instant."""
    at(NOW)
    return NOW
