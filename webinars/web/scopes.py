"""The two wider scopes of registration: the rest of a cycle, and a theme."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import following, whole_cycle
from webinars.domain.errors import NothingChosen, NothingToCome
from webinars.domain.offers import CycleOffer, offered
from webinars.domain.programme import published_cycle
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
from webinars.web.personal import stands_on
from webinars.web.registrations import send_again
from webinars.web.theme_view import refused_theme, theme_body
from webinars.web.webinar_form import (
    OLD_FORM,
    CycleForm,
    LinkForm,
    PersonForm,
    cycle_subject,
    form_token_is_good,
    new_form_token,
    theme_subject,
)

blueprint = Blueprint("scopes", __name__)

NOTHING_CHOSEN = lazy_gettext(
    "You have left out every webinar: keep at least one, or close this page."
)


# the whole cycle -------------------------------------------------------------------------


@blueprint.get("/cycles/<cycle>/register")
def cycle_form(cycle: str) -> Response:
    """One form for all the webinars to come, with a "not this one" for each."""
    offer = _offer(cycle)
    response = make_response(_cycle_page(offer, CycleForm()))
    response.headers["Cache-Control"] = "no-cache"  # it carries a token, and says what is full
    return response


@blueprint.post("/cycles/<cycle>/register")
@limiter.limit(registrations_limit)
def register_cycle(cycle: str) -> Response:
    """Register one person for them; the answer is the same for known and unknown addresses."""
    form = CycleForm(request.form)
    offer = _offer(cycle)
    if not offer.webinars:
        return _private(_cycle_page(offer, form), 409)
    if not form_token_is_good(cycle_subject(cycle), request.form.get("csrf_token")):
        return _private(_cycle_page(offer, form, notice=OLD_FORM), 400)
    if not form.is_right():
        return _private(_cycle_page(offer, form), 422)
    person = form.person(language=request_language())
    if not may_be_typed(person.email):
        return ask_to_wait(_private(_cycle_page(offer, form, notice=TYPED_TOO_OFTEN), 429))
    try:
        with services().database.write() as session:
            whole_cycle.register_for_cycle(
                session,
                cycle_slug=cycle,
                person=person,
                without=_left_out(form),
                question=form.question.data,
                house=services().house,
                now=services().moment().now,
            )
    except NothingChosen:
        form.without.errors = (NOTHING_CHOSEN,)
        return _private(_cycle_page(offer, form), 422)
    except NothingToCome:  # the last one has ended since it was offered
        return _private(_cycle_page(_offer(cycle), form), 409)
    confirm = services().settings.require_confirmation
    outcome = "confirm" if confirm else "registered"
    return _private(_cycle_page(offer, form, outcome=outcome, email_given=person.email))


@blueprint.post("/cycles/<cycle>/register/link")
@limiter.limit(registrations_limit)
def cycle_link(cycle: str) -> Response:
    """Send the personal link again; the same answer whether the address is known or not."""
    form = LinkForm(request.form)
    offer = _offer(cycle)
    if not form_token_is_good(cycle_subject(cycle), request.form.get("csrf_token")):
        return _private(_cycle_page(offer, CycleForm(), link=form, notice=OLD_FORM), 400)
    if not form.is_right():
        return _private(_cycle_page(offer, CycleForm(), link=form), 422)
    if not may_be_typed(form.email.data):
        body = _cycle_page(offer, CycleForm(), link=form, notice=TYPED_TOO_OFTEN)
        return ask_to_wait(_private(body, 429))
    with services().database.write() as session:
        send_again(session, form, cycle=published_cycle(session, slug=cycle))
    return _private(_cycle_page(offer, CycleForm(), outcome="link_sent"))


@blueprint.get("/cycles/<cycle>/register/link")
def cycle_link_address(cycle: str) -> AnyResponse:
    """Where the form leads is no page of its own: whoever opens it is led to the form."""
    return redirect(url_for("scopes.cycle_form", cycle=cycle))


def _offer(cycle: str) -> CycleOffer:
    with services().database.read() as session:
        return offered(session, cycle_slug=cycle, moment=services().moment())


def _left_out(form: CycleForm) -> frozenset[str]:
    return frozenset(form.without.data or ())


def _cycle_page(
    offer: CycleOffer,
    form: CycleForm,
    *,
    link: LinkForm | None = None,
    notice: LazyString | None = None,
    outcome: str | None = None,
    email_given: str | None = None,
) -> str:
    stands_on(url_for("scopes.cycle_form", cycle=offer.cycle.slug))
    return render_template(
        "public/cycle_register.html",
        cycle=offer.cycle,
        webinars=offer.webinars,
        left_out=_left_out(form),
        form=form,
        link=link or LinkForm(),
        csrf_token=new_form_token(cycle_subject(offer.cycle.slug)),
        hold=services().house.hold,
        notice=notice,
        outcome=outcome,
        email_given=email_given,
    )


# a theme ---------------------------------------------------------------------------------


@blueprint.post("/themes/<theme>/follow")
@limiter.limit(registrations_limit)
def follow(theme: str) -> Response:
    """Tell one person when a webinar on this theme is planned; the same answer for everybody."""
    form = PersonForm(request.form)
    if not form_token_is_good(theme_subject(theme), request.form.get("csrf_token")):
        return _private(refused_theme(theme, form=form, notice=OLD_FORM), 400)
    if not form.is_right():
        return _private(refused_theme(theme, form=form), 422)
    person = form.person(language=request_language())
    if not may_be_typed(person.email):
        return ask_to_wait(_private(refused_theme(theme, form=form, notice=TYPED_TOO_OFTEN), 429))
    with services().database.write() as session:
        following.follow_theme(
            session,
            theme_slug=theme,
            person=person,
            house=services().house,
            now=services().moment().now,
        )
    confirm = services().settings.require_confirmation
    outcome = "confirm" if confirm else "followed"
    return _private(theme_body(theme, outcome=outcome, email=person.email))


@blueprint.post("/themes/<theme>/link")
@limiter.limit(registrations_limit)
def theme_link(theme: str) -> Response:
    """Send the personal link again; the same answer whether the address is known or not."""
    form = LinkForm(request.form)
    if not form_token_is_good(theme_subject(theme), request.form.get("csrf_token")):
        return _private(refused_theme(theme, link=form, notice=OLD_FORM), 400)
    if not form.is_right():
        return _private(refused_theme(theme, link=form), 422)
    if not may_be_typed(form.email.data):
        return ask_to_wait(_private(refused_theme(theme, link=form, notice=TYPED_TOO_OFTEN), 429))
    with services().database.write() as session:
        send_again(session, form)
    return _private(theme_body(theme, outcome="link_sent"))


@blueprint.get("/themes/<theme>/link")
@blueprint.get("/themes/<theme>/follow")
def follow_address(theme: str) -> AnyResponse:
    """Where the form leads is no page of its own: whoever opens it is led to the form."""
    return redirect(url_for("library.theme", theme=theme))


def _private(body: str | bytes, status: int = 200) -> Response:
    response = make_response(body, status)
    keep_private(response)
    return response
