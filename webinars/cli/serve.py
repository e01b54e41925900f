"""The production server and the worker."""

import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib import import_module
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from webinars.cli.support import make_app
from webinars.i18n import iso
from webinars.web.bodies import SLOW
from webinars.web.lanes import LONG, PAGES
from webinars.worker import Worker

BLOCKING_THREADS = PAGES + LONG + SLOW
"""Per process: for pages, for files that come from and go to slow lines, and for slow forms."""

SWITCH_SECONDS = 0.0005
"""How long a thread may compute while another wants to."""

STOP_SECONDS = 30
"""How long a process may take to finish what it has in hand."""

RESTART_SECONDS = 2
"""Between the end of a worker and the beginning of the next."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--with-worker", is_flag=True, help="Also run one worker that sends mail.")
def serve(host: str, port: int, workers: int, with_worker: bool) -> None:
    """Answer requests."""
    check_port(host, port)
    make_app()  # what is wrong is said here, once, and not by each process
    run_server(host=host, port=port, workers=workers, with_worker=with_worker)


@click.command()
@click.option("--once", is_flag=True, help="One tick: send what is due, and end.")
def worker(once: bool) -> None:
    """Tick and send mail, as one of any number of workers."""
    app = make_app()
    if once:
        one = Worker(app)
        count = one.tick()
        one.read_mailbox()
        click.echo(f"{count} mail{'' if count == 1 else 's'} worked on")
        paused = one.paused()
        if paused.paused_until is not None:
            click.echo(f"Sending is paused until {iso(paused.paused_until)}: {paused.reason}")
        return
    Worker(app).run()


def run_server(*, host: str, port: int, workers: int, with_worker: bool) -> None:
    """Serve until told to stop; a worker beside it is a process of its own."""
    server = Server(
        "webinars.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # which browsers and front servers speak where there is no TLS
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_enabled=False,
    )
    # Until the server listens to signals itself. No end may fall between the worker's start
    # and knowing of it; afterwards every end passes by `finally`.
    told_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
    companion = Companion() if with_worker else None
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if not told_to_stop.is_set():
            server.serve(target_loader=load_application)
    finally:
        if companion is not None:
            companion.stop()


def load_application(target: str) -> Any:
    """The application, in a web process that has just begun.

    It has its parent's handlers until the server sets its own, which is after this: a signal
    that asks it to end meanwhile would be lost, and its parent would wait for ever.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # Who holds a row that others wait for comes back from each query to threads that compute,
    # and would wait ten times as long for its turn.
    sys.setswitchinterval(SWITCH_SECONDS)
    module, _, name = target.partition(":")
    application = getattr(import_module(module), name)
    # What was loaded stays for good: collecting garbage among it made one page in twenty late.
    gc.collect()
    gc.freeze()
    return application


def check_port(host: str, port: int) -> None:
    """Raises ClickException with a sentence when nothing can listen there."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "is in use. Stop what runs there, or choose another: --port"
        else:
            reason = f"cannot be listened on: {error.strerror}."
        raise click.ClickException(f"Port {port} of {host} {reason}") from error


class Companion:
    """One worker beside the service: a process of its own, begun again when it dies."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process = _start_worker()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._process.wait()
            self._stopping.wait(RESTART_SECONDS)
            with self._lock:
                if not self._stopping.is_set():
                    self._process = _start_worker()

    def stop(self) -> None:
        """Let it finish the message in hand."""
        with self._lock:
            self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _start_worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "webinars", "worker"], env=os.environ.copy())
