"""Templates: whole, in two languages, and at home under a strict content security policy."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from tests.house.source import TEMPLATES, report

ENVIRONMENT = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
EXPRESSION = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for an expression's value in a skeleton."""

WORD = re.compile(r"[^\W\d_]{2,}")
CAPITALISED = re.compile(r"[A-ZÀ-Ý][a-zà-ÿ’']+(?![\w/])")
READ_BY_PEOPLE = {"alt", "title", "aria-label", "aria-description", "placeholder", "label"}
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
LOADING = {"script", "link", "img", "video", "audio", "source", "track", "iframe", "embed"}
DATA_BLOCKS = {"application/ld+json", "application/json"}
"""A browser does not run these, so a script policy does not concern them."""

TEMPLATE_SUFFIXES = (".html", ".txt", ".xml", ".svg")


def _all(*suffixes: str) -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.suffix in suffixes)


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def _is_mail(path: Path) -> bool:
    return _name(path).startswith("email/")


@dataclass(frozen=True)
class Allowed:
    kind: str
    template: str
    written: str
    reason: str

    def covers(self, path: Path) -> bool:
        return fnmatch(_name(path), self.template)


@cache
def _allowed() -> list[Allowed]:
    with (Path(__file__).parent / "allowed.toml").open("rb") as file:
        content: dict[str, list[dict[str, Any]]] = tomllib.load(file)
    return [
        Allowed(kind, entry["template"], written, entry["reason"])
        for kind, entries in content.items()
        for entry in entries
        for written in entry["written"]
    ]


def _may(kind: str, path: Path, found: str) -> bool:
    return any(one.kind == kind and one.written == found and one.covers(path) for one in _allowed())


def _inside_a_tag(html: str) -> bool:
    return html.rfind("<") > html.rfind(">")


@cache
def _skeleton(path: Path) -> str:
    """The template's own text. Jinja is gone, its lines are kept."""
    kept: list[str] = []
    inside: list[str] = []
    translated = False
    for _, kind, value in ENVIRONMENT.lex(path.read_text(encoding="utf-8")):
        if kind == "data":
            kept.append("\n" * value.count("\n") if translated else value)
            continue
        kept.append("\n" * value.count("\n"))
        if kind in {"block_begin", "variable_begin"}:
            inside = []
        elif kind == "name":
            inside.append(value)
        elif kind == "variable_end" and not translated:
            kept.append(EXPRESSION)
        elif kind == "block_end":
            if inside[:1] in (["trans"], ["endtrans"]):
                translated = inside[0] == "trans"
            if not translated and not _inside_a_tag("".join(kept)):
                kept.append(EXPRESSION)
    return "".join(kept)


@dataclass
class Element:
    line: int
    tag: str
    attributes: dict[str, str]


@dataclass
class Page(HTMLParser):
    """What a page says of its own, and its elements."""

    texts: list[tuple[int, str]] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    _silent: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(self.getpos()[0], tag, attributes))
        self._silent = tag if tag in {"script", "style"} else ""
        for name, value in attributes.items():
            description = (
                tag == "meta"
                and name == "content"
                and attributes.get("name", attributes.get("property", "")).endswith(
                    ("description", "title", "site_name", "image:alt")
                )
            )
            button = tag == "input" and name == "value" and attributes.get("type") == "submit"
            if name in READ_BY_PEOPLE or description or button:
                self.texts.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append((self.getpos()[0], data))


