"""The list of a webinar as a file: CSV and XLSX, with the filters of the page."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO

from flask import Blueprint, Response, stream_with_context
from flask_babel import gettext
from flask_security import current_user
from xlsxwriter import Workbook

from webinars.clock import to_local
from webinars.domain import audit
from webinars.domain.registrants import (
    Filters,
    ListHead,
    Registrant,
    count_found,
    every_registrant,
    list_head,
)
from webinars.i18n import CATEGORY_NAMES, REGION_NAMES, STATUS_NAMES, language, zone_name
from webinars.models import ActorCategory, AuditAct
from webinars.services import services
from webinars.web.registrants import PREFIX, asked

blueprint = Blueprint("exports", __name__)

Cell = str | int | datetime | None
"""A datetime is local to the cycle, without its zone: the heading names it."""

FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
"""Beginnings that spreadsheets take for a formula (OWASP, CSV injection)."""
HIDDEN_FORMULA = re.compile(r"([;,|\t\r\n]\s*)(?=[=+@＝＋＠]|[-－]\S)")
"""The same behind what another program, or another country's, takes for the end of a cell."""
MOST_IN_A_CELL = 32_767
"""UTF-16 units; Excel's limit."""
SEPARATORS = {"fr": ";", "en": ","}
"""Excel's own in each language."""
WIDTHS = (28, 32, 30, 26, 28, 22, 10, 19, 19, 50, 10)
PART = 65_536
"""Bytes."""
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get(f"{PREFIX}.csv")
def as_csv(cycle: str, webinar: str) -> Response:
    """For every program; streamed, so that the memory does not grow with the list."""
    head, filters = _exported(cycle, webinar)
    response = Response(
        stream_with_context(_csv_parts(head, filters)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{_name(head)}.csv"'
    return response


@blueprint.get(f"{PREFIX}.xlsx")
def as_xlsx(cycle: str, webinar: str) -> Response:
    """For spreadsheets, with dates as dates and nothing as a formula."""
    head, filters = _exported(cycle, webinar)
    # It has no name on the disk: when it is closed, it is gone.
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it has been sent)
    with services().database.read() as session:
        people = every_registrant(session, head=head, filters=filters)
        _write_xlsx(file, _headings(head), _rows(head, people))
    response = Response(_parts_of(file), content_type=XLSX_TYPE)
    response.content_length = file.seek(0, io.SEEK_END)
    response.headers["Content-Disposition"] = f'attachment; filename="{_name(head)}.xlsx"'
    return response


def _parts_of(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(PART):
            yield part


def _exported(cycle: str, webinar: str) -> tuple[ListHead, Filters]:
    """What is exported, noted in the audit trail before it leaves."""
    filters = asked()
    with services().database.write() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
        audit.record(
            session,
            actor=current_user.email,
            act=AuditAct.LIST_EXPORTED,
            now=services().moment().now,
            cycle_id=head.cycle_id,
            slugs=[head.slug],
            after={"count": count_found(session, head=head, filters=filters)},
        )
    return head, filters


def _name(head: ListHead) -> str:
    return f"{head.cycle_slug}-{head.slug}"


# what stands in it -----------------------------------------------------------------------


def _headings(head: ListHead) -> tuple[str, ...]:
    zone = zone_name(head.zone)
    return (
        gettext("First and last name"),
        gettext("E-mail address"),
        gettext("Organisation"),
        gettext("Category"),
        gettext("Region"),
        gettext("Status"),
        gettext("Place in line"),
        gettext("Registered (%(zone)s)", zone=zone),
        gettext("Came (%(zone)s)", zone=zone),
        gettext("Questions"),
        gettext("Language"),
    )


def _rows(head: ListHead, people: Iterable[tuple[Registrant, str]]) -> Iterator[tuple[Cell, ...]]:
    categories = {str(one): str(CATEGORY_NAMES[one]) for one in ActorCategory}
    regions = {code: str(name) for code, name in REGION_NAMES.items()}
    statuses = {status: str(name) for status, name in STATUS_NAMES.items()}
    for one, questions in people:
        yield (
            one.full_name,
            one.email,
            one.organisation,
            categories.get(one.actor_category or "", one.actor_category),
            regions.get(one.region or "", one.region),
            statuses[one.status],
            one.position,
            _local(one.registered_at, head.zone),
            _local(one.came_at, head.zone) if one.came_at else None,
            questions.replace("\r\n", "\n").replace("\r", "\n"),
            one.language,
        )


def _local(instant: datetime, zone: str) -> datetime:
    return to_local(instant, zone).replace(tzinfo=None, microsecond=0)


# CSV -------------------------------------------------------------------------------------


def _csv_parts(head: ListHead, filters: Filters) -> Iterator[bytes]:
    """With a mark at its beginning, by which Excel knows UTF-8; lines end as RFC 4180 says."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=SEPARATORS[language()], lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(_headings(head))
    with services().database.read() as session:
        people = every_registrant(session, head=head, filters=filters)
        for number, row in enumerate(_rows(head, people), start=1):
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
    if not isinstance(cell, str):
        return cell
    begins = "'" if FORMULA.match(cell) else ""
    return begins + HIDDEN_FORMULA.sub(r"\1'", cell)


# XLSX ------------------------------------------------------------------------------------


def _write_xlsx(
    file: IO[bytes], headings: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]
) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        sheet = book.add_worksheet(gettext("Registrations")[:31])
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        plain = book.add_format({"valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        sheet.freeze_panes(1, 1)
        for column, (heading, width) in enumerate(zip(headings, WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(last, column, cell, moment)
                elif isinstance(cell, int):
                    sheet.write_number(last, column, cell, plain)
                elif cell:
                    multiline = "\n" in cell
                    sheet.write_string(last, column, _cut(cell), wrapped if multiline else plain)
        sheet.autofilter(0, 0, last, len(headings) - 1)


def _cut(text: str) -> str:
    """As much as a cell holds."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST_IN_A_CELL:
        return text
    return units[: 2 * MOST_IN_A_CELL - 2].decode("utf-16-le", "ignore") + "…"
