"""A publication before it is done: every change, what follows from it, what remains to mend."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.consequences import Consequences, Facts, Reminding, State, consequences
from webinars.domain.mail_rules import (
    USUAL,
    Pace,
    RuleKind,
    Times,
    in_force,
    leaves_at,
    read,
)
from webinars.domain.personal_calendar import IN_A_CALENDAR
from webinars.domain.planning import find_cycle
from webinars.domain.programme import Moment, ThemeView, theme_view
from webinars.domain.publication import changed_fields
from webinars.domain.reach import drafted_states, reach
from webinars.domain.remarks import Remark
from webinars.domain.welcome import welcomed
from webinars.domain.year import Year, read_year
from webinars.models import (
    SOMEBODYS,
    Cycle,
    Registration,
    Replay,
    Webinar,
    WebinarStatus,
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an organiser sees before publishing."""

    slug: str
    title: str
    zone: str
    revision: int
    """That publishing would make."""
    version: int
    """Of the draft that was looked at."""
    cycle_fields: dict[str, tuple[object, object]]
    """The cycle's own: public and drafted value."""
    consequences: Consequences
    themes: tuple[ThemeView, ...]
    """Whose feeds move."""
    titles: dict[str, str]
    """Of every webinar, by its slug."""
    remarks: tuple[Remark, ...]

    @property
    def empty(self) -> bool:
        """Nothing would change."""
        return not (self.consequences.count or self.cycle_fields) and self.revision > 1


def preview(
    session: Session, *, cycle_slug: str, moment: Moment, pace: Pace = USUAL, language: str = "fr"
) -> Preview:
    """What publishing would do now. Raises NotFound. A fixed number of queries."""
    cycle = find_cycle(session, slug=cycle_slug)
    year = read_year(session, cycle=cycle, moment=moment, language=language)
    follows = consequences(
        year.changes, facts=_facts(session, year, pace=pace, now=moment.now), now=moment.now
    )
    return Preview(
        slug=cycle.slug,
        title=cycle.draft.title,
        zone=cycle.draft.zone,
        revision=cycle.revision + 1,
        version=cycle.draft.version,
        cycle_fields=changed_fields(cycle),
        consequences=follows,
        themes=tuple(
            theme_view(year.themes[slug][0]) for slug in follows.themes if slug in year.themes
        ),
        titles={slug: row[0].title for slug, row in year.public.items()}
        | {one.slug: one.title for one in year.plan.sessions},
        remarks=year.remarks,
    )


def _facts(session: Session, year: Year, *, pace: Pace, now: datetime) -> Facts:
    reached = reach(session, year=year, now=now)
    touched = {change.slug for change in year.changes}
    ids = [row[0].id for slug, row in year.public.items() if slug in touched]
    return Facts(
        published={slug: _public(row[0]) for slug, row in year.public.items()},
        drafted=drafted_states(year.plan),
        told=reached.registered.by_webinar,
        people=reached.registered.people,
        registered=reached.planned.registered,
        invited=reached.planned.invited,
        joining=len(reached.planned.people),
        welcomed=_welcomed(session, year, reached.planned.people, now=now),
        replays=_replays(session, year.cycle),
        confirmed={slug: row[0].confirmed_count for slug, row in year.public.items()},
        held={slug: row[0].held_count for slug, row in year.public.items()},
        waiting=year.waiting,
        calendars=_calendars(session, ids),
        reminders=_reminders(year, pace),
        apart=pace.apart,
    )


def _replays(session: Session, cycle: Cycle) -> dict[str, bool]:
    """Webinars that have a video to show, and whether they show it."""
    rows = session.execute(
        sa.select(Webinar.slug, Replay.online_at.is_not(None))
        .join(Replay, Replay.webinar_id == Webinar.id)
        .where(
            Webinar.cycle_id == cycle.id,
            Replay.withdrawn_at.is_(None),
            sa.or_(Replay.video_url.is_not(None), Replay.video_file_id.is_not(None)),
        )
    )
    return {slug: bool(online) for slug, online in rows}


def _public(webinar: Webinar) -> State:
    return State(
        title=webinar.title,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        theme=webinar.theme_slug,
        capacity=webinar.capacity,
        cancelled=webinar.status is WebinarStatus.CANCELLED,
    )


def _calendars(session: Session, webinar_ids: Iterable[int]) -> int:
    """How many persons have one of these webinars in their own feed."""
    people = (
        sa.select(Registration.participant_id)
        .where(
            Registration.webinar_id.in_(list(webinar_ids)),
            Registration.status.in_(IN_A_CALENDAR),
            SOMEBODYS,
        )
        .distinct()
        .subquery()
    )
    return session.scalar(sa.select(sa.func.count()).select_from(people)) or 0


def _welcomed(session: Session, year: Year, told: Collection[int], *, now: datetime) -> int:
    """Who asked for news hears of a cycle once: at its first publication, if something comes."""
    comes = any(
        one.status is WebinarStatus.SCHEDULED and year.plan.start_of(one) > now
        for one in year.plan.sessions
    )
    return welcomed(session, told=told) if comes and year.cycle.revision == 0 else 0


def _reminders(year: Year, pace: Pace) -> dict[str, tuple[Reminding, ...]]:
    """The reminders of each drafted webinar as if it were put on its date now."""
    plan, found = year.plan, {}
    for one in plan.sessions:
        times = Times(plan.start_of(one), plan.end_of(one), plan.zone)
        rules = [read(word) for word in in_force(one.reminders, plan.reminders)]
        leaving = [
            Reminding(rule, at)
            for rule in rules
            if rule.kind is RuleKind.REMINDER and (at := leaves_at(rule, times, pace))
        ]
        found[one.slug] = tuple(sorted(leaving, key=lambda reminding: reminding.leaves_at))
    return found
