"""Adding a resource and editing it, one at a time, by hand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.errors import ChangedMeanwhile, DomainError, NotFound
from webinars.domain.library_rows import mark_of, put_document, put_last, record_change
from webinars.domain.planning import assign
from webinars.domain.uploads import FileView, NewFile, in_trail, optional_view
from webinars.models import AuditAct, EntryPoint, Resource, Step, Theme

KEPT = (
    "title",
    "kind",
    "publishers",
    "audience",
    "year",
    "step",
    "entry_point",
    "section",
    "url",
    "forthcoming",
    "other_titles",
    "authors",
    "partners",
    "month",
    "edition",
    "part_of",
)
"""What is edited here, but for the themes; where a resource is named comes from files."""
LISTS = ("publishers", "audience", "other_titles", "authors", "partners")
"""Of what is kept."""


class NoSuchTheme(DomainError):
    """The library holds no theme of this slug."""


class NoSuchWhole(DomainError):
    """The library holds no resource of this slug of which another one could be a part."""


class PartOfItself(DomainError):
    """A resource would be a part of itself, or of what is a part of it."""


@dataclass(frozen=True, slots=True)
class ResourceFields:
    """What is said of a resource by hand."""

    title: str
    kind: str
    publishers: Sequence[str] = ()
    audience: Sequence[str] = ()
    year: int | None = None
    step: Step | None = None
    entry_point: EntryPoint | None = None
    section: str | None = None
    """The printed sub-heading within the entry point."""
    url: str | None = None
    forthcoming: bool = False
    """It is announced, and not there yet."""
    other_titles: Sequence[str] = ()
    authors: Sequence[str] = ()
    partners: Sequence[str] = ()
    month: int | None = None
    """From 1 to 12, of the year."""
    edition: str | None = None
    """The printed form of the date, where it is not a plain one."""
    part_of: str | None = None
    """Slug of the resource that it is a part of."""
    themes: Sequence[str] = ()
    """Slugs."""


@dataclass(frozen=True, slots=True)
class EditedResource:
    """A resource as its form holds it."""

    slug: str
    fields: ResourceFields
    document: FileView | None
    mark: str
    """Of its state; another one says that somebody was faster."""


def edited_resource(session: Session, *, slug: str) -> EditedResource:
    """What the form begins with. Raises NotFound."""
    resource = find_resource(session, slug)
    said = said_of(resource)
    mark = mark_of(said)
    del said["document"]
    return EditedResource(slug, ResourceFields(**said), optional_view(resource.document), mark)


def add_resource(
    session: Session,
    *,
    fields: ResourceFields,
    actor: str,
    now: datetime,
    document: NewFile | None = None,
) -> str:
    """Put a resource at the end of the library; its slug, made of its title.

    Raises NoSuchTheme, NoSuchWhole.
    """
    themes = _themes(session, fields.themes)
    if fields.part_of is not None:
        _hold_whole(session, fields.part_of)
    resource = put_last(session, Resource, values=_values(fields) | {"also_in": []})
    resource.themes = themes
    if document is not None:
        put_document(session, resource, file=document, now=now)
    session.flush()
    _record(session, AuditAct.RESOURCE_ADDED, resource, before={}, actor=actor, now=now)
    return resource.slug


def edit_resource(
    session: Session,
    *,
    slug: str,
    fields: ResourceFields,
    seen: str,
    actor: str,
    now: datetime,
    document: NewFile | None = None,
    keeps_document: bool = True,
) -> bool:
    """Change what is said of a resource; its address stays. Whether anything is new.

    A document takes the place of the one that there is; without a new one that stays, unless it
    is not to be kept. ``seen`` is the mark that the organiser saw.
    Raises NotFound, ChangedMeanwhile, NoSuchTheme, NoSuchWhole, PartOfItself.
    """
    held = _hold_wholes(session, slug, of=fields.part_of)
    resource = find_resource(session, slug, locked=True)
    before = said_of(resource)
    if seen != mark_of(before):
        raise ChangedMeanwhile(slug)
    themes = _themes(session, fields.themes)
    if fields.part_of is not None and fields.part_of != resource.part_of:
        _can_be_part(session, slug, of=fields.part_of, held=held)
    changed = assign(resource, _values(fields))
    if set(themes) != set(resource.themes):
        resource.themes = themes
        changed = True
    if document is not None or (resource.document is not None and not keeps_document):
        put_document(session, resource, file=document, now=now)
        changed = True
    if changed:
        session.flush()
        session.expire(resource, ["themes"])  # in the library's order
        _record(session, AuditAct.RESOURCE_EDITED, resource, before=before, actor=actor, now=now)
    return changed


def find_resource(session: Session, slug: str, *, locked: bool = False) -> Resource:
    """Its row, with its themes. Raises NotFound."""
    select = sa.select(Resource).where(Resource.slug == slug).options(selectinload(Resource.themes))
    if locked:
        select = select.with_for_update(of=Resource).execution_options(populate_existing=True)
    resource = session.scalar(select)
    if resource is None:
        raise NotFound(slug)
    return resource


def _themes(session: Session, slugs: Sequence[str]) -> list[Theme]:
    wanted = set(slugs)
    found = session.scalars(
        sa.select(Theme).where(Theme.slug.in_(wanted)).order_by(Theme.position)
    ).all()
    missing = wanted - {theme.slug for theme in found}
    if missing:
        raise NoSuchTheme(", ".join(sorted(missing)))
    return list(found)


def _hold_wholes(session: Session, slug: str, *, of: str | None) -> set[str]:
    """Lock a resource with all that it would be a part of, in the order of an import.

    Two that each become a part of the other wait for each other there. The slugs of the wholes.
    """
    wholes = set(_wholes(session, of))
    session.execute(
        sa.select(Resource.id)
        .where(Resource.slug.in_({slug, *wholes}))
        .order_by(Resource.id)
        .with_for_update(key_share=True)
    ).all()
    return wholes


def _can_be_part(session: Session, slug: str, *, of: str, held: set[str]) -> None:
    """Of any but itself and its own parts.

    Raises NoSuchWhole, PartOfItself, ChangedMeanwhile when other wholes stand above than were held.
    """
    wholes = list(_wholes(session, of))
    if of not in wholes:
        raise NoSuchWhole(of)
    if slug in wholes:
        raise PartOfItself(slug)
    if not held.issuperset(wholes):
        raise ChangedMeanwhile(slug)


def _wholes(session: Session, slug: str | None) -> Iterator[str]:
    """This resource, what it is a part of, and so on; files of old could make a circle of it."""
    seen: set[str] = set()
    while slug is not None and slug not in seen:
        row = session.execute(sa.select(Resource.part_of).where(Resource.slug == slug)).first()
        if row is None:
            return
        seen.add(slug)
        yield slug
        slug = row.part_of


def _hold_whole(session: Session, slug: str) -> None:
    """It stays until this transaction ends. Raises NoSuchWhole."""
    held = sa.select(Resource.id).where(Resource.slug == slug)
    if session.scalar(held.with_for_update(read=True, key_share=True)) is None:
        raise NoSuchWhole(slug)


def _values(fields: ResourceFields) -> dict[str, Any]:
    values = {name: getattr(fields, name) for name in KEPT}
    return values | {name: list(values[name]) for name in LISTS}


def said_of(resource: Resource) -> dict[str, Any]:
    """What is edited by hand, as the trail keeps it."""
    values = {name: getattr(resource, name) for name in KEPT}
    return values | {
        "themes": [theme.slug for theme in resource.themes],
        "document": in_trail(resource.document),
    }


def _record(
    session: Session,
    act: AuditAct,
    resource: Resource,
    *,
    before: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> None:
    record_change(
        session,
        act=act,
        slug=resource.slug,
        before=before,
        after=said_of(resource),
        actor=actor,
        now=now,
    )
