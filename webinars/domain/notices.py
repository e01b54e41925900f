"""Who is told of a publication, and what is left to tell them when the notice leaves.

A publication writes one row a person into the ledger. What the mail says is decided at its
hand-over: the difference between what the person last heard and the present. So the newest
notice of a person speaks for every one before it, and the older ones do not leave.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes, to_utc
from webinars.domain import outbox
from webinars.domain.changes import PlanChange
from webinars.domain.errors import DomainError
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.waiting_line import waiting
from webinars.models import (
    SOMEBODYS,
    Change,
    ChangeKind,
    Cycle,
    MailKind,
    MailState,
    OutboxMail,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

STANDS = (*HOLDS_A_PLACE, RegistrationStatus.WAITLISTED)
"""Who is told, those who have come in as well. Not the pending: nobody proved that address."""
IN_HANDS = (MailState.CLAIMED, MailState.HANDING_OVER)
AT_ONCE = timedelta(minutes=1)
"""A registration and a publication this close: their clocks do not say which was first."""

TOLD_LATER = "told together with a later change"
LEFT = "the person is no longer registered for what changed"
CHANGED_BACK = "it was changed back before this could be told"


class NothingToTell(DomainError):
    """The notice must not leave; the reason is for the ledger."""


class Unsettled(DomainError):
    """An earlier notice to the same person is in a worker's hands: its fate comes first."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a publication would write to, of those who stand registered."""

    people: int
    """Each once, however many of the webinars concern them, those who come to a place too."""
    by_webinar: Mapping[str, int]
    """How many of each webinar whose registrants are told, by its slug."""


@dataclass(frozen=True, slots=True)
class News:
    """What became of one webinar since the person last heard of it. Instants are UTC.

    Of a cancelled one: the title and date under which the person knows it.
    """

    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    status: RegistrationStatus
    old_title: str | None = None
    """None when it kept its title."""
    old_start: datetime | None = None
    """None when it kept its date."""
    cancelled: bool = False
    restored: bool = False
    """It had been cancelled and takes place after all."""


def told(
    changes: Iterable[PlanChange], *, webinars: Mapping[str, Webinar], now: datetime
) -> tuple[PlanChange, ...]:
    """The changes of one publication that registrants are told of. Pure.

    Those are a move, another title, a cancellation and its withdrawal, while they matter:
    until the webinar's end, by its old date or its new one, whichever is later. ``webinars``
    are the cycle's by slug; before the publication or after it, the answer is the same.
    """
    by_webinar: dict[str, list[PlanChange]] = defaultdict(list)
    for change in changes:
        by_webinar[change.slug].append(change)
    return tuple(
        change
        for slug, its in by_webinar.items()
        for change in its
        if is_news(change) and _matters(its, webinars[slug], now)
    )


def is_news(change: PlanChange) -> bool:
    """Whether people who know of the webinar would want to hear of the change."""
    if change.kind is ChangeKind.MOVED:  # another zone's words for the same instant are no move
        return instant(change.before["starts"]) != instant(change.after["starts"])
    if change.kind is ChangeKind.CHANGED:
        return "cancelled" in change.after
    return change.kind in (ChangeKind.RENAMED, ChangeKind.CANCELLED)


def _matters(its: Sequence[PlanChange], webinar: Webinar, now: datetime) -> bool:
    """Whether the changes of one webinar are of use to anybody any more."""
    values = [side for change in its for side in (change.before, change.after)]
    if webinar.status is WebinarStatus.CANCELLED and not any("cancelled" in v for v in values):
        return False  # it was and stays cancelled
    starts = [instant(side["starts"]) for side in values if "starts" in side]
    lengths = [minutes(side["duration"]) for side in values if "duration" in side]
    latest = max(webinar.starts_at, *starts) if starts else webinar.starts_at
    return latest + max([webinar.ends_at - webinar.starts_at, *lengths]) > now


def instant(starts: str) -> datetime:
    """The UTC instant of a change's ``starts``, such as ``2019-04-18T13:00 Europe/Paris``."""
    local, _, zone = starts.partition(" ")
    when = datetime.fromisoformat(local)
    return to_utc(when.date(), when.time(), zone)


