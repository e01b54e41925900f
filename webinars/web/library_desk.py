"""The library at the desk: its resources, to be found and edited."""

from flask import Blueprint, Response, make_response, render_template, request

from webinars.domain.resource_list import desk_list
from webinars.domain.searching import MOST_CHARACTERS
from webinars.services import services
from webinars.web.acting import whole_number

blueprint = Blueprint("library_desk", __name__, url_prefix="/organise/library")


@blueprint.get("")
def page() -> Response:
    """The list, narrowed by words of a title and by a theme."""
    search, theme = (
        request.args.get(name, "").replace("\0", "").strip()[:MOST_CHARACTERS]
        for name in ("q", "theme")
    )
    number = whole_number(request.args.get("page")) or 1
    with services().database.read() as session:
        found = desk_list(session, search=search, theme=theme or None, page=number)
    return make_response(render_template("organise/library.html", list=found))
