"""Calendars over HTTP: strong ETag, 304, and no cookie."""

from datetime import datetime

from flask import Blueprint, Response, current_app, request

from webinars.domain import participants, site
from webinars.domain.calendars import Feed
from webinars.domain.feed_fetches import ALL, PERSON, cycle_feed, theme_feed, webinar_file
from webinars.domain.personal_calendar import Kept, personal_calendar
from webinars.services import services
from webinars.web.fetch_notes import Answered, FetchNotes
from webinars.web.headers import OWN_CACHE
from webinars.web.kept_feeds import ANSWERED
from webinars.web.language import request_language
from webinars.web.stored import for_all, stored

blueprint = Blueprint("feeds", __name__)

KIND = "text/calendar; charset=utf-8"


@blueprint.get("/calendar.ics")
def everything() -> Response:
    """Every published webinar."""
    with services().database.read() as session:
        feed = services().calendar_writer(request_language()).everything(session)
        changed_at = site.changed_at(session)
    return _public(feed, ALL, changed_at)


@blueprint.get("/cycles/<cycle>/calendar.ics")
def cycle(cycle: str) -> Response:
    """The webinars of a cycle."""
    with services().database.read() as session:
        feed = services().calendar_writer(request_language()).cycle(session, slug=cycle)
        changed_at = site.changed_at(session)
    return _public(feed, cycle_feed(cycle), changed_at)


@blueprint.get("/themes/<theme>/calendar.ics")
def theme(theme: str) -> Response:
    """The webinars on a theme."""
    with services().database.read() as session:
        feed = services().calendar_writer(request_language()).theme(session, slug=theme)
        changed_at = site.changed_at(session)
    return _public(feed, theme_feed(theme), changed_at)


@blueprint.get("/cycles/<cycle>/<webinar>.ics")
def webinar(cycle: str, webinar: str) -> Response:
    """One webinar as a file."""
    with services().database.read() as session:
        feed = (
            services()
            .calendar_writer(request_language())
            .one(session, cycle_slug=cycle, webinar_slug=webinar)
        )
        changed_at = site.changed_at(session)
    response = _public(feed, webinar_file(cycle, webinar), changed_at)
    # Safari on a telephone offers to add what it may show, and only keeps an attachment.
    response.headers["Content-Disposition"] = f'inline; filename="{webinar}.ics"'
    return response


@blueprint.get("/me/<token>/calendar.ics")
def person(token: str) -> Response:
    """The webinars of one person."""
    kept: Kept = current_app.extensions["webinars.personal_calendars"]
    # Its queries need not agree: what is newer than the state it is kept for goes with that.
    with services().database.glance() as session:
        participant = participants.open_calendar(session, links=services().links, token=token)
        writer = services().calendar_writer(request_language())
        feed = personal_calendar(session, participant=participant, writer=writer, kept=kept)
    response = stored(feed.body, feed.changed_at, kind=KIND)
    response.headers["Cache-Control"] = OWN_CACHE
    if request.method == "GET":
        notes: FetchNotes = current_app.extensions["webinars.fetches"]
        # The tags of two persons differ always: what they share is the state of the site.
        answered = Answered(PERSON, request_language(), feed.revision, str(kept.version))
        notes.note(answered, request.headers.get("User-Agent", ""))
    return response


def _public(feed: Feed, name: str, changed_at: datetime) -> Response:
    """Who keeps it is told which feed it is, and which publication it holds.

    It says that it changed when anything public did: what has left a feed leaves no instant in it.
    """
    response = stored(feed.body, changed_at, kind=KIND)
    if ANSWERED in request.environ:
        mark = response.headers["ETag"]
        request.environ[ANSWERED](Answered(name, request_language(), feed.revision, mark))
    return for_all(response)
