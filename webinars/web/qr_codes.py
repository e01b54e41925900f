"""QR codes (ISO/IEC 18004), drawn as vectors."""

import io
from functools import lru_cache

import qrcode
from flask import Blueprint, Response
from qrcode.image.svg import SvgPathFillImage

from webinars.domain.programme import published_cycle
from webinars.services import services
from webinars.web.language import request_language
from webinars.web.stored import tagged

blueprint = Blueprint("qr_codes", __name__)

AGE_SECONDS = 86_400


@blueprint.get("/cycles/<cycle>/calendar.svg")
def cycle(cycle: str) -> Response:
    """The way to a cycle's feed for slides, posters and the printed programme.

    It holds neither the feed's ``webcal`` address, with which most Android telephones can do
    nothing, nor its ``https`` one, of which they make a copy that never moves again. It holds
    the place on the programme's page where everybody chooses how to subscribe: what hangs on a
    wall cannot be mended, that place can.
    """
    with services().database.read() as session:
        slug = published_cycle(session, slug=cycle).slug
    picture = _kept(services().links.subscribe_to_cycle(slug, language=request_language()))
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={AGE_SECONDS}"
    return tagged(response)


def draw(text: str) -> bytes:
    """An SVG file: black on white in either scheme, with the quiet margin that readers need."""
    with io.BytesIO() as file:
        qrcode.make(text, image_factory=SvgPathFillImage).save(file)
        return file.getvalue()


_kept = lru_cache(maxsize=64)(draw)
"""Of public addresses only: what ``draw`` is given may be a secret."""
