"""XLSX: the bytes of a spreadsheet → its lines. Pure.

A package is refused before it is opened when it would not fit: it is a ZIP, and says how large
its parts are; its XML has no entities (ECMA-376 part 2, 8.1.4).
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import openpyxl

from webinars.domain.errors import N_, DomainError, Sentence

LAST_ROW = 1_048_576
MOST_COLUMNS = 100
MOST_UNPACKED = 24 * 1024 * 1024
"""Bytes of all parts together."""
MOST_PARTS = 2000
MOST_CELLS = 300_000

BAD_PACKAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,  # a part with a password
    ValueError,
)
MOST_ELEMENTS = {
    b"c": MOST_CELLS,
    b"row": 100_000,
    b"xf": 10_000,
    b"definedName": 1000,
    b"sheet": 20,
}
"""Each costs the library time and memory, however small the file is that repeats it."""
ELEMENTS = {
    re.compile(rb"<(?:\w+:)?" + name + rb"[\s/>]"): most for name, most in MOST_ELEMENTS.items()
}
ENCODING = re.compile(rb"""^[^>]{0,200}encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)

NOT_A_LIST = N_("This file holds no list of people: save it as CSV or as XLSX, and send that.")
BROKEN = N_("This spreadsheet is damaged: open it in its program, save it anew and send that.")
TOO_LARGE = N_("This list is too large: send it in several parts, of %(lines)s lines at most.")


class WrongList(DomainError):
    """A list cannot be read; the sentence says what to do. Nothing was written."""

    def __init__(self, text: str, **values: str) -> None:
        self.sentence = Sentence(text, **values)
        super().__init__(str(self.sentence))


def read_sheet(data: bytes, *, most_lines: int) -> tuple[str | None, list[tuple[int, list[str]]]]:
    """The lines of the first visible sheet that has any, with their numbers.

    Also its name, where there are others. Cells are text; of formulas their last value. A few
    more lines than ``most_lines`` are given, not all. Raises WrongList.
    """
    _check_parts(data, most_lines)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(data), read_only=True, data_only=True, keep_links=False
        )
        try:
            return _first_with_lines(book, most_lines)
        finally:
            book.close()
    except Exception as error:
        # Whatever the library stumbles over in a package that somebody broke or made up.
        raise WrongList(BROKEN) from error


def _check_parts(data: bytes, most_lines: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if "xl/workbook.xml" not in package.namelist():
                raise WrongList(NOT_A_LIST)
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS:
                raise WrongList(TOO_LARGE, lines=str(most_lines))
            # A part that is larger than it says ends with a wrong checksum, and early.
            texts = [package.read(part) for part in parts if not part.is_dir()]
    except BAD_PACKAGE as error:
        raise WrongList(BROKEN) from error
    if any(_has_entities(text) for text in texts):
        raise WrongList(BROKEN)
    if any(
        sum(len(element.findall(text)) for text in texts) > most
        for element, most in ELEMENTS.items()
    ):
        raise WrongList(TOO_LARGE, lines=str(most_lines))


def _has_entities(part: bytes) -> bool:
    """Also where another encoding would hide them: these packages are written in UTF-8."""
    begins = part.lstrip(b"\xef\xbb\xbf \t\r\n")[:300]
    if not begins.startswith((b"<", b"\xff\xfe", b"\xfe\xff", b"\0<")):
        return False  # a picture
    hidden = b"\0" in part or part.startswith((b"\xff\xfe", b"\xfe\xff"))
    return hidden or b"<!DOCTYPE" in part or b"<!ENTITY" in part or bool(ENCODING.match(begins))


def _first_with_lines(book: Any, most_lines: int) -> tuple[str | None, list[tuple[int, list[str]]]]:
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()  # what a file says of itself may be wrong
        lines = []
        for line in _lines(sheet):
            lines.append(line)
            if len(lines) > most_lines + 50:
                break
        if lines:
            return (str(sheet.title) if len(book.worksheets) > 1 else None), lines
    return None, []


def _lines(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS, values_only=True)
    nothing = (None,) * MOST_COLUMNS
    for number, row in enumerate(rows, start=1):
        if row == nothing:  # of these there may be a million
            continue
        cells = [_text(value) for value in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield number, cells


def _text(value: Any) -> str:
    """What a cell says, as somebody would type it."""
    match value:
        case None:
            return ""
        case str():
            return value.replace("_x000D_", "\r")  # as spreadsheets write it; no other is left
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
