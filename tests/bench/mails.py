"""How fast reminders leave, beside a bare loop: ``python -m tests.bench.mails [HOW_MANY]``.

Both send to the same sink on this machine, one after the other. The bare loop builds the same
messages with the standard library and sends them over one connection; the worker does all that
the ledger asks for besides.
"""

import email.policy
import os
import smtplib
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import sqlalchemy as sa

from tests.conftest import migrate, settings_for
from tests.e2e.support import LOOPBACK, Installation, installation, until
from tests.postgres import own_database
from tests.support import APRIL, ROOT, free_port, load_library, person, plan_of, published
from webinars import clock, create_app
from webinars.db import Database
from webinars.domain import reminders
from webinars.mail.letters import Letter
from webinars.mail.messages import compose
from webinars.models import (
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
)
from webinars.services import Services

HOW_MANY = 10_000
AT_ONCE = 5000
LEAST = 0.5
"""Of the bare loop's rate."""


def crowd(database: Database, number: int) -> None:
    """So many people have long been registered for a webinar of tomorrow."""
    now = clock.now()
    long_ago = now - timedelta(days=20)
    meeting = replace(APRIL, date=(now + timedelta(days=1)).date())
    plan = replace(plan_of(meeting, slug="coming", year=meeting.date.year), reminders=("2d",))
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
        published(session, plan, now=long_ago)
    for beginning in range(0, number, AT_ONCE):
        _register(database, range(beginning, min(number, beginning + AT_ONCE)), long_ago)


def _register(database: Database, numbers: range, long_ago: datetime) -> None:
    people = [
        {
            "id": one + 1,
            "public_id": uuid.uuid4(),
            "email": person(one).email,
            "full_name": f"Person {one}" if one % 2 else "Zoé d’Été",
            "language": "fr",
            "created_at": long_ago,
            "last_contact_at": long_ago,
        }
        for one in numbers
    ]
    with database.write() as session:
        webinar = session.scalars(sa.select(Webinar.id)).one()
        session.execute(sa.insert(Participant), people)
        registrations = [
            {
                "participant_id": one + 1,
                "webinar_id": webinar,
                "status": RegistrationStatus.CONFIRMED,
                "registered_at": long_ago,
                "changed_at": long_ago,
            }
            for one in numbers
        ]
        session.execute(sa.insert(Registration), registrations)


@contextmanager
def sink() -> Iterator[int]:
    """The port of one that runs."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.sink", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            until(lambda: _answers(port), within=10, what="the sink answers")
            yield port
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        smtplib.SMTP(LOOPBACK, port).quit()
    except OSError:
        return False
    return True


def told(port: int) -> tuple[int, float, int]:
    """What the sink took since it was last asked: messages, seconds, mean size."""
    with smtplib.SMTP(LOOPBACK, port) as server:
        _, said = server.docmd("HELP")
    count, seconds, size = said.decode().split()
    return int(count), float(seconds), int(size)


def a_letter(place: Installation, url: str) -> Letter:
    """One of the reminders."""
    settings = settings_for(url, place.folder)
    app = create_app(settings)
    services: Services = app.extensions["webinars"]
    now = clock.now()
    with services.database.writing_session() as session, app.app_context():
        reminders.plan_mails(session, host=settings.host, pace=services.pace, now=now, most=1)
        mail = session.scalars(sa.select(OutboxMail)).one()
        letter = compose(session, mail=mail, services=services, now=now)
        session.rollback()  # the worker plans it itself
    services.database.dispose()
    return letter


def bare_loop(port: int, letter: Letter, number: int) -> None:
    """Build and send as many by the standard library alone."""
    subject, text, html = letter.subject, letter.text, letter.html
    with smtplib.SMTP(LOOPBACK, port) as server:
        for one in range(number):
            message = EmailMessage(policy=email.policy.SMTP)
            message["Subject"] = subject
            message["From"] = "L’innovation territoriale <webinaires@example.org>"
            message["To"] = f"Person {one} <{person(one).email}>"
            message["Message-ID"] = f"<{one}@example.org>"
            message.set_content(text)
            message.add_alternative(html.replace("Dupont", f"Person {one}"), subtype="html")
            server.sendmail("webinaires@example.org", person(one).email, message.as_bytes())


def compare(folder: Path, url: str, name: str, number: int) -> bool:
    """Print both rates; whether the worker's is fast enough."""
    with sink() as port, installation(folder, database_url=url, mail_port=port) as place:
        migrate(settings_for(url, folder))
        database = Database(url)
        crowd(database, number)
        letter = a_letter(place, url)
        told(port)
        # Half before and half after: a machine is not as fast from one minute to the next.
        bare_loop(port, letter, number // 2)
        count, before, size = told(port)
        place.settings["log_level"] = "WARNING"
        begun = time.monotonic()
        worker = place.start("worker", "--once")
        worker.wait(within=600)
        took = time.monotonic() - begun
        sent, seconds, its_size = told(port)
        bare_loop(port, letter, number // 2)
        more, after, _ = told(port)
        database.dispose()
    bare, rate = (count + more) / (before + after), sent / seconds
    print(f"{f'a bare smtplib loop, {size} bytes':44} {bare:8,.0f}/s")
    print(
        f"{f'reminders by one worker, {name}, {its_size} bytes':44} {rate:8,.0f}/s   "
        f"{rate / bare:4.2f} of it; {sent} in {took:.0f} s with its start",
        flush=True,
    )
    return sent == number and rate >= LEAST * bare


def main(number: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / kind for kind in ("sqlite", "postgresql")]
        for folder in folders:
            folder.mkdir()
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before")
        well = compare(folders[0], f"sqlite:///{folders[0] / 'mails.sqlite'}", "SQLite", number)
        with own_database("webinars_bench_mails") as url:
            if url is not None:
                well &= compare(folders[1], url, "PostgreSQL", number)
    if not well:
        print(f"\nMails leave at less than {LEAST} of the bare loop's rate.")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else HOW_MANY))
