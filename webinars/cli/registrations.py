"""Registrations of a webinar."""

import json

import click

from webinars.cli.support import with_services
from webinars.domain.errors import NotFound
from webinars.domain.registration_lists import list_registrations
from webinars.services import Services


@click.group("registrations")
def group() -> None:
    """Registrations of a webinar."""


@group.command("list")
@click.argument("address", metavar="CYCLE/WEBINAR")
@click.option("--json", "as_json", is_flag=True, help="One object a line, for programs.")
@with_services
def list_(services: Services, address: str, as_json: bool) -> None:
    """Who is registered for CYCLE/WEBINAR, in the order of arrival."""
    cycle, _, webinar = address.partition("/")
    try:
        with services.database.read() as session:
            rows = list_registrations(session, cycle_slug=cycle, webinar_slug=webinar)
    except NotFound as error:
        raise click.ClickException(f'There is no published webinar "{address}".') from error
    for row in rows:
        if as_json:
            fields = {
                "email": row.email,
                "full_name": row.full_name,
                "status": row.status.value,
                "position": row.position,
            }
            click.echo(json.dumps(fields, ensure_ascii=False))
        else:
            place = f" {row.position}" if row.position else ""
            click.echo(f"{row.status.value}{place} {row.email} {row.full_name}")
