"""The command line. Errors are sentences; the exit code tells programs."""

import os
import sys

import click

from webinars.cli import (
    bounces,
    calendars,
    counts,
    cycle,
    database,
    library,
    organiser,
    outbox,
    registrations,
    serve,
)
from webinars.cli.demo import command as demo
from webinars.cli.doctor import doctor
from webinars.cli.history import history
from webinars.config import WrongConfiguration


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="webinars")
def commands() -> None:
    """Plan the year, fill the room, keep the replay."""


for group in (
    bounces.group,
    calendars.group,
    counts.group,
    cycle.group,
    database.group,
    demo,
    doctor,
    history,
    library.group,
    organiser.group,
    outbox.group,
    registrations.group,
    serve.serve,
    serve.worker,
):
    commands.add_command(group)


def main() -> None:
    """Entry point of ``webinars``."""
    os.umask(0o077)  # the database and the key are the owner's alone
    try:
        commands()
    except WrongConfiguration as error:
        click.echo(str(error), err=True)
        sys.exit(2)
