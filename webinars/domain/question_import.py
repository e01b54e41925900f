"""Published questions as the files of the library say them; nobody is named, nobody is touched.

A question is the same where its webinar and its public text are. What a person asked and nobody
has published is never looked at: it is theirs, whatever a file says in the same words.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.clock import at_hour, to_local
from webinars.domain.editing import Editor
from webinars.domain.library_files import QuestionTable
from webinars.domain.library_reading import Placed, ReadFile, placed
from webinars.domain.question_resources import resources_beside
from webinars.domain.questions import record
from webinars.domain.replay_import import Target, no_webinar
from webinars.models import AuditAct, Question, Resource, question_resources

INSTANTS = ("answered_at", "published_at")
Same = tuple[int, str | None]
"""The webinar, and the text as everybody reads it."""


def check_questions(
    read: Sequence[ReadFile],
    targets: Mapping[str, Target],
    *,
    resources: set[str],
    editor: Editor,
) -> None:
    """Note what is wrong with each table, at its key. Instants are not later than the act."""
    files: dict[tuple[str, str], set[str]] = {}
    for one in placed(read, QuestionTable):
        files.setdefault((one.table.webinar, one.table.text), set()).add(one.file.name)
    for one in placed(read, QuestionTable):
        table = one.table
        target = targets.get(table.webinar)
        if target is None:
            one.wrong("webinar", no_webinar(table.webinar))
        elif table.asked_on is not None and (
            table.asked_on > to_local(editor.now, target.zone).date()
        ):
            one.wrong("asked_on", "this day lies in the future")
        for name in INSTANTS:
            if (at := getattr(table, name)) is not None and at > editor.now:
                one.wrong(name, "this instant lies in the future")
        for slug in table.resources:
            if slug not in resources:
                one.wrong("resources", f'there is no resource "{slug}"')
        # Twice in one file are two people with the same words.
        if len(files[table.webinar, table.text]) > 1:
            one.wrong("text", "the same question stands in another of these files")


def write_questions(
    session: Session,
    read: Sequence[ReadFile],
    targets: Mapping[str, Target],
    *,
    questions: Sequence[Question],
    resources: Mapping[str, Resource],
    editor: Editor,
) -> bool:
    """Publish each question with its answer and its resources; whether anything is new.

    ``questions``: those that are there, as ``locked_questions`` gave them.
    """
    there = _there(questions)
    beside = resources_beside(session, question_ids=[question.id for question in questions])
    changed = False
    for one in placed(read, QuestionTable):
        target = targets[one.table.webinar]
        same = there.get((target.webinar.id, one.table.text))
        question = same.pop(0) if same else None
        if question is None:
            question = _add(session, one, target, editor)
            changed = True
        else:
            changed |= _change(session, one, question, target, editor)
        before = [resource.slug for resource in beside.get(question.id, ())]
        changed |= _put_resources(session, one, question, target, before, resources, editor)
    return changed


def locked_questions(session: Session, webinar_ids: Sequence[int]) -> Sequence[Question]:
    """Questions that files may mean: those that are published, and those of nobody."""
    if not webinar_ids:
        return ()
    return session.scalars(
        sa.select(Question)
        .where(
            Question.webinar_id.in_(webinar_ids),
            sa.or_(Question.published_at.is_not(None), Question.participant_id.is_(None)),
        )
        .order_by(Question.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _there(questions: Sequence[Question]) -> dict[Same, list[Question]]:
    """By what makes them the same; published ones first, as they were asked."""
    found: dict[Same, list[Question]] = {}
    for row in sorted(questions, key=lambda row: (row.published_at is None, row.asked_at, row.id)):
        found.setdefault((row.webinar_id, row.published_text), []).append(row)
    return found


def _add(session: Session, one: Placed[QuestionTable], target: Target, editor: Editor) -> Question:
    table = one.table
    published_at = table.published_at or editor.now
    asked_at = at_hour(table.asked_on, time(), target.zone) if table.asked_on else published_at
    question = Question(
        webinar_id=target.webinar.id,
        text=table.text,
        asked_at=asked_at,
        answer=table.answer or None,
        answered_at=_answered_at(table, None, editor),
        published_text=table.text,
        published_at=published_at,
    )
    session.add(question)
    session.flush()
    states = (False, True)
    _note(session, AuditAct.QUESTION_PUBLISHED, question, target, "published", states, editor)
    if question.answered_at is not None:
        _note(session, AuditAct.QUESTION_ANSWERED, question, target, "answered", states, editor)
    return question


def _change(
    session: Session,
    one: Placed[QuestionTable],
    question: Question,
    target: Target,
    editor: Editor,
) -> bool:
    table = one.table
    answered_at = _answered_at(table, question.answered_at, editor)
    published_at = table.published_at or question.published_at or editor.now
    answered = (table.answer or None, answered_at)
    changed = False
    if (question.answer, question.answered_at) != answered:
        states = (question.answered_at is not None, answered_at is not None)
        question.answer, question.answered_at = answered
        _note(session, AuditAct.QUESTION_ANSWERED, question, target, "answered", states, editor)
        changed = True
    if question.published_at != published_at:
        states = (question.published_at is not None, True)
        question.published_at = published_at
        _note(session, AuditAct.QUESTION_PUBLISHED, question, target, "published", states, editor)
        changed = True
    return changed


def _answered_at(table: QuestionTable, there: datetime | None, editor: Editor) -> datetime | None:
    """A question with an answer is answered: everybody reads it."""
    if table.answered_at is not None:
        return table.answered_at
    return (there or editor.now) if table.answer else None


def _put_resources(
    session: Session,
    one: Placed[QuestionTable],
    question: Question,
    target: Target,
    before: Sequence[str],
    resources: Mapping[str, Resource],
    editor: Editor,
) -> bool:
    wanted = [resources[slug] for slug in dict.fromkeys(one.table.resources)]
    wanted.sort(key=lambda resource: (resource.position, resource.id))
    after = [resource.slug for resource in wanted]
    if set(before) == set(after):
        return False
    its = question_resources.c.question_id == question.id
    session.execute(sa.delete(question_resources).where(its))
    if wanted:
        values = [{"question_id": question.id, "resource_id": one.id} for one in wanted]
        session.execute(sa.insert(question_resources), values)
    act = AuditAct.QUESTION_JOINED if set(after) - set(before) else AuditAct.QUESTION_PARTED
    _note(session, act, question, target, "resources", (before, after), editor)
    return True


def _note(
    session: Session,
    act: AuditAct,
    question: Question,
    target: Target,
    name: str,
    states: tuple[object, object],
    editor: Editor,
) -> None:
    record(
        session,
        act,
        question,
        target.webinar,
        before={name: states[0]},
        after={name: states[1]},
        actor=editor.actor,
        now=editor.now,
    )
