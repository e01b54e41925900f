"""Uploaded files: what is kept of each, and how one comes to hang on something."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from webinars.domain.arranging import slug_of
from webinars.domain.errors import N_, WrongValue
from webinars.domain.fields import CONTROL
from webinars.domain.file_kinds import BY_TYPE, FileKind, read_kind
from webinars.i18n import file_size
from webinars.models import DroppedUpload, Replay, Upload

PATH = "/files/"
"""Below it every public file has its address."""
LONGEST_NAME = 120
NO_ROOM = N_("there is no room left for it on the disk of this site: tell who runs it")


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that has been received whole and looked at, and hangs on nothing yet."""

    key: str
    name: str
    media_type: str
    size: int
    """Bytes."""
    sha256: str


def look_at(
    file: IO[bytes],
    *,
    key: str,
    sent_as: str,
    size: int,
    sha256: str,
    among: Collection[FileKind],
) -> NewFile:
    """What a file is that was received whole: its name tidied, its kind told by its content.

    Raises WrongValue, in words for its field.
    """
    name = clean_name(sent_as)
    kind = read_kind(file, name=name, size=size, among=among)
    return NewFile(key, name, kind.media_type, size, sha256)


def too_large(limit: int) -> WrongValue:
    """What is said of a file that is larger than what is taken, in bytes."""
    return WrongValue(
        N_("the file is too large: at most %(size)s are taken here"), size=file_size(limit)
    )


@dataclass(frozen=True, slots=True)
class FileView:
    """A file as pages show it and as it is sent. The instant is UTC."""

    key: str
    name: str
    slug: str
    """The last part of its address: its name in plain letters."""
    media_type: str
    label: str
    size: int
    """Bytes."""
    sha256: str
    uploaded_at: datetime
    shown: bool
    """Browsers show it in their window."""

    @property
    def address(self) -> str:
        """Where everybody has it, while what it hangs on is public; the same in all languages."""
        return f"{PATH}{self.key}/{self.slug}"


def file_view(upload: Upload) -> FileView:
    """What is kept of a file."""
    kind = BY_TYPE[upload.media_type]
    root, _, ending = upload.name.rpartition(".")
    return FileView(
        key=upload.key,
        name=upload.name,
        slug=f"{slug_of(root)}.{ending.lower()}",
        media_type=upload.media_type,
        label=kind.label,
        size=upload.size,
        sha256=upload.sha256,
        uploaded_at=upload.uploaded_at,
        shown=kind.shown,
    )


def optional_view(upload: Upload | None) -> FileView | None:
    """The same of what may not be there."""
    return file_view(upload) if upload is not None else None


def clean_name(name: str) -> str:
    """The name of a file without the folders before it, and without what no name needs."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    plain = " ".join(CONTROL.sub("", re.sub(r'[<>:"|?*\t\n]', " ", last)).split())
    root, _, ending = plain.rpartition(".")
    short = root.strip(" .")[:LONGEST_NAME].rstrip(" .")
    return f"{short or 'document'}.{ending}" if ending else plain


def add_file(session: Session, *, file: NewFile, now: datetime) -> Upload:
    """Its row, in the transaction of the act that puts it somewhere."""
    row = Upload(
        key=file.key,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        uploaded_at=now,
    )
    session.add(row)
    return row


def drop_file(session: Session, *, upload: Upload | None, now: datetime) -> None:
    """Nothing hangs on it any more. The worker removes its bytes, a day later."""
    if upload is not None:
        session.flush()
        session.add(DroppedUpload(key=upload.key, dropped_at=now))
        session.delete(upload)


def in_trail(file: Upload | NewFile | None) -> dict[str, str | int] | None:
    """What the audit trail keeps of a file."""
    if file is None:
        return None
    return {"name": file.name, "size": file.size, "sha256": file.sha256}


def video_of(replay: Replay) -> str | None:
    """Where the video is: an address, or a path of this site; ``source_of`` reads it."""
    if replay.video_file is not None:
        return file_view(replay.video_file).address
    return replay.video_url
