"""What somebody asks the speakers with a form, their first or a later one."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.people import Known
from webinars.models import Question, Webinar

MOST = 5
"""Of one person for one webinar: anybody can send a form in their name, again and again."""


def ask(session: Session, *, known: Known, webinar: Webinar, text: str, now: datetime) -> bool:
    """Keep a question; whether it is kept.

    Neither the same once more, however its spaces are, nor more than a few. The caller holds
    the lock of the participant's row.
    """
    if not known.is_new:
        asked = session.scalars(
            sa.select(Question.text).where(
                Question.webinar_id == webinar.id, Question.participant_id == known.id
            )
        ).all()
        if len(asked) >= MOST or text.split() in [one.split() for one in asked]:
            return False
    session.add(
        Question(
            webinar_id=webinar.id,
            participant_id=known.id,
            text=text,
            asked_at=now,
        )
    )
    session.flush()
    return True
