"""A calendar as a parser that is not ours reads it, beside what it should say. Pure.

The rules of the bytes are those of RFC 5545 section 3.1, the rest what clients hold a feed to:
one UID an entry, instants, a SEQUENCE that never falls behind, no METHOD and nobody invited.
"""

import enum
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from vobject.base import VERSION, readComponents

PARSER = f"vobject {VERSION}"
MOST = 20
"""Findings of one feed that are kept; the rest is counted."""
LONGEST_LINE = 75
"""Octets without the line's end."""
CLOCKS_APART = timedelta(minutes=1)
IN_NO_FEED = re.compile(rb"^(METHOD|ATTENDEE)[;:]", re.MULTILINE | re.IGNORECASE)


class Oddity(enum.StrEnum):
    """What is odd about a feed."""

    NOT_SERVED = "not_served"
    """Programs are answered otherwise; how."""
    PACKED = "packed"
    """Unpacked, the compressed answer is not the plain one."""
    UNREADABLE = "unreadable"
    """The parser gave up; what it said."""
    REFUSED = "refused"
    """The parser read it, and its own rules refuse it; what it said."""
    NOT_ONE_CALENDAR = "not_one_calendar"
    LINE_ENDS = "line_ends"
    LONG_LINES = "long_lines"
    IN_NO_FEED = "in_no_feed"
    """A property that no subscribed feed carries."""
    COUNT = "count"
    TWICE = "twice"
    """The same UID."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """An entry that the database does not have."""
    STARTS = "starts"
    ENDS = "ends"
    TITLE = "title"
    STATUS = "status"
    SEQUENCE = "sequence"
    FLOATING = "floating"
    """An hour without its zone, or a day."""
    FUTURE = "future"
    """DTSTAMP is later than now."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an entry should say. The instants are UTC."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    cancelled: bool
    sequence: int


@dataclass(frozen=True, slots=True)
class Oddness:
    """One finding: what is odd, of which entry, what the feed says, what it should say."""

    oddity: Oddity
    entry: str | None = None
    """Its title, or its UID where it has none of ours."""
    found: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading a feed."""

    entries: int
    """That the parser read."""
    findings: tuple[Oddness, ...]
    """The first of them."""
    count: int
    """All of them."""


def read_again(body: bytes, *, expected: Sequence[Expected], now: datetime) -> Reading:
    """Read a feed as others do, and compare: none of the findings is raised."""
    calendars: list[Any]  # what is in them is found by name
    try:
        calendars = [*readComponents(body.decode("utf-8"))]
    except Exception as error:  # noqa: BLE001  (whatever another's parser raises is the finding)
        found = [*_bytes(body), Oddness(Oddity.UNREADABLE, found=_line(error))]
        return Reading(0, tuple(found[:MOST]), len(found))
    found = [*_bytes(body)]
    if [one.name for one in calendars] != ["VCALENDAR"]:
        found.append(Oddness(Oddity.NOT_ONE_CALENDAR, found=str(len(calendars)), wanted="1"))
    events = [event for one in calendars for event in one.contents.get("vevent", [])]
    found += [finding for one in calendars for finding in _refusals(one)]
    found += _compared(events, {one.uid: one for one in expected}, now)
    return Reading(len(events), tuple(found[:MOST]), len(found))


def _bytes(body: bytes) -> Iterator[Oddness]:
    lines = body.split(b"\r\n")
    if lines.pop() or any(b"\n" in line or b"\r" in line for line in lines):
        yield Oddness(Oddity.LINE_ENDS)
    long = [len(line) for line in lines if len(line) > LONGEST_LINE]
    if long:
        yield Oddness(Oddity.LONG_LINES, found=str(max(long)), wanted=str(LONGEST_LINE))
    for name in sorted({found.decode().upper() for found in IN_NO_FEED.findall(body)}):
        yield Oddness(Oddity.IN_NO_FEED, found=name)


def _refusals(calendar: Any) -> Iterator[Oddness]:
    try:
        calendar.validate(raiseException=True)
    except Exception as error:  # noqa: BLE001  (as above)
        yield Oddness(Oddity.REFUSED, found=_line(error))


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _compared(
    events: Sequence[Any], expected: Mapping[str, Expected], now: datetime
) -> Iterator[Oddness]:
    if len(events) != len(expected):
        yield Oddness(Oddity.COUNT, found=str(len(events)), wanted=str(len(expected)))
    seen = Counter(str(_value(event, "uid")) for event in events)
    for uid, times in seen.items():
        if times > 1:
            yield Oddness(Oddity.TWICE, entry=uid, found=str(times), wanted="1")
    for uid in expected.keys() - seen.keys():
        yield Oddness(Oddity.MISSING, entry=expected[uid].title)
    for event in events:
        wanted = expected.get(str(_value(event, "uid")))
        if wanted is None:
            title = _value(event, "summary") or _value(event, "uid")
            yield Oddness(Oddity.UNKNOWN, entry=str(title))
        else:
            yield from _entry(event, wanted, now)


def _value(event: Any, name: str) -> Any:
    found = event.contents.get(name)
    return found[0].value if found else None


def _entry(event: Any, wanted: Expected, now: datetime) -> Iterator[Oddness]:
    title = wanted.title
    for oddity, name, instant in (
        (Oddity.STARTS, "dtstart", wanted.starts_at),
        (Oddity.ENDS, "dtend", wanted.ends_at),
    ):
        found = _value(event, name)
        if not isinstance(found, datetime) or found.tzinfo is None:
            yield Oddness(Oddity.FLOATING, title, found=f"{name.upper()} {found}")
        elif found != instant:
            yield Oddness(oddity, title, found=_utc(found), wanted=_utc(instant))
    said = str(_value(event, "summary"))
    # What is cancelled has a mark before its title, in the language of the feed.
    if said != title and not (wanted.cancelled and said.endswith(title)):
        yield Oddness(Oddity.TITLE, title, found=said)
    status, should = _value(event, "status"), "CANCELLED" if wanted.cancelled else "CONFIRMED"
    if status != should:
        yield Oddness(Oddity.STATUS, title, found=str(status), wanted=should)
    sequence = _value(event, "sequence")
    if sequence != str(wanted.sequence):
        yield Oddness(Oddity.SEQUENCE, title, found=str(sequence), wanted=str(wanted.sequence))
    stamp = _value(event, "dtstamp")
    if isinstance(stamp, datetime) and stamp.tzinfo and stamp > now + CLOCKS_APART:
        yield Oddness(Oddity.FUTURE, title, found=_utc(stamp))


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
