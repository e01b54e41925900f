"""Chapters as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.chapter_lines import Moment, read_chapters, read_duration, write_chapters
from webinars.domain.errors import WrongValue

VTT = """WEBVTT

NOTE of the kind chapters

00:00.000 --> 12:34.000
Ouverture

12:34.900 --> 01:02:03.000
Les freins
techniques
"""


def refused(text: str, duration: int | None = 5400) -> str:
    with pytest.raises(WrongValue) as caught:
        read_chapters(text, duration=duration)
    return str(caught.value.sentence)


def test_none_one_three() -> None:
    assert read_chapters(" \n\n", duration=60) == ()
    assert read_chapters("0:00 Ouverture", duration=60) == (Moment(0, "Ouverture"),)
    text = "0:00 Ouverture\r\n\r\n12:34  Les freins   techniques\r\n1:02:03 3 questions\r\n"
    assert read_chapters(text, duration=5400) == (
        Moment(0, "Ouverture"),
        Moment(754, "Les freins techniques"),
        Moment(3723, "3 questions"),
    )


@pytest.mark.parametrize(
    "line",
    [
        "12:34 A",
        "[12:34] A",
        "(12:34) - A",
        "12:34 – A",
        "0:12:34 | A",
        "00:12:34.567 A",
        "12:34\N{NO-BREAK SPACE}: A",
    ],
)
def test_the_ways_in_which_people_write_a_time(line: str) -> None:
    assert read_chapters(line, duration=None) == (Moment(754, "A"),)


def test_minutes_beyond_the_hour_are_minutes() -> None:
    assert read_chapters("75:00 A", duration=None) == (Moment(4500, "A"),)


def test_from_webvtt() -> None:
    assert read_chapters(VTT, duration=None) == (
        Moment(0, "Ouverture"),
        Moment(754, "Les freins techniques"),
    )
    assert refused(VTT, duration=700) == "line 8: 12:34 is beyond the end of the video, 11:40"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "0:00 A\nB",
            'line 2: the time is needed, then the title, such as "12:34 What holds us back"',
        ),
        (
            "12:61 A",
            'line 1: the time is needed, then the title, such as "12:34 What holds us back"',
        ),
        (
            "1:75:00 A",
            'line 1: the time is needed, then the title, such as "12:34 What holds us back"',
        ),
        ("0:00 A\n\n1:00 -", "line 3: the title is needed after the time"),
        ("0:00", "line 1: the title is needed after the time"),
        ("0:00 A\n1:00 B\n01:00 C", "line 3: line 2 already begins at 01:00"),
        (
            "2:00 A\n1:00 B",
            "line 2: 01:00 stands after 02:00 of line 1; put the chapters in their order",
        ),
        ("0:00 A\n1:30:00 B", "line 2: 1:30:00 is beyond the end of the video, 1:30:00"),
        (
            "0:00 " + "A" * 201,
            "line 1: a title has at most 200 characters, and no control characters",
        ),
        (
            "0:00 A\x07",
            "line 1: a title has at most 200 characters, and no control characters",
        ),
        ("0:00 A" * 10_000, "the text is too long: at most 100 chapters, one a line"),
        ("\n".join(f"{n}:00 A" for n in range(101)), "there are too many chapters: at most 100"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, sentence: str) -> None:
    assert refused(text, duration=5400 if "101" not in sentence else None) == sentence


def test_without_a_duration_a_day_is_the_end() -> None:
    assert read_chapters("23:59:59 A", duration=None) == (Moment(86399, "A"),)
    assert refused("24:00:00 A", None) == (
        "line 1: 24:00:00 is beyond the end of the video, 24:00:00"
    )


def test_a_duration() -> None:
    read = [read_duration(text) for text in ("", " 1:28:40 ", "88:40", "24:00:00")]
    assert read == [None, 5320, 5320, 86400]
    for text in ("0:00", "90", "1:60:00", "1:00:60", "24:00:01", "an hour"):
        with pytest.raises(WrongValue):
            read_duration(text)


@given(
    moments=st.dictionaries(
        st.integers(0, 86399), st.text("Aé’ 0123:", max_size=20).filter(str.strip), max_size=20
    )
)
def test_what_is_written_is_read_again(moments: dict[int, str]) -> None:
    chapters = tuple(
        Moment(at, f"T{' '.join(title.split())}") for at, title in sorted(moments.items())
    )
    assert read_chapters(write_chapters(chapters), duration=None) == chapters


@given(text=st.text() | st.text("0123456789:-[]() A\n", max_size=100))
def test_whatever_comes_is_chapters_in_order_or_a_sentence(text: str) -> None:
    try:
        chapters = read_chapters(text, duration=5400)
    except WrongValue:
        return
    assert [one.starts_at for one in chapters] == sorted({one.starts_at for one in chapters})
    assert all(0 <= one.starts_at < 5400 and one.title for one in chapters)
