"""What a file is, told by its content; its name has to agree. Pure, but for reading the file.

Nothing that a client says of a file is believed: a page of HTML that is called .pdf would else be
opened as what it is, on the site's own address. Only what the head, the index and the end of a
file say is read, so it costs the same for two gigabytes.
"""

import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import IO

from webinars.domain.errors import N_, WrongValue

HEAD = 4096
TAIL = 4096
MOST_BOXES = 20_000
MOST_INDEX = 64 * 1024**2
"""Bytes of a video's index that are looked through."""
MOST_DIRECTORY = 4 * 1024**2
"""Bytes of the directory of a document that is an archive; a hundred bytes an entry are usual."""
MOST_END = 65_557
"""How far before its end the directory of an archive is named (its comment may be that long)."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of files that is taken."""

    media_type: str
    label: str
    """What people call it, in every language."""
    endings: tuple[str, ...]
    shown: bool
    """Browsers show it in their window; anything else is saved."""


def _office(kind: str, label: str) -> FileKind:
    return FileKind(f"application/vnd.{kind}", label, (f".{label.lower()}",), shown=False)


OPEN_XML = "openxmlformats-officedocument"
MP4 = FileKind("video/mp4", "MP4", (".mp4", ".m4v"), shown=True)
WEBM = FileKind("video/webm", "WebM", (".webm",), shown=True)
PDF = FileKind("application/pdf", "PDF", (".pdf",), shown=True)
PNG = FileKind("image/png", "PNG", (".png",), shown=True)
JPEG = FileKind("image/jpeg", "JPEG", (".jpg", ".jpeg"), shown=True)
WEBP = FileKind("image/webp", "WebP", (".webp",), shown=True)
DOCX = _office(f"{OPEN_XML}.wordprocessingml.document", "DOCX")
PPTX = _office(f"{OPEN_XML}.presentationml.presentation", "PPTX")
XLSX = _office(f"{OPEN_XML}.spreadsheetml.sheet", "XLSX")
ODT = _office("oasis.opendocument.text", "ODT")
ODP = _office("oasis.opendocument.presentation", "ODP")
ODS = _office("oasis.opendocument.spreadsheet", "ODS")

VIDEOS = (MP4, WEBM)
DOCUMENTS = (PDF, DOCX, PPTX, XLSX, ODT, ODP, ODS, PNG, JPEG, WEBP)
BY_TYPE = {kind.media_type: kind for kind in (*VIDEOS, *DOCUMENTS)}
MAIN_PARTS = {"word/document.xml": DOCX, "ppt/presentation.xml": PPTX, "xl/workbook.xml": XLSX}

HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|meta|link|title|style|iframe|h[1-6]|div|p|br"
    rb"|table|font|img|a|b)(?:[\s/>]|\Z)"
)
"""How pages begin (https://mimesniff.spec.whatwg.org section 7.1, and what else is usual)."""

CUT_OFF = N_("the file ends before its end: it was cut off on its way, send it once more")
NO_VIDEO = N_("the file is called %(ending)s, but there is no video in it that browsers play")
OTHER = N_("the file is called %(ending)s, but its content is something else")


def endings(kinds: Collection[FileKind]) -> str:
    """The endings of these kinds, as a field of a form lists them."""
    return ",".join(ending for kind in kinds for ending in kind.endings)


def read_kind(file: IO[bytes], *, name: str, size: int, among: Collection[FileKind]) -> FileKind:
    """Which of these kinds the file is. Raises WrongValue, in words for its field."""
    ending = f".{name.lower().rpartition('.')[2]}" if "." in name else ""
    kind = next((one for one in among if ending in one.endings), None)
    if size == 0:
        raise WrongValue(N_("the file is empty"))
    head = _at(file, 0, HEAD)
    _refuse_active(head)
    if kind is None:
        raise WrongValue(
            N_("files of this kind are not taken: give one that ends in %(endings)s"),
            endings=endings(among).replace(",", ", "),
        )
    _CHECKS[kind](file, head, size, ending)
    return kind


