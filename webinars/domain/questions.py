"""What people ask the speakers: answered, put into words for everybody, published."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.planning import find_cycle
from webinars.models import AuditAct, Cycle, Participant, Question, Webinar, WebinarStatus


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as organisers see it. Instants are UTC."""

    id: int
    text: str
    asked_at: datetime
    asker: str | None
    """None once they are erased."""
    organisation: str | None
    answered_at: datetime | None
    answer: str | None
    wording: str | None
    """For everybody: published, or kept until it is."""
    published_at: datetime | None
    mark: str
    """Of what organisers have made of it; another one says that somebody was faster."""


@dataclass(frozen=True, slots=True)
class WebinarQuestions:
    """The questions of a webinar: the open ones first, then in the order they were asked."""

    slug: str
    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    cancelled: bool
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True)
class CycleQuestions:
    """A published cycle with its webinars that were asked something, first to last."""

    slug: str
    title: str
    """As drafted: the title of the desk."""
    webinars: tuple[WebinarQuestions, ...]

    @property
    def open(self) -> int:
        """How many are not answered yet."""
        return sum(q.answered_at is None for w in self.webinars for q in w.questions)

    @property
    def answered(self) -> int:
        """How many are answered."""
        return sum(len(w.questions) for w in self.webinars) - self.open

    @property
    def published(self) -> int:
        """How many stand on the page of their webinar."""
        return sum(q.published_at is not None for w in self.webinars for q in w.questions)


@dataclass(frozen=True, slots=True)
class PublishedQuestion:
    """As everybody reads it: nobody is named."""

    text: str
    answer: str | None
    answered: bool


def mark_of(question: Question) -> str:
    """What tells one state of a question from another."""
    state = (
        question.answer,
        question.answered_at is not None,
        question.published_text,
        question.published_at is not None,
    )
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]


def questions_of(
    session: Session, *, cycle_slug: str, webinar_slug: str | None = None
) -> CycleQuestions:
    """The questions of a webinar, which is there even without any; or of the whole cycle.

    A fixed number of queries. Raises NotFound.
    """
    cycle = find_cycle(session, slug=cycle_slug)
    chosen = sa.select(Webinar).where(Webinar.cycle_id == cycle.id)
    asked = sa.select(Question, Participant).join(Webinar).where(Webinar.cycle_id == cycle.id)
    if webinar_slug is not None:
        chosen = chosen.where(Webinar.slug == webinar_slug)
        asked = asked.where(Webinar.slug == webinar_slug)
    webinars = session.scalars(chosen.order_by(Webinar.starts_at, Webinar.id)).all()
    if webinar_slug is not None and not webinars:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    found: dict[int, list[QuestionView]] = {webinar.id: [] for webinar in webinars}
    rows = session.execute(
        asked.outerjoin(Participant, Participant.id == Question.participant_id).order_by(
            Question.answered_at.is_not(None), Question.asked_at, Question.id
        )
    )
    for question, asker in rows:
        found[question.webinar_id].append(_view(question, asker))
    return CycleQuestions(
        slug=cycle.slug,
        title=cycle.draft.title,
        webinars=tuple(
            WebinarQuestions(
                slug=webinar.slug,
                title=webinar.title,
                starts_at=webinar.starts_at,
                ends_at=webinar.ends_at,
                zone=cycle.zone,
                cancelled=webinar.status is WebinarStatus.CANCELLED,
                questions=tuple(found[webinar.id]),
            )
            for webinar in webinars
            if webinar_slug is not None or found[webinar.id]
        ),
    )


def _view(question: Question, asker: Participant | None) -> QuestionView:
    known = asker is not None and asker.erased_at is None
    return QuestionView(
        id=question.id,
        text=question.text,
        asked_at=question.asked_at,
        asker=asker.full_name if asker and known else None,
        organisation=asker.organisation if asker and known else None,
        answered_at=question.answered_at,
        answer=question.answer,
        wording=question.published_text,
        published_at=question.published_at,
        mark=mark_of(question),
    )


def open_counts(session: Session) -> Mapping[str, Mapping[str, int]]:
    """How many wait for an answer, by cycle and webinar; those without any are left out."""
    found: dict[str, dict[str, int]] = {}
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, sa.func.count())
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .join(Question, Question.webinar_id == Webinar.id)
        .where(Question.answered_at.is_(None))
        .group_by(Cycle.slug, Webinar.slug)
    )
    for cycle, webinar, count in rows:
        found.setdefault(cycle, {})[webinar] = count
    return found


def open_count(session: Session, *, cycle_slug: str, webinar_slug: str) -> int:
    """How many of one webinar wait for an answer."""
    count = session.scalar(
        sa.select(sa.func.count())
        .select_from(Question)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            Cycle.slug == cycle_slug, Webinar.slug == webinar_slug, Question.answered_at.is_(None)
        )
    )
    return count or 0


def published_questions(session: Session, *, webinar_id: int) -> tuple[PublishedQuestion, ...]:
    """What the permanent page shows, in the order in which it was asked. One query."""
    rows = session.execute(
        sa.select(Question.published_text, Question.answer, Question.answered_at)
        .where(
            Question.webinar_id == webinar_id,
            Question.published_at.is_not(None),
        )
        .order_by(Question.asked_at, Question.id)
    )
    return tuple(PublishedQuestion(text or "", said, at is not None) for text, said, at in rows)


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
    question, webinar = _locked(session, question_id, cycle_slug, webinar_slug)
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
        site.touch(session)
    _record(
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
    question, webinar = _locked(session, question_id, cycle_slug, webinar_slug)
    was = question.published_at is not None
    if was and question.published_text == published_text:
        return
    question.published_text = published_text
    question.published_at = question.published_at or now
    if question.answer:  # everybody reads it: it is answered
        question.answered_at = question.answered_at or now
    site.touch(session)
    _record(
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
    question, webinar = _locked(session, question_id, cycle_slug, webinar_slug)
    if question.published_at is None:
        return
    question.published_at = None
    question.published_text = wording or question.published_text
    site.touch(session)
    _record(
        session,
        AuditAct.QUESTION_WITHDRAWN,
        question,
        webinar,
        before={"published": True},
        after={"published": False},
        actor=actor,
        now=now,
    )


def _locked(
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


def _record(
    session: Session,
    act: AuditAct,
    question: Question,
    webinar: Webinar,
    *,
    before: dict[str, bool],
    after: dict[str, bool],
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
