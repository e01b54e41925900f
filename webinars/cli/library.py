"""Themes, resources and details of webinars, from files and into files."""

from importlib.metadata import version
from pathlib import Path

import click

from webinars import clock
from webinars.cli.support import read_text, with_services
from webinars.domain import link_checks
from webinars.domain.library_export import beside_the_files, export_library
from webinars.domain.library_import import SourceFile, WrongFiles, import_library
from webinars.models import LinkState
from webinars.probe import ask_all
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


@group.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Write over files of an earlier export.")
@with_services
def export(services: Services, folder: Path, replace: bool) -> None:
    """Write themes, resources and details of webinars into FOLDER, as `import` reads them."""
    with services.database.read() as session:
        files = export_library(session)
        beside = beside_the_files(session)
    there = [str(folder / name) for name in files if (folder / name).exists()]
    if there and not replace:
        raise click.ClickException(
            f"Nothing was written. These are there already: {', '.join(there)}. Choose another "
            "folder, or add --replace."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(folder / name, text)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from error
    for name in files:
        click.echo(folder / name)
    if beside.documents or beside.chapters or beside.questions:
        click.echo(
            "Not in these files, but in the database and the folder of uploads: "
            f"uploaded documents ({beside.documents}), resources beside chapters "
            f"({beside.chapters}), resources beside questions ({beside.questions}).",
            err=True,
        )


def write_whole(path: Path, text: str) -> None:
    """The file with this text; until it is whole, what was there stays. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8", newline="\n")
    part.replace(path)


@group.command("check-links")
@click.option("--minutes", default=10, show_default=True, type=click.IntRange(1, 600))
@click.option("--private", is_flag=True, help="Ask addresses of this network as well.")
@with_services
def check_links(services: Services, minutes: int, private: bool) -> None:
    """Ask every address of a resource whether it answers, and note it for the desk."""
    with services.database.read() as session:
        urls = link_checks.addresses(session)
    agent = f"Webinars/{version('webinars')} link check (+{services.settings.base_url})"
    answers = ask_all(urls, agent=agent, seconds=minutes * 60, private=private)
    with services.database.write() as session:
        link_checks.note(session, answers=answers, now=clock.now())
    for url, answer in answers.items():
        if answer.state is not LinkState.ANSWERS:
            status = f" {answer.status}" if answer.status else ""
            moved = f" -> {answer.moved_to}" if answer.moved_to else ""
            click.echo(f"{answer.state}{status} {url}{moved}")
    well = sum(answer.state is LinkState.ANSWERS for answer in answers.values())
    late = len(urls) - len(answers)
    click.echo(
        f"{len(answers)} asked, {well} answer{f', no time for {late}' if late else ''}", err=True
    )