def webinars_told(
    session: Session, *, cycle: Cycle, changes: Sequence[PlanChange], now: datetime
) -> dict[str, int]:
    """The webinars whose registrants are told of these changes: ids by slug. One query."""
    webinars = {
        row.slug: row
        for row in session.scalars(sa.select(Webinar).where(Webinar.cycle_id == cycle.id))
    }
    news = told(changes, webinars=webinars, now=now)
    return {change.slug: webinars[change.slug].id for change in news}


def people_told(
    session: Session, *, webinar_ids: Collection[int], promoted: Mapping[int, int]
) -> int:
    """How many persons stand registered for any of these webinars, or come to a place.

    ``promoted``: how many of the line, by the webinar's id. One query.
    """
    of_person = Registration.participant_id
    people = [_registrants(webinar_ids).with_only_columns(of_person).distinct()]
    people += [
        waiting(webinar_id).with_only_columns(of_person).limit(number).subquery().select()
        for webinar_id, number in promoted.items()
        if webinar_id not in webinar_ids
    ]
    told = sa.union(*people).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(told)) or 0


def told_by_webinar(session: Session, *, webinar_ids: Collection[int]) -> dict[int, int]:
    """How many stand registered for each of these webinars, by its id. One query."""
    rows = session.execute(
        _registrants(webinar_ids)
        .with_only_columns(Registration.webinar_id, sa.func.count())
        .group_by(Registration.webinar_id)
    )
    counted: dict[int, int] = dict(rows.all())
    return {webinar_id: counted.get(webinar_id, 0) for webinar_id in webinar_ids}


def _registrants(webinar_ids: Collection[int]) -> sa.Select[Registration]:
    return sa.select(Registration).where(
        Registration.webinar_id.in_(webinar_ids), Registration.status.in_(STANDS), SOMEBODYS
    )


def audience(
    session: Session,
    *,
    cycle: Cycle,
    changes: Sequence[PlanChange],
    promoted: Mapping[int, int],
    now: datetime,
) -> Audience:
    """Whom the publication of these changes would write to. Three queries at most.

    ``promoted``: how many come to a place, by the webinar's id.
    """
    ids = webinars_told(session, cycle=cycle, changes=changes, now=now)
    if not ids and not promoted:
        return Audience(0, {})
    counted = told_by_webinar(session, webinar_ids=ids.values())
    return Audience(
        people_told(session, webinar_ids=ids.values(), promoted=promoted),
        {slug: counted[webinar_id] for slug, webinar_id in ids.items()},
    )


def tell(
    session: Session,
    *,
    cycle: Cycle,
    changes: Sequence[PlanChange],
    after_mail: int,
    host: str,
    now: datetime,
) -> int:
    """Owe each registrant one notice of the cycle's new revision, in its transaction. How many.

    ``after_mail``: the newest mail before the publication. Who has come to a place since has a
    mail that says it all of that webinar.
    """
    ids = webinars_told(session, cycle=cycle, changes=changes, now=now)
    if not ids:
        return 0
    informed = sa.exists().where(
        OutboxMail.participant_id == Registration.participant_id,
        OutboxMail.kind == MailKind.PROMOTION,
        OutboxMail.webinar_id == Registration.webinar_id,
        OutboxMail.id > after_mail,
    )
    people = (
        _registrants(ids.values())
        .where(~informed)
        .with_only_columns(Registration.participant_id)
        .distinct()
        .subquery()
    )
    return outbox.enqueue_each(
        session,
        owed=outbox.keyed(people.c[0], f"{MailKind.CHANGE_NOTICE}:{cycle.id}:{cycle.revision}"),
        kind=MailKind.CHANGE_NOTICE,
        host=host,
        now=now,
        cycle_id=cycle.id,
        revision=cycle.revision,
    )


# at the hand-over ----------------------------------------------------------------------


def news(session: Session, *, mail: OutboxMail, now: datetime) -> tuple[News, ...]:
    """What a notice says if it leaves now, in the order of the dates.

    Raises NothingToTell, Unsettled. Three queries, and one for the cycle.
    """
    heard = _heard(session, mail)
    cycle = mail.cycle
    assert cycle is not None, "a notice is of a cycle"
    registered = session.execute(
        sa.select(Registration, Webinar)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .where(
            Registration.participant_id == mail.participant_id,
            Registration.status.in_(STANDS),
            Webinar.cycle_id == cycle.id,
        )
        .order_by(Webinar.starts_at, Webinar.slug)
    ).all()
    changes = _changes(session, cycle, heard[0], [webinar.slug for _, webinar in registered])
    touched = False
    found: list[News] = []
    for registration, webinar in registered:
        known_since = registration.registered_at - AT_ONCE
        its = [change for change in changes[webinar.slug] if change.published_at > known_since]
        touched |= bool(its)
        found += _news_of(registration, webinar, its, heard, cycle.zone)
    if not found:
        raise NothingToTell(CHANGED_BACK if touched else LEFT)
    useful = tuple(one for one in found if _useful(one, now))
    if not useful:
        raise NothingToTell(outbox.EXPIRED)
    return useful


