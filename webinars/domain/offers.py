"""What is left of a cycle to register for, and what somebody has of it as a whole."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from webinars.domain.places import is_open
from webinars.domain.programme import (
    CycleView,
    Moment,
    WebinarView,
    cycle_view,
    published_cycle,
    published_webinars,
)
from webinars.models import Cycle, CycleRegistration, Participant, Webinar


@dataclass(frozen=True, slots=True)
class OfferedWebinar:
    """A webinar that the form offers."""

    webinar: WebinarView
    full: bool
    """Every place is taken: a registration goes to the waiting list."""


@dataclass(frozen=True, slots=True)
class CycleOffer:
    """What is left of a cycle to register for."""

    cycle: CycleView
    webinars: tuple[OfferedWebinar, ...]
    """Scheduled and not ended yet, first to last."""


@dataclass(frozen=True, slots=True)
class CycleRegistrationView:
    """A cycle for which somebody stands registered as a whole, or which they have left."""

    cycle_slug: str
    cycle_title: str
    pending: bool
    """Registered without the button that proves the address."""
    without: tuple[str, ...]
    """Slugs of the webinars of which they said "not this one"."""
    left: bool


def offered(session: Session, *, cycle_slug: str, moment: Moment) -> CycleOffer:
    """What the form of a cycle offers. Raises NotFound.

    Two queries, and one for each webinar that has begun.
    """
    cycle = published_cycle(session, slug=cycle_slug)
    rows = session.execute(published_webinars().where(Webinar.cycle_id == cycle.id)).all()
    view = cycle_view(cycle, rows, moment=moment)
    return CycleOffer(
        view,
        tuple(
            OfferedWebinar(webinar, full=not is_open(session, row[0], now=moment.now))
            for webinar, row in zip(view.webinars, rows, strict=True)
            if not webinar.cancelled and webinar.ends_at > moment.now
        ),
    )


def cycles_of(
    session: Session, *, participant: Participant, left_too: bool = False
) -> tuple[CycleRegistrationView, ...]:
    """The cycles for which somebody stands registered as a whole. One query."""
    standing = sa.true() if left_too else CycleRegistration.ended_at.is_(None)
    wholes = session.scalars(
        sa.select(CycleRegistration)
        .join(CycleRegistration.cycle)
        .options(contains_eager(CycleRegistration.cycle))
        .where(
            CycleRegistration.participant_id == participant.id,
            standing,
        )
        .order_by(Cycle.year, Cycle.slug)
    )
    return tuple(
        CycleRegistrationView(
            cycle_slug=whole.cycle.slug,
            cycle_title=whole.cycle.title,
            pending=whole.confirmed_at is None,
            without=tuple(whole.without),
            left=whole.ended_at is not None,
        )
        for whole in wholes
    )
