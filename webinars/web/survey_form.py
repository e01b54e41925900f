"""The form of a survey's questions: as it is shown, typed and read.

There is a row for each question and an empty one for another; an emptied row takes its question
away. The places that are typed say the order, so that nothing of it needs a script.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webinars.domain.errors import WrongValue
from webinars.domain.survey_questions import (
    MOST_QUESTIONS,
    AnswerKind,
    SurveyQuestion,
    Words,
    check_number,
    check_words,
    choices_of,
)
from webinars.domain.survey_sheets import LEAST_DAYS, MOST_DAYS, Sheet
from webinars.web import typed as reading
from webinars.web.acting import whole_number

KIND_NAMES: dict[AnswerKind, LazyString] = {
    AnswerKind.SCALE: lazy_gettext("A scale from 1 to 5"),
    AnswerKind.CHOICE: lazy_gettext("One of several answers"),
    AnswerKind.TEXT: lazy_gettext("A text"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One question as it is typed; without French it is none."""

    place: str = ""
    kind: str = AnswerKind.SCALE.value
    fr: str = ""
    en: str = ""
    choices_fr: str = ""
    choices_en: str = ""


@dataclass(slots=True)
class SurveyForm:
    """What stands in the fields, and what is wrong with it."""

    rows: list[Row]
    days: str
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> list[Row]:
        """The rows of the page, with an empty one where another question may come."""
        more = [Row(place=str(len(self.rows) + 1))] if len(self.rows) < MOST_QUESTIONS else []
        return [*self.rows, *more]

    @classmethod
    def of(cls, sheet: Sheet) -> "SurveyForm":
        """The form of a survey as it is asked now."""
        return cls(
            [_row(place, one) for place, one in enumerate(sheet.questions, 1)],
            str(sheet.closes_after),
        )

    @classmethod
    def typed(cls, values: Mapping[str, str]) -> "SurveyForm":
        """The form as it was sent, in the order of the places that were typed."""
        rows = []
        for number in range(MOST_QUESTIONS + 1):
            said = {name: values.get(f"{name}-{number}", "").strip() for name in NAMES}
            row = Row(**said)
            if row.fr or row.en or row.choices_fr:
                rows.append(row)
        rows.sort(key=lambda row: int(row.place) if _is_place(row.place) else MOST_QUESTIONS)
        return cls(rows, values.get("days", "").strip())

    def read(self) -> tuple[tuple[SurveyQuestion, ...], int]:
        """The questions and the days; what is wrong stands in ``errors``."""
        questions = tuple(self._question(number, row) for number, row in enumerate(self.rows))
        try:
            check_number(len(questions))
        except WrongValue as error:
            self.errors["fr-0"] = reading.sentence(error)
        days = whole_number(self.days) or 0
        if not LEAST_DAYS <= days <= MOST_DAYS:
            self.errors["days"] = gettext("Write a number of days between 1 and 180.")
        return questions, days

    def _question(self, number: int, row: Row) -> SurveyQuestion:
        fr = self._checked(f"fr-{number}", row.fr)
        if not fr and f"fr-{number}" not in self.errors:
            self.errors[f"fr-{number}"] = gettext("Write the question in French: it is read first.")
        en = self._checked(f"en-{number}", row.en)
        choices: tuple[Words, ...] = ()
        if row.kind == AnswerKind.CHOICE:
            try:
                choices = choices_of(reading.lines(row.choices_fr), reading.lines(row.choices_en))
            except WrongValue as error:
                self.errors[f"choices_fr-{number}"] = reading.sentence(error)
        return SurveyQuestion(self._kind(number, row), Words(fr or "", en), choices)

    def _kind(self, number: int, row: Row) -> AnswerKind:
        try:
            return AnswerKind(row.kind)
        except ValueError:
            self.errors[f"kind-{number}"] = gettext("Choose one of the list.")
            return AnswerKind.SCALE  # nothing is written

    def _checked(self, name: str, text: str) -> str | None:
        try:
            line = reading.optional_line(text)
            return check_words(line) if line else None
        except WrongValue as error:
            self.errors[name] = reading.sentence(error)
            return None


NAMES = ("place", "kind", "fr", "en", "choices_fr", "choices_en")


def _is_place(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4


def _row(place: int, question: SurveyQuestion) -> Row:
    english = [words.en for words in question.choices if words.en]
    return Row(
        place=str(place),
        kind=question.kind.value,
        fr=question.words.fr,
        en=question.words.en or "",
        choices_fr="\n".join(words.fr for words in question.choices),
        choices_en="\n".join(english),
    )
