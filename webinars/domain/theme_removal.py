"""A theme taken out of the library, with all that hangs on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.library_rows import InUse, mark_of, record_change
from webinars.domain.theme_edit import find_theme, said_of
from webinars.models import (
    AuditAct,
    Cycle,
    DraftSession,
    FollowedTheme,
    Resource,
    Theme,
    Webinar,
    resource_themes,
)


@dataclass(frozen=True, slots=True)
class OnTheme:
    """A webinar on a theme, by what its organisers have drafted, else by its public page."""

    cycle: str
    """Slug."""
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class ThemeRemoval:
    """What becomes of it all if the theme goes."""

    slug: str
    title: str
    webinars: tuple[OnTheme, ...]
    """They keep it in the library: on their pages it would be a dead word."""
    resources: tuple[str, ...]
    """Titles; they stay, without it."""
    followers: int
    """People who are to be told of its webinars, and are not any more."""
    mark: str
    """Of all this; another one says that it is not what the organiser saw."""


def theme_removal(session: Session, *, slug: str) -> ThemeRemoval:
    """What the confirmation names. Raises NotFound. Four queries."""
    return _removal(session, find_theme(session, slug))[0]


def remove_theme(session: Session, *, slug: str, seen: str, actor: str, now: datetime) -> None:
    """Take a theme out, away from its resources, and with it that people follow it.

    ``seen`` is the mark of what the organiser saw. Raises NotFound, InUse, ChangedMeanwhile.
    """
    theme = find_theme(session, slug, locked=True)
    found, before = _removal(session, theme)
    if found.webinars:
        raise InUse(slug)
    if seen != found.mark:
        raise ChangedMeanwhile(slug)
    session.execute(sa.delete(FollowedTheme).where(FollowedTheme.theme_slug == slug))
    session.delete(theme)
    record_change(
        session,
        act=AuditAct.THEME_REMOVED,
        slug=slug,
        before=before,
        after={},
        actor=actor,
        now=now,
    )


def _removal(session: Session, theme: Theme) -> tuple[ThemeRemoval, Mapping[str, Any]]:
    """What hangs on it, and how the trail keeps that."""
    webinars = _webinars(session, theme.slug)
    resources = session.execute(
        sa.select(Resource.slug, Resource.title)
        .join(resource_themes, resource_themes.c.resource_id == Resource.id)
        .where(resource_themes.c.theme_id == theme.id)
        .order_by(Resource.position)
    ).all()
    followers = session.scalars(
        sa.select(sa.func.count()).where(FollowedTheme.theme_slug == theme.slug)
    ).one()
    said = said_of(theme) | {
        "resources": [slug for slug, _ in resources],
        "followers": followers,
    }
    return (
        ThemeRemoval(
            slug=theme.slug,
            title=theme.title,
            webinars=webinars,
            resources=tuple(title for _, title in resources),
            followers=followers,
            mark=mark_of(said),
        ),
        said,
    )


def _webinars(session: Session, slug: str) -> tuple[OnTheme, ...]:
    """One query."""
    public = sa.select(sa.literal(0), Cycle.slug, Webinar.slug, Webinar.title).join(
        Webinar, Webinar.cycle_id == Cycle.id
    )
    drafted = sa.select(sa.literal(1), Cycle.slug, DraftSession.slug, DraftSession.title).join(
        DraftSession, DraftSession.cycle_id == Cycle.id
    )
    uses = session.execute(
        sa.union_all(
            public.where(Webinar.theme_slug == slug), drafted.where(DraftSession.theme_slug == slug)
        ).order_by(sa.literal_column("1"))
    )
    titles = {(cycle, webinar): title for _, cycle, webinar, title in uses}
    return tuple(OnTheme(*use, titles[use]) for use in sorted(titles))
