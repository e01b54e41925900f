"""The words of texts as the search compares them: without accents, case and French plural.

Pure. What is typed and what is searched go through the same, so neither database has to know
French: FTS5 and tsvector compare the words that come out of here.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_CHARACTERS = 200
MOST_WORDS = 8
LEAST_PREFIX = 2
"""Letters of the last word from which on it may go on."""
LEAST_LETTERS = 2
"""Before a number that is found without them."""
PAIRS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
WORD = re.compile(r"[^\W_]+")
ELIDED = frozenset(["c", "d", "j", "l", "m", "n", "s", "t", "qu", "lorsqu", "puisqu", "jusqu"])
"""What French puts before an apostrophe (l’innovation)."""
APOSTROPHES = "'’ʼ"
ENDINGS = tuple(" ?!.,;:»\"'’")
"""After which the last word is whole."""
EXTRACT = 200
"""Characters of an extract, about."""
BEFORE = 60


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for: whole words, and one that may go on."""

    words: tuple[str, ...]
    beginning: str | None

    def __bool__(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.words or self.beginning)

    def is_met(self, word: str) -> bool:
        """Whether a folded word is one of them."""
        return word in self.words or bool(self.beginning and word.startswith(self.beginning))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an extract."""

    text: str
    marked: bool


def sought(typed: str) -> Sought:
    """The words of what was typed; what is too much of it is left out."""
    found = list(_words(typed[:MOST_CHARACTERS]))[:MOST_WORDS]
    if not found:
        return Sought((), None)
    *whole, last = [word for word, _, _ in found]
    ended = typed[:MOST_CHARACTERS].endswith(ENDINGS)
    glued = len(found) > 1 and found[-2][2] == found[-1][1]  # «odd1» on the way to «odd17»
    if ended or (len(last) < LEAST_PREFIX and not glued):
        return Sought((*whole, last), None)
    return Sought(tuple(whole), last)


def folded(text: str) -> list[str]:
    """The words of a text, in their order."""
    return [word for word, _, _ in _words(text)]


def extract(text: str, looked_for: Sought, *, most: int = EXTRACT) -> tuple[Piece, ...]:
    """A part of the text around the first word that is met, with all of those marked."""
    if not text:
        return ()
    met = _met(text, looked_for)
    begins = max(0, met[0][0] - BEFORE) if met and len(text) > most else 0
    if begins:  # at a word
        begins = text.find(" ", begins, met[0][0]) + 1 or begins
    ends = len(text) if len(text) <= begins + most else text.rfind(" ", begins, begins + most)
    ends = ends if ends > begins else min(len(text), begins + most)
    pieces, at = [], begins
    for start, end in met:
        if end > ends:
            break
        pieces += [Piece(text[at:start], marked=False), Piece(text[start:end], marked=True)]
        at = end
    pieces.append(Piece(text[at:ends], marked=False))
    first = [Piece("… ", marked=False)] if begins else []
    last = [Piece(" …", marked=False)] if ends < len(text) else []
    return tuple(piece for piece in (*first, *pieces, *last) if piece.text)


def _met(text: str, looked_for: Sought) -> list[tuple[int, int]]:
    """Where the words that are met begin and end; those that are glued are one."""
    met: list[tuple[int, int]] = []
    for word, start, end in _words(text):
        if looked_for.is_met(word):
            begins = met.pop()[0] if met and met[-1][1] == start else start
            met.append((begins, end))
    return met


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for found in WORD.finditer(text):
        plain = _plain(found[0])
        follows = text[found.end() : found.end() + 1]
        if follows and follows in APOSTROPHES and plain in ELIDED:
            continue
        middle = found.start() + _letters(found[0])
        for start, end in ((found.start(), middle), (middle, found.end())):
            part = _plain(text[start:end])
            if part:
                yield _singular(part), start, end


def _letters(word: str) -> int:
    """Characters of a word before the number that is glued to it (ODD17); all, if there is none.

    One letter with its number is one word (m2, G20).
    """
    letters = len(word)
    while letters and _plain(word[letters - 1]).isdigit():
        letters -= 1
    head = _plain(word[:letters])
    return letters if len(head) >= LEAST_LETTERS and head.isalpha() else len(word)


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.lower().translate(PAIRS))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _singular(word: str) -> str:
    """One form for singular and plural; it need not be a word (temps, heureux)."""
    if len(word) <= 3 or word.isdigit():
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        return f"{word[:-3]}al"
    return word[:-1] if word[-1] in "sx" else word


def together(words: Sequence[str]) -> str:
    """Folded words as one text for the index."""
    return " ".join(words)
