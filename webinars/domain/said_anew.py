"""What a later form says of somebody who is known already: offered to them, never taken over.

Anybody can type an address into a form. So what is known stays as it is, consent included, and
what was said anew is kept beside it until a button of the person's own page takes it over.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webinars.domain import list_choices
from webinars.domain.asking import confirm_questions
from webinars.domain.people import Known, Person
from webinars.models import MailList, Participant

FIELDS = ("full_name", "organisation", "actor_category", "region")
NEWS = "news"


def note(session: Session, *, known: Known, person: Person) -> None:
    """Keep what differs of a form; the newest word on each field. Nothing for who is new.

    The caller holds the lock of the participant's row.
    """
    if known.is_new:
        return
    participant = session.get_one(Participant, known.id)
    typed = {name: value for name in FIELDS if (value := getattr(person, name))}
    if person.news:
        typed[NEWS] = True
    before = participant.said_anew or {}
    kept = _that_differs(participant, {**before, **typed}) or None
    if kept != participant.said_anew:
        participant.said_anew = kept
        session.flush()


def offered(participant: Participant) -> Mapping[str, Any]:
    """What waits for their button, by field; what is so by now waits no more."""
    return _that_differs(participant, participant.said_anew or {})


def take_over(session: Session, *, participant: Participant, now: datetime) -> None:
    """It is what they said: it holds, and what was asked with it is theirs.

    News in the words that stand beside the button.
    """
    said = offered(participant)
    for name in FIELDS:
        if name in said:
            setattr(participant, name, said[name])
    participant.said_anew = None
    confirm_questions(session, participant=participant, now=now)
    if NEWS in said:
        list_choices.take_up(session, participant=participant, list_=MailList.NEWS, now=now)
    session.flush()


def forget(session: Session, *, participant: Participant) -> None:
    """Everything stays as it was before that form."""
    participant.said_anew = None
    session.flush()


def _that_differs(participant: Participant, said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in said.items()
        if (participant.news_since is None if name == NEWS else value != getattr(participant, name))
    }
