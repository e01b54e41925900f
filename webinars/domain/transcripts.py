"""Captions → the transcript beside the player: paragraphs whose lines open the video. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from webinars.domain.timed_text import SECOND, Cue

PAUSE = 2 * SECOND
"""Of silence: a new thought."""
ENOUGH_WORDS = 60
"""After so many a paragraph ends with its sentence."""
MOST_WORDS = 140
"""After so many it ends in any case: not every caption has full stops."""
ENDS_A_SENTENCE = (".", "!", "?", "…", ".»", "!»", "?»", ". »", "! »", "? »", '."', '!"', '?"')


@dataclass(frozen=True, slots=True)
class Line:
    """Words with the second of the video at which they begin."""

    starts_at: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, by one voice; None is said nowhere."""

    speaker: str | None
    lines: tuple[Line, ...]

    @property
    def starts_at(self) -> int:
        """Second of the video."""
        return self.lines[0].starts_at

    @property
    def text(self) -> str:
        """Its words in one line."""
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Words:
    """One voice of one cue, in milliseconds."""

    starts_at: int
    ends_at: int
    speaker: str | None
    text: str


def transcript(cues: Iterable[Cue]) -> tuple[Paragraph, ...]:
    """A new paragraph where the voice changes, after a pause, and when one grows long."""
    paragraphs: list[Paragraph] = []
    gathered: list[_Words] = []
    for words in _by_voice(cues):
        if gathered and _ends(gathered, words):
            paragraphs.append(_paragraph(gathered))
            gathered = []
        gathered.append(words)
    return (*paragraphs, _paragraph(gathered)) if gathered else ()


def as_rows(paragraphs: Sequence[Paragraph]) -> list[Any]:
    """As JSON keeps it: ``[[speaker, [[second, words], …]], …]``."""
    return [
        [paragraph.speaker, [[line.starts_at, line.text] for line in paragraph.lines]]
        for paragraph in paragraphs
    ]


def from_rows(rows: Iterable[Any]) -> tuple[Paragraph, ...]:
    """What ``as_rows`` has made."""
    return tuple(
        Paragraph(speaker, tuple(Line(second, words) for second, words in lines))
        for speaker, lines in rows
    )


def _by_voice(cues: Iterable[Cue]) -> Iterator[_Words]:
    """Who says nothing new is still the one who spoke: not every cue names its voice."""
    for cue in cues:
        for spoken in cue.spoken:
            text = " ".join(spoken.text.split())
            yield _Words(cue.starts_at, cue.ends_at, spoken.speaker, text)


def _ends(gathered: Sequence[_Words], following: _Words) -> bool:
    last = gathered[-1]
    count = sum(len(words.text.split()) for words in gathered)
    return (
        following.speaker != last.speaker
        or following.starts_at - last.ends_at >= PAUSE
        or (count >= ENOUGH_WORDS and last.text.endswith(ENDS_A_SENTENCE))
        or count >= MOST_WORDS
    )


def _paragraph(gathered: Sequence[_Words]) -> Paragraph:
    lines = (Line(words.starts_at // SECOND, words.text) for words in gathered)
    return Paragraph(gathered[0].speaker, tuple(lines))
