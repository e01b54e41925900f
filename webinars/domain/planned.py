"""What a publication adds to people's cycles and themes: who is registered, and who is told.

It writes one row a person into the ledger. What the mail says is decided at its hand-over,
from the present.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import outbox, places
from webinars.domain.changes import PlanChange
from webinars.domain.errors import DomainError
from webinars.domain.mail_lists import LEFT, left_by, wanted
from webinars.domain.notices import instant
from webinars.models import (
    Change,
    ChangeKind,
    Cycle,
    CycleRegistration,
    FollowedTheme,
    MailKind,
    MailList,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

TOLD_LATER = "told together with a later publication"
NOTHING_LEFT = "nothing that it planned is to come for this person any more"

ANNOUNCED = wanted(MailList.THEMES, FollowedTheme.participant_id)
"""Who follows a theme hears of it, but for those who have left these announcements."""


class NothingPlanned(DomainError):
    """The mail must not leave; the reason is for the ledger."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One webinar that was planned, as it concerns somebody."""

    slug: str
    registration: Registration | None
    """None when they follow its theme and may register."""


def follow(
    session: Session, *, cycle: Cycle, changes: Sequence[PlanChange], host: str, now: datetime
) -> int:
    """Register those of the whole cycle for what was added, tell them and who follows a theme.

    In the transaction of the publication, which holds the locks of the cycle and of its
    webinars. Somebody with a row for a webinar, whatever became of it, is left alone. One
    mail a person; how many.
    """
    session.flush()
    registers = {change.slug for change in changes if _is_added(change, now)}
    tells = registers | {change.slug for change in changes if _has_other_theme(change)}
    webinars = _to_come(session, cycle, tells, now)
    if not webinars:
        return 0
    added = [webinar for webinar in webinars if webinar.slug in registers]
    registered = _register(session, cycle, added, now=now)
    people = sa.union(registered, _followers([webinar.id for webinar in webinars])).subquery()
    return outbox.enqueue_each(
        session,
        owed=outbox.keyed(people.c[0], f"{MailKind.PLANNED}:{cycle.id}:{cycle.revision}"),
        kind=MailKind.PLANNED,
        host=host,
        now=now,
        cycle_id=cycle.id,
        revision=cycle.revision,
    )


