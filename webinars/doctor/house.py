"""The installation itself: settings, secret, database, worker, ledger, clock."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webinars import clock
from webinars.config import Settings, WrongConfiguration
from webinars.db import Database
from webinars.doctor.findings import Finding, fault, ok, warning
from webinars.domain import mail_alarms, mail_flow, worker_pulse
from webinars.migration import present_revision, wanted_revision
from webinars.uploads import UploadsFolder

LOOPBACK = ("localhost", "127.0.0.1", "::1")
GOOD_SECRET = 32
LEAST_VARIETY = 8
"""Different characters of a key: «aaaa…» and «1212…» are long, too."""
SKEW = timedelta(minutes=1)
CONNECT_SECONDS = 10
UNREAD = re.compile(
    r"(?:no|do[-_]?not|ne[-_]?pas|nicht)[-_.]?(?:reply|repondre|répondre|antworten)", re.IGNORECASE
)
"""How addresses begin that take no answer."""


def addresses(settings: Settings) -> Iterator[Finding]:
    """The public address and the sender."""
    parts = urlsplit(settings.base_url)
    if parts.scheme == "https":
        yield ok("base_url", settings.base_url)
    elif parts.hostname in LOOPBACK:
        yield warning(
            "base_url",
            f"{settings.base_url} is for trying out",
            "set base_url to the public address, with https: mail programs leave lists only so",
        )
    else:
        yield fault(
            "base_url",
            f"{settings.base_url} is not encrypted",
            "put TLS before the service and write https:// in base_url",
        )
    domain = settings.mail_sender.rpartition("@")[2]
    if "." not in domain or domain.endswith((".localdomain", ".local", ".invalid")):
        yield fault(
            "mail_sender",
            f"{settings.mail_sender} is no address of the internet",
            "set mail_sender to an address of a domain that you may send for",
        )
    elif UNREAD.match(settings.mail_sender):
        yield warning(
            "mail_sender",
            f"{settings.mail_sender} looks like an address that nobody reads",
            "calendars answer invitations to it, and so do people: set one that is read",
        )
    else:
        yield ok("mail_sender", f"mail comes from {settings.mail_sender}")


def secret(settings: Settings) -> Finding:
    """The key that signs every personal link."""
    try:
        key = settings.secret()
    except (WrongConfiguration, OSError) as error:
        return fault("secret_key", str(error), "make a new one: remove the file, or set secret_key")
    if len(set(key)) < LEAST_VARIETY or "change" in key.lower():
        return fault("secret_key", "it can be guessed", "set secret_key to 32 characters at random")
    if len(key) < GOOD_SECRET:
        return warning(
            "secret_key",
            f"{len(key)} characters are few",
            f"{GOOD_SECRET} at random are better; changing it closes every link sent so far",
        )
    file = settings.instance_path / "secret-key"
    if settings.secret_key is None and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning("secret_key", f"others may read {file}", f"chmod 600 {file}")
    return ok("secret_key", f"{len(key)} characters")


def uploads(settings: Settings) -> Iterator[Finding]:
    """The folder of uploaded files, and who sends them."""
    folder = UploadsFolder(settings.uploads_folder)
    there = next(one for one in (folder.path, *folder.path.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield fault(
            "uploads",
            f"{folder.path} cannot be written to",
            "let the account of the service write there, or set uploads_path",
        )
        return
    free, most = folder.free(), settings.upload_max_bytes
    found = f"{folder.path}, {free / 1e9:.1f} GB free"
    if free < most:
        yield warning(
            "uploads",
            found,
            f"a file of {most / 1e9:.1f} GB (upload_max_bytes) would be refused: make room",
        )
    else:
        yield ok("uploads", found)
    if settings.uploads_accel is None:
        yield ok("uploads_accel", "the service sends the files itself")
    elif settings.trusted_proxies == 0:
        yield warning(
            "uploads_accel",
            f"{settings.uploads_accel} is set, and trusted_proxies names no front server",
            "without nginx before it every file would be empty: leave uploads_accel empty then",
        )
    else:
        yield ok("uploads_accel", f"the front server sends what is below {settings.uploads_accel}")


def database(settings: Settings) -> Iterator[Finding]:
    """The database, and what it says of the worker, the ledger and the clock."""
    url = sa.make_url(settings.resolved_database_url)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield fault("database", f"{shown} is not there yet", "webinars db upgrade")
        return
    if url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(CONNECT_SECONDS)})
    base = Database(url.render_as_string(hide_password=False))
    try:
        with base.read() as session:
            present = present_revision(session.connection())
            if present != wanted_revision():
                yield fault(
                    "database",
                    f"{shown} has schema {present or 'none'}, {wanted_revision()} is needed",
                    "webinars db upgrade",
                )
                return
            yield ok("database", f"{shown}, schema {present}")
            now = clock.now()
            yield worker(session, settings, now)
            yield ledger(session, settings, now)
            yield clocks(session, now)
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
        yield fault("database", f"{shown} does not answer: {reason}", "check database_url")
    finally:
        base.dispose()


def worker(session: Session, settings: Settings, now: datetime) -> Finding:
    """Whether one ticks."""
    seen = worker_pulse.last(session)
    start = "start one: webinars worker, or webinars serve --with-worker"
    if seen is None:
        return fault("worker", "none has ever ticked: no mail leaves", start)
    ago = now - seen
    every = timedelta(seconds=settings.worker_tick_seconds)
    if worker_pulse.is_silent(seen, every=every, now=now):
        return fault("worker", f"the last tick was {_length(ago)} ago: no mail leaves", start)
    return ok("worker", f"ticked {_length(ago)} ago")


def ledger(session: Session, settings: Settings, now: datetime) -> Finding:
    """Mails that should have left, and those that nobody has looked at."""
    every = timedelta(seconds=settings.worker_tick_seconds)
    alarms = mail_alarms.standing(session, every=every, now=now).alarms
    found = f"{alarms.overdue} overdue, {alarms.open} not delivered"
    stopped = mail_flow.flow(session, now=now)
    if stopped.paused_until is not None:
        wait = _length(stopped.paused_until - now)
        return fault(
            "outbox",
            f"{found}; sending is paused for {wait}: {stopped.reason}",
            "see the line on the mail server; webinars outbox retry ends the pause",
        )
    if alarms.overdue:
        return fault(
            "outbox",
            found,
            "webinars outbox list says why; see the lines on the worker and the mail server",
        )
    if alarms.open:
        return warning("outbox", found, "the desk says why, and sends again or sets aside")
    return ok("outbox", found)


def clocks(session: Session, now: datetime) -> Finding:
    """This machine's against the database's and the worker's."""
    seen = worker_pulse.last(session)
    ahead = seen - now if seen else timedelta(0)
    if session.get_bind().dialect.name == "postgresql":
        theirs: datetime = session.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        ahead = max(ahead, abs(theirs - clock.now()), key=abs)
    if ahead > SKEW:
        return fault(
            "clock",
            f"it differs by {_length(ahead)} from the database’s or the worker’s",
            "let every machine set its clock by NTP",
        )
    return ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _length(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
