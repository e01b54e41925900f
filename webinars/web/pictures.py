"""Pictures of links that are shared: the date as the hero, the ribbon of the year as signature.

Pure: the same values give the same bytes. 1200 by 630 pixels, as https://ogp.me programs show
them large; drawn at twice the size and reduced, so that edges are smooth.
"""

import enum
import hashlib
import io
import re
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw

from webinars.places import STATIC
from webinars.web.lettering import (
    HEADINGS,
    SCALE,
    TEXT,
    Block,
    Type,
    advances,
    cut,
    fitted,
    font,
    showable,
    width,
)

WIDTH, HEIGHT = 1200, 630
DESIGN = 1
"""Rises when the same values are drawn in another way: addresses of pictures change with it."""

MARGIN = 64
BAND = 14
TOP, BASELINE = 138, 452
"""Between the name of the site and the ribbon: where words begin, and on what the last stand."""
COLUMN = 496
"""Where the words begin, beside the date."""
RIBBON_TOP, RIBBON_BOTTOM = 500, 588
GAP = 4
MOST_APART = 60
WIDEST_CELL = 172
NARROWEST_WITH_WORDS = 58

SITE = Type(HEADINGS, 700, 30, -0.02)
HERO = Type(HEADINGS, 800, 284, -0.06)
LEAST_HERO = 60
RAISED = Type(HEADINGS, 800, 96, -0.03)
DIGIT = 0.7
"""The height of a digit, in parts of its size."""
BESIDE_HERO = Type(HEADINGS, 700, 42, -0.015)
TITLE = Type(HEADINGS, 700, 76, -0.026)
LINE = Type(TEXT, 600, 31)
LABEL = Type(TEXT, 600, 27)
CELL_DAY = Type(HEADINGS, 750, 34, -0.04)
CELL_MONTH = Type(TEXT, 600, 19)
TITLE_SIZES = range(76, 32, -2)
ALONE = Type(HEADINGS, 800, 112, -0.03)
ALONE_SIZES = range(112, 40, -4)
TITLE_LEADING = 1.08
LINE_SIZES = range(31, 23, -1)
LINE_LEADING = 1.3
UNDER_MARK = 164
LEAST_LABEL = 120
PLAY = 54
"""Half of the mark of a replay."""


class Sign(enum.StrEnum):
    """What a picture says of a webinar beside its date."""

    NONE = "none"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Cell:
    """A webinar in the ribbon."""

    day: str
    month: str
    colour: int | None
    """Of its theme, from 1 to 12."""
    cancelled: bool = False
    here: bool = False
    """The one that the picture is of."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is drawn, as people read it."""

    site: str
    title: str
    line: str
    """Under the title: the hours, or what there is; two lines at most."""
    hero: str = ""
    """A day, or a year; without it the title has the whole width."""
    raised: str = ""
    """After the hero: «1» is «1er» in French."""
    above: str = ""
    below: str = ""
    label: str = ""
    """Over the title: the theme."""
    colour: int | None = None
    sign: Sign = Sign.NONE
    sign_words: str = ""
    cells: tuple[Cell, ...] = ()

    @property
    def mark(self) -> str:
        """What changes with the picture, for its address."""
        return hashlib.sha256(f"{DESIGN} {self!r}".encode()).hexdigest()[:10]


def drawn(picture: Picture) -> bytes:
    """The picture as PNG."""
    canvas = _Canvas(_ground(picture))
    _draw_site(canvas, picture)
    if picture.hero:
        _draw_hero(canvas, picture)
    _draw_words(canvas, picture)
    _draw_ribbon(canvas, picture)
    return canvas.png()


@cache
def tokens() -> dict[str, str]:
    """The colours of the screens in the light, as their style sheet names them."""
    found: dict[str, str] = {}
    for name, colour in re.findall(
        r"--([\w-]+): (#[0-9a-f]{6});", (STATIC / "css" / "base.css").read_text("utf-8")
    ):
        found.setdefault(name, colour)  # the dark ones come after
    return found


def _own(picture: Picture) -> str:
    """The colour of its theme, or the site's; none of what does not take place."""
    if picture.sign is Sign.CANCELLED:
        return tokens()["ink-soft"]
    return tokens()[f"theme-{picture.colour}" if picture.colour else "accent"]


def _ink(picture: Picture) -> str:
    return tokens()["ink-soft" if picture.sign is Sign.CANCELLED else "ink"]


