"""Answering a survey from one's own page: once, and so that nothing of it leads to the person.

Of who answers only that they have is kept (``survey_answered``). What they chose is counted, what
they wrote is a row of nobody's; neither knows when it was, nor what else was said with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import ChangedMeanwhile, DomainError, NotFound
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.survey_questions import AnswerKind
from webinars.domain.survey_sheets import (
    Sheet,
    begun,
    key_of,
    last_ends,
    of_webinar,
    of_year,
    rows_of,
    sheet_of,
)
from webinars.models import (
    Cycle,
    Participant,
    Registration,
    Survey,
    SurveyAnswered,
    SurveyKind,
    SurveyTally,
    SurveyText,
    TextState,
    Webinar,
    WebinarStatus,
)

CLOSED = "the survey is closed"
ANSWERED = "the person has answered the survey"


class SurveyNotOpen(DomainError):
    """It is not open yet, or no longer."""


class AlreadyAnswered(DomainError):
    """They have answered it: nobody can find their answer any more, so it stays."""


class NothingSaid(DomainError):
    """Not one question was answered."""


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to one question: a value of a scale or a choice, or a text."""

    value: int | None = None
    text: str | None = None
    may_quote: bool = False


@dataclass(frozen=True, slots=True)
class MySurvey:
    """A survey as one person sees it."""

    sheet: Sheet
    answered: bool


def my_survey(
    session: Session, *, participant: Participant, cycle_slug: str, webinar_slug: str | None
) -> MySurvey:
    """The survey of a webinar, or without one of the year, that this person may answer.

    Raises NotFound, also for who had no place in it. At most five queries.
    """
    kind = SurveyKind.YEAR if webinar_slug is None else SurveyKind.WEBINAR
    sheet = sheet_of(session, kind=kind, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    had_a_place = (
        sa.select(Registration.id)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .where(
            Registration.participant_id == participant.id,
            Registration.status.in_(HOLDS_A_PLACE),
            Webinar.cycle_id == sheet.cycle_id,
            sa.true() if sheet.webinar_id is None else Webinar.id == sheet.webinar_id,
        )
        .limit(1)
    )
    if session.scalar(had_a_place) is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}")
    return MySurvey(sheet, _has_answered(session, sheet.survey_id, participant.id))


def _has_answered(session: Session, survey_id: int | None, participant_id: int) -> bool:
    if survey_id is None:
        return False
    return session.get(SurveyAnswered, (survey_id, participant_id)) is not None


def answer(
    session: Session,
    *,
    participant: Participant,
    cycle_slug: str,
    webinar_slug: str | None,
    mark: str,
    said: Sequence[Said],
    now: datetime,
) -> None:
    """Take somebody's answers, in the order of the questions that ``mark`` is of.

    Raises NotFound, SurveyNotOpen, AlreadyAnswered, NothingSaid, and ChangedMeanwhile when the
    questions are no longer those that they read.
    """
    seen = my_survey(
        session, participant=participant, cycle_slug=cycle_slug, webinar_slug=webinar_slug
    ).sheet
    if not seen.is_open(now):
        raise SurveyNotOpen
    row = begun(session, sheet=seen)
    if _has_answered(session, row.id, participant.id):
        raise AlreadyAnswered
    # Once more, under the lock: it may have got questions of its own in between.
    sheet = my_survey(
        session, participant=participant, cycle_slug=cycle_slug, webinar_slug=webinar_slug
    ).sheet
    if sheet.mark != mark or len(said) != len(sheet.questions):
        raise ChangedMeanwhile(sheet.title)
    written = _written(sheet, said)
    if not written:
        raise NothingSaid
    session.add(SurveyAnswered(survey_id=row.id, participant_id=participant.id))
    for place, one in written.items():
        _keep(session, row, place, one)
    row.answers += 1
    session.flush()


