"""Which public calendars there are, and each of them read by a second parser."""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.feed_fetches import (
    ALL,
    OF_CYCLE,
    OF_THEME,
    OF_WEBINAR,
    cycle_feed,
    theme_feed,
    webinar_file,
)
from webinars.domain.second_reading import Expected, Oddity, Oddness, Reading, read_again
from webinars.models import Cycle, Theme, Webinar, WebinarStatus


@dataclass(frozen=True, slots=True)
class PublicFeed:
    """A feed that is not a person's."""

    name: str
    """As ``feed_fetches`` names it."""
    title: str | None
    """Of its cycle, theme or webinar; the feed of everything has none."""

    @property
    def is_file(self) -> bool:
        """It is of one webinar."""
        return self.name.startswith(OF_WEBINAR)


@dataclass(frozen=True, slots=True)
class Served:
    """A feed as programs are answered."""

    status: str
    plain: bytes
    packed: bytes
    """What programs are answered that take gzip."""
    is_packed: bool
    """It is said to be; what is short is sent as it is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One feed in one language, read again."""

    feed: PublicFeed
    language: str
    reading: Reading


def public_feeds(session: Session, *, cycle: str | None = None) -> tuple[PublicFeed, ...]:
    """The cycles', the latest first, that of everything, the themes'; or of one cycle alone.

    And, for all files of single webinars, that of whichever of these changed last.
    """
    cycles = sa.select(Cycle.slug, Cycle.title).where(Cycle.revision > 0)
    if cycle is not None:
        cycles = cycles.where(Cycle.slug == cycle)
    found = [
        PublicFeed(cycle_feed(slug), title)
        for slug, title in session.execute(cycles.order_by(Cycle.year.desc(), Cycle.slug))
    ]
    found += _sample(session, cycle)
    if cycle is not None:
        return tuple(found)
    themes = session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.title))
    found.append(PublicFeed(ALL, None))
    return (*found, *(PublicFeed(theme_feed(slug), title) for slug, title in themes))


def _sample(session: Session, cycle: str | None) -> list[PublicFeed]:
    rows = sa.select(Cycle.slug, Webinar.slug, Webinar.title).join(
        Webinar, Webinar.cycle_id == Cycle.id
    )
    rows = rows.where(Cycle.revision > 0, Cycle.slug == cycle if cycle else sa.true())
    latest = rows.order_by(Webinar.changed_at.desc(), Webinar.id.desc()).limit(1)
    return [
        PublicFeed(webinar_file(of, slug), title) for of, slug, title in session.execute(latest)
    ]


def check(
    session: Session, *, feed: PublicFeed, language: str, served: Served, now: datetime
) -> Checked:
    """Read what is sent of a feed as others do, and compare it with what is stored.

    A thousand entries take a second at most.
    """
    if not served.status.startswith("200"):
        refused = Oddness(Oddity.NOT_SERVED, found=served.status)
        return Checked(feed, language, Reading(0, (refused,), 1))
    reading = read_again(served.plain, expected=_expected(session, _which(feed.name)), now=now)
    odd = _packing(served)
    return Checked(
        feed,
        language,
        replace(reading, findings=(*odd, *reading.findings), count=reading.count + len(odd)),
    )


def _packing(served: Served) -> tuple[Oddness, ...]:
    try:
        unpacked = gzip.decompress(served.packed) if served.is_packed else served.packed
    except (OSError, EOFError, zlib.error):
        unpacked = b""
    return () if unpacked == served.plain else (Oddness(Oddity.PACKED),)


def _which(name: str) -> sa.ColumnElement[bool]:
    if name.startswith(OF_CYCLE):
        return Cycle.slug == name.removeprefix(OF_CYCLE)
    if name.startswith(OF_THEME):
        return Webinar.theme_slug == name.removeprefix(OF_THEME)
    if name.startswith(OF_WEBINAR):
        cycle, _, slug = name.removeprefix(OF_WEBINAR).partition("/")
        return sa.and_(Cycle.slug == cycle, Webinar.slug == slug)
    assert name == ALL, f"no such feed: {name}"
    return sa.true()


def _expected(session: Session, which: sa.ColumnElement[bool]) -> Sequence[Expected]:
    rows = session.execute(
        sa.select(
            Webinar.uid,
            Webinar.starts_at,
            Webinar.ends_at,
            Webinar.title,
            Webinar.status,
            Webinar.sequence,
        )
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Cycle.revision > 0, which)
    )
    return [
        Expected(uid, starts, ends, title, status is WebinarStatus.CANCELLED, sequence)
        for uid, starts, ends, title, status, sequence in rows
    ]
