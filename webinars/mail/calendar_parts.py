"""What a mail brings for calendars: invitations, or plain files where the house prefers them.

A part is made once for all letters of a mould, unfolded and with marks in the place of what is
one person's; ``content.py`` fills and folds it.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from webinars.domain.calendar_text import unfolded
from webinars.domain.calendars import Entry, entries_of
from webinars.domain.invitations import (
    Method,
    calendar_file,
    invitation,
    own_sequence,
    stamp,
)
from webinars.domain.mail_facts import OF_A_PLACE, Facts
from webinars.domain.programme import Life
from webinars.mail.letters import ADDRESS, NAME, CalendarPart
from webinars.models import MailKind, RegistrationStatus, Webinar, WebinarStatus
from webinars.services import Services

SEQUENCE, STAMP = (secrets.token_hex(16) for _ in range(2))
"""Marks; see ``marks.py``."""


def told_of(kind: MailKind, context: Mapping[str, Any], *, withdraws: bool) -> tuple[str, ...]:
    """The slugs of the webinars of which the mail brings the entry; the first is the invitation.

    A place that was given, an invitation that the mail withdraws, and what changed of webinars
    that the person has a place in.
    """
    if kind is MailKind.CHANGE_NOTICE:
        places = [one for one in context["news"] if one.status is RegistrationStatus.CONFIRMED]
        return tuple(one.slug for one in places)
    webinar = context["webinar"]
    if kind is MailKind.CANCELLATION:
        return (webinar.slug,) if withdraws else ()
    has_place = context["status"] is RegistrationStatus.CONFIRMED
    if kind in OF_A_PLACE and has_place and webinar.life is Life.BEFORE:
        return (webinar.slug,)
    return ()


def parts(
    session: Session,
    *,
    kind: MailKind,
    cycle_id: int,
    doors: Mapping[str, str],
    name: str,
    language: str,
    services: Services,
) -> tuple[CalendarPart, ...]:
    """The entries of the webinars that have these doors, in that order. One query."""
    here = (Webinar.cycle_id == cycle_id) & Webinar.slug.in_(doors)
    found = {entry.webinar.slug: entry for entry in entries_of(session, here)}
    return tuple(
        _part(
            found[slug],
            kind=kind,
            door=door,
            name=name,
            language=language,
            services=services,
        )
        for slug, door in doors.items()
        if slug in found
    )


def own_values(part: CalendarPart, *, facts: Facts) -> Mapping[str, str]:
    """What of a part is one letter's, by its marks, but for whom it is addressed to."""
    sequence = own_sequence(part.sequence, ended=facts.ended, withdraws=part.withdraws)
    written = max(part.changed_at, facts.mail.origin.created_at)
    return {SEQUENCE: str(sequence), STAMP: stamp(written)}


def _part(
    entry: Entry, *, kind: MailKind, door: str, name: str, language: str, services: Services
) -> CalendarPart:
    webinar = entry.webinar
    withdraws = kind is MailKind.CANCELLATION
    off = withdraws or webinar.status is WebinarStatus.CANCELLED
    writer = services.calendar_writer(language)
    method = Method.CANCEL if off else Method.REQUEST
    if services.settings.mail_calendar == "invitation":
        calendar = invitation(
            entry, writer=writer, method=method, address=ADDRESS, name=name, door=door
        )
    else:
        calendar = calendar_file(entry, writer=writer, door=door)
    text = unfolded(calendar.to_ical())
    for line, mark in (
        (f"\r\nSEQUENCE:{webinar.sequence}\r\n", f"\r\nSEQUENCE:{SEQUENCE}\r\n"),
        (f"\r\nDTSTAMP:{stamp(webinar.changed_at)}\r\n", f"\r\nDTSTAMP:{STAMP}\r\n"),
        (f"CN={NAME}", f'CN="{NAME}"'),  # whatever the name has in it
    ):
        text = text.replace(line, mark, 1)
    return CalendarPart(
        filename=f"{webinar.slug}.ics",
        method=method if services.settings.mail_calendar == "invitation" else None,
        text=text,
        sequence=webinar.sequence,
        changed_at=webinar.changed_at,
        withdraws=withdraws,
    )
