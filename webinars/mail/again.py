"""Sending one mail again: refused at once when what it would say is no longer so."""

import contextlib
from datetime import datetime

from sqlalchemy.orm import Session

from webinars.domain import mail_acts, mail_facts
from webinars.domain.notices import Unsettled
from webinars.mail.messages import still_true
from webinars.models import OutboxMail


def send_again(
    session: Session, *, mail_id: int, actor: str, host: str, now: datetime
) -> OutboxMail:
    """The mail that leaves. Nothing of it stands unless the caller's transaction does.

    Raises NotToBeSent, and what ``mail_acts.send_again`` does.
    """
    again = mail_acts.send_again(session, mail_id=mail_id, actor=actor, host=host, now=now)
    with contextlib.suppress(Unsettled):  # known when the earlier one has left
        session.flush()
        facts = mail_facts.facts(session, mail_id=again.id, now=now)
        assert facts is not None, "it was written just now"
        still_true(session, facts=facts, now=now)
    return again
