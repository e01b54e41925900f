"""The participant's own page. GET shows, POST acts: mail scanners open links."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import participants, registrations
from webinars.domain.errors import NotFound, RegistrationClosed
from webinars.models import Participant
from webinars.services import services
from webinars.web.errors import error_page
from webinars.web.language import request_language
from webinars.web.webinar_form import form_token_is_good, new_form_token

blueprint = Blueprint("people", __name__)

DONE = ("cancelled", "confirmed")


@blueprint.get("/me/<token>")
def page(token: str) -> Response:
    """What I am registered for, and my calendar address."""
    links = services().links
    with services().database.read() as session:
        person = participants.open_page(session, links=links, token=token)
        mine = participants.registrations_of(
            session, participant=person, moment=services().moment()
        )
    address = links.person_calendar(
        participants.calendar_token(links, person), language=request_language()
    )
    done = request.args.get("done")
    body = render_template(
        "people/page.html",
        person=person,
        registrations=mine,
        calendar_url=address,
        webcal_url="webcal://" + address.split("://", 1)[1],
        token=token,
        csrf_token=new_form_token(_subject(person)),
        done=done if done in DONE else None,
    )
    return make_response(body)


@blueprint.post("/me/<token>/cancel")
def cancel(token: str) -> AnyResponse:
    """Leave one webinar; the first in line gets the place."""
    return _act(token, "cancelled")


@blueprint.post("/me/<token>/confirm")
def confirm(token: str) -> AnyResponse:
    """The address is mine: my registration stands."""
    return _act(token, "confirmed")


def _act(token: str, done: str) -> AnyResponse:
    try:
        with services().database.write() as session:
            person = participants.open_page(session, links=services().links, token=token)
            if not form_token_is_good(_subject(person), request.form.get("csrf_token")):
                return error_page(400)
            _cancel_or_confirm(session, person, done)
    except RegistrationClosed:
        return error_page(409)
    return redirect(url_for("people.page", token=token, done=done), code=303)


def _cancel_or_confirm(session: Session, person: Participant, done: str) -> None:
    cycle, _, webinar = request.form.get("webinar", "").partition("/")
    if not cycle or not webinar or "\0" in cycle + webinar:
        raise NotFound("webinar")
    act = registrations.cancel if done == "cancelled" else registrations.confirm
    act(
        session,
        participant=person,
        cycle_slug=cycle,
        webinar_slug=webinar,
        house=services().house,
        now=services().moment().now,
    )


def _subject(person: Participant) -> str:
    return f"person.{person.public_id}"