def why_not_asked(
    session: Session, *, participant_id: int, webinar: Webinar, now: datetime
) -> str | None:
    """Why nobody needs to ask this person about a webinar any more; None while it is of use.

    At most three queries, and one where the survey is on another site.
    """
    cycle = session.get_one(Cycle, webinar.cycle_id)
    if cycle.survey_url:
        return None
    own = key_of(SurveyKind.WEBINAR, cycle_id=cycle.id, webinar_id=webinar.id)
    each = key_of(SurveyKind.EACH, cycle_id=cycle.id)
    known = rows_of(session, own, each)
    sheet = of_webinar(cycle, webinar, own=known.get(own), each=known.get(each))
    if not sheet.is_open(now):
        return CLOSED
    return ANSWERED if _has_answered(session, sheet.survey_id, participant_id) else None


def year_asks(session: Session, *, participant_id: int, cycle_id: int, now: datetime) -> bool:
    """Whether the survey of the year waits for this person, who had a place in it.

    At most four queries.
    """
    cycle = session.get_one(Cycle, cycle_id)
    sheet = sheet_of(session, kind=SurveyKind.YEAR, cycle_slug=cycle.slug)
    return sheet.is_open(now) and not _has_answered(session, sheet.survey_id, participant_id)


def _written(sheet: Sheet, said: Sequence[Said]) -> Mapping[int, Said]:
    """What was answered at all, by the place of its question."""
    found = {}
    for place, (question, one) in enumerate(zip(sheet.questions, said, strict=True)):
        text = question.kind is AnswerKind.TEXT
        if one.text if text else one.value in question.values:
            found[place] = one
    return found


def _keep(session: Session, row: Survey, place: int, said: Said) -> None:
    if said.text is not None:
        session.add(
            SurveyText(
                survey_id=row.id,
                question=place,
                text=said.text,
                may_quote=said.may_quote,
                state=TextState.WAITING,
            )
        )
        return
    assert said.value is not None, "what says nothing is not kept"
    tally = session.get(SurveyTally, (row.id, place, said.value))
    if tally is None:
        session.add(SurveyTally(survey_id=row.id, question=place, choice=said.value, count=1))
    else:
        tally.count += 1


def open_surveys(session: Session, *, participant: Participant, now: datetime) -> tuple[Sheet, ...]:
    """What this person can answer now and has not: webinars by their ends, then years.

    Four queries at most, however many there are.
    """
    rows = session.execute(
        sa.select(Cycle, Webinar)
        .join(Webinar, Webinar.cycle_id == Cycle.id)
        .join(Registration, Registration.webinar_id == Webinar.id)
        .where(
            Registration.participant_id == participant.id,
            Registration.status.in_(HOLDS_A_PLACE),
            Webinar.status == WebinarStatus.SCHEDULED,
        )
        .order_by(Webinar.ends_at, Webinar.id)
    ).all()
    if not rows:
        return ()
    cycles = {cycle.id: cycle for cycle, _ in rows}
    keys = [
        key_of(kind, cycle_id=id_) for id_ in cycles for kind in SurveyKind if kind != "webinar"
    ]
    keys += [key_of(SurveyKind.WEBINAR, cycle_id=0, webinar_id=one.id) for _, one in rows]
    known = rows_of(session, *keys)
    ends = last_ends(session, cycle_ids=list(cycles))
    done = set(
        session.scalars(
            sa.select(SurveyAnswered.survey_id).where(
                SurveyAnswered.participant_id == participant.id
            )
        )
    )
    found = [
        of_webinar(
            cycle,
            webinar,
            own=known.get(key_of(SurveyKind.WEBINAR, cycle_id=cycle.id, webinar_id=webinar.id)),
            each=known.get(key_of(SurveyKind.EACH, cycle_id=cycle.id)),
        )
        for cycle, webinar in rows
    ]
    found += [
        of_year(
            cycle,
            row=known.get(key_of(SurveyKind.YEAR, cycle_id=cycle.id)),
            last_end=ends.get(cycle.id),
        )
        for cycle in cycles.values()
    ]
    return tuple(one for one in found if one.is_open(now) and one.survey_id not in done)
