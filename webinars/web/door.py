"""The door of a webinar: from the personal link to the room."""

from urllib.parse import urlencode

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import doors, participants
from webinars.domain.doors import Door, DoorState
from webinars.domain.errors import NotFound
from webinars.domain.participants import SecretReplaced
from webinars.domain.programme import Moment
from webinars.domain.webinar_page import webinar_page
from webinars.models import Participant
from webinars.services import services
from webinars.web.headers import keep_private
from webinars.web.webinar_form import LinkForm, form_subject, new_form_token

blueprint = Blueprint("door", __name__)

FETCHED_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
"""Headers in which browsers say that nobody has asked for the page yet."""


@blueprint.get("/cycles/<cycle>/<webinar>/join")
def join(cycle: str, webinar: str) -> AnyResponse:
    """Lead a registrant to the room, from a while before the start until the end."""
    moment = services().moment()
    with services().database.read() as session:
        participant = _who(session, request.args.get("t"))
        door = _knock(session, cycle, webinar, participant, moment)
    if door.first_time is not None and request.method == "GET" and not _fetched_ahead():
        with services().database.write() as session:
            came = doors.come_in(session, registration_id=door.first_time, now=moment.now)
            if not came:  # they have just left
                door = _knock(session, cycle, webinar, participant, moment)
    if door.state is DoorState.OPEN and door.room is not None and not _fetched_ahead():
        return _private(redirect(door.room))
    return _page(cycle, webinar, door, moment, participant)


def _knock(
    session: Session, cycle: str, webinar: str, participant: Participant | None, moment: Moment
) -> Door:
    return doors.knock(
        session,
        cycle_slug=cycle,
        webinar_slug=webinar,
        participant=participant,
        opens_minutes=services().settings.join_opens_minutes,
        now=moment.now,
    )


def _page(
    cycle: str, webinar: str, door: Door, moment: Moment, participant: Participant | None
) -> AnyResponse:
    with services().database.read() as session:
        page = webinar_page(session, cycle_slug=cycle, webinar_slug=webinar, moment=moment)
    if door.state is DoorState.OVER and page.replay is not None:
        address = url_for("public.webinar", cycle=cycle, webinar=webinar)
        return _private(redirect(address, code=303))
    token = None
    if participant:  # the other language is reached with a door's, whatever led here
        given = request.args.get("t", "")
        token = participants.door_token_like(services().links, participant, given)
    g.page_query = urlencode({"t": token}) if token else ""
    body = render_template(
        "public/join.html",
        page=page,
        state=door.state.value,
        opens_at=door.opens_at,
        rank=door.rank,
        registered=door.registered,
        now=moment.now,
        token=token,
        link=LinkForm(),
        csrf_token=new_form_token(form_subject(cycle, webinar)),
    )
    return _private(make_response(body))


def _who(session: Session, token: str | None) -> Participant | None:
    if not token:
        return None
    try:
        return participants.open_door(session, links=services().links, token=token)
    except (NotFound, SecretReplaced):
        return None


def _fetched_ahead() -> bool:
    """Nobody has come yet: the answer is a page with a button that leads in."""
    said = " ".join(request.headers.get(name, "") for name in FETCHED_AHEAD).lower()
    return any(word in said for word in ("prefetch", "prerender", "preview"))


def _private(response: AnyResponse) -> AnyResponse:
    keep_private(response)  # type: ignore[arg-type]
    return response
