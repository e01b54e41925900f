"""A real IMAP server of its own process, with one mailbox in memory."""

import contextlib
import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import free_port

USER, PASSWORD = "retours@example.org", "un mot de passe"


@dataclass
class ImapServer:
    """What it holds can be put there and looked at."""

    port: int

    @property
    def settings(self) -> dict[str, Any]:
        """How the product reaches it."""
        return {
            "bounce_imap_server": "127.0.0.1",
            "bounce_imap_port": self.port,
            "bounce_imap_security": "none",
            "bounce_imap_username": USER,
            "bounce_imap_password": PASSWORD,
            "bounce_imap_timeout": 5,
        }

    @contextmanager
    def _box(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=5) as box:
            box.login(USER, PASSWORD)
            box.select("INBOX")
            yield box

    def put(self, *messages: bytes) -> None:
        """Messages that have just come."""
        with self._box() as box:
            for raw in messages:
                state, answer = box.append("INBOX", "", "", raw.replace(b"\n", b"\r\n"))
                assert state == "OK", answer

    def unread(self) -> int:
        """How many nobody has looked at."""
        with self._box() as box:
            return len(box.search(None, "UNSEEN")[1][0].split())


@contextmanager
def imap_server() -> Iterator[ImapServer]:
    """A running server whose mailbox is empty."""
    port = free_port()
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "pymap"),
            *("--no-tls", "--host", "127.0.0.1", "--port", str(port), "--no-service", "admin"),
            *("dict", "--demo-user", USER, "--demo-password", PASSWORD),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield ImapServer(port)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            imaplib.IMAP4("127.0.0.1", port, timeout=5).logout()
            return
        assert time.monotonic() < until, "the IMAP server does not come up"
        time.sleep(0.1)
