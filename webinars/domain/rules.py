"""The rule of a cycle: words or RFC 5545, to dates. Pure.

Words: "third Thursday", "last Tuesday of each month". RFC 5545 section 3.3.10:
"FREQ=MONTHLY;BYDAY=3TH;BYMONTH=1,2,3".
"""

import re
from datetime import date, datetime

from dateutil.rrule import rrulestr

from webinars.domain.errors import WrongRule

ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
    "fifth": 5,
    "5th": 5,
    "last": -1,
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RFC_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

WORDS = re.compile(
    rf"(?:the )?(?P<nth>{'|'.join(ORDINALS)}) (?P<day>{'|'.join(WEEKDAYS)})"
    r"(?: (?:of|in) (?:each|every|the) month)?",
    re.IGNORECASE,
)
RFC_RULE = re.compile(r"FREQ=[A-Z]+(?:;[A-Z]+=[A-Z0-9+,-]+)*")
WITHIN_A_DAY = re.compile(r"FREQ=(?:SECONDLY|MINUTELY|HOURLY)|BY(?:HOUR|MINUTE|SECOND)=")
NO_INTERVAL = re.compile(r"INTERVAL=0*(?:;|$)")
BY_DAY = re.compile(r"(?:RRULE:)?FREQ=MONTHLY;BYDAY=(-?\d)(MO|TU|WE|TH|FR|SA|SU)")


def to_rrule(rule: str) -> str:
    """The RFC 5545 rule for words or for itself. Raises WrongRule."""
    text = " ".join(rule.split())
    words = WORDS.fullmatch(text)
    if words:
        nth = ORDINALS[words["nth"].lower()]
        return f"FREQ=MONTHLY;BYDAY={nth}{RFC_DAYS[WEEKDAYS.index(words['day'].lower())]}"
    rfc = text.upper().removeprefix("RRULE:")
    if not rfc.startswith("FREQ="):
        raise WrongRule(
            f'"{rule}" is not understood: write for example "third Thursday", '
            '"last Tuesday" or "FREQ=MONTHLY;BYDAY=3TH"'
        )
    if WITHIN_A_DAY.search(rfc):
        raise WrongRule(f'"{rule}" repeats within a day: a cycle has at most one webinar a day')
    if not RFC_RULE.fullmatch(rfc) or NO_INTERVAL.search(rfc):
        raise WrongRule(f'"{rule}" is not a rule of RFC 5545')
    try:
        rrulestr(rfc, dtstart=datetime(2000, 1, 1))  # noqa: DTZ001  (dates, no instants)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise WrongRule(f'"{rule}" is not a rule of RFC 5545: {error}') from error
    return rfc


def dates(rule: str, *, year: int) -> tuple[date, ...]:
    """Every date of the rule within the year, in order. Raises WrongRule when there is none."""
    first, last = datetime(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001  (dates)
    found = tuple(
        moment.date()
        for moment in rrulestr(to_rrule(rule), dtstart=first).between(first, last, inc=True)
    )
    if not found:
        raise WrongRule(f'"{rule}" gives no date in {year}')
    return found


def describe(rule: str) -> tuple[int, int] | None:
    """The ordinal (-1 is the last) and weekday (0 is Monday) of a simple monthly rule."""
    try:
        found = BY_DAY.fullmatch(to_rrule(rule))
    except WrongRule:
        return None
    if not found or int(found[1]) not in ORDINALS.values():
        return None
    return int(found[1]), RFC_DAYS.index(found[2])
