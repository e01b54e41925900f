"""Who may have a thread of the process: what lasts long must not starve the pages.

A page takes a thread for milliseconds, a file that goes to a slow line, or comes from one, for
minutes. So there are threads for both (``serve`` starts them), and each kind waits for its own.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any

from webinars.web.form_bytes import READS

PAGES = 16
"""At once in a process: some may wait for the database while others answer."""
LONG = 48
"""Files that go and come at once in a process, beside the pages. The next are told to wait, or get
a piece at a time that needs no thread."""
LARGE_BODY = 1024**2
"""Bytes of a request from which on it may take long to come."""
LINGER_SECONDS = 30
BLOCK = 256 * 1024
OF_FILES = ("/organise/files/", "/en/organise/files/")
"""They take a place only when they send much (``file_answers.py``), as public ones do before."""
WAIT = b"Too many files come and go at this moment. Try again in a minute.\n"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WSGIApp = Callable[[Environ, StartResponse], Iterable[bytes]]

long_places = BoundedSemaphore(LONG)
"""Of this process."""


class Lanes:
    """WSGI: each request in its lane."""

    def __init__(self, app: WSGIApp) -> None:
        self._app = app
        self._pages = BoundedSemaphore(PAGES)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        if environ.get("PATH_INFO", "").startswith(OF_FILES):
            return self._app(environ, start_response)
        if not _may_come_long(environ):
            with self._pages:
                return self._app(environ, start_response)
        if not long_places.acquire(blocking=False):
            start_response(
                "503 SERVICE UNAVAILABLE",
                [
                    ("Content-Type", "text/plain; charset=utf-8"),
                    ("Content-Length", str(len(WAIT))),
                    ("Retry-After", "60"),
                ],
            )
            return [WAIT]
        try:
            body = self._app(environ, start_response)
        except BaseException:
            long_places.release()
            raise
        return _Lingering(body, long_places, environ)


class _Lingering:
    """The answer to what may have come long; its place is free at its end."""

    def __init__(self, body: Iterable[bytes], place: BoundedSemaphore, environ: Environ) -> None:
        self._body = body
        self._place: BoundedSemaphore | None = place
        self._environ = environ

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        """By the server, however it ends."""
        place, self._place = self._place, None
        if place is None:
            return
        try:
            with suppress(AttributeError):
                self._body.close()  # type: ignore[attr-defined]
            if READS in self._environ:
                _linger(self._environ)
        finally:
            place.release()


def _linger(environ: Environ) -> None:
    """Read on for a while what was refused before its end.

    Who is still sending would find the connection broken, and not read the sentence that says
    why (RFC 9112 section 9.6).
    """
    until = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < until and environ["wsgi.input"].read(BLOCK):
        pass


def _may_come_long(environ: Environ) -> bool:
    length = environ.get("CONTENT_LENGTH", "")
    return "HTTP_TRANSFER_ENCODING" in environ or (length.isdigit() and int(length) > LARGE_BODY)
