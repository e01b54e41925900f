"""What stands beside the questions that people asked: resources, seen from either side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.models import Cycle, Question, Resource, Webinar, question_resources


@dataclass(frozen=True, slots=True)
class Beside:
    """A resource that stands beside a question."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class AskedOf:
    """A public question beside which a resource stands, with its webinar's address."""

    cycle: str
    webinar: str
    text: str
    answer: str | None
    answered: bool


def resources_beside(
    session: Session, *, question_ids: Sequence[int]
) -> Mapping[int, tuple[Beside, ...]]:
    """The resources of each of these questions, in the library's order. One query, or none."""
    if not question_ids:
        return {}
    found: dict[int, list[Beside]] = {}
    rows = session.execute(
        sa.select(question_resources.c.question_id, Resource.slug, Resource.title)
        .join(Resource, Resource.id == question_resources.c.resource_id)
        .where(question_resources.c.question_id.in_(question_ids))
        .order_by(Resource.position, Resource.id)
    )
    for question_id, slug, title in rows:
        found.setdefault(question_id, []).append(Beside(slug, title))
    return {number: tuple(its) for number, its in found.items()}


def asked_of(session: Session, *, resource_id: int) -> tuple[AskedOf, ...]:
    """The public questions of a resource: answered ones first, then as they were asked. One query.

    Of a webinar without an answer yet the question stands all the same: its page says so too.
    """
    rows = session.execute(
        sa.select(
            Cycle.slug,
            Webinar.slug,
            Question.published_text,
            Question.answer,
            Question.answered_at,
        )
        .join(question_resources, question_resources.c.question_id == Question.id)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            question_resources.c.resource_id == resource_id,
            Question.published_at.is_not(None),
            Cycle.revision > 0,
        )
        .order_by(Question.answered_at.is_(None), Question.asked_at, Question.id)
    )
    return tuple(
        AskedOf(cycle, webinar, text or "", answer, at is not None)
        for cycle, webinar, text, answer, at in rows
    )


def offered(session: Session) -> tuple[Beside, ...]:
    """Every resource that can be put beside a question, by its title. One query."""
    rows = session.execute(sa.select(Resource.slug, Resource.title).order_by(Resource.title))
    return tuple(Beside(slug, title) for slug, title in rows)
