"""Notices of mails that came back, by hand."""

import mailbox
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from webinars import clock
from webinars.cli.support import with_services
from webinars.domain import delivery_notices
from webinars.domain.delivery_notices import Outcome
from webinars.mail.bounces import MOST_BYTES, read_notice
from webinars.services import Services

SAID = {
    Outcome.STOPPED: "nothing leaves for the address any more",
    Outcome.LISTS_LEFT: "only what belongs to a registration leaves any more",
    Outcome.COUNTED: "counted",
    Outcome.RECORDED: "noted for the desk",
    Outcome.KNOWN: "known already",
    Outcome.UNKNOWN: "about nobody we wrote to",
}


@click.group("bounces")
def group() -> None:
    """Notices of mails that came back, and complaints."""


@group.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@with_services
def read(services: Services, files: tuple[str, ...]) -> None:
    """Take notices from each FILE, a message or an mbox; "-" is the standard input."""
    messages, found = 0, Counter[Outcome]()
    try:
        for name in files:
            for raw in _messages(name):
                messages += 1
                for report in read_notice(raw):
                    with services.database.write() as session:
                        outcome = delivery_notices.take(session, report=report, now=clock.now())
                    found[outcome] += 1
    finally:
        if messages:  # also those before a file that is not there
            _tell(messages, found)


def _tell(messages: int, found: Counter[Outcome]) -> None:
    click.echo(f"{messages} read, {sum(found.values())} notices in them")
    for outcome, count in sorted(found.items()):
        click.echo(f"  {count} {SAID[outcome]}")


def _messages(name: str) -> Iterator[bytes]:
    """The messages of a file. Raises ClickException with a sentence."""
    try:
        if name == "-":
            with tempfile.NamedTemporaryFile() as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
                file.flush()
                yield from _messages_in(Path(file.name))
        else:
            yield from _messages_in(Path(name))
    except OSError as error:
        raise click.ClickException(f"{name}: {error.strerror}.") from error


def _messages_in(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        beginning = file.read(MOST_BYTES)
    if not beginning.startswith(b"From "):
        yield beginning
        return
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as content:
                yield content.read(MOST_BYTES)
    finally:
        box.close()
