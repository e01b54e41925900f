"""Wishes at the desk: read, worded, published, declined, put together, said to be planned."""

import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.clock import to_local
from webinars.domain import wish_acts
from webinars.domain.editing import Editor
from webinars.domain.errors import N_, ChangedMeanwhile, NotFound, WrongValue
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.wish_acts import NotWithItself
from webinars.domain.wish_views import plannable, wish_page
from webinars.domain.wishes import MOST_TITLE, MOST_WHY
from webinars.models import WishState
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.acting import whole_number
from webinars.web.my_wishes import read_id, wish_title, wish_why
from webinars.web.typed import Reader

blueprint = Blueprint("wish_desk", __name__, url_prefix="/organise/wishes")


class Act(enum.StrEnum):
    """What a button of a wish does."""

    SAVE = "save"
    PUBLISH = "publish"
    DECLINE = "decline"
    MERGE = "merge"
    PLAN = "plan"
    UNPLAN = "unplan"


DONE: dict[Act, LazyString] = {
    Act.SAVE: lazy_gettext("It is kept as you wrote it."),
    Act.PUBLISH: lazy_gettext("The wish stands on the public page, without a name."),
    Act.DECLINE: lazy_gettext("The wish is declined; whoever proposed it reads why."),
    Act.MERGE: lazy_gettext("The two wishes are one: each person who supports it counts once."),
    Act.PLAN: lazy_gettext("It is noted which webinar answers the wish."),
    Act.UNPLAN: lazy_gettext("The wish is planned no longer."),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was refused: what was typed, and what is wrong at which field."""

    id: uuid.UUID
    act: Act
    typed: Mapping[str, str]
    errors: Mapping[str, str]


@blueprint.get("/")
def page() -> Response:
    """Those that wait, unless another state is asked for."""
    return _page()


@blueprint.post("/<wish>")
def act(wish: str) -> AnyResponse:
    """Do what was pressed; what is wrong is said at its field, and nothing is written."""
    which, what = read_id(wish), _choice(request.form.get("act"))
    names = ("title", "why", "reason", "into", "webinar")
    typed = {name: request.form.get(name, "") for name in names}
    values, errors = reading.read_all(typed, READERS[what])
    overtaken = False
    if not errors:
        try:
            with services().database.write() as session:
                _do(session, what, which, values)
        except ChangedMeanwhile:
            overtaken = True
        except NotWithItself:
            errors = {"into": gettext("Choose another wish of the list: this one is not public.")}
    if overtaken:
        return _page(overtaken=True, status=409)
    if errors:
        return _page(attempt=Attempt(which, what, typed, errors), status=422)
    flash(str(DONE[what]), "success")
    return redirect(address("wish_desk.page", **_where()), code=303)


def _reason(text: str) -> str:
    value = reading.optional_text(text)
    if value is None:
        raise WrongValue(N_("write why: whoever proposed it reads it"))
    if len(value) > MOST_WHY:
        raise WrongValue(N_("the text is too long: at most 1000 characters"))
    return value


def _into(text: str) -> uuid.UUID:
    try:
        return read_id(text)
    except NotFound:
        raise WrongValue(N_("choose one of the list")) from None


def _webinar(text: str) -> tuple[str, str]:
    cycle, _, slug = text.partition("/")
    if not cycle or not slug:
        raise WrongValue(N_("choose one of the list"))
    return cycle, slug


WORDS: dict[str, Reader] = {"title": wish_title, "why": wish_why}
READERS: dict[Act, dict[str, Reader]] = {
    Act.SAVE: WORDS,
    Act.PUBLISH: WORDS,
    Act.DECLINE: {"reason": _reason},
    Act.MERGE: {"into": _into},
    Act.PLAN: {"webinar": _webinar},
    Act.UNPLAN: {},
}


def _do(session: Session, what: Act, wish: uuid.UUID, values: Mapping[str, Any]) -> None:
    """In one transaction: all of it, or nothing."""
    who = Editor(current_user.email, services().moment().now)
    seen = _state(request.form.get("seen"))
    match what:
        case Act.SAVE | Act.PUBLISH:
            wish_acts.word(
                session,
                public_id=wish,
                title=values["title"],
                why=values["why"],
                publish=what is Act.PUBLISH,
                seen=seen,
                editor=who,
            )
        case Act.DECLINE:
            wish_acts.decline(
                session, public_id=wish, reason=values["reason"], seen=seen, editor=who
            )
        case Act.MERGE:
            wish_acts.merge(session, public_id=wish, into=values["into"], seen=seen, editor=who)
        case Act.PLAN:
            cycle, slug = values["webinar"]
            wish_acts.mark_planned(session, public_id=wish, cycle_slug=cycle, slug=slug, editor=who)
        case Act.UNPLAN:
            wish_acts.forget_planned(session, public_id=wish, editor=who)


def _choice(said: str | None) -> Act:
    try:
        return Act(said or Act.SAVE)
    except ValueError:
        return Act.SAVE


def _state(said: str | None) -> WishState:
    return WishState(said) if said in set(WishState) else WishState.WAITING


def _where() -> dict[str, Any]:
    """The list as it is looked at."""
    state = _state(request.values.get("state"))
    return {
        "state": None if state is WishState.WAITING else state.value,
        "page": whole_number(request.values.get("page")) or None,
    }


def _page(
    *, attempt: Attempt | None = None, overtaken: bool = False, status: int = 200
) -> Response:
    state = _state(request.values.get("state"))
    today = to_local(services().moment().now, DEFAULT_ZONE).date()
    with services().database.read() as session:
        seen = wish_page(session, state=state, page=whole_number(request.values.get("page")) or 1)
        webinars = plannable(session, today=today)
    body = render_template(
        "organise/wishes.html",
        seen=seen,
        state=state.value,
        states=[one.value for one in WishState],
        webinars=webinars,
        attempt=attempt,
        overtaken=overtaken,
        most_title=MOST_TITLE,
        most_why=MOST_WHY,
        zone=DEFAULT_ZONE,
        csrf_token=generate_csrf(),
    )
    return make_response(body, status)
