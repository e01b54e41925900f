"""Notices of changes: what they need beyond the usual context of a mail."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webinars.domain import notices
from webinars.mail.letters import NotToBeSent
from webinars.mail.shared import Shared
from webinars.models import OutboxMail
from webinars.services import Services


def still_true(session: Session, *, mail: OutboxMail, now: datetime) -> None:
    """Nothing, if the notice has something to say and is the one to say it.

    Raises NotToBeSent, Unsettled.
    """
    try:
        notices.news(session, mail=mail, now=now)
    except notices.NothingToTell as error:
        raise NotToBeSent(str(error)) from error


def context(
    session: Session, *, mail: OutboxMail, services: Services, shared: Shared, now: datetime
) -> dict[str, Any]:
    """What changed, the addresses of those webinars by slug, and the cycle's programme."""
    assert mail.cycle is not None, "a notice is of a cycle"
    news = notices.news(session, mail=mail, now=now)
    language = mail.recipient.language
    return {
        "news": news,
        "addresses": {
            one.slug: services.links.webinar(mail.cycle.slug, one.slug, language=language)
            for one in news
        },
        "programme": shared.programme(session, cycle_slug=mail.cycle.slug),
    }
