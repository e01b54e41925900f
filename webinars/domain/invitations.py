"""A webinar as an invitation to one person (RFC 5546), or as a file for their calendar.

The UID is the feeds'. Of who was erased nothing is kept, so who comes back under the same address
begins anew: a calendar that still has a withdrawn entry of then may not take the new invitation.
SEQUENCE is the webinar's, raised by two for each registration of the
person that an organiser has ended: a withdrawn invitation must be above the one before it, and
a new one above that (RFC 5546 section 2.1.4).
"""

import enum
from datetime import datetime
from urllib.parse import quote

from icalendar import Calendar, vCalAddress

from webinars.domain.calendars import Entry, Writer
from webinars.models import WebinarStatus

IN_MAILTO = "@!$&'*+-./=?^_`{|}~"
"""What stands for itself in the address of a ``mailto:`` (RFC 6068 section 2)."""


class Method(enum.StrEnum):
    """What an invitation asks of the calendar that gets it."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


def invitation(
    entry: Entry, *, writer: Writer, method: Method, address: str, name: str, door: str
) -> Calendar:
    """What a mail brings to one person; it asks for no answer: their place is theirs already.

    ``address`` is of a ``mailto:``, as ``in_mailto`` writes it. A method of CANCEL for what
    takes place withdraws the invitation of this person alone.
    """
    calendar = writer.frame(None)
    calendar.add("method", method)
    off = method is Method.CANCEL
    event = writer.event(entry, door=None if off else door)
    if off and entry.webinar.status is not WebinarStatus.CANCELLED:
        del event["STATUS"]  # RFC 5546 section 3.2.5: it is not the event that is cancelled
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "DECLINED" if off else "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    if name:
        attendee.params["CN"] = name
    event.add("attendee", attendee)
    calendar.add_component(event)
    return calendar


def calendar_file(entry: Entry, *, writer: Writer, door: str) -> Calendar:
    """The same as a file that a person opens: it invites nobody."""
    calendar = writer.frame(None)
    calendar.add_component(writer.event(entry, door=door))
    return calendar


def own_sequence(sequence: int, *, ended: int, withdraws: bool) -> int:
    """SEQUENCE for one person, of whom organisers have ended so many registrations."""
    return sequence + 2 * ended - withdraws


def in_mailto(address: str) -> str:
    """An ASCII address as part of a ``mailto:``."""
    return quote(address, safe=IN_MAILTO)


def stamp(instant: datetime) -> str:
    """A UTC instant as DTSTAMP has it (RFC 5545 section 3.3.5, form 2)."""
    return f"{instant:%Y%m%dT%H%M%SZ}"
