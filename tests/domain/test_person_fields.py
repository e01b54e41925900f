"""What may stand in the fields of a person, and what is said of the rest."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain import person_fields
from webinars.domain.errors import WrongValue
from webinars.domain.person_fields import (
    ACCENT_IN_ADDRESS,
    ADDRESS_ALONE,
    INVISIBLE,
    MALFORMED_ADDRESS,
    MOST_MARKS,
    NO_NAME,
    ONE_ADDRESS,
    TOO_MANY_MARKS,
    has_letters,
)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("bob@example.org,", ADDRESS_ALONE),
        ("bob@example.org.", ADDRESS_ALONE),
        ("Bob Martin <bob@example.org>", ADDRESS_ALONE),
        ("Zoé <zoe@example.org>", ADDRESS_ALONE),
        ("mailto:bob@example.org", ADDRESS_ALONE),
        ("bob@example.org, alice@example.org", ONE_ADDRESS),
        ("bob@example.org alice@example.org", ONE_ADDRESS),
        ("bob", MALFORMED_ADDRESS),
        ("bob@", MALFORMED_ADDRESS),
        ("bob@localhost", MALFORMED_ADDRESS),
        ("bob@@example.org", MALFORMED_ADDRESS),
        ("bob@example@org", MALFORMED_ADDRESS),
        ("<bob@localhost>", MALFORMED_ADDRESS),
        ("zoé@example.org", ACCENT_IN_ADDRESS),
    ],
)
def test_what_is_said_of_an_address(typed: str, said: str) -> None:
    with pytest.raises(WrongValue) as refused:
        person_fields.email(typed)
    assert refused.value.sentence.text == said


def refused(name: str) -> str:
    with pytest.raises(WrongValue) as said:
        person_fields.full_name(name)
    return said.value.sentence.text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("\u00ad", NO_NAME),
        ("\u200d\u200c", NO_NAME),
        (".", NO_NAME),
        ("- -", NO_NAME),
        ("\u0301\u0301", NO_NAME),
        ("\ufe0f\u034f", NO_NAME),
        ("👩\u200d👧", NO_NAME),
        ("\u3164", INVISIBLE),
        ("\u115f\u1160", INVISIBLE),
        ("\uffa0", INVISIBLE),
        ("\u2800", INVISIBLE),
        ("\U000e0041", INVISIBLE),
        ("Anne\U000e0041", INVISIBLE),
        ("Anne \u3164", INVISIBLE),
        ("Z" + "\u0301" * 100, TOO_MANY_MARKS),
        ("Z" + "\u0327\u0301\u034f\u0301\u200d\u0301\u0301", TOO_MANY_MARKS),
    ],
)
def test_a_name_can_be_read(name: str, said: str) -> None:
    assert refused(name) == said


@pytest.mark.parametrize(
    "name",
    [
        "محمد بن سلمان",
        "مُحَمَّدٌ",
        "अनुष्का शर्मा",
        "श्रीकृष्ण",
        "김민준",
        unicodedata.normalize("NFD", "김민준"),
        "Nguyễn Thị Hồng Nhung",
        unicodedata.normalize("NFD", "Nguyễn Thị Hồng Nhung"),
        "علی\u200cرضا",
        "ශ්\u200dරී ලංකා",
        "בְּרֵאשִׁ֖ית",
        "བསྒྲུབས",
        "น้ำผึ้ง",
        "李",
        "O’Brien-Müller",
        "J. R. 2",
        "L̥̄",
    ],
)
def test_names_of_every_writing(name: str) -> None:
    assert person_fields.full_name(name) == unicodedata.normalize("NFC", name)


ODD = st.sampled_from("\u00ad\u200c\u200d\u3164\u115f\u2800\U000e0041\u0301\u034f\ufe0f.- a李")


@given(st.text(alphabet=ODD | st.characters(), max_size=12))
def test_what_is_taken_as_a_name_can_be_read(text: str) -> None:
    with suppress(WrongValue):
        name = person_fields.full_name(text)
        assert has_letters(name)
        assert person_fields.full_name(name) == name
        bare = [unicodedata.category(one) in ("Mn", "Me") for one in name if one != "\u200d"]
        assert (True,) * (MOST_MARKS + 1) not in zip(*(bare[n:] for n in range(5)), strict=False)


@given(
    st.text(alphabet=st.characters(categories=["Ll", "Lu", "Lo", "Nd"]), min_size=1, max_size=20)
)
def test_letters_are_a_name(text: str) -> None:
    name = unicodedata.normalize("NFC", text)
    if not person_fields.UNSEEN.search(name) and len(name) <= person_fields.MOST_NAME:
        assert person_fields.full_name(text) == name


def test_an_organisation_may_be_a_sign_but_can_be_seen() -> None:
    assert person_fields.organisation(" - ") == "-"
    with pytest.raises(WrongValue):
        person_fields.organisation("\u3164")
