"""Asking the speakers from one's own page, before a webinar or after it."""

from collections.abc import Mapping

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import asking, participants, person_fields
from webinars.domain.errors import WrongValue
from webinars.domain.person_fields import MOST_QUESTION, tidy
from webinars.services import services
from webinars.web.limits import limiter, registrations_limit
from webinars.web.personal import (
    OldForm,
    acting,
    done_on_page,
    opened,
    page_form_token,
    stands_on,
)
from webinars.web.sentences import say

blueprint = Blueprint("my_questions", __name__)


@blueprint.get("/me/<token>/ask/<cycle>/<webinar>")
def page(token: str, cycle: str, webinar: str) -> Response:
    """One field."""
    return _page(token, cycle, webinar)


@blueprint.post("/me/<token>/ask/<cycle>/<webinar>")
@limiter.limit(registrations_limit)
def ask(token: str, cycle: str, webinar: str) -> AnyResponse:
    """Keep it for the organisers; what is wrong is said at the field."""
    typed = request.form.get("question", "")
    try:
        text = person_fields.question(tidy(typed))
    except WrongValue as error:
        return _page(token, cycle, webinar, typed=typed, error=say(error.sentence), status=422)
    if text is None:
        wrong = gettext("Write your question.")
        return _page(token, cycle, webinar, typed=typed, error=wrong, status=422)
    try:
        with acting(token) as (session, person):
            participants.lock(session, participant=person)
            kept = asking.ask_from_own_page(
                session,
                participant=person,
                cycle_slug=cycle,
                webinar_slug=webinar,
                text=text,
                now=services().moment().now,
            )
    except OldForm:
        return _page(token, cycle, webinar, typed=typed, old=True, status=400)
    if not kept:
        wrong = gettext(
            "You have asked this already, or as much as one person may: %(max)s questions.",
            max=asking.MOST,
        )
        return _page(token, cycle, webinar, typed=typed, error=wrong, status=422)
    return done_on_page(token, "question_asked")


def _page(
    token: str,
    cycle: str,
    webinar: str,
    *,
    typed: str = "",
    error: str | None = None,
    old: bool = False,
    status: int = 200,
) -> Response:
    if request.method == "POST":
        stands_on(url_for("my_questions.page", token=token, cycle=cycle, webinar=webinar))
    with services().database.read() as session:
        person = opened(session, token)
        about = asking.askable(session, participant=person, cycle_slug=cycle, webinar_slug=webinar)
    errors: Mapping[str, str] = {"question": error} if error else {}
    body = render_template(
        "people/ask.html",
        token=token,
        cycle=cycle,
        webinar=webinar,
        about=about,
        typed=typed,
        errors=errors,
        old=old,
        most=MOST_QUESTION,
        csrf_token=page_form_token(person),
    )
    return make_response(body, status)
