"""The welcome of a new cycle: what it needs beyond the usual context of a mail."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webinars.domain import welcome
from webinars.domain.programme import Moment, programme
from webinars.mail.letters import NotToBeSent
from webinars.models import OutboxMail
from webinars.services import Services


def still_true(session: Session, *, mail: OutboxMail, now: datetime) -> None:
    """Nothing, if it still is news, and wanted. Raises NotToBeSent."""
    reason = welcome.why_not(session, mail=mail, now=now)
    if reason:
        raise NotToBeSent(reason)


def context(
    session: Session, *, mail: OutboxMail, services: Services, now: datetime
) -> dict[str, Any]:
    """The cycle's programme, what of it is to come, and where one registers for it."""
    cycle, person = mail.cycle, mail.participant
    assert cycle is not None, "a welcome is of a cycle"
    assert person is not None, "and to somebody who asked for it"
    moment = Moment.at(now, opens_minutes=services.settings.join_opens_minutes)
    found = programme(session, cycle_slug=cycle.slug, moment=moment)
    links, language = services.links, person.language
    return {
        "programme": found,
        "news_since": person.news_since,
        "register_url": links.whole_cycle(cycle.slug, language=language),
        "coming": [
            (one, links.webinar(cycle.slug, one.slug, language=language))
            for one in found.webinars
            if one.starts_at > now and not one.cancelled
        ],
    }
