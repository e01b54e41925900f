"""What reminders are due: derived from the starts of webinars at each tick.

Nothing is scheduled ahead, so a moved webinar needs no rescheduling. One key per
registration, rule and start makes a reminder leave once, whatever ticks at once.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import minutes
from webinars.domain import outbox
from webinars.domain.mail_lists import wanted
from webinars.models import (
    SOMEBODYS,
    MailKind,
    MailList,
    OutboxMail,
    Registration,
    RegistrationStatus,
    ReminderRule,
    Webinar,
    WebinarStatus,
)

BATCH = 500


def plan_reminders(session: Session, *, host: str, now: datetime, most: int = BATCH) -> int:
    """Write the reminders that are due now, at most so many; how many are new.

    Due is every confirmed registration of a webinar to come whose rule's time has passed.
    Somebody who registered or was promoted after that time has just been told and gets
    none. Call again while it returns more than nothing.
    """
    written = 0
    longest = session.scalar(sa.select(sa.func.max(ReminderRule.minutes_before))) or 0
    upcoming = session.execute(
        sa.select(Webinar, ReminderRule)
        .join(ReminderRule, ReminderRule.cycle_id == Webinar.cycle_id)
        .where(
            Webinar.status == WebinarStatus.SCHEDULED,
            Webinar.starts_at > now,
            Webinar.starts_at <= now + minutes(longest),
        )
        .order_by(Webinar.starts_at, Webinar.id, ReminderRule.id)
    ).all()
    for webinar, rule in upcoming:
        if webinar.starts_at - minutes(rule.minutes_before) <= now and written < most:
            written += _plan_one(session, webinar, rule, host, now, most - written)
    return written


def _plan_one(
    session: Session, webinar: Webinar, rule: ReminderRule, host: str, now: datetime, most: int
) -> int:
    due_at = webinar.starts_at - minutes(rule.minutes_before)
    start = webinar.starts_at.isoformat()
    prefix, suffix = f"reminder:{rule.id}:", f":{start}"
    key = sa.literal(prefix).concat(sa.cast(Registration.id, sa.String)).concat(suffix)
    owed = session.execute(
        sa.select(Registration.id, Registration.participant_id)
        .where(
            Registration.webinar_id == webinar.id,
            Registration.status == RegistrationStatus.CONFIRMED,
            Registration.changed_at <= due_at,
            SOMEBODYS,
            wanted(MailList.REMINDERS, Registration.participant_id),
            ~sa.exists().where(OutboxMail.key == key),
        )
        .order_by(Registration.id)
        .limit(most)
    )
    purposes = [
        outbox.Purpose(
            key=f"{prefix}{registration_id}{suffix}",
            kind=MailKind.REMINDER,
            participant_id=participant_id,
            webinar_id=webinar.id,
            about_start=webinar.starts_at,
            due_at=now,
            expires_at=webinar.starts_at,
        )
        for registration_id, participant_id in owed
    ]
    return outbox.enqueue(session, purposes=purposes, host=host, now=now)


def why_not(
    mail: OutboxMail, *, registration: RegistrationStatus | None, now: datetime
) -> str | None:
    """The reason for which a reminder must not leave after all, from the present truth."""
    webinar = mail.webinar
    if webinar is None or webinar.status is WebinarStatus.CANCELLED:
        return "the webinar was cancelled"
    if now >= webinar.starts_at:
        return outbox.EXPIRED
    if webinar.starts_at != mail.about_start:
        return "the webinar was moved: a reminder of the new date follows"
    if registration is not RegistrationStatus.CONFIRMED:
        return "the person is no longer registered"
    return None
