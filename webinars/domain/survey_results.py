"""What was answered: counts and texts, for organisers; and what is quoted to everybody.

Below ``LEAST`` answers nothing but their number is shown: organisers know who was there, and of
one or two answers they could tell whose they are. Between looks at three and at four answers one
can still subtract; whoever must not be told by that cannot be asked at all, and the form says
what organisers see.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.editing import Editor
from webinars.domain.errors import NotFound
from webinars.domain.places import HOLDS_A_PLACE
from webinars.domain.planning import find_cycle
from webinars.domain.survey_questions import AnswerKind, SurveyQuestion
from webinars.domain.survey_sheets import Sheet, key_of, of_webinar, rows_of, sheet_of
from webinars.models import (
    AuditAct,
    Cycle,
    Registration,
    Survey,
    SurveyKind,
    SurveyTally,
    SurveyText,
    TextState,
    Webinar,
)

LEAST = 3
"""Answers from which on they are shown."""


@dataclass(frozen=True, slots=True)
class Text:
    """What somebody wrote."""

    id: uuid.UUID
    text: str
    may_quote: bool
    state: TextState
    quote: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What was answered to one question."""

    place: int
    """From 0."""
    question: SurveyQuestion
    counts: tuple[int, ...]
    """Of each value, in order; of a text none."""
    texts: tuple[Text, ...]
    """Those that wait first; then by what they say, which tells nothing of when they came."""

    @property
    def total(self) -> int:
        """How many have answered it."""
        return sum(self.counts) or len(self.texts)

    @property
    def mean(self) -> float | None:
        """Of a scale, from 1; None without an answer, and of other questions."""
        if self.question.kind is not AnswerKind.SCALE or not sum(self.counts):
            return None
        values = self.question.values
        return sum(v * n for v, n in zip(values, self.counts, strict=True)) / sum(self.counts)


@dataclass(frozen=True, slots=True)
class Results:
    """All of it."""

    sheet: Sheet
    asked: int
    """How many could answer."""
    results: tuple[Result, ...]
    """None of them while there are too few answers."""

    @property
    def too_few(self) -> bool:
        """Whether only their number is shown."""
        return self.sheet.answers < LEAST


