"""Chapters of a replay and the resources that they mention: linked, unlinked, shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.errors import DomainError, NotFound
from webinars.domain.library import AS_LINES, ResourceView, resource_view
from webinars.domain.searching import contains
from webinars.models import (
    AuditAct,
    Chapter,
    Cycle,
    Reading,
    Replay,
    Resource,
    Theme,
    Webinar,
    chapter_resources,
)

MOST_HITS = 20
"""Resources that a search offers."""
MOST_OFFERED = 100
"""Resources of the theme that are offered without a search."""


class NoSuchResource(DomainError):
    """The library holds no resource of this slug."""


@dataclass(frozen=True, slots=True)
class ChapterMentions:
    """A chapter and the resources that it mentions."""

    id: int
    starts_at: int
    """Seconds from the beginning of the video."""
    title: str
    resources: tuple[ResourceView, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A resource that can be put beside a chapter."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class MentionsPage:
    """What organisers see of one webinar: its chapters, and what could stand beside them."""

    cycle_slug: str
    cycle_title: str
    webinar_slug: str
    webinar_title: str
    chapters: tuple[ChapterMentions, ...]
    pointed: tuple[Offer, ...]
    """Resources that the webinar points to."""
    of_theme: tuple[Offer, ...]
    """Further ones of its theme."""
    search: str
    hits: tuple[Offer, ...]
    """Further ones whose title has these words."""
    taken: Offer | None
    """What has just been taken away, and can be put back."""


def mentions_of(session: Session, *, webinar_id: int) -> tuple[ChapterMentions, ...]:
    """The chapters of a webinar that mention resources, in their order. At most two queries."""
    return tuple(one for one in _chapters(session, webinar_id) if one.resources)


def link_resource(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    chapter_id: int,
    resource_slug: str,
    actor: str,
    now: datetime,
) -> bool:
    """Put a resource beside a chapter. Whether it was not there yet.

    Raises NotFound for a chapter that is not of this webinar, NoSuchResource.
    """
    chapter, webinar = _locked(session, cycle_slug, webinar_slug, chapter_id)
    resource_id = held_resource(session, resource_slug)
    before = _slugs(session, chapter)
    if resource_slug in before:
        return False
    session.execute(
        sa.insert(chapter_resources).values(chapter_id=chapter.id, resource_id=resource_id)
    )
    _record(
        session,
        AuditAct.RESOURCE_LINKED,
        chapter,
        webinar,
        resource_slug=resource_slug,
        before=before,
        actor=actor,
        now=now,
    )
    return True


def unlink_resource(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    chapter_id: int,
    resource_slug: str,
    actor: str,
    now: datetime,
) -> bool:
    """Take a resource away from a chapter; it stays in the library. Whether it was there.

    Raises NotFound for a chapter that is not of this webinar, NoSuchResource.
    """
    chapter, webinar = _locked(session, cycle_slug, webinar_slug, chapter_id)
    resource_id = held_resource(session, resource_slug)
    before = _slugs(session, chapter)
    if resource_slug not in before:
        return False
    session.execute(
        sa.delete(chapter_resources).where(
            chapter_resources.c.chapter_id == chapter.id,
            chapter_resources.c.resource_id == resource_id,
        )
    )
    _record(
        session,
        AuditAct.RESOURCE_UNLINKED,
        chapter,
        webinar,
        resource_slug=resource_slug,
        before=before,
        actor=actor,
        now=now,
    )
    return True


def mentions_page(
    session: Session, *, cycle_slug: str, webinar_slug: str, search: str = "", taken: str = ""
) -> MentionsPage:
    """The chapters of a published webinar and what can be put beside them. Raises NotFound.

    ``taken`` is the slug of what has just been taken away. At most seven queries.
    """
    row = session.execute(
        sa.select(Webinar, Cycle)
        .join(Cycle)
        .where(Cycle.slug == cycle_slug, Cycle.revision > 0, Webinar.slug == webinar_slug)
    ).first()
    if row is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    webinar, cycle = row
    pointed = _offers(
        session,
        sa.select(Resource.slug, Resource.title)
        .join(Reading)
        .where(Reading.cycle_id == cycle.id, Reading.webinar_slug == webinar.slug)
        .order_by(Reading.position),
    )
    of_theme = _offers(
        session,
        sa.select(Resource.slug, Resource.title)
        .join(Resource.themes)
        .where(Theme.slug == webinar.theme_slug)
        .order_by(Resource.position)
        .limit(MOST_OFFERED),
        but=pointed,
    )
    return MentionsPage(
        cycle_slug=cycle.slug,
        cycle_title=cycle.title,
        webinar_slug=webinar.slug,
        webinar_title=webinar.title,
        chapters=_chapters(session, webinar.id),
        pointed=pointed,
        of_theme=of_theme,
        search=search,
        hits=_offers(
            session,
            sa.select(Resource.slug, Resource.title)
            .where(contains(session, Resource.title.expression, search))
            .order_by(Resource.position)
            .limit(MOST_HITS),
            but=(*pointed, *of_theme),
        )
        if search
        else (),
        taken=next(
            iter(
                _offers(
                    session,
                    sa.select(Resource.slug, Resource.title).where(Resource.slug == taken),
                )
            ),
            None,
        ),
    )


def _offers(
    session: Session, select: sa.Select[str, str], *, but: Sequence[Offer] = ()
) -> tuple[Offer, ...]:
    """Each once, and none that is offered already."""
    known = {offer.slug for offer in but}
    titles = {slug: title for slug, title in session.execute(select) if slug not in known}
    return tuple(Offer(slug, title) for slug, title in titles.items())


def _chapters(session: Session, webinar_id: int) -> tuple[ChapterMentions, ...]:
    """Every chapter, with what it mentions in the library's order. Two queries."""
    rows = session.execute(
        sa.select(Chapter.id, Chapter.starts_at, Chapter.title, Resource)
        .join(Replay, Replay.id == Chapter.replay_id)
        .outerjoin(chapter_resources, chapter_resources.c.chapter_id == Chapter.id)
        .outerjoin(Resource, Resource.id == chapter_resources.c.resource_id)
        .where(Replay.webinar_id == webinar_id)
        .order_by(Chapter.starts_at, Resource.position)
        .options(*AS_LINES)
    )
    found: dict[int, tuple[int, str, list[ResourceView]]] = {}
    for id_, starts_at, title, resource in rows:
        _, _, resources = found.setdefault(id_, (starts_at, title, []))
        if resource is not None:
            resources.append(resource_view(resource))
    return tuple(
        ChapterMentions(id_, starts_at, title, tuple(resources))
        for id_, (starts_at, title, resources) in found.items()
    )


