"""What may leave for whom: lists that people leave one by one, addresses that nothing reaches.

What belongs to something that somebody asked for is in no list: the confirmation, the link, a
change or the cancellation of their webinar leaves all the same.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from webinars.models import (
    AddressStanding,
    LeftList,
    MailKind,
    MailList,
    Organiser,
    OutboxMail,
    Participant,
    StopReason,
)

LIST_OF: Mapping[MailKind, MailList] = {
    MailKind.REMINDER: MailList.REMINDERS,
    MailKind.REPLAY: MailList.REPLAYS,
    MailKind.SURVEY: MailList.SURVEYS,
    MailKind.PLANNED: MailList.THEMES,
    MailKind.WELCOME: MailList.NEWS,
}
"""The list of each kind of mail that may be left."""
IN_PART = (MailKind.PLANNED,)
"""Of these, only some of what they say is of the list: ``planned.py`` leaves it out."""
ALWAYS = (
    MailKind.CONFIRMATION,
    MailKind.WAITING_LIST,
    MailKind.PROMOTION,
    MailKind.CYCLE_CONFIRMATION,
    MailKind.THEME_CONFIRMATION,
    MailKind.SUMMARY,
    MailKind.LINK,
    MailKind.CHANGE_NOTICE,
    MailKind.CANCELLATION,
    MailKind.INVITATION,
    MailKind.PASSWORD_RESET,
    MailKind.PASSWORD_CHANGED,
    MailKind.TRIAL,
)
"""Kinds that nobody can leave without leaving what they are about."""

LEFT = "left: the person wants no more mails of this sort"
SUPPRESSED = "suppressed: mails do not reach this address ({reason})"


def wanted(list_: MailList, participant_id: InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    """The condition of whoever plans mails of a list: this participant has not left it."""
    return ~sa.exists().where(LeftList.participant_id == participant_id, LeftList.list == list_)


# Built once: every mail asks, twice.
_LIST = sa.case(
    *(
        (OutboxMail.kind == kind, sa.literal(list_.value, sa.String))
        for kind, list_ in LIST_OF.items()
        if kind not in IN_PART
    )
)
LEFT_AT = (
    sa.select(LeftList.left_at)
    .where(
        LeftList.participant_id == OutboxMail.participant_id,
        sa.type_coerce(LeftList.list, sa.String) == _LIST,
    )
    .correlate(OutboxMail)
    .scalar_subquery()
)
"""When its recipient has left the list of a mail."""
STOPPED = (
    sa.select(AddressStanding.reason)
    .where(
        AddressStanding.address == sa.func.coalesce(Participant.email, Organiser.email),
        AddressStanding.stopped_at.is_not(None),
    )
    .correlate(Participant, Organiser)
    .scalar_subquery()
)
"""Why nothing leaves for the address of a mail's recipient."""


def why_not(*, left_at: datetime | None, stopped: StopReason | None) -> str | None:
    """The reason for which nothing of this sort may leave for its recipient."""
    if stopped is not None:
        return SUPPRESSED.format(reason=stopped.value)
    return LEFT if left_at is not None else None


def left_by(session: Session, *, participant_id: int) -> Mapping[MailList, LeftList]:
    """What this person has left. One query."""
    rows = session.scalars(sa.select(LeftList).where(LeftList.participant_id == participant_id))
    return {row.list: row for row in rows}
