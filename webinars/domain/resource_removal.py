"""A resource taken out of the library, with all that points to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.library_rows import InUse, mark_of, record_change
from webinars.domain.resource_edit import find_resource, said_of
from webinars.domain.uploads import drop_file
from webinars.models import (
    AuditAct,
    Chapter,
    Cycle,
    DraftSession,
    Question,
    Reading,
    Replay,
    Resource,
    Webinar,
    chapter_resources,
    question_resources,
)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something that points to a resource, by its webinar and its own words."""

    id: int
    cycle: str
    """Slug."""
    webinar: str
    """Title; where nobody knows the webinar any more, its slug."""
    words: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What becomes of it all if the resource goes."""

    slug: str
    title: str
    readings: tuple[Pointer, ...]
    """They keep it in the library."""
    chapters: tuple[Pointer, ...]
    questions: tuple[Pointer, ...]
    parts: tuple[str, ...]
    """Titles of the resources that are parts of it; they stay."""
    document: str | None
    """Name of its file, which goes."""
    mark: str
    """Of all this; another one says that it is not what the organiser saw."""


def removal(session: Session, *, slug: str) -> Removal:
    """What the confirmation names. Raises NotFound. Six queries, seven with a document."""
    return _removal(session, find_resource(session, slug))


def remove_resource(session: Session, *, slug: str, seen: str, actor: str, now: datetime) -> None:
    """Take a resource out, away from its chapters and questions, with its counts and its document.

    What was a part of it stands by itself. ``seen`` is the mark of what the organiser saw.
    Raises NotFound, InUse (by readings of webinars), ChangedMeanwhile.
    """
    _hold(session, slug)
    resource = find_resource(session, slug, locked=True)
    found = _removal(session, resource)
    if found.readings:
        raise InUse(slug)
    if seen != found.mark:
        raise ChangedMeanwhile(slug)
    before = said_of(resource) | {
        "chapters": _ids(found.chapters),
        "questions": _ids(found.questions),
        "parts": list(found.parts),
    }
    document = resource.document
    session.execute(sa.update(Resource).where(Resource.part_of == slug).values(part_of=None))
    session.delete(resource)
    drop_file(session, upload=document, now=now)
    record_change(
        session,
        act=AuditAct.RESOURCE_REMOVED,
        slug=slug,
        before=before,
        after={},
        actor=actor,
        now=now,
    )


def _hold(session: Session, slug: str) -> None:
    """With its parts, in the order in which an import takes them."""
    session.execute(
        sa.select(Resource.id)
        .where(sa.or_(Resource.slug == slug, Resource.part_of == slug))
        .order_by(Resource.id)
        .with_for_update()
    ).all()


def _removal(session: Session, resource: Resource) -> Removal:
    readings = _readings(session, resource)
    chapters = _chapters(session, resource)
    questions = _questions(session, resource)
    parts = session.scalars(
        sa.select(Resource.title)
        .where(Resource.part_of == resource.slug, Resource.id != resource.id)
        .order_by(Resource.position)
    ).all()
    said = said_of(resource) | {
        "readings": _ids(readings),
        "chapters": _ids(chapters),
        "questions": _ids(questions),
        "parts": list(parts),
    }
    return Removal(
        slug=resource.slug,
        title=resource.title,
        readings=readings,
        chapters=chapters,
        questions=questions,
        parts=tuple(parts),
        document=resource.document.name if resource.document else None,
        mark=mark_of(said),
    )


def _readings(session: Session, resource: Resource) -> tuple[Pointer, ...]:
    draft = sa.and_(
        DraftSession.cycle_id == Reading.cycle_id, DraftSession.slug == Reading.webinar_slug
    )
    public = sa.and_(Webinar.cycle_id == Reading.cycle_id, Webinar.slug == Reading.webinar_slug)
    title = sa.func.coalesce(Webinar.title, DraftSession.title, Reading.webinar_slug)
    return _pointers(
        session,
        sa.select(Reading.id, Cycle.slug, title, Reading.label)
        .join(Cycle, Cycle.id == Reading.cycle_id)
        .outerjoin(DraftSession, draft)
        .outerjoin(Webinar, public)
        .where(Reading.resource_id == resource.id)
        .order_by(Cycle.year, Reading.webinar_slug, Reading.position),
    )


def _chapters(session: Session, resource: Resource) -> tuple[Pointer, ...]:
    """Those of replays that are only prepared, too."""
    return _pointers(
        session,
        sa.select(Chapter.id, Cycle.slug, Webinar.title, Chapter.title)
        .join(chapter_resources, chapter_resources.c.chapter_id == Chapter.id)
        .join(Replay, Replay.id == Chapter.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(chapter_resources.c.resource_id == resource.id)
        .order_by(Webinar.starts_at, Chapter.starts_at, Chapter.id),
    )


def _questions(session: Session, resource: Resource) -> tuple[Pointer, ...]:
    """Those that are not public, too."""
    words = sa.func.coalesce(Question.published_text, Question.text)
    return _pointers(
        session,
        sa.select(Question.id, Cycle.slug, Webinar.title, words)
        .join(question_resources, question_resources.c.question_id == Question.id)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(question_resources.c.resource_id == resource.id)
        .order_by(Webinar.starts_at, Question.id),
    )


def _pointers(session: Session, select: sa.Select[int, str, str, str]) -> tuple[Pointer, ...]:
    return tuple(Pointer(*row) for row in session.execute(select))


def _ids(pointers: Sequence[Pointer]) -> list[int]:
    return [one.id for one in pointers]