def _locked(
    session: Session, cycle_slug: str, webinar_slug: str, chapter_id: int
) -> tuple[Chapter, Webinar]:
    """A chapter of this published webinar, and of no other. Raises NotFound."""
    row = session.execute(
        sa.select(Chapter, Webinar)
        .join(Replay, Replay.id == Chapter.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            Chapter.id == chapter_id,
            Cycle.slug == cycle_slug,
            Cycle.revision > 0,
            Webinar.slug == webinar_slug,
        )
        .with_for_update(of=Chapter)
    ).first()
    if row is None:
        raise NotFound(chapter_id)
    return row[0], row[1]


def held_resource(session: Session, slug: str) -> int:
    """The id of a resource, which stays in the library until the end. Raises NoSuchResource."""
    found = session.scalar(
        sa.select(Resource.id)
        .where(Resource.slug == slug)
        .with_for_update(read=True, key_share=True)
    )
    if found is None:
        raise NoSuchResource(slug)
    return found


def _slugs(session: Session, chapter: Chapter) -> list[str]:
    """What stands beside a chapter, in the library's order."""
    rows = session.scalars(
        sa.select(Resource.slug)
        .join(chapter_resources, chapter_resources.c.resource_id == Resource.id)
        .where(chapter_resources.c.chapter_id == chapter.id)
        .order_by(Resource.position)
    )
    return list(rows)


def _record(
    session: Session,
    act: AuditAct,
    chapter: Chapter,
    webinar: Webinar,
    *,
    resource_slug: str,
    before: list[str],
    actor: str,
    now: datetime,
) -> None:
    named = {"starts_at": chapter.starts_at, "chapter": chapter.title}
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        subject=resource_slug,
        before={**named, "resources": before},
        after={**named, "resources": _slugs(session, chapter)},
    )
    site.touch(session, now=now)
    session.flush()
