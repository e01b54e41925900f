"""What people type into the fields of the desk, as values of a draft.

Each reader takes the text of one field and gives its value, or raises WrongValue.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from webinars.domain import fields
from webinars.domain.errors import N_, WrongValue
from webinars.i18n import upper_first
from webinars.models import WebinarStatus
from webinars.web.sentences import say

Reader = Callable[[str], Any]

DAY = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d")
ANY_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
HOUR = re.compile(r"(\d{1,2})(?:[:h](\d{2})?)?(am|pm)?", re.IGNORECASE)
NOON = 12
LEAST_MINUTES, MOST_MINUTES = 5, 24 * 60
FIRST_YEAR, LAST_YEAR = 1900, 2200
MONTHS = tuple(map(str, range(1, 13)))
MOST_PLACES = 1_000_000


def read_all(
    typed: Mapping[str, str], readers: Mapping[str, Reader]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of these fields, and for those that are wrong the sentence to show there."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, reader in readers.items():
        try:
            values[name] = reader(unicodedata.normalize("NFC", typed.get(name, "")).strip())
        except WrongValue as error:
            errors[name] = sentence(error)
    return values, errors


def as_text(value: Any) -> str:
    """A value as its field holds it: a list by its lines, yes as «1»."""
    if isinstance(value, list):
        return "\n".join(value)
    return "1" if value is True else str(value or "")


def sentence(error: WrongValue) -> str:
    """What is wrong with a value, as a line of its own."""
    return f"{upper_first(say(error.sentence))}."


def day(text: str) -> date:
    """A day of a usual year, as date fields send it. Raises WrongValue."""
    if not DAY.fullmatch(text):
        raise WrongValue(N_("a date is needed, such as 2019-08-29"))
    return any_day(text)


def any_day(text: str) -> date:
    """A day of any year, where the act itself says which can be. Raises WrongValue."""
    if not ANY_DAY.fullmatch(text):
        raise WrongValue(N_("a date is needed, such as 2019-08-29"))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongValue(N_("there is no such day in the calendar")) from None


def hour(text: str) -> time | None:
    """«13:00», «13 h», «9 h 30», "1 pm"; empty is None. Raises WrongValue."""
    if not text:
        return None
    found = HOUR.fullmatch(re.sub(r"\s", "", text))
    if found:
        hours, rest, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
        if half and 1 <= hours <= NOON:
            hours = hours % NOON + (NOON if half == "pm" else 0)
        if hours < 24 and rest < 60:
            return time(hours, rest)
    raise WrongValue(N_("an hour is needed, such as 13:00"))


def _whole_number(text: str, least: int, most: int) -> int | None:
    digits = re.sub(r"\s", "", text)
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) < 9):
        raise WrongValue(N_("a whole number is needed"))
    if not least <= int(digits) <= most:
        raise WrongValue(
            N_("a number between %(least)s and %(most)s is needed"),
            least=str(least),
            most=str(most),
        )
    return int(digits)


def minutes(text: str) -> int | None:
    """How long; empty is None. Raises WrongValue."""
    return _whole_number(text, LEAST_MINUTES, MOST_MINUTES)


def year(text: str) -> int | None:
    """A year of the calendar; empty is None. Raises WrongValue."""
    return _whole_number(text, FIRST_YEAR, LAST_YEAR)


def month(text: str) -> int | None:
    """From 1 to 12, chosen from a list; empty is None. Raises WrongValue."""
    if text and text not in MONTHS:
        raise WrongValue(N_("choose one of the list"))
    return int(text) if text else None


def own_places(text: str) -> int | None:
    """How many; empty is None, and the word of the box is no limit. Raises WrongValue."""
    if text == fields.NO_LIMIT:
        return fields.UNLIMITED
    if text.endswith(fields.NO_LIMIT):
        raise WrongValue(N_("give a number of places or tick “no limit”, not both"))
    return _whole_number(text, 1, MOST_PLACES)


def optional_line(text: str) -> str | None:
    """One line of text; empty is None. Raises WrongValue."""
    return fields.plain_text(text) if text else None


def optional_text(text: str) -> str | None:
    """Several lines; empty is None. Raises WrongValue."""
    return fields.long_text(text.replace("\r\n", "\n")) or None


def lines(text: str) -> list[str]:
    """One thing a line; empty lines are left out. Raises WrongValue."""
    return [fields.plain_text(line) for line in text.splitlines() if line.strip()]


def distinct_lines(text: str) -> list[str]:
    """The same, each once. Raises WrongValue."""
    return list(dict.fromkeys(lines(text)))


def optional_address(text: str) -> str | None:
    """An address of the web; empty is None. Raises WrongValue."""
    return fields.http_address(text) if text else None


def slug(text: str) -> str:
    """Something by its address, chosen from a list. Raises WrongValue."""
    if not text:
        raise WrongValue(N_("choose one of the list"))
    return fields.slug(text)


def optional_slug(text: str) -> str | None:
    """Something by its address, chosen from a list; empty is None. Raises WrongValue."""
    return fields.slug(text) if text else None


def status(text: str) -> WebinarStatus:
    """Whether it takes place. Raises WrongValue."""
    try:
        return WebinarStatus(text)
    except ValueError:
        raise WrongValue(N_("choose one of the list")) from None
