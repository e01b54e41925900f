"""The library's list: narrowed by facets, each of which counts what the other choices leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from webinars.domain.library import AS_LINES, ResourceView, all_themes, resource_view
from webinars.domain.programme import ThemeView
from webinars.domain.searching import contains
from webinars.models import EntryPoint, Resource, Step, Theme, resource_themes

PAGE = 50
"""Resources on one page of the list."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the list is narrowed to; None is everything."""

    theme: str | None = None
    step: Step | None = None
    entry: EntryPoint | None = None
    kind: str | None = None
    audience: str | None = None
    year: int | None = None
    publisher: str | None = None

    def said(self) -> dict[str, str]:
        """The choices that are made, in the order of the facets."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: str(value) for name, value in values if value is not None}

    def without(self, facet: str) -> dict[str, str]:
        """The choices that stay when that of one facet is taken away."""
        return replace(self, **{facet: None}).said()


FACETS = tuple(field.name for field in fields(Chosen))


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that the list can be narrowed to, and how many would remain."""

    value: str
    label: str
    """As it is in the data; the steps and entry points are worded by the template."""
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class ResourcesPage:
    """One page of the library's list, narrowed or whole."""

    resources: tuple[ResourceView, ...]
    found: int
    """How many fit the choices, on all pages."""
    total: int
    """How many the library holds."""
    chosen: Chosen
    facets: Mapping[str, tuple[FacetValue, ...]]
    page: int
    pages: int

    def chips(self) -> tuple[tuple[str, str], ...]:
        """Each choice: its facet, and its value as it is labelled or as it was asked for."""
        labels = {
            (facet, one.value): one.label for facet, values in self.facets.items() for one in values
        }
        return tuple(
            (facet, labels.get((facet, value), value))
            for facet, value in self.chosen.said().items()
        )


def resources_page(session: Session, *, chosen: Chosen, page: int = 1) -> ResourcesPage:
    """A page of the list, from 1; one beyond the end is the last. Twelve queries at most."""
    choices = _choices(session, chosen)
    fits = sa.and_(sa.true(), *choices.values())
    found = _count(session, fits)
    page, pages = _within(page, found)
    themes = {theme.slug: theme.title for theme in all_themes(session)}
    return ResourcesPage(
        resources=_resources(session, fits, page),
        found=found,
        total=_count(session, sa.true()),
        chosen=chosen,
        facets={facet: _facet(session, facet, chosen, choices, themes) for facet in FACETS},
        page=page,
        pages=pages,
    )


@dataclass(frozen=True, slots=True)
class DeskList:
    """One page of the library as organisers look through it."""

    resources: tuple[ResourceView, ...]
    found: int
    """How many fit, on all pages."""
    total: int
    """How many the library holds."""
    themes: tuple[ThemeView, ...]
    search: str
    theme: str | None
    page: int
    pages: int

    def said(self) -> dict[str, str]:
        """What the list is narrowed by."""
        said = {"q": self.search, "theme": self.theme or ""}
        return {name: value for name, value in said.items() if value}


def desk_list(
    session: Session, *, search: str = "", theme: str | None = None, page: int = 1
) -> DeskList:
    """The resources with these words in their title; a page beyond the end is the last.

    Five queries.
    """
    choices = _choices(session, Chosen(theme=theme))
    titled = contains(session, Resource.title.expression, search)
    fits = sa.and_(sa.true(), titled, *choices.values())
    found = _count(session, fits)
    page, pages = _within(page, found)
    return DeskList(
        resources=_resources(session, fits, page),
        found=found,
        total=_count(session, sa.true()),
        themes=all_themes(session),
        search=search,
        theme=theme,
        page=page,
        pages=pages,
    )


Condition = sa.ColumnElement[bool]


def _count(session: Session, fits: Condition) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Resource).where(fits)) or 0


