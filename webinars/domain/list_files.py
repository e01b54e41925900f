"""A list of people as a file: bytes → lines with their numbers and fields. Pure.

CSV in any usual encoding and with any usual separator, or XLSX; what it is shows in the bytes,
never in the name.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from webinars.domain.errors import N_
from webinars.domain.list_encodings import decoded
from webinars.domain.list_sheets import NOT_A_LIST, TOO_LARGE, WrongList, read_sheet
from webinars.domain.list_words import USED, field_of

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 5000
MOST_CHARACTERS = 3_000_000
"""Of all values together: a spreadsheet is packed, and a preview carries them all."""
HEADING_WITHIN = 10
"""So many lines with something in them may stand above the names of the columns."""
SAMPLE = 50
"""Lines from which the separator is seen."""

SEPARATORS = ";\t,|"
END = "\x1e"
"""Follows the last line, and stands alone there unless a quotation mark was left open."""

# The library's own limit of a cell would refuse the whole list; ours are those of each field.
csv.field_size_limit(MOST_CHARACTERS)

ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OTHER_KINDS = (
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"{\\rtf",
    b"PK",
    b"\x1f\x8b",
    b"7z\xbc",
)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
MARKUP = re.compile(r"\s*<[!?a-z]", re.IGNORECASE)
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ \t;,]*(?:\r\n|\r|\n|$)', re.IGNORECASE)

EMPTY = N_("This file is empty: choose the one that holds the list.")
OLD_WORKBOOK = N_("This is an old Excel file: save it as XLSX or as CSV, and send that.")
ENCRYPTED = N_("This spreadsheet has a password: save it without one, and send that.")
TOO_MANY = N_("There are more than %(most)s lines: send them in several lists.")
FILE_TOO_LARGE = N_("This file is too large: %(most)s MB at most. Send the list in several parts.")
OPEN_QUOTE = N_(
    "A quotation mark is opened on line %(line)s and never closed: close it or take it out."
)
NAME_THE_COLUMNS = N_(
    "Name the columns in the first line: “email” and “name” are needed, the others are optional."
)
NO_NAMES = N_("There is a column of addresses but none of names: add one and call it “name”.")
NOBODY = N_("There is nobody in this list: only the names of its columns.")


@dataclass(frozen=True, slots=True)
class ListRow:
    """One line of a list: what it says, by field. Empty values are left out."""

    line: int
    """As an editor or a spreadsheet counts it."""
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a list says."""

    columns: tuple[str, ...]
    """The fields that were recognised, in the order of the file."""
    unknown: tuple[str, ...]
    """Headings that name no field: these columns are left out."""
    rows: tuple[ListRow, ...]
    sheet: str | None = None
    """The sheet that was read, where there are several."""


Line = tuple[int, list[str]]


