"""Calendars over HTTP: strong ETag, 304, and no cookie."""

from flask import Blueprint, Response

from webinars.domain import participants
from webinars.domain.calendars import Feed
from webinars.services import services
from webinars.web.language import request_language
from webinars.web.stored import for_all, stored

blueprint = Blueprint("feeds", __name__)


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
    response.headers["Content-Disposition"] = f'attachment; filename="{webinar}.ics"'
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
    return for_all(response)


def _answer(feed: Feed) -> Response:
    return stored(feed.body, feed.changed_at, kind="text/calendar; charset=utf-8")
