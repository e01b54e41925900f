"""Pictures of what is shared: which values are drawn for whom, and where the pictures stand.

Their addresses carry a mark of what is drawn, so programs that keep pictures for ever fetch
one anew when it has changed. What changes by itself (next, live) is not drawn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.domain import programme
from webinars.domain.programme import CycleView, Life, Moment, WebinarView, webinar_of
from webinars.i18n import (
    calendar_date,
    day_number,
    language,
    long_date,
    month_name,
    month_short,
    time_range,
    weekday,
    zone_name,
)
from webinars.services import services
from webinars.web.page_cache import public_page
from webinars.web.pictures import HEIGHT, WIDTH, Cell, Picture, Sign, drawn
from webinars.web.wording import rule_of

blueprint = Blueprint("sharing", __name__)

AGE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Shared:
    """The picture of a page, as the page names it."""

    address: str
    alt: str
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture that is drawn when it is asked for."""

    picture: Picture
    webinars: Iterable[WebinarView] = ()
    worth_keeping: bool = True

    def body(self) -> bytes:
        """PNG."""
        return drawn(self.picture)


@blueprint.get("/picture.png")
def site() -> Response:
    """The picture of the site, and of every page that has none of its own."""
    return _picture(lambda _session, _moment: Drawing(site_picture()))


@blueprint.get("/cycles/<cycle>.png")
def cycle(cycle: str) -> Response:
    """The picture of a programme."""

    def build(session: Session, moment: Moment) -> Drawing:
        view = programme.programme(session, cycle_slug=cycle, moment=moment)
        return Drawing(cycle_picture(view), view.webinars)

    return _picture(build)


@blueprint.get("/cycles/<cycle>/<webinar>.png")
def webinar(cycle: str, webinar: str) -> Response:
    """The picture of a webinar."""

    def build(session: Session, moment: Moment) -> Drawing:
        view = programme.programme(session, cycle_slug=cycle, moment=moment)
        return Drawing(webinar_picture(webinar_of(view, webinar), view), view.webinars)

    return _picture(build)


def _picture(build: Callable[[Session, Moment], Drawing]) -> Response:
    return public_page(build, kind="image/png", age=AGE_SECONDS)


def share_site() -> Shared:
    """As pages name it that have no picture of their own."""
    prefix = services().links.home(language=language()).rstrip("/")
    return _shared(f"{prefix}/picture.png", site_picture(), services().settings.site_name)


def share_cycle(view: CycleView) -> Shared:
    """As the programme names it."""
    address = services().links.cycle(view.slug, language=language())
    return _shared(f"{address}.png", cycle_picture(view), view.title)


def share_webinar(view: WebinarView, cycle: CycleView) -> Shared:
    """As the permanent page names it."""
    address = services().links.webinar(view.cycle_slug, view.slug, language=language())
    picture = webinar_picture(view, cycle)
    said = (picture.sign_words, long_date(view.starts_at, view.zone), view.title)
    return _shared(f"{address}.png", picture, " – ".join(part for part in said if part))


def _shared(address: str, picture: Picture, alt: str) -> Shared:
    return Shared(f"{address}?v={picture.mark}", alt)


def site_picture() -> Picture:
    """The name and the twelve colours."""
    name = services().settings.site_name
    return Picture(
        site=name,
        title=name,
        line=gettext("A cycle of webinars: one a month, free, with its replay and its resources."),
        cells=tuple(Cell("", "", colour) for colour in range(1, programme.THEME_COLOURS + 1)),
    )


def cycle_picture(view: CycleView) -> Picture:
    """The year as the hero, and every date."""
    count = ngettext("%(num)s webinar", "%(num)s webinars", len(view.webinars))
    rule = rule_of(view)
    return Picture(
        site=services().settings.site_name,
        title=view.title,
        line=f"{count}, {rule}" if rule else count,
        hero=str(view.year),
        above=gettext("Programme"),
        cells=_cells(view),
    )


def webinar_picture(view: WebinarView, cycle: CycleView) -> Picture:
    """The day as the hero; what became of it; and where it stands in its year."""
    sign, words = _sign(view)
    hours = f"{time_range(view)}, {zone_name(view.zone)}"
    return Picture(
        site=services().settings.site_name,
        title=view.title,
        line=", ".join(view.speakers) or hours if sign is Sign.REPLAY else hours,
        hero=day_number(view.starts_at, view.zone),
        raised=_raised(to_local(view.starts_at, view.zone)),
        above=weekday(view.starts_at, view.zone),
        below=f"{month_name(view.starts_at, view.zone)} {to_local(view.starts_at, view.zone).year}",
        label=view.theme.title if view.theme and view.theme.title != view.title else "",
        colour=view.theme.colour if view.theme else None,
        sign=sign,
        sign_words=words,
        cells=_cells(cycle, here=view.slug),
    )


def _raised(local: datetime) -> str:
    """«1er»: the first of a month is an ordinal in French."""
    return "er" if local.day == 1 and language() == "fr" else ""


def _sign(view: WebinarView) -> tuple[Sign, str]:
    if view.cancelled:
        return Sign.CANCELLED, gettext("Cancelled")
    if view.has_replay and view.life is Life.AFTER:
        return Sign.REPLAY, gettext("Replay")
    if view.exception_of:
        return Sign.MOVED, gettext("Moved from %(date)s", date=calendar_date(view.exception_of))
    return Sign.NONE, ""


def _cells(cycle: CycleView, *, here: str | None = None) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            day=day_number(one.starts_at, one.zone),
            month=month_short(one.starts_at, one.zone),
            colour=one.theme.colour if one.theme else None,
            cancelled=one.cancelled,
            here=one.slug == here,
        )
        for one in cycle.webinars
    )
