"""Calendars (RFC 5545) from what is stored: the same rows give the same bytes.

DTSTAMP, LAST-MODIFIED and SEQUENCE come from the latest published change, never from the
clock. Times are sent in UTC, which every client reads alike (RFC 5545 section 3.3.5,
form 2), so no VTIMEZONE is needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from icalendar import (
    Alarm,
    Calendar,
    Event,
    Parameters,
    Timezone,
    TimezoneStandard,
    vDuration,
    vUri,
)
from sqlalchemy.orm import Session

from webinars.domain import site
from webinars.domain.calendar_text import Text, one_line, paragraphs
from webinars.domain.errors import NotFound
from webinars.domain.programme import published_cycle
from webinars.domain.publications import MADE
from webinars.domain.webinar_page import find_webinar
from webinars.i18n import gettext
from webinars.links import Links
from webinars.models import (
    Cycle,
    Replay,
    Theme,
    Webinar,
    WebinarStatus,
)

PRODUCT = "-//Webinars//webinars//{language}"
REFRESH = timedelta(hours=1)


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
        entries = entries_of(session, sa.true())
        page = self.links.home(language=self.language)
        return self._feed(self.site_name, entries, page=page, revision=_made(session))

    def cycle(self, session: Session, *, slug: str) -> Feed:
        """The webinars of a cycle. Raises NotFound."""
        cycle = published_cycle(session, slug=slug)
        entries = entries_of(session, Webinar.cycle_id == cycle.id)
        return self._feed(
            cycle.title,
            entries,
            cycle.published_at,
            page=self.links.cycle(slug, language=self.language),
            revision=cycle.revision,
        )

    def theme(self, session: Session, *, slug: str) -> Feed:
        """The webinars on a theme, over all cycles. Raises NotFound."""
        theme = session.scalar(sa.select(Theme).where(Theme.slug == slug))
        if theme is None:
            raise NotFound(slug)
        entries = entries_of(session, Webinar.theme_slug == slug)
        page = self.links.theme(slug, language=self.language)
        return self._feed(theme.title, entries, page=page, revision=_made(session))

    def one(self, session: Session, *, cycle_slug: str, webinar_slug: str) -> Feed:
        """One webinar as a file: no name of a calendar in it. Raises NotFound."""
        webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
        entries = entries_of(session, Webinar.id == webinar.id)
        return self._feed(None, entries, revision=entries[0].revision)

    def _feed(
        self,
        name: str | None,
        entries: Sequence[Entry],
        changed_at: datetime | None = None,
        *,
        page: str | None = None,
        revision: int,
    ) -> Feed:
        calendar = self.frame(name, page=page)
        if not entries:
            calendar.add_component(nothing())
        for entry in entries:
            calendar.add_component(self.event(entry))
        latest = max((entry.webinar.changed_at for entry in entries), default=site.EPOCH)
        return Feed(calendar.to_ical(), max(latest, changed_at or site.EPOCH), revision)

    def frame(self, name: str | None, *, page: str | None = None) -> Calendar:
        """A calendar without entries; one without a name is a file (Outlook would subscribe).

        ``page`` shows the same to people (RFC 7986 section 5.5).
        """
        calendar = Calendar()
        calendar.add("prodid", PRODUCT.format(language=self.language.upper()))
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        if name is not None:
            calendar.add("name", Text(one_line(name)))
            calendar.add("x-wr-calname", Text(one_line(name)))
            if page:
                calendar.add("url", vUri(page))
            calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
            calendar.add("x-published-ttl", vDuration(REFRESH))
        return calendar

    def event(
        self, entry: Entry, *, door: str | None = None, alarm: timedelta | None = None
    ) -> Event:
        """An entry; ``door`` is one person's own, ``alarm`` how long before the start it rings."""
        webinar = entry.webinar
        cancelled = webinar.status is WebinarStatus.CANCELLED
        where = (entry.cycle_slug, webinar.slug)
        page = self.links.webinar(*where, language=self.language)
        to_come = not (cancelled or entry.has_replay)
        event = Event()
        event.add("uid", webinar.uid)
        event.add("sequence", webinar.sequence)
        event.add("dtstamp", webinar.changed_at)
        event.add("created", webinar.published_at)
        event.add("last-modified", webinar.changed_at)
        event.add("dtstart", webinar.starts_at)
        event.add("dtend", webinar.ends_at)
        title = one_line(webinar.title)
        if cancelled:
            title = gettext("[CANCELLED] %(title)s", title=title)
        event.add("summary", Text(title))
        event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
        event.add("description", Text(paragraphs(self._description(entry, page, door))))
        event.add("location", Text(door if door and to_come else page))
        event.add("url", vUri(page))
        if to_come:
            # RFC 7986 section 5.11; few programs read it, so the description has it too.
            room = door or self.links.door(*where, language=self.language)
            parameters = Parameters({"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"]})
            parameters["LABEL"] = gettext("Join the webinar")
            event.add("conference", vUri(room, params=parameters))
        if entry.theme:
            event.add("categories", Text(one_line(entry.theme)))
        event.add(
            "organizer",
            f"mailto:{self.organiser_email}",
            parameters={"CN": self.organiser_name},
        )
        if alarm is not None and to_come:
            event.add_component(_alarm(title, alarm))
        return event

    def _description(self, entry: Entry, page: str, door: str | None) -> str:
        webinar = entry.webinar
        parts: list[str] = []
        if webinar.status is WebinarStatus.CANCELLED:
            parts.append(gettext("This webinar is cancelled: %(address)s", address=page))
        elif entry.has_replay:
            parts.append(gettext("Watch the replay: %(address)s", address=page))
        elif door:
            parts.append(gettext("Join, with your personal link: %(address)s", address=door))
            parts.append(gettext("What it is about, then its replay: %(address)s", address=page))
        else:
            room = self.links.door(entry.cycle_slug, webinar.slug, language=self.language)
            parts.append(gettext("Register, join, then watch again: %(address)s", address=page))
            parts.append(gettext("Registered? The way into the room: %(address)s", address=room))
        if webinar.why:
            parts.append(webinar.why)
        if webinar.agenda:
            parts.append("\n".join(f"• {point}" for point in webinar.agenda))
        if webinar.speakers:
            parts.append(gettext("With: %(speakers)s", speakers=", ".join(webinar.speakers)))
        return "\n\n".join(parts)


def nothing() -> Timezone:
    """What stands in a calendar without entries, which needs a component (RFC 5545 section 3.6)."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", "Etc/UTC")
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001  (local by its definition)
    standard.add("tzoffsetfrom", timedelta(0))
    standard.add("tzoffsetto", timedelta(0))
    zone.add_component(standard)
    return zone


def _alarm(title: str, before: timedelta) -> Alarm:
    """RFC 5545 section 3.6.6."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", Text(title))
    alarm.add("trigger", -before)
    return alarm


def _made(session: Session) -> int:
    return session.scalars(MADE).one()


def entries_of(session: Session, which: sa.ColumnElement[bool]) -> list[Entry]:
    """Public webinars with what their entries need, by their start. One query."""
    rows: Iterable[sa.Row[Webinar, str, int, str, datetime]] = session.execute(
        sa.select(Webinar, Cycle.slug, Cycle.revision, Theme.title, Replay.online_at)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Theme, Theme.slug == Webinar.theme_slug)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(Cycle.revision > 0, which)
        .order_by(Webinar.starts_at, Webinar.id)
    )
    return [
        Entry(webinar, cycle_slug, revision, theme, online_at is not None)
        for webinar, cycle_slug, revision, theme, online_at in rows
    ]
