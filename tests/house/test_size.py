"""Files and functions stay readable in one go."""

from tests.house.source import functions, modules, report, shown

FILE_LINES = 400
FUNCTION_LINES = 60
"""The limit; 40 is the aim."""


def test_files():
    lengths = {
        path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values()
    }
    breaches = [
        f"{shown(path)}: {length} lines" for path, length in lengths.items() if length > FILE_LINES
    ]

    assert not breaches, report(f"A file has at most {FILE_LINES} lines:", breaches)


def test_functions():
    breaches = [
        f"{shown(path)}:{function.lineno}: {function.name} has {length} lines"
        for path in modules().values()
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]

    assert not breaches, report(f"A function has at most {FUNCTION_LINES} lines:", breaches)
