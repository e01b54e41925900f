"""The participant's own page. GET shows, POST acts: mail scanners open links."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import participants, registrations
from webinars.domain.errors import NotFound
from webinars.domain.leaving import leave_all
from webinars.services import services
from webinars.web.details_form import LANGUAGE_NAMES
from webinars.web.language import request_language
from webinars.web.personal import OldForm, acting, opened, page_form_token, stands_on

blueprint = Blueprint("people", __name__)

DONE = ("cancelled", "confirmed", "all_cancelled", "calendar_replaced", "corrected")


@blueprint.get("/me/<token>")
def page(token: str) -> Response:
    """What I am registered for, my calendar address, and what I can do about both."""
    done = request.args.get("done")
    return _page(token, done=done if done in DONE else None)


def _page(token: str, *, done: str | None = None, refused: str | None = None) -> Response:
    links = services().links
    with services().database.read() as session:
        person = opened(session, token)
        mine = participants.registrations_of(
            session, participant=person, moment=services().moment()
        )
    address = links.person_calendar(
        participants.calendar_token(links, person), language=request_language()
    )
    body = render_template(
        "people/page.html",
        person=person,
        registrations=mine,
        can_cancel=sum(registration.can_cancel for registration in mine),
        calendar_url=address,
        webcal_url="webcal://" + address.split("://", 1)[1],
        token=token,
        csrf_token=page_form_token(person),
        languages=LANGUAGE_NAMES,
        done=done,
        refused=refused,
    )
    return make_response(body, 400 if refused else 200)


@blueprint.errorhandler(OldForm)
def old_form(_error: OldForm) -> Response:
    """Nothing was done; the page with fresh buttons."""
    token: str = (request.view_args or {})["token"]
    stands_on(url_for("people.page", token=token))
    return _page(
        token,
        refused=gettext("This page has been open for too long. Press the button again."),
    )


@blueprint.post("/me/<token>/cancel")
def cancel(token: str) -> AnyResponse:
    """Leave one webinar; the first in line gets the place."""
    with acting(token) as (session, person):
        cycle, webinar = _where()
        registrations.cancel(
            session,
            participant=person,
            cycle_slug=cycle,
            webinar_slug=webinar,
            house=services().house,
            now=services().moment().now,
        )
    return _done(token, "cancelled")


@blueprint.post("/me/<token>/confirm")
def confirm(token: str) -> AnyResponse:
    """The address is mine: my registration stands."""
    with acting(token) as (session, person):
        cycle, webinar = _where()
        registrations.confirm(
            session,
            participant=person,
            cycle_slug=cycle,
            webinar_slug=webinar,
            house=services().house,
            now=services().moment().now,
        )
    return _done(token, "confirmed")


@blueprint.post("/me/<token>/cancel-all")
def cancel_all(token: str) -> AnyResponse:
    """Leave every webinar to come; each place goes to the first in line."""
    with acting(token) as (session, person):
        leave_all(
            session,
            participant=person,
            host=services().house.host,
            now=services().moment().now,
        )
    return _done(token, "all_cancelled")


@blueprint.post("/me/<token>/calendar")
def replace_calendar(token: str) -> AnyResponse:
    """Another address of my calendar; the one until now ends."""
    with acting(token) as (session, person):
        participants.replace_calendar(session, participant=person)
    return _done(token, "calendar_replaced")


@blueprint.post("/me/<token>/link")
def replace_link(token: str) -> Response:
    """Another link to this page, by mail; the one until now opens nothing more."""
    with acting(token) as (session, person):
        participants.replace_page(
            session,
            participant=person,
            host=services().house.host,
            now=services().moment().now,
        )
        email = person.email
    stands_on(url_for("your_data.page"))  # this one is closed now
    return make_response(render_template("people/replaced.html", email=email))


def _done(token: str, done: str) -> AnyResponse:
    return redirect(url_for("people.page", token=token, done=done), code=303)


def _where() -> tuple[str, str]:
    """The cycle and the webinar that a button is about. Raises NotFound."""
    cycle, _, webinar = request.form.get("webinar", "").partition("/")
    if not cycle or not webinar or "\0" in cycle + webinar:
        raise NotFound("webinar")
    return cycle, webinar