def _mixed(colour: str, share: float) -> str:
    """So much of a colour on paper."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in parts)


def _ground(picture: Picture) -> str:
    """A replay stands on its colour, as on the screens."""
    if picture.sign is Sign.REPLAY:
        return _mixed(_own(picture), 0.12)
    return tokens()["paper"]


class _Canvas:
    """Draws in pixels of the finished picture."""

    def __init__(self, ground: str) -> None:
        self._image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        fill: str | None = None,
        *,
        edge: str | None = None,
        thick: int = 0,
    ) -> None:
        """A rectangle; its right and bottom are outside of it."""
        self._draw.rectangle(
            (left * SCALE, top * SCALE, right * SCALE - 1, bottom * SCALE - 1),
            fill=fill,
            outline=edge,
            width=thick * SCALE,
        )

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        """A filled shape with corners."""
        self._draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """A filled circle."""
        self._draw.ellipse(
            [(part * SCALE) for part in (x - radius, y - radius, x + radius, y + radius)],
            fill=fill,
        )

    def line(self, points: list[tuple[float, float]], fill: str, thick: float) -> None:
        """A line with corners."""
        self._draw.line(
            [(x * SCALE, y * SCALE) for x, y in points],
            fill=fill,
            width=round(thick * SCALE),
            joint="curve",
        )

    def text(self, x: float, baseline: float, text: str, of: Type, fill: str) -> None:
        """One line of letters that stand on the baseline."""
        for character, advance in zip(text, advances(text, of), strict=True):
            at = (x * SCALE, baseline * SCALE)
            self._draw.text(at, character, fill=fill, font=font(of), anchor="ls")
            x += advance

    def lines(self, x: float, baseline: float, block: Block, leading: float, fill: str) -> None:
        """Lines one under the other."""
        for text in block.lines:
            self.text(x, baseline, text, block.type, fill)
            baseline += block.type.size * leading

    def png(self) -> bytes:
        """The finished picture."""
        small = self._image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        file = io.BytesIO()
        small.save(file, "PNG", compress_level=6)
        return file.getvalue()


def _draw_site(canvas: _Canvas, picture: Picture) -> None:
    """The mark and the name; a band of the theme's colour over the whole."""
    canvas.box(0, 0, WIDTH, BAND, _own(picture))
    if not picture.hero:  # of the site itself, whose name is the title
        _draw_mark(canvas, MARGIN, 64, unit=2)
        return
    _draw_mark(canvas, MARGIN, 58, unit=1.25)
    name = cut(showable(picture.site, SITE.font), SITE, WIDTH - 2 * MARGIN - 60)
    canvas.text(MARGIN + 60, 86, name, SITE, tokens()["ink"])


def _draw_mark(canvas: _Canvas, x: float, y: float, *, unit: float) -> None:
    """As ``mark()`` of the templates: a year of twelve, the next one raised."""
    colours = tokens()
    for column in range(4):
        for row in range(3):
            fill = colours["accent" if (column, row) == (2, 1) else "ink"]
            left, top = x + column * 9 * unit, y + row * 9.5 * unit
            canvas.box(left, top, left + 8 * unit, top + 7 * unit, fill)


def _draw_hero(canvas: _Canvas, picture: Picture) -> None:
    """The weekday, the day, the month and the year."""
    ink = _ink(picture)
    across = COLUMN - MARGIN - 48
    hero = showable(picture.hero, HERO.font)
    type_ = HERO
    while width(hero, type_) > across and type_.size > LEAST_HERO:
        type_ = type_.at(type_.size - 4)
    hero = cut(hero, type_, across)
    baseline = BASELINE
    if picture.below:
        below = cut(showable(picture.below, HEADINGS), BESIDE_HERO, across)
        canvas.text(MARGIN, BASELINE, below, BESIDE_HERO, ink)
        baseline -= 62
    top = baseline - type_.size * DIGIT
    # A digit's own edge stands a little inside of its width.
    canvas.text(MARGIN - type_.size * 0.03, baseline, hero, type_, _own(picture))
    if picture.raised:
        raised = showable(picture.raised, RAISED.font)
        beside = MARGIN + width(hero, type_) + type_.size * 0.06
        canvas.text(beside, top + RAISED.size * DIGIT, raised, RAISED, _own(picture))
    above = cut(showable(picture.above, HEADINGS), BESIDE_HERO, across)
    canvas.text(MARGIN, top - 26, above, BESIDE_HERO, ink)
    if picture.sign is Sign.CANCELLED:
        middle = (top + baseline) / 2
        right = MARGIN + width(hero, type_) - type_.size * 0.02
        canvas.box(MARGIN - 14, middle - 7, right + 14, middle + 7, tokens()["accent"])


