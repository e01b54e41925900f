"""What pages tell of what happened on them: a play, minutes, an opened resource. Nobody is told.

A beacon of our own pages, without a cookie; nothing of who sends it is looked at but the network,
which is counted against a limit in memory. The browser needs no answer, so it is told nothing of
what is not known here.
"""

from contextlib import suppress
from typing import Annotated, Literal
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from webinars.domain import counting
from webinars.domain.counting import MOST_MINUTES, Counted
from webinars.domain.errors import NotFound
from webinars.domain.fields import LONGEST_SLUG, SLUG
from webinars.domain.webinar_page import webinar_page
from webinars.models import Place
from webinars.services import services
from webinars.web.count_notes import CountNotes
from webinars.web.kept_lookups import KeptLookups
from webinars.web.limits import may_count

blueprint = Blueprint("counting", __name__)

MOST_BYTES = 8 * 1024
KEPT = "webinars.resources_of_replays"
"""Which resources the pages of webinars lead to."""
MOST_KEPT = 512
"""Pages."""
NO_CONTENT, BAD_REQUEST, FORBIDDEN, TOO_MANY = 204, 400, 403, 429

Slug = Annotated[str, Field(pattern=f"^{SLUG.pattern}$", max_length=LONGEST_SLUG)]
Named = Annotated[
    str, Field(pattern=f"^{SLUG.pattern}/{SLUG.pattern}$", max_length=2 * LONGEST_SLUG + 1)
]
"""``<cycle>/<webinar>``, as in its address."""
Minute = Annotated[int, Field(ge=0, lt=MOST_MINUTES)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Played(_Said):
    """What was played of a replay since the page last told."""

    replay: Named
    begins: bool = False
    """It began to play, for the first time since the page was loaded."""
    minutes: list[Minute] = Field(default=[], max_length=MOST_MINUTES)


class Opened(_Said):
    """A resource was opened."""

    resource: Slug
    place: Literal["replay", "theme", "resource"]
    replay: Named | None = None
    """Whose page led to it."""


BEACON: TypeAdapter[Played | Opened] = TypeAdapter(Played | Opened)


@blueprint.post("/counts")
def take() -> Response:
    """Take what a page tells; what is not public here is passed over."""
    if not _is_from_here():
        return _answer(FORBIDDEN)
    if request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1":
        return _answer(NO_CONTENT)
    if not may_count():
        return _answer(TOO_MANY)
    request.max_content_length = MOST_BYTES
    try:
        said = BEACON.validate_json(request.get_data(cache=False))
    except ValidationError:
        return _answer(BAD_REQUEST)
    notes: CountNotes = current_app.extensions["webinars.counts"]
    # What cannot be looked up is not counted: no play is disturbed by it.
    with suppress(NotFound, SQLAlchemyError):
        notes.count(_known(said))
    return _answer(NO_CONTENT)


def _known(said: Played | Opened) -> list[Counted]:
    """What is public of it. Raises NotFound."""
    cycle, _, webinar = (said.replay or "").partition("/")
    now = services().moment().now
    if isinstance(said, Opened):
        led = said.replay is not None and _leads(cycle, webinar, to=said.resource)
        with services().database.glance() as session:
            return counting.of_resource(
                session,
                slug=said.resource,
                place=Place(said.place),
                replay=(cycle, webinar) if led else None,
                now=now,
            )
    with services().database.glance() as session:
        return counting.of_replay(
            session,
            cycle_slug=cycle,
            webinar_slug=webinar,
            begins=said.begins,
            minutes=said.minutes,
            now=now,
        )


def _leads(cycle: str, webinar: str, *, to: str) -> bool:
    """Whether the page of a webinar leads to a resource; else that is opened by itself."""
    kept: KeptLookups[tuple[str, str], frozenset[str]] = current_app.extensions[KEPT]
    return to in kept.get((cycle, webinar), lambda: _resources_of(cycle, webinar))


def _resources_of(cycle: str, webinar: str) -> frozenset[str]:
    with services().database.read() as session:
        try:
            page = webinar_page(
                session, cycle_slug=cycle, webinar_slug=webinar, moment=services().moment()
            )
        except NotFound:
            return frozenset()
    return page.resources


def _is_from_here() -> bool:
    """Whether a page of ours sends it: browsers say so themselves (Fetch Metadata, RFC 6454)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    hosts = {request.host, urlsplit(services().settings.base_url).netloc}
    scheme, _, host = request.headers.get("Origin", "").partition("://")
    return scheme in {"http", "https"} and host in hosts


def _answer(status: int) -> Response:
    answer = Response(status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
