"""A crowd that is owed a mail each, and what became of those mails."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from tests.support import APRIL, MailServer, person, plan_of, published, register
from webinars import clock
from webinars.db import Database
from webinars.domain import outbox
from webinars.models import MailState, OutboxMail, Participant


def owe(database_url: str, count: int, *, beginning: int = 0) -> None:
    """So many people register for a webinar to come: each is owed one confirmation."""
    now = clock.now()
    meeting = replace(APRIL, date=(now + timedelta(days=30)).date())
    plan = plan_of(meeting, slug="coming", year=meeting.date.year)
    database = Database(database_url)
    with database.write() as session:
        if not beginning:
            published(session, plan, now=now)
        for number in range(beginning, beginning + count):
            register(session, person(number), cycle="coming", webinar=APRIL.slug, now=now)
    database.dispose()


def ledger(database_url: str) -> dict[str, OutboxMail]:
    """Every row, by the address it is for."""
    database = Database(database_url)
    with database.read() as session:
        rows = session.execute(sa.select(Participant.email, OutboxMail).join(Participant))
        found = dict(rows.all())
    database.dispose()
    return found


def states(database_url: str) -> Counter[MailState]:
    """How many rows stand in each state."""
    database = Database(database_url)
    with database.read() as session:
        found = Counter({state: count for state, count in outbox.counts(session).items() if count})
    database.dispose()
    return found


def copies(smtp: MailServer) -> Counter[str]:
    """How often each address was served."""
    return Counter(arrived.envelope_to[0] for arrived in smtp.arrived)


def everyone(count: int) -> set[str]:
    """The addresses of the crowd."""
    return {person(number).email for number in range(count)}
