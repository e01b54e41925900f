"""Addresses that put one webinar into a calendar, and that subscribe one to a feed.

None of the providers promises its parameters but Google its ``cid``; they are those that the
collections of such links agree on. What is told to them is public: never a personal link.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from flask_babel import gettext

from webinars.domain.programme import WebinarView

TITLE_OCTETS = 600
WORDS_OCTETS = 700
"""Of the encoded texts: with all of them an address stays below the 2,000 octets that every
browser, proxy and mail program lets pass."""
BASIC = "%Y%m%dT%H%M%SZ"
"""RFC 5545 section 3.3.5, form 2: UTC."""
EXTENDED = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar is told of a webinar. Instants are UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime
    details: str
    page: str
    """The permanent page, which is also where it takes place."""


@dataclass(frozen=True, slots=True)
class Way:
    """One line of the menu."""

    name: str
    address: str
    host: str | None = None
    """Where it leads, when that is not here."""
    download: bool = False


def entry(webinar: WebinarView, *, page: str) -> Entry:
    """The entry of a webinar, its words no longer than an address can carry."""
    details = gettext("Register, join, then watch again: %(address)s", address=page)
    if webinar.why:
        details = f"{details}\n\n{shortened(webinar.why, WORDS_OCTETS)}"
    title = shortened(webinar.title, TITLE_OCTETS)
    return Entry(title, webinar.starts_at, webinar.ends_at, details, page)


def ways(webinar: WebinarView, *, page: str, file: str) -> tuple[Way, ...]:
    """Every way of the menu; ``file`` is the address of the webinar's calendar file.

    Apple's calendars open the file itself, where others keep it first.
    """
    one = entry(webinar, page=page)
    return (
        Way(gettext("Google Calendar"), google(one), "calendar.google.com"),
        Way(gettext("Apple Calendar"), file),
        Way("Outlook.com", outlook_com(one), "outlook.live.com"),
        Way("Microsoft 365", microsoft_365(one), "outlook.office.com"),
        Way(gettext("Yahoo Calendar"), yahoo(one), "calendar.yahoo.com"),
        Way(gettext("File (.ics) for any other"), file, download=True),
    )


def google(one: Entry) -> str:
    """Google's form for a new event."""
    return _address(
        "https://calendar.google.com/calendar/render",
        action="TEMPLATE",
        text=one.title,
        dates=f"{_utc(one.starts_at, BASIC)}/{_utc(one.ends_at, BASIC)}",
        details=one.details,
        location=one.page,
    )


def outlook_com(one: Entry) -> str:
    """Outlook's form for private accounts. It shows line breaks as spaces."""
    return _address(
        "https://outlook.live.com/calendar/0/deeplink/compose",
        path="/calendar/action/compose",
        **_outlook(one),
    )


def microsoft_365(one: Entry) -> str:
    """The same for accounts of work and school, whose ``deeplink`` loaded for ever in 2023."""
    return _address("https://outlook.office.com/calendar/action/compose", **_outlook(one))


def yahoo(one: Entry) -> str:
    """Yahoo's form for a new event."""
    return _address(
        "https://calendar.yahoo.com/",
        v="60",
        title=one.title,
        st=_utc(one.starts_at, BASIC),
        et=_utc(one.ends_at, BASIC),
        desc=one.details,
        in_loc=one.page,
    )


def subscribe_at_google(feed: str) -> str:
    """Google's question whether to subscribe to a feed, given by its ``webcal`` address."""
    return _address("https://calendar.google.com/calendar/r", cid=feed)


def shortened(text: str, octets: int) -> str:
    """As many words as stay within this many octets once they are encoded for an address.

    What was left out is marked; a first word that is too long is cut itself.
    """
    if _weight(text) <= octets:
        return text
    room = octets - _weight("…")
    return (_fitting(re.findall(r"\s*\S+", text), room) or _fitting(text, room)) + "…"


def _fitting(parts: list[str] | str, room: int) -> str:
    kept = ""
    for part in parts:
        room -= _weight(part)
        if room < 0:
            break
        kept += part
    return kept.rstrip()


def _weight(text: str) -> int:
    return len(quote(text, safe=""))


def _outlook(one: Entry) -> dict[str, str]:
    return {
        "rru": "addevent",
        "startdt": _utc(one.starts_at, EXTENDED),
        "enddt": _utc(one.ends_at, EXTENDED),
        "subject": one.title,
        "body": one.details,
        "location": one.page,
    }


def _utc(instant: datetime, form: str) -> str:
    return instant.astimezone(UTC).strftime(form)


def _address(base: str, **values: str) -> str:
    # A space is %20: Outlook shows the plus sign of forms as it stands.
    return f"{base}?{urlencode(values, quote_via=quote, safe='')}"
