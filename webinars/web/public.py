"""The front page, the programme, and the permanent page of each webinar."""

from flask import Blueprint, Response, make_response, send_from_directory
from sqlalchemy.orm import Session

from webinars.domain import programme
from webinars.domain.programme import Moment
from webinars.domain.webinar_page import webinar_page
from webinars.places import STATIC
from webinars.services import services
from webinars.web.page_cache import Page, public_page
from webinars.web.webinar_form import RegistrationForm, render_webinar

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def home() -> Response:
    """Next webinar, this year's programme, latest replays, subscribe."""

    def build(session: Session, moment: Moment) -> Page:
        view = programme.home(session, moment=moment)
        shown = (*((view.next,) if view.next else ()), *view.following)
        cycle = view.cycle.webinars if view.cycle else ()
        return Page("public/home.html", {"view": view}, (*shown, *cycle))

    return public_page(build)


@blueprint.get("/cycles/<cycle>")
def cycle(cycle: str) -> Response:
    """The programme of a cycle."""

    def build(session: Session, moment: Moment) -> Page:
        view = programme.programme(session, cycle_slug=cycle, moment=moment)
        return Page("public/cycle.html", {"cycle": view}, view.webinars)

    return public_page(build)


@blueprint.get("/cycles/<cycle>/<webinar>")
def webinar(cycle: str, webinar: str) -> Response:
    """The one permanent page: registers before, leads to the room, plays the replay after."""
    with services().database.read() as session:
        page = webinar_page(
            session, cycle_slug=cycle, webinar_slug=webinar, moment=services().moment()
        )
    response = make_response(render_webinar(page, form=RegistrationForm()))
    # It carries a form token of its own age: a shared cache must not hand it on for long.
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    return response


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Personal pages and the desk are not for search engines."""
    body = "User-agent: *\nDisallow: /me/\nDisallow: /en/me/\nDisallow: /organise/\n"
    return Response(body, mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Browsers ask here whatever a page says."""
    return send_from_directory(STATIC, "favicon.svg", max_age=86400)
