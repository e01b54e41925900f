"""People as forms and lists name them: found by their address, made where there is nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webinars.db import below
from webinars.models import Participant


@dataclass(frozen=True, slots=True)
class Person:
    """What somebody says of themselves in a form; already checked and normalised."""

    email: str
    full_name: str
    language: str
    organisation: str | None = None
    actor_category: str | None = None
    region: str | None = None
    news: date | None = None
    """Which text they agreed to, where they ticked the box for news."""


@dataclass(frozen=True, slots=True)
class Known:
    """A participant by their id, locked until the end of the transaction."""

    id: int
    is_new: bool = False
    """Made in this transaction: there is nothing else of theirs yet."""


# Built once, as all statements of a registration: see places.py.
_NEW: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(Participant),
    "postgresql": postgresql.insert(Participant),
}
_MADE = {
    name: insert.on_conflict_do_nothing(index_elements=[Participant.email]).returning(
        Participant.id
    )
    for name, insert in _NEW.items()
}
_FOUND = (
    sa.update(Participant)
    .where(Participant.email == sa.bindparam("address"))
    .values(last_contact_at=sa.bindparam("now", type_=Participant.last_contact_at.type))
    .returning(Participant.id)
)
_ALL = {
    name: insert.on_conflict_do_update(
        index_elements=[Participant.email],
        set_={"last_contact_at": insert.excluded.last_contact_at},
    ).returning(Participant.email, Participant.id)
    for name, insert in _NEW.items()
}


def known_or_new(session: Session, *, person: Person, now: datetime) -> Known:
    """The participant of this address, made if there is none; locked until the end.

    What is known of them stays as it is, news among it: anybody can fill in a form, and who has
    a page of their own asks for news there.
    """
    connection = below(session)
    found = None
    while found is None:  # once more for who is erased between the two
        made = connection.scalar(_MADE[_dialect(session)], _row(person, now))
        if made is not None:
            return Known(made, is_new=True)
        found = connection.scalar(_FOUND, {"address": person.email, "now": now})
    return Known(found)


def all_known_or_new(
    session: Session, *, people: Sequence[Person], now: datetime
) -> dict[str, int]:
    """The ids of all these by their addresses, made where there is nobody.

    In the order of the addresses: two lists that share people never wait in a circle.
    """
    rows = [_row(person, now) for person in sorted(people, key=lambda person: person.email)]
    return dict(session.execute(_ALL[_dialect(session)], rows).all()) if rows else {}


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _row(person: Person, now: datetime) -> dict[str, Any]:
    return {
        "email": person.email,
        "full_name": person.full_name,
        "organisation": person.organisation,
        "actor_category": person.actor_category,
        "region": person.region,
        "language": person.language,
        "news_since": now if person.news else None,
        "news_version": person.news,
        "page_generation": 1,
        "calendar_generation": 1,
        "created_at": now,
        "last_contact_at": now,
    }
