"""The bodies of requests as they come, for who does not wait for ever.

The server's own reading ends when bytes come or the line does; it knows no time. So a thread of
ours reads, and that of the request waits for it as long as it may. Who waits no longer breaks the
line, or the reading would never end: the server does that when an answer ends before the length
that it announced.
"""

import io
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import IO, Any

from werkzeug.exceptions import RequestTimeout

PIECE = 128 * 1024
PIECE_SECONDS = 60
"""For each piece: nginx's patience (``client_body_timeout``); two kilobytes a second at least."""
AT_ONCE_SECONDS = 1
"""A form is a packet or two: what has not come by then is slow."""
FORM_SECONDS = 20
"""For each piece of a slow form: a process that is told to end waits for half a minute."""
SLOW = 32
"""Slow bodies that are awaited at once in a process, before their requests begin. One more, and who
has been awaited for longest has had its time."""
BREAKING_SECONDS = 0.1
"""Until what there is of an answer has left."""


class Stalled(RequestTimeout):
    """The body does not come."""


class Body(io.RawIOBase):
    """What comes of a request after its head."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._beginning = b""
        self._reader: _Reader | None = None
        self._left: _Reader | None = None

    @property
    def stalled(self) -> bool:
        """It was given up; its line is to be broken."""
        return self._left is not None

    def beginning(self, most: int) -> bytes:
        """At most so many bytes of it; fewer if it ends before. Raises Stalled."""
        found = bytearray()
        while len(found) < most and (piece := self._piece(most - len(found), _soon)):
            found += piece
        return bytes(found)

    def put_back(self, beginning: bytes) -> None:
        """Who reads it from now on has this first."""
        self._beginning = beginning

    def readable(self) -> bool:
        """As files say it."""
        return True

    def readinto(self, into: Any) -> int:
        """Raises Stalled."""
        piece, self._beginning = self._beginning[: len(into)], self._beginning[len(into) :]
        if not piece:
            piece = self._piece(len(into), _patiently)
        into[: len(piece)] = piece
        return len(piece)

    def not_read_any_more(self) -> None:
        """For now: its reader serves others."""
        reader, self._reader = self._reader, None
        if reader is not None:
            _idle.append(reader)

    def break_line(self) -> None:
        """Its answer ends too early: give what there is of it the time to leave."""
        if self._left is not None:
            self._left.join(BREAKING_SECONDS)

    def wait_for_its_line(self, seconds: float) -> None:
        """Until it ends, if it does so soon: its answer has left, so nothing breaks it."""
        if self._left is not None:
            self._left.join(seconds)

    def _piece(self, most: int, wait: "Callable[[_Reader], bytes | None]") -> bytes:
        """What comes next; nothing at its end."""
        if self._left is not None:
            raise Stalled
        if self._reader is None:
            try:
                self._reader = _idle.pop()
            except IndexError:
                self._reader = _Reader()
        self._reader.ask(self._stream, min(PIECE, most))
        piece = wait(self._reader)
        if piece is None:
            self._left, self._reader = self._reader, None
            self._left.leave()
            raise Stalled
        return piece


class _Reader(Thread):
    """Reads for one request after another, until it is left."""

    def __init__(self) -> None:
        super().__init__(name="body", daemon=True)
        self._asked: SimpleQueue[tuple[IO[bytes], int] | None] = SimpleQueue()
        self._came: SimpleQueue[bytes | None] = SimpleQueue()
        self.start()

    def run(self) -> None:
        """Until it is left."""
        while (asked := self._asked.get()) is not None:
            stream, most = asked
            try:
                self._came.put(stream.read(most))
            except OSError:  # the line broke
                self._came.put(b"")
            del stream, asked  # the next may be long in coming

    def ask(self, stream: IO[bytes], most: int) -> None:
        """Begin to read."""
        self._asked.put((stream, most))

    def wait(self, seconds: float) -> bytes | None:
        """What came; None when nothing did, or who waits was told to stop."""
        try:
            return self._came.get(timeout=seconds)
        except Empty:
            return None

    def stop_waiting(self) -> None:
        """For what it reads."""
        self._came.put(None)

    def leave(self) -> None:
        """It ends after what it is reading."""
        self._asked.put(None)


_idle: list[_Reader] = []
"""The latest that read is the next that does."""


class _SlowOnes:
    """Who is awaited, in the order of their beginning."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._awaited: dict[_Reader, bool] = {}

    def wait(self, reader: _Reader) -> bytes | None:
        """As it does; None also when others need the place."""
        with self._lock:
            if len(self._awaited) >= SLOW:
                longest = next(iter(self._awaited))
                del self._awaited[longest]
                longest.stop_waiting()
            self._awaited[reader] = True
        piece = reader.wait(FORM_SECONDS)
        with self._lock:
            # Who was told to stop has, even if something came since.
            return piece if self._awaited.pop(reader, False) else None


_slow = _SlowOnes()


def _soon(reader: _Reader) -> bytes | None:
    piece = reader.wait(AT_ONCE_SECONDS)
    return _slow.wait(reader) if piece is None else piece


def _patiently(reader: _Reader) -> bytes | None:
    return reader.wait(PIECE_SECONDS)
