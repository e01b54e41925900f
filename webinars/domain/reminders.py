"""Mails by rule: which are due, and whether one that is written may still leave.

Nothing is scheduled ahead. At each tick the times of the rules are derived from the starts
and ends of webinars, so a moved webinar needs no rescheduling; one key per registration, rule
and start makes a mail leave once, whatever ticks at once.

Reminders to one person are kept apart (``Pace.apart``):

- of one webinar only the last rule whose time has come counts: it says what those before it
  would have said;
- who registered, came to a place, or was told of the date (a publication put it there) less
  than that before the time of a rule has just been told: no reminder by that rule;
- who was written a reminder, of whichever webinar, at most that before the time of a rule
  gets none by it. That reminder speaks of every webinar of which a rule would have reminded
  them until so long after it (``told_with``): the same condition, seen from the other side.

The replay's mail goes to everybody who has a place, once ever. The survey goes to those who came;
where nobody is noted as having come, the door was not used and it goes to all who had a place.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from webinars.domain import mail_rules, outbox, surveys
from webinars.domain.mail_lists import LIST_OF, wanted
from webinars.domain.mail_rules import Due, Pace, RuleKind, Times
from webinars.domain.places import HOLDS_A_PLACE
from webinars.models import (
    SOMEBODYS,
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

BATCH = 5000
LOOKS_AGAIN = timedelta(minutes=5)
SLACK = timedelta(days=2)
"""Quiet hours and the nights of summer time move a rule's time by less."""
KINDS = {
    RuleKind.REMINDER: MailKind.REMINDER,
    RuleKind.REPLAY: MailKind.REPLAY,
    RuleKind.SURVEY: MailKind.SURVEY,
}

