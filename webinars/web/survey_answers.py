"""What was answered, at the desk: pictures with their table, texts to read, files."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
)
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import audit, survey_results
from webinars.domain.editing import Editor
from webinars.domain.errors import WrongValue
from webinars.domain.planning import find_cycle
from webinars.domain.survey_questions import MOST_TEXT, STEPS, AnswerKind, SurveyQuestion
from webinars.domain.survey_results import LEAST, Result, Results, results_of
from webinars.i18n import language
from webinars.models import AuditAct, SurveyKind
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.my_wishes import read_id
from webinars.web.surveys import About
from webinars.web.table_files import Cell, Table, csv_response, xlsx_response

blueprint = Blueprint("survey_answers", __name__, url_prefix="/organise/cycles/<cycle>")

OF_YEAR = "/surveys/year/answers"
OF_WEBINAR = "/webinars/<slug>/survey/answers"
WIDTHS = (60, 50, 12, 12)


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a question, with its share of the longest bar."""

    words: str
    count: int
    share: int
    """Of all who answered it, percent."""
    length: int
    """Of a hundred, where the longest has a hundred."""


@blueprint.get(OF_YEAR)
def of_year(cycle: str) -> Response:
    """Of the year."""
    return _page(About(SurveyKind.YEAR, cycle))


@blueprint.get(OF_WEBINAR)
def of_webinar(cycle: str, slug: str) -> Response:
    """Of one webinar."""
    return _page(About(SurveyKind.WEBINAR, cycle, slug))


@blueprint.post("/survey-texts/<text>")
def text(cycle: str, text: str) -> AnyResponse:
    """Read, quote or remove what somebody wrote."""
    which = read_id(text)
    slug = request.form.get("webinar") or None
    about = About(SurveyKind.WEBINAR if slug else SurveyKind.YEAR, cycle, slug)
    act, who = request.form.get("act"), Editor(current_user.email, services().moment().now)
    words, wrong = _quote() if act == "quote" else ("", None)
    if wrong:
        return _page(about, wrong=(which, wrong), status=422)
    with services().database.write() as session:
        match act:
            case "keep":
                survey_results.keep_text(session, text_id=which, cycle_slug=cycle, editor=who)
                done = gettext("It is for organisers alone.")
            case "quote":
                survey_results.quote_text(
                    session, text_id=which, cycle_slug=cycle, words=words, editor=who
                )
                done = gettext("It stands on the page of its webinar, without a name.")
            case "remove":
                survey_results.remove_text(session, text_id=which, cycle_slug=cycle, editor=who)
                done = gettext("It is gone for good.")
            case _:
                abort(400)
    flash(done, "success")
    return redirect(about.at("survey_answers.of"), code=303)


def _quote() -> tuple[str, str | None]:
    """The words for everybody, and what is wrong with them."""
    try:
        words = reading.optional_text(request.form.get("words", "").strip())
        if not words:
            return "", gettext("Write the words as everybody may read them.")
        if len(words) > MOST_TEXT:
            return "", gettext("Shorten this: at most %(max)s characters.", max=MOST_TEXT)
    except WrongValue as error:
        return "", reading.sentence(error)
    return words, None


def _page(
    about: About, *, wrong: tuple[uuid.UUID, str] | None = None, status: int = 200
) -> Response:
    with services().database.read() as session:
        found = results_of(session, **about.where)
        title = find_cycle(session, slug=about.cycle).draft.title
    body = render_template(
        "organise/survey_answers.html",
        cycle_slug=about.cycle,
        cycle_title=title,
        found=found,
        sheet=found.sheet,
        bars={one.place: _bars(one) for one in found.results},
        least=LEAST,
        most=MOST_TEXT,
        wrong=wrong,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)


def _bars(result: Result) -> tuple[Bar, ...]:
    longest, total = max(result.counts, default=0), sum(result.counts)
    return tuple(
        Bar(
            words,
            count,
            round(100 * count / total) if total else 0,
            round(100 * count / longest) if longest else 0,
        )
        for words, count in zip(_values(result.question), result.counts, strict=True)
    )


def _values(question: SurveyQuestion) -> list[str]:
    """Each value of a question in words, in order."""
    if question.kind is AnswerKind.SCALE:
        ends = {
            1: gettext("1, not at all"),
            STEPS: gettext("%(number)s, entirely", number=STEPS),
        }
        return [ends.get(step, str(step)) for step in question.values]
    return [words.said(language()) for words in question.choices]


# files ----------------------------------------------------------------------------------------


@blueprint.get(f"{OF_YEAR}.csv")
def year_csv(cycle: str) -> Response:
    """For every program."""
    return csv_response(_table(About(SurveyKind.YEAR, cycle)))


@blueprint.get(f"{OF_YEAR}.xlsx")
def year_xlsx(cycle: str) -> Response:
    """For spreadsheets."""
    return xlsx_response(_table(About(SurveyKind.YEAR, cycle)))


@blueprint.get(f"{OF_WEBINAR}.csv")
def webinar_csv(cycle: str, slug: str) -> Response:
    """For every program."""
    return csv_response(_table(About(SurveyKind.WEBINAR, cycle, slug)))


@blueprint.get(f"{OF_WEBINAR}.xlsx")
def webinar_xlsx(cycle: str, slug: str) -> Response:
    """For spreadsheets."""
    return xlsx_response(_table(About(SurveyKind.WEBINAR, cycle, slug)))


def _table(about: About) -> Table:
    """What is exported, noted in the audit trail before it leaves: nothing of too few answers."""
    with services().database.write() as session:
        found = results_of(session, **about.where)
        sheet = found.sheet
        audit.record(
            session,
            actor=current_user.email,
            act=AuditAct.SURVEY_EXPORTED,
            now=services().moment().now,
            cycle_id=sheet.cycle_id,
            slugs=[sheet.webinar_slug] if sheet.webinar_slug else [],
            subject=sheet.kind.value,
            after={"count": sheet.answers},
        )
    return Table(
        name="-".join(one for one in (about.cycle, about.slug, gettext("survey")) if one),
        title=gettext("Survey"),
        headings=(gettext("Question"), gettext("Answer"), gettext("How many"), gettext("Percent")),
        widths=WIDTHS,
        rows=lambda _session: _rows(found),
    )


def _rows(found: Results) -> Iterator[tuple[Cell, ...]]:
    """Each value with its count, each text by itself: answers of one person are not together."""
    for one in found.results:
        words = one.question.words.said(language())
        for bar in _bars(one):
            yield (words, bar.words, bar.count, bar.share)
        for written in one.texts:
            yield (words, written.text, 1, None)
