"""What a large ledger costs: ``python -m tests.bench.ledger [OLD_ROWS] [DUE_ROWS]``.

With a million mails that have left, a tick with nothing due; then the planning of a hundred
thousand reminders that are due at once, and the memory that it takes.
"""

import resource
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from tests.bench.mails import crowd
from tests.conftest import migrate, settings_for
from tests.postgres import own_database
from webinars import clock, create_app
from webinars.db import Database
from webinars.domain import outbox, reminders
from webinars.models import MailKind, MailState, OutboxMail
from webinars.services import Services
from webinars.worker import Worker

OLD, DUE = 1_000_000, 100_000
PEOPLE = 1000
TICK_MS = 20
MEMORY_MB = 100
"""More than before, at most, while a hundred thousand mails are planned."""
TICKS = 15


def old_mails(database: Database, number: int) -> None:
    """So many mails that have left, one in a hundred of which failed."""
    now = clock.now()
    numbers = sa.text(
        "SELECT value AS n FROM generate_series(1, :most) AS s(value)"
        if database.url.get_backend_name() == "postgresql"
        else "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :most)"
        " SELECT n FROM s"
    ).bindparams(most=number)
    series = numbers.columns(sa.column("n", sa.Integer)).subquery("series")
    n = series.c.n
    columns = OutboxMail.__table__.c
    values = {
        "key": sa.literal("old:") + sa.cast(n, sa.String),
        "kind": sa.literal(MailKind.REMINDER, columns.kind.type),
        "participant_id": n % PEOPLE + 1,
        "message_id": sa.literal("<") + sa.cast(n, sa.String) + "@example.org>",
        "state": sa.case(
            (n % 100 == 0, sa.literal(MailState.FAILED.value)),
            else_=sa.literal(MailState.SENT.value),
        ),
        "due_at": sa.literal(now - timedelta(days=30), columns.due_at.type),
        "expires_at": sa.literal(now - timedelta(days=29), columns.due_at.type),
        "sent_at": sa.literal(now - timedelta(days=30), columns.due_at.type),
        "created_at": sa.literal(now - timedelta(days=30), columns.due_at.type),
        "tries": sa.literal(1),
        "uncertain": sa.literal(0),
    }
    with database.write() as session:
        session.execute(
            sa.insert(OutboxMail).from_select([*values], sa.select(*values.values())),
            execution_options={"synchronize_session": False},
        )
        session.execute(sa.text("ANALYZE"))


def ticks(worker: Worker) -> list[float]:
    """How long ticks with nothing due take, in milliseconds, once all is warm."""
    found = []
    for _ in range(TICKS + 3):
        begun = time.perf_counter()
        assert worker.tick() == 0
        found.append((time.perf_counter() - begun) * 1000)
    return found[3:]


def measure(folder: Path, url: str, name: str, old: int, due: int) -> bool:
    """Print what both cost; whether it is little enough."""
    migrate(settings_for(url, folder))
    quiet = {"quiet_from": "00:00", "quiet_until": "23:59"}
    app = create_app(settings_for(url, folder, **quiet))
    services: Services = app.extensions["webinars"]
    database = services.database
    crowd(database, PEOPLE)
    with database.write() as session:  # nothing is due
        session.execute(sa.text("UPDATE webinars SET armed = '{}'"))
    old_mails(database, old)
    took = ticks(Worker(app))
    tick = statistics.median(took)
    print(f"{name}: a tick with nothing due beside {old:,} old mails: {tick:.1f} ms", flush=True)
    database.dispose()
    good = tick < TICK_MS
    return plan(folder, url, name, due) and good


def plan(folder: Path, url: str, name: str, due: int) -> bool:
    """Reminders for a crowd, planned as a worker does."""
    app = create_app(settings_for(url, folder))
    services: Services = app.extensions["webinars"]
    with services.database.write() as session:
        for table in ("outbox", "registrations", "participants", "webinars"):
            session.execute(sa.text(f"DELETE FROM {table}"))
        for table in ("changes", "draft_sessions", "cycle_drafts", "audit_entries", "cycles"):
            session.execute(sa.text(f"DELETE FROM {table}"))
    crowd(services.database, due)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, written, longest = time.perf_counter(), 0, 0.0
    while True:
        began = time.perf_counter()
        with services.database.write() as session:
            new = reminders.plan_mails(
                session, host="example.org", pace=services.pace, now=clock.now()
            )
        longest = max(longest, time.perf_counter() - began)
        written += new
        if not new:
            break
    took = time.perf_counter() - begun
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    with services.database.read() as session:
        waiting = outbox.counts(session)[MailState.PENDING]
    print(
        f"{name}: {written:,} reminders planned in {took:.1f} s, {longest:.2f} s at most in one"
        f" transaction, {more:.0f} MB more",
        flush=True,
    )
    services.database.dispose()
    return waiting == due == written and more < MEMORY_MB


def main(old: int, due: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / kind for kind in ("sqlite", "postgresql")]
        for folder in folders:
            folder.mkdir()
        file = folders[0] / "ledger.sqlite"
        well = measure(folders[0], f"sqlite:///{file}", "SQLite", old, due)
        with own_database("webinars_bench_ledger") as url:
            if url is not None:
                well &= measure(folders[1], url, "PostgreSQL", old, due)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(*(int(one) for one in sys.argv[1:])) if len(sys.argv) == 3 else main(OLD, DUE))
