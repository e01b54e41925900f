"""The form of a mail's own words: as it is shown, typed, read, and put beside a colleague's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import force_locale

from webinars.domain.errors import WrongValue
from webinars.domain.mail_texts import (
    MOST,
    OwnWords,
    Part,
    Situation,
    TextAct,
    read_part,
    tidy,
)
from webinars.i18n import LANGUAGES
from webinars.mail.own_words import faults
from webinars.mail.usual_words import usual_words
from webinars.web.typed import sentence

Words = dict[str, dict[Part, str]]
"""By language."""
ROWS = {Part.OPENING: 5, Part.CLOSING: 7}


def name_of(part: Part, language: str) -> str:
    """The name of a field, which is its id too."""
    return f"{part}-{language}"


def usual_in_every_language(where: Situation) -> Words:
    """What the product says."""
    found: Words = {}
    for language in LANGUAGES:
        with force_locale(language):
            found[language] = usual_words(where)
    return found


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the page."""

    name: str
    part: Part
    text: str
    usual: bool
    error: str | None
    beside: str | None
    """What a colleague has saved there meanwhile."""
    most: int
    rows: int


@dataclass(slots=True)
class TextForm:
    """What stands in the fields, and what is wrong with it."""

    where: Situation
    usual: Words
    words: Words
    errors: dict[str, str] = field(default_factory=dict)
    """By name of the field."""
    beside: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, where: Situation, kept: Mapping[str, Mapping[str, str]]) -> "TextForm":
        """The form of what is kept; what of it cannot be used is said at its field."""
        usual = usual_in_every_language(where)
        form = cls(where, usual, _completed(usual, kept))
        for language in LANGUAGES:
            for part, error in faults(where, kept.get(language, {})).items():
                form.errors[name_of(part, language)] = sentence(error)
        return form

    @classmethod
    def typed(cls, where: Situation, values: Mapping[str, str]) -> "TextForm":
        """The form as it was sent. An empty opening is the usual one."""
        usual = usual_in_every_language(where)
        words: Words = {}
        for language in LANGUAGES:
            words[language] = {
                part: tidy(part, values.get(name_of(part, language), "")) for part in Part
            }
            words[language][Part.OPENING] = (
                words[language][Part.OPENING] or usual[language][Part.OPENING]
            )
        return cls(where, usual, words)

    def read(self) -> Words:
        """The parts that are not the usual ones; what is wrong stands in ``errors``."""
        own: Words = {}
        for language, parts in self.words.items():
            own[language] = {
                part: text for part, text in parts.items() if text != self.usual[language][part]
            }
            for part, text in own[language].items():
                try:
                    read_part(self.where, part, text)
                except WrongValue as error:
                    self.errors[name_of(part, language)] = sentence(error)
        return own

    def wrong_in(self, language: str) -> bool:
        """Whether something of this language cannot be sent as it stands."""
        return any(name_of(part, language) in self.errors for part in Part)

    def overtaken(self, since: Sequence[TextAct], now: OwnWords) -> None:
        """Put a colleague's words where nothing was typed, and beside what was.

        ``since``: what was done meanwhile, the latest first.
        """
        seen: dict[str, Mapping[str, str]] = {}
        for act in since:  # the oldest of a language says what stood in the form
            seen |= {one: act.before[one] for one in LANGUAGES if one in act.before}
        before, present = _completed(self.usual, seen), _completed(self.usual, now.texts)
        for language in seen:
            for part in Part:
                theirs = present[language][part]
                if self.words[language][part] == before[language][part]:
                    self.words[language][part] = theirs
                elif theirs not in (before[language][part], self.words[language][part]):
                    self.beside[name_of(part, language)] = theirs

    def take_up(self, texts: Mapping[str, Any]) -> None:
        """Put words of earlier into the fields of their languages."""
        earlier = _completed(self.usual, texts)
        self.words |= {one: earlier[one] for one in LANGUAGES if one in texts}
        self.errors.clear()

    def is_own(self, language: str) -> bool:
        """Whether anything in these fields differs from the usual."""
        return self.words[language] != self.usual[language]

    def fields(self, language: str) -> list[Field]:
        """Those of one language."""
        return [
            Field(
                name=name,
                part=part,
                text=self.words[language][part],
                usual=self.words[language][part] == self.usual[language][part],
                error=self.errors.get(name),
                beside=self.beside.get(name),
                most=MOST[part],
                rows=ROWS.get(part, 1),
            )
            for part in Part
            for name in [name_of(part, language)]
        ]


def _completed(usual: Words, kept: Mapping[str, Mapping[str, str]]) -> Words:
    """Every part: the own words, else the usual."""
    return {
        language: {part: kept.get(language, {}).get(part, text) for part, text in parts.items()}
        for language, parts in usual.items()
    }
