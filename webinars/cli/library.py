"""Themes, resources and details of webinars from files."""

from pathlib import Path

import click

from webinars import clock
from webinars.cli.support import read_text, with_services
from webinars.domain.library_import import SourceFile, WrongFiles, import_library
from webinars.services import Services


@click.group("library")
def group() -> None:
    """Themes and resources."""


@group.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@with_services
def import_(services: Services, files: tuple[Path, ...]) -> None:
    """Read themes, resources and details of webinars from FILES: all of it, or nothing."""
    sources = [SourceFile(str(path), read_text(path)) for path in files]
    try:
        with services.database.write() as session:
            imported = import_library(session, files=sources, now=clock.now())
    except WrongFiles as error:
        lines = [
            f"  {name}: {problem}"
            for name, problems in error.by_file.items()
            for problem in problems
        ]
        raise click.ClickException("\n".join(["Nothing was written.", *lines])) from error
    if imported.ignored:
        click.echo(f"Not read: {', '.join(sorted(imported.ignored))}", err=True)
    counts = ", ".join(
        f"{count} {name}{'' if count == 1 else 's'}"
        for count, name in (
            (imported.themes, "theme"),
            (imported.resources, "resource"),
            (imported.webinars, "webinar"),
        )
        if count
    )
    click.echo(f"{counts or 'nothing'}{'' if imported.changed else ', nothing changed'}")
