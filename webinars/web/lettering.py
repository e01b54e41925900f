"""Letters of the shipped fonts for pictures: which there are, how wide, where lines break. Pure.

Lengths are pixels. Letters are set one by one, so that they stand as close as on the screens,
and never by a library of the system: the same text is the same picture on every machine.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageFont

from webinars.i18n import tied
from webinars.places import STATIC

HEADINGS = "bricolage-grotesque-latin-wght-normal.woff2"
TEXT = "figtree-latin-wght-normal.woff2"
NOT_THERE = "\uffff"
"""No character (Unicode section 23.7), so a font shows for it what it shows for all it lacks."""
CUT = "…"
SCALE = 2
"""Pictures are drawn so many times as large, and letters measured there, where they are rounded."""
FONTS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Type:
    """A font at a weight and a size, with the space between its letters in parts of the size."""

    font: str
    weight: int
    size: int
    tracking: float = 0.0

    def at(self, size: int) -> "Type":
        """The same at another size."""
        return Type(self.font, self.weight, size, self.tracking)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that fit, and the type that they fit in."""

    lines: tuple[str, ...]
    type: Type


@lru_cache(maxsize=FONTS_KEPT)
def font(of: Type) -> ImageFont.FreeTypeFont:
    """The font itself, so many times as large as it is drawn."""
    found = ImageFont.truetype(
        str(STATIC / "fonts" / of.font), of.size * SCALE, layout_engine=ImageFont.Layout.BASIC
    )
    found.set_variation_by_axes([of.weight])
    return found


@lru_cache(maxsize=4096)
def _has(name: str, character: str) -> bool:
    """Whether the font has the character: one that it lacks is as wide and as empty as another."""
    one = font(Type(name, 600, 60))
    return (one.getlength(character), one.getmask(character).getbbox()) != (
        one.getlength(NOT_THERE),
        one.getmask(NOT_THERE).getbbox(),
    )


def showable(text: str, name: str) -> str:
    """What of a text the font can show, on one line.

    An accent that it lacks leaves its letter; emoji and letters of other scripts are left out.
    """
    shown = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            breaks = character not in "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"
            shown.append(" " if breaks else "\N{NO-BREAK SPACE}")
        elif _has(name, character):
            shown.append(character)
        else:
            simple = unicodedata.normalize("NFKD", character)
            shown += [part for part in simple if part.isprintable() and _has(name, part)]
    return re.sub(r" ?\xa0 ?", "\xa0", re.sub(r" +", " ", "".join(shown))).strip(" \xa0")


def width(text: str, of: Type) -> float:
    """How wide a line is."""
    return sum(advances(text, of))


def advances(text: str, of: Type) -> list[float]:
    """How far each letter moves the next one."""
    drawn = font(of)
    between = of.tracking * of.size
    return [drawn.getlength(character) / SCALE + between for character in text]


def fitted(text: str, of: Type, *, across: int, down: int, sizes: range, leading: float) -> Block:
    """The text in the largest of these sizes in which its lines fit; else cut at the smallest.

    ``across`` and ``down`` are the room; ``leading`` is the height of a line in parts of the size.
    """
    words = tied(text).split(" ")
    for size in sizes:
        type_ = of.at(size)
        most = _lines_of(down, size, leading)
        # A word is broken only where no size is left.
        if max(width(word, type_) for word in words) > across:
            continue
        lines = _wrapped(words, type_, across)
        if len(lines) <= most:
            return Block(_balanced(words, type_, across, len(lines)), type_)
    type_ = of.at(sizes[-1])
    most = _lines_of(down, type_.size, leading)
    pieces = [piece for word in words for piece in _broken(word, type_, across)]
    lines = _wrapped(pieces, type_, across)
    if len(lines) > most:
        lines = [*lines[: most - 1], cut(lines[most - 1] + CUT, type_, across)]
    return Block(tuple(lines), type_)


def cut(text: str, of: Type, across: int) -> str:
    """A line that fits: with an ellipsis where it is longer."""
    if width(text, of) <= across:
        return text
    kept = text.removesuffix(CUT)
    while kept and width(kept.rstrip() + CUT, of) > across:
        kept = kept[:-1]
    return kept.rstrip(" \xa0,;:") + CUT


def _lines_of(down: int, size: int, leading: float) -> int:
    return max(1, int(down / (size * leading)))


def _wrapped(words: list[str], of: Type, across: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width(longer, of) <= across:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _balanced(words: list[str], of: Type, across: int, count: int) -> tuple[str, ...]:
    """As many lines, as even as they can be."""
    low, high = across // 2, across
    while high - low > 4:
        middle = (low + high) // 2
        lines = _wrapped(words, of, middle)
        fits = len(lines) <= count and max(width(line, of) for line in lines) <= middle
        low, high = (low, middle) if fits else (middle, high)
    return tuple(_wrapped(words, of, high))


def _broken(word: str, of: Type, across: int) -> list[str]:
    """A word in pieces that fit a line each."""
    pieces = [""]
    for character in word:
        if pieces[-1] and width(pieces[-1] + character, of) > across:
            pieces.append("")
        pieces[-1] += character
    return pieces
