"""What people ask the speakers: answered, put into words for everybody, published."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.question_resources import Beside, resources_beside
from webinars.models import AuditAct, Cycle, Question, Webinar


@dataclass(frozen=True, slots=True)
class PublishedQuestion:
    """As everybody reads it: nobody is named."""

    text: str
    answer: str | None
    answered: bool
    resources: tuple[Beside, ...] = ()
    """Where it goes on."""


def mark_of(question: Question) -> str:
    """What tells one state of a question from another."""
    state = (
        question.answer,
        question.answered_at is not None,
        question.published_text,
        question.published_at is not None,
    )
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]


def published_questions(session: Session, *, webinar_id: int) -> tuple[PublishedQuestion, ...]:
    """What the permanent page shows, in the order in which it was asked. At most two queries."""
    rows = session.execute(
        sa.select(Question.id, Question.published_text, Question.answer, Question.answered_at)
        .where(
            Question.webinar_id == webinar_id,
            Question.published_at.is_not(None),
        )
        .order_by(Question.asked_at, Question.id)
    ).all()
    beside = resources_beside(session, question_ids=[number for number, *_ in rows])
    return tuple(
        PublishedQuestion(text or "", said, at is not None, beside.get(number, ()))
        for number, text, said, at in rows
    )


def answer(
    session: Session,
    *,
    question_id: int,
    cycle_slug: str,
    webinar_slug: str,
    answer: str | None,
    answered: bool,
    wording: str | None = None,
    seen: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Write the answer, and say whether the question is answered: in writing or aloud.

    ``wording`` is kept for a later publication; of a published question it is not touched
    here. ``seen`` is the mark that the organiser saw; None is whatever it is. The same once
    more changes nothing. Raises NotFound, ChangedMeanwhile.
    """
    question, webinar = locked(session, question_id, cycle_slug, webinar_slug)
    if seen is not None and seen != mark_of(question):
        raise ChangedMeanwhile(question_id)
    if wording is not None and question.published_at is None:
        question.published_text = wording if wording != question.text else None
    was = question.answered_at is not None
    if (question.answer, was) == (answer, answered):
        session.flush()
        return
    question.answer = answer
    question.answered_at = (question.answered_at or now) if answered else None
    if question.published_at is not None:
        site.touch(session, now=now)
    record(
        session,
        AuditAct.QUESTION_ANSWERED,
        question,
        webinar,
        before={"answered": was},
        after={"answered": answered},
        actor=actor,
        now=now,
    )


def publish_question(
    session: Session,
    *,
    question_id: int,
    cycle_slug: str,
    webinar_slug: str,
    published_text: str,
    actor: str,
    now: datetime,
) -> None:
    """Put a question on the page of its webinar in these words, with its answer, without a name.

    The same words once more change nothing. Raises NotFound.
    """
    question, webinar = locked(session, question_id, cycle_slug, webinar_slug)
    was = question.published_at is not None
    if was and question.published_text == published_text:
        return
    question.published_text = published_text
    question.published_at = question.published_at or now
    if question.answer:  # everybody reads it: it is answered
        question.answered_at = question.answered_at or now
    site.touch(session, now=now)
    record(
        session,
        AuditAct.QUESTION_PUBLISHED,
        question,
        webinar,
        before={"published": was},
        after={"published": True},
        actor=actor,
        now=now,
    )


def withdraw_question(
    session: Session,
    *,
    question_id: int,
    cycle_slug: str,
    webinar_slug: str,
    wording: str | None = None,
    actor: str,
    now: datetime,
) -> None:
    """Take a question off the page of its webinar; its wording, or a new one, is kept.

    Raises NotFound.
    """
    question, webinar = locked(session, question_id, cycle_slug, webinar_slug)
    if question.published_at is None:
        return
    question.published_at = None
    question.published_text = wording or question.published_text
    site.touch(session, now=now)
    record(
        session,
        AuditAct.QUESTION_WITHDRAWN,
        question,
        webinar,
        before={"published": True},
        after={"published": False},
        actor=actor,
        now=now,
    )


def locked(
    session: Session, question_id: int, cycle_slug: str, webinar_slug: str
) -> tuple[Question, Webinar]:
    """A question of this webinar, and of no other. Raises NotFound."""
    row = session.execute(
        sa.select(Question, Webinar)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Question.id == question_id, Cycle.slug == cycle_slug, Webinar.slug == webinar_slug)
        .with_for_update(of=Question)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound(question_id)
    return row[0], row[1]


def record(
    session: Session,
    act: AuditAct,
    question: Question,
    webinar: Webinar,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: str,
    now: datetime,
) -> None:
    """By its number: what somebody asked must be able to go."""
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        subject=str(question.id),
        before=before,
        after=after,
    )
    session.flush()
