"""Wishes behind a personal link: proposing, supporting, seeing what became of one's own."""

import uuid
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import participants, wishes
from webinars.domain.errors import N_, NotFound, WrongValue
from webinars.domain.plan import DEFAULT_ZONE
from webinars.domain.wish_views import own_wishes, public_wishes
from webinars.domain.wishes import MOST_TITLE, MOST_WAITING, MOST_WHY, SameWish, TooManyWishes
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.limits import limiter, registrations_limit
from webinars.web.personal import OldForm, acting, opened, page_form_token, stands_on
from webinars.web.typed import Reader

blueprint = Blueprint("my_wishes", __name__)

DONE = ("proposed", "supported", "unsupported")


@blueprint.get("/me/<token>/wishes")
def page(token: str) -> Response:
    """Everybody's with a button each, one's own with their state, and a form."""
    done = request.args.get("done")
    return _page(token, done=done if done in DONE else None)


@blueprint.post("/me/<token>/wishes")
@limiter.limit(registrations_limit)
def propose(token: str) -> AnyResponse:
    """A wish, to be looked at by the organisers; what is wrong is said at its field."""
    typed = {name: request.form.get(name, "") for name in ("title", "why")}
    readers: dict[str, Reader] = {"title": wish_title, "why": wish_why}
    values, errors = reading.read_all(typed, readers)
    if errors:
        return _page(token, typed=typed, errors=errors, status=422)
    try:
        with acting(token) as (session, person):
            participants.lock(session, participant=person)
            wishes.propose(
                session,
                participant=person,
                title=values["title"],
                why=values["why"],
                now=services().moment().now,
            )
    except OldForm:
        return _page(token, typed=typed, old=True, status=400)
    except SameWish:
        errors = {"title": gettext("You have proposed this already: it stands below.")}
    except TooManyWishes:
        errors = {
            "title": gettext(
                "%(num)s wishes of yours wait to be read. Propose the next one once the "
                "organisers have read one of them.",
                num=MOST_WAITING,
            )
        }
    if errors:
        return _page(token, typed=typed, errors=errors, status=422)
    return _done(token, "proposed", anchor="mine")


@blueprint.post("/me/<token>/wishes/support")
@limiter.limit(registrations_limit)
def support(token: str) -> AnyResponse:
    """One of somebody's is mine as well."""
    return _press(token, wishes.support, "supported")


@blueprint.post("/me/<token>/wishes/unsupport")
@limiter.limit(registrations_limit)
def unsupport(token: str) -> AnyResponse:
    """No longer."""
    return _press(token, wishes.unsupport, "unsupported")


def wish_title(text: str) -> str:
    """A wish in a few words. Raises WrongValue."""
    value = reading.optional_line(text)
    if value is None:
        raise WrongValue(N_("write in a few words what a webinar should be about"))
    if len(value) > MOST_TITLE:
        raise WrongValue(N_("the title is too long: at most 120 characters"))
    return value


def wish_why(text: str) -> str | None:
    """Why somebody wishes for it; empty is None. Raises WrongValue."""
    value = reading.optional_text(text)
    if value is not None and len(value) > MOST_WHY:
        raise WrongValue(N_("the text is too long: at most 1000 characters"))
    return value


def read_id(said: str | None) -> uuid.UUID:
    """Which of many an address or a button is about. Raises NotFound."""
    try:
        return uuid.UUID(said or "")
    except ValueError as error:
        raise NotFound("no such number") from error


def _press(token: str, act: Callable[..., bool], done: str) -> AnyResponse:
    with acting(token) as (session, person):
        which = read_id(request.form.get("wish"))
        participants.lock(session, participant=person)
        act(session, participant=person, public_id=which)
    return _done(token, done, anchor=f"wish-{which}")


def _done(token: str, done: str, *, anchor: str) -> AnyResponse:
    address = url_for("my_wishes.page", token=token, done=done, _anchor=anchor)
    return redirect(address, code=303)


def _page(
    token: str,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    done: str | None = None,
    old: bool = False,
    status: int = 200,
) -> Response:
    if request.method == "POST":
        stands_on(url_for("my_wishes.page", token=token))
    with services().database.read() as session:
        values = _values(session, token)
    body = render_template(
        "people/wishes.html",
        token=token,
        typed=typed or {},
        errors=errors or {},
        done=done,
        old=old,
        most_title=MOST_TITLE,
        most_why=MOST_WHY,
        zone=DEFAULT_ZONE,
        **values,
    )
    return make_response(body, status)


def _values(session: Session, token: str) -> dict[str, object]:
    person = opened(session, token)
    return {
        "wishes": public_wishes(session, supporter=person),
        "mine": own_wishes(session, participant=person),
        "csrf_token": page_form_token(person),
    }
