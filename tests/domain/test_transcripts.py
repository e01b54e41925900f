"""Captions become paragraphs by voice, pause and length."""

from webinars.domain.timed_text import Cue, Spoken
from webinars.domain.transcripts import Line, Paragraph, as_rows, from_rows, transcript


def cue(start: float, end: float, text: str, speaker: str | None = None) -> Cue:
    return Cue(int(start * 1000), int(end * 1000), (Spoken(speaker, text),))


def test_none_one_three() -> None:
    assert transcript([]) == ()
    assert transcript([cue(1.9, 3, "Bonjour\nà tous.")]) == (
        Paragraph(None, (Line(1, "Bonjour à tous."),)),
    )
    paragraphs = transcript(
        [
            cue(0, 2, "Bonjour.", "Camille"),
            cue(2, 4, "Je commence.", "Camille"),
            cue(4, 6, "Une question.", "Alex"),
            cue(8, 9, "Et une autre.", "Alex"),
        ]
    )
    assert paragraphs == (
        Paragraph("Camille", (Line(0, "Bonjour."), Line(2, "Je commence."))),
        Paragraph("Alex", (Line(4, "Une question."),)),
        Paragraph("Alex", (Line(8, "Et une autre."),)),
    )
    assert (paragraphs[0].starts_at, paragraphs[0].text) == (0, "Bonjour. Je commence.")


def test_two_voices_of_one_caption_are_two_paragraphs() -> None:
    both = Cue(3000, 5000, (Spoken("A", "Oui ?"), Spoken("B", "Non.")))
    assert transcript([both]) == (
        Paragraph("A", (Line(3, "Oui ?"),)),
        Paragraph("B", (Line(3, "Non."),)),
    )


def test_a_long_one_ends_with_its_sentence_or_after_140_words() -> None:
    ten = "un deux trois quatre cinq six sept huit neuf dix"
    sentences = [cue(n, n + 1, f"{ten}." if n == 6 else ten) for n in range(10)]
    assert [len(one.lines) for one in transcript(sentences)] == [7, 3]
    endless = [cue(n, n + 1, ten) for n in range(20)]
    assert [len(one.lines) for one in transcript(endless)] == [14, 6]


def test_what_is_kept_comes_back() -> None:
    paragraphs = transcript([cue(0, 2, "Bonjour.", "Camille"), cue(9, 11, "Voilà.")])
    assert as_rows(paragraphs) == [["Camille", [[0, "Bonjour."]]], [None, [[9, "Voilà."]]]]
    assert from_rows(as_rows(paragraphs)) == paragraphs
