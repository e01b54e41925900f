"""Imports point down only, and each floor keeps to its work."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.source import modules, report, shown, tree

FLOORS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("clock", "places", "logs", "processes", "domain.errors", "demo.mailbox"),
        "lean on nothing of ours",
    ),
    (("config",), "settings"),
    (("db",), "transactions and column types"),
    (("uploads",), "the folder of uploaded files"),
    (("models", "migration"), "tables, and the state of their schema"),
    (("links",), "absolute addresses and tokens, without a request"),
    (("i18n",), "words and dates for people; the domain words calendars, and nothing else"),
    (("domain.holidays",), "the calendars of France"),
    (("domain",), "business acts: a session and the time are given, named errors are raised"),
    (("probe",), "asking addresses of the web whether they answer"),
    (("services",), "what one application hands to its edges"),
    (("mail",), "building messages and handing them over"),
    (("web",), "edge: requests"),
    (("wiring",), "create_app(): the wiring, and nothing else"),
    (("",), "the package itself, which loads it when it is asked for"),
    (("worker",), "edge: the clock ticks"),
    (("doctor",), "edge: looks at all of it, and changes nothing"),
    (("demo",), "edge: demonstration data and the whole service at once"),
    (("cli",), "edge: commands; it starts every other edge"),
    (("wsgi", "__main__"), "the two ways in from outside"),
)
"""From the ground up. A module may import its own unit and those of every row beneath it."""

KEPT_TO: dict[str, tuple[tuple[str, ...], str]] = {
    "flask": (
        ("services", "", "wiring", "i18n", "mail", "web", "worker", "demo", "cli"),
        "a request is an edge's; below, the application is only looked up",
    ),
    "flask_babel": (("wiring", "i18n", "mail", "web", "worker"), "words are for people"),
    "vobject": (("domain",), "it reads what we write, and writes nothing here"),
    "flask_mail": (("mail", "worker"), "SMTP has one door, and the worker opens it"),
    "smtplib": (("mail",), "SMTP has one door"),
    "dns": (("doctor",), "only the doctor asks for records"),
    "http": (("probe",), "addresses of others are asked by one module"),
    "imaplib": (("mail",), "IMAP has one door"),
    "flask_limiter": (("web",), "only visitors are counted"),
    "flask_security": (
        ("models", "mail", "web", "cli", "demo"),
        "sign-in is the desk's; the tables only take its mixins, and one mail a link of its making",
    ),
    "apscheduler": (("worker",), "it only ticks"),
    "click": (("cli",), "commands are one edge"),
    "granian": (("cli", "demo"), "the server is started by a command"),
    "holidays": (("domain.holidays",), "calendars of France have one door"),
    "vacances_scolaires_france": (("domain.holidays",), "calendars of France have one door"),
}
"""Libraries that stand behind one door: who may import them, and why."""

INSIDE_FUNCTIONS: dict[tuple[str, str], str] = {}
"""Imports inside functions: (module, imported) -> the reason there is no better way."""


@dataclass(frozen=True)
class Import:
    importer: str
    imported: str
    line: int
    inside_function: bool

    def __str__(self) -> str:
        return f"{shown(modules()[self.importer])}:{self.line}: imports {self.imported}"


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "ruff refuses relative imports"
        names = {f"{node.module}.{alias.name}" for alias in node.names}
        submodules = names & modules().keys()
        others = [node.module or ""] if names - submodules else []
        return sorted(submodules) + others
    return []


def _inside_functions(root: ast.AST) -> set[ast.AST]:
    return {
        inner
        for node in ast.walk(root)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }


def _imports() -> Iterator[Import]:
    for module, path in modules().items():
        inside = _inside_functions(tree(path))
        for node in ast.walk(tree(path)):
            for name in _names(node):
                yield Import(module, name, node.lineno, node in inside)  # type: ignore[attr-defined]


def _place(module: str) -> tuple[int, str] | None:
    """The floor and unit of a module of ours: the longest name of the table that fits."""
    name = module.removeprefix("webinars").removeprefix(".")
    fitting = [
        (len(unit), floor, unit)
        for floor, (units, _) in enumerate(FLOORS)
        for unit in units
        if name == unit or (unit and name.startswith(f"{unit}."))
    ]
    return max(fitting)[1:] if fitting else None


def _is_ours(name: str) -> bool:
    return name == "webinars" or name.startswith("webinars.")


def test_every_module_has_a_floor():
    without = [shown(path) for name, path in modules().items() if _place(name) is None]

    assert not without, report("FLOORS in this file does not know:", without)


def test_imports_point_down():
    breaches = []
    for found in _imports():
        here, there = _place(found.importer), _place(found.imported)
        if not _is_ours(found.imported) or here is None or there is None or here[1] == there[1]:
            continue
        if there[0] >= here[0]:
            breaches.append(f"{found} (floor {there[0]}) from floor {here[0]}")

    assert not breaches, report("Imports point down only (FLOORS in this file):", breaches)


def test_libraries_stay_behind_their_door():
    breaches = []
    for found in _imports():
        allowed, why = KEPT_TO.get(found.imported.partition(".")[0], ((), ""))
        here = _place(found.importer)
        if why and here and here[1] not in allowed:
            breaches.append(f"{found}: {why}")

    assert not breaches, report("These libraries have one door each (KEPT_TO):", breaches)


def test_imports_stand_at_the_top():
    inside = {
        (found.importer, found.imported): str(found)
        for found in _imports()
        if found.inside_function
    }
    breaches = [place for key, place in inside.items() if key not in INSIDE_FUNCTIONS]
    gone = [" -> ".join(key) for key in INSIDE_FUNCTIONS if key not in inside]

    assert not breaches, report(
        "An import inside a function hides a circle; or list it with its reason:", breaches
    )
    assert not gone, report("INSIDE_FUNCTIONS lists what is no longer there:", gone)


def test_only_edges_commit():
    """An act leaves the transaction to who called it (db.py owns the context managers)."""
    floors = {"domain", "models", "links", "i18n"}
    breaches = [
        f"{shown(path)}:{node.lineno}: .{node.func.attr}()"
        for name, path in modules().items()
        if (place := _place(name)) and place[1] in floors
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"commit", "rollback"}
        # A savepoint's rollback undoes its own part; the name says which it is.
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id == "savepoint")
    ]

    assert not breaches, report("The edges commit, nobody below them:", breaches)


def test_one_source_of_now():
    """Ruff bans these by their imported names; this also sees them under another name."""
    asking = {"now", "utcnow", "today"}
    owners = {"datetime", "date", "dt"}
    breaches = [
        f"{shown(path)}:{node.lineno}: {ast.unparse(node)}"
        for name, path in modules().items()
        if name != "webinars.clock"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in asking
        and ast.unparse(node.value).rpartition(".")[2] in owners
    ]

    assert not breaches, report("Only webinars/clock.py asks what time it is:", breaches)
