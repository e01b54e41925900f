"""Commands of the product without their start: a process that has loaded it forks each of them.

To start the interpreter and to load everything takes longer than most commands do, and the tests
give a thousand. Each is a process of its own all the same: its environment, folder, group and
end are its own, it opens its database after the fork, and it can be killed. What is said of
starting itself is tried with ``python -m webinars`` (``Installation.warm`` is None there).
"""

import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache

from tests.support import ROOT, SECRET
from webinars import cli, create_app
from webinars.cli import COMMANDS
from webinars.config import Settings

LOOK_SECONDS = 0.01

# The side of the tests ---------------------------------------------------------------


class Warm:
    """The process that forks, asked for one thing at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._turn = threading.Lock()

    def start(
        self,
        arguments: Sequence[str],
        *,
        environment: dict[str, str],
        folder: Path,
        output: Path,
    ) -> "Forked":
        """``webinars ARGUMENTS…``, the leader of a group of its own; what it says is in a file."""
        output.touch()  # before the process has come so far
        number = self.ask(
            start=list(arguments),
            environment=environment,
            folder=str(folder),
            output=str(output),
        )
        return Forked(self, int(number), list(arguments))

    def ask(self, **wanted: object) -> Any:
        """One line there, one line back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            self._process.stdin.write(json.dumps(wanted) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())


class Forked:
    """A process that was forked, with what ``subprocess.Popen`` has of it."""

    def __init__(self, warm: Warm, pid: int, args: list[str]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._warm = warm
        self._args = args
        self._turn = threading.Lock()

    def poll(self) -> int | None:
        """Its exit code, a signal's number below zero, or None while it goes on."""
        with self._turn:
            if self.returncode is None:
                self.returncode = self._warm.ask(code_of=self.pid)
            return self.returncode

    def wait(self, timeout: float) -> int:
        """Its exit code. Raises TimeoutExpired."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self._args, timeout)
            time.sleep(LOOK_SECONDS)
        return code

    def send_signal(self, number: int) -> None:
        """While it goes on: its number is nobody else's before its code was asked for."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(15)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(9)


@contextmanager
def warm_process(folder: Path) -> Iterator[Warm]:
    """With a folder for what templates compile to. Ends with its input."""
    environment = {name: value for name, value in os.environ.items() if name[:9] != "WEBINARS_"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.warm", folder],
        env=environment | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests, which then close its input
    ) as process:
        yield Warm(process)


# The other side ----------------------------------------------------------------------


def _load(folder: Path) -> None:
    """Everything that a command may need; each template is compiled by the first that needs it."""
    cache = FileSystemBytecodeCache(str(folder))
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": cache}
    for place in COMMANDS.values():
        import_module(f"webinars.cli.{place.partition(':')[0]}")
    for name in ("alembic.command", "granian.server", "psycopg", "webinars.demo.seed"):
        import_module(name)
    app = create_app(Settings(instance_path=folder, secret_key=SECRET))
    app.extensions["webinars"].database.dispose()
    assert threading.active_count() == 1, "a thread does not live on after a fork"
    gc.collect()
    gc.freeze()


def _become(wanted: dict[str, Any]) -> None:
    """In the child: as if it had been started so."""
    os.setsid()
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    time.tzset()
    for path, flags, numbers in (
        (os.devnull, os.O_RDONLY, (0,)),
        (wanted["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, (1, 2)),
    ):
        opened = os.open(path, flags)
        for number in numbers:
            os.dup2(opened, number)
        os.close(opened)
    sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    sys.argv = ["webinars", *wanted["start"]]


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)


def _code_of(number: int) -> int | None:
    ended, status = os.waitpid(number, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def main() -> None:
    """Fork what is asked for until there is no more input; a child does it, and ends as usual."""
    _load(Path(sys.argv[1]))
    while line := sys.stdin.readline():
        wanted = json.loads(line)
        if "code_of" in wanted:
            _say(_code_of(wanted["code_of"]))
        elif number := os.fork():
            _say(number)
        else:
            _become(wanted)
            cli.main()
            return


if __name__ == "__main__":
    main()
