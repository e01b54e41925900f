"""Addresses of resources that do not simply answer, for organisers."""

from flask import Blueprint, Response, make_response, render_template
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.link_checks import links_page
from webinars.domain.plan import DEFAULT_ZONE
from webinars.models import LinkState
from webinars.services import services

COMMAND = "webinars library check-links"

blueprint = Blueprint("links", __name__, url_prefix="/organise/library")

STATES: dict[LinkState, LazyString] = {
    LinkState.MISSING: lazy_gettext("There is no such page any more"),
    LinkState.UNREACHABLE: lazy_gettext("The site cannot be reached"),
    LinkState.FAILING: lazy_gettext("The site has a fault of its own"),
    LinkState.LOOPING: lazy_gettext("It leads from one address to the next without end"),
    LinkState.SLOW: lazy_gettext("The site does not answer in time"),
    LinkState.FORBIDDEN: lazy_gettext("The address is not of the public Internet"),
    LinkState.REFUSED: lazy_gettext("The site refuses programs: open it yourself"),
    LinkState.MOVED: lazy_gettext("It has moved for good"),
    LinkState.ANSWERS: lazy_gettext("It answers"),
}


@blueprint.get("/links")
def page() -> Response:
    """What the latest look at each address found, the worst first."""
    with services().database.read() as session:
        seen = links_page(session)
    body = render_template(
        "organise/links.html", seen=seen, states=STATES, zone=DEFAULT_ZONE, command=COMMAND
    )
    return make_response(body)
