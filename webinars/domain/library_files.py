"""The files of the library: themes, resources, webinars, replays and questions. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from webinars.domain.chapter_lines import read_duration, read_second
from webinars.domain.fields import CONTROL, SLUG, HttpAddress, LongText, PlainText, Slug
from webinars.domain.person_fields import wording
from webinars.i18n import LANGUAGES
from webinars.models import EntryPoint, Step

STEPS = {
    "comprendre": Step.UNDERSTAND,
    "s'approprier": Step.ADOPT,
    "agir": Step.ACT,
}
ENTRY_POINTS = {
    "cadre de référence": EntryPoint.REFERENCE_FRAMEWORK,
    "boîte à outils": EntryPoint.TOOLBOX,
    "méthodes": EntryPoint.METHODS,
    "illustrations": EntryPoint.ILLUSTRATIONS,
}
FORTHCOMING = "à paraître"

Year = Annotated[int, Field(ge=1900, le=2200)]


def _one_of(known: Any) -> AfterValidator:
    def checked(value: str) -> str:
        if value not in known:
            raise ValueError(f'"{value}" is not known here: one of {", ".join(known)}')
        return value

    return AfterValidator(checked)


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None and value.year >= FIRST_YEAR:
        try:
            return value.astimezone(UTC)
        except OverflowError:  # the last hours of the year 9999
            pass
    raise ValueError("an instant with its offset is needed, such as 2019-03-22T09:00:00Z")


def _path(value: str) -> str:
    """Of a file that lies beside: below the folder of the file that names it."""
    path = PurePosixPath(value)
    if (
        not path.name
        or path.is_absolute()
        or ".." in path.parts
        or len(value) > LONGEST_PATH
        or CONTROL.search(value)
        or any(sign in value for sign in "\\:\n\t")
    ):
        raise ValueError(
            'the path of a file below this one is needed, such as "documents/guide.pdf", '
            'without ".." and without "/" at its beginning'
        )
    return value


def _webinar(value: str) -> str:
    if not all(map(SLUG.fullmatch, value.split("/"))) or value.count("/") != 1:
        raise ValueError('a cycle and its webinar are needed, such as "2019/ouverture"')
    return value


def _asked(value: str) -> str:
    text = wording(value)
    if text is None:
        raise ValueError("a text is needed, not an empty one")
    return text


def _time(value: str) -> str:
    read_second(value)
    return value


def _duration(value: str) -> str:
    if read_duration(value) is None:
        raise ValueError("a text is needed, not an empty one")
    return value


LONGEST_PATH = 500
FIRST_YEAR = 1900
Day = Annotated[date, Field(strict=True, ge=date(FIRST_YEAR, 1, 1))]
Said = Annotated[bool, Field(strict=True)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
FilePath = Annotated[str, AfterValidator(_path)]
WebinarName = Annotated[str, AfterValidator(_webinar)]
"""``<cycle>/<webinar>``."""


class Table(BaseModel):
    """A table of a file; what it says beyond the known keys is kept as a notice."""

    model_config = ConfigDict(extra="allow", frozen=True)


class WholeTable(Table):
    """A table that says the whole of something: a key that is misspelt would take it away."""

    model_config = ConfigDict(extra="forbid")


class ThemeTable(Table):
    """``[[themes]]``."""

    slug: Slug
    title: PlainText
    other_titles: list[PlainText] = []
    seven_needs: Said = False
    questions: list[PlainText] = []
    platform_answers: list[PlainText] = []


class ResourceTable(Table):
    """``[[resources]]``."""

    slug: Slug
    title: PlainText
    kind: PlainText
    other_titles: list[PlainText] = []
    publishers: list[PlainText] = []
    partners: list[PlainText] = []
    authors: list[PlainText] = []
    audience: list[PlainText] = []
    year: Year | None = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    edition: PlainText | None = None
    step: Annotated[str, _one_of(STEPS)] | None = None
    entry_point: Annotated[str, _one_of(ENTRY_POINTS)] | None = None
    section: PlainText | None = None
    url: HttpAddress | None = None
    document: FilePath | None = None
    document_name: PlainText | None = None
    status: Annotated[str, _one_of((FORTHCOMING,))] | None = None
    part_of: Slug | None = None
    themes: list[Slug] = []
    source: PlainText | None = None
    also_in: list[PlainText] = []


class ReadingTable(Table):
    """``[[webinars.further_reading]]``."""

    label: PlainText
    resource: Slug
    context: PlainText | None = None


class DetailsTable(Table):
    """``[[webinars]]`` of the details file: ``<date>-<slug>`` says which webinar it is.

    ``cycle`` says of which cycle, where the year alone does not.
    """

    slug: Slug
    date: date
    cycle: Slug | None = None
    title: PlainText | None = None
    theme: Slug | None = None
    rank: int | None = None
    why: LongText | None = None
    agenda: list[PlainText] = []
    speakers: list[PlainText] = []
    territory_questions: list[PlainText] = []
    platform_answers: list[PlainText] = []
    announcements: list[PlainText] = []
    further_reading: list[ReadingTable] = []

    @property
    def webinar_slug(self) -> str:
        """The webinar's own slug, without the date before it."""
        return self.slug.removeprefix(f"{self.date.isoformat()}-")


