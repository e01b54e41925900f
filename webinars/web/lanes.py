"""Who may have a thread of the process: what lasts long must not starve the pages.

A page takes a thread for milliseconds, a file that goes to a slow line, or comes from one, for
minutes. So there are threads for both (``serve`` starts them), and each kind waits for its own; a
form waits for its body first (``bodies.py``), beside both.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any

from webinars.web.bodies import Body, Stalled
from webinars.web.form_bytes import READS

PAGES = 16
"""At once in a process: some may wait for the database while others answer."""
LONG = 48
"""Files that go and come at once in a process, beside the pages. The next are told to wait, or get
a piece at a time that needs no thread."""
LARGE_BODY = 1024**2
"""Bytes of a request from which on it may take long to come; what is smaller comes into memory."""
LINGER_SECONDS = 30
BLOCK = 256 * 1024
OF_FILES = ("/organise/files/", "/en/organise/files/")
"""They take a place only when they send much (``file_answers.py``), as public ones do before."""
WAIT = b"Too many files come and go at this moment. Try again in a minute.\n"
BROKEN_OFF = b"What you sent did not come whole. Send it again.\n"

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
        length = _length(environ)
        # An answer to HEAD has no body, so nothing could break its line (RFC 9110 section 9.3.2).
        if length == 0 or environ["REQUEST_METHOD"] == "HEAD":
            return self._page(environ, start_response)
        body = Body(environ["wsgi.input"])
        if length is None or length <= LARGE_BODY:
            try:
                beginning = body.beginning(length or LARGE_BODY)
            except Stalled:
                environ["wsgi.input"] = body  # who reads it is told
                answer = self._page(environ, _breaking(body, start_response))
                return _broken(answer, body)
            body.not_read_any_more()
            if len(beginning) < (length or 0):
                return _broken_off(start_response)
            if length is not None or len(beginning) < LARGE_BODY:
                environ["wsgi.input"] = BytesIO(beginning)
                return self._page(environ, start_response)
            body.put_back(beginning)
        environ["wsgi.input"] = body
        return self._long(body, environ, start_response)

    def _page(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(OF_FILES):
            return self._app(environ, start_response)
        with self._pages:
            return self._app(environ, start_response)

    def _long(self, body: Body, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not long_places.acquire(blocking=False):
            start_response("503 SERVICE UNAVAILABLE", [*_said(WAIT), ("Retry-After", "60")])
            return [WAIT]
        try:
            answer = self._app(environ, _breaking(body, start_response))
        except BaseException:
            body.not_read_any_more()
            long_places.release()
            raise
        return _Lingering(answer, body, long_places, reads=READS in environ)


class _Lingering:
    """The answer to what may have come long; its place is free at its end."""

    def __init__(
        self, answer: Iterable[bytes], body: Body, place: BoundedSemaphore, *, reads: bool
    ) -> None:
        self._answer = answer
        self._body = body
        self._place: BoundedSemaphore | None = place
        self._reads = reads

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer
        self._body.break_line()

    def close(self) -> None:
        """By the server, however it ends."""
        place, self._place = self._place, None
        if place is None:
            return
        try:
            with suppress(AttributeError):
                self._answer.close()  # type: ignore[attr-defined]
            if self._reads and not self._body.stalled:
                _linger(self._body)
        finally:
            self._body.not_read_any_more()
            place.release()


def _linger(body: Body) -> None:
    """Read on for a while what was refused before its end.

    Who is still sending would find the connection broken, and not read the sentence that says
    why (RFC 9112 section 9.6).
    """
    until = time.monotonic() + LINGER_SECONDS
    try:
        while time.monotonic() < until and body.read(BLOCK):
            pass
    except Stalled:
        body.wait_for_its_line(LINGER_SECONDS)


def _broken(answer: Iterable[bytes], body: Body) -> Iterator[bytes]:
    """An answer at whose end the server breaks the line."""
    try:
        yield from answer
        body.break_line()
    finally:
        with suppress(AttributeError):
            answer.close()  # type: ignore[attr-defined]


def _breaking(body: Body, start_response: StartResponse) -> StartResponse:
    """Announces more than there will be, once the body is known not to come."""

    def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        return start_response(status, _too_long(headers) if body.stalled else headers, *error)

    return begin


def _broken_off(start_response: StartResponse) -> Iterable[bytes]:
    """What came is not what was sent: nothing is done with it."""
    start_response("400 BAD REQUEST", _said(BROKEN_OFF))
    return [BROKEN_OFF]


def _said(text: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]


def _too_long(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """It announces a byte that will not come."""
    return [
        (name, str(int(value) + 1) if name.lower() == "content-length" else value)
        for name, value in headers
    ]


def _length(environ: Environ) -> int | None:
    """Bytes of its body; None is not known."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = environ.get("CONTENT_LENGTH") or ""
    return int(length) if length.isdigit() else 0
