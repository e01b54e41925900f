"""Captions as files: WebVTT (https://www.w3.org/TR/webvtt1/) and SRT → cues, and back. Pure.

What a browser would silently leave out is refused with its line: a caption that is missing is
noticed by nobody who can hear. Kept of a cue are its times, its words, who says them and where
it stands on the picture; bold, colours and regions go.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from webinars.domain.errors import N_, WrongValue
from webinars.domain.fields import CONTROL
from webinars.domain.list_encodings import decoded
from webinars.i18n import timecode

MOST_BYTES = 2 * 1024 * 1024
MOST_CUES = 20_000
MOST_CHARACTERS = 1000
"""Of one cue."""
MOST_WRITTEN = 4 * MOST_CHARACTERS
"""The same with its tags and entities: what is longer is not read."""
SECOND = 1000
"""Times are whole milliseconds."""

ARROW = "-->"
VTT_TIME = r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
SRT_TIME = r"(\d{1,4}):([0-5]\d):([0-5]\d)[,.](\d{1,3})"
VTT_TIMES = re.compile(rf"{VTT_TIME}[ \t]+-->[ \t]+{VTT_TIME}(?:[ \t]+(.*))?")
SRT_TIMES = re.compile(rf"{SRT_TIME}[ \t]*-->[ \t]*{SRT_TIME}(?:[ \t]+.*)?")
SIGNATURE = re.compile(r"WEBVTT(?:[ \t].*)?")
APART = re.compile(r"(?:NOTE(?:[ \t].*)?|STYLE[ \t]*|REGION[ \t]*)")
"""The first line of a block that is no cue (sections 4.1 and 4.3)."""
SETTING = re.compile(r"(?:vertical|line|position|size|align):[A-Za-z0-9.,%+-]+")
TAG = re.compile(r"<[^<>]*>")
VOICE = re.compile(r"<v(?:\.[^ \t<>]*)?[ \t]([^<>]*)>")
"""No character can be read in two ways, and no beginning goes beyond the next one."""
BRACES = re.compile(r"\{\\[^{}]*\}")
"""Where some programs write a place into SRT: ``{\\an8}``."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words of one voice; a line break stands where the file has one."""

    speaker: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from one moment to another, in milliseconds from the beginning."""

    starts_at: int
    ends_at: int
    spoken: tuple[Spoken, ...]
    settings: str = ""
    """Where it stands on the picture, as WebVTT writes it (section 4.4)."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines between two empty ones, with the number of the first, from 1."""

    line: int
    lines: tuple[str, ...]


def read_captions(data: bytes, *, duration: int | None = None) -> tuple[Cue, ...]:
    """The cues of a WebVTT or SRT file, whatever its encoding. Raises WrongValue.

    ``duration``: seconds of the video, where they are known; none begins beyond its end.
    """
    if len(data) > MOST_BYTES:
        raise WrongValue(N_("the file is too large: captions have at most 2 MB"))
    try:
        return parse_captions(decoded(data), duration=duration)
    except UnicodeDecodeError:
        raise WrongValue(N_("the file is not text: WebVTT or SRT is needed")) from None


def parse_captions(text: str, *, duration: int | None = None) -> tuple[Cue, ...]:
    """The cues of WebVTT or SRT: which of them, its first line says. Raises WrongValue.

    ``duration`` as above.
    """
    numbered = numbered_cues(text)
    for line, cue in numbered:
        if duration is not None and cue.starts_at >= duration * SECOND:
            raise WrongValue(
                N_("line %(line)s: the caption begins beyond the end of the video, %(end)s"),
                line=str(line),
                end=timecode(duration),
            )
    return tuple(cue for _, cue in numbered)


def numbered_cues(text: str) -> list[tuple[int, Cue]]:
    """The same, each with the line of its times, from 1. Raises WrongValue."""
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n")
    text = text.replace("\r", "\n")
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise WrongValue(N_("the file is too large: captions have at most 2 MB"))
    if not text.strip():
        raise WrongValue(N_("there is nothing in it: WebVTT or SRT is needed"))
    if "\0" in text:
        raise WrongValue(N_("the file is not text: WebVTT or SRT is needed"))
    blocks = _blocks(text)
    is_vtt = text.startswith("WEBVTT")
    cues = _vtt(blocks) if is_vtt else _srt(blocks)
    if not cues:
        raise WrongValue(N_("there is no caption in it"))
    if len(cues) > MOST_CUES:
        raise WrongValue(N_("there are too many captions: at most 20,000"))
    for (line, cue), (later, following) in pairwise(cues):
        _demand_order(line, cue, later, following)
    return cues


