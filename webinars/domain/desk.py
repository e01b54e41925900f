"""What the organisers' desk shows."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain import address_standings, mail_alarms
from webinars.domain.address_standings import Standing
from webinars.domain.changes import differences
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.programme import CycleView, Moment, published_cycles
from webinars.domain.publication import changed_fields, drafted_slots, slots_of
from webinars.domain.question_list import open_counts
from webinars.domain.replay_life import Overdue, overdue
from webinars.domain.survey_results import texts_waiting
from webinars.domain.wish_views import wishes_waiting
from webinars.models import (
    Cycle,
    CycleDraft,
    Registration,
    RegistrationStatus,
    Webinar,
)


@dataclass(frozen=True, slots=True)
class DeskCycle:
    """A cycle, published or not, with the counts of its public webinars, by slug."""

    slug: str
    title: str
    """As drafted."""
    year: int
    drafted: int
    """Webinars in the draft."""
    pending: int
    """Changes that publishing would make; all of them when nothing is public yet."""
    fields_changed: bool
    """Whether the cycle's own words or rule would change."""
    view: CycleView | None
    """What is public; None has never been published."""
    registrations: Mapping[str, int]
    waiting: Mapping[str, int]
    questions: Mapping[str, int]
    """Those that wait for an answer."""
    texts: int
    """Of its surveys, that nobody has read."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The front page of the organisers."""

    cycles: tuple[DeskCycle, ...]
    mails: mail_alarms.Standing
    addresses: Mapping[Standing, int]
    """Those of which something came back."""
    overdue: tuple[Overdue, ...]
    """Replays that were promised for a day that is over."""
    wishes: int
    """Those that nobody has read."""


def desk(session: Session, *, every: timedelta, moment: Moment) -> Desk:
    """Every cycle with its counts, and how the mails stand; ``every``: how often a worker ticks.

    The latest year first. A fixed number of queries, however many cycles there are.
    """
    confirmed = _counts(session, *HOLDS_A_PLACE)
    waiting = _counts(session, RegistrationStatus.WAITLISTED)
    questions = open_counts(session)
    texts = texts_waiting(session)
    public = {view.slug: view for view in published_cycles(session, moment=moment)}
    cycles = session.scalars(
        sa.select(Cycle)
        .order_by(Cycle.year.desc(), Cycle.slug)
        .options(selectinload(Cycle.draft).selectinload(CycleDraft.sessions))
    ).all()
    webinars: dict[int, list[Webinar]] = defaultdict(list)
    for webinar in session.scalars(sa.select(Webinar)):
        webinars[webinar.cycle_id].append(webinar)
    return Desk(
        cycles=tuple(
            DeskCycle(
                slug=cycle.slug,
                title=cycle.draft.title,
                year=cycle.year,
                drafted=len(cycle.draft.sessions),
                pending=len(differences(slots_of(cycle, webinars[cycle.id]), drafted_slots(cycle))),
                fields_changed=bool(changed_fields(cycle)),
                view=public.get(cycle.slug),
                registrations=confirmed.get(cycle.slug, {}),
                waiting=waiting.get(cycle.slug, {}),
                questions=questions.get(cycle.slug, {}),
                texts=texts.get(cycle.slug, 0),
            )
            for cycle in cycles
        ),
        mails=mail_alarms.standing(session, every=every, now=moment.now),
        addresses=address_standings.counts(session),
        overdue=overdue(session, now=moment.now),
        wishes=wishes_waiting(session),
    )


def _counts(session: Session, *statuses: RegistrationStatus) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, sa.func.count())
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(Registration.status.in_(statuses))
        .group_by(Cycle.slug, Webinar.slug)
    )
    for cycle, webinar, count in rows:
        found.setdefault(cycle, {})[webinar] = count
    return found
