"""Reading the library's files into the database: all of them, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.details_import import check_details, write_details
from webinars.domain.editing import Editor
from webinars.domain.errors import DomainError
from webinars.domain.library_beside import Beside, document_of
from webinars.domain.library_files import (
    ENTRY_POINTS,
    FORTHCOMING,
    KINDS,
    STEPS,
    DetailsTable,
    ResourceTable,
    ThemeTable,
)
from webinars.domain.library_locks import Held, hold
from webinars.domain.library_reading import (
    Placed,
    ReadFile,
    SourceFile,
    check_once,
    placed,
    refuse_wrong,
    understand,
)
from webinars.domain.library_rows import put_document
from webinars.domain.planning import assign, record_edit
from webinars.domain.publication import mark_changed
from webinars.domain.question_import import check_questions, write_questions
from webinars.domain.replay_import import check_replays, write_replays
from webinars.domain.snapshots import snapshot
from webinars.domain.tomlfile import unknown_keys
from webinars.domain.uploads import in_trail
from webinars.models import AuditAct, Resource, Theme, Webinar

NOTHING_BESIDE = Beside()
ADDRESSES = ("uq_themes_slug", "uq_resources_slug")
"""The constraints that let an address stand once."""


class AddedMeanwhile(DomainError):
    """Somebody else has just added a theme or a resource of the same address."""


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
class Imported:
    """What the files held, and whether anything is new."""

    themes: int = 0
    resources: int = 0
    webinars: int = 0
    replays: int = 0
    questions: int = 0
    changed: bool = False
    ignored: frozenset[str] = frozenset()
    """Keys that are not read."""


@dataclass(slots=True)
class Differing:
    """What an import makes of themes and resources, for the trail: kind, slug, what differs."""

    before: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    after: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def new(self, kind: str, slug: str, title: str) -> None:
        """It was not there; the rest of it stands in the library."""
        self.after.setdefault(kind, {})[slug] = {"title": title}

    def note(
        self, kind: str, slug: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """It was there, and may be another now."""
        names = [name for name in after if before[name] != after[name]]
        if names and slug not in self.after.get(kind, {}):
            self.before.setdefault(kind, {})[slug] = {name: before[name] for name in names}
            self.after.setdefault(kind, {})[slug] = {name: after[name] for name in names}


def import_library(
    session: Session,
    *,
    files: Sequence[SourceFile],
    now: datetime,
    beside: Beside = NOTHING_BESIDE,
    actor: str = audit.COMMAND_LINE,
) -> Imported:
    """Read themes, resources, details of webinars, replays and questions, each table whole.

    Reading twice changes nothing. Files may name what another file of the same call brings.
    A key that a table leaves out says that there is nothing; but for ``document``: a resource
    keeps its uploaded document until another one is named or the desk takes it away, and what
    has no table is left alone. So files from before they knew documents take none away.

    What changes of themes and resources is one act in the trail. Texts of webinars go both into
    the draft, as an act of its own, and, where the webinar is published, into public. ``beside`` is
    what the edge found where the files name others.
    Raises WrongFiles, ChangedMeanwhile, AddedMeanwhile; then nothing is written.
    """
    read = understand(files)
    editor = Editor(actor, now)
    held = hold(session, read)
    _check(read, held, beside=beside, editor=editor)
    changed = _write(session, read, held, beside=beside, editor=editor)
    session.flush()
    if changed:
        site.touch(session, now=now)  # the last lock, which the acts of the desk wait for
    return Imported(
        **{kind: sum(len(getattr(one.content, kind)) for one in read) for kind in KINDS},
        changed=changed,
        ignored=frozenset(key for one in read for key in unknown_keys(one.content)),
    )


def _write(
    session: Session, read: Sequence[ReadFile], held: Held, *, beside: Beside, editor: Editor
) -> bool:
    """All that they say; whether anything is new."""
    changed = _write_library(session, read, held, beside=beside, editor=editor)
    changed |= _write_details(session, read, held, editor)
    changed |= write_replays(
        session, read, held.targets, resources=held.resources, beside=beside, editor=editor
    )
    changed |= write_questions(
        session,
        read,
        held.targets,
        questions=held.questions,
        resources=held.resources,
        editor=editor,
    )
    return changed


def _write_library(
    session: Session, read: Sequence[ReadFile], held: Held, *, beside: Beside, editor: Editor
) -> bool:
    """Themes and resources, as one act: a library of hundreds is one line of the history."""
    differing = Differing()
    try:
        _write_themes(session, read, held.themes, differing)
        for webinar in held.webinars:
            if webinar.theme_slug in differing.after.get("themes", {}):
                mark_changed(webinar, now=editor.now)
        _write_resources(session, read, held, differing, beside=beside, now=editor.now)
        session.flush()
    except IntegrityError as error:  # what was there is held: these were not there yet
        if not any(name in str(error.orig) for name in ADDRESSES):
            raise
        raise AddedMeanwhile from error
    if differing.after:
        audit.record(
            session,
            actor=editor.actor,
            act=AuditAct.LIBRARY_IMPORTED,
            now=editor.now,
            before=differing.before,
            after=differing.after,
        )
    return bool(differing.after)


def _write_details(session: Session, read: Sequence[ReadFile], held: Held, editor: Editor) -> bool:
    before = {cycle.id: snapshot(cycle.draft) for cycle in held.cycles}
    touched: dict[int, Webinar] = {}
    changed = write_details(session, read, held.details, held.resources, touched)
    for cycle in held.cycles:
        record_edit(
            session,
            cycle=cycle,
            before=before[cycle.id],
            act=AuditAct.LIBRARY_IMPORTED,
            actor=editor.actor,
            now=editor.now,
        )
    for webinar in touched.values():
        mark_changed(webinar, now=editor.now)
    return changed


def _check(read: Sequence[ReadFile], held: Held, *, beside: Beside, editor: Editor) -> None:
    known_themes = set(held.themes) | {one.table.slug for one in placed(read, ThemeTable)}
    known = set(held.resources) | {one.table.slug for one in placed(read, ResourceTable)}
    check_once(read, ThemeTable, "slug", lambda table: table.slug)
    check_once(read, ResourceTable, "slug", lambda table: table.slug)
    check_once(read, DetailsTable, "slug", lambda table: (table.slug, table.cycle))
    for resource in placed(read, ResourceTable):
        _check_resource(resource, known_themes, known, beside)
    _check_wholes(read, held)
    for details in placed(read, DetailsTable):
        check_details(details, held.details, known)
    check_replays(read, held.targets, resources=known, beside=beside, editor=editor)
    check_questions(read, held.targets, resources=known, editor=editor)
    refuse_wrong(read)


def _check_resource(
    one: Placed[ResourceTable], themes: set[str], resources: set[str], beside: Beside
) -> None:
    table = one.table
    for slug in table.themes:
        if slug not in themes:
            one.wrong("themes", f'there is no theme "{slug}"')
    if table.part_of and table.part_of not in resources:
        one.wrong("part_of", f'there is no resource "{table.part_of}"')
    named = document_of(one)
    if named is None and table.document_name is not None:
        one.wrong("document_name", "it is the name of document, which is not there")
    if named is not None and (problem := beside.problem(named)) is not None:
        one.wrong("document", problem)


def _check_wholes(read: Sequence[ReadFile], held: Held) -> None:
    """No resource is a part of itself, or of what is a part of it once the files are read."""
    wholes = {slug: resource.part_of for slug, resource in held.resources.items()}
    wholes |= {one.table.slug: one.table.part_of for one in placed(read, ResourceTable)}
    for one in placed(read, ResourceTable):
        slug, above = one.table.slug, one.table.part_of
        if above == slug:
            one.wrong("part_of", "a resource is no part of itself")
            continue
        passed: set[str] = set()
        while above is not None and above != slug and above not in passed:
            passed.add(above)
            above = wholes.get(above)
        if above == slug:
            one.wrong("part_of", f'"{one.table.part_of}" is itself a part of "{slug}"')


def _write_themes(
    session: Session, read: Sequence[ReadFile], themes: dict[str, Theme], differing: Differing
) -> None:
    for one in placed(read, ThemeTable):
        slug = one.table.slug
        values = {name: getattr(one.table, name) for name in THEME_FIELDS}
        theme = themes.get(slug)
        if theme is None:
            themes[slug] = Theme(slug=slug, position=_after(themes.values()), **values)
            session.add(themes[slug])
            differing.new("themes", slug, one.table.title)
        else:
            before = {name: getattr(theme, name) for name in values}
            assign(theme, values)
            differing.note("themes", slug, before, values)


def _after(rows: Iterable[Theme] | Iterable[Resource]) -> int:
    """The place behind the last one; some may have been removed in between."""
    return max((row.position for row in rows), default=0) + 1


def _write_resources(
    session: Session,
    read: Sequence[ReadFile],
    held: Held,
    differing: Differing,
    *,
    beside: Beside,
    now: datetime,
) -> None:
    place = _after(held.resources.values())
    for one in placed(read, ResourceTable):
        slug = one.table.slug
        values = _values(one.table)
        resource = held.resources.get(slug)
        if resource is None:
            resource = Resource(slug=slug, position=place, **values)
            held.resources[slug] = resource
            place += 1
            session.add(resource)
            differing.new("resources", slug, one.table.title)
        before = {name: getattr(resource, name) for name in values} | _beside(resource)
        assign(resource, values)
        wanted = [held.themes[theme] for theme in dict.fromkeys(one.table.themes)]
        if set(wanted) != set(resource.themes):
            resource.themes = wanted
        file = beside.new(document_of(one), resource.document)
        if file is not None:
            put_document(session, resource, file=file, now=now)
        differing.note("resources", slug, before, values | _beside(resource))


def _values(table: ResourceTable) -> dict[str, Any]:
    return {name: getattr(table, name) for name in RESOURCE_FIELDS} | {
        "step": STEPS[table.step] if table.step else None,
        "entry_point": ENTRY_POINTS[table.entry_point] if table.entry_point else None,
        "forthcoming": table.status == FORTHCOMING,
    }


def _beside(resource: Resource) -> dict[str, Any]:
    """Its themes and its document, as the trail keeps them."""
    themes = sorted(resource.themes, key=lambda theme: (theme.position, theme.slug))
    return {
        "themes": [theme.slug for theme in themes],
        "document": in_trail(resource.document),
    }
