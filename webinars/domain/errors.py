"""What can be wrong with a business act. The edges word these for people."""

from dataclasses import dataclass


class DomainError(Exception):
    """The act was refused; nothing was changed."""


class NotFound(DomainError):
    """There is no such thing, or it is not public."""


class WebinarOver(DomainError):
    """The webinar has ended: there is nothing to register for."""


class WebinarCancelled(DomainError):
    """The webinar will not take place."""


class RegistrationClosed(DomainError):
    """Nothing of this registration can be changed any more."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file, with its place."""

    message: str
    line: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = ", ".join(
            part for part in (f"line {self.line}" if self.line else "", self.key or "") if part
        )
        return f"{place}: {self.message}" if place else self.message


class WrongFile(DomainError):
    """A file was refused; nothing of it was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class OtherYear(DomainError):
    """There is a cycle of this slug already, of another year."""


class WrongRule(DomainError):
    """The words or the RFC 5545 rule of a cycle cannot be understood, or yield no date."""
