"""Files of the library, understood: what each carries, and what is wrong with it, by line."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from webinars.domain.errors import Problem, Sentence, WrongFile, WrongValue
from webinars.domain.library_files import LibraryFile, Table
from webinars.domain.tomlfile import Location, key_name, line_of, locations, validate

T = TypeVar("T", bound=Table)
OF_A_LINE = "line %(line)s: "
"""How a sentence begins that names a line of the text it was read from."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read: its name, for messages, and its text."""

    name: str
    text: str


class WrongFiles(WrongFile):
    """The files were refused; the problems are named file by file."""

    def __init__(self, by_file: dict[str, list[Problem]]) -> None:
        super().__init__([problem for problems in by_file.values() for problem in problems])
        self.by_file = by_file


@dataclass
class ReadFile:
    """One file, understood, with the lines of its keys."""

    name: str
    content: LibraryFile
    text: str
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def _places(self) -> dict[Location, int]:
        return locations(self.text)

    def line(self, place: Location) -> int:
        """Of a key, else of what it stands in; from 1."""
        return line_of(self._places, place) or 1

    def wrong(self, place: Location, message: str) -> None:
        """It cannot be read; every other fault is looked for all the same."""
        line = line_of(self._places, place)
        self.problems.append(Problem(message, line=line, key=key_name(place)))

    def wrong_line(self, places: Sequence[Location], error: WrongValue) -> None:
        """The same for a sentence that names one of the lines of these places itself."""
        said = error.sentence
        number = said.values.get("line")
        place = next((one for one in places if str(self.line(one)) == number), places[0][:2])
        self.wrong(place, str(Sentence(said.text.removeprefix(OF_A_LINE), **said.values)))


@dataclass(frozen=True, slots=True)
class Placed(Generic[T]):
    """A table and where it stands."""

    file: ReadFile
    place: Location
    table: T

    def wrong(self, key: str | Location, message: str) -> None:
        """One of its keys cannot stand, or it lacks one."""
        self.file.wrong((*self.place, *((key,) if isinstance(key, str) else key)), message)


def understand(files: Sequence[SourceFile]) -> list[ReadFile]:
    """Each by its own rules; what refers to something else is not looked at. Raises WrongFiles."""
    read: list[ReadFile] = []
    wrong: dict[str, list[Problem]] = {}
    for file in files:
        try:
            read.append(ReadFile(file.name, validate(LibraryFile, file.text), file.text))
        except WrongFile as error:
            wrong[file.name] = error.problems
    if wrong:
        raise WrongFiles(wrong)
    return read


def placed(read: Sequence[ReadFile], kind: type[T]) -> Iterator[Placed[T]]:
    """Every table of a kind, of all files."""
    for file in read:
        for name in type(file.content).model_fields:
            for index, table in enumerate(getattr(file.content, name)):
                if isinstance(table, kind):
                    yield Placed(file, (name, index), table)


def check_once(
    read: Sequence[ReadFile], kind: type[T], key: str, named: Callable[[T], Any]
) -> None:
    """Refuse that two tables speak of the same; ``key`` says of what."""
    tables = list(placed(read, kind))
    counts = Counter(named(one.table) for one in tables)
    for one in tables:
        if counts[named(one.table)] > 1:
            one.wrong(key, f'"{getattr(one.table, key)}" is there more than once')


def refuse_wrong(read: Sequence[ReadFile]) -> None:
    """Raises WrongFiles, if anything is wrong."""
    wrong = {file.name: file.problems for file in read if file.problems}
    if wrong:
        raise WrongFiles(wrong)
