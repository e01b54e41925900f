"""The welcome of a new cycle: what it needs beyond the usual context of a mail."""

from datetime import datetime, time
from typing import Any

from sqlalchemy.orm import Session

from webinars.clock import to_local, to_utc
from webinars.domain import welcome
from webinars.mail.letters import NotToBeSent
from webinars.mail.shared import Shared
from webinars.models import OutboxMail
from webinars.services import Services


def still_true(session: Session, *, mail: OutboxMail, now: datetime) -> None:
    """Nothing, if it still is news, and wanted. Raises NotToBeSent."""
    reason = welcome.why_not(session, mail=mail, now=now)
    if reason:
        raise NotToBeSent(reason)


def context(
    session: Session, *, mail: OutboxMail, services: Services, shared: Shared, now: datetime
) -> dict[str, Any]:
    """The cycle's programme, what of it is to come, and where one registers for it."""
    cycle, person = mail.cycle, mail.participant
    assert cycle is not None, "a welcome is of a cycle"
    assert person is not None, "and to somebody who asked for it"
    found = shared.programme(session, cycle_slug=cycle.slug)
    links, language = services.links, person.language
    return {
        "programme": found,
        # The day is all that is said of it: many share a letter.
        "news_since": person.news_since and _noon(person.news_since, cycle.zone),
        "register_url": links.whole_cycle(cycle.slug, language=language),
        "coming": [
            (one, links.webinar(cycle.slug, one.slug, language=language))
            for one in found.webinars
            if one.starts_at > now and not one.cancelled
        ],
    }


def _noon(instant: datetime, zone: str) -> datetime:
    """Midday of that day, as the zone counts days."""
    return to_utc(to_local(instant, zone).date(), time(12), zone)
