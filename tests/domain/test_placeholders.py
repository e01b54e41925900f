"""Texts with placeholders: read and written again, whatever is typed; nothing of them is code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.errors import WrongValue
from webinars.domain.placeholders import Placeholder, filled, names, read, written

ALLOWED = ("full_name", "webinar_title", "time")
TITLE, NAME = Placeholder("webinar_title"), Placeholder("full_name")


def refused(text: str) -> str:
    with pytest.raises(WrongValue) as raised:
        read(text, allowed=ALLOWED)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ()),
        ("Bonjour", ("Bonjour",)),
        ("{webinar_title}", (TITLE,)),
        ("{full_name}{webinar_title}", (NAME, TITLE)),
        ("« {webinar_title} »\n\nà {time} h", ("« ", TITLE, " »\n\nà ", Placeholder("time"), " h")),
        ("{{full_name}}", ("{full_name}",)),
        ("{{{full_name}}}", ("{", NAME, "}")),
        ("}}{{", ("}{",)),
        ("100 % %(full_name)s $time", ("100 % %(full_name)s $time",)),
    ],
)
def test_what_is_read(text: str, pieces: tuple[object, ...]) -> None:
    assert read(text, allowed=ALLOWED) == pieces


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Bonjour {full_name",
            (
                'the brace "{" at character 9 of line 1 is left open: close it with "}", or write '
                '"{{" where a brace is meant'
            ),
        ),
        (
            "un\n deux {\n{time}",
            (
                'the brace "{" at character 7 of line 2 is left open: close it with "}", or write '
                '"{{" where a brace is meant'
            ),
        ),
        (
            "{time} a} b",
            (
                'the brace "}" at character 9 of line 1 closes nothing: take it away, or write '
                '"}}" where a brace is meant'
            ),
        ),
        (
            "\n\n{webinar_titel}",
            (
                "{webinar_titel}, at character 1 of line 3, cannot stand here: perhaps "
                "{webinar_title} is meant"
            ),
        ),
        (
            "{ Time }",
            "{ Time }, at character 1 of line 1, cannot stand here: perhaps {time} is meant",
        ),
        (
            "{position}",
            (
                "{position}, at character 1 of line 1, cannot stand here: choose from the list of "
                "placeholders"
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, sentence: str) -> None:
    assert refused(text) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{0}",
        "{full_name.__class__}",
        "{full_name!r}",
        "{full_name:>9}",
        "{time[0]}",
        "{{{{ 7 * 7 }}}",
        "{% for x in y %}",
        "{7 * 7}",
        "{config}",
        "{" + "a" * 5000 + "}",
    ],
)
def test_nothing_is_code(text: str) -> None:
    assert len(refused(text)) < 250


@given(st.text(alphabet=st.sampled_from("{}ab_ \n.éfull_name[]%"), max_size=60))
def test_whatever_is_typed_is_read_or_named(text: str) -> None:
    try:
        pieces = read(text, allowed=("full_name", "a", "b"))
    except WrongValue:
        return
    values = {"full_name": "", "a": "{b}", "b": "B"}
    assert read(written(pieces), allowed=values) == pieces
    assert "{b}" in filled(pieces, values) or "a" not in names(pieces)


@given(st.text())
def test_any_text_at_all(text: str) -> None:
    try:
        read(text, allowed=ALLOWED)
    except WrongValue:
        return


pieces_ = st.lists(
    st.one_of(st.text(min_size=1), st.builds(Placeholder, st.sampled_from(ALLOWED))), max_size=8
)


@given(pieces_)
def test_what_is_written_is_read_again(pieces: list[str | Placeholder]) -> None:
    again = read(written(pieces), allowed=ALLOWED)
    marks = {"full_name": "<name>", "webinar_title": "<title>", "time": "<time>"}
    assert filled(again, marks) == filled(pieces, marks)
    assert names(again) == names(pieces)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("Bonjour {full_name},", "Zoé", "Bonjour Zoé,"),
        ("Bonjour {full_name},", "", "Bonjour,"),
        ("{full_name}", "", ""),
        ("De {full_name}", "{time} {{x}}", "De {time} {{x}}"),
        ("De {full_name}", "a\r\nBcc: b\x00\u2028c", "De a  Bcc: b  c"),
    ],
)
def test_what_a_placeholder_brings(text: str, name: str, said: str) -> None:
    assert filled(read(text, allowed=ALLOWED), {"full_name": name}) == said
