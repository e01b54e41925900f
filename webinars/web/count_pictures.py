"""Bars and curves as numbers that a template draws: no script, and right on paper.

Each picture is laid out twice, wide and narrow, so that its words can be read at both widths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_STEP = 1
NARROW_GAP = 0.18
"""Between bars, of their width."""
MINUTE_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120)
LEAST_BETWEEN_NUMBERS = 16
"""Units between two numbers below the axis."""
EDGE = 24
"""Units from a side within which words begin or end there, and do not stand in the middle."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of a picture, in its own units, with as many words below its axis as fit."""

    name: str
    width: int
    height: int
    words: int
    left: int = 44
    right: int = 8
    top: int = 12
    below: int = 28
    """For the words of the axis."""


SIZES = (Size("wide", 940, 250, 9), Size("narrow", 360, 220, 4, left=36))
BELOW_OF_CHAPTERS = 52


@dataclass(frozen=True, slots=True)
class Mark:
    """Words, or a number, at a place of an axis."""

    at: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``words`` says what it is to who points at it."""

    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What a template draws. Places are units of the picture, from its upper left corner."""

    size: Size
    height: int
    bottom: float
    """Of the plot: the axis."""
    levels: tuple[Mark, ...]
    """Lines across, with their numbers."""
    words: tuple[Mark, ...]
    """Below the axis."""
    bars: tuple[Bar, ...] = ()
    line: str = ""
    """The path of a curve."""
    area: str = ""
    """The path of what is beneath it."""
    chapters: tuple[Mark, ...] = ()
    """Where chapters begin; without words where there is no room."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number with what it is of, in few words and in all of them."""

    number: int
    short: str
    words: str


def bars(values: Sequence[Value]) -> tuple[Picture, ...]:
    """A bar for each value."""
    return tuple(_bars(values, size) for size in SIZES)


def _bars(values: Sequence[Value], size: Size) -> Picture:
    top, levels = _levels([one.number for one in values], size, size.below)
    bottom = size.height - size.below
    step = (size.width - size.left - size.right) / max(1, len(values))
    gap = step * NARROW_GAP
    drawn = []
    for number, value in enumerate(values):
        height = (bottom - size.top) * value.number / top
        x = size.left + number * step + gap / 2
        drawn.append(
            Bar(
                x=round(x, 2),
                y=round(bottom - height, 2),
                width=round(step - gap, 2),
                height=round(height, 2),
                words=value.words,
            )
        )
    every = -(-len(values) // size.words)
    words = tuple(
        _mark(size.left + (number + 0.5) * step, values[number].short, size)
        for number in range(0, len(values), every or 1)
    )
    return Picture(size, size.height, bottom, levels, words, bars=tuple(drawn))


def curve(plays: Sequence[int], chapters: Sequence[int], unit: str) -> tuple[Picture, ...]:
    """How often each minute was played; chapters by their second. ``unit`` stands at the end."""
    return tuple(_curve(plays, chapters, unit, size) for size in SIZES)


def _curve(plays: Sequence[int], chapters: Sequence[int], unit: str, size: Size) -> Picture:
    """Each minute at its height: a line through points would show what nobody counted."""
    below = BELOW_OF_CHAPTERS if chapters else size.below
    height = size.height + below - size.below
    top, levels = _levels(plays, size, size.below)
    bottom = size.height - size.below
    step = (size.width - size.left - size.right) / max(1, len(plays))
    parts = []
    for number, played in enumerate(plays):
        y = round(bottom - (bottom - size.top) * played / top, 2)
        parts.append(
            f"{'V' if number else f'M{size.left},'}{y}H{size.left + (number + 1) * step:.2f}"
        )
    line = "".join(parts)
    every = next((one for one in MINUTE_STEPS if len(plays) / one <= size.words), MINUTE_STEPS[-1])
    words = [
        _mark(size.left + minute * step, str(minute), size)
        for minute in range(0, len(plays) + 1, every)
    ]
    words[-1] = Mark(words[-1].at, f"{words[-1].words} {unit}", words[-1].anchor)
    return Picture(
        size,
        height,
        bottom,
        levels,
        tuple(words),
        line=line,
        area=f"{line}V{bottom}H{size.left}Z" if line else "",
        chapters=_chapters([size.left + second / 60 * step for second in chapters], size),
    )


def _chapters(places: Sequence[float], size: Size) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    free = 0.0
    for number, at in enumerate(places, start=1):
        if at > size.width - size.right:
            continue  # the chapter is of a longer video than the one that is there
        fits = at >= free
        marks.append(Mark(round(at, 2), str(number) if fits else ""))
        free = at + LEAST_BETWEEN_NUMBERS if fits else free
    return tuple(marks)


def _levels(numbers: Sequence[int], size: Size, below: int) -> tuple[int, tuple[Mark, ...]]:
    """The highest level, which is above every number, and two to four lines up to it."""
    most = max(max(numbers, default=0), 1)
    step = LEAST_STEP
    while most > 4 * step:
        # 1, 2, 5, 10, 20, 50 …
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    top = -(-most // step) * step
    bottom = size.height - below
    levels = tuple(
        Mark(round(bottom - (bottom - size.top) * level / top, 2), str(level))
        for level in range(0, top + 1, step)
    )
    return top, levels


def _mark(at: float, words: str, size: Size) -> Mark:
    if at < size.left + EDGE / 2:
        return Mark(round(at, 2), words, "start")
    return Mark(round(at, 2), words, "end" if at > size.width - size.right - EDGE else "middle")
