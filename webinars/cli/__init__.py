"""The command line. Errors are sentences; the exit code tells programs."""

import gc
import os
import sys
from importlib import import_module

import click

from webinars.config import WrongConfiguration

COMMANDS = {
    "bounces": "bounces:group",
    "calendars": "calendars:group",
    "counts": "counts:group",
    "cycle": "cycle:group",
    "db": "database:group",
    "demo": "demo:command",
    "doctor": "doctor:doctor",
    "history": "history:history",
    "library": "library:group",
    "organiser": "organiser:group",
    "outbox": "outbox:group",
    "registrations": "registrations:group",
    "serve": "serve:serve",
    "worker": "serve:worker",
}
"""Where each is: module and name."""


class Commands(click.Group):
    """Loads the command that is named, and what it needs, and no other."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the help."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """None where there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"webinars.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="webinars")
def commands() -> None:
    """Plan the year, fill the room, keep the replay."""


def main() -> None:
    """Entry point of ``webinars``."""
    os.umask(0o077)  # the database and the key are the owner's alone
    # Until the application is there (``make_app``): nothing of what is loaded is garbage, and to
    # look for some takes a quarter of the start.
    gc.disable()
    try:
        commands()
    except WrongConfiguration as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    finally:
        gc.freeze()  # it ends: to look through all of it once more takes another quarter
