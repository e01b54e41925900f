"""Public pages and pictures, built once per state of the site and served from memory.

A page is fresh as long as the site's version is the one it was built from, which one small
query tells, and as long as no webinar on it has changed its life (door opens, start, end) and no
promised day on it is over.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from flask import Response, current_app, g, render_template, request
from sqlalchemy.orm import Session

from webinars import clock
from webinars.domain import site
from webinars.domain.programme import Moment, WebinarView
from webinars.domain.video_sources import Source
from webinars.services import services
from webinars.web.language import request_language

MOST_PAGES = 512
MOST_BYTES = 64 * 1024 * 1024
"""Of all pages together, in each process: that of a long replay has half a million."""


class Content(Protocol):
    """What is built once: how to make its bytes, and the webinars whose lives it shows."""

    @property
    def webinars(self) -> Iterable[WebinarView]:
        """When one of them changes its life, it is built anew."""

    @property
    def worth_keeping(self) -> bool:
        """Not when anybody can make up any number of such addresses."""

    def body(self) -> bytes:
        """The bytes; the session that it was built with may be closed by then."""


@dataclass(frozen=True, slots=True)
class Page:
    """A template with its values, and the webinars whose lives it shows."""

    template: str
    values: dict[str, Any]
    webinars: Iterable[WebinarView]
    worth_keeping: bool = True
    video: Source | None = None
    """What its player plays."""
    turns: Iterable[datetime] = ()
    """When something else on it changes, as a promised day is over. UTC."""

    def body(self) -> bytes:
        """The page."""
        return render_template(self.template, **self.values).encode()


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it was built."""

    version: int
    fresh_until: datetime | None
    body: bytes
    etag: str
    video: Source | None = None


class PageCache:
    """The pages of this process, the least used dropped first."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[str, ...], Kept] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: tuple[str, ...], *, version: int, now: datetime) -> Kept | None:
        """The page, if it is still true."""
        kept = self._pages.get(key)
        if kept is None or kept.version != version:
            return None
        if kept.fresh_until is not None and now >= kept.fresh_until:
            return None
        with self._lock, suppress(KeyError):  # another thread may just have dropped it
            self._pages.move_to_end(key)
        return kept

    def put(self, key: tuple[str, ...], kept: Kept) -> None:
        """Keep a page."""
        with self._lock:
            old = self._pages.pop(key, None)
            self._pages[key] = kept
            self._bytes += len(kept.body) - (len(old.body) if old else 0)
            while len(self._pages) > MOST_PAGES or (
                self._bytes > MOST_BYTES and len(self._pages) > 1
            ):
                _, dropped = self._pages.popitem(last=False)
                self._bytes -= len(dropped.body)


def public_page(
    build: Callable[[Session, Moment], Content],
    *,
    query: str = "",
    kind: str = "text/html",
    age: int = 0,
) -> Response:
    """The page at this address, from memory or built now.

    ``age``: for so many seconds nobody needs to ask whether it has changed.

    ``query`` is what the page depends on beside its path and language, in one spelling. The
    rest of a query string changes nothing: it cannot fill the memory, nor stand on a page
    that others are shown.
    """
    return answer(keep(build, query=query), kind=kind, age=age)


def answer(kept: Kept, *, kind: str = "text/html", age: int = 0) -> Response:
    """A kept page, or that the visitor has it."""
    response = Response(kept.body, mimetype=kind)
    response.set_etag(kept.etag)
    response.headers["Cache-Control"] = f"public, max-age={age}" if age else "public, no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]


def keep(
    build: Callable[[Session, Moment], Content], *, query: str = "", vary: tuple[str, ...] = ()
) -> Kept:
    """The page as it is kept, or built now and kept.

    ``vary`` names what else it depends on that its address does not say.
    """
    with services().database.glance() as session:
        version = site.version(session)
    kept = recall(version=version, query=query, vary=vary)
    return kept or build_and_keep(build, query=query, vary=vary)


def build_and_keep(
    build: Callable[[Session, Moment], Content], *, query: str = "", vary: tuple[str, ...] = ()
) -> Kept:
    """The page as the site stands now, whatever is kept of it."""
    with services().database.read() as session:
        version = site.version(session)
        moment = services().moment()
        page = build(session, moment)
    body = page.body()
    whole = page if isinstance(page, Page) else None
    kept = Kept(
        version=version,
        fresh_until=moment.fresh_until(page.webinars, turns=whole.turns if whole else ()),
        body=body,
        etag=hashlib.sha256(body).hexdigest()[:32],
        video=whole.video if whole else None,
    )
    if page.worth_keeping:
        _pages().put(_key(query, vary), kept)
    return kept


def recall(*, version: int, query: str = "", vary: tuple[str, ...] = ()) -> Kept | None:
    """The page as it is kept, if the site's version is still the one that it was built from."""
    g.page_query = query
    return _pages().get(_key(query, vary), version=version, now=clock.now())


def _pages() -> PageCache:
    found: PageCache = current_app.extensions["webinars.pages"]
    return found


def _key(query: str, vary: tuple[str, ...]) -> tuple[str, ...]:
    return (request_language(), request.path, query, *vary)
