"""Folding: nothing is lost, no letter is cut, no line is too long."""

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.calendar_text import LINE, folded, unfolded

LINES = st.lists(
    st.text(st.characters(blacklist_categories=["Cs", "Cc"])).filter(
        # What begins with a space goes on with the line before.
        lambda line: not line.startswith(" ")
    ),
    min_size=1,
    max_size=5,
)


@given(lines=LINES)
def test_what_is_folded_is_unfolded_as_it_was(lines: list[str]) -> None:
    text = "\r\n".join(lines)
    body = folded(text)
    for line in body.split(b"\r\n"):
        assert len(line) <= LINE
        line.decode("utf-8")
    assert unfolded(body) == text


@pytest.mark.parametrize(
    ("line", "octets"),
    [
        ("a" * 75, [75]),
        ("a" * 76, [75, 2]),
        ("a" * 149, [75, 75]),
        ("a" * 74 + "é", [74, 3]),
        ("a" * 73 + "🙂", [73, 5]),
        ("a" * 74 + "\\n" + "b", [74, 4]),  # no escape is cut
        ("a" * 73 + "\\\\" + "b", [75, 2]),
    ],
)
def test_where_a_line_is_cut(line: str, octets: list[int]) -> None:
    assert [len(each) for each in folded(line).split(b"\r\n")] == octets


@given(title=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1))
def test_the_library_reads_what_is_folded_here(title: str) -> None:
    event = icalendar.Event()
    event.add("summary", icalendar.vText(title * 3))
    again = folded(unfolded(event.to_ical()))
    assert str(icalendar.Event.from_ical(again)["SUMMARY"]) == title * 3
