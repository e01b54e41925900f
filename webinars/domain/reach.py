"""Whom publishing the draft would reach, counted for its preview and for the board."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from webinars.domain import notices, planned
from webinars.domain.consequences import State, come_to_places
from webinars.domain.notices import Audience
from webinars.domain.plan import Plan
from webinars.domain.planned import Expected
from webinars.domain.year import Year
from webinars.models import WebinarStatus


@dataclass(frozen=True, slots=True)
class Reach:
    """Who would be written to."""

    registered: Audience
    """Of those who stand registered, those who come to a place among them."""
    planned: Expected
    """Of whole cycles and themes."""


def reach(session: Session, *, year: Year, now: datetime) -> Reach:
    """Whom publishing would write to now. Six queries at most."""
    drafted = drafted_states(year.plan)
    ids = {slug: row[0].id for slug, row in year.public.items()}
    promoted = {
        ids[slug]: number
        for slug in {change.slug for change in year.changes} & ids.keys()
        if (number := _promoted(year, slug, drafted, now))
    }
    return Reach(
        notices.audience(
            session, cycle=year.cycle, changes=year.changes, promoted=promoted, now=now
        ),
        planned.expected(
            session,
            cycle=year.cycle,
            changes=year.changes,
            themes={
                slug: state.theme
                for slug, state in drafted.items()
                if not state.cancelled and state.starts_at > now
            },
            ids=ids,
            now=now,
        ),
    )


def _promoted(year: Year, slug: str, drafted: Mapping[str, State], now: datetime) -> int:
    webinar = year.public[slug][0]
    return come_to_places(
        drafted.get(slug),
        taken=webinar.confirmed_count + webinar.held_count,
        waiting=year.waiting.get(slug, 0),
        now=now,
    )


def drafted_states(plan: Plan) -> dict[str, State]:
    """The webinars of a draft, by their slugs."""
    return {
        one.slug: State(
            title=one.title,
            starts_at=plan.start_of(one),
            ends_at=plan.end_of(one),
            theme=one.theme,
            capacity=plan.capacity_of(one),
            cancelled=one.status is WebinarStatus.CANCELLED,
        )
        for one in plan.sessions
    }
