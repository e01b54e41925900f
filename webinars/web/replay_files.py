"""What the player of a replay loads beside the video: its captions and its poster."""

import hashlib

from flask import Blueprint, Response, abort, request

from webinars.domain.programme import WebinarView
from webinars.domain.replay_life import public_captions
from webinars.domain.webinar_page import webinar_page
from webinars.services import services
from webinars.web.posters import draw

blueprint = Blueprint("replay_files", __name__)


@blueprint.get("/cycles/<cycle>/<webinar>/captions.<language>.vtt")
def captions(cycle: str, webinar: str, language: str) -> Response:
    """Captions in one language (WebVTT), while they are public."""
    with services().database.read() as session:
        vtt = public_captions(session, cycle_slug=cycle, webinar_slug=webinar, language=language)
    return _answer(vtt.encode(), "text/vtt")


@blueprint.get("/cycles/<cycle>/<webinar>/poster.svg")
def poster(cycle: str, webinar: str) -> Response:
    """The picture that stands where the video will be."""
    with services().database.read() as session:
        view: WebinarView = webinar_page(
            session, cycle_slug=cycle, webinar_slug=webinar, moment=services().moment()
        ).webinar
    if not view.has_replay:
        abort(404)
    return _answer(draw(view).encode(), "image/svg+xml")


def _answer(body: bytes, kind: str) -> Response:
    response = Response(body, mimetype=kind)
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "public, no-cache"
    return response.make_conditional(request)  # type: ignore[return-value]
