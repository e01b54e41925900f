"""Taking a resource or a theme out of the library: what hangs on it first, then the act."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.resource_removal import Removal, ResourceInUse, removal, remove_resource
from webinars.domain.theme_removal import ThemeInUse, ThemeRemoval, remove_theme, theme_removal
from webinars.services import services

blueprint = Blueprint("library_removal", __name__, url_prefix="/organise/library")


@blueprint.get("/resources/<resource>/remove")
def resource(resource: str) -> Response:
    """What would go, before it goes."""
    return _resource(resource)


@blueprint.post("/resources/<resource>/remove")
def resource_goes(resource: str) -> AnyResponse:
    """Out of the library, if no webinar needs it and nothing new points to it."""
    try:
        with services().database.write() as session:
            remove_resource(
                session,
                slug=resource,
                seen=request.form.get("seen", ""),
                actor=current_user.email,
                now=services().moment().now,
            )
    except ResourceInUse:
        return _resource(resource, status=409)
    except ChangedMeanwhile:
        return _resource(resource, overtaken=True, status=409)
    flash(gettext("The resource is no longer in the library."), "success")
    return redirect(url_for("links.page"), code=303)


@blueprint.get("/themes/<theme>/remove")
def theme(theme: str) -> Response:
    """What would go, before it goes."""
    return _theme(theme)


@blueprint.post("/themes/<theme>/remove")
def theme_goes(theme: str) -> AnyResponse:
    """Out of the library, if no webinar is on it and nothing new hangs on it."""
    try:
        with services().database.write() as session:
            remove_theme(
                session,
                slug=theme,
                seen=request.form.get("seen", ""),
                actor=current_user.email,
                now=services().moment().now,
            )
    except ThemeInUse:
        return _theme(theme, status=409)
    except ChangedMeanwhile:
        return _theme(theme, overtaken=True, status=409)
    flash(gettext("The theme is no longer in the library. Its resources stay."), "success")
    return redirect(url_for("theme_edit.themes"), code=303)


def _resource(slug: str, *, overtaken: bool = False, status: int = 200) -> Response:
    with services().database.read() as session:
        seen = removal(session, slug=slug)
    return _page("organise/resource_removal.html", seen, overtaken=overtaken, status=status)


def _theme(slug: str, *, overtaken: bool = False, status: int = 200) -> Response:
    with services().database.read() as session:
        seen = theme_removal(session, slug=slug)
    return _page("organise/theme_removal.html", seen, overtaken=overtaken, status=status)


def _page(template: str, seen: Removal | ThemeRemoval, *, overtaken: bool, status: int) -> Response:
    body = render_template(template, seen=seen, overtaken=overtaken, csrf_token=generate_csrf())
    return answer_with(body, status)
