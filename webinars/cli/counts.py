"""What was counted of replays and resources, on the command line."""

import json
from dataclasses import asdict

import click

from webinars.cli.support import with_services
from webinars.domain.count_rows import every_sum
from webinars.services import Services


@click.group("counts")
def group() -> None:
    """Look at what was counted: sums by day, of nobody."""


@group.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def export(services: Services, as_json: bool) -> None:
    """Write every sum: views, minutes and openings, by day.

    Minutes of more than thirteen months ago have no day any more: they are one sum a minute.
    """
    with services.database.read() as session:
        for one in every_sum(session):
            said = {name: value for name, value in asdict(one).items() if value is not None}
            if as_json:
                click.echo(json.dumps(said, ensure_ascii=False, default=str))
                continue
            where = (one.replay, one.resource, one.place)
            minute = "" if one.minute is None else f" minute {one.minute}"
            named = " ".join(str(part) for part in where if part)
            click.echo(f"{one.day or 'before'} {one.of} {named}{minute}: {one.count}")
