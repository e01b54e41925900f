"""Replays, themes and resources."""

from dataclasses import asdict
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, request
from sqlalchemy.orm import Session

from webinars.domain import library
from webinars.domain import replays as replays_domain
from webinars.domain.library import Chosen
from webinars.domain.programme import Moment
from webinars.models import Step
from webinars.web.page_cache import Page, public_page
from webinars.web.theme_view import theme_body

blueprint = Blueprint("library", __name__)

MOST_CHOICE = 100


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
    chosen = Chosen(
        theme=_choice("theme"),
        step=_choice("step") if _choice("step") in set(Step) else None,
        kind=_choice("kind"),
    )

    def build(session: Session, _moment: Moment) -> Page:
        page = library.resources_page(session, chosen=chosen)
        found = bool(page.resources) or chosen == Chosen()
        return Page("library/resources.html", {"page": page}, (), worth_keeping=found)

    choices = {name: value for name, value in asdict(chosen).items() if value}
    return public_page(build, query=urlencode(choices))


def _choice(name: str) -> str | None:
    value = request.args.get(name, "").strip()
    return value[:MOST_CHOICE] or None


@blueprint.get("/resources/<resource>")
def resource(resource: str) -> Response:
    """One resource."""

    def build(session: Session, moment: Moment) -> Page:
        page = library.resource_page(session, slug=resource, moment=moment)
        return Page("library/resource.html", {"page": page}, page.webinars)

    return public_page(build)