def results_of(
    session: Session, *, kind: SurveyKind, cycle_slug: str, webinar_slug: str | None = None
) -> Results:
    """What was answered. Raises NotFound. At most six queries."""
    sheet = sheet_of(session, kind=kind, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    shown = sheet.survey_id is not None and sheet.answers >= LEAST
    return Results(sheet, _asked(session, sheet), _results(session, sheet) if shown else ())


def _asked(session: Session, sheet: Sheet) -> int:
    people = (
        sa.select(sa.func.count(sa.distinct(Registration.participant_id)))
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .where(
            Webinar.cycle_id == sheet.cycle_id,
            Registration.status.in_(HOLDS_A_PLACE),
            sa.true() if sheet.webinar_id is None else Webinar.id == sheet.webinar_id,
        )
    )
    return session.scalar(people) or 0


def _results(session: Session, sheet: Sheet) -> tuple[Result, ...]:
    counted = {
        (question, choice): count
        for question, choice, count in session.execute(
            sa.select(SurveyTally.question, SurveyTally.choice, SurveyTally.count).where(
                SurveyTally.survey_id == sheet.survey_id
            )
        )
    }
    texts: dict[int, list[Text]] = {}
    for row in session.scalars(
        sa.select(SurveyText)
        .where(SurveyText.survey_id == sheet.survey_id)
        .order_by(SurveyText.state != TextState.WAITING, SurveyText.text, SurveyText.id)
    ):
        one = Text(row.id, row.text, row.may_quote, row.state, row.quote)
        texts.setdefault(row.question, []).append(one)
    return tuple(
        Result(
            place,
            question,
            tuple(counted.get((place, value), 0) for value in question.values),
            tuple(texts.get(place, ())),
        )
        for place, question in enumerate(sheet.questions)
    )


# what organisers do with a text -----------------------------------------------------------


def keep_text(session: Session, *, text_id: uuid.UUID, cycle_slug: str, editor: Editor) -> None:
    """It was read, and is for organisers alone; a quote is taken back. Raises NotFound."""
    text, survey = _text(session, text_id, cycle_slug)
    if text.state is TextState.KEPT:
        return
    before = text.state
    if before is TextState.QUOTED:
        site.touch(session, now=editor.now)
    text.state = TextState.KEPT
    _record(session, AuditAct.SURVEY_TEXT_READ, survey, before, text.state, editor)


def quote_text(
    session: Session, *, text_id: uuid.UUID, cycle_slug: str, words: str, editor: Editor
) -> None:
    """Show it to everybody on its webinar's page, in these words and without a name.

    Raises NotFound, also for what its writer does not let be quoted, or is of no webinar.
    """
    text, survey = _text(session, text_id, cycle_slug)
    if not text.may_quote or survey.webinar_id is None:
        raise NotFound(text_id)
    if (text.state, text.quote) == (TextState.QUOTED, words):
        return
    before = text.state
    text.state, text.quote = TextState.QUOTED, words
    site.touch(session, now=editor.now)
    _record(session, AuditAct.SURVEY_TEXT_QUOTED, survey, before, text.state, editor)


def remove_text(session: Session, *, text_id: uuid.UUID, cycle_slug: str, editor: Editor) -> None:
    """It goes for good: it names somebody, or says what must not be kept. Raises NotFound."""
    text, survey = _text(session, text_id, cycle_slug)
    if text.state is TextState.QUOTED:
        site.touch(session, now=editor.now)
    session.delete(text)
    _record(session, AuditAct.SURVEY_TEXT_REMOVED, survey, text.state, None, editor)


def _text(session: Session, text_id: uuid.UUID, cycle_slug: str) -> tuple[SurveyText, Survey]:
    """A text that organisers may see. Raises NotFound."""
    row = session.execute(
        sa.select(SurveyText, Survey)
        .join(Survey, Survey.id == SurveyText.survey_id)
        .join(Cycle, Cycle.id == Survey.cycle_id)
        .where(SurveyText.id == text_id, Cycle.slug == cycle_slug, Survey.answers >= LEAST)
        .with_for_update(of=SurveyText)
    ).first()
    if row is None:
        raise NotFound(text_id)
    return row[0], row[1]


def _record(
    session: Session,
    act: AuditAct,
    survey: Survey,
    before: TextState,
    after: TextState | None,
    editor: Editor,
) -> None:
    """Never what it says: the trail is kept for longer than the text may be."""
    slug = session.scalar(sa.select(Webinar.slug).where(Webinar.id == survey.webinar_id))
    audit.record(
        session,
        actor=editor.actor,
        act=act,
        now=editor.now,
        cycle_id=survey.cycle_id,
        slugs=[slug] if slug else [],
        subject=survey.kind.value,
        before={"state": before.value},
        after={"state": after.value} if after else {},
    )
    session.flush()


# elsewhere ----------------------------------------------------------------------------------


def quotes_of(session: Session, *, webinar_id: int) -> tuple[str, ...]:
    """What is quoted on the page of a webinar. One query."""
    rows = session.scalars(
        sa.select(SurveyText.quote)
        .join(Survey, Survey.id == SurveyText.survey_id)
        .where(Survey.webinar_id == webinar_id, SurveyText.state == TextState.QUOTED)
        .order_by(SurveyText.question, SurveyText.quote)
    )
    return tuple(quote for quote in rows if quote)


def texts_waiting(session: Session) -> Mapping[str, int]:
    """How many texts nobody has looked at, by cycle; only those that may be seen. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, sa.func.count())
        .join(Survey, Survey.cycle_id == Cycle.id)
        .join(SurveyText, SurveyText.survey_id == Survey.id)
        .where(SurveyText.state == TextState.WAITING, Survey.answers >= LEAST)
        .group_by(Cycle.slug)
    )
    return dict(rows.all())


@dataclass(frozen=True, slots=True)
class Standing:
    """One survey in the list of a cycle."""

    sheet: Sheet
    waiting: int
    """Texts that nobody has looked at."""
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class SurveyList:
    """The surveys of a cycle."""

    slug: str
    title: str
    """As drafted: the title of the desk."""
    public: bool
    year: Standing
    webinars: tuple[Standing, ...]
    """By date."""


def survey_list(session: Session, *, cycle_slug: str) -> SurveyList:
    """Every survey of a cycle, and how far each is. Raises NotFound. A fixed number of queries."""
    cycle = find_cycle(session, slug=cycle_slug)
    webinars = session.scalars(
        sa.select(Webinar).where(Webinar.cycle_id == cycle.id).order_by(Webinar.starts_at)
    ).all()
    each = key_of(SurveyKind.EACH, cycle_id=cycle.id)
    keys = {
        one.id: key_of(SurveyKind.WEBINAR, cycle_id=cycle.id, webinar_id=one.id) for one in webinars
    }
    known = rows_of(session, each, *keys.values())
    waiting: dict[int, int] = dict(
        session.execute(
            sa.select(SurveyText.survey_id, sa.func.count())
            .join(Survey, Survey.id == SurveyText.survey_id)
            .where(
                Survey.cycle_id == cycle.id,
                Survey.answers >= LEAST,
                SurveyText.state == TextState.WAITING,
            )
            .group_by(SurveyText.survey_id)
        ).all()
    )
    year = sheet_of(session, kind=SurveyKind.YEAR, cycle_slug=cycle_slug)
    sheets = [
        of_webinar(cycle, one, own=known.get(keys[one.id]), each=known.get(each))
        for one in webinars
    ]
    return SurveyList(
        slug=cycle.slug,
        title=cycle.draft.title,
        public=cycle.revision > 0,
        year=Standing(year, waiting.get(year.survey_id or 0, 0), year.opens_at),
        webinars=tuple(
            Standing(sheet, waiting.get(sheet.survey_id or 0, 0), webinar.ends_at)
            for sheet, webinar in zip(sheets, webinars, strict=True)
        ),
    )
