"""What is known of mails in hand, read at once: the rows, their people, where those stand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from webinars.domain import mail_lists
from webinars.models import OutboxMail, Registration, SiteState


@dataclass(frozen=True, slots=True)
class Facts:
    """The present truth about one mail."""

    mail: OutboxMail
    registration: Registration | None
    """That of its recipient for its webinar."""
    unwanted: str | None
    """Why nothing of this sort may leave for them."""
    version: int
    """Of the public pages."""


# Built once: every mail asks, twice.
_FACTS = (
    sa.select(
        OutboxMail,
        Registration,
        mail_lists.LEFT_AT.label("left_at"),
        mail_lists.STOPPED.label("stopped"),
        sa.select(SiteState.version).scalar_subquery().label("version"),
    )
    .outerjoin(OutboxMail.participant)
    .outerjoin(OutboxMail.organiser)
    .outerjoin(OutboxMail.webinar)
    .outerjoin(
        Registration,
        sa.and_(
            Registration.participant_id == OutboxMail.participant_id,
            Registration.webinar_id == OutboxMail.webinar_id,
        ),
    )
    .options(
        contains_eager(OutboxMail.participant),
        contains_eager(OutboxMail.organiser),
        contains_eager(OutboxMail.webinar),
    )
)
_OF_ONE = _FACTS.where(OutboxMail.id == sa.bindparam("mail"))
_OF_SEVERAL = _FACTS.where(OutboxMail.id.in_(sa.bindparam("mails", expanding=True)))


def facts(session: Session, *, mail_id: int) -> Facts | None:
    """Of one mail; None when its person has been erased, and it with them. One query."""
    row = session.execute(_OF_ONE, {"mail": mail_id}).first()
    return None if row is None else _facts(row)


def facts_of(session: Session, *, mail_ids: Collection[int]) -> Mapping[int, Facts]:
    """Of several, by their ids. One query."""
    rows = session.execute(_OF_SEVERAL, {"mails": list(mail_ids)})
    return {row[0].id: _facts(row) for row in rows}


def _facts(row: sa.Row[*tuple[Any, ...]]) -> Facts:
    mail, registration, left_at, stopped, version = row
    unwanted = mail_lists.why_not(left_at=left_at, stopped=stopped)
    return Facts(mail, registration, unwanted, version)
