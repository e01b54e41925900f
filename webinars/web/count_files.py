"""The tables of what was counted as files: CSV and XLSX, of the period that the page shows."""

from collections.abc import Callable, Iterable, Iterator

from flask import Blueprint, Response, abort
from flask_babel import gettext
from sqlalchemy.orm import Session

from webinars.domain.counting import MINUTE
from webinars.domain.counts import ReplayCounts, SiteCounts, replay_counts, site_counts
from webinars.domain.registrants import list_head
from webinars.i18n import timecode
from webinars.services import services
from webinars.web.count_periods import Asked, asked, every_day
from webinars.web.counts import running
from webinars.web.table_files import Cell, Table, csv_response, xlsx_response

SITE = "/organise/counts"
REPLAY = "/organise/cycles/<cycle>/webinars/<slug>/counts"

blueprint = Blueprint("count_files", __name__)

Row = tuple[Cell, ...]


@blueprint.get(f"{SITE}/<what>.csv")
@blueprint.get(f"{REPLAY}/<what>.csv")
def as_csv(what: str, cycle: str | None = None, slug: str | None = None) -> Response:
    """For every program."""
    return csv_response(_table(what, cycle, slug))


@blueprint.get(f"{SITE}/<what>.xlsx")
@blueprint.get(f"{REPLAY}/<what>.xlsx")
def as_xlsx(what: str, cycle: str | None = None, slug: str | None = None) -> Response:
    """For spreadsheets."""
    return xlsx_response(_table(what, cycle, slug))


def _table(what: str, cycle: str | None, slug: str | None) -> Table:
    said = asked()
    if said.errors:
        abort(400)
    if cycle is None or slug is None:
        return _of_site(what, said)
    with services().database.read() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=slug)
    return _of_replay(what, head.cycle_slug, head.slug, said)


def _of_site(what: str, said: Asked) -> Table:
    tables: dict[str, tuple[str, _Heads, Callable[[SiteCounts], Iterable[Row]]]] = {
        "days": (gettext("Days"), _days_head(), lambda seen: _days(seen, said)),
        "replays": (gettext("Replays"), _replays_head(), _replays),
        "resources": (gettext("Resources"), _resources_head(), _resources),
    }
    if what not in tables:
        abort(404)
    title, heads, rows = tables[what]

    def read(session: Session) -> Iterable[Row]:
        now = services().moment().now
        return rows(site_counts(session, period=said.period, now=now))

    return _made(f"counts-{what}", title, heads, read)


def _of_replay(what: str, cycle: str, slug: str, said: Asked) -> Table:
    tables: dict[str, tuple[str, _Heads, Callable[[ReplayCounts], Iterable[Row]]]] = {
        "days": (gettext("Days"), _days_head(), lambda seen: _days(seen, said)),
        "minutes": (gettext("Minutes"), _minutes_head(), _minutes),
        "resources": (gettext("Resources"), _opened_head(), _opened),
    }
    if what not in tables:
        abort(404)
    title, heads, rows = tables[what]

    def read(session: Session) -> Iterable[Row]:
        now = services().moment().now
        return rows(
            replay_counts(session, cycle_slug=cycle, webinar_slug=slug, period=said.period, now=now)
        )

    return _made(f"counts-{cycle}-{slug}-{what}", title, heads, read)


_Heads = tuple[tuple[str, int], ...]
"""Headings with the widths of their columns."""


def _made(name: str, title: str, heads: _Heads, rows: Callable[[Session], Iterable[Row]]) -> Table:
    headings, widths = zip(*heads, strict=True)
    return Table(name=name, title=title, headings=headings, widths=widths, rows=rows)


# what stands in them ---------------------------------------------------------------------


def _days_head() -> _Heads:
    return (
        (gettext("Day"), 12),
        (gettext("Views"), 10),
        (gettext("Minutes watched"), 16),
        (gettext("Resources opened"), 18),
    )


def _days(seen: SiteCounts | ReplayCounts, said: Asked) -> Iterator[Row]:
    for day, counts in every_day(seen.days, said.period, seen.since):
        yield day, counts.views, counts.minutes, counts.openings


def _replays_head() -> _Heads:
    return (
        (gettext("Cycle"), 16),
        (gettext("Webinar"), 50),
        (gettext("Address"), 40),
        (gettext("Views"), 10),
        (gettext("Minutes watched"), 16),
        (gettext("Resources opened"), 18),
    )


def _replays(seen: SiteCounts) -> Iterator[Row]:
    for one in seen.replays:
        yield one.cycle_slug, one.title, one.slug, one.views, one.minutes, one.openings


def _resources_head() -> _Heads:
    return (
        (gettext("Resource"), 60),
        (gettext("Address"), 40),
        (gettext("Openings"), 12),
        (gettext("From a replay’s page"), 18),
        (gettext("From a theme’s page"), 18),
        (gettext("From its own page"), 18),
    )


def _resources(seen: SiteCounts) -> Iterator[Row]:
    for one in seen.resources:
        yield one.title, one.slug, one.total, one.replay, one.theme, one.own


def _minutes_head() -> _Heads:
    return (
        (gettext("Minute from"), 12),
        (gettext("Times played"), 14),
        (gettext("Chapter"), 60),
    )


def _minutes(seen: ReplayCounts) -> Iterator[Row]:
    chapters = running(seen.chapters, len(seen.curve))
    for minute, (plays, chapter) in enumerate(zip(seen.curve, chapters, strict=True)):
        yield timecode(minute * MINUTE), plays, chapter


def _opened_head() -> _Heads:
    return ((gettext("Resource"), 60), (gettext("Address"), 40), (gettext("Openings"), 12))


def _opened(seen: ReplayCounts) -> Iterator[Row]:
    for one in seen.resources:
        yield one.title, one.slug, one.openings
