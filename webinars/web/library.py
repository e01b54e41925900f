"""Replays, themes and resources."""

from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, request
from sqlalchemy.orm import Session

from webinars.domain import replays as replays_domain
from webinars.domain.programme import Moment
from webinars.domain.resource_list import Chosen, resources_page
from webinars.domain.resource_page import resource_page
from webinars.models import EntryPoint, Step
from webinars.web.acting import whole_number
from webinars.web.page_cache import Page, public_page
from webinars.web.theme_view import theme_body

blueprint = Blueprint("library", __name__)

MOST_CHOICE = 300
"""Characters: as long as a line of the library may be."""
MOST_KEPT = 2
"""Choices of a list that is kept in memory."""


@blueprint.get("/replays")
def replays() -> Response:
    """Every replay, the latest first."""

    def build(session: Session, moment: Moment) -> Page:
        webinars = replays_domain.replays(session, moment=moment)
        return Page("library/replays.html", {"webinars": webinars}, webinars)

    return public_page(build)


@blueprint.get("/themes/<theme>")
def theme(theme: str) -> Response:
    """A theme: questions, webinars, resources in the three steps, and the form to follow it."""
    response = make_response(theme_body(theme))
    response.headers["Cache-Control"] = "no-cache"  # it carries a form's token
    return response


@blueprint.get("/resources")
def resources() -> Response:
    """The library, narrowed by what the address says."""
    step, entry = _choice("step"), _choice("entry")
    chosen = Chosen(
        theme=_choice("theme"),
        step=Step(step) if step in set(Step) else None,
        entry=EntryPoint(entry) if entry in set(EntryPoint) else None,
        kind=_choice("kind"),
        audience=_choice("audience"),
        year=whole_number(_choice("year")),
        publisher=_choice("publisher"),
    )
    number = whole_number(request.args.get("page")) or 1

    def build(session: Session, _moment: Moment) -> Page:
        page = resources_page(session, chosen=chosen, page=number)
        # Whoever follows every combination would drive the other pages out of the memory.
        worth_keeping = len(chosen.said()) <= MOST_KEPT and page.page == number
        return Page(
            "library/resources.html",
            {"page": page},
            (),
            worth_keeping=worth_keeping and bool(page.found or not chosen.said()),
        )

    query = chosen.said() | ({"page": str(number)} if number > 1 else {})
    return public_page(build, query=urlencode(query))


def _choice(name: str) -> str | None:
    value = request.args.get(name, "").replace("\0", "").strip()
    return value[:MOST_CHOICE] or None


@blueprint.get("/resources/<resource>")
def resource(resource: str) -> Response:
    """One resource."""

    def build(session: Session, moment: Moment) -> Page:
        page = resource_page(session, slug=resource, moment=moment)
        return Page("library/resource.html", {"page": page}, page.shown)

    return public_page(build)
