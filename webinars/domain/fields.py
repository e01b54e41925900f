"""What may stand in one field of a plan or of the library, wherever it is typed. Pure.

Each check gives the value back or raises WrongValue, a sentence that says what to do.
"""

import re
from collections.abc import Callable
from datetime import time
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WrapValidator

from webinars.clock import UnknownZone, zone
from webinars.domain.errors import N_, WrongRule, WrongValue
from webinars.domain.holidays import check_department
from webinars.domain.rules import to_rrule

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 100
RESERVED_SLUGS = {"register", "calendar", "embed"}
"""``/cycles/<cycle>/register``, ``…/calendar.ics`` and ``…/embed`` are the cycle's own."""
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
    # They turn the direction of what follows, beyond their own text.
    r"\u202a-\u202e\u2066-\u2069"
    # What stands for bytes that were not text.
    r"\ufffd]"
)


def slug(value: str) -> str:
    """Part of an address. Raises WrongValue."""
    if not SLUG.fullmatch(value) or len(value) > LONGEST_SLUG:
        raise WrongValue(
            N_(
                '"%(value)s" cannot be part of an address: use small letters without accents, '
                "digits and single hyphens"
            ),
            value=value[:40],
        )
    if value in RESERVED_SLUGS:
        raise WrongValue(
            N_('"%(value)s" is an address of the product itself: choose another'), value=value
        )
    return value


def plain_text(value: str) -> str:
    """One line of text: trimmed, without control characters. Raises WrongValue."""
    text = value.strip()
    if not text:
        raise WrongValue(N_("a text is needed, not an empty one"))
    if len(text) > 300:
        raise WrongValue(N_("the text is too long: at most 300 characters"))
    if CONTROL.search(text) or "\n" in text or "\t" in text:
        raise WrongValue(N_("line breaks and control characters cannot stand here"))
    return text


def long_text(value: str) -> str:
    """A text of several lines, without other control characters. Raises WrongValue."""
    text = value.strip()
    if len(text) > 5000:
        raise WrongValue(N_("the text is too long: at most 5000 characters"))
    if CONTROL.search(text):
        raise WrongValue(N_("control characters cannot stand here"))
    return text


def http_address(value: str) -> str:
    """An address of the web. Raises WrongValue."""
    wrong = CONTROL.search(value) or len(value) > 2000
    if wrong or not re.fullmatch(r"https?://[^\s<>\"\\]+", value):
        raise WrongValue(N_("an address beginning with https:// or http:// is needed"))
    if re.match(r"https?://[^/?#]*@", value):
        raise WrongValue(N_("a name or a password cannot stand in the address of a site"))
    if not _has_site(value):
        raise WrongValue(
            N_("no site has such an address: look at what stands between // and the next /")
        )
    return value


def _has_site(url: str) -> bool:
    """Whether programs can take it apart, into a name of a site and a port that there is."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def zone_name(value: str) -> str:
    """An IANA time zone. Raises WrongValue."""
    try:
        zone(value)
    except UnknownZone:
        raise WrongValue(
            N_('"%(value)s" is not a time zone: write for example "Europe/Paris"'),
            value=value[:60],
        ) from None
    return value


def rule(value: str) -> str:
    """Words or an RFC 5545 rule, as they were given. Raises WrongValue."""
    try:
        to_rrule(value)
    except WrongRule as error:
        raise WrongValue(error.sentence.text, **error.sentence.values) from None
    return value


def local_time(value: Any) -> Any:
    """An hour to the second, as calendars write it. Raises WrongValue.

    A number would pass for seconds after midnight, and an offset would be forgotten.
    """
    if isinstance(value, (int, float)):
        raise WrongValue(
            N_("a local time such as 13:00:00 is needed, not %(value)s"), value=repr(value)
        )
    if isinstance(value, str) and re.search(r"[Zz+]|\d-\d", value):
        raise WrongValue(
            N_("write the local time alone, such as 13:00:00: the zone has its own key")
        )
    found = _read_time(value) if isinstance(value, str) else value
    if isinstance(found, time) and found.microsecond:
        raise WrongValue(
            N_("an hour has whole seconds: write %(whole)s, not %(value)s"),
            whole=f"{found:%H:%M:%S}",
            value=found.isoformat(),
        )
    return value


def _read_time(value: str) -> time | None:
    try:
        return time.fromisoformat(value.strip())
    except ValueError:
        return None


UNLIMITED = 0
"""Places of a webinar in a plan: as many as come, whatever the cycle says."""
NO_LIMIT = "unlimited"
"""The same as it is written, in files and in forms."""


def own_places(value: Any, read: Callable[[Any], int]) -> int:
    """The places of one webinar; ``UNLIMITED`` where that is said. Raises WrongValue.

    A zero could mean that nobody may come.
    """
    if value == NO_LIMIT:
        return UNLIMITED
    if value == 0:
        raise WrongValue(N_('at least one place is needed, or "unlimited"'))
    return read(value)


# Once more when it has been read: pydantic reads texts that Python does not.
LocalTime = Annotated[time, BeforeValidator(local_time), AfterValidator(local_time)]
Slug = Annotated[str, AfterValidator(slug)]
PlainText = Annotated[str, AfterValidator(plain_text)]
HttpAddress = Annotated[str, AfterValidator(http_address)]
LongText = Annotated[str, AfterValidator(long_text)]
# Strict: TOML has numbers of its own, and true is none.
Minutes = Annotated[int, Field(strict=True, ge=5, le=24 * 60)]
Places = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
OwnPlaces = Annotated[Places, WrapValidator(own_places)]
ZoneName = Annotated[str, AfterValidator(zone_name)]
Rule = Annotated[str, AfterValidator(rule)]
Department = Annotated[str, AfterValidator(check_department)]