def to_webvtt(cues: Sequence[Cue]) -> str:
    """The cues as a WebVTT file."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        times = f"{_timestamp(cue.starts_at)} {ARROW} {_timestamp(cue.ends_at)}"
        head = f"{times} {cue.settings}".rstrip()
        blocks.append("\n".join([head, *(_written(one) for one in cue.spoken), ""]))
    return "\n".join(blocks)


def spoken_words(cue: Cue) -> str:
    """All that is said in it, in one line."""
    return " ".join(" ".join(one.text.split()) for one in cue.spoken)


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    gathered: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            gathered.append(line)
        elif gathered:
            blocks.append(_Block(number - len(gathered), tuple(gathered)))
            gathered = []
    return blocks


def _vtt(blocks: Sequence[_Block]) -> list[tuple[int, Cue]]:
    first = blocks[0]
    if not SIGNATURE.fullmatch(first.lines[0]):
        raise WrongValue(N_("line 1: the word WEBVTT stands alone there, or before a space"))
    if any(ARROW in line for line in first.lines):
        raise WrongValue(N_("line 2: an empty line is needed between WEBVTT and the captions"))
    cues = []
    for block in blocks[1:]:
        if APART.fullmatch(block.lines[0]) and not any(ARROW in line for line in block.lines[:2]):
            continue
        # An identifier may stand before the times; nothing needs it.
        skipped = 0 if ARROW in block.lines[0] else 1
        cues.append(_cue(block, skipped, VTT_TIMES, "00:01:02.000 --> 00:01:05.500"))
    return cues


def _srt(blocks: Sequence[_Block]) -> list[tuple[int, Cue]]:
    cues = []
    for block in blocks:
        number = block.lines[0].strip()
        skipped = 1 if number.isascii() and number.isdigit() else 0
        cues.append(_cue(block, skipped, SRT_TIMES, "00:01:02,000 --> 00:01:05,500"))
    return cues


def _cue(block: _Block, skipped: int, times: re.Pattern[str], example: str) -> tuple[int, Cue]:
    """A cue with the line of its times. Raises WrongValue."""
    line = block.line + skipped
    head = block.lines[skipped] if skipped < len(block.lines) else block.lines[-1]
    found = times.fullmatch(head.strip())
    if found is None:
        raise WrongValue(
            N_('line %(line)s: the times of a caption are needed, such as "%(example)s"'),
            line=str(min(line, block.line + len(block.lines) - 1)),
            example=example,
        )
    parts = found.groups()
    starts_at, ends_at = _milliseconds(parts[:4]), _milliseconds(parts[4:8])
    if ends_at <= starts_at:
        raise WrongValue(
            N_("line %(line)s: the caption ends before it begins, or at once"), line=str(line)
        )
    text = "\n".join(block.lines[skipped + 1 :])
    if ARROW in text:
        at = next(n for n, one in enumerate(block.lines) if n > skipped and ARROW in one)
        raise WrongValue(
            N_("line %(line)s: an empty line is needed before the next caption"),
            line=str(block.line + at),
        )
    spoken = _spoken(text, is_vtt=times is VTT_TIMES) if len(text) <= MOST_WRITTEN else None
    if spoken == ():
        raise WrongValue(N_("line %(line)s: the caption has no words"), line=str(line))
    if spoken is None or sum(len(one.text) for one in spoken) > MOST_CHARACTERS:
        raise WrongValue(
            N_("line %(line)s: the caption is too long: at most 1000 characters"), line=str(line)
        )
    if CONTROL.search("".join(f"{one.speaker or ''}{one.text}" for one in spoken)):
        raise WrongValue(
            N_("line %(line)s: control characters cannot stand here"), line=str(line + 1)
        )
    settings = SETTING.findall(parts[8] or "") if times is VTT_TIMES else []
    return line, Cue(starts_at, ends_at, spoken, " ".join(settings))


def _demand_order(line: int, cue: Cue, later: int, following: Cue) -> None:
    values = {"line": str(later), "before": str(line)}
    if following.starts_at < cue.starts_at:
        raise WrongValue(
            N_("line %(line)s: the caption begins before the one of line %(before)s"), **values
        )
    if following.starts_at < cue.ends_at:
        raise WrongValue(
            N_("line %(line)s: the caption begins while the one of line %(before)s is shown"),
            **values,
        )


def _milliseconds(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, rest = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole * SECOND + int((rest or "0").ljust(3, "0"))


def _timestamp(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, SECOND)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def _spoken(text: str, *, is_vtt: bool) -> tuple[Spoken, ...]:
    """The words of a cue by voice (section 4.2.2): who speaks stands in ``<v Name>``."""
    if not is_vtt:
        text = BRACES.sub("", text)
    pieces = VOICE.split(text)
    voices = [None, *pieces[1::2]]
    found = []
    for voice, words in zip(voices, pieces[::2], strict=True):
        lines = (" ".join(_plain(line).split()) for line in words.split("\n"))
        said = "\n".join(line for line in lines if line)
        if said:
            found.append(Spoken(" ".join(_plain(voice or "").split()) or None, said))
    return tuple(found)


def _plain(text: str) -> str:
    return html.unescape(TAG.sub("", text))


def _written(one: Spoken) -> str:
    words = _escaped(one.text)
    return f"<v {_escaped(one.speaker)}>{words}</v>" if one.speaker else words


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
