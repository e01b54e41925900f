"""Taking a resource or a theme out of the library: what hangs on it first, then the act."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.library_rows import InUse
from webinars.domain.resource_removal import Removal, removal, remove_resource
from webinars.domain.theme_removal import ThemeRemoval, remove_theme, theme_removal
from webinars.services import services

blueprint = Blueprint("library_removal", __name__, url_prefix="/organise/library")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is taken out, and how its pages say so."""

    look: Callable[..., Removal | ThemeRemoval]
    remove: Callable[..., None]
    template: str
    done: LazyString
    then: str
    """The endpoint of the list that it stood in."""


RESOURCE = _Kind(
    removal,
    remove_resource,
    "organise/resource_removal.html",
    lazy_gettext("The resource is no longer in the library."),
    "library_desk.page",
)
THEME = _Kind(
    theme_removal,
    remove_theme,
    "organise/theme_removal.html",
    lazy_gettext("The theme is no longer in the library. Its resources stay."),
    "theme_edit.themes",
)


@blueprint.get("/resources/<resource>/remove")
def resource(resource: str) -> Response:
    """What would go, before it goes."""
    return _page(RESOURCE, resource)


@blueprint.post("/resources/<resource>/remove")
def resource_goes(resource: str) -> AnyResponse:
    """Out of the library, if no webinar needs it and nothing new points to it."""
    return _remove(RESOURCE, resource)


@blueprint.get("/themes/<theme>/remove")
def theme(theme: str) -> Response:
    """What would go, before it goes."""
    return _page(THEME, theme)


@blueprint.post("/themes/<theme>/remove")
def theme_goes(theme: str) -> AnyResponse:
    """Out of the library, if no webinar is on it and nothing new hangs on it."""
    return _remove(THEME, theme)


def _remove(kind: _Kind, slug: str) -> AnyResponse:
    try:
        with services().database.write() as session:
            kind.remove(
                session,
                slug=slug,
                seen=request.form.get("seen", ""),
                actor=current_user.email,
                now=services().moment().now,
            )
    except InUse:
        return _page(kind, slug, status=409)
    except ChangedMeanwhile:
        return _page(kind, slug, overtaken=True, status=409)
    flash(str(kind.done), "success")
    return redirect(url_for(kind.then), code=303)


def _page(kind: _Kind, slug: str, *, overtaken: bool = False, status: int = 200) -> Response:
    with services().database.read() as session:
        seen = kind.look(session, slug=slug)
    body = render_template(
        kind.template, seen=seen, overtaken=overtaken, csrf_token=generate_csrf()
    )
    return answer_with(body, status)