CANCELLED = "the webinar was cancelled"
MOVED = "the webinar was moved: a reminder of the new date follows"
LEFT = "the person is no longer registered"
SWITCHED_OFF = "the rule was switched off"
OFFLINE = "the replay is not online any more"
ABSENT = "the person did not come"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A webinar that rules may have something to say of."""

    id: int
    times: Times
    placed_at: datetime
    armed: dict[str, str]


class Settled:
    """Rules for which one worker has found nobody left to write to, and when it looked.

    A memory and no truth: a rule stays in force for days, and without it every tick would look
    at every registration again. Who comes under a rule after its time is found a little later.
    """

    def __init__(self) -> None:
        self._looked_at: dict[tuple[int, str, datetime, datetime], datetime] = {}

    def is_settled(self, webinar: Candidate, due: Due, *, now: datetime) -> bool:
        """Whether nothing was found a moment ago."""
        looked_at = self._looked_at.get(_of(webinar, due))
        return looked_at is not None and looked_at <= now < looked_at + LOOKS_AGAIN

    def note(self, webinar: Candidate, due: Due, *, now: datetime) -> None:
        """Nothing was found now."""
        self._looked_at = {
            of: at for of, at in self._looked_at.items() if at <= now < at + LOOKS_AGAIN
        }
        self._looked_at[_of(webinar, due)] = now


def _of(webinar: Candidate, due: Due) -> tuple[int, str, datetime, datetime]:
    return (webinar.id, due.rule.word, due.at, due.since)


def plan_mails(
    session: Session,
    *,
    host: str,
    pace: Pace,
    now: datetime,
    most: int = BATCH,
    settled: Settled | None = None,
) -> int:
    """Write the mails that are due now by the rules, at most so many; how many are new.

    One statement for each webinar and rule whose time has come, however many people it is
    for, unless it is ``settled``. Call again while it returns more than nothing.
    """
    settled = settled or Settled()
    written = 0
    for webinar in _candidates(session, now):
        for due in mail_rules.due_now(webinar.times, webinar.armed, pace=pace, now=now):
            left = most - written
            if not left or _just_told(webinar, due, pace):
                continue
            if settled.is_settled(webinar, due, now=now):
                continue
            new = _owe(session, webinar, due, pace=pace, host=host, now=now, most=left)
            if not new:
                settled.note(webinar, due, now=now)
            written += new
    if pace.quiet is not None:
        _hold_back(session, quiet=pace.quiet, now=now)
    return written


def _candidates(session: Session, now: datetime) -> list[Candidate]:
    """Webinars near enough for a rule to be due. One query."""
    rows = session.execute(
        sa.select(Webinar, Cycle.zone, Replay.online_at)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(
            Webinar.status == WebinarStatus.SCHEDULED,
            sa.or_(
                sa.and_(
                    Webinar.starts_at > now,
                    Webinar.starts_at <= now + mail_rules.LONGEST_BEFORE + SLACK,
                ),
                sa.and_(
                    Webinar.ends_at <= now,
                    Webinar.ends_at
                    > now - mail_rules.LONGEST_AFTER - mail_rules.SURVEY_IS_OF_USE - SLACK,
                ),
                Replay.online_at > now - mail_rules.REPLAY_IS_OF_USE - SLACK,
            ),
        )
        .order_by(Webinar.starts_at, Webinar.id)
    )
    return [
        Candidate(webinar.id, times_of(webinar, zone, online_at), webinar.placed_at, webinar.armed)
        for webinar, zone, online_at in rows
    ]


def times_of(webinar: Webinar, zone: str, online_at: datetime | None) -> Times:
    """What the rules of a webinar count from."""
    return Times(webinar.starts_at, webinar.ends_at, zone, online_at)


def _just_told(webinar: Candidate, due: Due, pace: Pace) -> bool:
    """The publication that put it on its date has just told everybody."""
    return due.rule.kind is RuleKind.REMINDER and webinar.placed_at > pace.known_by(due.at)


def _told_from(due: Due, pace: Pace) -> datetime:
    """A reminder that was written from then on speaks of what the rule would tell.

    Not one that was written before the rule was in force.
    """
    return max(pace.known_by(due.at), due.since)


_OTHER = aliased(Registration)
_CAME = sa.or_(
    Registration.status == RegistrationStatus.ATTENDED,
    sa.and_(
        Registration.status == RegistrationStatus.CONFIRMED,
        ~sa.exists().where(
            _OTHER.webinar_id == Registration.webinar_id,
            _OTHER.status == RegistrationStatus.ATTENDED,
        ),
    ),
)
"""Who is asked what they thought of it: who came; where nobody is noted, who had a place."""


def _owe(
    session: Session,
    webinar: Candidate,
    due: Due,
    *,
    pace: Pace,
    host: str,
    now: datetime,
    most: int,
) -> int:
    """Owe the mail of a rule to whom it is for, unless they were told or it was written."""
    about = webinar.times.starts_at if due.rule.kind is RuleKind.REMINDER else None
    key = (
        sa.literal(f"{due.rule.kind}:{due.rule.word}:")
        + sa.cast(Registration.id, sa.String)
        + f":{(about or due.at).isoformat()}"
    )
    kind = KINDS[due.rule.kind]
    who, told = _whom(due, pace)
    written = aliased(OutboxMail)
    been_told = sa.exists().where(
        OutboxMail.participant_id == Registration.participant_id,
        OutboxMail.kind == kind,
        OutboxMail.state != MailState.FAILED,
        told,
    )
    owed = (
        sa.select(Registration.participant_id, key)
        .where(
            Registration.webinar_id == webinar.id,
            SOMEBODYS,
            wanted(LIST_OF[kind], Registration.participant_id),
            ~sa.exists().where(written.key == key),
            *who,
            ~been_told,
        )
        .order_by(Registration.id)
        .limit(most)
    )
    return outbox.enqueue_each(
        session,
        owed=owed,
        kind=kind,
        host=host,
        now=now,
        webinar_id=webinar.id,
        about_start=about,
        expires_at=due.ends,
    )


def _whom(due: Due, pace: Pace) -> tuple[list[sa.ColumnElement[bool]], sa.ColumnElement[bool]]:
    """Whom a rule is for, and by which mails of its kind they have been told already."""
    same_webinar = OutboxMail.webinar_id == Registration.webinar_id
    # Whom organisers enter later, for their lists, is told of nothing that is long over.
    in_time = Registration.registered_at <= due.at
    match due.rule.kind:
        case RuleKind.REMINDER:
            known = Registration.changed_at <= pace.known_by(due.at)
            confirmed = Registration.status == RegistrationStatus.CONFIRMED
            return [confirmed, known], OutboxMail.created_at >= _told_from(due, pace)
        case RuleKind.REPLAY:
            return [Registration.status.in_(HOLDS_A_PLACE), in_time], same_webinar
        case RuleKind.SURVEY:
            return [_CAME, in_time], same_webinar


def _hold_back(session: Session, *, quiet: mail_rules.Quiet, now: datetime) -> None:
    """What is late and would leave in quiet hours waits for their end, if it is of use then."""
    for zone in session.scalars(sa.select(Cycle.zone).where(Cycle.revision > 0).distinct()):
        hours = quiet.around(now, zone)
        if hours is None:
            continue
        there = sa.select(Webinar.id).join(Cycle).where(Cycle.zone == zone)
        session.execute(
            sa.update(OutboxMail)
            .where(
                OutboxMail.state == MailState.PENDING,
                OutboxMail.kind.in_(KINDS.values()),
                OutboxMail.due_at <= now,
                OutboxMail.expires_at >= hours[1] + mail_rules.LEAST_NOTICE,
                OutboxMail.webinar_id.in_(there),
            )
            .values(due_at=hours[1])
            .execution_options(synchronize_session=False)
        )


# at the hand-over ----------------------------------------------------------------------


def why_not(
    session: Session, *, mail: OutboxMail, registration: Registration | None, now: datetime
) -> str | None:
    """The reason for which a mail by rule must not leave after all, from the present truth."""
    webinar = mail.webinar
    if webinar is None or webinar.status is WebinarStatus.CANCELLED:
        return CANCELLED
    if mail.origin.key.split(":")[1] not in webinar.armed:
        return SWITCHED_OFF
    status = registration.status if registration else None
    match mail.kind:
        case MailKind.REMINDER:
            return _why_no_reminder(mail, webinar, status, now)
        case MailKind.REPLAY:
            online = sa.select(Replay.online_at).where(Replay.webinar_id == webinar.id)
            if session.scalar(online) is None:
                return OFFLINE
            return None if status in HOLDS_A_PLACE else LEFT
        case _:
            return _why_no_survey(session, webinar, registration, now)


def _why_no_reminder(
    mail: OutboxMail, webinar: Webinar, status: RegistrationStatus | None, now: datetime
) -> str | None:
    if now >= webinar.starts_at:
        return outbox.EXPIRED
    if webinar.starts_at != mail.about_start:
        return MOVED
    return None if status is RegistrationStatus.CONFIRMED else LEFT


def _why_no_survey(
    session: Session, webinar: Webinar, registration: Registration | None, now: datetime
) -> str | None:
    if registration is None or registration.status not in HOLDS_A_PLACE:
        return LEFT
    asked = sa.select(Registration.id).where(Registration.id == registration.id, _CAME)
    if session.scalar(asked) is None:
        return ABSENT
    who = registration.participant_id
    return surveys.why_not_asked(session, participant_id=who, webinar=webinar, now=now)


def told_with(
    session: Session, *, mail: OutboxMail, pace: Pace, now: datetime
) -> tuple[tuple[Webinar, Cycle], ...]:
    """The other webinars of which a reminder speaks, with their cycles, by their starts.

    Those of which a rule would remind the person until ``Pace.apart`` after it was written,
    and of which no reminder before it has spoken. One query, or two.
    """
    rows = session.execute(
        sa.select(Webinar, Cycle, Registration.changed_at)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(
            Registration.participant_id == mail.participant_id,
            Registration.status == RegistrationStatus.CONFIRMED,
            Webinar.status == WebinarStatus.SCHEDULED,
            Webinar.id != mail.webinar_id,
            Webinar.starts_at > now,
            Webinar.starts_at <= now + mail_rules.LONGEST_BEFORE + SLACK,
        )
        .order_by(Webinar.starts_at, Webinar.id)
    ).all()
    if not rows:
        return ()
    before = session.scalar(
        sa.select(sa.func.max(OutboxMail.created_at)).where(
            OutboxMail.participant_id == mail.participant_id,
            OutboxMail.kind == MailKind.REMINDER,
            OutboxMail.state != MailState.FAILED,
            OutboxMail.id != mail.id,
            OutboxMail.created_at <= mail.created_at,
        )
    )
    return tuple(
        (webinar, cycle)
        for webinar, cycle, changed_at in rows
        if any(
            (before is None or before < told_from) and told_from <= mail.created_at
            for told_from in _told_froms(webinar, cycle.zone, known_since=changed_at, pace=pace)
        )
    )


def _told_froms(
    webinar: Webinar, zone: str, *, known_since: datetime, pace: Pace
) -> list[datetime]:
    """``_told_from`` of each reminder to somebody who has known of the webinar since then."""
    known_since = max(webinar.placed_at, known_since)
    timetable = mail_rules.timetable(times_of(webinar, zone, None), webinar.armed, pace=pace)
    return [
        _told_from(due, pace)
        for due in timetable
        if due.rule.kind is RuleKind.REMINDER and known_since <= pace.known_by(due.at)
    ]