def _register(
    session: Session, cycle: Cycle, added: Sequence[Webinar], *, now: datetime
) -> sa.Select[int]:
    """Register the whole cycle for what was added; the query of whom it has registered."""
    ids = [webinar.id for webinar in added]
    of_added = Registration.webinar_id.in_(ids)
    if added:
        # Nobody of them is erased meanwhile; and nobody comes, who would need the cycle.
        session.execute(
            _whole_cycles(cycle.id).with_for_update(read=True, key_share=True, of=Participant)
        )
    newest = session.scalar(sa.select(sa.func.max(Registration.id)).where(of_added)) or 0
    for webinar in added:
        places.fill_from(session, webinar=webinar, people=_of_the_whole_cycle(webinar), now=now)
    return sa.select(Registration.participant_id).where(of_added, Registration.id > newest)


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom a publication would register and tell, counted before it is done."""

    people: frozenset[int]
    """Each once, by their ids."""
    registered: Mapping[str, int]
    """By the slug of the webinar, from whole cycles."""
    invited: Mapping[str, int]
    """Who follows its theme and may register."""


def expected(
    session: Session,
    *,
    cycle: Cycle,
    changes: Sequence[PlanChange],
    themes: Mapping[str, str | None],
    ids: Mapping[str, int],
    now: datetime,
) -> Expected:
    """What ``follow`` would do if the draft were published now. Three queries at most.

    ``themes`` holds the drafted theme of each webinar that would take place and is to come,
    ``ids`` the rows of those that are public already.
    """
    registers = {change.slug for change in changes if _is_added(change, now)} & themes.keys()
    other = {change.slug for change in changes if _has_other_theme(change)} & themes.keys()
    if not registers | other:
        return Expected(frozenset(), {}, {})
    rows = session.execute(
        sa.select(Registration.webinar_id, Registration.participant_id).where(
            Registration.webinar_id.in_([ids[slug] for slug in registers | other if slug in ids])
        )
    ).all()
    whole = session.execute(_whole_cycles(cycle.id)).all() if registers else []
    followers = session.execute(
        sa.select(FollowedTheme.theme_slug, FollowedTheme.participant_id)
        .join(FollowedTheme.participant)
        .where(
            FollowedTheme.theme_slug.in_({themes[slug] for slug in registers | other}),
            FollowedTheme.confirmed_at.is_not(None),
            ANNOUNCED,
            Participant.erased_at.is_(None),
        )
    ).all()
    there: dict[int | None, set[int]] = defaultdict(set)
    for webinar_id, person in rows:
        there[webinar_id].add(person)
    registered, invited = {}, {}
    for slug in registers | other:
        known = there[ids.get(slug)]
        its = {person for person, without in whole if slug not in without} - known
        registered[slug] = its if slug in registers else set()
        follow_it = {person for theme, person in followers if theme == themes[slug]}
        invited[slug] = follow_it - known - registered[slug]
    return Expected(
        people=frozenset().union(*registered.values(), *invited.values()),
        registered={slug: len(people) for slug, people in registered.items()},
        invited={slug: len(people) for slug, people in invited.items()},
    )


def _whole_cycles(cycle_id: int) -> sa.Select[int, list[str]]:
    """Who stands registered for the whole cycle and what they left out, first come first."""
    return (
        sa.select(CycleRegistration.participant_id, CycleRegistration.without)
        .join(CycleRegistration.participant)
        .where(
            CycleRegistration.cycle_id == cycle_id,
            CycleRegistration.confirmed_at.is_not(None),
            CycleRegistration.ended_at.is_(None),
            Participant.erased_at.is_(None),
        )
        .order_by(CycleRegistration.registered_at, CycleRegistration.id)
    )


def _is_added(change: PlanChange | Change, now: datetime) -> bool:
    """New, back after a cancellation, or with another date after the first one had passed."""
    if change.kind is ChangeKind.MOVED:
        return instant(change.before["starts"]) <= now
    return change.kind is ChangeKind.ADDED or change.after.get("cancelled") is False


def _has_other_theme(change: PlanChange | Change) -> bool:
    return change.kind is ChangeKind.CHANGED and bool(change.after.get("theme"))


def _to_come(
    session: Session, cycle: Cycle, slugs: Iterable[str], now: datetime
) -> Sequence[Webinar]:
    return session.scalars(
        sa.select(Webinar)
        .where(
            Webinar.cycle_id == cycle.id,
            Webinar.slug.in_(slugs),
            Webinar.status == WebinarStatus.SCHEDULED,
            Webinar.starts_at > now,
        )
        .order_by(Webinar.starts_at, Webinar.id)
    ).all()


def _without_row(webinar_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """The participant is somebody, and has no row for this webinar."""
    has_row = (
        sa.exists()
        .where(Registration.participant_id == Participant.id, Registration.webinar_id == webinar_id)
        .correlate(Participant, Webinar)
    )
    return sa.and_(Participant.erased_at.is_(None), ~has_row)


def _of_the_whole_cycle(webinar: Webinar) -> sa.Select[int, int]:
    """Who is to be registered for it, numbered as they registered for the cycle."""
    left_out = sa.cast(CycleRegistration.without, sa.String).contains(f'"{webinar.slug}"')
    return (
        _whole_cycles(webinar.cycle_id)
        .with_only_columns(
            CycleRegistration.participant_id,
            sa.func.row_number().over(
                order_by=(CycleRegistration.registered_at, CycleRegistration.id)
            ),
        )
        .where(~left_out, _without_row(sa.literal(webinar.id)))
        .order_by(None)
    )


def _followers(webinar_ids: Collection[int]) -> sa.Select[int]:
    """Who follows the theme of one of these and has no row for it."""
    return (
        sa.select(FollowedTheme.participant_id)
        .join(FollowedTheme.participant)
        .join(Webinar, Webinar.theme_slug == FollowedTheme.theme_slug)
        .where(
            Webinar.id.in_(webinar_ids),
            FollowedTheme.confirmed_at.is_not(None),
            ANNOUNCED,
            _without_row(Webinar.id),
        )
    )


# at the hand-over ----------------------------------------------------------------------


def planned(session: Session, *, mail: OutboxMail, now: datetime) -> tuple[Planned, ...]:
    """What a mail says if it leaves now, in the order of the dates.

    Of each webinar the newest publication that planned it speaks. Raises NothingPlanned. Four
    queries, and one for the cycle.
    """
    cycle = mail.cycle
    assert cycle is not None, "a publication is of a cycle"
    newest = _newest(session, mail)
    slugs = {slug for slug, revision in newest.items() if revision == mail.revision}
    webinars = _to_come(session, cycle, slugs, now)
    present = _present(session, mail, webinars)
    followed = set(
        session.scalars(
            sa.select(FollowedTheme.theme_slug).where(
                FollowedTheme.participant_id == mail.participant_id,
                FollowedTheme.confirmed_at.is_not(None),
                ANNOUNCED,
            )
        )
    )
    found = [
        Planned(webinar.slug, present.get(webinar.id))
        for webinar in webinars
        if _concerns(webinar, present.get(webinar.id), followed, mail)
    ]
    if not found:
        raise NothingPlanned(_why_nothing(session, mail) if slugs else TOLD_LATER)
    return tuple(found)


def _why_nothing(session: Session, mail: OutboxMail) -> str:
    assert mail.participant_id is not None, "a publication is told to participants"
    left = left_by(session, participant_id=mail.participant_id)
    return LEFT if MailList.THEMES in left else NOTHING_LEFT


def _newest(session: Session, mail: OutboxMail) -> Mapping[str, int]:
    """What this mail's publication planned: the newest mail of this person that tells of each."""
    revisions = session.scalars(
        sa.select(OutboxMail.revision).where(
            OutboxMail.participant_id == mail.participant_id,
            OutboxMail.kind == MailKind.PLANNED,
            OutboxMail.cycle_id == mail.cycle_id,
            OutboxMail.revision >= mail.revision,
        )
    ).all()
    changes = session.scalars(
        sa.select(Change)
        .where(Change.cycle_id == mail.cycle_id, Change.revision.in_(revisions))
        .order_by(Change.revision)
    )
    return {
        change.slug: change.revision
        for change in changes
        if _is_added(change, change.published_at) or _has_other_theme(change)
    }


def _present(
    session: Session, mail: OutboxMail, webinars: Sequence[Webinar]
) -> dict[int, Registration]:
    rows = session.scalars(
        sa.select(Registration).where(
            Registration.participant_id == mail.participant_id,
            Registration.webinar_id.in_([webinar.id for webinar in webinars]),
        )
    )
    return {row.webinar_id: row for row in rows}


def _concerns(
    webinar: Webinar, row: Registration | None, followed: set[str], mail: OutboxMail
) -> bool:
    """Whether they were registered by it, or may register for what they follow."""
    if row is None:
        return webinar.theme_slug in followed
    stands = row.status in (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITLISTED)
    return stands and row.registered_at >= mail.origin.created_at
