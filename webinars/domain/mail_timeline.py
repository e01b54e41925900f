"""The mails of one webinar in the order of time: what left, what waits, what will."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import mail_rules, reminders
from webinars.domain.audience import Audience, audiences, is_late
from webinars.domain.forecast import Leaving, State, leaving
from webinars.domain.mail_log import ENDED, WAITING
from webinars.domain.mail_reasons import UNDELIVERED, is_of
from webinars.domain.mail_rules import Pace, Rule, RuleKind
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.registrants import ListHead, list_head
from webinars.models import (
    Change,
    ChangeKind,
    Cycle,
    MailKind,
    MailState,
    OutboxMail,
    Registration,
    RegistrationStatus,
    Replay,
    Webinar,
    WebinarStatus,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """The mails of one purpose, in numbers. Instants are UTC."""

    kind: MailKind
    rule: Rule | None
    """By which they were written; None was no rule, or one that is not known any more."""
    repeated: bool
    """Sent again at an organiser's word."""
    revision: int | None
    """The publication that a notice tells of."""
    changes: tuple[ChangeKind, ...]
    """What that changed of the webinar."""
    begun_at: datetime
    """When the first of them was written."""
    first_at: datetime | None
    """When the first left; None while none has."""
    last_at: datetime | None
    sent: int
    waiting: int
    undelivered: int
    """Those that could not be delivered, and that nobody has looked at."""
    looked_at: int
    """Those that could not, and that somebody has set aside or keeps back."""
    dropped: int
    """Those that were not needed any more."""
    uncertain: int
    """Of all of them: a worker vanished meanwhile, so two may have arrived."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One webinar, with its mails."""

    head: ListHead
    sent: tuple[Sent, ...]
    """By their beginnings."""
    coming: tuple[Leaving, ...]
    """What its rules have yet to send, as they hold in public."""


def timeline(
    session: Session, *, cycle_slug: str, webinar_slug: str, pace: Pace, now: datetime
) -> Timeline:
    """What left of this webinar, and what will. Raises NotFound. Six queries."""
    head = list_head(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    webinar, cycle, online_at = session.execute(
        sa.select(Webinar, Cycle, Replay.online_at)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(Webinar.id == head.id)
    ).one()
    words = sorted({*webinar.armed, *mail_rules.DEFAULT, *(cycle.reminders or ())})
    sent = [*_of_webinar(session, head.id, words), *_notices(session, head)]
    sent.sort(key=lambda one: (one.begun_at, one.kind))
    return Timeline(
        head=head,
        sent=tuple(sent),
        coming=_coming(session, webinar, cycle, online_at, pace=pace, now=now),
    )


def _tallies() -> tuple[sa.ColumnElement[Any], ...]:
    """The numbers of ``Sent``, from its ``begun_at`` on."""
    ended = OutboxMail.state.in_(ENDED)
    bad = sa.and_(ended, is_of(*UNDELIVERED))
    return (
        sa.func.min(OutboxMail.created_at),
        sa.func.min(OutboxMail.sent_at),
        sa.func.max(OutboxMail.sent_at),
        sa.func.count().filter(OutboxMail.state == MailState.SENT),
        sa.func.count().filter(OutboxMail.state.in_(WAITING)),
        sa.func.count().filter(sa.and_(bad, OutboxMail.set_aside_at.is_(None))),
        sa.func.count().filter(sa.and_(bad, OutboxMail.set_aside_at.is_not(None))),
        sa.func.count().filter(sa.and_(ended, ~is_of(*UNDELIVERED))),
        sa.func.count().filter(OutboxMail.uncertain > 0),
    )


def _of_webinar(session: Session, webinar_id: int, words: Sequence[str]) -> list[Sent]:
    """By kind and rule, which its key names. One query."""
    kind_of = {word: mail_rules.read(word).kind for word in words}
    rule = sa.case(
        *(
            (OutboxMail.key.startswith(f"{kind}:{word}:", autoescape=True), word)
            for word, kind in kind_of.items()
        ),
        else_=None,
    ).label("rule")
    repeated = OutboxMail.resent_id.is_not(None).label("repeated")
    rows = session.execute(
        sa.select(OutboxMail.kind, rule, repeated, *_tallies())
        .where(OutboxMail.webinar_id == webinar_id)
        .group_by(OutboxMail.kind, sa.text("rule"), sa.text("repeated"))
    )
    return [
        Sent(kind, mail_rules.read(word) if word else None, bool(again), None, (), *numbers)
        for kind, word, again, *numbers in rows
    ]


def _notices(session: Session, head: ListHead) -> list[Sent]:
    """What told of its changes, in one mail with those of other webinars. Two queries."""
    changes: dict[int, list[ChangeKind]] = {}
    for revision, kind in session.execute(
        sa.select(Change.revision, Change.kind)
        .where(Change.cycle_id == head.cycle_id, Change.slug == head.slug)
        .order_by(Change.revision, Change.id)
    ):
        changes.setdefault(revision, []).append(kind)
    repeated = OutboxMail.resent_id.is_not(None).label("repeated")
    rows = session.execute(
        sa.select(OutboxMail.kind, OutboxMail.revision, repeated, *_tallies())
        .where(
            OutboxMail.cycle_id == head.cycle_id,
            OutboxMail.kind.in_([MailKind.CHANGE_NOTICE, MailKind.PLANNED]),
            OutboxMail.revision.in_(changes),
        )
        .group_by(OutboxMail.kind, OutboxMail.revision, sa.text("repeated"))
    )
    return [
        Sent(kind, None, bool(again), revision, tuple(changes[revision]), *numbers)
        for kind, revision, again, *numbers in rows
    ]


def _coming(
    session: Session,
    webinar: Webinar,
    cycle: Cycle,
    online_at: datetime | None,
    *,
    pace: Pace,
    now: datetime,
) -> tuple[Leaving, ...]:
    """Rules whose time is to come, with how many they write to as things stand. Two queries."""
    if webinar.status is WebinarStatus.CANCELLED:
        return ()
    its = still_to_leave(webinar, cycle, online_at, pace=pace, now=now)
    of_it = Registration.webinar_id == webinar.id
    audience = audiences(session, among=of_it, pace=pace, now=now).get(webinar.id, Audience())
    return tuple(
        Leaving(rule, state, at, audience.of(rule, at, pace=pace)) for rule, state, at in its
    )


def still_to_leave(
    webinar: Webinar, cycle: Cycle, online_at: datetime | None, *, pace: Pace, now: datetime
) -> tuple[tuple[Rule, State, datetime | None], ...]:
    """The rules of a public webinar whose time is to come, in the order of their times. Pure."""
    found = leaving(
        tuple(webinar.armed),
        reminders.times_of(webinar, cycle.zone, online_at),
        placed_at=webinar.placed_at,
        armed=webinar.armed,
        pace=pace,
        now=now,
    )
    return tuple(one for one in found if one[1] in (State.COMING, State.WAITS))


def writes_to(rule: Rule, at: datetime | None, registration: Registration, *, pace: Pace) -> bool:
    """Whether a rule that leaves at that time writes to somebody, as things are now."""
    if rule.kind is RuleKind.REMINDER:
        late = is_late(rule, at, since=registration.changed_at, pace=pace)
        return registration.status is RegistrationStatus.CONFIRMED and not late
    return registration.status in HOLDS_A_PLACE
