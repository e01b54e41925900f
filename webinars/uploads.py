"""The folder of uploaded files: each written beside, made durable, and only then given its name.

The rows of ``models.Upload`` say what a file is and what it hangs on; here are bytes.
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

KEY = re.compile(r"[0-9a-f]{32}")
PART = ".part"
KEPT_FREE = 64 * 1024**2
"""Bytes that an upload leaves to everything else on the disk."""
LOOKS_EVERY = 64 * 1024**2
"""Bytes of a file after which the room is looked at again: others write meanwhile."""
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class NoRoom(Exception):
    """The disk is full, or as full as it may become."""


class Part:
    """A file that is being received. Every way out of it but ``keep`` leaves nothing."""

    def __init__(self, folder: Path) -> None:
        self.key = secrets.token_hex(16)
        self.size = 0
        self._digest = hashlib.sha256()
        self._folder = folder
        self._path: Path | None = folder / f"{self.key}{PART}"
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        self._open = True

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Raises NoRoom."""
        left = memoryview(data)
        with _no_room():
            if (self.size + len(data)) // LOOKS_EVERY > self.size // LOOKS_EVERY:
                _demand_room(self._folder, 0)
            while left:
                left = left[os.write(self._descriptor, left) :]
        self._digest.update(data)
        self.size += len(data)

    def finish(self) -> None:
        """On the disk, and nothing more comes: many may wait together. Raises NoRoom."""
        with _no_room():
            os.fsync(self._descriptor)
        self._close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[IO[bytes]]:
        """What was written, to look into."""
        assert self._path is not None
        with self._path.open("rb") as file:
            yield file

    def place(self) -> None:
        """Give it its name. Until ``keep``, ``discard`` takes that away again."""
        assert self._path is not None
        whole = self._folder / self.key
        self._path.rename(whole)
        self._path = whole
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # the name as well
        finally:
            os.close(descriptor)

    def keep(self) -> None:
        """A row names it now."""
        self._path = None

    def discard(self) -> None:
        """Nothing of it is left, unless it was kept."""
        self._close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._descriptor)


class UploadsFolder:
    """The folder, which comes into being with its first file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, *, announced: int) -> Part:
        """A file of about so many bytes. Raises NoRoom, before anything of it is written."""
        with _no_room():
            self.path.mkdir(mode=0o750, parents=True, exist_ok=True)
            _demand_room(self.path, announced)
            return Part(self.path)

    def free(self) -> int:
        """Bytes that may still be written. Raises OSError."""
        there = next(one for one in (self.path, *self.path.parents) if one.exists())
        return shutil.disk_usage(there).free

    def file(self, key: str) -> Path:
        """Where the file of a key is."""
        if not KEY.fullmatch(key):
            raise ValueError(key)
        return self.path / key

    def untouched(self, *, since: datetime) -> Iterator[str]:
        """The names of files of ours to which nothing was written since."""
        if not self.path.is_dir():
            return
        with os.scandir(self.path) as entries:
            for entry in entries:
                if not KEY.fullmatch(entry.name.removesuffix(PART)):
                    continue
                with contextlib.suppress(FileNotFoundError):  # another worker was here
                    if entry.stat().st_mtime < since.timestamp():
                        yield entry.name

    def remove(self, name: str) -> None:
        """A file that no row names."""
        (self.path / name).unlink(missing_ok=True)


def _demand_room(folder: Path, size: int) -> None:
    if size + KEPT_FREE > shutil.disk_usage(folder).free:
        raise NoRoom


@contextlib.contextmanager
def _no_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom from error
        raise
