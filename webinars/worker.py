"""The worker: APScheduler is the clock, the database is the truth."""

import os
import secrets
import signal
import socket
import threading
from types import FrameType

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask
from flask_mail import Mail

from webinars import clock
from webinars.domain import attendance, erasure, outbox, places, reminders, worker_pulse
from webinars.mail.sending import Sender
from webinars.services import Services

log = structlog.get_logger()


class Worker:
    """One worker of any number: claims in the database decide who does what."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._services: Services = app.extensions["webinars"]
        self._mail = Mail(app)
        self._stopping = threading.Event()
        self._emptied_after: int | None = None
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def tick(self) -> int:
        """Write what is due, send what may leave, erase who was not heard of for long.

        How many mails were worked on.
        """
        host = self._services.settings.host
        with self._services.database.write() as session:
            now = clock.now()
            worker_pulse.beat(session, now=now)
            outbox.rescue(session, now=now)
            outbox.expire(session, now=now)
        ended = 1
        while ended and not self._stopping.is_set():
            with self._services.database.write() as session:
                ended = places.end_all_holds(session, host=host, now=clock.now())
        settled = 1
        while settled and not self._stopping.is_set():
            with self._services.database.write() as session:
                settled = attendance.settle(session, now=clock.now())
        planned = 1
        while planned and not self._stopping.is_set():
            with self._services.database.write() as session:
                # After who came is settled: it decides what people are told of the replay.
                planned = reminders.plan_mails(
                    session, host=host, pace=self._services.pace, now=clock.now()
                )
        sender = Sender(
            services=self._services,
            mail=self._mail,
            owner=self.owner,
            now=clock.now,
            must_stop=self._stopping.is_set,
        )
        with self._app.app_context():
            sent = sender.send_due()
        self._erase_forgotten()
        self._empty_log()
        return sent

    def _erase_forgotten(self) -> None:
        months = self._services.settings.retention_months
        erased = 1
        while erased and not self._stopping.is_set():
            with self._services.database.write() as session:
                erased = erasure.erase_forgotten(session, months=months, now=clock.now())
            if erased:
                log.info("people_erased", count=erased)

    def _empty_log(self) -> None:
        """Once after each erasure, whoever erased: until then its bytes are in a log."""
        database = self._services.database
        with database.read() as session:
            latest = erasure.latest_erasure(session)
        if latest != self._emptied_after and database.empty_log():
            self._emptied_after = latest

    def run(self) -> None:
        """Tick until SIGTERM or SIGINT; the message in hand is finished first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(
            self._tick_safely,
            "interval",
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

    def _tick_safely(self) -> None:
        try:
            self.tick()
        except Exception:
            log.exception("tick_failed")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()
