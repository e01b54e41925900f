"""Letters for pictures: what the fonts have, and lines that always fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.web.lettering import HEADINGS, TEXT, Type, cut, fitted, font, showable, width

TITLE = Type(HEADINGS, 700, 76, -0.026)
ACROSS, DOWN = 640, 220
SIZES = range(76, 32, -2)


@pytest.mark.parametrize("name", [HEADINGS, TEXT])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Apprendre à faire alliances : « l’été » – œuvre, 3 €…", None),
        ("Nîmes, août, Noël, cœur, ÉVALUER, ça", None),
        ("🎉 Fête 🎉🎉 du 14 ❤️", "Fête du 14"),
        ("Привет 2019", "2019"),
        ("日本語", ""),
        ("مرحبا", ""),
        ("ﬁn ﬂou", "fin flou"),
        ("Știință", "Stiinta"),
        ("e\u0301te\u0301", "été"),
        ("a\u200bb\u00adc\u2060", "abc"),
        ("deux\nlignes\tet  des   blancs ", "deux lignes et des blancs"),
        ("13\u202fh\u00a030", "13\u00a0h\u00a030"),
        ("\x00\x1f\u202e\ufffd", ""),
        ("", ""),
    ],
)
def test_what_a_font_lacks_is_left_out_or_replaced(name: str, text: str, shown: str | None) -> None:
    assert showable(text, name) == (text if shown is None else shown)


def test_a_larger_weight_is_wider() -> None:
    assert width("Alliances", Type(TEXT, 700, 60)) > width("Alliances", Type(TEXT, 400, 60))


def test_fonts_are_made_once() -> None:
    assert font(TITLE) is font(Type(HEADINGS, 700, 76, -0.026))


def lines(text: str) -> tuple[tuple[str, ...], int]:
    block = fitted(text, TITLE, across=ACROSS, down=DOWN, sizes=SIZES, leading=1.08)
    return block.lines, block.type.size


def test_lines_are_as_large_and_as_even_as_they_can_be() -> None:
    assert lines("Apprendre à faire alliances") == (("Apprendre à", "faire alliances"), 76)
    assert lines("Court") == (("Court",), 76)
    longer, size = lines("Comment mesurer son impact sur le territoire et le faire savoir à tous ?")
    assert len(longer) > 2
    assert size < 76
    assert longer[-1].endswith("\u00a0?")


def test_french_marks_stay_with_their_word() -> None:
    for text in ("Qui, où, comment et pourquoi ?", "Dire « oui » à temps : un pari ! »"):
        found, _ = lines(text)
        assert " ".join(found) == text.replace(" ?", "\u00a0?").replace(" !", "\u00a0!").replace(
            " :", "\u00a0:"
        ).replace("« ", "«\u00a0").replace(" »", "\u00a0»")


def test_what_fits_at_no_size_is_cut() -> None:
    found, size = lines("mot " * 300)
    assert size == SIZES[-1]
    assert found[-1].endswith("…")
    assert lines("W" * 300)[0][-1].endswith("…")
    assert cut("Alliances", TITLE, 10_000) == "Alliances"
    assert cut("Faire, alliances", TITLE, 300) == "Faire…"


@given(
    st.text(
        alphabet=st.sampled_from("aàWi.’-« »!?:;\u00a0 AÉœ—"),
        min_size=1,
        max_size=300,
    )
)
def test_lines_never_leave_their_room(text: str) -> None:
    shown = showable(text, HEADINGS) or "x"
    found, size = lines(shown)
    assert 1 <= len(found) * size * 1.08 <= max(DOWN, size * 1.08)
    assert all(width(line, TITLE.at(size)) <= ACROSS for line in found)