def _heard(session: Session, mail: OutboxMail) -> list[int]:
    """The revisions that the person may have heard of last: one for certain, then the unsure.

    Only the newest notice of a person and cycle speaks, so there is never a second one
    that could say the same. While an earlier one is in a worker's hands it is not known
    what the person has heard. Raises NothingToTell, Unsettled.
    """
    rows = session.execute(
        sa.select(OutboxMail.revision, OutboxMail.state, OutboxMail.uncertain)
        .where(
            OutboxMail.participant_id == mail.participant_id,
            OutboxMail.kind == MailKind.CHANGE_NOTICE,
            OutboxMail.cycle_id == mail.cycle_id,
            sa.func.coalesce(OutboxMail.resent_id, OutboxMail.id) != mail.origin.id,
        )
        .order_by(OutboxMail.revision)
    ).all()
    mine = mail.revision
    assert mine is not None, "a notice is of a publication"
    if rows and rows[-1].revision > mine:
        raise NothingToTell(TOLD_LATER)
    if any(row.state in IN_HANDS for row in rows):
        raise Unsettled("an earlier notice to the same person is on its way")
    heard = [min([mine, *(row.revision for row in rows)]) - 1]
    for row in rows:
        if row.state is MailState.SENT:
            heard = [row.revision]
        elif row.uncertain:
            heard.append(row.revision)
    return heard


def _changes(
    session: Session, cycle: Cycle, since: int, slugs: Sequence[str]
) -> dict[str, list[Change]]:
    """What publications after this revision changed of these webinars, oldest first."""
    changes: dict[str, list[Change]] = {slug: [] for slug in slugs}
    rows = session.scalars(
        sa.select(Change)
        .where(Change.cycle_id == cycle.id, Change.revision > since, Change.slug.in_(slugs))
        .order_by(Change.revision, Change.id)
    )
    for row in rows:
        if row.kind is not ChangeKind.ADDED and row.before.keys() & {
            "starts",
            "title",
            "cancelled",
        }:
            changes[row.slug].append(row)
    return changes


def _news_of(
    registration: Registration,
    webinar: Webinar,
    changes: Sequence[Change],
    heard: Sequence[int],
    zone: str,
) -> list[News]:
    """What is new of this webinar, whichever of these revisions the person heard of last."""
    for revision in heard:
        known: dict[str, Any] = {}
        for change in changes:
            if change.revision > revision:
                known = {**change.before, **known}  # the first value before a change is the known
        one = _compared(registration, webinar, known, zone)
        if one is not None:
            return [one]
    return []


def _compared(
    registration: Registration, webinar: Webinar, known: Mapping[str, Any], zone: str
) -> News | None:
    """The known beside the present; None when they are the same."""
    title = known.get("title", webinar.title)
    start = instant(known["starts"]) if "starts" in known else webinar.starts_at
    cancelled = webinar.status is WebinarStatus.CANCELLED
    was_cancelled = known.get("cancelled", cancelled)
    length = webinar.ends_at - webinar.starts_at
    status = registration.status
    if cancelled and was_cancelled:
        return None
    if cancelled:
        return News(webinar.slug, title, start, start + length, zone, status, cancelled=True)
    if (title, start, was_cancelled) == (webinar.title, webinar.starts_at, False):
        return None
    return News(
        webinar.slug,
        webinar.title,
        webinar.starts_at,
        webinar.ends_at,
        zone,
        status,
        old_title=title if title != webinar.title else None,
        old_start=start if start != webinar.starts_at else None,
        restored=was_cancelled,
    )


def _useful(one: News, now: datetime) -> bool:
    """Whether the webinar is still to end, by the date that the person knew or the present."""
    latest = max(one.starts_at, one.old_start or one.starts_at)
    return latest + (one.ends_at - one.starts_at) > now
