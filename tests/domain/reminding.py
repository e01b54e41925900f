"""What the tests of mails by rule share: ticks of the clock, and what they wrote."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import HOST, NOW
from webinars.db import Database
from webinars.domain.mail_rules import USUAL, Pace
from webinars.domain.reminders import KINDS, Settled, plan_mails
from webinars.models import OutboxMail, Webinar

START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
"""Of March."""
END = START + timedelta(minutes=90)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def planned(
    database: Database,
    *,
    now: datetime,
    most: int = 500,
    pace: Pace = USUAL,
    settled: Settled | None = None,
) -> int:
    """One tick: how many mails it wrote."""
    with database.write() as session:
        return plan_mails(session, host=HOST, pace=pace, now=now, most=most, settled=settled)


def set_rules(session: Session, words: list[str], *, slug: str | None = None) -> None:
    """As if they had been published with the webinars."""
    query = sa.select(Webinar)
    for webinar in session.scalars(query if slug is None else query.where(Webinar.slug == slug)):
        webinar.armed = dict.fromkeys(words, NOW.isoformat())


def written(database: Database) -> list[tuple[str, str, str]]:
    """The mails by rule, oldest first: who, of which webinar, by which rule."""
    with database.read() as session:
        rows = session.scalars(
            sa.select(OutboxMail)
            .where(OutboxMail.kind.in_(KINDS.values()))
            .order_by(OutboxMail.created_at, OutboxMail.id)
        )
        return [
            (
                row.recipient.email.split("@")[0],
                row.webinar.slug if row.webinar else "",
                row.key.split(":")[1],
            )
            for row in rows
        ]
