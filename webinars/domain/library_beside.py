"""What lies beside the files of the library: documents, videos, slides, captions.

The edge reads the bytes: it asks which files are named, looks at each, asks which of them are
another than what is there, and receives those. So nothing is copied inside of a transaction, and
nothing at all when the same is imported again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import ChangedMeanwhile, WrongValue
from webinars.domain.file_kinds import DOCUMENTS, VIDEOS, FileKind
from webinars.domain.library_files import ReplayTable, ResourceTable
from webinars.domain.library_reading import Placed, ReadFile, SourceFile, placed, understand
from webinars.domain.timed_text import Cue
from webinars.domain.tomlfile import Location
from webinars.domain.uploads import NewFile, clean_name
from webinars.models import Cycle, Replay, Resource, Upload, Webinar

Spot = tuple[str, Location]
"""The file that names another one, and where in it."""
Holder = tuple[str, str]
"""Upon what an uploaded file hangs: the column, and the resource or the webinar."""
FILES_OF_A_REPLAY = {"video_file": VIDEOS, "slides_file": DOCUMENTS}


@dataclass(frozen=True, slots=True)
class NamedUpload:
    """A file that is named, to hang upon something."""

    spot: Spot
    path: str
    """Below the folder of the file that names it."""
    name: str | None
    """As people save it, where that is said."""
    holder: Holder
    among: Collection[FileKind]

    @property
    def sent_as(self) -> str:
        """Its name, or that of the file itself."""
        return self.name or self.path

    def is_what_hangs(self, upload: Upload | None, sha256: str) -> bool:
        """Whether the same file is there, under the name that is said."""
        if upload is None or upload.sha256 != sha256:
            return False
        return self.name is None or clean_name(self.name) == clean_name(upload.name)


@dataclass(frozen=True, slots=True)
class NamedCaptions:
    """A file of captions that is named, with the seconds of its video."""

    spot: Spot
    path: str
    duration: int | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What was found where the files say."""

    sums: Mapping[Spot, str] = field(default_factory=dict)
    """The SHA-256 of each upload that may be taken, in hexadecimal."""
    cues: Mapping[Spot, tuple[Cue, ...]] = field(default_factory=dict)
    wrong: Mapping[Spot, WrongValue] = field(default_factory=dict)
    received: Mapping[Spot, NewFile] = field(default_factory=dict)
    """Those that are another than what was there."""

    def problem(self, named: NamedUpload | NamedCaptions) -> str | None:
        """What is wrong with a file, if anything is."""
        if named.spot in self.wrong:
            return f'"{named.path}": {self.wrong[named.spot]}'
        there = self.sums if isinstance(named, NamedUpload) else self.cues
        return None if named.spot in there else f'"{named.path}" was not looked for'

    def new(self, named: NamedUpload | None, upload: Upload | None) -> NewFile | None:
        """The file that takes the place of this one; None if it stays, or if none is named.

        Raises ChangedMeanwhile where another file hangs there than when they were compared.
        """
        if named is None or named.is_what_hangs(upload, self.sums[named.spot]):
            return None
        if named.spot not in self.received:
            raise ChangedMeanwhile(named.path)
        return self.received[named.spot]


def named_files(
    files: Sequence[SourceFile],
) -> tuple[tuple[NamedUpload, ...], tuple[NamedCaptions, ...]]:
    """The files that these name: uploads, and captions. Raises WrongFiles."""
    read = understand(files)
    uploads = [*_documents(read)]
    captions: list[NamedCaptions] = []
    for one in placed(read, ReplayTable):
        uploads += uploads_of(one).values()
        captions += captions_of(one)
    return tuple(uploads), tuple(captions)


def _documents(read: Sequence[ReadFile]) -> Iterator[NamedUpload]:
    for one in placed(read, ResourceTable):
        named = document_of(one)
        if named is not None:
            yield named


def document_of(one: Placed[ResourceTable]) -> NamedUpload | None:
    """The document that a resource names."""
    if one.table.document is None:
        return None
    return NamedUpload(
        spot=(one.file.name, (*one.place, "document")),
        path=one.table.document,
        name=one.table.document_name,
        holder=("document", one.table.slug),
        among=DOCUMENTS,
    )


def uploads_of(one: Placed[ReplayTable]) -> dict[str, NamedUpload]:
    """The video and the slides that a replay names, by their column."""
    said = {
        "video_file": (one.table.video_file, one.table.video_name),
        "slides_file": (one.table.slides_file, one.table.slides_name),
    }
    return {
        column: NamedUpload(
            spot=(one.file.name, (*one.place, column)),
            path=path,
            name=name,
            holder=(column, one.table.webinar),
            among=FILES_OF_A_REPLAY[column],
        )
        for column, (path, name) in said.items()
        if path is not None
    }


def captions_of(one: Placed[ReplayTable]) -> list[NamedCaptions]:
    """The captions that a replay names, in the order of its table."""
    return [
        NamedCaptions(
            spot=(one.file.name, (*one.place, "captions", number, "file")),
            path=captions.file,
            duration=one.table.seconds,
        )
        for number, captions in enumerate(one.table.captions)
    ]


def to_receive(
    session: Session, *, named: Sequence[NamedUpload], sums: Mapping[Spot, str]
) -> list[NamedUpload]:
    """Those of the files that were looked at that are another than what is there. Three queries."""
    there = _uploads_there(session)
    return [
        one
        for one in named
        if one.spot in sums and not one.is_what_hangs(there.get(one.holder), sums[one.spot])
    ]


def _uploads_there(session: Session) -> dict[Holder, Upload]:
    found: dict[Holder, Upload] = {
        ("document", slug): upload
        for slug, upload in session.execute(
            sa.select(Resource.slug, Upload).join(Upload, Upload.id == Resource.document_id)
        )
    }
    for name, column in (
        ("video_file", Replay.video_file_id),
        ("slides_file", Replay.slides_file_id),
    ):
        rows = session.execute(
            sa.select(Cycle.slug, Webinar.slug, Upload)
            .select_from(Replay)
            .join(Webinar, Webinar.id == Replay.webinar_id)
            .join(Cycle, Cycle.id == Webinar.cycle_id)
            .join(Upload, Upload.id == column)
        )
        found |= {(name, f"{cycle}/{slug}"): upload for cycle, slug, upload in rows}
    return found
