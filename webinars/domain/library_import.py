"""Reading the library's files into the database: all of them, or nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain import audit, site
from webinars.domain.errors import Problem, WrongFile
from webinars.domain.library_files import (
    ENTRY_POINTS,
    FORTHCOMING,
    STEPS,
    DetailsTable,
    LibraryFile,
    ResourceTable,
    ThemeTable,
)
from webinars.domain.plan import EDITORIAL_FIELDS
from webinars.domain.planning import assign, record_edit
from webinars.domain.publication import mark_changed
from webinars.domain.snapshots import snapshot
from webinars.domain.theme_edit import webinars_on
from webinars.domain.tomlfile import key_name, line_of, locations, unknown_keys, validate
from webinars.models import (
    AuditAct,
    Cycle,
    CycleDraft,
    DraftSession,
    Reading,
    Resource,
    Theme,
    Webinar,
)

RESOURCE_FIELDS = (
    "title",
    "kind",
    "other_titles",
    "publishers",
    "partners",
    "authors",
    "audience",
    "year",
    "month",
    "edition",
    "section",
    "url",
    "part_of",
    "source",
    "also_in",
)
THEME_FIELDS = ("title", "other_titles", "seven_needs", "questions", "platform_answers")


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


@dataclass(slots=True)
class Imported:
    """What the files held, and whether anything is new."""

    themes: int = 0
    resources: int = 0
    webinars: int = 0
    changed: bool = False
    ignored: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Read:
    """One file, understood, with the lines of its keys."""

    name: str
    content: LibraryFile
    text: str
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, place: tuple[str | int, ...], message: str) -> None:
        line = line_of(locations(self.text), place)
        self.problems.append(Problem(message, line=line, key=key_name(place)))


def import_library(
    session: Session,
    *,
    files: Sequence[SourceFile],
    now: datetime,
    actor: str = audit.COMMAND_LINE,
) -> Imported:
    """Read themes, resources and details of webinars. Reading twice changes nothing.

    Files may name what another file of the same call brings. Texts of webinars go both into
    the draft, as an act of its own, and, where the webinar is published, into public. Raises
    WrongFiles; then nothing is written.
    """
    read = _understand(files)
    themes = {theme.slug: theme for theme in session.scalars(sa.select(Theme))}
    resources = {
        resource.slug: resource
        for resource in session.scalars(sa.select(Resource).options(selectinload(Resource.themes)))
    }
    cycles = _locked_cycles(session, read)
    before = {cycle.id: snapshot(cycle.draft) for cycle in cycles}
    targets = _targets(session, read)
    _check_references(read, set(themes), set(resources), targets)
    touched: dict[int, Webinar] = {}
    imported = Imported(ignored={key for file in read for key in unknown_keys(file.content)})
    for file in read:
        renamed = _write_themes(session, file.content.themes, themes)
        touched |= webinars_on(session, renamed)
        imported.changed |= bool(renamed)
        imported.themes += len(file.content.themes)
    for file in read:
        imported.changed |= _write_resources(session, file.content.resources, themes, resources)
        imported.resources += len(file.content.resources)
    session.flush()
    for file in read:
        for table in file.content.webinars:
            imported.changed |= _write_details(
                session, table, targets[_identity(table)], resources, touched
            )
        imported.webinars += len(file.content.webinars)
    for cycle in cycles:
        record_edit(
            session,
            cycle=cycle,
            before=before[cycle.id],
            act=AuditAct.LIBRARY_IMPORTED,
            actor=actor,
            now=now,
        )
    for webinar in touched.values():
        mark_changed(webinar, now=now)
    if imported.changed:
        site.touch(session, now=now)
    session.flush()
    return imported


def _understand(files: Sequence[SourceFile]) -> list[_Read]:
    read: list[_Read] = []
    wrong: dict[str, list[Problem]] = {}
    for file in files:
        try:
            read.append(_Read(file.name, validate(LibraryFile, file.text), file.text))
        except WrongFile as error:
            wrong[file.name] = error.problems
    if wrong:
        raise WrongFiles(wrong)
    return read


Identity = tuple[str | None, int, str]
"""The cycle, where it is said; its year; the webinar."""


def _identity(table: DetailsTable) -> Identity:
    return table.cycle, table.date.year, table.webinar_slug


@dataclass(slots=True)
class _Target:
    """The rows of one webinar: drafted, published, or both."""

    cycle_id: int
    draft: DraftSession | None = None
    webinar: Webinar | None = None


def _locked_cycles(session: Session, read: Iterable[_Read]) -> Sequence[Cycle]:
    """The cycles that the files may speak of, so that acts on them follow each other."""
    years = {table.date.year for file in read for table in file.content.webinars}
    if not years:
        return ()
    return session.scalars(
        sa.select(Cycle)
        .where(Cycle.year.in_(years))
        .order_by(Cycle.id)
        .options(selectinload(Cycle.draft).selectinload(CycleDraft.sessions))
        .with_for_update(of=Cycle, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _targets(session: Session, read: Iterable[_Read]) -> dict[Identity, _Target]:
    """The webinars that tables may mean; where only the year is said, those of its first cycle."""
    wanted = {_identity(table) for file in read for table in file.content.webinars}
    found: dict[Identity, _Target] = {}
    if not wanted:
        return found
    years = {year for _, year, _ in wanted}
    slugs = {slug for _, _, slug in wanted}
    cycles = session.scalars(
        sa.select(Cycle).where(Cycle.year.in_(years)).order_by(Cycle.id.desc())
    )
    for cycle in cycles:
        drafted = session.scalars(
            sa.select(DraftSession).where(
                DraftSession.cycle_id == cycle.id, DraftSession.slug.in_(slugs)
            )
        )
        targets = {row.slug: _Target(cycle.id, draft=row) for row in drafted}
        for webinar in session.scalars(
            sa.select(Webinar).where(Webinar.cycle_id == cycle.id, Webinar.slug.in_(slugs))
        ):
            targets.setdefault(webinar.slug, _Target(cycle.id)).webinar = webinar
        for slug, target in targets.items():
            found[None, cycle.year, slug] = found[cycle.slug, cycle.year, slug] = target
    return found


def _check_references(
    read: Sequence[_Read],
    themes: set[str],
    resources: set[str],
    targets: dict[Identity, _Target],
) -> None:
    known_themes = themes | {t.slug for file in read for t in file.content.themes}
    known_resources = resources | {r.slug for file in read for r in file.content.resources}
    for kind in ("themes", "resources", "webinars"):
        _check_once(read, kind)
    for file in read:
        for index, resource in enumerate(file.content.resources):
            _check_resource(file, index, resource, known_themes, known_resources)
        for index, details in enumerate(file.content.webinars):
            _check_details(file, index, details, targets, known_resources)
    wrong = {file.name: file.problems for file in read if file.problems}
    if wrong:
        raise WrongFiles(wrong)


def _check_once(read: Sequence[_Read], kind: str) -> None:
    counts = Counter(_named(table) for file in read for table in getattr(file.content, kind))
    for file in read:
        for index, table in enumerate(getattr(file.content, kind)):
            if counts[_named(table)] > 1:
                file.wrong((kind, index, "slug"), f'"{table.slug}" is there more than once')


def _named(table: ThemeTable | ResourceTable | DetailsTable) -> tuple[str, str | None]:
    return table.slug, table.cycle if isinstance(table, DetailsTable) else None


def _check_resource(
    file: _Read, index: int, table: ResourceTable, themes: set[str], resources: set[str]
) -> None:
    for slug in table.themes:
        if slug not in themes:
            file.wrong(("resources", index, "themes"), f'there is no theme "{slug}"')
    if table.part_of and table.part_of not in resources:
        file.wrong(("resources", index, "part_of"), f'there is no resource "{table.part_of}"')


def _check_details(
    file: _Read,
    index: int,
    table: DetailsTable,
    targets: dict[Identity, _Target],
    resources: set[str],
) -> None:
    if _identity(table) not in targets:
        file.wrong(
            ("webinars", index, "slug"),
            f'there is no webinar "{table.webinar_slug}" in {_cycle_of(table)}: '
            "import the cycle first",
        )
    for number, reading in enumerate(table.further_reading):
        if reading.resource not in resources:
            file.wrong(
                ("webinars", index, "further_reading", number, "resource"),
                f'there is no resource "{reading.resource}"',
            )


def _cycle_of(table: DetailsTable) -> str:
    year = table.date.year
    return f'the cycle "{table.cycle}" of {year}' if table.cycle else f"a cycle of {year}"


def _write_themes(
    session: Session, tables: Sequence[ThemeTable], themes: dict[str, Theme]
) -> set[str]:
    """Write themes; the slugs of those that are new or say something else now."""
    changed: set[str] = set()
    for table in tables:
        values = {name: getattr(table, name) for name in THEME_FIELDS}
        theme = themes.get(table.slug)
        if theme is None:
            theme = Theme(slug=table.slug, position=_after(themes.values()), **values)
            themes[table.slug] = theme
            session.add(theme)
            changed.add(table.slug)
        elif assign(theme, values):
            changed.add(table.slug)
    return changed


def _after(rows: Iterable[Theme] | Iterable[Resource]) -> int:
    """The place behind the last one; some may have been removed in between."""
    return max((row.position for row in rows), default=0) + 1


def _write_resources(
    session: Session,
    tables: Sequence[ResourceTable],
    themes: dict[str, Theme],
    resources: dict[str, Resource],
) -> bool:
    changed = False
    place = _after(resources.values())
    for table in tables:
        values: dict[str, Any] = {name: getattr(table, name) for name in RESOURCE_FIELDS}
        values["step"] = STEPS[table.step] if table.step else None
        values["entry_point"] = ENTRY_POINTS[table.entry_point] if table.entry_point else None
        values["forthcoming"] = table.status == FORTHCOMING
        resource = resources.get(table.slug)
        if resource is None:
            resource = Resource(slug=table.slug, position=place, **values)
            resources[table.slug] = resource
            place += 1
            session.add(resource)
            changed = True
        else:
            changed |= assign(resource, values)
        wanted = [themes[slug] for slug in table.themes]
        if set(wanted) != set(resource.themes):
            resource.themes = wanted
            changed = True
    return changed


def _write_details(
    session: Session,
    table: DetailsTable,
    target: _Target,
    resources: dict[str, Resource],
    touched: dict[int, Webinar],
) -> bool:
    values = {name: getattr(table, name) for name in EDITORIAL_FIELDS}
    changed = False
    if target.draft is not None:
        changed |= assign(target.draft, values)
    if target.webinar is not None and assign(target.webinar, values):
        touched[target.webinar.id] = target.webinar
        changed = True
    wanted = [
        (reading.label, reading.context, resources[reading.resource].id)
        for reading in table.further_reading
    ]
    here = sa.and_(Reading.cycle_id == target.cycle_id, Reading.webinar_slug == table.webinar_slug)
    there = [
        (row.label, row.context, row.resource_id)
        for row in session.scalars(sa.select(Reading).where(here).order_by(Reading.position))
    ]
    if wanted == there:
        return changed
    session.execute(sa.delete(Reading).where(here))
    session.add_all(
        Reading(
            cycle_id=target.cycle_id,
            webinar_slug=table.webinar_slug,
            position=position,
            label=label,
            context=context,
            resource_id=resource_id,
        )
        for position, (label, context, resource_id) in enumerate(wanted, start=1)
    )
    return True
