"""The files of the library: themes, resources, and the details of webinars. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from webinars.domain.fields import HttpAddress, LongText, PlainText, Slug
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


class Table(BaseModel):
    """A table of a file; what it says beyond the known keys is kept as a notice."""

    model_config = ConfigDict(extra="allow", frozen=True)


class ThemeTable(Table):
    """``[[themes]]``."""

    slug: Slug
    title: PlainText
    other_titles: list[PlainText] = []
    seven_needs: bool = False
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


class LibraryFile(Table):
    """Any file of the library: it says itself what it carries."""

    themes: list[ThemeTable] = []
    resources: list[ResourceTable] = []
    webinars: list[DetailsTable] = []

    @model_validator(mode="before")
    @classmethod
    def _arrays(cls, values: Any) -> Any:
        known = ("themes", "resources", "webinars")
        if isinstance(values, dict) and not any(name in values for name in known):
            raise ValueError("there is no [[themes]], [[resources]] or [[webinars]] in this file")
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
