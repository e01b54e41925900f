"""What organisers make of a survey: its questions, how long it is open, when a year's opens."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit
from webinars.domain.editing import Editor
from webinars.domain.errors import ChangedMeanwhile, DomainError, NotFound
from webinars.domain.survey_questions import SurveyQuestion, check_number, mark_of, to_json
from webinars.domain.survey_sheets import Sheet, begun, key_of, sheet_of
from webinars.models import AuditAct, Cycle, Survey, SurveyKind


class QuestionsFixed(DomainError):
    """Somebody has answered: other questions would mix answers to different things."""


def save_survey(
    session: Session,
    *,
    kind: SurveyKind,
    cycle_slug: str,
    webinar_slug: str | None = None,
    questions: Sequence[SurveyQuestion],
    closes_after: int,
    seen: str | None = None,
    editor: Editor,
) -> bool:
    """Write the questions and the days for which it is open; whether anything has changed.

    ``seen`` is the mark of the questions that the organiser looked at. Raises NotFound,
    WrongValue, QuestionsFixed, ChangedMeanwhile.
    """
    check_number(len(questions))
    sheet, _ = _held(session, kind, cycle_slug, webinar_slug)
    if seen is not None and seen != sheet.mark:
        raise ChangedMeanwhile(sheet.title)
    changed = mark_of(questions) != sheet.mark
    if not changed and closes_after == sheet.closes_after:
        return False
    row = begun(session, sheet=sheet)
    if changed and row.answers:
        raise QuestionsFixed(sheet.title)
    row.questions, row.closes_after = to_json(questions), closes_after
    _record(
        session,
        AuditAct.SURVEY_CHANGED,
        sheet,
        before={"questions": to_json(sheet.questions), "closes_after": sheet.closes_after},
        after={"questions": row.questions, "closes_after": closes_after},
        editor=editor,
    )
    return True


def reset_survey(
    session: Session,
    *,
    kind: SurveyKind,
    cycle_slug: str,
    webinar_slug: str | None = None,
    editor: Editor,
) -> bool:
    """Ask the cycle's questions again, or the usual ones; whether it had any of its own.

    Raises NotFound, QuestionsFixed.
    """
    sheet, row = _held(session, kind, cycle_slug, webinar_slug)
    if row is None:
        return False
    if sheet.fixed:
        raise QuestionsFixed(sheet.title)
    session.delete(row)
    before = {"questions": to_json(sheet.questions), "closes_after": sheet.closes_after}
    _record(session, AuditAct.SURVEY_RESET, sheet, before=before, after={}, editor=editor)
    return True


def open_year(session: Session, *, cycle_slug: str, editor: Editor) -> bool:
    """Open the survey of a year now, before its last webinar or once more; whether it was not.

    Raises NotFound, also for a cycle that was never published: nobody could answer.
    """
    sheet, _ = _held(session, SurveyKind.YEAR, cycle_slug, None)
    if not session.scalar(sa.select(Cycle.revision).where(Cycle.id == sheet.cycle_id)):
        raise NotFound(cycle_slug)
    if sheet.is_open(editor.now):
        return False
    row = begun(session, sheet=sheet)
    before = {"opened_at": row.opened_at.isoformat()} if row.opened_at else {}
    row.opened_at = editor.now
    after = {"opened_at": editor.now.isoformat()}
    _record(session, AuditAct.SURVEY_OPENED, sheet, before=before, after=after, editor=editor)
    return True


def _held(
    session: Session, kind: SurveyKind, cycle_slug: str, webinar_slug: str | None
) -> tuple[Sheet, Survey | None]:
    """The survey with its row, until the end; the cycle's lock lets one begin it at a time."""
    locked = sa.select(Cycle.id).where(Cycle.slug == cycle_slug).with_for_update(key_share=True)
    cycle_id = session.scalar(locked)
    if cycle_id is None:
        raise NotFound(cycle_slug)
    sheet = sheet_of(session, kind=kind, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    key = key_of(kind, cycle_id=cycle_id, webinar_id=sheet.webinar_id)
    row = session.scalar(sa.select(Survey).where(Survey.key == key).with_for_update())
    if row is not None:  # an answer may have come before the lock
        session.refresh(row)
        sheet = sheet_of(session, kind=kind, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    return sheet, row


def _record(
    session: Session,
    act: AuditAct,
    sheet: Sheet,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    editor: Editor,
) -> None:
    audit.record(
        session,
        actor=editor.actor,
        act=act,
        now=editor.now,
        cycle_id=sheet.cycle_id,
        slugs=[sheet.webinar_slug] if sheet.webinar_slug else [],
        subject=sheet.kind.value,
        before=before,
        after=after,
    )
    session.flush()
