"""What may leave for whom: lists that people leave one by one, addresses that nothing reaches.

What belongs to something that somebody asked for is in no list: the confirmation, the link, a
change or the cancellation of their webinar leaves all the same.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from webinars.models import AddressStanding, LeftList, MailKind, MailList, OutboxMail

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


# Built once: every mail asks it, twice.
_LEFT = (
    sa.select(LeftList.left_at)
    .where(
        LeftList.participant_id == sa.bindparam("participant"),
        LeftList.list == sa.bindparam("list", type_=LeftList.list.type),
    )
    .scalar_subquery()
)
_STOPPED = (
    sa.select(AddressStanding.reason)
    .where(
        AddressStanding.address == sa.bindparam("address"), AddressStanding.stopped_at.is_not(None)
    )
    .scalar_subquery()
)
_WHY_NOT = sa.select(_LEFT, _STOPPED)


def why_not(session: Session, *, mail: OutboxMail) -> str | None:
    """The reason for which nothing of this sort may leave for its recipient. One query."""
    values = {
        "participant": mail.participant_id,
        "list": None if mail.kind in IN_PART else LIST_OF.get(mail.kind),
        "address": mail.recipient.email,
    }
    left_at, stopped = session.execute(_WHY_NOT, values).one()
    if stopped is not None:
        return SUPPRESSED.format(reason=stopped.value)
    return LEFT if left_at is not None else None


def left_by(session: Session, *, participant_id: int) -> Mapping[MailList, LeftList]:
    """What this person has left. One query."""
    rows = session.scalars(sa.select(LeftList).where(LeftList.participant_id == participant_id))
    return {row.list: row for row in rows}