def read_list(data: bytes) -> ListFile:
    """The list in a file. Raises WrongList, whose sentence says what to do."""
    if not data.strip():
        raise WrongList(EMPTY)
    if len(data) > MOST_BYTES:
        raise WrongList(FILE_TOO_LARGE, most=str(MOST_BYTES // 1024**2))
    if data.startswith(OLD_OFFICE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        raise WrongList(ENCRYPTED if locked else OLD_WORKBOOK)
    sheet = None
    if data.startswith(ZIP):
        sheet, lines = read_sheet(data, most_lines=MOST_LINES)
    else:
        lines = list(islice(_records(_text(data)), MOST_LINES + HEADING_WITHIN + 1))
    if not lines:
        raise WrongList(EMPTY)
    if sum(len(cell) for _, cells in lines for cell in cells) > MOST_CHARACTERS:
        raise WrongList(TOO_LARGE, lines=str(MOST_LINES))
    return _as_list([(line, [_clean(cell) for cell in cells]) for line, cells in lines], sheet)


# text -------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    """The text in its encoding. Raises WrongList for what is no text."""
    if data.startswith(OTHER_KINDS):
        raise WrongList(NOT_A_LIST)
    try:
        text = decoded(data)
    except UnicodeDecodeError as error:
        raise WrongList(NOT_A_LIST) from error
    if len(CONTROL.findall(text)) > len(text) // 100 or MARKUP.match(text):
        raise WrongList(NOT_A_LIST)
    return text


def _records(text: str) -> Iterator[Line]:
    """The lines that say something, split into cells. Raises WrongList."""
    skipped = 0
    if named := SEPARATOR_LINE.match(text):
        separator, text, skipped = named[1], text[named.end() :], 1
    else:
        separator = max(SEPARATORS, key=lambda one: _fits(text, one))
    for line, cells in _split(text, separator):
        if any(cell.strip() for cell in cells):
            yield line + skipped, cells


def _fits(text: str, separator: str) -> tuple[int, int]:
    """How well a separator cuts a text: headings that it shows, lines that it cuts alike."""
    try:
        sample = [cells for _, cells in islice(_split(text, separator), SAMPLE) if any(cells)]
    except WrongList:
        return (0, 0)
    if not sample:
        return (0, 0)
    headings = max(len(_fields(cells)) for cells in sample[:HEADING_WITHIN])
    width = max(len(cells) for cells in sample)
    return headings, sum(len(cells) == width for cells in sample) if width > 1 else 0


def _split(text: str, separator: str) -> Iterator[Line]:
    if END in text:
        raise WrongList(NOT_A_LIST)
    reader = csv.reader(io.StringIO(f"{text}\n{END}", newline=""), delimiter=separator)
    begins = 1
    for cells in reader:
        if any(END in cell for cell in cells):
            if cells != [END]:
                raise WrongList(OPEN_QUOTE, line=str(begins))
            return
        yield begins, cells
        begins = reader.line_num + 1


def _clean(cell: str) -> str:
    """Trimmed, and without the apostrophe that keeps a spreadsheet from calculating."""
    text = cell.strip().removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    return text[1:] if re.match(r"'[=+@-]", text) else text


# columns ----------------------------------------------------------------------------------


def _as_list(lines: Sequence[Line], sheet: str | None) -> ListFile:
    headed = _heading(lines)
    if headed is None:
        fields, rows = _without_heading(lines), lines
        headings: list[str] = []
    else:
        headings, rows = lines[headed][1], lines[headed + 1 :]
        fields = _fields(headings)
    if not {"full_name", "first_name", "last_name"} & fields.keys():
        raise WrongList(NO_NAMES)
    if not rows:
        raise WrongList(NOBODY)
    if len(rows) > MOST_LINES:
        raise WrongList(TOO_MANY, most=str(MOST_LINES))
    recognised = set(fields.values())
    return ListFile(
        columns=tuple(sorted(fields, key=lambda field: fields[field])),
        unknown=tuple(
            heading[:60]
            for column, heading in enumerate(headings)
            if heading and column not in recognised and _named(heading) in (None, *USED)
        ),
        rows=tuple(ListRow(line, _values(cells, fields)) for line, cells in rows),
        sheet=sheet,
    )


def _named(heading: str) -> str | None:
    """The field that a heading names; a text is none."""
    return field_of(heading) if len(heading) < 100 else None


def _fields(cells: Sequence[str]) -> dict[str, int]:
    """The columns of the fields that these headings name; the first of each."""
    found: dict[str, int] = {}
    for column, cell in enumerate(cells):
        field = _named(cell)
        if field in USED:
            found.setdefault(field, column)
    # With a first name beside it, a «name» is a family name.
    if "first_name" in found and "last_name" not in found and "full_name" in found:
        found["last_name"] = found.pop("full_name")
    return found


def _heading(lines: Sequence[Line]) -> int | None:
    """Which line names the columns, the address among them."""
    for index, (_, cells) in enumerate(lines[:HEADING_WITHIN]):
        if "email" in _fields(cells) and not any("@" in cell for cell in cells):
            return index
    return None


def _without_heading(lines: Sequence[Line]) -> dict[str, int]:
    """Two columns, one of them all addresses, need no names. Raises WrongList."""
    widths = {len(cells) for _, cells in lines}
    addresses = [
        column
        for column in (0, 1)
        if widths == {2} and all("@" in cells[column] for _, cells in lines)
    ]
    if len(addresses) != 1:
        raise WrongList(NAME_THE_COLUMNS)
    return {"email": addresses[0], "full_name": 1 - addresses[0]}


def _values(cells: Sequence[str], fields: Mapping[str, int]) -> dict[str, str]:
    found = {
        field: cells[column]
        for field, column in fields.items()
        if column < len(cells) and cells[column]
    }
    parts = [found.pop(part) for part in ("first_name", "last_name") if part in found]
    if parts and "full_name" not in found:
        found["full_name"] = " ".join(parts)
    return found
