"""Reading TOML so that a wrong value can be named by its line and key.

``tomllib`` gives values without places; a light scan of the text gives the places.
"""

import re
import tomllib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from webinars.domain.errors import Problem, WrongFile

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
ASSIGNMENT = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_\-.]+)\s*=""")
TEXTS = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|\#[^\n]*''',
    re.DOTALL,
)
"""Strings and comments: of several lines, of one line, after ``#``."""


def parse(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises WrongFile."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else max(1, len(text.splitlines()))  # the end
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise WrongFile([Problem(f"not valid TOML: {message}", line=line)]) from error
    except RecursionError:
        raise WrongFile([Problem("not valid TOML: brackets inside brackets, too deep")]) from None


def locations(text: str) -> dict[Location, int]:
    """The line, from 1, of each table and key: ``("sessions", 0, "date")``."""
    found: dict[Location, int] = {}
    counts: dict[Location, int] = {}
    table: Location = ()
    depth = 0
    for number, line in enumerate(TEXTS.sub(_without_brackets, text).split("\n"), start=1):
        if depth == 0:
            header = HEADER.match(line)
            if header:
                table = _table(header, counts)
                found.setdefault(table, number)
                continue
            assignment = ASSIGNMENT.match(line)
            if assignment:
                found.setdefault((*table, assignment[1].strip("\"'")), number)
        depth += sum(map(line.count, "[{")) - sum(map(line.count, "]}"))
    return found


def _without_brackets(text: re.Match[str]) -> str:
    """The string, which may be a key, without what could be taken for TOML; lines stay."""
    if text[0].startswith(('"""', "'''", "#")):
        return "\n" * text[0].count("\n")
    return re.sub(r"[\[\]{}]", "_", text[0])


def _table(header: re.Match[str], counts: dict[Location, int]) -> Location:
    names = [name.strip().strip("\"'") for name in header[2].split(".")]
    path: Location = ()
    for name in names[:-1]:
        path = (*path, name)
        if path in counts:  # the latest element of an array of tables
            path = (*path, counts[path])
    path = (*path, names[-1])
    if header[1] == "[[":
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path


def line_of(places: dict[Location, int], location: Location) -> int | None:
    """The line of a key, else of what it stands in."""
    while location:
        if location in places:
            return places[location]
        location = location[:-1]
    return None


def validate(model: type[M], text: str) -> M:
    """The text as the model reads it. Raises WrongFile with a line and key for each fault."""
    values = parse(text)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        places = locations(text)
        problems = []
        for fault in error.errors():
            place = tuple(part for part in fault["loc"] if not str(part).startswith("function-"))
            problems.append(
                Problem(_in_words(dict(fault)), line=line_of(places, place), key=key_name(place))
            )
        raise WrongFile(problems) from error


def key_name(location: Location) -> str | None:
    """«sessions[3].date», counted from 1 as people count; None for the file as a whole."""
    name = ""
    for part in location:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name or None


A_DATE, A_TIME = "a date such as 2019-04-18", "a local time such as 13:00:00"
A_NUMBER, A_LIST = "a whole number", "a list in brackets"
NEEDED = {
    "date_type": A_DATE,
    "date_parsing": A_DATE,
    "date_from_datetime_parsing": A_DATE,
    "date_from_datetime_inexact": A_DATE,
    "time_type": A_TIME,
    "time_parsing": A_TIME,
    "string_type": "a text in quotes",
    "int_type": A_NUMBER,
    "int_parsing": A_NUMBER,
    "int_from_float": A_NUMBER,
    "list_type": A_LIST,
    "tuple_type": A_LIST,
    "model_type": "a table",
    "bool_type": "true or false",
}
"""By pydantic's name of the fault."""


def _in_words(fault: dict[str, Any]) -> str:
    kind, context = fault["type"], fault.get("ctx") or {}
    value = repr(fault.get("input"))[:60]
    if kind in NEEDED:
        return f"{NEEDED[kind]} is needed, not {value}"
    if kind == "missing":
        return "this key is needed and is not there"
    if kind == "extra_forbidden":
        return "there is no such key here"
    if kind == "value_error":
        return str(context.get("error", fault["msg"]))
    return f"{fault['msg'][:1].lower()}{fault['msg'][1:]}, not {value}"


def unknown_keys(model: BaseModel, prefix: str = "") -> set[str]:
    """Keys that the file has and the product does not read, once for each kind of table."""
    found = {f"{prefix}{name}" for name in (model.model_extra or {})}
    for name in type(model).model_fields:
        value = getattr(model, name)
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, BaseModel):
                found |= unknown_keys(item, f"{prefix}{name}.")
    return found
