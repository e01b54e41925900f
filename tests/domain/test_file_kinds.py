"""What a file is, told by its content."""

from io import BytesIO

import pytest

from tests import files
from webinars.domain.errors import WrongValue
from webinars.domain.file_kinds import DOCUMENTS, MP4, PDF, VIDEOS, FileKind, endings, read_kind

HTML = b"<!DOCTYPE html>\n<html><body>Diaporama</body></html>"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
EVERY = (*VIDEOS, *DOCUMENTS)


def kind_of(name: str, content: bytes, among: tuple[FileKind, ...] = EVERY) -> str:
    """The label of the kind, or the sentence that refuses it."""
    try:
        return read_kind(BytesIO(content), name=name, size=len(content), among=among).label
    except WrongValue as error:
        return str(error)


@pytest.mark.parametrize(
    ("name", "content", "label"),
    [
        ("a.mp4", files.mp4(), "MP4"),
        ("A.M4V", files.mp4(index_first=False), "MP4"),
        ("long.mp4", b"".join(files.large_mp4(200_000)), "MP4"),
        ("a.webm", files.webm(), "WebM"),
        ("a.pdf", files.pdf(), "PDF"),
        ("a.pdf", b"\r\n" + files.pdf() + b"\0" * 100, "PDF"),
        ("a.docx", files.docx(), "DOCX"),
        ("a.pptx", files.archive(ppt__presentation_xml="<p/>"), "PPTX"),
        ("a.xlsx", files.archive(xl__workbook_xml="<x/>"), "XLSX"),
        ("a.odp", files.odp(), "ODP"),
        ("a.png", files.PNG, "PNG"),
        ("a.jpeg", files.JPEG, "JPEG"),
        ("a.webp", files.WEBP, "WebP"),
    ],
)
def test_what_is_taken(name: str, content: bytes, label: str) -> None:
    assert kind_of(name, content) == label


@pytest.mark.parametrize(
    ("name", "content", "beginning"),
    [
        ("a.pdf", HTML, "the file is a web page (HTML)"),
        ("a.pdf", b"\xef\xbb\xbf  <!-- x -->\n<HTML>", "the file is a web page (HTML)"),
        ("a.pdf", b"<h1>Diaporama</h1>", "the file is a web page (HTML)"),
        ("a.html", HTML, "the file is a web page (HTML)"),
        ("a.svg", SVG, "the file is an SVG drawing"),
        ("a.png", SVG, "the file is an SVG drawing"),
        ("a.pdf", b"#!/bin/sh\nexit", "the file is a program"),
        ("a.pdf", b"MZ" + b"\x90" * 100, "the file is a program"),
        ("a.pdf", b"", "the file is empty"),
        ("a.pdf", b"Bonjour", "the file is called .pdf, but its content is something else"),
        ("a.pdf", files.pdf()[:-40], "the file ends before its end"),
        ("a.mp4", files.pdf(), "the file is called .mp4, but its content is something else"),
        ("a.mp4", files.mp4()[:-1], "the file ends before its end"),
        ("a.mp4", files.mp4(index_first=False)[:200], "the file ends before its end"),
        ("a.mp4", files.FTYP + files.box(b"mdat", b"x"), "the file ends before its end"),
        ("a.mp4", files.FTYP + b"\0\0", "the file ends before its end"),
        ("a.mp4", files.FTYP + b"\0" * 64, "the file is called .mp4, but its content is something"),
        ("a.mp4", files.mp4(handler=b"soun"), "the file is called .mp4, but there is no video"),
        ("a.mp4", files.FTYP + files.box(b"meta", b"x"), "the file is called .mp4, but there is"),
        ("a.mp4", files.box(b"ftyp", b"qt  \0\0\0\0"), "the file is a QuickTime film"),
        ("a.webm", files.webm(b"matroska"), "the file is a Matroska film"),
        ("a.webm", files.webm()[:-1], "the file ends before its end"),
        ("a.webm", b"\x1a\x45\xdf\xa3", "the file is called .webm, but its content is something"),
        ("a.docx", files.archive(a_txt="x"), "the file is called .docx, but its content is"),
        ("a.docx", files.odp(), "the file is called .docx, but its content is something else"),
        ("a.docx", files.docx()[:-30], "the file ends before its end"),
        (
            "a.docx",
            files.archive(word__document_xml="", word__vbaProject_bin=""),
            "the document holds macros",
        ),
        ("a.zip", files.archive(a_txt="x"), "files of this kind are not taken"),
        ("a.mov", files.mp4(), "files of this kind are not taken"),
        ("nothing", files.pdf(), "files of this kind are not taken"),
        ("a.png", files.PNG[:-12], "the file ends before its end"),
        ("a.jpg", files.JPEG[:-2], "the file ends before its end"),
        ("a.webp", files.WEBP[:-1], "the file ends before its end"),
    ],
)
def test_what_is_refused(name: str, content: bytes, beginning: str) -> None:
    assert kind_of(name, content)[: len(beginning)] == beginning


def test_only_what_is_asked_for() -> None:
    assert kind_of("a.pdf", files.pdf(), (MP4,)) == (
        "files of this kind are not taken: give one that ends in .mp4, .m4v"
    )
    assert endings((MP4, PDF)) == ".mp4,.m4v,.pdf"


def test_an_archive_with_a_huge_directory_is_not_read() -> None:
    content = bytearray(files.docx())
    place = content.rfind(b"PK\x05\x06")
    content[place + 12 : place + 16] = (2**31).to_bytes(4, "little")
    assert kind_of("a.docx", bytes(content)).startswith("the document is made of too many parts")
