"""What the tests of commands share."""

import json
from collections.abc import Callable
from typing import Any

from click.testing import Result

Run = Callable[..., Result]


def done(result: Result) -> str:
    """What a command said that ended well."""
    assert result.exit_code == 0, result.output
    assert isinstance(result.exception, SystemExit | None)
    return result.stdout


def refused(result: Result, code: int = 1) -> str:
    """What a command said that ended badly: a sentence, without a traceback."""
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


def objects(result: Result) -> list[dict[str, Any]]:
    """One object a line."""
    return [json.loads(line) for line in done(result).splitlines()]
