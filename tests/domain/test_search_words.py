"""Words as the search compares them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.search_words import EXTRACT, Piece, Sought, extract, folded, sought

ANY = st.text(max_size=600)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("L’innovation territoriale", ["innovation", "territoriale"]),
        ("Écosystèmes & stratégies : « l’été »", ["ecosysteme", "strategie", "ete"]),
        ("les réseaux territoriaux", ["les", "reseau", "territorial"]),
        ("Le temps, les bus et l'ODD17", ["le", "temp", "les", "bus", "et", "odd", "17"]),
        ("Cœur d'œuvre, æquo", ["coeur", "oeuvre", "aequo"]),
        ("co-construire 2019", ["co", "construire", "2019"]),
        ("ﬁnances", ["finance"]),
        ("pays17 km² km2", ["pay", "17", "km", "2", "km", "2"]),
        ("1er 20e m2 G20 h264n B2B", ["1er", "20e", "m2", "g20", "h264n", "b2b"]),
    ],
)
def test_accents_case_and_plurals_make_no_difference(text: str, words: list[str]) -> None:
    assert folded(text) == words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alliance", "ALLIANCES"),
        ("territorial", "territoriaux"),
        ("réseau", "reseaux"),
        ("enjeu", "Enjeux"),
        ("cœur", "coeurs"),
    ],
)
def test_one_word_in_its_forms(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", Sought((), None)),
        ("  « » ?! ", Sought((), None)),
        ("al", Sought((), "al")),
        ("a", Sought(("a",), None)),
        ("freins tech", Sought(("frein",), "tech")),
        ("freins tech ", Sought(("frein", "tech"), None)),
        ('freins" OR "x', Sought(("frein", "or", "x"), None)),
        ("l’", Sought((), None)),
        ("odd17", Sought(("odd",), "17")),
        ("odd1", Sought(("odd",), "1")),
        ("odd 1", Sought(("odd", "1"), None)),
    ],
)
def test_what_was_typed(typed: str, wanted: Sought) -> None:
    assert sought(typed) == wanted
    assert bool(sought(typed)) == (wanted != Sought((), None))


@given(typed=ANY)
def test_anything_may_be_typed(typed: str) -> None:
    found = sought(typed)
    for word in (*found.words, *([found.beginning] if found.beginning else [])):
        assert word
        assert folded(word) in ([word], [word[:-1]], [f"{word[:-3]}al"])


@given(text=ANY, typed=ANY)
def test_an_extract_is_a_part_of_the_text(text: str, typed: str) -> None:
    pieces = extract(text, sought(typed))
    whole = "".join(piece.text for piece in pieces)
    assert whole.removeprefix("… ").removesuffix(" …") in text
    assert len(whole) <= max(EXTRACT, 300) + 300
    assert all(piece.text for piece in pieces)


def test_the_words_of_an_extract_are_marked() -> None:
    text = "Les alliances durables, et l’alliance stratégique."
    assert extract(text, sought("ALLIANCE ")) == (
        Piece("Les ", marked=False),
        Piece("alliances", marked=True),
        Piece(" durables, et l’", marked=False),
        Piece("alliance", marked=True),
        Piece(" stratégique.", marked=False),
    )


@given(word=st.text("aéœßXYZﬁ", min_size=2, max_size=12), number=st.text("0179²٣", min_size=1))
def test_a_number_makes_no_difference_glued_or_apart(word: str, number: str) -> None:
    assert folded(word + number) == folded(f"{word} {number}")
    assert sought(f"{word}{number} ") == sought(f"{word} {number} ")


def test_a_word_with_its_number_is_marked_as_one() -> None:
    assert extract("Pour l’ODD17 !", sought("odd 17")) == (
        Piece("Pour l’", marked=False),
        Piece("ODD17", marked=True),
        Piece(" !", marked=False),
    )


def test_an_extract_begins_at_a_word_near_the_first_that_is_met() -> None:
    text = "mot " * 100 + "alliance " + "suite " * 100
    pieces = extract(text, sought("alliance"))
    assert pieces[0].text == "… "
    assert pieces[1].text.startswith("mot mot")
    assert Piece("alliance", marked=True) in pieces
    assert pieces[-1].text == " …"
