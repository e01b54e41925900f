"""What organisers do on the board. Each act goes into the draft; nothing of it is public."""

import uuid
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from webinars.domain import editing, undoing, wish_acts
from webinars.domain.arranging import NothingToRotate
from webinars.domain.editing import Edit, Editor
from webinars.domain.errors import ChangedMeanwhile, Fault, NotFound, WrongPlan
from webinars.domain.planning import AlreadyPublic, Stale
from webinars.domain.undoing import ChangedSince
from webinars.i18n import upper_first
from webinars.services import services
from webinars.web import typed
from webinars.web.acting import editor, whole_number
from webinars.web.board import address_of, show, show_overtaken
from webinars.web.board_view import Attempt
from webinars.web.errors import error_page
from webinars.web.my_wishes import read_id
from webinars.web.sentences import say
from webinars.web.typed import Reader

blueprint = Blueprint("board_acts", __name__, url_prefix="/organise/cycles/<cycle>")

Act = Callable[..., Edit]

FIELD_OF_FAULTS = {"move": "day", "add": "day", "swap": "other", "rotate": "choose"}
"""Where a form shows what is wrong with the year that it would make."""


@blueprint.post("/move")
def move(cycle: str) -> Response:
    """A webinar on another date."""
    readers = {"day": typed.day, "reason": typed.optional_line}
    return _do(cycle, "move", editing.move, readers, slug=_slug())


@blueprint.post("/swap")
def swap(cycle: str) -> Response:
    """Two webinars exchange their dates."""
    return _do(cycle, "swap", editing.swap, {"other": typed.slug}, slug=_slug())


@blueprint.post("/rotate")
def rotate(cycle: str) -> Response:
    """Several webinars take each other's dates; or only say which would go where."""
    chosen = request.form.getlist("choose")
    if "ask" in request.form:
        address = url_for("board.board", cycle=cycle, choose=chosen, _anchor=_first_chosen())
        return redirect(address, code=303)
    backwards = request.form.get("direction") == "backwards"
    return _do(cycle, "rotate", editing.rotate, {}, slugs=chosen, backwards=backwards)


@blueprint.post("/theme")
def theme(cycle: str) -> Response:
    """A webinar on a theme, or on none."""
    return _do(cycle, "theme", editing.assign_theme, {"theme": typed.optional_slug}, slug=_slug())


@blueprint.post("/cancel")
def cancel(cycle: str) -> Response:
    """A webinar that will not take place."""
    return _do(cycle, "cancel", editing.cancel, {}, slug=_slug())


@blueprint.post("/restore")
def restore(cycle: str) -> Response:
    """A cancelled webinar takes place after all."""
    return _do(cycle, "restore", editing.restore, {}, slug=_slug())


@blueprint.post("/remove")
def remove(cycle: str) -> Response:
    """What was never public goes."""
    return _do(cycle, "remove", editing.remove, {}, slug=_slug())


@blueprint.post("/add")
def add(cycle: str) -> Response:
    """One more webinar."""
    readers = {
        "day": typed.day,
        "theme": typed.optional_slug,
        "title": typed.optional_line,
    }
    return _do(cycle, "add", editing.add_extra, readers)


@blueprint.post("/wish")
def wish(cycle: str) -> Response:
    """What people wish for, as a webinar on a free date, or in the place of one without subject."""
    readers = {"where": _place_of_wish}
    return _do(cycle, "wish", _take_up, readers, public_id=read_id(request.form.get("wish")))


def _place_of_wish(text: str) -> date | str:
    """A day, or the webinar that has no subject yet. Raises WrongValue."""
    return typed.day(text) if text[:1].isdigit() and typed.DAY.fullmatch(text) else typed.slug(text)


def _take_up(
    session: Session, *, cycle_slug: str, editor: Editor, public_id: uuid.UUID, where: date | str
) -> Edit:
    return wish_acts.take_up(
        session,
        cycle_slug=cycle_slug,
        public_id=public_id,
        day=where if isinstance(where, date) else None,
        slug=where if isinstance(where, str) else None,
        editor=editor,
    )


@blueprint.post("/discard")
def discard(cycle: str) -> Response:
    """The draft, or one webinar of it, as it is public."""
    return _do(cycle, "discard", undoing.discard, {}, slug=_slug() or None)


@blueprint.post("/undo")
def undo(cycle: str) -> Response:
    """An act put back; or another begun in its place, on the webinars that it was about."""
    entry_id = whole_number(request.form.get("entry"))
    if entry_id is None:
        return error_page(400)
    instead = request.form.getlist("pair") if "instead" in request.form else []
    return _do(cycle, "undo", partial(undoing.undo, entry_id=entry_id), {}, instead=instead)


def _slug() -> str:
    return request.form.get("slug", "")


def _typed() -> dict[str, str]:
    """What stands in the form; a date that was pressed goes before one that was typed."""
    values = request.form.to_dict()
    return values | {"day": values.get("to") or values.get("day", "")}


def _do(
    cycle: str,
    name: str,
    act: Act,
    readers: Mapping[str, Reader],
    *,
    instead: list[str] | None = None,
    **given: object,
) -> Response:
    """Read the form, do the act, and show the board: with what was done, or what is wrong."""
    values, errors = typed.read_all(_typed(), readers)
    who = editor()
    if not errors:
        try:
            with services().database.write() as session:
                edit = act(session, cycle_slug=cycle, editor=who, **given, **values)
                entry_id, slug = edit.entry_id, edit.slug
        except Stale:
            address = url_for(request.endpoint or "", cycle=cycle)
            return show_overtaken(cycle, act=name, address=address)
        except ChangedSince:
            return show(cycle, attempt=_refused(name, {"": _changed_since()}), status=409)
        except ChangedMeanwhile:
            return show(cycle, attempt=_refused(name, {"": taken_meanwhile()}), status=409)
        except (WrongPlan, NothingToRotate, AlreadyPublic) as error:
            errors = {FIELD_OF_FAULTS.get(name, ""): _sentence(error)}
        except NotFound as error:
            if str(error) != values.get("theme"):
                raise
            errors = {"theme": str(gettext("This theme is no longer in the library."))}
    if errors:
        return show(cycle, attempt=_refused(name, errors), status=422)
    if instead:
        address = url_for("board.board", cycle=cycle, choose=instead, _anchor=instead[0])
        return redirect(address, code=303)
    at = slug or request.form.get("at") or _first_chosen() or _slug() or None
    return redirect(address_of(cycle, slug=at, entry_id=entry_id), code=303)


def _first_chosen() -> str | None:
    return next(iter(request.form.getlist("choose")), None)


def _refused(name: str, errors: Mapping[str, str]) -> Attempt:
    slug = _slug() if name not in ("add", "rotate", "undo", "wish") else ""
    return Attempt(name, slug, _typed(), errors)


def _changed_since() -> str:
    return str(
        gettext(
            "This cannot be undone any more: what it changed has been changed again since. "
            "The history shows by whom."
        )
    )


def taken_meanwhile() -> str:
    """A wish is no longer free."""
    return str(gettext("Somebody else has just planned this wish, or taken it off the page."))


def _sentence(error: WrongPlan | NothingToRotate | AlreadyPublic) -> str:
    if isinstance(error, NothingToRotate):
        return str(gettext("Choose at least two webinars."))
    if isinstance(error, AlreadyPublic):
        return str(gettext("It is public: it can be cancelled, and stays."))
    return said_of(error.faults)


def said_of(faults: list[Fault]) -> str:
    """What is wrong with a plan, each thing once."""
    said = dict.fromkeys(upper_first(say(fault)) + "." for fault in faults)
    return " ".join(said)
