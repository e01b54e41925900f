"""For organisers: what was counted of replays and resources, as pictures with tables beneath."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from flask import Blueprint, Response, make_response, render_template
from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webinars.domain.counting import MINUTE
from webinars.domain.counts import ChapterMark, DayCounts, replay_counts, site_counts
from webinars.i18n import calendar_date, language
from webinars.services import services
from webinars.web.count_periods import PERIODS, Asked, Group, Unit, asked, every_day, grouped
from webinars.web.count_pictures import Value, bars, curve

blueprint = Blueprint("counts", __name__, url_prefix="/organise")

MOST_LINES = 12
"""Of a list; its file has all of them."""
LEAST_DAYS = 30
"""Of a picture, where the period has them."""
VIEWS_BY: dict[Unit, LazyString] = {
    Unit.DAY: lazy_gettext("Views by day"),
    Unit.WEEK: lazy_gettext("Views by week"),
    Unit.MONTH: lazy_gettext("Views by month"),
}


@blueprint.get("/counts")
def page() -> Response:
    """The whole site."""
    said = asked()
    now = services().moment().now
    with services().database.read() as session:
        seen = site_counts(session, period=said.period, now=now)
    body = render_template(
        "organise/counts.html",
        seen=seen,
        most=MOST_LINES,
        top={
            "replays": max((line.views for line in seen.replays), default=0) or 1,
            "resources": max((line.total for line in seen.resources), default=0) or 1,
        },
        **_by_day(seen.days, said, seen.since),
        **_asked_for(said),
    )
    return make_response(body, 422 if said.errors else 200)


@blueprint.get("/cycles/<cycle>/webinars/<slug>/counts")
def of_replay(cycle: str, slug: str) -> Response:
    """One replay: its days, its minutes, and the resources that its page led to."""
    said = asked()
    now = services().moment().now
    with services().database.read() as session:
        seen = replay_counts(
            session, cycle_slug=cycle, webinar_slug=slug, period=said.period, now=now
        )
    starts = [chapter.starts_at for chapter in seen.chapters]
    body = render_template(
        "organise/counts_replay.html",
        seen=seen,
        curve=curve(seen.curve, starts, gettext("min")) if seen.minutes else (),
        running=running(seen.chapters, len(seen.curve)),
        top=max((line.openings for line in seen.resources), default=0) or 1,
        **_by_day(seen.days, said, seen.since),
        **_asked_for(said),
    )
    return make_response(body, 422 if said.errors else 200)


def running(chapters: Sequence[ChapterMark], minutes: int) -> list[str | None]:
    """For each minute the chapter in which it begins."""
    return [
        next((one.title for one in reversed(chapters) if one.starts_at <= minute * MINUTE), None)
        for minute in range(minutes)
    ]


def _by_day(days: Mapping[date, DayCounts], said: Asked, since: date | None) -> dict[str, Any]:
    """The picture of the views, and the table beneath it, the latest first."""
    unit, groups = grouped(every_day(days, said.period, since, least=LEAST_DAYS))
    values = [Value(one.counts.views, _short(one, unit), _in_words(one, unit)) for one in groups]
    return {
        "unit": unit,
        "views_by": VIEWS_BY[unit],
        "groups": list(reversed(groups)),
        "group_words": group_words,
        "views": bars(values) if any(value.number for value in values) else (),
        "counted": bool(days),
    }


def _asked_for(said: Asked) -> dict[str, Any]:
    return {
        "asked": said,
        "periods": PERIODS,
        "kept": said.in_address,
        "errors": said.errors,
    }


def group_words(group: Group, unit: Unit) -> str:
    """A day, a week by its days, or a month."""
    if unit is Unit.DAY:
        return calendar_date(group.first)
    if unit is Unit.MONTH:
        return str(format_date(group.first, "LLLL y", locale=language()))
    return gettext("%(first)s to %(last)s", first=_medium(group.first), last=_medium(group.last))


def _in_words(group: Group, unit: Unit) -> str:
    views = ngettext("%(num)s view", "%(num)s views", group.counts.views)
    return gettext("%(when)s: %(views)s", when=group_words(group, unit), views=views)


def _short(group: Group, unit: Unit) -> str:
    form = "MMM y" if unit is Unit.MONTH else "d MMM"
    if language() == "en" and unit is not Unit.MONTH:
        form = "MMM d"
    return str(format_date(group.first, form, locale=language()))


def _medium(day: date) -> str:
    return str(format_date(day, "medium", locale=language()))
