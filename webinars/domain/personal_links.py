"""The mail that brings somebody their personal link."""

from datetime import datetime

from sqlalchemy.orm import Session

from webinars.domain import outbox
from webinars.models import Cycle, MailKind, Participant, Webinar


def owe_link(
    session: Session,
    *,
    participant: Participant,
    webinar: Webinar | None = None,
    cycle: Cycle | None = None,
    host: str,
    now: datetime,
) -> bool:
    """Owe somebody their personal link, however often they were sent it."""
    purpose = outbox.Purpose(
        key=f"link:{participant.id}:{now.isoformat()}",
        kind=MailKind.LINK,
        participant_id=participant.id,
        webinar_id=webinar.id if webinar else None,
        cycle_id=cycle.id if cycle else None,
    )
    return outbox.enqueue(session, purposes=[purpose], host=host, now=now) > 0
