"""Wishes of the demonstration: two that everybody reads, one that waits to be read. Invented."""

from datetime import datetime

from sqlalchemy.orm import Session

from webinars.domain import audit, participants, wish_acts, wishes
from webinars.domain.editing import Editor

WHY_WATER = (
    "Les conflits d’usage commencent plus tôt chaque été : comment réunir agriculteurs, communes "
    "et associations ?"
)
PUBLIC = (
    ("L’eau, bien commun d’un territoire", WHY_WATER),
    ("Associer les jeunes aux décisions", None),
)
WAITING = ("Loger celles et ceux qui font vivre le territoire", None)


def wish_for(session: Session, *, email: str, now: datetime) -> None:
    """Three wishes of the demonstration's participant, two of them published."""
    person = participants.by_email(session, email=email)
    assert person is not None, "they are registered for a meeting"
    editor = Editor(audit.COMMAND_LINE, now)
    for title, why in (*PUBLIC, WAITING):
        wish = wishes.propose(session, participant=person, title=title, why=why, now=now)
        if (title, why) != WAITING:
            wish_acts.word(
                session,
                public_id=wish.public_id,
                title=title,
                why=why,
                publish=True,
                editor=editor,
            )
