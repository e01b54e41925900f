"""The audit trail on the command line."""

import json

import click

from webinars.cli.support import with_services
from webinars.domain.history import Act, house_history
from webinars.i18n import iso
from webinars.services import Services

AT_ONCE = 500
"""Acts."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def history(services: Services, as_json: bool) -> None:
    """Show who did what to anything, the latest first."""
    below: int | None = None
    while True:
        with services.database.read() as session:
            found = house_history(session, below=below, most=AT_ONCE)
        for act in found.acts:
            cycle = found.cycles.get(act.cycle_id) if act.cycle_id else None
            tell(act, as_json=as_json, of=cycle.slug if cycle else act.subject or "")
        if found.older is None:
            return
        below = found.older


def tell(act: Act, *, as_json: bool, of: str | None = None) -> None:
    """One act. ``of``: what it was done to, where that is not said already."""
    if as_json:
        row = {
            "at": iso(act.at),
            "actor": act.actor,
            "act": act.act.value,
            "webinars": act.slugs,
            "revision": act.revision,
            "before": act.before,
            "after": act.after,
        }
        click.echo(json.dumps(row if of is None else row | {"of": of}, ensure_ascii=False))
        return
    said = [
        act.act.value,
        f"revision {act.revision}" if act.revision else "",
        of or "",
        ", ".join(act.slugs),
        f"({act.after['count']})" if "count" in act.after else "",
    ]
    click.echo(f"{iso(act.at)} {act.actor}: {' '.join(one for one in said if one)}")
