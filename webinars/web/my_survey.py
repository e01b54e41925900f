"""Answering a survey behind a personal link: once, and so that nobody knows whose answer it is."""

from collections.abc import Mapping

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import participants
from webinars.domain.errors import N_, ChangedMeanwhile, WrongValue
from webinars.domain.survey_questions import MOST_TEXT, STEPS, AnswerKind
from webinars.domain.survey_results import LEAST
from webinars.domain.survey_sheets import Sheet
from webinars.domain.surveys import (
    AlreadyAnswered,
    NothingSaid,
    Said,
    SurveyNotOpen,
    answer,
    my_survey,
)
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.acting import whole_number
from webinars.web.limits import limiter, registrations_limit
from webinars.web.personal import OldForm, acting, opened, page_form_token, stands_on

blueprint = Blueprint("my_survey", __name__)

OF_YEAR = "/me/<token>/survey/<cycle>"
OF_WEBINAR = "/me/<token>/survey/<cycle>/<webinar>"


@blueprint.get(OF_YEAR, defaults={"webinar": None})
@blueprint.get(OF_WEBINAR)
def page(token: str, cycle: str, webinar: str | None) -> Response:
    """The questions; or that it is answered, closed, or not open yet."""
    return _page(token, cycle, webinar)


@blueprint.post(OF_YEAR, defaults={"webinar": None})
@blueprint.post(OF_WEBINAR)
@limiter.limit(registrations_limit)
def send(token: str, cycle: str, webinar: str | None) -> AnyResponse:
    """Take the answers. What is wrong is said at its question, and nothing is kept."""
    with services().database.read() as session:
        person = opened(session, token)
        seen = my_survey(session, participant=person, cycle_slug=cycle, webinar_slug=webinar).sheet
    said, errors = _said(seen)
    if errors:
        return _page(token, cycle, webinar, errors=errors, status=422)
    try:
        with acting(token) as (session, person):
            participants.lock(session, participant=person)
            answer(
                session,
                participant=person,
                cycle_slug=cycle,
                webinar_slug=webinar,
                mark=request.form.get("mark", ""),
                said=said,
                now=services().moment().now,
            )
    except OldForm:
        return _page(token, cycle, webinar, notice="old", status=400)
    except NothingSaid:
        return _page(token, cycle, webinar, notice="nothing", status=422)
    except ChangedMeanwhile:
        return _page(token, cycle, webinar, notice="changed", status=409)
    except (AlreadyAnswered, SurveyNotOpen):
        return _page(token, cycle, webinar, status=409)
    return redirect(url_for("my_survey.page", token=token, cycle=cycle, webinar=webinar), code=303)


def _said(sheet: Sheet) -> tuple[list[Said], dict[str, str]]:
    """The answers of the form in the order of the questions, and what is wrong at which."""
    said: list[Said] = []
    errors: dict[str, str] = {}
    for place, question in enumerate(sheet.questions):
        name = f"q{place}"
        if question.kind is not AnswerKind.TEXT:
            said.append(Said(value=whole_number(request.form.get(name))))
            continue
        values, wrong = reading.read_all(request.form, {name: _text})
        errors |= wrong
        quote = request.form.get(f"{name}-quote") == "1"
        said.append(Said(text=values.get(name), may_quote=quote))
    return said, errors


def _text(text: str) -> str | None:
    value = reading.optional_text(text)
    if value is not None and len(value) > MOST_TEXT:
        raise WrongValue(N_("the text is too long: at most 1000 characters"))
    return value


def _page(
    token: str,
    cycle: str,
    webinar: str | None,
    *,
    errors: Mapping[str, str] | None = None,
    notice: str | None = None,
    status: int = 200,
) -> Response:
    if request.method == "POST":
        stands_on(url_for("my_survey.page", token=token, cycle=cycle, webinar=webinar))
    now = services().moment().now
    with services().database.read() as session:
        person = opened(session, token)
        mine = my_survey(session, participant=person, cycle_slug=cycle, webinar_slug=webinar)
    sheet = mine.sheet
    body = render_template(
        "people/survey.html",
        token=token,
        cycle=cycle,
        webinar=webinar,
        sheet=sheet,
        answered=mine.answered,
        is_open=sheet.is_open(now),
        is_over=sheet.closes_at is not None and now >= sheet.closes_at,
        # What was typed for other questions is not put beside these.
        typed=request.form if notice != "changed" else {},
        errors=errors or {},
        notice=notice,
        steps=range(1, STEPS + 1),
        least=LEAST,
        most=MOST_TEXT,
        csrf_token=page_form_token(person),
    )
    return make_response(body, status)