def _draw_words(canvas: _Canvas, picture: Picture) -> None:
    """The sign and the theme, the title, the hours."""
    left = COLUMN if picture.hero else MARGIN
    across = WIDTH - MARGIN - left
    top = TOP if picture.hero else UNDER_MARK
    if picture.sign is not Sign.NONE or picture.label:
        _draw_eyebrow(canvas, picture, left)
        top += 60
    beside = across
    if picture.sign is Sign.REPLAY:
        _draw_play(canvas, picture)
        beside -= 2 * PLAY + 32
    line = fitted(
        showable(picture.line, TEXT) or " ",
        LINE,
        across=beside,
        down=88,
        sizes=LINE_SIZES,
        leading=LINE_LEADING,
    )
    under = BASELINE - (len(line.lines) - 1) * line.type.size * LINE_LEADING
    canvas.lines(left, under, line, LINE_LEADING, tokens()["ink-soft"])
    title = fitted(
        showable(picture.title, HEADINGS) or showable(picture.label, HEADINGS) or picture.hero,
        TITLE if picture.hero else ALONE,
        across=across,
        down=int(under - line.type.size - 24 - top),
        sizes=TITLE_SIZES if picture.hero else ALONE_SIZES,
        leading=TITLE_LEADING,
    )
    canvas.lines(left, top + title.type.size * 0.74, title, TITLE_LEADING, _ink(picture))


def _draw_play(canvas: _Canvas, picture: Picture) -> None:
    """What says from afar that there is something to watch."""
    x, y = WIDTH - MARGIN - PLAY, BASELINE - PLAY + 8
    canvas.disc(x, y, PLAY, _own(picture))
    canvas.shape([(x - 15, y - 26), (x - 15, y + 26), (x + 29, y)], tokens()["paper"])


def _draw_eyebrow(canvas: _Canvas, picture: Picture, left: float) -> None:
    baseline = TOP + 25
    if picture.sign is not Sign.NONE:
        left = _draw_sign(canvas, picture, left, baseline) + 24
    room = int(WIDTH - MARGIN - left - 34)
    if picture.label and room > LEAST_LABEL:
        colour = _ink(picture) if picture.sign is Sign.CANCELLED else _own(picture)
        canvas.box(left, baseline - 20, left + 21, baseline + 1, colour)
        canvas.text(
            left + 34, baseline, cut(showable(picture.label, TEXT), LABEL, room), LABEL, colour
        )


def _draw_sign(canvas: _Canvas, picture: Picture, left: float, baseline: float) -> float:
    """A badge, as on the screens; where it ends."""
    colours = tokens()
    words = cut(showable(picture.sign_words, TEXT), LABEL, WIDTH - MARGIN - int(left) - 64)
    right, top, bottom = left + 64 + width(words, LABEL), baseline - 33, baseline + 15
    x, y = left + 16, (top + bottom) / 2
    if picture.sign is Sign.MOVED:
        canvas.box(left, top, right, bottom, edge=colours["ink"], thick=2)
    else:
        canvas.box(left, top, right, bottom, colours["accent"])
    ink = colours["ink" if picture.sign is Sign.MOVED else "on-accent"]
    if picture.sign is Sign.REPLAY:
        canvas.shape([(x, y - 12), (x, y + 12), (x + 20, y)], ink)
    elif picture.sign is Sign.CANCELLED:
        canvas.line([(x, y - 9), (x + 18, y + 9)], ink, 4)
        canvas.line([(x, y + 9), (x + 18, y - 9)], ink, 4)
    else:
        canvas.line([(x, y), (x + 20, y)], ink, 3.5)
        canvas.line([(x + 12, y - 8), (x + 20, y), (x + 12, y + 8)], ink, 3.5)
    canvas.text(left + 48, baseline, words, LABEL, ink)
    return right


def _draw_ribbon(canvas: _Canvas, picture: Picture) -> None:
    """One cell a webinar, in the order of their dates."""
    count = len(picture.cells)
    if not count:
        return
    room = WIDTH - 2 * MARGIN
    gap = GAP if count <= MOST_APART else 0
    across = min(WIDEST_CELL, (room - gap * (count - 1)) / count)
    for number, cell in enumerate(picture.cells):
        left = MARGIN + number * (across + gap)
        _draw_cell(canvas, cell, left, left + across, here=_own(picture))


def _draw_cell(canvas: _Canvas, cell: Cell, left: float, right: float, *, here: str) -> None:
    colours = tokens()
    theme = here if cell.here else colours[f"theme-{cell.colour}" if cell.colour else "ink-soft"]
    filled = cell.here or not cell.day
    canvas.box(left, RIBBON_TOP, right, RIBBON_BOTTOM, theme if filled else colours["wash"])
    canvas.box(left, RIBBON_TOP, right, RIBBON_TOP + 8, theme)
    if right - left < NARROWEST_WITH_WORDS or not cell.day:
        return
    ink = colours["on-accent"] if cell.here else colours["ink-soft" if cell.cancelled else "ink"]
    day, month = showable(cell.day, HEADINGS), showable(cell.month, TEXT)
    canvas.text(left + 10, RIBBON_TOP + 49, day, CELL_DAY, ink)
    canvas.text(left + 11, RIBBON_TOP + 76, month, CELL_MONTH, ink)
    if cell.cancelled:
        middle = RIBBON_TOP + 37.5
        canvas.box(left + 6, middle - 1.5, left + 14 + width(day, CELL_DAY), middle + 1.5, ink)