def _at(file: IO[bytes], start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def _refuse_active(head: bytes) -> None:
    """What a browser or a system would run, whatever it is called."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    text = re.sub(rb"\A(?:<!--.*?-->\s*|<\?xml.*?\?>\s*)+", b"", text, flags=re.DOTALL)
    if re.match(rb"<svg[\s>]|<!doctype\s+svg", text):
        raise WrongValue(
            N_("the file is an SVG drawing, which may hold scripts: give it as PDF or PNG")
        )
    if HTML.match(text):
        raise WrongValue(N_("the file is a web page (HTML), whatever its name: save it as PDF"))
    if re.match(rb"#!|mz.{58}|\x7felf|<\?php", text, re.DOTALL):
        raise WrongValue(N_("the file is a program, which is never taken"))


def _pdf(file: IO[bytes], head: bytes, size: int, ending: str) -> None:
    """ISO 32000-1, 7.5.2 and 7.5.5: a header, and a trailer in its last kilobyte, or nearly."""
    if head.lstrip()[:5] != b"%PDF-":
        raise WrongValue(OTHER, ending=ending)
    tail = _at(file, max(0, size - TAIL), TAIL)
    if b"%%EOF" not in tail or b"startxref" not in tail:
        raise WrongValue(CUT_OFF)


def _mp4(file: IO[bytes], head: bytes, size: int, ending: str) -> None:
    """ISO/IEC 14496-12: boxes, ``ftyp`` first; ``moov``, wherever it is, has a track of video."""
    if head[4:8] != b"ftyp":
        raise WrongValue(OTHER, ending=ending)
    if head[8:12] == b"qt  ":
        raise WrongValue(
            N_("the file is a QuickTime film, which not every browser plays: give MP4")
        )
    places = dict(_boxes(file, size, ending))
    if b"moov" not in places:
        raise WrongValue(CUT_OFF if b"mdat" in places else NO_VIDEO, ending=ending)
    start, length = places[b"moov"]
    if not re.search(rb"hdlr.{8}vide", _at(file, start, min(length, MOST_INDEX)), re.DOTALL):
        raise WrongValue(NO_VIDEO, ending=ending)


def _boxes(file: IO[bytes], size: int, ending: str) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The boxes of the first floor, one after the other: name, beginning, length."""
    place = 0
    for _ in range(MOST_BOXES):
        if place == size:
            return
        header = _at(file, place, 16)
        length, name, least = int.from_bytes(header[:4]), header[4:8], 8
        if length == 1:
            length, least = int.from_bytes(header[8:16]), 16
        elif length == 0:  # to the end of the file
            length = size - place
        if not re.fullmatch(rb"[ -~\xa9]{4}", name) or length < least:
            raise WrongValue(CUT_OFF if len(header) < 8 else OTHER, ending=ending)
        if place + length > size:
            raise WrongValue(CUT_OFF)
        yield name, (place, length)
        place += length


def _webm(_file: IO[bytes], head: bytes, size: int, ending: str) -> None:
    """RFC 8794: an EBML header that names its DocType, then a segment of a size that is there."""
    if head[:4] != b"\x1a\x45\xdf\xa3":
        raise WrongValue(OTHER, ending=ending)
    length, begins = _ebml_size(head, 4)
    inside = head[begins : begins + (length or 0)]
    named = re.search(rb"\x42\x82[\x81-\x9f]([a-z]+)", inside)
    if named and named[1] == b"matroska":
        raise WrongValue(N_("the file is a Matroska film, which browsers do not play: give WebM"))
    segment = begins + (length or 0)
    if not named or named[1] != b"webm" or head[segment : segment + 4] != b"\x18\x53\x80\x67":
        raise WrongValue(OTHER, ending=ending)
    content, first = _ebml_size(head, segment + 4)
    if content is not None and first + content > size:
        raise WrongValue(CUT_OFF)


def _ebml_size(data: bytes, place: int) -> tuple[int | None, int]:
    """A size (RFC 8794 section 4), None where it is unknown; and where what it measures begins."""
    first = data[place] if place < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8:
        return 0, place + 1
    bits = 7 * length
    value = int.from_bytes(data[place : place + length]) & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value, place + length


def _archive(wanted: FileKind) -> Callable[[IO[bytes], bytes, int, str], None]:
    """A document that is an archive of parts (ISO/IEC 29500-2, ODF 1.3 part 2)."""

    def check(file: IO[bytes], head: bytes, size: int, ending: str) -> None:
        if head[:4] != b"PK\x03\x04":
            raise WrongValue(OTHER, ending=ending)
        _demand_small_directory(file, size)
        try:
            with zipfile.ZipFile(file) as parts:
                names = set(parts.namelist())
                found = next((kind for part, kind in MAIN_PARTS.items() if part in names), None)
                if found is None and "mimetype" in names:
                    with parts.open("mimetype") as said:
                        found = BY_TYPE.get(said.read(100).decode("ascii", "replace").strip())
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError):
            raise WrongValue(CUT_OFF) from None
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise WrongValue(N_("the document holds macros: save it without them"))
        if found is not wanted:
            raise WrongValue(OTHER, ending=ending)

    return check


def _demand_small_directory(file: IO[bytes], size: int) -> None:
    """It is read into memory: one that is larger than any document needs is not."""
    tail = _at(file, max(0, size - MOST_END), MOST_END)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise WrongValue(CUT_OFF)
    if int.from_bytes(tail[place + 12 : place + 16], "little") > MOST_DIRECTORY:
        raise WrongValue(N_("the document is made of too many parts to be one"))


def _png(file: IO[bytes], head: bytes, size: int, ending: str) -> None:
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        raise WrongValue(OTHER, ending=ending)
    if b"IEND" not in _at(file, max(0, size - TAIL), TAIL):
        raise WrongValue(CUT_OFF)


def _jpeg(file: IO[bytes], head: bytes, size: int, ending: str) -> None:
    if head[:3] != b"\xff\xd8\xff":
        raise WrongValue(OTHER, ending=ending)
    if b"\xff\xd9" not in _at(file, max(0, size - TAIL), TAIL):
        raise WrongValue(CUT_OFF)


def _webp(_file: IO[bytes], head: bytes, size: int, ending: str) -> None:
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        raise WrongValue(OTHER, ending=ending)
    if int.from_bytes(head[4:8], "little") + 8 > size:
        raise WrongValue(CUT_OFF)


_CHECKS: dict[FileKind, Callable[[IO[bytes], bytes, int, str], None]] = {
    MP4: _mp4,
    WEBM: _webm,
    PDF: _pdf,
    PNG: _png,
    JPEG: _jpeg,
    WEBP: _webp,
    **{kind: _archive(kind) for kind in (DOCX, PPTX, XLSX, ODT, ODP, ODS)},
}
