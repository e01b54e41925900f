"""Erasing people: at their word, and by themselves when they were not heard of for long.

What is of the person goes: address, name, what they said of themselves, their questions,
what they follow or have seen, and every mail of the ledger. Registrations of the past stay as
rows of nobody, so that counts stay; so does a question or a wish that was published, in the
words in which it was published and without a name. That they have answered a survey goes; their
answers were nobody's from the first.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session, aliased

from webinars.domain import audit, site
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.leaving import leave_all, standing
from webinars.domain.places import STANDS
from webinars.i18n import DEFAULT_LANGUAGE
from webinars.models import (
    AddressStanding,
    AuditAct,
    AuditEntry,
    CycleRegistration,
    FollowedTheme,
    LeftList,
    OutboxMail,
    Participant,
    Question,
    Registration,
    SeenWebinar,
    SurveyAnswered,
    Webinar,
    Wish,
    WishState,
    WishSupport,
)

STAYS = (WishState.PUBLIC, WishState.MERGED)
"""Wishes that stay without a name: one that was merged leads who kept its address to the other."""
BATCH = 100


@dataclass(frozen=True, slots=True)
class Going:
    """What erasing somebody does, in numbers."""

    to_come: int
    """Registrations that are cancelled, and whose places go to others."""
    kept: int
    """Registrations that stay as rows of nobody."""
    questions: int
    published: int
    """Questions that stay on a webinar's page, without a name."""
    wishes: int
    """Wishes that nobody reads yet, or that were declined."""
    public_wishes: int
    """Wishes that stay, without a name."""
    mails: int


def what_goes(session: Session, *, participant: Participant, now: datetime) -> Going:
    """What erasing this person would do. Five queries."""
    leaves = standing(participant, now=now).with_only_columns(Registration.id).subquery()
    to_come = session.scalar(sa.select(sa.func.count()).select_from(leaves)) or 0
    every = session.scalar(
        sa.select(sa.func.count())
        .select_from(Registration)
        .where(Registration.participant_id == participant.id)
    )
    questions, published = session.execute(
        sa.select(sa.func.count(), sa.func.count(Question.published_at)).where(
            Question.participant_id == participant.id
        )
    ).one()
    wishes, public_wishes = session.execute(
        sa.select(
            sa.func.count(), sa.func.count(sa.case((Wish.state == WishState.PUBLIC, 1)))
        ).where(Wish.participant_id == participant.id, Wish.state != WishState.MERGED)
    ).one()
    mails = session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxMail)
        .where(OutboxMail.participant_id == participant.id)
    )
    return Going(
        to_come=to_come,
        kept=(every or 0) - to_come,
        questions=questions - published,
        published=published,
        wishes=wishes - public_wishes,
        public_wishes=public_wishes,
        mails=mails or 0,
    )


def erase(
    session: Session, *, participant: Participant, actor: str, host: str, now: datetime
) -> None:
    """Erase a person. Every link of theirs opens nothing from then on.

    Raises ChangedMeanwhile when they were being registered at the same time.
    """
    # Webinars first, then the person: everybody who takes both locks does it in this order.
    leave_all(session, participant=participant, host=host, now=now, cancelled_too=True)
    session.execute(
        sa.select(Participant.id)
        .where(Participant.id == participant.id)
        .with_for_update(key_share=True)
    )
    if session.scalar(standing(participant, now=now).limit(1)) is not None:
        raise ChangedMeanwhile
    counted = _wished(session, [participant])
    _blank(session, [participant], now)
    if counted:
        site.touch(session, now=now)
    audit.record(session, actor=actor, act=AuditAct.PERSON_ERASED, now=now)


