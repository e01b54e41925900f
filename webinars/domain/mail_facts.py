"""What is known of mails in hand, read at once: the rows, their people, where those stand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager

from webinars.db import UTCDateTime, below
from webinars.domain import mail_lists
from webinars.domain.notices import Unsettled
from webinars.models import (
    Change,
    MailKind,
    MailState,
    Organiser,
    OutboxMail,
    Participant,
    Registration,
    RegistrationStatus,
    SiteState,
    Webinar,
    WebinarStatus,
)

OF_A_PLACE = (MailKind.CONFIRMATION, MailKind.PROMOTION)
"""Kinds that bring the date of the webinar in which the person has a place."""
MAY_HAVE_ARRIVED = (MailState.SENT, MailState.HANDING_OVER, MailState.PARKED)


@dataclass(frozen=True, slots=True)
class Facts:
    """The present truth about one mail."""

    mail: OutboxMail
    registration: Registration | None
    """That of its recipient for its webinar."""
    has_others: bool
    """Whether its recipient has a place in another webinar to come."""
    unwanted: str | None
    """Why nothing of this sort may leave for them."""
    ended: int
    """How many registrations of its recipient organisers have ended."""
    version: int
    """Of the public pages."""
    stamp: tuple[Any, ...]
    """Changes with whatever of this may change."""


_other, _others_webinar = aliased(Registration), aliased(Webinar)
_cancellation = aliased(OutboxMail)
_HAS_OTHERS = (
    sa.exists()
    .where(
        _other.participant_id == OutboxMail.participant_id,
        _other.webinar_id != OutboxMail.webinar_id,
        _other.status == RegistrationStatus.CONFIRMED,
        _others_webinar.id == _other.webinar_id,
        _others_webinar.status == WebinarStatus.SCHEDULED,
        _others_webinar.starts_at > sa.bindparam("now", type_=UTCDateTime),
    )
    .correlate(OutboxMail)
)
_ENDED = (
    sa.select(sa.func.count())
    .select_from(_cancellation)
    .where(
        _cancellation.participant_id == OutboxMail.participant_id,
        _cancellation.kind == MailKind.CANCELLATION,
    )
    .correlate(OutboxMail)
    .scalar_subquery()
)
_STAMP = (
    mail_lists.LEFT_AT,
    mail_lists.STOPPED,
    sa.select(SiteState.version).scalar_subquery(),
    Participant.email,
    Participant.full_name,
    Participant.language,
    Participant.public_id,
    Participant.page_generation,
    Participant.erased_at,
    Organiser.email,
    Organiser.fs_uniquifier,
    Organiser.active,
    Registration.status,
    Registration.changed_at,
    Registration.held_until,
    Webinar.status,
    Webinar.starts_at,
    Webinar.armed,
)


def _of_mails(*columns: Any) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*columns)
        .select_from(OutboxMail)
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
    )


# Built once: every mail asks for its stamp.
_FACTS = _of_mails(OutboxMail, Registration, _HAS_OTHERS, _ENDED, *_STAMP).options(
    contains_eager(OutboxMail.participant),
    contains_eager(OutboxMail.organiser),
    contains_eager(OutboxMail.webinar),
)
_OF_ONE = _FACTS.where(OutboxMail.id == sa.bindparam("mail"))
_OF_SEVERAL = _FACTS.where(OutboxMail.id.in_(sa.bindparam("mails", expanding=True)))
_STAMP_OF_ONE = _of_mails(*_STAMP).where(OutboxMail.id == sa.bindparam("mail"))


def facts(session: Session, *, mail_id: int, now: datetime) -> Facts | None:
    """Of one mail; None when its person has been erased, and it with them. One query."""
    row = session.execute(_OF_ONE, {"mail": mail_id, "now": now}).first()
    return None if row is None else _facts(row)


def facts_of(session: Session, *, mail_ids: Collection[int], now: datetime) -> Mapping[int, Facts]:
    """Of several, by their ids. One query."""
    rows = session.execute(_OF_SEVERAL, {"mails": list(mail_ids), "now": now})
    return {row[0].id: _facts(row) for row in rows}


def was_invited(session: Session, *, mail: OutboxMail) -> bool:
    """Whether an earlier mail may have brought its recipient the date of its webinar. One query.

    What may have arrived counts, as it does for what somebody has heard (``notices.py``), and
    a notice speaks for those before it. Raises Unsettled while one is in a worker's hands.
    """
    of_it = (OutboxMail.webinar_id == mail.webinar_id) & OutboxMail.kind.in_(OF_A_PLACE)
    of_a_change = (OutboxMail.kind == MailKind.CHANGE_NOTICE) & sa.exists().where(
        Webinar.id == mail.webinar_id,
        Change.cycle_id == Webinar.cycle_id,
        Change.slug == Webinar.slug,
        Change.cycle_id == OutboxMail.cycle_id,
        Change.revision <= OutboxMail.revision,
    ).correlate(OutboxMail)
    earlier = session.execute(
        sa.select(OutboxMail.state, OutboxMail.uncertain).where(
            OutboxMail.participant_id == mail.participant_id, of_it | of_a_change
        )
    ).all()
    if any(row.state in MAY_HAVE_ARRIVED or row.uncertain for row in earlier):
        return True
    if any(row.state is MailState.CLAIMED for row in earlier):
        raise Unsettled("an earlier mail to the same person is on its way")
    return False


def is_unchanged(session: Session, *, facts: Facts) -> bool:
    """Whether what was read is still so. One small query."""
    row = below(session).execute(_STAMP_OF_ONE, {"mail": facts.mail.id}).first()
    return row is not None and tuple(row) == facts.stamp


def _facts(row: sa.Row[*tuple[Any, ...]]) -> Facts:
    mail, registration, has_others, ended, *stamp = row
    left_at, stopped, version, *_ = stamp
    unwanted = mail_lists.why_not(left_at=left_at, stopped=stopped)
    return Facts(mail, registration, has_others, unwanted, ended, version, tuple(stamp))
