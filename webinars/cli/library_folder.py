"""The folder that files of the library lie in, with the documents, videos and captions beside them.

Here are bytes: looked at and received for an import, copied for an export; never a whole large
file in memory.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Self

import click

from webinars.domain.errors import WrongValue
from webinars.domain.library_beside import Beside, NamedCaptions, NamedUpload, Spot
from webinars.domain.replay_export import KeptFile
from webinars.domain.timed_text import MOST_BYTES, Cue, read_captions
from webinars.domain.uploads import NewFile, look_at, too_large
from webinars.uploads import NoRoom, Part, UploadsFolder

BLOCK = 1024**2
FOLDERS = ("documents", "videos", "slides", "captions")
"""What an export makes beside its tables."""
PART = ".part"
MOST_NAMED = 10


def listed(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


class CannotWrite(Exception):
    """An export would not be whole, or would write over what is there."""


class HalfWritten(Exception):
    """Some files of an export have taken their names, and another one could not."""


def looked_at(
    folders: Mapping[str, Path],
    uploads: Sequence[NamedUpload],
    captions: Sequence[NamedCaptions],
    *,
    limit: int,
) -> Beside:
    """What lies where the files say, each below the folder of its own; ``limit`` in bytes."""
    sums: dict[Spot, str] = {}
    cues: dict[Spot, tuple[Cue, ...]] = {}
    wrong: dict[Spot, WrongValue] = {}
    for upload in uploads:
        with _noting(wrong, upload), _opened(folders, upload) as file:
            sums[upload.spot] = _look(file, upload, limit).sha256
    for one in captions:
        with _noting(wrong, one), _opened(folders, one) as file:
            cues[one.spot] = read_captions(file.read(MOST_BYTES + 1), duration=one.duration)
    return Beside(sums=sums, cues=cues, wrong=wrong)


@contextlib.contextmanager
def _noting(wrong: dict[Spot, WrongValue], named: NamedUpload | NamedCaptions) -> Iterator[None]:
    try:
        yield
    except WrongValue as error:
        wrong[named.spot] = error
    except OSError as error:
        wrong[named.spot] = WrongValue(error.strerror or str(error))


@contextlib.contextmanager
def _opened(
    folders: Mapping[str, Path], named: NamedUpload | NamedCaptions
) -> Iterator[BufferedReader]:
    """The file, wherever links lead to, so long as they stay inside. Raises WrongValue, OSError."""
    folder = folders[named.spot[0]].resolve()
    try:
        path = (folder / named.path).resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise WrongValue("there is no such file beside this one") from None
    except RuntimeError:  # so Python says that links lead in a circle
        raise WrongValue("its links lead in a circle") from None
    if not path.is_relative_to(folder):
        raise WrongValue("it leads out of the folder of this file")
    if not path.is_file():
        raise WrongValue("it is no file")
    with path.open("rb") as file:
        yield file


def _look(file: BufferedReader, named: NamedUpload, limit: int) -> NewFile:
    """What it is, before anything of it is received. Raises WrongValue."""
    size = os.fstat(file.fileno()).st_size
    if size > limit:
        raise too_large(limit)
    found = look_at(file, key="", sent_as=named.sent_as, size=size, sha256="", among=named.among)
    file.seek(0)
    return NewFile("", found.name, found.media_type, size, _sum(file))


def _sum(file: BufferedReader) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Received:
    """Files that were received, each with its name in the folder of uploads."""

    files: Mapping[Spot, NewFile]
    parts: Sequence[Part]

    def keep(self) -> None:
        """The act that names them is written."""
        for part in self.parts:
            part.keep()


@contextlib.contextmanager
def received(
    uploads: UploadsFolder, folders: Mapping[str, Path], named: Sequence[NamedUpload]
) -> Iterator[Received]:
    """These files in the folder of uploads; what is not kept is gone at the end.

    Raises ClickException with a sentence.
    """
    parts: list[Part] = []
    files: dict[Spot, NewFile] = {}
    try:
        for one in named:
            with _saying(one, uploads):
                files[one.spot] = _receive(uploads, folders, one, parts)
        yield Received(files, parts)
    finally:
        for part in parts:
            part.discard()


def _receive(
    uploads: UploadsFolder, folders: Mapping[str, Path], one: NamedUpload, parts: list[Part]
) -> NewFile:
    """Written beside, made durable, given its name. Raises NoRoom, WrongValue, OSError."""
    with _opened(folders, one) as file:
        part = uploads.begin(announced=os.fstat(file.fileno()).st_size)
        parts.append(part)
        while block := file.read(BLOCK):
            part.write(block)
        part.finish()
    with part.reading() as whole:
        found = look_at(
            whole,
            key=part.key,
            sent_as=one.sent_as,
            size=part.size,
            sha256=part.sha256,
            among=one.among,
        )
    part.place()
    return found


@contextlib.contextmanager
def _saying(one: NamedUpload, uploads: UploadsFolder) -> Iterator[None]:
    try:
        yield
    except NoRoom as error:
        raise click.ClickException(
            f"Nothing was written. There is no room left on the disk of {uploads.path}."
        ) from error
    except WrongValue as error:  # it was another file a moment ago
        raise click.ClickException(f'Nothing was written. "{one.path}": {error}.') from error
    except OSError as error:
        where = error.filename or one.path
        raise click.ClickException(f"Nothing was written. {where}: {error.strerror}.") from error


class NewFolder:
    """A folder that is being written: every file beside its place, and all renamed at the end.

    Until then what was there stays; a way out without ``finish`` leaves nothing.
    """

    def __init__(self, path: Path, *, replace: bool) -> None:
        self._path = path
        self._replace = replace
        self._names: list[str] = []
        self._made: list[Path] = []
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._done:
            return
        for name in self._names:
            with contextlib.suppress(OSError):
                self._part(name).unlink(missing_ok=True)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()

    @property
    def beside(self) -> int:
        """Files that are no tables."""
        return sum("/" in name for name in self._names)

    def demand_free(self, names: Sequence[str]) -> None:
        """Raises CannotWrite where one of them is there, and must not or cannot be replaced."""
        there = [str(self._path / name) for name in names if (self._path / name).exists()]
        no_files = [name for name in there if not Path(name).is_file()]
        if no_files:
            raise CannotWrite(f"These are no files: {listed(no_files)}. Choose another folder.")
        if there and not self._replace:
            raise CannotWrite(
                f"These are there already: {listed(there)}. Choose another folder, or add "
                "--replace."
            )

    def text(self, name: str, text: str) -> None:
        """A file of text. Raises CannotWrite, OSError."""
        self.demand_free([name])
        self._begin(name).write_text(text, "utf-8", newline="\n")

    def copy(self, kept: KeptFile, source: Path) -> None:
        """An uploaded file, if it is what its row says. Raises CannotWrite, OSError."""
        digest, size = hashlib.sha256(), 0
        if not source.is_file():
            raise CannotWrite(
                f'The file of "{kept.name}" ({kept.path}) is missing: {source} is not there. '
                "Take it from a backup."
            )
        with source.open("rb") as file, self._begin(kept.path).open("wb") as copy:
            while block := file.read(BLOCK):
                copy.write(block)
                digest.update(block)
                size += len(block)
        if (size, digest.hexdigest()) != (kept.size, kept.sha256):
            raise CannotWrite(
                f'The file of "{kept.name}" ({kept.path}) is damaged: {source} is not what was '
                "uploaded. Take it from a backup."
            )

    def finish(self) -> None:
        """Everything is whole: each file takes its name. Raises OSError, HalfWritten."""
        named: list[str] = []
        for name in reversed(self._names):  # no table names what is not there
            try:
                self._part(name).replace(self._path / name)
            except OSError as error:
                if not named:
                    raise
                raise HalfWritten(
                    f"{self._path / name}: {error.strerror}. These are written already: "
                    f"{listed(named)}; the others are as they were. Export again."
                ) from error
            named.append(name)
        self._done = True

    def left_over(self) -> list[str]:
        """What lies in the folders of an export, and is of none of its tables."""
        there = (
            path.relative_to(self._path).as_posix()
            for folder in FOLDERS
            for path in (self._path / folder).rglob("*")
            if path.is_file()
        )
        return sorted(set(there) - set(self._names))

    def _begin(self, name: str) -> Path:
        path = self._path / name
        missing = [one for one in path.parents if not one.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._made += reversed(missing)
        self._names.append(name)
        return self._part(name)

    def _part(self, name: str) -> Path:
        path = self._path / name
        return path.with_name(f"{path.name}{PART}")
