"""Calendars, news and the site's map, answered from memory before the application is asked.

Programs fetch them all day long, and they change some times a year. An answer is kept as the
application gave it, plain and packed, until the version of the site is another one, which is
asked of the database each time: a publication in one process is seen by all others at once.
Whether it has changed for who asks is decided here (RFC 9110 section 13).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import Accept, ETags, Headers
from werkzeug.http import parse_accept_header, parse_date, parse_etags
from werkzeug.test import run_wsgi_app

from webinars.db import Database
from webinars.domain import site
from webinars.web.fetch_notes import Answered, FetchNotes

Environ = dict[str, Any]
WSGIApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Lines = list[tuple[str, str]]

Given = tuple[bytes, str, Headers]
"""Body, status and headers."""

MOST_KEPT = 512
MOST_BYTES = 64 * 1024 * 1024
"""Of all answers together, in each process."""
LONGEST_REMEMBERED = 200
"""Characters of a header."""
MADE_AT_ONCE = 16
ENDINGS = (".ics", ".atom", "/sitemap.xml")
PERSONAL = "/me/"
ASKS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_ACCEPT_ENCODING", "HTTP_RANGE")
"""What an answer may depend on; the application is asked without."""
OF_ONE_REQUEST = ("X-Request-ID", "Date")
ANSWERED = "webinars.answered"
"""In the environment: takes what the application says of its answer."""
OWN_READING = "webinars.own_reading"
"""In the environment of what this application asks of itself: nobody has fetched anything, and no
line in the log tells of it."""
OF_A_BODY = ("Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition")


@dataclass(frozen=True, slots=True)
class Form:
    """One form of an answer, plain or packed."""

    body: bytes
    tags: frozenset[str]
    """By which who asks has it already, without quotes."""
    headers: Lines
    unchanged: Lines
    """The headers of a 304."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    version: int
    """Of the site."""
    changed_at: datetime | None
    plain: Form
    packed: Form
    answered: Answered | None
    """Of a calendar: what its programs have seen is noted."""

    @property
    def size(self) -> int:
        """Bytes of both forms."""
        return len(self.plain.body) + len(self.packed.body)


