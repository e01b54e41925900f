"""Reading the library's files into the database: all of them, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.details_import import check_details, write_details
from webinars.domain.editing import Editor
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
from webinars.domain.library_rows import note_change, put_document
from webinars.domain.planning import assign, record_edit
from webinars.domain.publication import mark_changed
from webinars.domain.question_import import check_questions, write_questions
from webinars.domain.replay_import import check_replays, write_replays
from webinars.domain.snapshots import snapshot
from webinars.domain.tomlfile import unknown_keys
from webinars.domain.uploads import in_trail
from webinars.models import AuditAct, Resource, Theme

NOTHING_BESIDE = Beside()
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

    Texts of webinars go both into the draft, as an act of its own, and, where the webinar is
    published, into public. ``beside`` is what the edge found where the files name others.
    Raises WrongFiles, ChangedMeanwhile; then nothing is written.
    """
    read = understand(files)
    editor = Editor(actor, now)
    held = hold(session, read)
    before = {cycle.id: snapshot(cycle.draft) for cycle in held.cycles}
    _check(read, held, beside=beside, editor=editor)
    changed = _write_library(session, read, held, beside=beside, editor=editor)
    for cycle in held.cycles:
        record_edit(
            session,
            cycle=cycle,
            before=before[cycle.id],
            act=AuditAct.LIBRARY_IMPORTED,
            actor=actor,
            now=now,
        )
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
    session.flush()
    if changed:
        site.touch(session, now=now)  # the last lock, which the acts of the desk wait for
    return Imported(
        **{kind: sum(len(getattr(one.content, kind)) for one in read) for kind in KINDS},
        changed=changed,
        ignored=frozenset(key for one in read for key in unknown_keys(one.content)),
    )


def _write_library(
    session: Session, read: Sequence[ReadFile], held: Held, *, beside: Beside, editor: Editor
) -> bool:
    """Themes, resources and details of webinars; whether anything is new."""
    renamed = _write_themes(session, read, held.themes)
    touched = {one.id: one for one in held.webinars if one.theme_slug in renamed}
    changed = _write_resources(
        session, read, held.themes, held.resources, beside=beside, editor=editor
    )
    session.flush()
    changed |= write_details(session, read, held.details, held.resources, touched)
    for webinar in touched.values():
        mark_changed(webinar, now=editor.now)
    return bool(renamed) or changed


def _check(read: Sequence[ReadFile], held: Held, *, beside: Beside, editor: Editor) -> None:
    known_themes = set(held.themes) | {one.table.slug for one in placed(read, ThemeTable)}
    known = set(held.resources) | {one.table.slug for one in placed(read, ResourceTable)}
    check_once(read, ThemeTable, "slug", lambda table: table.slug)
    check_once(read, ResourceTable, "slug", lambda table: table.slug)
    check_once(read, DetailsTable, "slug", lambda table: (table.slug, table.cycle))
    for resource in placed(read, ResourceTable):
        _check_resource(resource, known_themes, known, beside)
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


def _write_themes(session: Session, read: Sequence[ReadFile], themes: dict[str, Theme]) -> set[str]:
    """Write themes; the slugs of those that are new or say something else now."""
    changed: set[str] = set()
    for one in placed(read, ThemeTable):
        table = one.table
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
    read: Sequence[ReadFile],
    themes: dict[str, Theme],
    resources: dict[str, Resource],
    *,
    beside: Beside,
    editor: Editor,
) -> bool:
    changed = False
    place = _after(resources.values())
    for one in placed(read, ResourceTable):
        table = one.table
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
        wanted = [themes[slug] for slug in dict.fromkeys(table.themes)]
        if set(wanted) != set(resource.themes):
            resource.themes = wanted
            changed = True
        changed |= _write_document(session, one, resource, beside, editor)
    return changed


def _write_document(
    session: Session,
    one: Placed[ResourceTable],
    resource: Resource,
    beside: Beside,
    editor: Editor,
) -> bool:
    file = beside.new(document_of(one), resource.document)
    if file is None:
        return False
    before = in_trail(resource.document)
    put_document(session, resource, file=file, now=editor.now)
    note_change(
        session,
        act=AuditAct.RESOURCE_EDITED,
        slug=resource.slug,
        before={"document": before},
        after={"document": in_trail(file)},
        actor=editor.actor,
        now=editor.now,
    )
    return True
