"""Themes by hand: the list of them, adding one and editing it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.library_rows import mark_of, put_last, record_change
from webinars.domain.planning import assign
from webinars.domain.programme import ThemeView, theme_view
from webinars.domain.publication import mark_changed
from webinars.models import AuditAct, DraftSession, Theme, Webinar, resource_themes

KEPT = ("title", "questions", "platform_answers")
"""What is edited here; the rest of a theme comes from files."""


@dataclass(frozen=True, slots=True)
class ThemeFields:
    """What is said of a theme by hand."""

    title: str
    questions: Sequence[str] = ()
    """Those that territories ask."""
    platform_answers: Sequence[str] = ()
    """What the platform proposes."""


@dataclass(frozen=True, slots=True)
class EditedTheme:
    """A theme as its form holds it."""

    slug: str
    fields: ThemeFields
    mark: str
    """Of its state; another one says that somebody was faster."""


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """A theme of the list, with what is on it."""

    theme: ThemeView
    webinars: int
    """Of all cycles, drafted or public."""
    resources: int
    questions: int


def theme_lines(session: Session) -> tuple[ThemeLine, ...]:
    """Every theme in the library's order. Three queries."""
    kits = _numbers(
        session,
        sa.select(resource_themes.c.theme_id, sa.func.count()).group_by(resource_themes.c.theme_id),
    )
    on = sa.union(
        sa.select(DraftSession.theme_slug, DraftSession.cycle_id, DraftSession.slug),
        sa.select(Webinar.theme_slug, Webinar.cycle_id, Webinar.slug),
    ).subquery()
    webinars = _numbers(
        session, sa.select(on.c.theme_slug, sa.func.count()).group_by(on.c.theme_slug)
    )
    return tuple(
        ThemeLine(
            theme_view(theme),
            webinars.get(theme.slug, 0),
            kits.get(theme.id, 0),
            len(theme.questions),
        )
        for theme in session.scalars(sa.select(Theme).order_by(Theme.position))
    )


def _numbers(session: Session, select: sa.Select[Any, int]) -> dict[Any, int]:
    found: dict[Any, int] = dict(session.execute(select).all())
    return found


def edited_theme(session: Session, *, slug: str) -> EditedTheme:
    """What the form begins with. Raises NotFound."""
    said = _said(_find(session, slug))
    return EditedTheme(slug, ThemeFields(**said), mark_of(said))


def add_theme(session: Session, *, fields: ThemeFields, actor: str, now: datetime) -> str:
    """Put a theme at the end of the library; its slug, made of its title."""
    theme = put_last(
        session, Theme, values={**_values(fields), "other_titles": [], "seven_needs": False}
    )
    _change(session, AuditAct.THEME_ADDED, theme, before={}, actor=actor, now=now)
    return theme.slug


def edit_theme(
    session: Session, *, slug: str, fields: ThemeFields, seen: str, actor: str, now: datetime
) -> bool:
    """Change what is said of a theme; its address stays. Whether anything is new.

    ``seen`` is the mark that the organiser saw. Raises NotFound, ChangedMeanwhile.
    """
    theme = _find(session, slug, locked=True)
    before = _said(theme)
    if seen != mark_of(before):
        raise ChangedMeanwhile(slug)
    changed = assign(theme, _values(fields))
    if changed:
        _change(session, AuditAct.THEME_EDITED, theme, before=before, actor=actor, now=now)
    return changed


def webinars_on(session: Session, themes: Collection[str]) -> dict[int, Webinar]:
    """The public webinars on these themes, by id: their calendar entries name the theme."""
    if not themes:
        return {}
    rows = session.scalars(sa.select(Webinar).where(Webinar.theme_slug.in_(themes)))
    return {webinar.id: webinar for webinar in rows}


def _find(session: Session, slug: str, *, locked: bool = False) -> Theme:
    select = sa.select(Theme).where(Theme.slug == slug)
    if locked:
        select = select.with_for_update().execution_options(populate_existing=True)
    theme = session.scalar(select)
    if theme is None:
        raise NotFound(slug)
    return theme


def _values(fields: ThemeFields) -> dict[str, Any]:
    return {
        "title": fields.title,
        "questions": list(fields.questions),
        "platform_answers": list(fields.platform_answers),
    }


def _said(theme: Theme) -> dict[str, Any]:
    return {name: getattr(theme, name) for name in KEPT}


def _change(
    session: Session,
    act: AuditAct,
    theme: Theme,
    *,
    before: dict[str, Any],
    actor: str,
    now: datetime,
) -> None:
    for webinar in webinars_on(session, {theme.slug}).values():
        mark_changed(webinar, now=now)
    record_change(
        session,
        act=act,
        slug=theme.slug,
        before=before,
        after=_said(theme),
        actor=actor,
        now=now,
    )