class ChapterTable(WholeTable):
    """``[[replays.chapters]]``."""

    at: Annotated[str, AfterValidator(_time)]
    title: str
    resources: list[Slug] = []

    @property
    def second(self) -> int:
        """Of the video."""
        return read_second(self.at)


class CaptionsTable(WholeTable):
    """``[[replays.captions]]``."""

    language: Annotated[str, _one_of(LANGUAGES)]
    file: FilePath


class ReplayTable(WholeTable):
    """``[[replays]]``: the whole of one replay. Names are those under which people save files."""

    webinar: WebinarName
    video: str | None = None
    video_file: FilePath | None = None
    video_name: PlainText | None = None
    duration: Annotated[str, AfterValidator(_duration)] | None = None
    recorded_on: Day | None = None
    slides: HttpAddress | None = None
    slides_file: FilePath | None = None
    slides_name: PlainText | None = None
    expected_by: Day | None = None
    consent_at: Instant | None = None
    without_captions: PlainText | None = None
    online_at: Instant | None = None
    revised_at: Instant | None = None
    withdrawn_at: Instant | None = None
    withdrawn_why: PlainText | None = None
    words_stay: Said = False
    demonstration: Said = False
    chapters: list[ChapterTable] = []
    captions: list[CaptionsTable] = []

    @property
    def seconds(self) -> int | None:
        """Of the video."""
        return read_duration(self.duration) if self.duration else None


class QuestionTable(WholeTable):
    """``[[questions]]``: one that is published, as everybody reads it. Nobody is named.

    Of when it was asked only the day is said: the minute could tell who it was.
    """

    webinar: WebinarName
    text: Annotated[str, AfterValidator(_asked)]
    answer: LongText | None = None
    asked_on: Day | None = None
    answered_at: Instant | None = None
    published_at: Instant | None = None
    resources: list[Slug] = []


KINDS = ("themes", "resources", "webinars", "replays", "questions")


class LibraryFile(Table):
    """Any file of the library: it says itself what it carries."""

    themes: list[ThemeTable] = []
    resources: list[ResourceTable] = []
    webinars: list[DetailsTable] = []
    replays: list[ReplayTable] = []
    questions: list[QuestionTable] = []

    @model_validator(mode="before")
    @classmethod
    def _arrays(cls, values: Any) -> Any:
        if isinstance(values, dict) and not any(name in values for name in KINDS):
            wanted = ", ".join(f"[[{name}]]" for name in KINDS)
            raise ValueError(f"there is none of {wanted} in this file")
        return values


def write_tables(name: str, tables: Sequence[Table]) -> str:
    """The file of these tables: what is read again as the same, without keys that say nothing.

    ``name`` is that of the array. Without tables the file says so, and is read as none.
    """
    if not tables:
        return f"{name} = []\n"
    return "\n".join(f"[[{name}]]\n{_written(table, name)}" for table in tables)


def _written(table: Table, path: str) -> str:
    """A table's own keys, then the tables inside it."""
    values = {key: getattr(table, key) for key in type(table).model_fields}
    said = {key: value for key, value in values.items() if value not in (None, False, [])}
    inner = {key: value for key, value in said.items() if _are_tables(value)}
    text = tomli_w.dumps({key: value for key, value in said.items() if key not in inner})
    for key, tables in inner.items():
        for one in tables:
            text += f"\n[[{path}.{key}]]\n{_written(one, f'{path}.{key}')}"
    return text


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Table) for one in value)
