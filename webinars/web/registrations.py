"""Registering, having one's link sent again, and the door."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import participants, registrations
from webinars.domain.doors import DoorState, knock
from webinars.domain.errors import NotFound, WebinarCancelled, WebinarOver
from webinars.domain.participants import SecretReplaced
from webinars.domain.programme import Life
from webinars.domain.registrations import Outcome, Person
from webinars.domain.webinar_page import WebinarPage, find_webinar, webinar_page
from webinars.models import Participant
from webinars.services import services
from webinars.web.headers import keep_private
from webinars.web.language import request_language
from webinars.web.limits import limiter, registrations_limit
from webinars.web.webinar_form import (
    LinkForm,
    RegistrationForm,
    form_subject,
    form_token_is_good,
    new_form_token,
    render_webinar,
)

blueprint = Blueprint("registrations", __name__)


@blueprint.post("/cycles/<cycle>/<webinar>/register")
@limiter.limit(registrations_limit)
def register(cycle: str, webinar: str) -> Response:
    """Register one person for this webinar; the same page says what happens next.

    The answer is the same for known and unknown addresses: the mail tells the rest.
    """
    page = _page(cycle, webinar)
    form = RegistrationForm(request.form)
    # First of all: such a page has no form, so nobody can bring its token.
    if page.webinar.cancelled:
        return _answer(render_webinar(page, form=form, notice=_cancelled()), 409)
    if page.webinar.life is Life.AFTER:
        return _answer(render_webinar(page, form=form, notice=_over()), 409)
    if not form_token_is_good(form_subject(cycle, webinar), request.form.get("csrf_token")):
        return _answer(render_webinar(page, form=form, notice=_old_form()), 400)
    if not form.is_right():
        return _answer(render_webinar(page, form=form), 422)
    person = Person(
        email=form.email.data,
        full_name=form.full_name.data,
        organisation=form.organisation.data,
        actor_category=form.actor_category.data or None,
        region=form.region.data or None,
        language=request_language(),
    )
    try:
        with services().database.write() as session:
            outcome = registrations.register(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                person=person,
                question=form.question.data,
                house=services().house,
                now=services().moment().now,
            )
    except WebinarOver:
        return _answer(render_webinar(page, form=form, notice=_over()), 409)
    except WebinarCancelled:
        return _answer(render_webinar(page, form=form, notice=_cancelled()), 409)
    shown = _shown_outcome(page, outcome)
    return _answer(
        render_webinar(page, form=RegistrationForm(), outcome=shown, email_given=person.email)
    )


def _shown_outcome(page: WebinarPage, outcome: Outcome) -> str:
    if services().settings.require_confirmation:
        return "confirm"
    if page.full or outcome is Outcome.WAITLISTED:
        return "waiting"
    return "registered"


@blueprint.post("/cycles/<cycle>/<webinar>/link")
@limiter.limit(registrations_limit)
def link(cycle: str, webinar: str) -> Response:
    """Send the personal link again; the same answer whether the address is known or not."""
    page = _page(cycle, webinar)
    form = LinkForm(request.form)
    if not form_token_is_good(form_subject(cycle, webinar), request.form.get("csrf_token")):
        return _answer(render_webinar(page, form=RegistrationForm(), notice=_old_form()), 400)
    if not form.is_right():
        wrong = " ".join(str(error) for error in form.email.errors)
        return _answer(render_webinar(page, form=RegistrationForm(), notice=wrong), 422)
    with services().database.write() as session:
        participant = participants.by_email(session, email=form.email.data)
        if participant is not None:
            registrations.send_link(
                session,
                participant=participant,
                webinar=find_webinar(session, cycle_slug=cycle, webinar_slug=webinar),
                house=services().house,
                now=services().moment().now,
            )
    return _answer(
        render_webinar(
            page, form=RegistrationForm(), outcome="link_sent", email_given=form.email.data
        )
    )


@blueprint.get("/cycles/<cycle>/<webinar>/register")
@blueprint.get("/cycles/<cycle>/<webinar>/link")
def form_address(cycle: str, webinar: str) -> AnyResponse:
    """Where the forms lead is no page of its own: whoever opens it is led to the form."""
    return redirect(url_for("public.webinar", cycle=cycle, webinar=webinar))


@blueprint.get("/cycles/<cycle>/<webinar>/join")
def join(cycle: str, webinar: str) -> AnyResponse:
    """Lead a registrant to the room, from a while before the start until the end."""
    with services().database.read() as session:
        participant = _who(session, request.args.get("t"))
        door = knock(
            session,
            cycle_slug=cycle,
            webinar_slug=webinar,
            participant=participant,
            opens_minutes=services().settings.join_opens_minutes,
            now=services().moment().now,
        )
    if door.state is DoorState.OPEN and door.room is not None:
        response: AnyResponse = redirect(door.room)
        keep_private(response)  # type: ignore[arg-type]
        return response
    body = render_template(
        "public/join.html",
        page=_page(cycle, webinar),
        state=door.state.value,
        opens_at=door.opens_at,
        csrf_token=new_form_token(form_subject(cycle, webinar)),
    )
    return _answer(body)


def _who(session: Session, token: str | None) -> Participant | None:
    if not token:
        return None
    try:
        return participants.open_page(session, links=services().links, token=token)
    except (NotFound, SecretReplaced):
        return None


def _page(cycle: str, webinar: str) -> WebinarPage:
    with services().database.read() as session:
        return webinar_page(
            session, cycle_slug=cycle, webinar_slug=webinar, moment=services().moment()
        )


def _old_form() -> str:
    return gettext("This form has been open for too long: check what you typed and send it again.")


def _over() -> str:
    return gettext("This webinar is over: there is nothing to register for any more.")


def _cancelled() -> str:
    return gettext("This webinar is cancelled: nobody can register for it.")


def _answer(body: str, status: int = 200) -> Response:
    response = make_response(body, status)
    keep_private(response)
    return response
