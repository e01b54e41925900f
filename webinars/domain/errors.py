"""What can be wrong with a business act. The edges word these for people."""

from dataclasses import dataclass

Place = tuple[str | int, ...]
"""Where something stands in a plan: ``("sessions", 3, "date")``."""


def N_(text: str) -> str:  # noqa: N802  (the name by which Babel collects texts)
    """Mark a sentence for the catalogues; who shows it translates it."""
    return text


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


class NothingToCome(DomainError):
    """No webinar of the cycle is to come: there is nothing to register for."""


class NothingChosen(DomainError):
    """Every webinar to come was left out: nothing would be left to register for."""


class ChangedMeanwhile(DomainError):
    """Somebody else changed the same thing at the same time: look again, then act."""


class Sentence:
    """What to say to a person: a text of the catalogues and what goes into it."""

    def __init__(self, text: str, **values: str) -> None:
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(str(self))


class Fault(Sentence):
    """One thing that is wrong in a plan, with its place."""

    def __init__(self, text: str, place: Place, webinar: str | None = None, **values: str) -> None:
        super().__init__(text, **values)
        self.place = place
        self.webinar = webinar
        """The slug of the session that it is about."""


class WrongValue(ValueError):
    """A value cannot stand in its field; the sentence says what can."""

    def __init__(self, text: str, **values: str) -> None:
        self.sentence = Sentence(text, **values)
        super().__init__(str(self.sentence))


class WrongPlan(DomainError):
    """The plan would not hold; the draft stays as it was."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


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

    def __init__(self, text: str, **values: str) -> None:
        self.sentence = Sentence(text, **values)
        super().__init__(str(self.sentence))
