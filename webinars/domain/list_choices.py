"""Leaving a list of mails and taking it up again, as a person does it.

They leave by the link or the button of a mail (RFC 8058), on their own page, or by a complaint,
which leaves all lists. News are the one list that nobody is on without having asked, so leaving
them also takes back that consent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webinars.domain.consent import NEWS
from webinars.domain.mail_lists import left_by
from webinars.links import Links, Purpose
from webinars.models import FollowedTheme, LeftBy, LeftList, MailList, Participant


@dataclass(frozen=True, slots=True)
class Choice:
    """One list as a person sees it."""

    list: MailList
    on: bool
    """Whether mails of it leave."""
    of_use: bool
    """Whether there is anything that such a mail would tell them of."""
    left_at: datetime | None = None
    by: LeftBy | None = None


def choices(session: Session, *, participant: Participant) -> tuple[Choice, ...]:
    """Every list, and whether its mails leave for this person. Two queries."""
    left = left_by(session, participant_id=participant.id)
    follows = session.scalar(
        sa.select(sa.exists().where(FollowedTheme.participant_id == participant.id))
    )
    asked = participant.news_since is not None
    of_use = {MailList.THEMES: bool(follows), MailList.NEWS: asked}
    return tuple(
        Choice(
            list=one,
            on=one not in left and (asked or one is not MailList.NEWS),
            of_use=of_use.get(one, True),
            left_at=left[one].left_at if one in left else None,
            by=left[one].by if one in left else None,
        )
        for one in MailList
    )


def leave(
    session: Session,
    *,
    participant: Participant,
    lists: Iterable[MailList],
    by: LeftBy = LeftBy.PERSON,
    now: datetime,
) -> None:
    """Nothing of these lists leaves for the person any more; the others stay as they are.

    The caller holds the lock of the person's row. What was left before keeps its time.
    """
    chosen = list(lists)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(LeftList).on_conflict_do_nothing(),
        [
            {"participant_id": participant.id, "list": one, "by": by, "left_at": now}
            for one in chosen
        ],
    )
    if MailList.NEWS in chosen:
        participant.news_since = participant.news_version = None
        session.flush()


def take_up(session: Session, *, participant: Participant, list_: MailList, now: datetime) -> None:
    """Mails of this list leave again; by a button of their own page only, never by a form."""
    _forget(session, participant, LeftList.list == list_)
    if list_ is MailList.NEWS:
        participant.news_since = participant.news_since or now
        participant.news_version = NEWS.version
        session.flush()


def take_back_complaint(session: Session, *, participant: Participant) -> None:
    """What a complaint made them leave is on again, but for a consent that only they can give."""
    _forget(session, participant, LeftList.by == LeftBy.COMPLAINT, LeftList.list != MailList.NEWS)


def _forget(session: Session, participant: Participant, *which: sa.ColumnElement[bool]) -> None:
    session.execute(
        sa.delete(LeftList)
        .where(LeftList.participant_id == participant.id, *which)
        .execution_options(synchronize_session="fetch")
    )


# the link of each such mail -----------------------------------------------------------------


def leave_token(links: Links, participant: Participant, list_: MailList) -> str:
    """The secret that leaves this list and opens nothing else.

    It ends with the one of the person's page: who replaces that closes every link until then.
    """
    return links.personal_token(
        Purpose.LEAVE, participant.public_id, participant.page_generation, about=list_
    )
