"""One webinar of a draft, field by field, beside what is public of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes, to_local
from webinars.domain.errors import NotFound
from webinars.domain.plan import public_places
from webinars.domain.planning import find_cycle
from webinars.domain.snapshots import SESSION_FIELDS
from webinars.models import Cycle, CycleDraft, Theme, Webinar

FROM_CYCLE = ("starts_at", "duration", "capacity")
"""Fields that take the cycle's when they are empty."""


@dataclass(frozen=True, slots=True)
class WebinarDraft:
    """What an organiser edits. Dates and hours are local to the cycle's zone."""

    cycle_slug: str
    cycle_title: str
    zone: str
    version: int
    """Of the draft."""
    slug: str
    drafted: Mapping[str, Any]
    """The fields of ``SESSION_FIELDS``; those of ``FROM_CYCLE`` may be None."""
    defaults: Mapping[str, Any]
    """What stands for those."""
    published: Mapping[str, Any] | None
    """The same fields as the public sees them, none of them left to the cycle."""
    themes: tuple[tuple[str, str], ...]
    """Slug and title, in the library's order."""
    on_theme: Mapping[str, tuple[str, ...]]
    """Titles of the other webinars of the draft, by the theme they are on."""

    def value(self, name: str) -> Any:
        """What would be published of a field."""
        drafted = self.drafted[name]
        if name == "capacity":
            return public_places(drafted, of_cycle=self.defaults[name])
        return self.defaults[name] if drafted is None and name in FROM_CYCLE else drafted

    @property
    def differing(self) -> tuple[str, ...]:
        """The fields that publishing would change."""
        if self.published is None:
            return ()
        return tuple(one for one in SESSION_FIELDS if self.value(one) != self.published[one])


def webinar_draft(session: Session, *, cycle_slug: str, slug: str) -> WebinarDraft:
    """One session of the draft. Raises NotFound. Five queries."""
    cycle = find_cycle(session, slug=cycle_slug)
    draft = cycle.draft
    row = next((one for one in draft.sessions if one.slug == slug), None)
    if row is None:
        raise NotFound(slug)
    public = session.scalar(
        sa.select(Webinar).where(Webinar.cycle_id == cycle.id, Webinar.slug == slug)
    )
    themes = session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.position))
    return WebinarDraft(
        cycle_slug=cycle.slug,
        cycle_title=draft.title,
        zone=draft.zone,
        version=draft.version,
        slug=slug,
        drafted={name: getattr(row, name) for name in SESSION_FIELDS},
        defaults={name: getattr(draft, name) for name in FROM_CYCLE},
        published=_published(cycle, public) if public else None,
        themes=tuple((theme, title) for theme, title in themes),
        on_theme=_on_theme(draft, slug),
    )


def _published(cycle: Cycle, webinar: Webinar) -> dict[str, Any]:
    local = to_local(webinar.starts_at, cycle.zone)
    same = {name: getattr(webinar, name) for name in SESSION_FIELDS if hasattr(webinar, name)}
    return same | {
        "date": local.date(),
        "starts_at": local.time(),
        "duration": int((webinar.ends_at - webinar.starts_at) / minutes(1)),
    }


def _on_theme(draft: CycleDraft, slug: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in draft.sessions:
        if row.theme_slug and row.slug != slug:
            found[row.theme_slug] = (*found.get(row.theme_slug, ()), row.title)
    return found
