"""The front page, the programme, and the permanent page of each webinar."""

from flask import Blueprint, Response, make_response, request, send_from_directory
from sqlalchemy.orm import Session

from webinars.domain import programme
from webinars.domain.programme import Moment
from webinars.domain.webinar_page import is_full, webinar_page
from webinars.places import STATIC
from webinars.services import services
from webinars.web.page_cache import Page, keep, public_page
from webinars.web.webinar_form import (
    RegistrationForm,
    form_subject,
    new_form_token,
    webinar_values,
)

blueprint = Blueprint("public", __name__)

# A kept page has these in the place of what each request brings.
FORM_PROOF_GOES_HERE = "the-token-of-this-form"
FRAGMENT_GOES_HERE = "#the-second-to-begin-at"


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
    """The one permanent page: registers before, leads to the room, plays the replay after.

    It is kept like the other public pages; only the token of its forms and the second at
    which the video begins are new each time.
    """

    def build(session: Session, moment: Moment) -> Page:
        page = webinar_page(session, cycle_slug=cycle, webinar_slug=webinar, moment=moment)
        values = webinar_values(page, form=RegistrationForm(), csrf_token=FORM_PROOF_GOES_HERE)
        values["video_fragment"] = FRAGMENT_GOES_HERE
        return Page("public/webinar.html", values, page.cycle.webinars)

    with services().database.read() as session:
        full = is_full(session, cycle_slug=cycle, webinar_slug=webinar)
        kept = keep(session, build, vary=("full",) if full else ())
    token = new_form_token(form_subject(cycle, webinar))
    second = request.args.get("t", default=0, type=int)
    body = kept.body.replace(FORM_PROOF_GOES_HERE.encode(), token.encode())
    # RFC 3986 fragment as of W3C Media Fragments: without script the video begins there too.
    fragment = f"#t={second}" if second > 0 else ""
    response = make_response(body.replace(FRAGMENT_GOES_HERE.encode(), fragment.encode()))
    response.headers["Cache-Control"] = "no-cache"
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
