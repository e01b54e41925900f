"""Tables as files: CSV for every program, XLSX for spreadsheets; nothing in them is a formula."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

from flask import Response, stream_with_context
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from webinars.clock import to_local
from webinars.i18n import language
from webinars.services import services

Cell = str | int | date | None
"""A day, or a datetime: local, without its zone, which the heading names."""

FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
"""Beginnings that spreadsheets take for a formula (OWASP, CSV injection)."""
HIDDEN_FORMULA = re.compile(r"([;,|\t\r\n]\s*)(?=[=+@＝＋＠]|[-－]\S)")
"""The same behind what another program, or another country's, takes for the end of a cell."""
MOST_IN_A_CELL = 32_767
"""UTF-16 units; Excel's limit."""
SEPARATORS = {"fr": ";", "en": ","}
"""Excel's own in each language."""
PART = 65_536
"""Bytes."""
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in a file."""

    name: str
    """Of the file, without its ending."""
    title: str
    """Of the sheet."""
    headings: tuple[str, ...]
    widths: tuple[int, ...]
    """Of the columns, in characters."""
    rows: Callable[[Session], Iterable[tuple[Cell, ...]]]


def local_cell(instant: datetime, zone: str) -> datetime:
    """An instant as people of a zone read it, to the second."""
    return to_local(instant, zone).replace(tzinfo=None, microsecond=0)


def csv_response(table: Table) -> Response:
    """For every program; streamed, so that the memory does not grow with the list."""
    response = Response(
        stream_with_context(_csv_parts(table)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return response


def xlsx_response(table: Table) -> Response:
    """For spreadsheets, with dates as dates and nothing as a formula."""
    # It has no name on the disk: when it is closed, it is gone.
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it has been sent)
    with services().database.read() as session:
        _write_xlsx(file, table, session)
    response = Response(_parts_of(file), content_type=XLSX_TYPE)
    response.content_length = file.seek(0, io.SEEK_END)
    response.headers["Content-Disposition"] = f'attachment; filename="{table.name}.xlsx"'
    return response


def _parts_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(PART):
            yield part


# CSV -------------------------------------------------------------------------------------


def _csv_parts(table: Table) -> Iterator[bytes]:
    """With a mark at its beginning, by which Excel knows UTF-8; lines end as RFC 4180 says."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=SEPARATORS[language()], lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(table.headings)
    with services().database.read() as session:
        for number, row in enumerate(table.rows(session), start=1):
            writer.writerow([_harmless(cell) for cell in row])
            if number % 500 == 0:
                yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _harmless(cell: Cell) -> str | int | None:
    """What no program takes for a formula."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if not isinstance(cell, str):
        return cell
    begins = "'" if FORMULA.match(cell) else ""
    return begins + HIDDEN_FORMULA.sub(r"\1'", cell)


# XLSX ------------------------------------------------------------------------------------


def _write_xlsx(file: IO[bytes], table: Table, session: Session) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        sheet = book.add_worksheet(table.title[:31])
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        sheet.freeze_panes(1, 1)
        for column, (heading, width) in enumerate(zip(table.headings, table.widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        last = 0
        for last, row in enumerate(table.rows(session), start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(last, column, cell, moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(last, column, cell, day)
                elif isinstance(cell, int):
                    sheet.write_number(last, column, cell, plain)
                elif cell:
                    multiline = "\n" in cell
                    sheet.write_string(last, column, _cut(cell), wrapped if multiline else plain)
        sheet.autofilter(0, 0, last, len(table.headings) - 1)


def _cut(text: str) -> str:
    """As much as a cell holds."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_IN_A_CELL:
        return text
    return units[: 2 * MOST_IN_A_CELL - 2].decode("utf-16-le", "ignore") + "…"
