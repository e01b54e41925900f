"""Putting a resource beside a question, and taking it away."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.mentions import NoSuchResource
from webinars.domain.question_resources import resources_beside
from webinars.domain.questions import locked
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
    found = _resource(session, resource)
    before = _slugs(session, question)
    if found.slug in before:
        return False
    session.execute(
        sa.insert(question_resources).values(question_id=question.id, resource_id=found.id)
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
    found = _resource(session, resource)
    before = _slugs(session, question)
    if found.slug not in before:
        return False
    session.execute(
        sa.delete(question_resources).where(
            question_resources.c.question_id == question.id,
            question_resources.c.resource_id == found.id,
        )
    )
    _note(session, AuditAct.QUESTION_PARTED, question, webinar, before, actor=actor, now=now)
    return True


def _resource(session: Session, said: str) -> Resource:
    """By its address; else by its title, where one resource alone has it."""
    found = session.scalar(sa.select(Resource).where(Resource.slug == said))
    if found is not None:
        return found
    title = " ".join(said.split()).lower()
    # Not by the database's lower(): SQLite's knows no accents.
    titles = session.execute(sa.select(Resource.id, Resource.title))
    same = [number for number, its in titles if " ".join(its.split()).lower() == title]
    if len(same) != 1:
        raise NoSuchResource(said)
    return session.get_one(Resource, same[0])


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
    """By the question's number, as its other acts: what somebody asked must be able to go."""
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        subject=str(question.id),
        before={"resources": before},
        after={"resources": _slugs(session, question)},
    )
    if question.published_at is not None:
        site.touch(session, now=now)
    session.flush()
