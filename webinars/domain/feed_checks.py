"""Which public calendars there are, and each of them read by a second parser."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.calendars import Feed, Writer
from webinars.domain.feed_fetches import ALL, OF_CYCLE, OF_THEME, cycle_feed, theme_feed
from webinars.domain.second_reading import Expected, Reading, read_again
from webinars.models import Cycle, Theme, Webinar, WebinarStatus


@dataclass(frozen=True, slots=True)
class PublicFeed:
    """A feed that is not a person's."""

    name: str
    """As ``feed_fetches`` names it."""
    title: str | None
    """Of its cycle or theme; the feed of everything has none."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One feed in one language, read again."""

    feed: PublicFeed
    language: str
    reading: Reading


def public_feeds(session: Session, *, cycle: str | None = None) -> tuple[PublicFeed, ...]:
    """The cycles', the latest first, that of everything, the themes'; or of one cycle alone."""
    cycles = sa.select(Cycle.slug, Cycle.title).where(Cycle.revision > 0)
    if cycle is not None:
        cycles = cycles.where(Cycle.slug == cycle)
    found = [
        PublicFeed(cycle_feed(slug), title)
        for slug, title in session.execute(cycles.order_by(Cycle.year.desc(), Cycle.slug))
    ]
    if cycle is not None:
        return tuple(found)
    themes = session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.title))
    found.append(PublicFeed(ALL, None))
    return (*found, *(PublicFeed(theme_feed(slug), title) for slug, title in themes))


def check(session: Session, *, feed: PublicFeed, writer: Writer, now: datetime) -> Checked:
    """Write a feed as it is sent, and read it as others do. Raises NotFound.

    A thousand entries take two seconds at most: one to write them, one to read and compare.
    """
    written, which = _written(session, feed.name, writer)
    reading = read_again(written.body, expected=_expected(session, which), now=now)
    return Checked(feed, writer.language, reading)


def _written(session: Session, name: str, writer: Writer) -> tuple[Feed, sa.ColumnElement[bool]]:
    if name.startswith(OF_CYCLE):
        slug = name.removeprefix(OF_CYCLE)
        return writer.cycle(session, slug=slug), Cycle.slug == slug
    if name.startswith(OF_THEME):
        slug = name.removeprefix(OF_THEME)
        return writer.theme(session, slug=slug), Webinar.theme_slug == slug
    return writer.everything(session), sa.true()


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
