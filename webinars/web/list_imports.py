"""Bringing a list of people into a webinar: the file, what it would do, and the act."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from flask_security import current_user
from flask_wtf.csrf import generate_csrf
from pydantic import Field, TypeAdapter, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from webinars.domain import list_import
from webinars.domain.errors import WebinarCancelled, WebinarOver
from webinars.domain.list_files import (
    FILE_TOO_LARGE,
    MOST_BYTES,
    MOST_LINES,
    ListFile,
    ListRow,
    read_list,
)
from webinars.domain.list_import import Fate, ImportLine, ImportPreview, Remark, printable
from webinars.domain.list_sheets import WrongList
from webinars.domain.registrants import ListHead, list_head
from webinars.services import services
from webinars.web.sentences import say

blueprint = Blueprint(
    "list_imports",
    __name__,
    url_prefix="/organise/cycles/<cycle>/webinars/<webinar>/registrations/import",
)

MOST_REQUEST_BYTES = 6 * MOST_BYTES
"""A file that is somewhat too large is answered at its field; and a preview brings its lines."""
FEW_SHOWN, MOST_SHOWN = 10, 200
"""Lines of one kind that are seen at once, and on a page at all."""
LONGEST_SHOWN = 80

Line = tuple[Annotated[int, Field(ge=1, le=10_000_000)], dict[str, str]]
LINES: TypeAdapter[list[Line]] = TypeAdapter(
    Annotated[list[Line], Field(min_length=1, max_length=MOST_LINES)]
)
"""The lines of a preview, as it carries them to the act; nothing of them is kept here."""

FIELDS: dict[str, LazyString] = {
    "email": lazy_gettext("E-mail address"),
    "full_name": lazy_gettext("First and last name"),
    "organisation": lazy_gettext("Organisation"),
    "actor_category": lazy_gettext("Category"),
    "region": lazy_gettext("Region"),
    "question": lazy_gettext("Question"),
    "language": lazy_gettext("Language"),
}
TEMPLATE_FIELDS = tuple(FIELDS)


@dataclass(frozen=True, slots=True)
class Shown:
    """One line as the page shows it."""

    line: int
    name: str
    email: str
    words: tuple[tuple[str, str], ...]
    """What is to be said of it: the field's name, or nothing, and the sentence."""


