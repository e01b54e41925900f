"""The front page, the programme, and the permanent page of each webinar."""

from flask import Blueprint, Response, make_response, request, send_from_directory
from sqlalchemy.orm import Session

from webinars.domain import programme
from webinars.domain.programme import Moment
from webinars.places import STATIC
from webinars.services import services
from webinars.web.embeds import frame, framed_cycle
from webinars.web.page_cache import Page, public_page
from webinars.web.webinar_view import permanent_page

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
        framed = framed_cycle(view)
        values = {"cycle": view, "shared": framed.shared, "embed_code": frame(framed)}
        values["beside"] = programme.cycles_beside(session, view)
        return Page("public/cycle.html", values, view.webinars)

    return public_page(build)


@blueprint.get("/cycles/<cycle>/<webinar>")
def webinar(cycle: str, webinar: str) -> Response:
    """The one permanent page: registers before, leads to the room, plays the replay after."""
    second = request.args.get("t", default=0, type=int)
    response = make_response(permanent_page(cycle, webinar, second=second))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Personal pages and the desk are not for search engines."""
    lines = (
        "User-agent: *",
        "Disallow: /me/",
        "Disallow: /en/me/",
        "Disallow: /organise/",
        f"Sitemap: {services().links.absolute('/sitemap.xml')}",
    )
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Browsers ask here whatever a page says."""
    return send_from_directory(STATIC, "favicon.svg", max_age=86400)
