"""New years: dates by a rule, or another cycle once more."""

import json
from collections.abc import Sequence
from datetime import date, time
from typing import Any

import click
import sqlalchemy as sa
from babel.dates import format_date

from webinars import clock
from webinars.cli.support import with_services
from webinars.domain import arranging, planning
from webinars.domain.audit import COMMAND_LINE
from webinars.domain.errors import NotFound, WrongPlan, WrongRule, WrongValue
from webinars.domain.fields import local_time, plain_text, slug, zone_name
from webinars.domain.holidays import check_department, school_calendar_known_until
from webinars.domain.plan import (
    DEFAULT_DURATION,
    DEFAULT_START,
    DEFAULT_ZONE,
    Plan,
    PlannedSession,
    check,
)
from webinars.domain.remarks import Remark, RemarkKind, by_webinar, remarks
from webinars.models import Theme
from webinars.services import Services

DEFAULT_RULE = "third Thursday"
LONG_AGO = date.min


class Checked(click.ParamType[Any]):
    """A value that a check of the domain has to let through."""

    def __init__(self, name: str, check_value: Any) -> None:
        self.name = name
        self._check = check_value

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value as it may be used. Fails with the sentence of the check."""
        try:
            return self._check(value)
        except WrongValue as error:
            self.fail(f"{error}.", param, ctx)


def _hour(value: str) -> time:
    try:
        return time.fromisoformat(str(local_time(value)))
    except WrongValue:
        raise
    except ValueError:
        raise WrongValue(
            "a local time such as 13:00 is needed, not %(value)s", value=repr(value)
        ) from None


@click.command()
@click.argument("year", type=click.IntRange(1970, 2200))
@click.option(
    "--rule", default=DEFAULT_RULE, show_default=True, help='Words, or "FREQ=MONTHLY;BYDAY=3TH".'
)
@click.option("--slug", "address", type=Checked("slug", slug), help="Its address.  [the year]")
@click.option("--title", type=Checked("text", plain_text), help="Its title.")
@click.option("--zone", type=Checked("zone", zone_name), default=DEFAULT_ZONE, show_default=True)
@click.option(
    "--starts-at", type=Checked("hour", _hour), default=f"{DEFAULT_START:%H:%M}", show_default=True
)
@click.option(
    "--duration",
    type=click.IntRange(5, 1440),
    default=DEFAULT_DURATION,
    show_default=True,
    help="Minutes.",
)
@click.option("--capacity", type=click.IntRange(1, 1_000_000), help="Places of each webinar.")
@click.option(
    "--department",
    type=Checked("code", check_department),
    help='Whose public holidays are minded beside the nation\'s: "57", "6AE", "971" …',
)
@click.option("--themes", is_flag=True, help="Put the library's themes on the dates, in order.")
@click.option("--dry-run", is_flag=True, help="Only show the dates.")
@click.option("--json", "as_json", is_flag=True, help="One object a date, for programs.")
@with_services
def plan(
    services: Services,
    year: int,
    address: str | None,
    title: str | None,
    themes: bool,
    dry_run: bool,
    as_json: bool,
    **fields: Any,
) -> None:
    """Show the dates of YEAR by a rule, and make the draft of a cycle of them.

    A cycle that is there already stays as it is.
    """
    slug = address or str(year)
    empty = Plan(
        slug=slug, title=title or f"Cycle de webinaires {year}", year=year, sessions=(), **fields
    )
    try:
        with services.database.read() as session:
            subjects = _subjects(session) if themes else ()
        planned = _sound(arranging.by_rule(empty, subjects=subjects))
        _show(planned, as_json=as_json)
        if dry_run:
            return
        with services.database.write() as session:
            planning.plan_year(session, plan=planned, actor=COMMAND_LINE, now=clock.now())
    except (WrongRule, WrongPlan) as error:
        raise click.ClickException(f"Nothing was written. {error}.") from error
    except planning.SlugInUse:
        click.echo(f"{slug}: this cycle is there already and stays as it is.", err=True)
    else:
        _say_made(planned)


def _sound(planned: Plan) -> Plan:
    faults = check(planned)
    if faults:
        raise WrongPlan(faults)
    return planned


def _subjects(session: Any) -> Sequence[arranging.Subject]:
    rows = session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.position))
    return [arranging.Subject(slug, title) for slug, title in rows]


def _say_made(planned: Plan) -> None:
    click.echo(
        f"{planned.slug}: draft created, {len(planned.sessions)} sessions. "
        f"Publish: webinars cycle publish {planned.slug}",
        err=True,
    )


def _show(planned: Plan, *, as_json: bool) -> None:
    noted = by_webinar(remarks(planned, today=LONG_AGO))
    for session in planned.sessions:
        its = noted.get(session.slug, ())
        if as_json:
            click.echo(json.dumps(_as_object(planned, session, its), ensure_ascii=False))
        else:
            click.echo(_in_words(planned, session, its))
    _say_what_is_unknown(planned)


def _say_what_is_unknown(planned: Plan) -> None:
    """The ministry publishes the school calendar a few years ahead."""
    known = school_calendar_known_until()
    if any(session.date > known for session in planned.sessions):
        click.echo(f"School holidays are known until {known}: nothing is assumed after.", err=True)


def _in_words(planned: Plan, session: PlannedSession, noted: Sequence[Remark]) -> str:
    """A date as a line: day, hour, title, and what stands against it."""
    hour = session.starts_at or planned.starts_at
    weekday = format_date(session.date, "EEE", locale="en")
    line = f"{session.date} {weekday} {hour:%H:%M} {planned.zone} {session.title}"
    return "; ".join([line, *(_remark_words(one) for one in noted)])


def _remark_words(remark: Remark) -> str:
    match remark.kind:
        case RemarkKind.PUBLIC_HOLIDAY:
            instead = ", ".join(one.day.isoformat() for one in remark.substitutes)
            return f"CONFLICT {remark.name}, instead: {instead}"
        case RemarkKind.SCHOOL_HOLIDAYS:
            return f"school holidays {', '.join(remark.zones)}: {remark.name}"
        case RemarkKind.BRIDGE:
            return f"bridge: {remark.name}"
        case RemarkKind.THEME_TWICE:
            return f"theme twice: {remark.name}"
        case _:
            return remark.kind.value.replace("_", " ")


def _as_object(
    planned: Plan, session: PlannedSession, noted: Sequence[Remark]
) -> dict[str, object]:
    hour = session.starts_at or planned.starts_at
    return {
        "date": session.date.isoformat(),
        "starts_at": hour.isoformat(),
        "zone": planned.zone,
        "starts_at_utc": planned.start_of(session).isoformat(),
        "slug": session.slug,
        "title": session.title,
        "theme": session.theme,
        "remarks": [
            {
                "kind": one.kind.value,
                "conflict": one.conflict,
                "name": one.name,
                "zones": list(one.zones),
                "substitutes": [other.day.isoformat() for other in one.substitutes],
            }
            for one in noted
        ],
    }


@click.command()
@click.argument("cycle")
@click.argument("year", type=click.IntRange(1970, 2200))
@click.option("--slug", "address", type=Checked("slug", slug), help="Its address.  [the year]")
@click.option("--open", "open_", is_flag=True, help="Leave the themes open.")
@with_services
def copy(services: Services, cycle: str, year: int, address: str | None, open_: bool) -> None:
    """Make the draft of YEAR like CYCLE: dates by the rule, its themes in their order.

    Dates, rooms, speakers and people of the old year stay there.
    """
    new = address or str(year)
    try:
        with services.database.write() as session:
            left_over = planning.copy_cycle(
                session,
                cycle_slug=cycle,
                year=year,
                slug=new,
                keep_themes=not open_,
                actor=COMMAND_LINE,
                now=clock.now(),
            )
            made = planning.draft_plan(planning.find_cycle(session, slug=new))
    except NotFound as error:
        raise click.ClickException(f'There is no cycle "{cycle}".') from error
    except planning.SlugInUse as error:
        raise click.ClickException(
            f'There is a cycle "{new}" already. Give the copy another address with --slug.'
        ) from error
    except (WrongRule, WrongPlan) as error:
        raise click.ClickException(f"Nothing was written. {error}.") from error
    _show(made, as_json=False)
    for title in left_over:
        click.echo(f"No date left for: {title}", err=True)
    _say_made(made)