@cache
def _page(path: Path) -> Page:
    page = Page()
    page.feed(_skeleton(path))
    page.close()
    return page


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of its own that a template shows, piece by piece, with its line."""
    pieces = list(enumerate(_skeleton(path).splitlines(), start=1))
    if path.suffix == ".html":
        pieces = _page(path).texts
    for first, text in pieces:
        for offset, line in enumerate(text.splitlines()):
            for piece in line.split(EXPRESSION):
                if WORD.search(piece):
                    yield first + offset, " ".join(piece.split())


def _parsed(path: Path) -> nodes.Template:
    return ENVIRONMENT.parse(path.read_text(encoding="utf-8"), _name(path))


def _outside_gettext(node: nodes.Node) -> Iterator[nodes.Const]:
    """Constants of expressions that no gettext call is given."""
    for child in node.iter_child_nodes():
        if (
            isinstance(child, nodes.Call)
            and isinstance(child.node, nodes.Name)
            and child.node.name in GETTEXT
        ):
            continue
        if isinstance(child, nodes.Const):
            yield child
        yield from _outside_gettext(child)


def _unescaped(path: Path) -> Iterator[tuple[int, str]]:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for found in _parsed(path).find_all(nodes.Filter):
        if found.name == "safe":
            line = lines[found.lineno - 1].strip()
            written = re.findall(r"\{[{%]-?\s*((?:(?![%}]\}).)*?\|\s*safe\b.*?)\s*-?[%}]\}", line)
            yield found.lineno, written[0] if len(written) == 1 else line
    for number, line in enumerate(lines, start=1):
        if re.search(r"\{%-?\s*autoescape\s+false", line) or "Markup(" in line:
            yield number, line.strip()


def test_every_template_parses():
    breaches = []
    for path in _all(*TEMPLATE_SUFFIXES):
        try:
            _parsed(path)
        except TemplateSyntaxError as error:
            breaches.append(f"{_name(path)}:{error.lineno}: {error.message}")

    assert not breaches, report("Jinja cannot read:", breaches)


def test_every_imported_macro_is_used():
    breaches = []
    for path in _all(*TEMPLATE_SUFFIXES):
        template = _parsed(path)
        used = {name.name for name in template.find_all(nodes.Name) if name.ctx == "load"}
        for line in template.find_all(nodes.FromImport):
            given = [name if isinstance(name, str) else name[1] for name in line.names]
            breaches += [
                f"{_name(path)}:{line.lineno}: {name}" for name in given if name not in used
            ]

    assert not breaches, report("Imported and not used:", breaches)


def test_no_name_of_gettext_is_given_to_something_else():
    breaches = [
        f"{_name(path)}:{name.lineno}: {name.name}"
        for path in _all(*TEMPLATE_SUFFIXES)
        for name in _parsed(path).find_all(nodes.Name)
        if name.ctx != "load" and name.name in GETTEXT
    ]

    assert not breaches, report("No text is translated where this is something else:", breaches)


def test_every_text_goes_through_gettext():
    breaches = [
        f"{_name(path)}:{line}: {text!r}"
        for path in _all(".html", ".txt")
        for line, text in _texts(path)
        if not _may("words", path, text)
    ]
    breaches += [
        f"{_name(path)}:{constant.lineno}: {constant.value!r}"
        for path in _all(".html", ".txt")
        for constant in _outside_gettext(_parsed(path))
        if isinstance(constant.value, str)
        and CAPITALISED.match(constant.value)
        and not _may("words", path, constant.value)
    ]

    assert not breaches, report("Words outside gettext (or tests/house/allowed.toml):", breaches)


def test_nothing_that_the_content_security_policy_refuses():
    breaches = []
    for path in _all(".html", ".svg"):
        if _is_mail(path):
            continue
        for element in _page(path).elements:
            place = f"{_name(path)}:{element.line}: <{element.tag}>"
            names = element.attributes.keys()
            breaches += [f"{place} has {name}=" for name in names if name.startswith("on")]
            if "style" in names:
                breaches.append(f"{place} has style=")
            if element.tag == "style":
                breaches.append(f"{place}: styles stand in webinars/static")
            if (
                element.tag == "script"
                and "src" not in names
                and element.attributes.get("type") not in DATA_BLOCKS
            ):
                breaches.append(f"{place} without src")

    assert not breaches, report("Refused by the content security policy:", breaches)


def test_nothing_is_loaded_from_elsewhere():
    foreign = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
    breaches = [
        f"{_name(path)}:{element.line}: <{element.tag} {name}={value!r}>"
        for path in _all(".html", ".svg")
        for element in _page(path).elements
        if element.tag in LOADING
        for name, value in element.attributes.items()
        if name in {"src", "href", "srcset", "poster", "data"} and foreign.match(value)
    ]

    assert not breaches, report("A page loads nothing from elsewhere:", breaches)


def test_everything_is_escaped():
    breaches = [
        f"{_name(path)}:{line}: {expression}"
        for path in _all(".html", ".xml", ".svg")
        for line, expression in _unescaped(path)
        if not _may("safe", path, expression)
    ]

    assert not breaches, report("Not escaped (or tests/house/allowed.toml):", breaches)


def test_what_is_allowed_is_needed():
    needed = set()
    for path in _all(*TEMPLATE_SUFFIXES):
        needed |= {("safe", path, expression) for _, expression in _unescaped(path)}
        needed |= {("words", path, text) for _, text in _texts(path)}
        needed |= {
            ("words", path, constant.value)
            for constant in _outside_gettext(_parsed(path))
            if isinstance(constant.value, str)
        }
    breaches = [
        f"{one.template}: {one.written!r}"
        for one in _allowed()
        if not any(
            (one.kind, one.written) == (kind, written) and one.covers(path)
            for kind, path, written in needed
        )
    ]

    assert not breaches, report("No longer needed in tests/house/allowed.toml:", breaches)


def test_no_colon_between_values_is_outside_of_the_catalogue() -> None:
    """French has a no-break space before it, which only a translated text can have."""
    between = re.compile(r"[}%]\}(?:<[^<>]*>)*: *(?:<[^<>]*>)*\{[{%]")
    found = [
        f"{_name(path)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path in _all(*TEMPLATE_SUFFIXES)
        for text in [path.read_text()]
        for match in between.finditer(text)
    ]
    assert not found, report("a literal colon between two values; use _()", found)
