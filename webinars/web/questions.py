"""The questions that people ask the speakers, in one place: answered, published, withdrawn."""

import enum
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import questions
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.mentions import NoSuchResource
from webinars.domain.person_fields import MOST_QUESTION, wording
from webinars.domain.question_joins import join_resource, part_resource
from webinars.domain.question_list import Show, question_page
from webinars.domain.question_resources import offered
from webinars.domain.searching import MOST_CHARACTERS
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.acting import whole_number
from webinars.web.typed import Reader

Choice = TypeVar("Choice", bound=enum.StrEnum)

blueprint = Blueprint("questions", __name__, url_prefix="/organise/cycles/<cycle>")


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
    readers: dict[str, Reader] = {"answer": reading.optional_text, "wording": wording}
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
    address = _address(cycle, None if whole else slug, page=_page_number(), question=question)
    return redirect(address, code=303)


@blueprint.post("/webinars/<slug>/questions/<int(max=2147483647):question>/join")
def join(cycle: str, slug: str, question: int) -> AnyResponse:
    """Put a resource beside the question."""
    return _resource(join_resource, cycle, slug, question)


@blueprint.post("/webinars/<slug>/questions/<int(max=2147483647):question>/part")
def part(cycle: str, slug: str, question: int) -> AnyResponse:
    """Take a resource away from the question."""
    return _resource(part_resource, cycle, slug, question)


def _resource(act: Callable[..., bool], cycle: str, slug: str, question: int) -> AnyResponse:
    whole = request.form.get("whole") == "1"
    said = request.form.get("resource", "").replace("\0", "")
    try:
        with services().database.write() as session:
            act(
                session,
                question_id=question,
                cycle_slug=cycle,
                webinar_slug=slug,
                resource=said,
                actor=current_user.email,
                now=services().moment().now,
            )
    except NoSuchResource:
        wrong = gettext("The library has no resource of this title: choose one of the list.")
        unjoined = (question, wrong, said)
        return _page(cycle, None if whole else slug, unjoined=unjoined, status=422)
    flash(
        gettext("The resource stands beside the question.")
        if act is join_resource
        else gettext("The resource stands beside the question no longer."),
        "success",
    )
    address = _address(cycle, None if whole else slug, page=_page_number(), question=question)
    return redirect(address, code=303)


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


def _search() -> str:
    return request.values.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS]


def _page_number() -> int | None:
    return whole_number(request.values.get("page"))


def _address(
    cycle: str,
    slug: str | None,
    *,
    show: Show | None = None,
    page: int | None = None,
    question: int | None = None,
) -> str:
    """The list as it is looked at, but for what is named."""
    show = show or _choice(Show, request.values.get("show"), Show.ALL)
    values: dict[str, Any] = {
        "show": None if show is Show.ALL else show.value,
        "q": _search() or None,
        "page": page if page != 1 else None,
        "_anchor": f"question-{question}" if question else None,
    }
    return _everything(cycle, slug, **values)


def _everything(cycle: str, slug: str | None, **values: Any) -> str:
    if slug is None:
        return url_for("questions.of_cycle", cycle=cycle, **values)
    return url_for("questions.of_webinar", cycle=cycle, slug=slug, **values)


def _page(
    cycle: str,
    slug: str | None,
    *,
    attempt: Attempt | None = None,
    unjoined: tuple[int, str, str] | None = None,
    status: int = 200,
) -> Response:
    show = _choice(Show, request.values.get("show"), Show.ALL)
    with services().database.read() as session:
        seen = question_page(
            session,
            cycle_slug=cycle,
            webinar_slug=slug,
            show=show,
            search=_search(),
            page=_page_number() or 1,
            including=attempt.id if attempt else unjoined[0] if unjoined else None,
        )
        resources = offered(session)
    body = render_template(
        "organise/questions.html",
        cycle_slug=seen.slug,
        cycle_title=seen.title,
        seen=seen,
        webinar=seen.webinar,
        show=show.value,
        filters=[(one.value, seen.counts[one], _address(cycle, slug, show=one)) for one in Show],
        everything=_everything(cycle, slug),
        at_page=lambda page: _address(cycle, slug, page=page),
        attempt=attempt,
        unjoined=unjoined,
        resources=resources,
        titles=Counter(resource.title.lower() for resource in resources),
        most=MOST_QUESTION,
        csrf_token=generate_csrf(),
    )
    return answer_with(body, status)
