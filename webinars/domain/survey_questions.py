"""The questions of a survey: their kinds, what may stand in them, and the usual ones. Pure.

A question stands in French and, where somebody wrote it, in English; a page in English shows the
French where there is no English.
"""

import enum
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webinars.domain.errors import N_, WrongValue

MOST_QUESTIONS = 10
MOST_WORDS = 300
"""Characters of a question, or of a choice."""
LEAST_CHOICES, MOST_CHOICES = 2, 10
MOST_TEXT = 1000
"""Characters of an answer in writing."""
STEPS = 5
"""Of a scale: from 1, not at all, to this, entirely."""


class AnswerKind(enum.StrEnum):
    """How a question is answered."""

    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Words:
    """The same in both languages; without English, the French."""

    fr: str
    en: str | None = None

    def said(self, language: str) -> str:
        """In one language."""
        return self.en if language == "en" and self.en else self.fr


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """One question."""

    kind: AnswerKind
    words: Words
    choices: tuple[Words, ...] = ()
    """Of a choice; of the other kinds there are none."""

    @property
    def values(self) -> range:
        """What may be counted: the steps of a scale, from 1; the places of choices, from 0."""
        if self.kind is AnswerKind.SCALE:
            return range(1, STEPS + 1)
        return range(len(self.choices))


Questions = tuple[SurveyQuestion, ...]

USUAL_OF_A_WEBINAR: Questions = (
    SurveyQuestion(
        AnswerKind.SCALE,
        Words(
            "Ce webinaire est-il utile pour votre territoire\N{NARROW NO-BREAK SPACE}?",
            "Is this webinar useful for your territory?",
        ),
    ),
    SurveyQuestion(
        AnswerKind.CHOICE,
        Words(
            "Et maintenant, qu’allez-vous faire\N{NARROW NO-BREAK SPACE}?",
            "And now, what will you do?",
        ),
        (
            Words("Agir\N{NO-BREAK SPACE}: j’ai de quoi commencer", "Act: I can begin"),
            Words("En parler autour de moi", "Talk about it around me"),
            Words("M’informer davantage", "Find out more"),
            Words("Rien pour l’instant", "Nothing for now"),
        ),
    ),
    SurveyQuestion(
        AnswerKind.TEXT,
        Words(
            "Que retenez-vous, et qu’est-ce qui a manqué\N{NARROW NO-BREAK SPACE}?",
            "What do you take away, and what was missing?",
        ),
    ),
)
USUAL_OF_A_YEAR: Questions = (
    SurveyQuestion(
        AnswerKind.SCALE,
        Words(
            "Les webinaires de l’année ont-ils été utiles pour votre territoire"
            "\N{NARROW NO-BREAK SPACE}?",
            "Were the webinars of the year useful for your territory?",
        ),
    ),
    SurveyQuestion(
        AnswerKind.CHOICE,
        Words(
            "Comment les avez-vous suivis\N{NARROW NO-BREAK SPACE}?",
            "How did you follow them?",
        ),
        (
            Words("En direct, le plus souvent", "Live, most of the time"),
            Words("En replay, le plus souvent", "As replays, most of the time"),
            Words("L’un ou l’autre, de temps en temps", "Either, now and then"),
        ),
    ),
    SurveyQuestion(
        AnswerKind.TEXT,
        Words(
            "Qu’attendez-vous de l’année prochaine\N{NARROW NO-BREAK SPACE}?",
            "What do you expect of next year?",
        ),
    ),
)


def to_json(questions: Sequence[SurveyQuestion]) -> list[dict[str, Any]]:
    """As a row keeps them."""
    return [
        {
            "kind": one.kind.value,
            "fr": one.words.fr,
            "en": one.words.en,
            "choices": [[words.fr, words.en] for words in one.choices],
        }
        for one in questions
    ]


def from_json(rows: Sequence[Any]) -> Questions:
    """As ``to_json`` wrote them."""
    return tuple(
        SurveyQuestion(
            AnswerKind(row["kind"]),
            Words(row["fr"], row["en"]),
            tuple(Words(fr, en) for fr, en in row["choices"]),
        )
        for row in rows
    )


def mark_of(questions: Sequence[SurveyQuestion]) -> str:
    """What tells one set of questions from another."""
    return hashlib.sha256(repr(to_json(questions)).encode()).hexdigest()[:16]


def check_number(number: int) -> None:
    """Whether a survey may have so many questions. Raises WrongValue."""
    if not number:
        raise WrongValue(N_("a survey asks at least one question"))
    if number > MOST_QUESTIONS:
        raise WrongValue(N_("a survey asks at most 10 questions: nobody answers more"))


def choices_of(fr: Sequence[str], en: Sequence[str]) -> tuple[Words, ...]:
    """The choices of a question, line by line in both languages. Raises WrongValue."""
    if not LEAST_CHOICES <= len(fr) <= MOST_CHOICES:
        raise WrongValue(N_("a choice has between 2 and 10 lines, one for each answer"))
    if len(set(fr)) < len(fr):
        raise WrongValue(N_("two lines say the same: leave one of them out"))
    if en and len(en) != len(fr):
        raise WrongValue(N_("there are as many lines in English as in French, or none"))
    if any(len(line) > MOST_WORDS for line in (*fr, *en)):
        raise WrongValue(N_("a line is too long: at most 300 characters"))
    return tuple(Words(one, en[place] if en else None) for place, one in enumerate(fr))


def check_words(text: str) -> str:
    """A question, or its translation. Raises WrongValue."""
    if len(text) > MOST_WORDS:
        raise WrongValue(N_("the question is too long: at most 300 characters"))
    return text
