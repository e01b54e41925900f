"""Calendars (RFC 5545) from what is stored: the same rows give the same bytes.

DTSTAMP, LAST-MODIFIED and SEQUENCE come from the latest published change, never from the
clock. Times are sent in UTC, which every client reads alike (RFC 5545 section 3.3.5,
form 2), so no VTIMEZONE is needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from icalendar import Calendar, Event, vDuration, vText, vUri
from sqlalchemy.orm import Session

from webinars.domain.errors import NotFound
from webinars.domain.programme import published_cycle
from webinars.domain.publications import MADE
from webinars.domain.webinar_page import find_webinar
from webinars.i18n import gettext
from webinars.links import Links
from webinars.models import (
    Cycle,
    Participant,
    Registration,
    RegistrationStatus,
    Replay,
    Theme,
    Webinar,
    WebinarStatus,
)

PRODUCT = "-//Webinars//webinars//FR"
REFRESH = timedelta(hours=1)
IN_A_CALENDAR = (
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.ATTENDED,
    RegistrationStatus.ABSENT,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A webinar with what its calendar entry needs beside it."""

    webinar: Webinar
    cycle_slug: str
    revision: int
    """Of its cycle."""
    theme: str | None
    has_replay: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's bytes, when they last changed, and which publication they hold."""

    body: bytes
    changed_at: datetime
    revision: int
    """The cycle's; of a feed over all cycles, how many publications the house has made."""


@dataclass(frozen=True, slots=True)
class Writer:
    """How entries are written: in which language, with whose links and organiser."""

    links: Links
    language: str
    organiser_name: str
    organiser_email: str
    site_name: str

    def everything(self, session: Session) -> Feed:
        """Every published webinar."""
        entries = _entries(session, sa.true())
        return self._feed(self.site_name, entries, revision=_made(session))

    def cycle(self, session: Session, *, slug: str) -> Feed:
        """The webinars of a cycle. Raises NotFound."""
        cycle = published_cycle(session, slug=slug)
        entries = _entries(session, Webinar.cycle_id == cycle.id)
        return self._feed(cycle.title, entries, cycle.published_at, revision=cycle.revision)

    def theme(self, session: Session, *, slug: str) -> Feed:
        """The webinars on a theme, over all cycles. Raises NotFound."""
        theme = session.scalar(sa.select(Theme).where(Theme.slug == slug))
        if theme is None:
            raise NotFound(slug)
        entries = _entries(session, Webinar.theme_slug == slug)
        return self._feed(theme.title, entries, revision=_made(session))

    def person(self, session: Session, *, participant: Participant) -> Feed:
        """The webinars that one person has a place in."""
        mine = sa.select(Registration.webinar_id).where(
            Registration.participant_id == participant.id,
            Registration.status.in_(IN_A_CALENDAR),
        )
        changed_at, made = session.execute(
            sa.select(sa.func.max(Registration.changed_at), MADE.scalar_subquery()).where(
                Registration.participant_id == participant.id
            )
        ).one()
        entries = _entries(session, Webinar.id.in_(mine))
        return self._feed(gettext("My webinars"), entries, changed_at, revision=made)

    def one(self, session: Session, *, cycle_slug: str, webinar_slug: str) -> Feed:
        """One webinar as a file: no name of a calendar in it. Raises NotFound."""
        webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
        entries = _entries(session, Webinar.id == webinar.id)
        return self._feed(None, entries, revision=entries[0].revision)

    def _feed(
        self,
        name: str | None,
        entries: Sequence[Entry],
        changed_at: datetime | None = None,
        *,
        revision: int,
    ) -> Feed:
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        if name is not None:
            # A single file has no name: Outlook would make a new calendar of it.
            calendar.add("name", vText(name))
            calendar.add("x-wr-calname", vText(name))
            calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
            calendar.add("x-published-ttl", vDuration(REFRESH))
        for entry in entries:
            calendar.add_component(self._event(entry))
        latest = max((entry.webinar.changed_at for entry in entries), default=None)
        known = [instant for instant in (latest, changed_at) if instant]
        epoch = datetime.fromisoformat("2000-01-01T00:00:00Z")
        return Feed(calendar.to_ical(), max(known, default=epoch), revision)

    def _event(self, entry: Entry) -> Event:
        webinar = entry.webinar
        cancelled = webinar.status is WebinarStatus.CANCELLED
        page = self.links.webinar(entry.cycle_slug, webinar.slug, language=self.language)
        event = Event()
        event.add("uid", webinar.uid)
        event.add("sequence", webinar.sequence)
        event.add("dtstamp", webinar.changed_at)
        event.add("created", webinar.published_at)
        event.add("last-modified", webinar.changed_at)
        event.add("dtstart", webinar.starts_at)
        event.add("dtend", webinar.ends_at)
        title = (
            gettext("[CANCELLED] %(title)s", title=webinar.title) if cancelled else webinar.title
        )
        event.add("summary", vText(title))
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
        event.add("description", vText(self._description(entry, page)))
        event.add("location", vText(page))
        event.add("url", vUri(page))
        if entry.theme:
            event.add("categories", [entry.theme])
        event.add(
            "organizer",
            f"mailto:{self.organiser_email}",
            parameters={"CN": self.organiser_name},
        )
        return event

    def _description(self, entry: Entry, page: str) -> str:
        webinar = entry.webinar
        parts: list[str] = []
        if entry.has_replay:
            parts.append(gettext("Watch the replay: %(address)s", address=page))
        else:
            parts.append(gettext("Register, join, then watch again: %(address)s", address=page))
        if webinar.why:
            parts.append(webinar.why)
        if webinar.agenda:
            parts.append("\n".join(f"• {point}" for point in webinar.agenda))
        if webinar.speakers:
            parts.append(gettext("With: %(speakers)s", speakers=", ".join(webinar.speakers)))
        return "\n\n".join(parts)


def _made(session: Session) -> int:
    return session.scalars(MADE).one()


def _entries(session: Session, which: sa.ColumnElement[bool]) -> list[Entry]:
    rows: Iterable[sa.Row[Webinar, str, int, str, int]] = session.execute(
        sa.select(Webinar, Cycle.slug, Cycle.revision, Theme.title, Replay.id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Theme, Theme.slug == Webinar.theme_slug)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(Cycle.revision > 0, which)
        .order_by(Webinar.starts_at, Webinar.id)
    )
    return [
        Entry(webinar, cycle_slug, revision, theme, replay_id is not None)
        for webinar, cycle_slug, revision, theme, replay_id in rows
    ]
