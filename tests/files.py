"""Small files of every kind that is taken, made as those kinds say."""

import zipfile
from collections.abc import Iterator
from io import BytesIO


def box(name: bytes, content: bytes = b"") -> bytes:
    """A box of an MP4 file."""
    return (8 + len(content)).to_bytes(4) + name + content


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")


def moov(handler: bytes = b"vide") -> bytes:
    """The index of an MP4 file with one track."""
    told = box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13)
    return box(b"moov", box(b"mvhd", b"\0" * 100) + box(b"trak", box(b"mdia", told)))


def mp4(size: int = 4000, *, index_first: bool = True, handler: bytes = b"vide") -> bytes:
    """An MP4 video of about that size."""
    media = box(b"mdat", bytes(i % 251 for i in range(size)))
    parts = (moov(handler), media) if index_first else (media, moov(handler))
    return FTYP + b"".join(parts)


def large_mp4(size: int, *, block: int = 1024**2) -> Iterator[bytes]:
    """An MP4 video of exactly that size, block by block; each block is another one."""
    begin = FTYP + moov()
    length = size - len(begin)
    yield begin + (1).to_bytes(4) + b"mdat" + length.to_bytes(8)
    left, number = length - 16, 0
    while left:
        piece = number.to_bytes(8) * (min(block, left) // 8 + 1)
        yield piece[: min(block, left)]
        left -= min(block, left)
        number += 1


def webm(doctype: bytes = b"webm") -> bytes:
    """A WebM video, or another file of its family."""
    named = b"\x42\x82" + bytes([0x80 | len(doctype)]) + doctype
    content = b"\xec" * 200
    return (
        b"\x1a\x45\xdf\xa3"
        + bytes([0x80 | len(named)])
        + named
        + b"\x18\x53\x80\x67"
        + (1 << 56 | len(content)).to_bytes(8)
        + content
    )


def pdf(text: str = "Diaporama") -> bytes:
    """A PDF file of one page."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\n"
        b"% " + text.encode() + b"\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    )


def archive(**parts: str) -> bytes:
    """A zip archive of these parts, whose names have ``__`` for a slash and ``_`` for a dot."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, content in parts.items():
            # Of a day of its own: the same bytes each time.
            file.writestr(zipfile.ZipInfo(name.replace("__", "/").replace("_", ".")), content)
    return made.getvalue()


def docx() -> bytes:
    """A text of Word."""
    return archive(word__document_xml="<w:document/>")


def odp() -> bytes:
    """Slides of LibreOffice."""
    return archive(mimetype="application/vnd.oasis.opendocument.presentation", content_xml="<x/>")


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 30 + b"\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 60 + b"\xff\xd9"
WEBP = b"RIFF" + (40).to_bytes(4, "little") + b"WEBPVP8 " + b"\0" * 32
