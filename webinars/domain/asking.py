"""What somebody asks the speakers with a form, their first or a later one; whose word it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.domain.people import Known
from webinars.domain.places import STANDS
from webinars.models import (
    Cycle,
    Participant,
    Question,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

ASKS = (*STANDS, RegistrationStatus.ATTENDED, RegistrationStatus.ABSENT)
"""Whose registration lets them ask from their own page: whoever has or had a place, or waits."""
MOST = 5
"""Of one person for one webinar: anybody can send a form in their name, again and again."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A question of a form with somebody's address; they have not said that it is theirs."""

    id: int
    text: str
    title: str
    """Of its webinar."""
    asked_as: str | None


def ask(
    session: Session,
    *,
    known: Known,
    webinar: Webinar,
    text: str,
    name: str | None = None,
    vouched: bool = False,
    now: datetime,
) -> bool:
    """Keep a question; whether it is kept.

    Neither the same once more, however its spaces are, nor more than a few. ``name`` is what
    the form says of who asks; an organiser has ``vouched`` for what they type themselves. The
    caller holds the lock of the participant's row.
    """
    asked_as = None
    if not known.is_new:
        asked = session.scalars(
            sa.select(Question.text).where(
                Question.webinar_id == webinar.id, Question.participant_id == known.id
            )
        ).all()
        if len(asked) >= MOST or text.split() in [one.split() for one in asked]:
            return False
        if name != session.get_one(Participant, known.id).full_name:
            asked_as = name
    session.add(
        Question(
            webinar_id=webinar.id,
            participant_id=known.id,
            text=text,
            asked_as=asked_as,
            asked_at=now,
            confirmed_at=now if vouched else None,
        )
    )
    session.flush()
    return True


@dataclass(frozen=True, slots=True)
class Askable:
    """A webinar of whose speakers they may ask something now."""

    id: int
    title: str


def askable(
    session: Session, *, participant: Participant, cycle_slug: str, webinar_slug: str
) -> Askable:
    """The webinar, before or after its end, if they are registered for it. Raises NotFound."""
    row = session.execute(
        sa.select(Webinar.id, Webinar.title)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(
            Cycle.slug == cycle_slug,
            Webinar.slug == webinar_slug,
            Webinar.status == WebinarStatus.SCHEDULED,
            Registration.participant_id == participant.id,
            Registration.status.in_(ASKS),
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    return Askable(*row)


def ask_from_own_page(
    session: Session,
    *,
    participant: Participant,
    cycle_slug: str,
    webinar_slug: str,
    text: str,
    now: datetime,
) -> bool:
    """Keep a question that somebody asks from their own page; whether it is kept, as in ``ask``.

    The caller holds the lock of the participant's row. Raises NotFound.
    """
    found = askable(
        session, participant=participant, cycle_slug=cycle_slug, webinar_slug=webinar_slug
    )
    return ask(
        session,
        known=Known(participant.id, is_new=False),
        webinar=session.get_one(Webinar, found.id),
        text=text,
        name=participant.full_name,
        vouched=True,
        now=now,
    )


def confirm_questions(
    session: Session,
    *,
    participant: Participant,
    webinar_ids: Sequence[int] | sa.Select[int] | None = None,
    now: datetime,
) -> None:
    """What was asked in a form that they confirm is theirs: of these webinars, or of all.

    Under another name than theirs it waits for a button of its own.
    """
    theirs = sa.or_(Question.asked_as.is_(None), Question.asked_as == participant.full_name)
    of_these = sa.true() if webinar_ids is None else Question.webinar_id.in_(webinar_ids)
    session.execute(
        sa.update(Question)
        .where(
            Question.participant_id == participant.id,
            Question.confirmed_at.is_(None),
            theirs,
            of_these,
        )
        .values(confirmed_at=now, asked_as=None)
        .execution_options(synchronize_session=False)
    )


def doubtful(session: Session, *, participant: Participant) -> tuple[Doubtful, ...]:
    """What waits for their word, in the order in which it was asked. One query."""
    rows = session.execute(
        sa.select(Question.id, Question.text, Webinar.title, Question.asked_as)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .where(Question.participant_id == participant.id, Question.confirmed_at.is_(None))
        .order_by(Question.asked_at, Question.id)
    )
    return tuple(Doubtful(*row) for row in rows)


def own(session: Session, *, participant: Participant, question_id: int, now: datetime) -> None:
    """It is theirs, whatever name stood in the form. Raises NotFound."""
    question = _found(session, participant, question_id)
    question.confirmed_at = question.confirmed_at or now
    question.asked_as = None
    session.flush()


def disown(session: Session, *, participant: Participant, question_id: int) -> None:
    """It is not theirs: it goes; what was published of it stays as nobody's.

    Raises NotFound, also for what they have said to be theirs.
    """
    question = _found(session, participant, question_id)
    if question.confirmed_at is not None:
        raise NotFound(question_id)
    if question.published_at is None:
        session.delete(question)
    else:
        question.participant_id = question.asked_as = None
        question.text = question.published_text or ""
    session.flush()


def _found(session: Session, participant: Participant, question_id: int) -> Question:
    question = session.scalar(
        sa.select(Question)
        .where(Question.id == question_id, Question.participant_id == participant.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if question is None:
        raise NotFound(question_id)
    return question
