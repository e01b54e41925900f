"""How other sites learn how to embed a page of ours (https://oembed.com, version 1.0)."""

from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit
from xml.etree.ElementTree import Element

from flask import Blueprint, Response, abort, current_app, json, request
from flask_babel import force_locale
from werkzeug.exceptions import HTTPException

from webinars.domain import programme
from webinars.domain.errors import NotFound
from webinars.services import services
from webinars.web.embeds import WIDTH, Framed, frame, framed_cycle, framed_webinar
from webinars.web.language import split_language
from webinars.web.stored import PUBLIC_AGE_SECONDS, for_all, tagged
from webinars.web.xml_bytes import add, document

blueprint = Blueprint("oembed", __name__)

VERSION = "1.0"
EMBEDDABLE = ("public.cycle", "public.webinar")
Answer = dict[str, str | int]


@blueprint.get("/oembed")
def answer() -> Response:
    """How the page at ``url`` is embedded, in the language of that address."""
    write = WRITERS.get(request.args.get("format", "json"))
    if write is None:
        abort(501)
    asked = request.args.get("url", "")
    if not asked:
        abort(400)
    language, path = split_language(_path(asked))
    with force_locale(language):
        cycle, webinar = _asked(path)
        with services().database.read() as session:
            moment = services().moment()
            view = programme.programme(session, cycle_slug=cycle, moment=moment)
        framed = framed_webinar(view, webinar) if webinar else framed_cycle(view)
        return for_all(tagged(write(_answer(framed))))


def _path(address: str) -> str:
    """The path of one of our addresses; its query and fragment change nothing. Raises NotFound."""
    ours = urlsplit(services().links.base_url)
    try:
        theirs = urlsplit(address.strip())
        here = theirs.scheme in {"http", "https"} and _place(theirs) == _place(ours)
    except ValueError:  # brackets or a port that are none
        raise NotFound(address) from None
    path = unquote(theirs.path)
    if not here or not path.startswith(f"{ours.path}/") or "\0" in path:
        raise NotFound(address)
    return path.removeprefix(ours.path).rstrip("/") or "/"


def _place(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, parts.port


def _asked(path: str) -> tuple[str, str | None]:
    """The cycle and, if it is the page of one, the webinar. Raises NotFound for other pages."""
    try:
        endpoint, arguments = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        raise NotFound(path) from None
    if endpoint not in EMBEDDABLE:
        raise NotFound(path)
    return arguments["cycle"], arguments.get("webinar")


def _answer(framed: Framed) -> Answer:
    links, settings = services().links, services().settings
    width = _at_most("maxwidth", WIDTH)
    height = _at_most("maxheight", framed.height(width))
    answer: Answer = {
        "version": VERSION,
        "type": "rich",
        "title": framed.title,
        "author_name": settings.organiser_name,
        "provider_name": settings.site_name,
        "provider_url": links.base_url,
        "cache_age": PUBLIC_AGE_SECONDS,
        "width": width,
        "height": height,
        "html": frame(framed, width=width, height=height),
    }
    shared = framed.shared
    # A picture has one size, and must not be larger than what is asked.
    room = _at_most("maxwidth", shared.width), _at_most("maxheight", shared.height)
    if room == (shared.width, shared.height):
        answer |= {
            "thumbnail_url": shared.address,
            "thumbnail_width": shared.width,
            "thumbnail_height": shared.height,
        }
    return answer


def _at_most(name: str, usual: int) -> int:
    """What the question allows; what is no number asks nothing."""
    asked = request.args.get(name, type=int)
    return usual if asked is None or asked < 1 else min(asked, usual)


def _json(answer: Answer) -> Response:
    return Response(json.dumps(answer, ensure_ascii=False), mimetype="application/json")


def _xml(answer: Answer) -> Response:
    root = Element("oembed")
    for name, value in answer.items():
        add(root, name, str(value))
    return Response(document(root), content_type="text/xml; charset=utf-8")


WRITERS: dict[str, Callable[[Answer], Response]] = {"json": _json, "xml": _xml}