def erase_forgotten(session: Session, *, months: int, now: datetime, most: int = BATCH) -> int:
    """Erase people who were not heard of for so many months, at most so many; how many.

    Whoever stands registered for something that has not ended stays (CNIL: three years
    after the last contact). Call again while it returns more than nothing.
    """
    coming = (
        sa.exists()
        .where(
            Registration.participant_id == Participant.id,
            Registration.status.in_(STANDS),
            Webinar.id == Registration.webinar_id,
            Webinar.ends_at > now,
        )
        .correlate(Participant)
    )
    forgotten = session.scalars(
        sa.select(Participant)
        .where(
            Participant.erased_at.is_(None),
            Participant.last_contact_at < now - relativedelta(months=months),
            ~coming,
        )
        .order_by(Participant.last_contact_at, Participant.id)
        .limit(most)
        .with_for_update(of=Participant, skip_locked=True)  # another worker has the others
    ).all()
    if not forgotten:
        return 0
    counted = _wished(session, forgotten)
    _blank(session, forgotten, now)
    if counted:
        site.touch(session, now=now)
    audit.record(
        session,
        actor=audit.RETENTION,
        act=AuditAct.PEOPLE_ERASED,
        now=now,
        after={"count": len(forgotten)},
    )
    return len(forgotten)


def latest_erasure(session: Session) -> int | None:
    """What tells one erasure from the next: its number in the trail; None when there was none."""
    acts = (AuditAct.PERSON_ERASED, AuditAct.PEOPLE_ERASED)
    return session.scalar(sa.select(sa.func.max(AuditEntry.id)).where(AuditEntry.act.in_(acts)))


def _wished(session: Session, people: Sequence[Participant]) -> bool:
    """Whether the page of wishes counts one of them."""
    ids = [person.id for person in people]
    supports = sa.select(WishSupport.wish_id).where(WishSupport.participant_id.in_(ids))
    return session.scalar(supports.limit(1)) is not None


def _others_became_part() -> sa.Exists:
    """Wishes were put together with this one: its row stays, without a word."""
    other = aliased(Wish)
    return sa.exists().where(other.merged_into_id == Wish.id)


def _blank(session: Session, people: Sequence[Participant], now: datetime) -> None:
    ids = [person.id for person in people]
    addresses = [person.email for person in people]
    for theirs in (
        sa.delete(OutboxMail).where(OutboxMail.participant_id.in_(ids)),
        sa.delete(AddressStanding).where(AddressStanding.address.in_(addresses)),
        sa.delete(CycleRegistration).where(CycleRegistration.participant_id.in_(ids)),
        sa.delete(FollowedTheme).where(FollowedTheme.participant_id.in_(ids)),
        sa.delete(SeenWebinar).where(SeenWebinar.participant_id.in_(ids)),
        sa.delete(LeftList).where(LeftList.participant_id.in_(ids)),
        sa.delete(SurveyAnswered).where(SurveyAnswered.participant_id.in_(ids)),
        sa.delete(WishSupport).where(WishSupport.participant_id.in_(ids)),
        sa.delete(Wish).where(
            Wish.participant_id.in_(ids), Wish.state.not_in(STAYS), ~_others_became_part()
        ),
        sa.update(Wish)
        .where(Wish.participant_id.in_(ids), Wish.state != WishState.PUBLIC)
        .values(participant_id=None, title="", why=None, reason=None),
        sa.update(Wish).where(Wish.participant_id.in_(ids)).values(participant_id=None),
        sa.delete(Question).where(
            Question.participant_id.in_(ids), Question.published_at.is_(None)
        ),
        sa.update(Question)
        .where(Question.participant_id.in_(ids))
        .values(participant_id=None, asked_as=None, text=Question.published_text),
    ):
        session.execute(theirs, execution_options={"synchronize_session": False})
    for person in people:
        person.public_id = uuid.uuid4()  # every link carried the old one
        person.page_generation = person.calendar_generation = 1
        # Unique as the column asks, and no address: no form lets it through.
        person.email = f"erased:{uuid.uuid4()}"
        person.full_name = ""
        person.organisation = person.actor_category = person.region = None
        person.language = DEFAULT_LANGUAGE
        person.said_anew = person.calendar_alarm = person.calendar_alarm_at = None
        person.proven_at = person.news_since = person.news_version = None
        person.erased_at = now
    session.flush()
