"""Registering, and having one's link sent again."""

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars import clock
from webinars.domain import participants, registrations, site
from webinars.domain.errors import WebinarCancelled, WebinarOver
from webinars.domain.programme import Life
from webinars.domain.registrations import Outcome
from webinars.domain.webinar_page import WebinarPage, find_webinar, webinar_page
from webinars.models import Cycle, Webinar
from webinars.services import services
from webinars.web.headers import keep_private
from webinars.web.language import request_language
from webinars.web.limits import (
    TYPED_TOO_OFTEN,
    ask_to_wait,
    limiter,
    may_be_typed,
    registrations_limit,
)
from webinars.web.webinar_form import (
    OLD_FORM,
    LinkForm,
    RegistrationForm,
    form_subject,
    form_token_is_good,
)
from webinars.web.webinar_view import answer_page, render_webinar

blueprint = Blueprint("registrations", __name__)


@blueprint.post("/cycles/<cycle>/<webinar>/register")
@limiter.limit(registrations_limit)
def register(cycle: str, webinar: str) -> Response:
    """Register one person for this webinar; the same page says what happens next.

    The answer is the same for known and unknown addresses: the mail tells the rest.
    """
    form = RegistrationForm(request.form)
    fresh = form_token_is_good(form_subject(cycle, webinar), request.form.get("csrf_token"))
    if not fresh or not form.is_right():
        return _sent_back(_page(cycle, webinar), form, fresh=fresh)
    person = form.person(language=request_language())
    if not may_be_typed(person.email):
        body = render_webinar(_page(cycle, webinar), form=form, notice=TYPED_TOO_OFTEN)
        return ask_to_wait(_answer(body, 429))
    try:
        with services().database.write(row=(cycle, webinar)) as session:
            registered = registrations.register(
                session,
                cycle_slug=cycle,
                webinar_slug=webinar,
                person=person,
                question=form.question.data,
                house=services().house,
                now=clock.now(),
            )
            version = site.version(session)
    except (WebinarOver, WebinarCancelled):
        return _sent_back(_page(cycle, webinar), form, fresh=fresh)
    full = registered.was_full
    shown = _shown_outcome(registered.outcome, full=full)
    page = answer_page(
        cycle, webinar, outcome=shown, email=person.email, full=full, version=version
    )
    return _answer(page)


def _sent_back(page: WebinarPage, form: RegistrationForm, *, fresh: bool) -> Response:
    """The page with what is wrong: the webinar, else the form as a whole, else its fields."""
    # First of all: such a page has no form to register with, so nobody can bring its token.
    if page.webinar.cancelled:
        return _answer(render_webinar(page, form=form, notice=_cancelled()), 409)
    if page.webinar.life is Life.AFTER:
        return _answer(render_webinar(page, form=form, notice=_over()), 409)
    if not fresh:
        return _answer(render_webinar(page, form=form, notice=OLD_FORM), 400)
    return _answer(render_webinar(page, form=form), 422)


def _shown_outcome(outcome: Outcome, *, full: bool) -> str:
    if services().settings.require_confirmation:
        return "confirm"
    if full or outcome is Outcome.WAITLISTED:
        return "waiting"
    return "registered"


@blueprint.post("/cycles/<cycle>/<webinar>/link")
@limiter.limit(registrations_limit)
def link(cycle: str, webinar: str) -> Response:
    """Send the personal link again; the same answer whether the address is known or not."""
    page = _page(cycle, webinar)
    form = LinkForm(request.form)
    if not form_token_is_good(form_subject(cycle, webinar), request.form.get("csrf_token")):
        return _answer(render_webinar(page, link=form, notice=OLD_FORM), 400)
    if not form.is_right():
        return _answer(render_webinar(page, link=form), 422)
    if not may_be_typed(form.email.data):
        return ask_to_wait(_answer(render_webinar(page, link=form, notice=TYPED_TOO_OFTEN), 429))
    with services().database.write() as session:
        asked_from = find_webinar(session, cycle_slug=cycle, webinar_slug=webinar)
        send_again(session, form, webinar=asked_from)
    return _answer(render_webinar(page, outcome="link_sent"))


def send_again(
    session: Session, form: LinkForm, *, webinar: Webinar | None = None, cycle: Cycle | None = None
) -> None:
    """Owe the link to who has this address; nothing tells whether somebody has."""
    participant = participants.by_email(session, email=form.email.data)
    if participant is not None:
        registrations.send_link(
            session,
            participant=participant,
            webinar=webinar,
            cycle=cycle,
            house=services().house,
            now=services().moment().now,
        )


@blueprint.get("/cycles/<cycle>/<webinar>/register")
@blueprint.get("/cycles/<cycle>/<webinar>/link")
def form_address(cycle: str, webinar: str) -> AnyResponse:
    """Where the forms lead is no page of its own: whoever opens it is led to the form."""
    return redirect(url_for("public.webinar", cycle=cycle, webinar=webinar))


def _page(cycle: str, webinar: str) -> WebinarPage:
    with services().database.read() as session:
        return webinar_page(
            session, cycle_slug=cycle, webinar_slug=webinar, moment=services().moment()
        )


def _over() -> str:
    return gettext("This webinar is over: there is nothing to register for any more.")


def _cancelled() -> str:
    return gettext("This webinar is cancelled: nobody can register for it.")


def _answer(body: str | bytes, status: int = 200) -> Response:
    response = make_response(body, status)
    keep_private(response)
    return response
