"""What the organisers' desk shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import outbox, worker_pulse
from webinars.domain.programme import CycleView, Moment, published_cycles
from webinars.models import Cycle, MailState, Registration, RegistrationStatus, Webinar


@dataclass(frozen=True, slots=True)
class DeskCycle:
    """A cycle with the counts of its webinars, by slug."""

    view: CycleView
    registrations: Mapping[str, int]
    waiting: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Desk:
    """The front page of the organisers."""

    cycles: tuple[DeskCycle, ...]
    outbox: Mapping[MailState, int]
    worker_seen_at: datetime | None


def desk(session: Session, *, moment: Moment) -> Desk:
    """Every published cycle with its counts, the ledger's, and the worker's pulse."""
    confirmed = _counts(session, RegistrationStatus.CONFIRMED)
    waiting = _counts(session, RegistrationStatus.WAITLISTED)
    return Desk(
        cycles=tuple(
            DeskCycle(view, confirmed.get(view.slug, {}), waiting.get(view.slug, {}))
            for view in published_cycles(session, moment=moment)
        ),
        outbox=outbox.counts(session),
        worker_seen_at=worker_pulse.last(session),
    )


def _counts(session: Session, status: RegistrationStatus) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, sa.func.count())
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(Registration.status == status)
        .group_by(Cycle.slug, Webinar.slug)
    )
    for cycle, webinar, count in rows:
        found.setdefault(cycle, {})[webinar] = count
    return found
