"""One cycle as the database has it, read once: the draft, the public, the library."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import to_local
from webinars.domain.changes import PlanChange, differences
from webinars.domain.plan import Plan
from webinars.domain.planning import draft_plan, in_order
from webinars.domain.programme import Moment, Row, published_webinars
from webinars.domain.publication import drafted_slots, slots_of
from webinars.domain.remarks import Remark, remarks
from webinars.models import (
    SOMEBODYS,
    Cycle,
    DraftSession,
    Registration,
    RegistrationStatus,
    Theme,
    Webinar,
    resource_themes,
)


@dataclass(frozen=True, slots=True)
class Year:
    """What the database says of one cycle, read once."""

    cycle: Cycle
    plan: Plan
    drafted: Mapping[str, DraftSession]
    public: Mapping[str, Row]
    themes: Mapping[str, tuple[Theme, int]]
    """With how many resources each has, in the library's order."""
    waiting: Mapping[str, int]
    changes: tuple[PlanChange, ...]
    remarks: tuple[Remark, ...]


def read_year(session: Session, *, cycle: Cycle, moment: Moment, language: str = "fr") -> Year:
    """Read a cycle with its draft, its public webinars, and the library's themes."""
    rows = session.execute(published_webinars().where(Webinar.cycle_id == cycle.id)).all()
    public = {row[0].slug: (row[0], row[1], row[2]) for row in rows}
    plan = draft_plan(cycle)
    return Year(
        cycle=cycle,
        plan=plan,
        drafted={row.slug: row for row in in_order(cycle.draft)},
        public=public,
        themes=_themes(session),
        waiting=waiting_counts(session, cycle=cycle),
        changes=differences(
            slots_of(cycle, (webinar for webinar, _, _ in public.values())), drafted_slots(cycle)
        ),
        remarks=remarks(
            plan,
            today=to_local(moment.now, plan.zone).date(),
            public=public,
            language=language,
        ),
    )


def _themes(session: Session) -> dict[str, tuple[Theme, int]]:
    rows = session.execute(
        sa.select(Theme, sa.func.count(resource_themes.c.resource_id))
        .outerjoin(resource_themes, resource_themes.c.theme_id == Theme.id)
        .group_by(Theme.id)
        .order_by(Theme.position)
    )
    return {theme.slug: (theme, count) for theme, count in rows}


def waiting_counts(session: Session, *, cycle: Cycle) -> dict[str, int]:
    """How many wait for a place of each webinar, by its slug. One query."""
    rows = session.execute(
        sa.select(Webinar.slug, sa.func.count())
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(
            Webinar.cycle_id == cycle.id,
            Registration.status == RegistrationStatus.WAITLISTED,
            SOMEBODYS,
        )
        .group_by(Webinar.slug)
    )
    counted: dict[str, int] = dict(rows.all())
    return counted
