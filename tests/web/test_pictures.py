"""Drawing pictures of what is shared: always the same, never beyond its edges."""

import io
import re
from dataclasses import fields, replace

import pytest
from PIL import Image

from webinars.places import STATIC
from webinars.web.pictures import HEIGHT, MARGIN, WIDTH, Cell, Picture, Sign, drawn

MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.")
CELLS = tuple(
    Cell(str(10 + number), month, number + 1, here=number == 3)
    for number, month in enumerate(MONTHS)
)
APRIL = Picture(
    site="L’innovation territoriale en actions !",
    title="Apprendre à faire alliances",
    line="13 h – 14 h 30, heure de Paris",
    hero="18",
    above="jeudi",
    below="avril 2019",
    colour=4,
    cells=CELLS,
)
LONG = "Mesurer son impact sur le territoire et le faire savoir à ses partenaires, "
CSS = (STATIC / "css" / "base.css").read_text("utf-8")
LIGHT = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", CSS.partition("@media")[0]))


def image(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(drawn(picture))).convert("RGB")


def at(picture: Picture, x: int, y: int) -> str:
    pixel = image(picture).getpixel((x, y))
    assert isinstance(pixel, tuple)
    return "#" + "".join(f"{part:02x}" for part in pixel)


def colours(picture: Picture) -> set[str]:
    found = image(picture).getcolors(WIDTH * HEIGHT)
    assert found is not None
    return {"#" + "".join(f"{part:02x}" for part in pixel) for _, pixel in found}  # type: ignore[union-attr]


def band(picture: Picture) -> str:
    return at(picture, WIDTH // 2, 4)


def test_it_is_a_png_of_the_size_that_programs_expect() -> None:
    body = drawn(APRIL)
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    assert Image.open(io.BytesIO(body)).size == (WIDTH, HEIGHT) == (1200, 630)
    assert len(body) < 150_000


def test_the_same_values_are_the_same_bytes_and_the_same_mark() -> None:
    again = replace(APRIL, cells=tuple(replace(cell) for cell in CELLS))
    assert drawn(again) == drawn(APRIL)
    assert again.mark == APRIL.mark
    assert re.fullmatch(r"[0-9a-f]{10}", APRIL.mark)


def test_each_value_changes_the_mark() -> None:
    others = {
        name: replace(APRIL, **{name: value})  # type: ignore[arg-type]
        for name, value in {
            "site": "x",
            "title": "x",
            "line": "x",
            "hero": "19",
            "raised": "er",
            "above": "x",
            "below": "x",
            "label": "x",
            "colour": 5,
            "sign": Sign.MOVED,
            "sign_words": "x",
            "cells": CELLS[:3],
        }.items()
    }
    assert set(others) == {field.name for field in fields(Picture)}
    assert len({picture.mark for picture in (APRIL, *others.values())}) == 1 + len(others)


@pytest.mark.parametrize("number", range(1, 13))
def test_the_colour_is_that_of_the_screens(number: int) -> None:
    assert band(replace(APRIL, colour=number)) == LIGHT[f"theme-{number}"]


def test_without_a_theme_it_is_the_accent_of_the_site() -> None:
    assert band(replace(APRIL, colour=None)) == LIGHT["accent"]


def test_states_are_seen() -> None:
    theme = LIGHT["theme-4"]
    plain = colours(APRIL)
    assert LIGHT["paper"] in plain
    assert theme in plain
    cancelled = replace(APRIL, sign=Sign.CANCELLED, sign_words="Annulé")
    assert band(cancelled) == LIGHT["ink-soft"]
    moved = replace(APRIL, sign=Sign.MOVED, sign_words="Initialement prévu le 15 août 2019")
    replay = replace(APRIL, sign=Sign.REPLAY, sign_words="Replay")
    assert at(replay, WIDTH - 10, 300) != at(APRIL, WIDTH - 10, 300) == LIGHT["paper"]
    # The mark to play stands at the right, over the ribbon.
    assert at(replay, WIDTH - MARGIN - 96, 406) == theme
    assert at(replay, WIDTH - MARGIN - 54, 406) == LIGHT["paper"]
    assert len({drawn(picture) for picture in (APRIL, cancelled, moved, replay)}) == 4


WORST = {
    "long words": replace(APRIL, title="W" * 300, site="W" * 300, line="W" * 300, label="W" * 300),
    "long texts": replace(
        APRIL, title=LONG * 4, site=LONG * 3, line=LONG * 3, sign=Sign.MOVED, sign_words=LONG
    ),
    "wide date": replace(APRIL, hero="2" * 40, above=LONG, below=LONG),
    "many cells": replace(APRIL, cells=CELLS * 30),
    "few cells": replace(APRIL, cells=CELLS[:1]),
    "first": replace(APRIL, hero="1", raised="er", above="dimanche", below="septembre 2019"),
    "no date": replace(APRIL, hero="", above="", below="", title=LONG * 4),
    "replay": replace(
        APRIL, title=LONG * 4, sign=Sign.REPLAY, sign_words=LONG, line="Anne, Bob, " * 30
    ),
}


@pytest.mark.parametrize("name", sorted(WORST))
def test_nothing_reaches_into_the_margins(name: str) -> None:
    found = image(WORST[name])
    paper = found.getpixel((2, HEIGHT - 2))
    for box in (
        (0, 20, MARGIN - 16, HEIGHT),  # the stroke through a cancelled date stands out a little
        (WIDTH - MARGIN + 3, 20, WIDTH, HEIGHT),
        (0, 592, WIDTH, HEIGHT),
        (0, 466, WIDTH, 496),  # between the words and the ribbon, but for descenders
    ):
        assert found.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), paper)], box


def test_what_the_fonts_lack_leaves_no_hole() -> None:
    """Emoji alone are no title: the theme stands in its place, else the date does."""
    emoji = replace(APRIL, title="🎉🎉", label="Le thème")
    assert drawn(emoji) == drawn(replace(emoji, title="日本"))
    assert drawn(emoji) == drawn(replace(emoji, title="Le thème"))
    assert drawn(replace(APRIL, title="🎉 Fête")) == drawn(replace(APRIL, title="Fête"))
    nothing = replace(APRIL, title="🎉", site="🎉", line="🎉", above="🎉", below="", cells=())
    assert drawn(nothing) == drawn(replace(nothing, title="18"))


def test_a_cycle_without_webinars_has_no_ribbon() -> None:
    assert at(replace(APRIL, cells=()), MARGIN + 4, 550) == LIGHT["paper"]
    assert at(APRIL, MARGIN + 4, 550) == LIGHT["wash"]
