"""The questions that people ask the speakers, in one place: answered, published, withdrawn."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import questions
from webinars.domain.errors import N_, ChangedMeanwhile, WrongValue
from webinars.domain.person_fields import MOST_QUESTION
from webinars.domain.questions import QuestionView, WebinarQuestions
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.typed import Reader

Choice = TypeVar("Choice", bound=enum.StrEnum)

blueprint = Blueprint("questions", __name__, url_prefix="/organise/cycles/<cycle>")


class Show(enum.StrEnum):
    """Which questions are looked at."""

    ALL = "all"
    OPEN = "open"
    ANSWERED = "answered"
    PUBLISHED = "published"


class Act(enum.StrEnum):
    """What the buttons of a question do, after what was typed is kept."""

    SAVE = "save"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was refused: what was typed, and what is wrong at which field."""

    id: int
    typed: Mapping[str, str]
    errors: Mapping[str, str]
    overtaken: bool = False
    """Somebody else was faster; what is theirs stands beside it."""


@blueprint.get("/questions")
def of_cycle(cycle: str) -> Response:
    """Those of every webinar of a cycle."""
    return _page(cycle, None)


@blueprint.get("/webinars/<slug>/questions")
def of_webinar(cycle: str, slug: str) -> Response:
    """Those of one webinar."""
    return _page(cycle, slug)


@blueprint.post("/webinars/<slug>/questions/<int(max=2147483647):question>")
def save(cycle: str, slug: str, question: int) -> AnyResponse:
    """Keep the answer and the wording; publish or withdraw the question, if that was pressed."""
    act = _choice(Act, request.form.get("act"), Act.SAVE)
    whole = request.form.get("whole") == "1"
    names = ("answer", "answered", "wording", "seen")
    typed = {name: request.form.get(name, "") for name in names}
    readers: dict[str, Reader] = {"answer": reading.optional_text, "wording": _wording}
    values, errors = reading.read_all(typed, readers)
    if act is Act.PUBLISH and not errors and values["wording"] is None:
        errors["wording"] = gettext("Write the question as everybody may read it.")
    if errors:
        attempt = Attempt(question, typed, errors)
        return _page(cycle, None if whole else slug, attempt=attempt, status=422)
    try:
        with services().database.write() as session:
            _do(session, act, cycle, slug, question, values=values, typed=typed)
    except ChangedMeanwhile:
        attempt = Attempt(question, typed, {}, overtaken=True)
        return _page(cycle, None if whole else slug, attempt=attempt, status=409)
    flash(_done(act), "success")
    show = _choice(Show, request.form.get("show"), Show.ALL)
    return redirect(_address(cycle, None if whole else slug, show, question), code=303)


def _do(
    session: Session,
    act: Act,
    cycle: str,
    slug: str,
    question: int,
    *,
    values: Mapping[str, str | None],
    typed: Mapping[str, str],
) -> None:
    """In one transaction: all of it, or nothing."""
    moment = services().moment()
    actor: str = current_user.email
    wording = values["wording"]
    questions.answer(
        session,
        question_id=question,
        cycle_slug=cycle,
        webinar_slug=slug,
        answer=values["answer"],
        answered=typed["answered"] == "1",
        wording=wording,
        seen=typed["seen"],
        actor=actor,
        now=moment.now,
    )
    if act is Act.PUBLISH and wording is not None:
        questions.publish_question(
            session,
            question_id=question,
            cycle_slug=cycle,
            webinar_slug=slug,
            published_text=wording,
            actor=actor,
            now=moment.now,
        )
    elif act is Act.WITHDRAW:
        questions.withdraw_question(
            session,
            question_id=question,
            cycle_slug=cycle,
            webinar_slug=slug,
            wording=wording,
            actor=actor,
            now=moment.now,
        )


def _wording(text: str) -> str | None:
    """As long as a question may be in the form. Raises WrongValue."""
    value = reading.optional_text(text)
    if value is not None and len(value) > MOST_QUESTION:
        raise WrongValue(N_("the text is too long: at most 2000 characters"))
    return value


def _done(act: Act) -> str:
    match act:
        case Act.SAVE:
            return str(gettext("It is kept as you wrote it."))
        case Act.PUBLISH:
            return str(gettext("The question stands on the page of its webinar, without a name."))
        case Act.WITHDRAW:
            return str(gettext("The question is no longer on the page of its webinar."))


def _choice(kind: type[Choice], text: str | None, default: Choice) -> Choice:
    """What an address or a button says, or the default."""
    try:
        return kind(text or default)
    except ValueError:
        return default


def _address(cycle: str, slug: str | None, show: Show, question: int | None = None) -> str:
    asked = None if show is Show.ALL else show.value
    anchor = f"question-{question}" if question else None
    if slug is None:
        return url_for("questions.of_cycle", cycle=cycle, show=asked, _anchor=anchor)
    return url_for("questions.of_webinar", cycle=cycle, slug=slug, show=asked, _anchor=anchor)


def _page(
    cycle: str, slug: str | None, *, attempt: Attempt | None = None, status: int = 200
) -> Response:
    with services().database.read() as session:
        seen = questions.questions_of(session, cycle_slug=cycle, webinar_slug=slug)
    if attempt and all(q.id != attempt.id for w in seen.webinars for q in w.questions):
        abort(404)
    show = _choice(Show, request.values.get("show"), Show.ALL)
    counts = {
        Show.ALL: seen.open + seen.answered,
        Show.OPEN: seen.open,
        Show.ANSWERED: seen.answered,
        Show.PUBLISHED: seen.published,
    }
    body = render_template(
        "organise/questions.html",
        cycle_slug=seen.slug,
        cycle_title=seen.title,
        webinar=None if slug is None else seen.webinars[0],
        groups=_chosen(seen.webinars, show, attempt),
        show=show.value,
        filters=[(one.value, counts[one], _address(cycle, slug, one)) for one in Show],
        counts=counts,
        attempt=attempt,
        most=MOST_QUESTION,
        csrf_token=generate_csrf(),
    )
    return answer_with(body, status)


def _chosen(
    webinars: Sequence[WebinarQuestions], show: Show, attempt: Attempt | None
) -> list[tuple[WebinarQuestions, list[QuestionView]]]:
    """The questions to show, by webinar; one whose form was refused is always there."""
    groups = (
        (
            webinar,
            [q for q in webinar.questions if _is(q, show) or (attempt and q.id == attempt.id)],
        )
        for webinar in webinars
    )
    return [(webinar, chosen) for webinar, chosen in groups if chosen]


def _is(question: QuestionView, show: Show) -> bool:
    match show:
        case Show.OPEN:
            return question.answered_at is None
        case Show.ANSWERED:
            return question.answered_at is not None
        case Show.PUBLISHED:
            return question.published_at is not None
        case Show.ALL:
            return True
