"""WebVTT and SRT, read strictly: what a browser would leave out is refused with its line."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.domain.errors import WrongValue
from webinars.domain.timed_text import (
    MOST_BYTES,
    VOICE,
    Cue,
    Spoken,
    parse_captions,
    read_captions,
    to_webvtt,
)
from webinars.places import STATIC

VTT = """WEBVTT - Mars

STYLE
::cue { color: lime }

NOTE
made by hand

1
00:01.000 --> 00:04.500 line:0 align:start region:fred
<v Camille>Bonjour <i>à tous</i> &amp; à toutes.</v>

01:00:05.000 --> 01:00:06.000
Deux lignes
d’une seule voix.
"""
SRT = """1
00:00:01,000 --> 00:00:04,500
{\\an8}<font color="red">Bonjour</font> à tous.

2
00:00:04,500 --> 00:00:06,000
Où sont les élus ?
"""
SAID = (
    Cue(1000, 4500, (Spoken(None, "Bonjour à tous."),)),
    Cue(4500, 6000, (Spoken(None, "Où sont les élus ?"),)),
)


def refused(text: str) -> str:
    with pytest.raises(WrongValue) as caught:
        parse_captions(text)
    return str(caught.value.sentence)


def test_none_begins_beyond_the_end_of_the_video() -> None:
    assert len(parse_captions(SRT, duration=5)) == 2
    with pytest.raises(WrongValue) as caught:
        parse_captions(SRT, duration=4)
    assert str(caught.value.sentence) == (
        "line 6: the caption begins beyond the end of the video, 00:04"
    )


def test_webvtt_is_read_with_its_voices_and_its_place_on_the_picture() -> None:
    assert parse_captions(VTT) == (
        Cue(1000, 4500, (Spoken("Camille", "Bonjour à tous & à toutes."),), "line:0 align:start"),
        Cue(3605000, 3606000, (Spoken(None, "Deux lignes\nd’une seule voix."),)),
    )


def test_two_voices_of_one_caption_stay_two() -> None:
    cues = parse_captions("WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>Oui.\n<v.loud B>Non.")
    assert cues == (Cue(1000, 2000, (Spoken("A", "Oui."), Spoken("B", "Non."))),)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_srt_is_read_in_the_encodings_it_comes_in(encoding: str, newline: str) -> None:
    assert read_captions(SRT.replace("\n", newline).encode(encoding)) == SAID


def test_srt_becomes_webvtt() -> None:
    assert to_webvtt(parse_captions(SRT)) == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:04.500\nBonjour à tous.\n\n"
        "00:00:04.500 --> 00:00:06.000\nOù sont les élus ?\n"
    )


def test_the_demonstration_is_read() -> None:
    for language in ("fr", "en"):
        data = (STATIC / "demo" / f"demonstration.{language}.vtt").read_bytes()
        cues = read_captions(data)
        assert (len(cues), cues[0].starts_at, cues[-1].ends_at) == (11, 0, 96000)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing in it: WebVTT or SRT is needed"),
        (" \n\n", "there is nothing in it: WebVTT or SRT is needed"),
        ("WEBVTT\n\nNOTE nothing", "there is no caption in it"),
        ("WEBVTTX\n\n", "line 1: the word WEBVTT stands alone there, or before a space"),
        (
            "WEBVTT\n00:01.000 --> 00:02.000\nA",
            "line 2: an empty line is needed between WEBVTT and the captions",
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:03.000\nA\n\n00:02.000 --> 00:04.000\nB",
            "line 6: the caption begins while the one of line 3 is shown",
        ),
        (
            "WEBVTT\n\n00:05.000 --> 00:06.000\nA\n\n00:01.000 --> 00:02.000\nB",
            "line 6: the caption begins before the one of line 3",
        ),
        (
            "WEBVTT\n\n00:02.000 --> 00:01.000\nA",
            "line 3: the caption ends before it begins, or at once",
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:01.000\nA",
            "line 3: the caption ends before it begins, or at once",
        ),
        (
            "WEBVTT\n\nid\n00:61.000 --> 00:62.000\nA",
            'line 4: the times of a caption are needed, such as "00:01:02.000 --> 00:01:05.500"',
        ),
        (
            "WEBVTT\n\n00:01,000 --> 00:02,000\nA",
            'line 3: the times of a caption are needed, such as "00:01:02.000 --> 00:01:05.500"',
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\nA\n\nand more",
            'line 5: the times of a caption are needed, such as "00:01:02,000 --> 00:01:05,500"',
        ),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n", "line 2: the caption has no words"),
        (
            "<html>\n<body>",
            'line 1: the times of a caption are needed, such as "00:01:02,000 --> 00:01:05,500"',
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nA\n00:02.000 --> 00:03.000\nB",
            "line 5: an empty line is needed before the next caption",
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "A" * 1001,
            "line 3: the caption is too long: at most 1000 characters",
        ),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nA\x07",
            "line 4: control characters cannot stand here",
        ),
        ("A" * (MOST_BYTES + 1), "the file is too large: captions have at most 2 MB"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, sentence: str) -> None:
    assert refused(text) == sentence


@pytest.mark.parametrize("words", ["<v" + " " * 2_000_000, "<v." * 660_000, "&#" + "9" * 5000])
def test_what_is_far_too_long_is_refused_unread(words: str) -> None:
    """With its line, and at once, whatever reading it would cost."""
    assert refused(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{words}") == (
        "line 3: the caption is too long: at most 1000 characters"
    )
    assert refused(f"1\n00:00:01,000 --> 00:00:02,000\nA\n{words}") == (
        "line 2: the caption is too long: at most 1000 characters"
    )


@pytest.mark.parametrize("text", ["<v" + " \t" * 1_000_000, "<v." * 660_000, "<v a" * 500_000])
def test_voices_are_looked_for_in_one_pass(text: str) -> None:
    """In what no cue may hold: this ends only because nothing is read twice."""
    assert VOICE.split(text) == [text]


def test_a_voice_is_named_whatever_stands_before_its_name() -> None:
    for voice in ("<v Ada>", "<v \t Ada \t >", "<v.loud.first Ada>", "<v.\tAda>"):
        (cue,) = parse_captions(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{voice}Oui")
        assert cue.spoken == (Spoken("Ada", "Oui"),)


def test_what_is_no_text_is_refused() -> None:
    for data in (b"\xff\xfe\xff", b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 3):
        with pytest.raises(WrongValue):
            read_captions(data)


def test_twenty_thousand_are_read_and_one_more_is_not() -> None:
    def file(count: int) -> str:
        cues = (Cue(n * 1000, n * 1000 + 900, (Spoken(None, "A"),)) for n in range(count))
        return to_webvtt(list(cues))

    assert len(parse_captions(file(20_000))) == 20_000
    assert refused(file(20_001)) == "there are too many captions: at most 20,000"


WORDS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\ufffd"),
    min_size=1,
    max_size=30,
)
CUES = st.lists(
    st.tuples(
        st.integers(0, 5000),
        st.integers(1, 5000),
        st.lists(st.builds(Spoken, st.none() | WORDS, WORDS), min_size=1, max_size=1).map(tuple),
    ),
    min_size=1,
    max_size=20,
)


@given(parts=CUES)
def test_what_is_written_is_read_again(parts: list[tuple[int, int, tuple[Spoken, ...]]]) -> None:
    cues, at = [], 0
    for pause, length, spoken in parts:
        cues.append(Cue(at + pause, at + pause + length, spoken))
        at += pause + length
    assert parse_captions(to_webvtt(cues)) == tuple(cues)


@given(text=st.text() | st.text(alphabet="WEBVT\n\r 0123:.,->AB<v/i&;", max_size=200))
def test_whatever_comes_is_cues_in_order_or_a_sentence(text: str) -> None:
    try:
        cues = parse_captions(text)
    except WrongValue:
        return
    assert all(cue.starts_at < cue.ends_at and cue.spoken for cue in cues)
    assert all(one.ends_at <= following.starts_at for one, following in pairwise(cues))


@given(data=st.binary(max_size=300))
def test_whatever_bytes_come_nothing_else_is_raised(data: bytes) -> None:
    with suppress(WrongValue):
        assert read_captions(data)
