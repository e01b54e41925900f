"""Putting a resource beside a question, and taking it away."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import site
from webinars.domain.mentions import NoSuchResource, held_resource
from webinars.domain.question_resources import resources_beside
from webinars.domain.questions import locked, record
from webinars.models import AuditAct, Question, Resource, Webinar, question_resources


def join_resource(
    session: Session,
    *,
    question_id: int,
    cycle_slug: str,
    webinar_slug: str,
    resource: str,
    actor: str,
    now: datetime,
) -> bool:
    """Put a resource beside a question; whether it was not there yet.

    ``resource`` is its slug or its whole title, however capitals are written. Raises NotFound
    for a question that is not of this webinar, NoSuchResource.
    """
    question, webinar = locked(session, question_id, cycle_slug, webinar_slug)
    slug = _slug_of(session, resource)
    resource_id = held_resource(session, slug)
    before = _slugs(session, question)
    if slug in before:
        return False
    session.execute(
        sa.insert(question_resources).values(question_id=question.id, resource_id=resource_id)
    )
    _note(session, AuditAct.QUESTION_JOINED, question, webinar, before, actor=actor, now=now)
    return True


def part_resource(
    session: Session,
    *,
    question_id: int,
    cycle_slug: str,
    webinar_slug: str,
    resource: str,
    actor: str,
    now: datetime,
) -> bool:
    """Take a resource away from a question; both stay. Whether it was there.

    Raises NotFound for a question that is not of this webinar, NoSuchResource.
    """
    question, webinar = locked(session, question_id, cycle_slug, webinar_slug)
    slug = _slug_of(session, resource)
    resource_id = held_resource(session, slug)
    before = _slugs(session, question)
    if slug not in before:
        return False
    session.execute(
        sa.delete(question_resources).where(
            question_resources.c.question_id == question.id,
            question_resources.c.resource_id == resource_id,
        )
    )
    _note(session, AuditAct.QUESTION_PARTED, question, webinar, before, actor=actor, now=now)
    return True


def _slug_of(session: Session, said: str) -> str:
    """What was said, if it is an address; else that of the one resource of this title."""
    if session.scalar(sa.select(Resource.id).where(Resource.slug == said)) is not None:
        return said
    title = " ".join(said.split()).lower()
    # Not by the database's lower(): SQLite's knows no accents.
    titles = session.execute(sa.select(Resource.slug, Resource.title))
    same = [slug for slug, its in titles if " ".join(its.split()).lower() == title]
    if len(same) != 1:
        raise NoSuchResource(said)
    return same[0]


def _slugs(session: Session, question: Question) -> list[str]:
    beside = resources_beside(session, question_ids=[question.id])
    return [one.slug for one in beside.get(question.id, ())]


def _note(
    session: Session,
    act: AuditAct,
    question: Question,
    webinar: Webinar,
    before: list[str],
    *,
    actor: str,
    now: datetime,
) -> None:
    record(
        session,
        act,
        question,
        webinar,
        before={"resources": before},
        after={"resources": _slugs(session, question)},
        actor=actor,
        now=now,
    )
    if question.published_at is not None:
        site.touch(session, now=now)
    session.flush()
