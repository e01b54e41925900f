"""Surveys at the desk: which there are, and what they ask."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain.editing import Editor
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.planning import find_cycle
from webinars.domain.survey_edit import QuestionsFixed, open_year, reset_survey, save_survey
from webinars.domain.survey_questions import MOST_QUESTIONS, MOST_WORDS
from webinars.domain.survey_results import survey_list
from webinars.domain.survey_sheets import MOST_DAYS, Sheet, sheet_of
from webinars.models import SurveyKind
from webinars.services import services
from webinars.web.survey_form import KIND_NAMES, SurveyForm

blueprint = Blueprint("surveys", __name__, url_prefix="/organise/cycles/<cycle>")


@dataclass(frozen=True, slots=True)
class About:
    """Which survey an address is about."""

    kind: SurveyKind
    cycle: str
    slug: str | None = None

    @property
    def where(self) -> dict[str, Any]:
        """As the acts of the domain name it."""
        return {"kind": self.kind, "cycle_slug": self.cycle, "webinar_slug": self.slug}

    def at(self, page: str) -> str:
        """The address of a page about it."""
        if self.kind is SurveyKind.WEBINAR:
            return address(f"{page}_webinar", cycle=self.cycle, slug=self.slug)
        return address(f"{page}_{self.kind.value}", cycle=self.cycle)


@blueprint.get("/surveys")
def of_cycle(cycle: str) -> Response:
    """Every survey of a cycle, and how far each is."""
    now = services().moment().now
    with services().database.read() as session:
        seen = survey_list(session, cycle_slug=cycle)
    body = render_template(
        "organise/surveys.html",
        cycle_slug=seen.slug,
        cycle_title=seen.title,
        seen=seen,
        now=now,
        csrf_token=generate_csrf(),
    )
    return make_response(body)


@blueprint.post("/surveys/year/open")
def open_now(cycle: str) -> AnyResponse:
    """Open the survey of the year."""
    with services().database.write() as session:
        opened = open_year(session, cycle_slug=cycle, editor=_editor())
    if opened:
        flash(gettext("The survey of the year is open."), "success")
    return redirect(address("surveys.of_cycle", cycle=cycle), code=303)


@blueprint.route("/surveys/each", methods=["GET", "POST"])
def edit_each(cycle: str) -> AnyResponse:
    """What is asked about every webinar that has no questions of its own."""
    return _edit(About(SurveyKind.EACH, cycle))


@blueprint.route("/surveys/year", methods=["GET", "POST"])
def edit_year(cycle: str) -> AnyResponse:
    """What is asked about the year."""
    return _edit(About(SurveyKind.YEAR, cycle))


@blueprint.route("/webinars/<slug>/survey", methods=["GET", "POST"])
def edit_webinar(cycle: str, slug: str) -> AnyResponse:
    """What is asked about one webinar."""
    return _edit(About(SurveyKind.WEBINAR, cycle, slug))


def _edit(about: About) -> AnyResponse:
    if request.method != "POST":
        return _page(about)
    if "reset" in request.form:
        return _reset(about)
    form = SurveyForm.typed(request.form)
    questions, days = form.read()
    if form.errors:
        return _page(about, form=form, status=422)
    try:
        with services().database.write() as session:
            changed = save_survey(
                session,
                **about.where,
                questions=questions,
                closes_after=days,
                seen=request.form.get("seen"),
                editor=_editor(),
            )
    except QuestionsFixed:
        return _page(about, form=form, refused="fixed", status=409)
    except ChangedMeanwhile:
        return _page(about, form=form, refused="changed", status=409)
    flash(
        gettext("The survey asks what you wrote.")
        if changed
        else gettext("Nothing has changed: it was so already."),
        "success",
    )
    return redirect(about.at("surveys.edit"), code=303)


def _reset(about: About) -> AnyResponse:
    try:
        with services().database.write() as session:
            reset_survey(session, **about.where, editor=_editor())
    except QuestionsFixed:
        return _page(about, refused="fixed", status=409)
    flash(gettext("The questions of its own are gone."), "success")
    return redirect(about.at("surveys.edit"), code=303)


def _editor() -> Editor:
    return Editor(current_user.email, services().moment().now)


def _page(
    about: About,
    *,
    form: SurveyForm | None = None,
    refused: str | None = None,
    status: int = 200,
) -> Response:
    sheet, title = _look(about)
    body = render_template(
        "organise/survey_edit.html",
        cycle_slug=sheet.cycle_slug,
        cycle_title=title,
        sheet=sheet,
        form=form or SurveyForm.of(sheet),
        seen=request.form.get("seen", sheet.mark) if refused != "changed" else sheet.mark,
        refused=refused,
        kinds=KIND_NAMES,
        most=MOST_QUESTIONS,
        most_words=MOST_WORDS,
        most_days=MOST_DAYS,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)


def _look(about: About) -> tuple[Sheet, str]:
    """The survey, and the title of the desk: the cycle's as drafted."""
    with services().database.read() as session:
        sheet = sheet_of(session, **about.where)
        return sheet, find_cycle(session, slug=about.cycle).draft.title