@blueprint.before_app_request
def allow_files() -> None:
    """Forms are small, but for this one. Said before anything reads the form."""
    if request.endpoint == "list_imports.send":
        request.max_content_length = MOST_REQUEST_BYTES
        request.max_form_memory_size = MOST_REQUEST_BYTES


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """The form again: nothing of what was sent has been read."""
    assert request.view_args is not None, "the address is that of a list"
    problem = gettext(FILE_TOO_LARGE, most=str(MOST_BYTES // 1024**2))
    return _form(**request.view_args, problem=problem, code=413)


@blueprint.get("")
def page(cycle: str, webinar: str) -> Response:
    """The form for a file or a pasted list, and what is understood."""
    return _form(cycle, webinar)


@blueprint.get("/template.csv")
def template(cycle: str, webinar: str) -> Response:
    """An empty list with the names of the columns, as a spreadsheet opens it."""
    with services().database.read() as session:
        list_head(session, cycle_slug=cycle, webinar_slug=webinar)
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerow(str(FIELDS[name]) for name in TEMPLATE_FIELDS)
    response = make_response(text.getvalue().encode("utf-8-sig"))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    name = gettext("list-template")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


@blueprint.post("")
def send(cycle: str, webinar: str) -> Response:
    """A file or a pasted text is previewed; the lines of a preview are brought in."""
    try:
        if "lines" in request.form:
            return _bring_in(cycle, webinar)
        return _preview(cycle, webinar)
    except (WebinarOver, WebinarCancelled):
        return _form(cycle, webinar, code=409)


def _preview(cycle: str, webinar: str) -> Response:
    """Nothing is written."""
    try:
        found = _sent_list()
    except WrongList as error:
        return _form(cycle, webinar, problem=say(error.sentence), code=422)
    with services().database.read() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
        preview = list_import.preview_import(
            session,
            cycle_slug=cycle,
            webinar_slug=webinar,
            rows=found.rows,
            now=services().moment().now,
        )
    lines = [(row.line, dict(row.values)) for row in found.rows]
    carried = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    return _answer(head, preview=preview, found=found, lines=carried, **_kinds(preview))


def _sent_list() -> ListFile:
    """What was sent: the file, else the pasted text. Raises WrongList."""
    file = request.files.get("list")
    if file is not None and file.filename:
        return read_list(file.stream.read(MOST_BYTES + 1))
    return read_list(request.form.get("text", "").encode())


def _bring_in(cycle: str, webinar: str) -> Response:
    """Everything is checked anew: between preview and act others may have come."""
    try:
        lines = LINES.validate_json(request.form["lines"])
    except ValidationError:
        problem = gettext("The preview did not arrive whole: send the list again.")
        return _form(cycle, webinar, problem=problem, code=400)
    mails = request.form.get("mails") == "1"
    with services().database.write() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
        done = list_import.import_list(
            session,
            cycle_slug=cycle,
            webinar_slug=webinar,
            rows=[ListRow(line, values) for line, values in lines],
            mails=mails,
            actor=current_user.email,
            host=services().house.host,
            now=services().moment().now,
        )
    return _answer(head, done=done, mails=mails, **_kinds(done))


def _form(cycle: str, webinar: str, *, problem: str | None = None, code: int = 200) -> Response:
    with services().database.read() as session:
        head = list_head(session, cycle_slug=cycle, webinar_slug=webinar)
    return _answer(head, code=code, problem=problem, text=_pasted())


def _pasted() -> str:
    """What was typed is kept, unless it was too large to be read at all."""
    try:
        return request.form.get("text", "")
    except RequestEntityTooLarge:
        return ""


def _answer(head: ListHead, *, code: int = 200, **values: Any) -> Response:
    body = render_template(
        "organise/import_list.html",
        head=head,
        over=services().moment().now >= head.ends_at,
        fields=FIELDS,
        most_lines=MOST_LINES,
        few=FEW_SHOWN,
        most_shown=MOST_SHOWN,
        csrf_token=generate_csrf(),
        **values,
    )
    return make_response(body, code)


# lines as they are shown ------------------------------------------------------------------


def _kinds(found: ImportPreview) -> dict[str, Any]:
    """The lines by what is to be said of them."""
    lines = found.lines
    return {
        "placed": [_shown(one, _organisation(one)) for one in lines if one.fate is Fate.CONFIRMED],
        "waiting": [
            _shown(one, _organisation(one)) for one in lines if one.fate is Fate.WAITLISTED
        ],
        "refused": [_shown(one, _remarks(one.faults)) for one in lines if one.fate is Fate.REFUSED],
        "noticed": [
            _shown(one, _remarks(one.notices))
            for one in lines
            if one.notices and one.fate in list_import.REGISTERED
        ],
        "already": [_shown(one, _organisation(one)) for one in lines if one.fate is Fate.ALREADY],
        "left_out": [
            _shown(one, [("", _why(one))])
            for one in lines
            if one.fate in (Fate.DOUBLE, Fate.CANCELLED, Fate.LEFT)
        ],
    }


def _shown(line: ImportLine, words: Iterable[tuple[str, str]]) -> Shown:
    values = line.row.values
    return Shown(
        line=line.row.line,
        name=printable(values.get("full_name", ""), LONGEST_SHOWN),
        email=printable(values.get("email", ""), LONGEST_SHOWN),
        words=tuple(words),
    )


def _remarks(remarks: Iterable[Remark]) -> list[tuple[str, str]]:
    return [(str(FIELDS[one.field]), say(one.sentence)) for one in remarks]


def _organisation(line: ImportLine) -> list[tuple[str, str]]:
    said = line.person.organisation if line.person else None
    return [("", said)] if said else []


WHY: dict[Fate, LazyString] = {
    Fate.CANCELLED: lazy_gettext("Cancelled, the list says: left out."),
    Fate.LEFT: lazy_gettext("Has cancelled this webinar: a list does not bring them back."),
}


def _why(line: ImportLine) -> str:
    if line.fate is Fate.DOUBLE:
        return gettext("The same address as on line %(line)s.", line=line.double_of)
    return str(WHY[line.fate])
