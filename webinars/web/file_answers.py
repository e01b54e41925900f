"""An uploaded file as an answer: whole, a range of it, or that it has not changed (RFC 9110)."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, BinaryIO
from urllib.parse import quote

from werkzeug.http import (
    http_date,
    parse_date,
    parse_etags,
    parse_if_range_header,
)

from webinars.domain.uploads import FileView
from webinars.web.lanes import long_places

BLOCK = 256 * 1024
"""Bytes that are read at once; what is no longer is answered without a thread that waits."""
PIECE = 1024**2
"""Bytes of a range that are answered when every place of those that last long is taken."""
PUBLIC = "public, max-age=600"
"""Files never change, but one may be withdrawn."""
ONLY_ITSELF = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'"
IN_ITS_BOX = f"{ONLY_ITSELF}; sandbox"
IN_ITS_VIEWER = f"{ONLY_ITSELF}; object-src 'self'; frame-ancestors 'none'"
"""Of what a browser shows: in a sandbox Chrome's viewer of PDF does not begin, nor a film play."""

NOT_OF_NONE = ("Cache-Control", "Content-Type", "Content-Disposition", "ETag", "Last-Modified")

Lines = list[tuple[str, str]]


class Gone(Exception):
    """Its row is there, and the file is not."""


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What is sent."""

    status: str
    headers: Lines
    body: Iterable[bytes]


def answer(
    file: FileView, path: Path, asked: dict[str, Any], *, cache: str, accel: str | None
) -> FileAnswer:
    """The answer to a GET or HEAD. Raises Gone.

    ``accel`` is where the front server has the folder, if it sends the files.
    """
    headers = [*_said(file, cache)]
    if accel is not None:  # which knows of ranges and conditions by itself
        return FileAnswer(
            "200 OK",
            [*headers, ("X-Accel-Redirect", f"{accel}{file.key}"), ("Content-Length", "0")],
            [],
        )
    tag = file.sha256[:32]
    headers += _validators(file)
    refused = _by_condition(tag, _second(file.uploaded_at), asked)
    if refused == UNCHANGED:
        return FileAnswer(UNCHANGED, headers, [])
    if refused is not None:
        return _none(refused, headers)
    reading = asked["REQUEST_METHOD"] != "HEAD"
    wanted = _range(tag, file, asked) if reading else None
    if wanted == NOT_THERE:
        there = ("Content-Range", f"bytes */{file.size}")
        return _none("416 RANGE NOT SATISFIABLE", [*headers, there])
    return _bytes(file, path, headers, wanted, reading=reading)


def _bytes(
    file: FileView, path: Path, headers: Lines, wanted: tuple[int, int] | None, *, reading: bool
) -> FileAnswer:
    start, end = wanted or (0, file.size)
    body: Iterable[bytes] = []
    if reading:
        opened = _open(path, file.size)
        if end - start > BLOCK and long_places.acquire(blocking=False):
            body = Blocks(opened, start, end, long_places)
        elif wanted is None and end > BLOCK:
            opened.close()
            return _none("503 SERVICE UNAVAILABLE", [*headers, ("Retry-After", "60")])
        else:
            end = min(end, start + max(BLOCK, PIECE))
            with opened:
                body = [os.pread(opened.fileno(), end - start, start)]
    headers = [*headers, ("Content-Length", str(end - start))]
    if wanted is None:
        return FileAnswer("200 OK", headers, body)
    part = ("Content-Range", f"bytes {start}-{end - 1}/{file.size}")
    return FileAnswer("206 PARTIAL CONTENT", [*headers, part], body)


def _none(status: str, headers: Lines) -> FileAnswer:
    """Nothing of the file, which no cache may keep in its place."""
    left = [(name, value) for name, value in headers if name not in NOT_OF_NONE]
    return FileAnswer(status, [*left, ("Cache-Control", "no-store"), ("Content-Length", "0")], [])


class Blocks:
    """A range of an open file, in large blocks; it gives its place back at its end."""

    def __init__(self, file: BinaryIO, start: int, end: int, place: BoundedSemaphore) -> None:
        self._file = file
        self._place: BoundedSemaphore | None = place
        self._left = end - start
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self._file.read(min(BLOCK, self._left)) if self._left else b""
        if not block:
            self.close()
            raise StopIteration
        self._left -= len(block)
        return block

    def close(self) -> None:
        """By the server, however it ends."""
        place, self._place = self._place, None
        if place is not None:
            self._file.close()
            place.release()


def _open(path: Path, size: int) -> BinaryIO:
    """Raises Gone."""
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise Gone(path.name) from error
    if os.fstat(file.fileno()).st_size != size:
        file.close()
        raise Gone(path.name)
    return file


@lru_cache(maxsize=512)
def _validators(file: FileView) -> tuple[tuple[str, str], ...]:
    return (("ETag", f'"{file.sha256[:32]}"'), ("Last-Modified", http_date(file.uploaded_at)))


@lru_cache(maxsize=512)
def _said(file: FileView, cache: str) -> tuple[tuple[str, str], ...]:
    kind = "inline" if file.shown else "attachment"
    plain = re.sub(r'[^ -~]|["\\%]', "_", file.name)
    # RFC 6266 section 4.3 and appendix D: both forms, the plain one first.
    disposition = f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return (
        ("Content-Type", file.media_type),
        ("Content-Disposition", disposition),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", cache),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", IN_ITS_VIEWER if file.shown else IN_ITS_BOX),
        ("Referrer-Policy", "no-referrer"),
    )


def _second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)


def _by_condition(tag: str, changed_at: datetime, asked: dict[str, Any]) -> str | None:
    """The status of an answer without a body, in the order of RFC 9110 section 13.2.2."""
    if (header := asked.get("HTTP_IF_MATCH")) is not None:
        if not parse_etags(header).contains(tag):
            return FAILED
    elif (since := parse_date(asked.get("HTTP_IF_UNMODIFIED_SINCE"))) and changed_at > since:
        return FAILED
    if (header := asked.get("HTTP_IF_NONE_MATCH")) is not None:
        return UNCHANGED if parse_etags(header).contains_weak(tag) else None
    since = parse_date(asked.get("HTTP_IF_MODIFIED_SINCE"))
    return UNCHANGED if since is not None and changed_at <= since else None


RANGE = re.compile(r"bytes=\s*(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))\s*", re.IGNORECASE)
"""One range (section 14.1.2): from a byte on, to another one, or the last so many."""
FAILED, UNCHANGED = "412 PRECONDITION FAILED", "304 NOT MODIFIED"
NOT_THERE = (-1, -1)


def _range(tag: str, file: FileView, asked: dict[str, Any]) -> tuple[int, int] | None:
    """The one range that is asked for, its end not included; None is the whole file.

    Of several the whole file is sent, as section 14.2 allows; so is it to who has another one.
    """
    found = RANGE.fullmatch(asked.get("HTTP_RANGE", ""))
    if found is None or not _still_holds(asked.get("HTTP_IF_RANGE"), tag, file):
        return None
    first, last, most = found.groups()
    if most:
        start = max(0, file.size - int(most))
        return (start, file.size) if start < file.size else NOT_THERE
    start, end = int(first), int(last) + 1 if last else file.size
    if start >= end and last:
        return None
    return (start, min(file.size, end)) if start < file.size else NOT_THERE


def _still_holds(header: str | None, tag: str, file: FileView) -> bool:
    """Whether who asks has a part of these bytes (section 13.1.5): only a strong tag says so."""
    if header is None:
        return True
    known = parse_if_range_header(header)
    if known.date is not None:
        return known.date == _second(file.uploaded_at)
    return known.etag == tag and not header.startswith("W/")
