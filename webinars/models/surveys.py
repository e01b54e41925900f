"""What is asked after a webinar and after a year; answers, kept apart from who gave them.

Nothing of an answer leads to a person: no key, no instant, and no order. Rows that would lie in
the order in which they were written lie by a key instead that says nothing of it.
"""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base, UTCDateTime
from webinars.models.planning import JSONList, by_value

UNORDERED = {"sqlite_with_rowid": False}
"""SQLite would number the rows as they come, and so tell who came with what."""


class SurveyKind(enum.StrEnum):
    """What a survey is about."""

    EACH = "each"
    """Every webinar of a cycle that has none of its own: questions, and never an answer."""
    WEBINAR = "webinar"
    YEAR = "year"


class Survey(Base):
    """Questions that organisers have written, or that were asked when the first answer came."""

    __tablename__ = "surveys"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """What it is about, in one word: two who begin it at once begin one."""
    kind: Mapped[SurveyKind] = mapped_column(by_value(SurveyKind, "kind"))
    cycle_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cycles.id", ondelete="CASCADE"), index=True
    )
    webinar_id: Mapped[int | None] = mapped_column(sa.ForeignKey("webinars.id"), index=True)
    questions: Mapped[list[Any]] = mapped_column(JSONList)
    """As ``domain/survey_questions.py`` writes them; with the first answer they are fixed."""
    closes_after: Mapped[int]
    """Days."""
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Of a year: when an organiser opened it before its last webinar had ended."""
    answers: Mapped[int] = mapped_column(default=0)
    """How many have answered; erased people stay counted."""


class SurveyAnswered(Base):
    """This person has answered this survey: with what and when is not kept."""

    __tablename__ = "survey_answered"
    __table_args__ = UNORDERED

    survey_id: Mapped[int] = mapped_column(
        sa.ForeignKey("surveys.id", ondelete="CASCADE"), primary_key=True
    )
    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SurveyTally(Base):
    """How often one choice of one question was taken."""

    __tablename__ = "survey_tallies"
    __table_args__ = UNORDERED

    survey_id: Mapped[int] = mapped_column(
        sa.ForeignKey("surveys.id", ondelete="CASCADE"), primary_key=True
    )
    question: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Its place among the questions, from 0."""
    choice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The step of a scale, from 1; the place of a choice, from 0."""
    count: Mapped[int]


class TextState(enum.StrEnum):
    """What organisers have made of a text."""

    WAITING = "waiting"
    KEPT = "kept"
    """For organisers alone."""
    QUOTED = "quoted"
    """On the page of its webinar."""


class SurveyText(Base):
    """What somebody wrote for one question; nobody's, and of no time."""

    __tablename__ = "survey_texts"
    __table_args__ = UNORDERED

    id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, primary_key=True)
    survey_id: Mapped[int] = mapped_column(
        sa.ForeignKey("surveys.id", ondelete="CASCADE"), index=True
    )
    question: Mapped[int]
    """Its place among the questions, from 0."""
    text: Mapped[str]
    may_quote: Mapped[bool]
    """Who wrote it agrees that it is shown to everybody without a name."""
    state: Mapped[TextState] = mapped_column(by_value(TextState, "state"))
    quote: Mapped[str | None]
    """In the words in which everybody reads it."""
