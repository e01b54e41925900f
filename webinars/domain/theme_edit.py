"""Themes by hand: the list of them, adding one and editing it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
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

LISTS = ("other_titles", "questions", "platform_answers")
"""Of what is edited here."""


@dataclass(frozen=True, slots=True)
class ThemeFields:
    """What is said of a theme by hand."""

    title: str
    questions: Sequence[str] = ()
    """Those that territories ask."""
    platform_answers: Sequence[str] = ()
    """What the platform proposes."""
    other_titles: Sequence[str] = ()
    seven_needs: bool = False
    """It is one of the seven needs identified in the territories."""


_NAMES = tuple(one.name for one in dataclass_fields(ThemeFields))


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
    said = said_of(find_theme(session, slug))
    return EditedTheme(slug, ThemeFields(**said), mark_of(said))


def add_theme(session: Session, *, fields: ThemeFields, actor: str, now: datetime) -> str:
    """Put a theme at the end of the library; its slug, made of its title."""
    theme = put_last(session, Theme, values=_values(fields))
    _change(session, AuditAct.THEME_ADDED, theme, before={}, actor=actor, now=now)
    return theme.slug


def edit_theme(
    session: Session, *, slug: str, fields: ThemeFields, seen: str, actor: str, now: datetime
) -> bool:
    """Change what is said of a theme; its address stays. Whether anything is new.

    ``seen`` is the mark that the organiser saw. Raises NotFound, ChangedMeanwhile.
    """
    theme = find_theme(session, slug, locked=True)
    before = said_of(theme)
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


def find_theme(session: Session, slug: str, *, locked: bool = False) -> Theme:
    """Its row. Raises NotFound."""
    select = sa.select(Theme).where(Theme.slug == slug)
    if locked:
        select = select.with_for_update().execution_options(populate_existing=True)
    theme = session.scalar(select)
    if theme is None:
        raise NotFound(slug)
    return theme


def _values(fields: ThemeFields) -> dict[str, Any]:
    values = {name: getattr(fields, name) for name in _NAMES}
    return values | {name: list(values[name]) for name in LISTS}


def said_of(theme: Theme) -> dict[str, Any]:
    """All that is said of a theme, as the trail keeps it."""
    return {name: getattr(theme, name) for name in _NAMES}


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
        after=said_of(theme),
        actor=actor,
        now=now,
    )
