"""What the player of a replay loads beside the video: its captions and its poster."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.domain.programme import Moment, programme, webinar_of
from webinars.domain.replay_life import public_captions
from webinars.services import services
from webinars.web.page_cache import public_page
from webinars.web.posters import Poster
from webinars.web.stored import tagged

blueprint = Blueprint("replay_files", __name__)


@blueprint.get("/cycles/<cycle>/<webinar>/captions.<language>.vtt")
def captions(cycle: str, webinar: str, language: str) -> Response:
    """Captions in one language (WebVTT), while they are public."""
    with services().database.read() as session:
        vtt = public_captions(session, cycle_slug=cycle, webinar_slug=webinar, language=language)
    response = Response(vtt, mimetype="text/vtt")
    response.headers["Cache-Control"] = "public, no-cache"
    return tagged(response)


@blueprint.get("/cycles/<cycle>/<webinar>/poster.svg")
def poster(cycle: str, webinar: str) -> Response:
    """The picture that stands where the video will be."""

    def build(session: Session, moment: Moment) -> Poster:
        view = programme(session, cycle_slug=cycle, moment=moment)
        found = webinar_of(view, webinar)
        if not found.has_replay:
            raise NotFound(f"{cycle}/{webinar}")
        return Poster(found)

    return public_page(build, kind="image/svg+xml")
