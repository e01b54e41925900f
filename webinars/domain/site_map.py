"""Every public page, for search engines."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import site
from webinars.models import Cycle, Resource, Theme, Webinar


@dataclass(frozen=True, slots=True)
class SiteMap:
    """The pages by what stands in their addresses. Instants are UTC, and stored."""

    changed_at: datetime
    cycles: tuple[tuple[str, datetime], ...]
    """Slug and latest change, the latest year first."""
    webinars: tuple[tuple[str, str, datetime], ...]
    """Slugs of cycle and webinar, and latest change; the latest date first."""
    themes: tuple[str, ...]
    resources: tuple[str, ...]


def site_map(session: Session) -> SiteMap:
    """Every public page. Five queries."""
    changed: dict[str, datetime] = {}
    webinars: list[tuple[str, str, datetime]] = []
    for cycle, webinar, changed_at in session.execute(
        sa.select(Cycle.slug, Webinar.slug, Webinar.changed_at)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Cycle.revision > 0)
        .order_by(Webinar.starts_at.desc(), Webinar.id)
    ):
        webinars.append((cycle, webinar, changed_at))
        changed[cycle] = max(changed_at, changed.get(cycle, changed_at))
    cycles = session.execute(
        sa.select(Cycle.slug, Cycle.published_at)
        .where(Cycle.revision > 0)
        .order_by(Cycle.year.desc(), Cycle.slug)
    )
    return SiteMap(
        changed_at=site.changed_at(session),
        cycles=tuple(
            (slug, max(published_at, changed.get(slug, published_at)))
            for slug, published_at in cycles
            if published_at
        ),
        webinars=tuple(webinars),
        themes=tuple(session.scalars(sa.select(Theme.slug).order_by(Theme.position))),
        resources=tuple(session.scalars(sa.select(Resource.slug).order_by(Resource.position))),
    )
