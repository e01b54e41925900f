"""The library with its replays, from files and into files."""

import contextlib
import dataclasses
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click

from webinars import clock
from webinars.cli.library_folder import (
    CannotWrite,
    HalfWritten,
    NewFolder,
    listed,
    looked_at,
    received,
)
from webinars.cli.support import read_text, with_services
from webinars.domain import link_checks
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.library_beside import named_files, to_receive
from webinars.domain.library_export import export_library, left_out
from webinars.domain.library_files import KINDS
from webinars.domain.library_import import AddedMeanwhile, Imported, import_library
from webinars.domain.library_reading import SourceFile, WrongFiles
from webinars.domain.replay_export import kept_captions, kept_files
from webinars.models import LinkState
from webinars.probe import ask_all
from webinars.services import Services
from webinars.uploads import UploadsFolder


@click.group("library")
def group() -> None:
    """Themes, resources, replays and questions."""


@group.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@with_services
def import_(services: Services, files: tuple[Path, ...]) -> None:
    """Read themes, resources, webinars, replays and questions from FILES: all of it, or nothing.

    Documents, videos, slides and captions that they name are read from their folders.
    """
    sources = [SourceFile(str(path), read_text(path)) for path in dict.fromkeys(files)]
    try:
        imported = _import(services, sources)
    except WrongFiles as error:
        lines = [
            f"  {name}: {problem}"
            for name, problems in error.by_file.items()
            for problem in problems
        ]
        raise click.ClickException("\n".join(["Nothing was written.", *lines])) from error
    except ChangedMeanwhile as error:
        raise click.ClickException(
            f"Nothing was written. Somebody else has just changed what {error} is for: "
            "look at it, and import again."
        ) from error
    except AddedMeanwhile as error:
        raise click.ClickException(
            "Nothing was written. Somebody else has just added a theme or a resource that these "
            "files add, too: import again."
        ) from error
    if imported.ignored:
        click.echo(f"Not read: {', '.join(sorted(imported.ignored))}", err=True)
    counts = ", ".join(
        f"{count} {name[:-1] if count == 1 else name}"
        for name in KINDS
        if (count := getattr(imported, name))
    )
    click.echo(f"{counts or 'nothing'}{'' if imported.changed else ', nothing changed'}")


def _import(services: Services, sources: list[SourceFile]) -> Imported:
    """Nothing is left in the folder of uploads if it raises: as ``import_library`` does."""
    uploads, captions = named_files(sources)
    folders = {source.name: Path(source.name).parent for source in sources}
    limit = services.settings.upload_max_bytes
    beside = looked_at(folders, uploads, captions, limit=limit)
    with services.database.read() as session:
        new = to_receive(session, named=uploads, sums=beside.sums)
    if beside.wrong:
        new = []  # it will be refused: every fault is named, and nothing copied
    folder = UploadsFolder(services.settings.uploads_folder)
    with received(folder, folders, new) as parts, services.database.write() as session:
        imported = import_library(
            session,
            files=sources,
            now=clock.now(),
            beside=dataclasses.replace(beside, received=parts.files),
        )
        # Before the commit: should its answer be lost, a file too many is better than none.
        parts.keep()
    return imported


@group.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Write over files of an earlier export.")
@with_services
def export(services: Services, folder: Path, replace: bool) -> None:
    """Write the library with its replays and uploaded files into FOLDER, as `import` reads it."""
    uploads = UploadsFolder(services.settings.uploads_folder)
    with _saying_what_is_written(folder), NewFolder(folder, replace=replace) as written:
        with services.database.read() as session:
            tables = export_library(session)
            kept, gone = kept_files(session), left_out(session)
            written.demand_free([*tables, *(one.path for one in kept)])
            for name, text in tables.items():
                written.text(name, text)
            for path, vtt in kept_captions(session):
                written.text(path, vtt)
        for one in kept:
            written.copy(one, uploads.file(one.key))
        written.finish()
    for name in tables:
        click.echo(folder / name)
    if written.beside:
        many = "" if written.beside == 1 else "s"
        click.echo(f"{written.beside} file{many} beside them", err=True)
    if gone:
        click.echo(f"Not in the draft of their cycle, and so in no file: {listed(gone)}", err=True)
    if left := written.left_over():
        click.echo(f"Left there, and named by none of them: {listed(left)}", err=True)


@contextlib.contextmanager
def _saying_what_is_written(folder: Path) -> Iterator[None]:
    try:
        yield
    except HalfWritten as error:
        raise click.ClickException(str(error)) from error
    except CannotWrite as error:
        raise click.ClickException(f"Nothing was written. {error}") from error
    except OSError as error:
        raise click.ClickException(
            f"Nothing was written. {error.filename or folder}: {error.strerror}."
        ) from error


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