class KeptFeeds:
    """WSGI: answers what is kept, and keeps what the application answers."""

    def __init__(self, app: WSGIApp, database: Database, notes: FetchNotes) -> None:
        self._app = app
        self._database = database
        self._notes = notes
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self._making = tuple(Lock() for _ in range(MADE_AT_ONCE))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI."""
        path = environ.get("PATH_INFO", "")
        # A path with two slashes is another spelling: of those there is no end.
        if not path.endswith(ENDINGS) or PERSONAL in path or "//" in path:
            return self._app(environ, start_response)
        method = environ["REQUEST_METHOD"]
        if method not in {"GET", "HEAD"}:
            return self._app(environ, start_response)
        try:
            kept = self._fresh(path) or self._made(environ, path)
        except SQLAlchemyError:
            return self._app(environ, start_response)  # which has the words for it
        if not isinstance(kept, Kept):
            body, status, headers = kept
            start_response(status, headers.to_wsgi_list())
            return [] if method == "HEAD" else [body]
        if method == "GET" and kept.answered is not None and OWN_READING not in environ:
            self._notes.note(kept.answered, environ.get("HTTP_USER_AGENT", ""))
        form = kept.packed if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING")) else kept.plain
        if is_unchanged(form, kept.changed_at, environ):
            start_response("304 NOT MODIFIED", form.unchanged)
            return []
        start_response("200 OK", form.headers)
        return [] if method == "HEAD" else [form.body]

    def _fresh(self, path: str) -> Kept | None:
        kept = self._kept.get(path)
        version = self._database.peek(site.VERSION)
        if kept is None or kept.version != version:
            return None
        with self._lock, suppress(KeyError):  # another thread may just have dropped it
            self._kept.move_to_end(path)
        return kept

    def _made(self, environ: Environ, path: str) -> Kept | Given:
        """The answer, made now and kept; or what was given in its place.

        Who asks for it meanwhile waits: a large one takes long, and longer for all at once.
        """
        with self._making[hash(path) % len(self._making)]:
            kept = self._fresh(path)
            if kept is not None:
                return kept
            version = self._database.peek(site.VERSION)
            said: list[Answered] = []
            plain = self._ask(environ, "identity", said)
            packed = self._ask(environ, "gzip", said) if plain[1].startswith("200") else None
            # It may be gone from one to the other.
            if packed is None or not packed[1].startswith("200"):
                return plain
            # Of the first of the two: the second may be newer.
            answered = said[0] if said else None
            kept = _kept(version, (plain[0], plain[2]), (packed[0], packed[2]), answered)
            self._keep(path, kept)
            return kept

    def _ask(self, environ: Environ, encoding: str, said: list[Answered]) -> Given:
        asked = {name: value for name, value in environ.items() if name not in ASKS}
        asked |= {"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": encoding, ANSWERED: said.append}
        body, status, headers = run_wsgi_app(self._app, asked, buffered=True)
        return b"".join(body), status, headers

    def _keep(self, path: str, kept: Kept) -> None:
        with self._lock:
            old = self._kept.pop(path, None)
            self._kept[path] = kept
            self._bytes += kept.size - (old.size if old else 0)
            while len(self._kept) > MOST_KEPT or (self._bytes > MOST_BYTES and len(self._kept) > 1):
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size


def _kept(
    version: int,
    plain: tuple[bytes, Headers],
    packed: tuple[bytes, Headers],
    answered: Answered | None,
) -> Kept:
    tag, packed_tag = (headers["ETag"].strip('"') for _, headers in (plain, packed))
    return Kept(
        version=version,
        changed_at=parse_date(plain[1].get("Last-Modified")),
        plain=_form(*plain, tag),
        # Of a program that had the plain form, and takes the packed one now, too.
        packed=_form(*packed, tag, packed_tag),
        answered=answered,
    )


def _form(body: bytes, headers: Headers, *tags: str) -> Form:
    return Form(
        body=body,
        tags=frozenset(tags),
        headers=_without(headers, OF_ONE_REQUEST),
        unchanged=_without(headers, OF_ONE_REQUEST + OF_A_BODY),
    )


def _without(headers: Headers, names: Sequence[str]) -> Lines:
    left = {name.lower() for name in names}
    return [(name, value) for name, value in headers.to_wsgi_list() if name.lower() not in left]


def is_unchanged(form: Form, changed_at: datetime | None, environ: Environ) -> bool:
    """Whether who asks has it already; a tag has the last word (RFC 9110 section 13.2.2)."""
    tags = environ.get("HTTP_IF_NONE_MATCH")
    if tags is not None:
        asked = _tags(tags)
        return asked.star_tag or any(asked.contains_weak(tag) for tag in form.tags)
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    if since is None or changed_at is None:
        return False
    instant = _date(since)
    return instant is not None and changed_at <= instant


def takes_gzip(header: str | None) -> bool:
    """Whether the packed form may be sent (RFC 9110 section 12.5.3)."""
    return header is not None and _takes_gzip(header)


class Remembered:
    """The same few programs ask in the same few words; what is long is nobody's usual word."""

    def __init__(self, read: Callable[[str], Any]) -> None:
        self._read = read
        self.kept = lru_cache(maxsize=1024)(read)

    def __call__(self, header: str) -> Any:
        """What the header says."""
        return self.kept(header) if len(header) <= LONGEST_REMEMBERED else self._read(header)


@Remembered
def _takes_gzip(header: str) -> bool:
    return parse_accept_header(header, Accept)["gzip"] > 0


@Remembered
def _tags(header: str) -> ETags:
    return parse_etags(header)


@Remembered
def _date(header: str) -> datetime | None:
    return parse_date(header)
