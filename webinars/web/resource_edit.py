"""The form of one resource: new, or as it stands in the library."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import fields
from webinars.domain.errors import N_, ChangedMeanwhile, WrongValue
from webinars.domain.library import all_themes
from webinars.domain.resource_edit import (
    EditedResource,
    NoSuchTheme,
    ResourceFields,
    add_resource,
    edit_resource,
    edited_resource,
)
from webinars.models import EntryPoint, Step
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.typed import Reader

blueprint = Blueprint("resource_edit", __name__, url_prefix="/organise/library")


def _step(text: str) -> Step | None:
    """Raises WrongValue."""
    try:
        return Step(text) if text else None
    except ValueError:
        raise WrongValue(N_("choose one of the list")) from None


def _entry_point(text: str) -> EntryPoint | None:
    """Raises WrongValue."""
    try:
        return EntryPoint(text) if text else None
    except ValueError:
        raise WrongValue(N_("choose one of the list")) from None


READERS: Mapping[str, Reader] = {
    "title": fields.plain_text,
    "kind": fields.plain_text,
    "url": reading.optional_address,
    "publishers": reading.lines,
    "year": reading.year,
    "audience": reading.lines,
    "step": _step,
    "entry_point": _entry_point,
}
"""In the order in which the form asks for them; the themes are boxes beneath."""


@blueprint.get("/new-resource")
def new() -> Response:
    """An empty form."""
    return _page(dict.fromkeys(READERS, ""), [])


@blueprint.post("/new-resource")
def add() -> AnyResponse:
    """Into the library, if it is right."""
    typed, themes = _typed()
    values, errors = reading.read_all(typed, READERS)
    if errors:
        return _page(typed, themes, errors=errors)
    try:
        with services().database.write() as session:
            slug = add_resource(
                session,
                fields=ResourceFields(**values, themes=themes),
                actor=current_user.email,
                now=services().moment().now,
            )
    except NoSuchTheme:
        return _page(typed, themes, errors={"themes": _of_list()})
    flash(gettext("The resource stands in the library."), "success")
    return redirect(url_for("resource_edit.page", resource=slug), code=303)


@blueprint.get("/resources/<resource>")
def page(resource: str) -> Response:
    """What is said of a resource, to be changed."""
    with services().database.read() as session:
        found = edited_resource(session, slug=resource)
    return _page(_as_typed(found.fields), list(found.fields.themes), found=found)


@blueprint.post("/resources/<resource>")
def save(resource: str) -> AnyResponse:
    """Change it, if it is right and nobody has been there since."""
    typed, themes = _typed()
    with services().database.read() as session:
        found = edited_resource(session, slug=resource)
    values, errors = reading.read_all(typed, READERS)
    if errors:
        return _page(typed, themes, errors=errors, found=found)
    try:
        with services().database.write() as session:
            edit_resource(
                session,
                slug=resource,
                fields=ResourceFields(**values, themes=themes),
                seen=request.form.get("seen", ""),
                actor=current_user.email,
                now=services().moment().now,
            )
    except NoSuchTheme:
        return _page(typed, themes, errors={"themes": _of_list()}, found=found)
    except ChangedMeanwhile:
        return _page(typed, themes, found=found, overtaken=True)
    flash(gettext("The resource is changed, on its page and in the lists."), "success")
    return redirect(url_for("resource_edit.page", resource=resource), code=303)


def _typed() -> tuple[dict[str, str], list[str]]:
    themes = [one for one in request.form.getlist("themes") if fields.SLUG.fullmatch(one)]
    return {name: request.form.get(name, "") for name in READERS}, themes


def _of_list() -> str:
    return str(gettext("Choose themes of the list."))


def _as_typed(said: ResourceFields) -> dict[str, str]:
    values = {name: getattr(said, name) for name in READERS}
    return {
        name: "\n".join(value) if isinstance(value, list) else str(value or "")
        for name, value in values.items()
    }


def _differing(present: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in present.items() if value != typed[name]}


def _page(
    typed: Mapping[str, str],
    themes: list[str],
    *,
    errors: Mapping[str, str] | None = None,
    found: EditedResource | None = None,
    overtaken: bool = False,
) -> Response:
    with services().database.read() as session:
        every_theme = all_themes(session)
    values: dict[str, Any] = {
        "typed": typed,
        "chosen": themes,
        "errors": errors or {},
        "found": found,
        "present": _differing(_as_typed(found.fields), typed) if found and overtaken else {},
        "overtaken": overtaken,
        "themes": every_theme,
        "steps": tuple(Step),
        "entry_points": tuple(EntryPoint),
        "csrf_token": generate_csrf(),
    }
    status = 409 if overtaken else 422 if errors else 200
    return answer_with(render_template("organise/resource.html", **values), status)
