"""Taking a resource out of the library: what points to it first, then the act."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask import make_response as answer_with
from flask_babel import gettext
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.resource_removal import ResourceInUse, removal, remove_resource
from webinars.services import services

blueprint = Blueprint("resource_removal", __name__, url_prefix="/organise/library")


@blueprint.get("/resources/<resource>/remove")
def page(resource: str) -> Response:
    """What would go, before it goes."""
    return _page(resource)


@blueprint.post("/resources/<resource>/remove")
def remove(resource: str) -> AnyResponse:
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
        return _page(resource, status=409)
    except ChangedMeanwhile:
        return _page(resource, overtaken=True, status=409)
    flash(gettext("The resource is no longer in the library."), "success")
    return redirect(url_for("links.page"), code=303)


def _page(resource: str, *, overtaken: bool = False, status: int = 200) -> Response:
    with services().database.read() as session:
        seen = removal(session, slug=resource)
    body = render_template(
        "organise/resource_removal.html",
        seen=seen,
        overtaken=overtaken,
        csrf_token=generate_csrf(),
    )
    return answer_with(body, status)