def _within(page: int, found: int) -> tuple[int, int]:
    """The page that is shown, and how many there are."""
    pages = max(1, -(-found // PAGE))
    return min(max(1, page), pages), pages


COLUMNS: dict[str, InstrumentedAttribute[Any]] = {
    "step": Resource.step,
    "entry": Resource.entry_point,
    "kind": Resource.kind,
    "year": Resource.year,
}
"""The facets of which a resource has one value at most."""
LISTS: dict[str, InstrumentedAttribute[Any]] = {
    "audience": Resource.audience,
    "publisher": Resource.publishers,
}
"""Those of which it has a list."""


def _choices(session: Session, chosen: Chosen) -> dict[str, Condition]:
    """What each choice asks of a resource."""
    found: dict[str, Condition] = {}
    if chosen.theme is not None:
        of_theme = sa.select(resource_themes.c.resource_id).join(Theme)
        found["theme"] = Resource.id.in_(of_theme.where(Theme.slug == chosen.theme))
    for facet, column in COLUMNS.items():
        value = getattr(chosen, facet)
        if value is not None:
            found[facet] = column == value
    for facet, column in LISTS.items():
        value = getattr(chosen, facet)
        if value is not None:
            each = _each(session, column)
            found[facet] = sa.exists().select_from(each).where(each.c.value == value)
    return found


def _each(session: Session, column: InstrumentedAttribute[Any]) -> sa.TableValuedAlias:
    """The elements of a list that a resource holds as JSON, as rows."""
    on_postgres = session.get_bind().dialect.name == "postgresql"
    function = sa.func.json_array_elements_text if on_postgres else sa.func.json_each
    return function(column).table_valued("value")


def _facet(
    session: Session,
    facet: str,
    chosen: Chosen,
    choices: Mapping[str, Condition],
    themes: Mapping[str, str],
) -> tuple[FacetValue, ...]:
    """The values of a facet, counted among what the other choices leave. One query."""
    counts = _counts(session, facet, [one for name, one in choices.items() if name != facet])
    mine = chosen.said().get(facet)
    labels = _labels(facet, counts, themes)
    if mine is not None and mine not in labels:
        labels[mine] = mine
    return tuple(
        FacetValue(value, label, counts.get(value, 0), mine == value)
        for value, label in labels.items()
    )


def _counts(session: Session, facet: str, others: Sequence[Condition]) -> dict[str, int]:
    select: sa.Select[Any, Any]
    if facet == "theme":
        select = sa.select(Theme.slug, sa.func.count()).select_from(Resource)
        select = select.join(Resource.themes).group_by(Theme.slug)
    elif facet in LISTS:
        each = _each(session, LISTS[facet])
        select = sa.select(each.c.value, sa.func.count(Resource.id.distinct()))
        select = select.select_from(Resource).join(each, sa.true()).group_by(each.c.value)
    else:
        column = COLUMNS[facet]
        select = sa.select(column, sa.func.count()).where(column.is_not(None)).group_by(column)
    rows = session.execute(select.where(*others))
    return {str(value): count for value, count in rows}


def _labels(facet: str, counts: Mapping[str, int], themes: Mapping[str, str]) -> dict[str, str]:
    """The values of a facet in the order in which they are offered, with their words."""
    match facet:
        case "theme":
            return dict(themes)
        case "step":
            return {step.value: step.value for step in Step}
        case "entry":
            return {entry.value: entry.value for entry in EntryPoint}
        case "year":
            return {year: year for year in sorted(counts, reverse=True)}
        case _:
            return {value: value for value in sorted(counts, key=str.casefold)}


def _resources(session: Session, fits: Condition, page: int) -> tuple[ResourceView, ...]:
    """Those of one page, with their themes. Two queries."""
    rows = session.scalars(
        sa.select(Resource)
        .where(fits)
        .order_by(Resource.position, Resource.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
        .options(*AS_LINES)
    )
    return tuple(resource_view(resource) for resource in rows)
