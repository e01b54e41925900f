"""Real processes of the product, each installation with its own folder and environment."""

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Protocol

from tests.e2e.warm import Warm
from tests.support import ROOT, SECRET, free_port

LOOPBACK = "127.0.0.1"
# What is waited for at most: a machine that does much else is slow, not wrong.
START_SECONDS = 120
STOP_SECONDS = 60
COMMAND_SECONDS = 180
ORPHAN_SECONDS = 10
MAIL_SECONDS = 90


def until(holds: Callable[[], Any], *, within: float, what: str, every: float = 0.05) -> Any:
    """What ``holds`` gives as soon as it is true; a failure when it never is in time."""
    end = time.monotonic() + within
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < end, f"not within {within:g} s: {what}"
        time.sleep(every)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as words."""
        return self.body.decode("utf-8")


class Running(Protocol):
    """What ``subprocess.Popen`` has, and ``Forked`` too."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass
class Process:
    """A running command, the leader of a process group of its own."""

    popen: Running
    log: Path

    @property
    def pid(self) -> int:
        """Its number, which is also that of its group."""
        return self.popen.pid

    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text("utf-8", errors="replace")

    def said(self, words: str, *, times: int = 1, within: float = START_SECONDS) -> None:
        """Wait until its log has these words so many times."""

        def holds() -> bool:
            self.must_run()
            return self.output().count(words) >= times

        until(holds, within=within, what=f"{words!r} in the log:\n{self.output()}")

    def must_run(self) -> None:
        """Fail with its own words when it has ended."""
        code = self.popen.poll()
        assert code is None, f"it ended with {code}:\n{self.output()}"

    def kill(self) -> None:
        """SIGKILL to this process alone."""
        self.popen.kill()
        self.popen.wait(timeout=STOP_SECONDS)

    def wait(self, within: float = STOP_SECONDS) -> int:
        """Its exit code, in time."""
        try:
            return self.popen.wait(timeout=within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within:g} s:\n{self.output()}") from None

    def stop(self, within: float = STOP_SECONDS) -> None:
        """SIGTERM: it must end in time, without complaint, and leave no child."""
        self.must_run()
        self.popen.terminate()
        code = self.wait(within)
        assert code == 0, f"SIGTERM ended it with {code}:\n{self.output()}"
        self.must_be_alone()

    def must_be_alone(self) -> None:
        """Nothing of its group is left."""
        until(lambda: not self._group_lives(), within=ORPHAN_SECONDS, what="no child was left")

    def _group_lives(self) -> bool:
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def clear_away(self) -> None:
        """Whatever happened: nothing of this group goes on."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(timeout=STOP_SECONDS)


@dataclass
class Installation:
    """A folder with its settings, and the processes started in it.

    They are forked from a warm process where there is one, else started from nothing.
    """

    folder: Path
    settings: dict[str, object] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    warm: Warm | None = None
    processes: list[Process] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def base_url(self) -> str:
        """Where its server answers."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Of the machine's environment everything but settings; then those of this place."""
        kept = {name: value for name, value in os.environ.items() if name[:9] != "WEBINARS_"}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process compiles everything anew
        values: dict[str, object] = {
            "instance_path": self.folder,
            "base_url": self.base_url,
            "secret_key": SECRET,
            "mail_sender": "webinaires@example.org",
            "rate_limit_enabled": False,
            **self.settings,
        }
        own = {f"WEBINARS_{name.upper()}": str(value) for name, value in values.items()}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **own}

    def run(self, *arguments: str | Path, code: int = 0) -> str:
        """A command to its end, with the expected exit code; all that it said."""
        process = self._process(arguments)
        try:
            found = process.wait(COMMAND_SECONDS)
        finally:
            process.clear_away()
        said = process.output()
        assert found == code, f"{arguments} ended with {found}:\n{said}"
        return said

    def sets_up(self, *commands: tuple[str | Path, ...]) -> None:
        """Commands, one after another."""
        for command in commands:
            self.run(*command)

    def start(self, *arguments: str | Path) -> Process:
        """A command that goes on."""
        process = self._process(arguments)
        self.processes.append(process)
        return process

    def _process(self, arguments: tuple[str | Path, ...]) -> Process:
        words = [str(part) for part in arguments]
        log = self.folder / f"process-{next(self._numbers)}.log"
        if self.warm is not None:
            forked = self.warm.start(
                words, environment=self.environment, folder=self.folder, output=log
            )
            return Process(forked, log)
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", "webinars", *words],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Process(popen, log)

    def serve(self, *arguments: str) -> Process:
        """A production server of two processes that answers."""
        process = self.start("serve", "--port", str(self.port), "--workers", "2", *arguments)
        self.wait_until_ready(process)
        return process

    def demo(self) -> Process:
        """The demonstration, answering."""
        process = self.start("demo", "--port", str(self.port))
        self.wait_until_ready(process)
        return process

    def worker(self) -> Process:
        """A worker that goes on."""
        return self.start("worker")

    def wait_until_ready(self, process: Process) -> None:
        """Until /readyz says so."""

        def ready() -> bool:
            process.must_run()
            try:
                return self.get("/readyz").status == 200
            except OSError:
                return False

        until(ready, within=START_SECONDS, what="/readyz is 200")

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """One GET."""
        return self.ask("GET", path, None, headers or {})

    def post(self, path: str, form: dict[str, str]) -> Answer:
        """One form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urllib.parse.urlencode(form).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Any request."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=COMMAND_SECONDS)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def register(self, webinar: str, email: str, name: str = "Alice Dupont") -> Answer:
        """As a browser does: fetch the form of ``cycle/webinar``, then send it."""
        page = self.get(f"/cycles/{webinar}")
        assert page.status == 200, page.text
        form = {"csrf_token": form_token(page.text), "email": email, "full_name": name}
        return self.post(f"/cycles/{webinar}/register", form)

    def outbox(self) -> list[dict[str, Any]]:
        """The ledger as the command line shows it."""
        lines = self.run("outbox", "list", "--json").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def form_token(html: str) -> str:
    """The token of the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, "the page has no form"
    return found[1]


@contextmanager
def installation(
    folder: Path, *, warm: Warm | None = None, **settings: object
) -> Iterator[Installation]:
    """An installation; at the end, what still runs is stopped and must end well."""
    place = Installation(folder, settings, warm=warm)
    try:
        yield place
        for process in reversed(place.processes):
            if process.popen.poll() is None:
                process.stop()
            process.must_be_alone()
    finally:
        for process in place.processes:
            process.clear_away()
