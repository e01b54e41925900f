"""Chapters as people write them: lines of text or WebVTT → moments with a title, and back. Pure.

A line out of order is refused and not sorted: most often its time is mistyped.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webinars.domain.errors import N_, WrongValue
from webinars.domain.fields import CONTROL
from webinars.domain.timed_text import SECOND, numbered_cues, spoken_words
from webinars.i18n import timecode

MOST_CHAPTERS = 100
LONGEST_VIDEO = 24 * 60 * 60
"""Seconds."""
MOST_CHARACTERS = 50_000
LONGEST_TITLE = 200

LINE = re.compile(
    r"[\[(]?(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:[.,]\d{1,3})?[\])]?[ \t\u00a0\u202f]*"
    r"(?:[-–—:|](?:[ \t\u00a0\u202f]+|$))?(.*)"
)
DURATION = re.compile(r"(?:(\d{1,2}):)?(\d{1,4}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Moment:
    """A chapter: seconds from the beginning of the video, and its title."""

    starts_at: int
    title: str


def read_chapters(text: str, *, duration: int | None) -> tuple[Moment, ...]:
    """The chapters of a text, none of an empty one; ``duration`` of the video in seconds.

    Raises WrongValue, which names the line.
    """
    if len(text) > MOST_CHARACTERS:
        raise WrongValue(N_("the text is too long: at most 100 chapters, one a line"))
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").replace("\r\n", "\n")
    numbered = _of_webvtt(text) if text.startswith("WEBVTT") else _of_lines(text)
    return _in_time(numbered, duration)


def checked_chapters(
    said: Iterable[tuple[int, int, str]], *, duration: int | None
) -> tuple[Moment, ...]:
    """The same of chapters that were read elsewhere: the line, the second and the title of each.

    Raises WrongValue, whose sentence begins with the line.
    """
    return _in_time(
        [(line, Moment(second, _title(title, line))) for line, second, title in said], duration
    )


def write_chapters(chapters: Iterable[Moment]) -> str:
    """One line a chapter, as ``read_chapters`` reads it."""
    return "\n".join(f"{timecode(one.starts_at)} {one.title}" for one in chapters)


def read_second(text: str) -> int:
    """The second of «12:34» or «1:02:03». Raises WrongValue."""
    found = DURATION.fullmatch(text.strip())
    seconds = _seconds(found.groups()) if found else None
    if seconds is None:
        raise WrongValue(N_("a time is needed, such as 12:34"))
    return seconds


def read_duration(text: str) -> int | None:
    """Seconds of «1:28:40» or «88:40»; empty is None. Raises WrongValue."""
    if not text.strip():
        return None
    found = DURATION.fullmatch(text.strip())
    seconds = _seconds(found.groups()) if found else None
    if seconds is None or not 0 < seconds <= LONGEST_VIDEO:
        raise WrongValue(N_("a duration is needed, such as 88:40, of 24 hours at most"))
    return seconds


def _of_lines(text: str) -> list[tuple[int, Moment]]:
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        fits = LINE.fullmatch(line.strip())
        seconds = _seconds(fits.groups()[:3]) if fits else None
        if fits is None or seconds is None:
            raise WrongValue(
                N_(
                    "line %(line)s: the time is needed, then the title, "
                    'such as "12:34 What holds us back"'
                ),
                line=str(number),
            )
        found.append((number, Moment(seconds, _title(fits[4], number))))
    return found


def _of_webvtt(text: str) -> list[tuple[int, Moment]]:
    """From WebVTT of the kind “chapters”."""
    return [
        (line, Moment(cue.starts_at // SECOND, _title(spoken_words(cue), line)))
        for line, cue in numbered_cues(text)
    ]


def _title(text: str, line: int) -> str:
    title = " ".join(text.split())
    if not title:
        raise WrongValue(N_("line %(line)s: the title is needed after the time"), line=str(line))
    if len(title) > LONGEST_TITLE or CONTROL.search(title):
        raise WrongValue(
            N_("line %(line)s: a title has at most 200 characters, and no control characters"),
            line=str(line),
        )
    return title


def _seconds(parts: Sequence[str | None]) -> int | None:
    """None where minutes or seconds are more than there are."""
    hours, minutes, seconds = (int(part or 0) for part in parts)
    if seconds >= 60 or (parts[0] is not None and minutes >= 60):
        return None
    return hours * 3600 + minutes * 60 + seconds


def _in_time(numbered: Sequence[tuple[int, Moment]], duration: int | None) -> tuple[Moment, ...]:
    if len(numbered) > MOST_CHAPTERS:
        raise WrongValue(N_("there are too many chapters: at most 100"))
    last: tuple[int, Moment] | None = None
    for line, moment in numbered:
        _demand_in_time(line, moment, last, duration)
        last = (line, moment)
    return tuple(moment for _, moment in numbered)


def _demand_in_time(
    line: int, moment: Moment, last: tuple[int, Moment] | None, duration: int | None
) -> None:
    values = {"line": str(line), "time": timecode(moment.starts_at)}
    if last is not None and moment.starts_at == last[1].starts_at:
        raise WrongValue(
            N_("line %(line)s: line %(before)s already begins at %(time)s"),
            before=str(last[0]),
            **values,
        )
    if last is not None and moment.starts_at < last[1].starts_at:
        raise WrongValue(
            N_(
                "line %(line)s: %(time)s stands after %(later)s of line %(before)s; "
                "put the chapters in their order"
            ),
            before=str(last[0]),
            later=timecode(last[1].starts_at),
            **values,
        )
    if moment.starts_at >= (LONGEST_VIDEO if duration is None else duration):
        raise WrongValue(
            N_("line %(line)s: %(time)s is beyond the end of the video, %(end)s"),
            end=timecode(LONGEST_VIDEO if duration is None else duration),
            **values,
        )
