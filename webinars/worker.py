"""The worker: APScheduler is the clock, the database is the truth."""

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from flask_mail import Mail

from webinars import clock
from webinars.domain import (
    address_standings,
    attendance,
    counting,
    delivery_notices,
    erasure,
    mail_copies,
    mail_flow,
    outbox,
    places,
    public_files,
    reminders,
    search_index,
    worker_pulse,
)
from webinars.mail import mailbox
from webinars.mail.bounces import read_notice
from webinars.mail.sending import Sender
from webinars.processes import has_ended, own_name
from webinars.services import Services
from webinars.uploads import UploadsFolder

log = structlog.get_logger()

UPLOADS_EVERY = timedelta(hours=1)
UNNAMED_FOR = timedelta(days=1)
"""Longer than any act that is about to name a file, and than a backup of folder and database."""


class Worker:
    """One worker of any number: claims in the database decide who does what."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._services: Services = app.extensions["webinars"]
        self._mail = Mail(app)
        self._stopping = threading.Event()
        self._emptied_after: int | None = None
        self._settled = reminders.Settled()
        self._uploads_at: datetime | None = None
        self.owner = own_name()

    def tick(self) -> int:
        """Write what is due, send what may leave, erase who was not heard of for long.

        While there is much to send, what is due is written in between. How many mails were
        worked on.
        """
        sender = Sender(
            services=self._services,
            mail=self._mail,
            owner=self.owner,
            now=clock.now,
            must_stop=self._stopping.is_set,
            rest=self._stopping.wait,
        )
        worked, more = 0, True
        while more:
            self._write_what_is_due()
            with self._app.app_context():
                sent, more = sender.send_due(seconds=self._services.settings.worker_tick_seconds)
            worked += sent
            more = more and not self._stopping.is_set()
        self._index()
        self._forget_copies()
        self._until_none(counting.fold)
        self._erase_forgotten()
        self._empty_log()
        self._remove_unnamed()
        return worked

    def paused(self) -> mail_flow.Flow:
        """How mail flows now."""
        with self._services.database.read() as session:
            return mail_flow.flow(session, now=clock.now())

    def _write_what_is_due(self) -> None:
        host = self._services.settings.host
        with self._services.database.write() as session:
            now = clock.now()
            worker_pulse.beat(session, now=now)
            ended = [owner for owner in outbox.owners(session) if has_ended(owner)]
            outbox.rescue(session, ended=ended, now=now)
            outbox.expire(session, now=now)
        self._until_none(places.end_all_holds, host=host)
        self._until_none(attendance.settle)
        # After who came is settled: it decides what people are told of the replay.
        self._until_none(
            reminders.plan_mails, host=host, pace=self._services.pace, settled=self._settled
        )

    def _index(self) -> None:
        """Bring the search up to date, in small transactions that nobody waits for."""
        database = self._services.database
        with database.read() as session:
            if not search_index.is_behind(session):
                return
            found = search_index.difference(session)
        writes = found.writes
        try:
            for part in found.parts:
                if self._stopping.is_set():
                    return
                with database.write() as session:
                    writes = search_index.write(session, part=part, writes=writes)
            with database.write() as session:
                search_index.is_up_to_date(session, version=found.version, writes=writes)
        except search_index.Overtaken:
            return  # by another worker: what is left then is seen at the next tick

    def _forget_copies(self) -> None:
        self._until_none(mail_copies.forget, days=self._services.settings.mail_copies_days)

    def _until_none(self, work: Callable[..., int], **values: Any) -> None:
        """Do it again, each time in a transaction of its own, until there is nothing left to do."""
        done = 1
        while done and not self._stopping.is_set():
            with self._services.database.write() as session:
                done = work(session, now=clock.now(), **values)

    def _erase_forgotten(self) -> None:
        months = self._services.settings.retention_months
        erased = 1
        while erased and not self._stopping.is_set():
            with self._services.database.write() as session:
                erased = erasure.erase_forgotten(session, months=months, now=clock.now())
            if erased:
                log.info("people_erased", count=erased)
        with self._services.database.write() as session:
            address_standings.forget_nobodys(session, months=months, now=clock.now())

    def read_mailbox(self) -> int:
        """Read the notices that have come, when it is time; how many messages.

        What cannot be read now can be read later: no mail waits for it.
        """
        settings = self._services.settings
        if settings.bounce_imap_server is None:
            return 0
        every = timedelta(minutes=settings.bounce_imap_minutes)
        with self._services.database.write() as session:
            mine = worker_pulse.takes_mailbox(session, every=every, now=clock.now())
        if not mine:
            return 0
        try:
            return mailbox.read_new(settings, take=self._take_notice, stop=self._stopping.is_set)
        except mailbox.Unreadable as error:
            log.warning("mailbox_cannot_be_read", reason=str(error))
            return 0

    def _take_notice(self, raw: bytes) -> None:
        for report in read_notice(raw):
            with self._services.database.write() as session:
                outcome = delivery_notices.take(session, report=report, now=clock.now())
            log.info("notice_taken", kind=report.kind.value, outcome=outcome.value)

    def _empty_log(self) -> None:
        """Once after each erasure, whoever erased: until then its bytes are in a log."""
        database = self._services.database
        with database.read() as session:
            latest = erasure.latest_erasure(session)
        if latest == self._emptied_after:
            return
        with database.write() as session:
            search_index.overwrite_removed(session)
        if database.empty_log():
            self._emptied_after = latest

    def _remove_unnamed(self) -> None:
        """Once an hour: uploaded files that no row names any more, or that never came whole."""
        now = clock.now()
        if self._uploads_at is not None and now - self._uploads_at < UPLOADS_EVERY:
            return
        self._uploads_at = now
        folder, since = UploadsFolder(self._services.settings.uploads_folder), now - UNNAMED_FOR
        try:
            names = [*folder.untouched(since=since)]
            if not names:
                return
            with self._services.database.read() as session:
                unnamed = public_files.without_rows(session, keys=names, since=since)
            for name in unnamed:
                folder.remove(name)
        except OSError as error:  # the next hour looks again; the doctor says what is wrong
            log.warning("uploads_not_looked_at", error=type(error).__name__)
            return
        with self._services.database.write() as session:
            public_files.forget_dropped(session, since=since)
        if unnamed:
            log.info("uploads_removed", count=len(unnamed))

    def run(self) -> None:
        """Tick until SIGTERM or SIGINT; the message in hand is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        scheduler = BackgroundScheduler(timezone="UTC")
        # The mailbox beside the mails: its server may be slow.
        for work in (self.tick, self.read_mailbox):
            scheduler.add_job(
                _safely,
                "interval",
                args=[work],
                seconds=self._services.settings.worker_tick_seconds,
                next_run_time=clock.now(),
                coalesce=True,  # after a pause: once, not once for each missed tick
                max_instances=1,
                misfire_grace_time=None,  # a late tick is still a tick
            )
        scheduler.start()
        log.info("worker_started", owner=self.owner)
        self._stopping.wait()
        scheduler.shutdown(wait=True)
        log.info("worker_stopped", owner=self.owner)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()


def _safely(work: Callable[[], int]) -> None:
    try:
        work()
    except Exception:
        log.exception("tick_failed", work=work.__name__)
