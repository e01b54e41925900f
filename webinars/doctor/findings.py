"""What a check has found."""

import enum
from dataclasses import dataclass


class Level(enum.StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and may not for long or not for everybody."""
    FAULT = "fault"
    """Something does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer."""

    check: str
    level: Level
    found: str
    advice: str = ""
    """What to do; empty when it is well."""


def ok(check: str, found: str) -> Finding:
    """It is well."""
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It works, and may not for long or not for everybody."""
    return Finding(check, Level.WARNING, found, advice)


def fault(check: str, found: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.FAULT, found, advice)
