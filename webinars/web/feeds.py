"""Calendars over HTTP: strong ETag, 304, and no cookie."""

import hashlib

from flask import Blueprint, Response, request

from webinars.domain import participants
from webinars.domain.calendars import Feed
from webinars.services import services
from webinars.web.language import request_language

blueprint = Blueprint("feeds", __name__)

PUBLIC_AGE_SECONDS = 300


@blueprint.get("/calendar.ics")
def everything() -> Response:
    """Every published webinar."""
    with services().database.read() as session:
        return _public(services().calendar_writer(request_language()).everything(session))


@blueprint.get("/cycles/<cycle>/calendar.ics")
def cycle(cycle: str) -> Response:
    """The webinars of a cycle."""
    with services().database.read() as session:
        return _public(services().calendar_writer(request_language()).cycle(session, slug=cycle))


@blueprint.get("/themes/<theme>/calendar.ics")
def theme(theme: str) -> Response:
    """The webinars on a theme."""
    with services().database.read() as session:
        return _public(services().calendar_writer(request_language()).theme(session, slug=theme))


@blueprint.get("/cycles/<cycle>/<webinar>.ics")
def webinar(cycle: str, webinar: str) -> Response:
    """One webinar as a file."""
    with services().database.read() as session:
        feed = (
            services()
            .calendar_writer(request_language())
            .one(session, cycle_slug=cycle, webinar_slug=webinar)
        )
    response = _public(feed)
    # Safari on a telephone offers to add what it may show, and only keeps an attachment.
    response.headers["Content-Disposition"] = f'inline; filename="{webinar}.ics"'
    return response


@blueprint.get("/me/<token>/calendar.ics")
def person(token: str) -> Response:
    """The webinars of one person."""
    with services().database.read() as session:
        participant = participants.open_calendar(session, links=services().links, token=token)
        feed = (
            services().calendar_writer(request_language()).person(session, participant=participant)
        )
    return _answer(feed)


def _public(feed: Feed) -> Response:
    response = _answer(feed)
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_AGE_SECONDS}"
    return response


def _answer(feed: Feed) -> Response:
    response = Response(feed.body, content_type="text/calendar; charset=utf-8")
    response.set_etag(hashlib.sha256(feed.body).hexdigest()[:32])
    response.last_modified = feed.changed_at
    return response.make_conditional(request)  # type: ignore[return-value]
