"""Programmes inside pages of other sites.

What is framed sets no cookie, runs no script and opens its links outside of the frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from flask import Blueprint, Response
from markupsafe import escape
from sqlalchemy.orm import Session

from webinars.domain import programme
from webinars.domain.programme import CycleView, Life, Moment, webinar_of
from webinars.i18n import language
from webinars.services import services
from webinars.web.headers import POLICY, policy
from webinars.web.page_cache import Page, public_page
from webinars.web.sharing import Shared, share_cycle, share_webinar

blueprint = Blueprint("embeds", __name__)

FRAMED = policy(
    POLICY
    | {
        "frame-ancestors": "*",
        "script-src": "'none'",
        "connect-src": "'none'",
        "frame-src": "'none'",
        "form-action": "'none'",
    }
)
WIDTH = 600
"""Of a frame, in pixels, where nothing smaller is asked."""
WIDE = 560
"""From this width on, in pixels, two webinars stand beside each other (``embed.css``)."""
WEBINAR_WIDE, WEBINAR_NARROW = 320, 420
HEAD_AND_FOOT, A_ROW_WIDE, A_ROW_NARROW = 210, 124, 110
HIGHEST = 1600
"""Heights in pixels that hold long titles, as measured in a browser; what is more scrolls."""


@dataclass(frozen=True, slots=True)
class Framed:
    """What can be embedded, in one language."""

    title: str
    address: str
    """Of the page itself; that of its frame has ``/embed`` at its end."""
    wide: int
    narrow: int
    """Heights that hold it, in pixels, from ``WIDE`` on and below."""
    shared: Shared

    def height(self, width: int) -> int:
        """Both in pixels."""
        return self.wide if width >= WIDE else self.narrow


@blueprint.get("/embed")
def home() -> Response:
    """The next webinars of all cycles."""

    def build(session: Session, moment: Moment) -> Page:
        view = programme.home(session, moment=moment)
        coming = (*((view.next,) if view.next else ()), *view.following)
        address = services().links.home(language=language())
        values = {"title": services().settings.site_name, "coming": coming, "past": ()}
        return Page("embed/programme.html", values | {"address": address}, coming)

    return _framed(build)


@blueprint.get("/cycles/<cycle>/embed")
def cycle(cycle: str) -> Response:
    """A programme: what is to come, then what has been."""

    def build(session: Session, moment: Moment) -> Page:
        view = programme.programme(session, cycle_slug=cycle, moment=moment)
        past = [one for one in view.webinars if one.life is Life.AFTER]
        values = {
            "title": view.title,
            "address": services().links.cycle(view.slug, language=language()),
            "cycle": view,
            "coming": [one for one in view.webinars if one.life is not Life.AFTER],
            "past": past[::-1],
        }
        return Page("embed/programme.html", values, view.webinars)

    return _framed(build)


@blueprint.get("/cycles/<cycle>/<webinar>/embed")
def webinar(cycle: str, webinar: str) -> Response:
    """One webinar."""

    def build(session: Session, moment: Moment) -> Page:
        view = programme.programme(session, cycle_slug=cycle, moment=moment)
        found = webinar_of(view, webinar)
        address = services().links.webinar(cycle, webinar, language=language())
        values = {"webinar": found, "cycle": view, "address": address}
        return Page("embed/webinar.html", values, view.webinars)

    return _framed(build)


def _framed(build: Callable[[Session, Moment], Page]) -> Response:
    response = public_page(build)
    response.headers["Content-Security-Policy"] = FRAMED
    response.headers["X-Robots-Tag"] = "noindex"  # the page itself is to be found
    return response


def framed_cycle(view: CycleView) -> Framed:
    """A programme as it can be embedded."""
    address = services().links.cycle(view.slug, language=language())
    number = len(view.webinars)
    rows = ceil(number / 2) + 1  # one more where what is past and what is to come are both odd
    wide = min(HEAD_AND_FOOT + A_ROW_WIDE * rows, HIGHEST)
    narrow = min(HEAD_AND_FOOT + A_ROW_NARROW * number, HIGHEST)
    return Framed(view.title, address, wide, narrow, share_cycle(view))


def framed_webinar(view: CycleView, slug: str) -> Framed:
    """A webinar of a programme as it can be embedded. Raises NotFound."""
    found = webinar_of(view, slug)
    address = services().links.webinar(view.slug, slug, language=language())
    shared = share_webinar(found, view)
    return Framed(found.title, address, WEBINAR_WIDE, WEBINAR_NARROW, shared)


def frame(framed: Framed, *, width: int | str = "100%", height: int | None = None) -> str:
    """The element that other sites put into their pages; it brings its own style with it."""
    return (
        f'<iframe src="{escape(framed.address)}/embed" title="{escape(framed.title)}" '
        f'width="{width}" height="{height or framed.height(WIDTH)}" loading="lazy" '
        'style="border:0;max-width:100%"></iframe>'
    )
