"""What is kept about one person of surveys and wishes, for that person. Instants are UTC."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import (
    Cycle,
    Participant,
    Survey,
    SurveyAnswered,
    Webinar,
    Wish,
    WishState,
    WishSupport,
)


@dataclass(frozen=True, slots=True)
class KeptSurvey:
    """A survey that they have answered: with what is not known."""

    survey: str
    """``<cycle>/<webinar>``, or ``<cycle>`` of a year."""
    title: str


@dataclass(frozen=True, slots=True)
class KeptWish:
    """A wish of theirs, or one of somebody that they support."""

    title: str | None
    """None of somebody else's that is not public any more: its words are theirs."""
    why: str | None
    state: WishState
    reason: str | None
    proposed_at: datetime | None
    """None where they only support it."""
    supported: bool


def kept_surveys(session: Session, participant: Participant) -> tuple[KeptSurvey, ...]:
    """Which surveys they have answered, by year. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, Cycle.title, Webinar.slug, Webinar.title)
        .select_from(SurveyAnswered)
        .join(Survey, Survey.id == SurveyAnswered.survey_id)
        .join(Cycle, Cycle.id == Survey.cycle_id)
        .outerjoin(Webinar, Webinar.id == Survey.webinar_id)
        .where(SurveyAnswered.participant_id == participant.id)
        .order_by(Cycle.year, Cycle.slug, Webinar.starts_at)
    )
    return tuple(
        KeptSurvey(f"{cycle}/{slug}" if slug else cycle, title or of_cycle)
        for cycle, of_cycle, slug, title in rows.all()
    )


def kept_wishes(session: Session, participant: Participant) -> tuple[KeptWish, ...]:
    """What they wish for and support, oldest first. One query."""
    supported = WishSupport.participant_id == participant.id
    rows = session.execute(
        sa.select(Wish, WishSupport.participant_id)
        .outerjoin(WishSupport, sa.and_(WishSupport.wish_id == Wish.id, supported))
        .where(sa.or_(Wish.participant_id == participant.id, supported))
        .order_by(Wish.proposed_at, Wish.id)
    )
    return tuple(
        _kept(wish, own=wish.participant_id == participant.id, supported=supporter is not None)
        for wish, supporter in rows.all()
    )


def _kept(wish: Wish, *, own: bool, supported: bool) -> KeptWish:
    readable = own or wish.state is WishState.PUBLIC
    return KeptWish(
        title=wish.title if readable else None,
        why=wish.why if readable else None,
        state=wish.state,
        reason=wish.reason if own else None,
        proposed_at=wish.proposed_at if own else None,
        supported=supported,
    )
