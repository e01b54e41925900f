"""The themes of the library at the desk: their list, and the form of each."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain import fields
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.theme_edit import (
    EditedTheme,
    ThemeFields,
    add_theme,
    edit_theme,
    edited_theme,
    theme_lines,
)
from webinars.services import services
from webinars.web import typed as reading
from webinars.web.typed import Reader

blueprint = Blueprint("theme_edit", __name__, url_prefix="/organise/library")

READERS: Mapping[str, Reader] = {
    "title": fields.plain_text,
    "other_titles": reading.distinct_lines,
    "seven_needs": bool,
    "questions": reading.distinct_lines,
    "platform_answers": reading.distinct_lines,
}
"""In the order in which the form asks for them."""


@blueprint.get("/themes")
def themes() -> Response:
    """Every theme, with what is on it."""
    with services().database.read() as session:
        lines = theme_lines(session)
    return answer_with(render_template("organise/themes.html", lines=lines))


@blueprint.get("/new-theme")
def new() -> Response:
    """An empty form."""
    return _page(dict.fromkeys(READERS, ""))


@blueprint.post("/new-theme")
def add() -> AnyResponse:
    """Into the library, if it is right."""
    typed = _typed()
    values, errors = reading.read_all(typed, READERS)
    if errors:
        return _page(typed, errors=errors)
    with services().database.write() as session:
        slug = add_theme(
            session,
            fields=ThemeFields(**values),
            actor=current_user.email,
            now=services().moment().now,
        )
    flash(gettext("The theme stands in the library."), "success")
    return redirect(url_for("theme_edit.page", theme=slug), code=303)


@blueprint.get("/themes/<theme>")
def page(theme: str) -> Response:
    """What is said of a theme, to be changed."""
    with services().database.read() as session:
        found = edited_theme(session, slug=theme)
    return _page(_as_typed(found.fields), found=found)


@blueprint.post("/themes/<theme>")
def save(theme: str) -> AnyResponse:
    """Change it, if it is right and nobody has been there since."""
    typed = _typed()
    values, errors = reading.read_all(typed, READERS)
    with services().database.read() as session:
        found = edited_theme(session, slug=theme)
    if errors:
        return _page(typed, errors=errors, found=found)
    try:
        with services().database.write() as session:
            edit_theme(
                session,
                slug=theme,
                fields=ThemeFields(**values),
                seen=request.form.get("seen", ""),
                actor=current_user.email,
                now=services().moment().now,
            )
    except ChangedMeanwhile:
        with services().database.read() as session:
            theirs = edited_theme(session, slug=theme)
        return _page(typed, found=theirs, overtaken=True)
    flash(gettext("The theme is changed, on its page and in the lists."), "success")
    return redirect(url_for("theme_edit.page", theme=theme), code=303)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in READERS}


def _as_typed(said: ThemeFields) -> dict[str, str]:
    return {name: reading.as_text(getattr(said, name)) for name in READERS}


def _page(
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    found: EditedTheme | None = None,
    overtaken: bool = False,
) -> Response:
    theirs = _as_typed(found.fields) if found and overtaken else {}
    values: dict[str, Any] = {
        "typed": typed,
        "errors": errors or {},
        "found": found,
        "present": {name: value for name, value in theirs.items() if value != typed[name]},
        "overtaken": overtaken,
        "csrf_token": generate_csrf(),
    }
    status = 409 if overtaken else 422 if errors else 200
    return answer_with(render_template("organise/theme.html", **values), status)
