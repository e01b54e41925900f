"""Replays going online in one go, and the list of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import site
from webinars.domain.programme import Life, Moment, WebinarView, published_cycles
from webinars.domain.publication import mark_changed
from webinars.domain.replay_life import IS_PLAYED
from webinars.domain.replay_work import captions_of
from webinars.domain.timed_text import Cue
from webinars.domain.webinar_page import find_webinar
from webinars.models import Chapter, Cycle, Replay, Theme, Webinar


@dataclass(frozen=True, slots=True)
class Video:
    """The recording of a webinar, with named moments in seconds from its beginning."""

    url: str
    duration: int | None
    chapters: Sequence[tuple[int, str]] = ()
    captions: Mapping[str, tuple[Cue, ...]] = field(default_factory=dict)
    """By language."""
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class OnlineReplay:
    """A replay as news. Instants are UTC, and all of them are stored."""

    cycle_slug: str
    webinar: Webinar
    theme: str | None
    zone: str
    online_at: datetime


def put_online(
    session: Session, *, cycle_slug: str, webinar_slug: str, video: Video, now: datetime
) -> bool:
    """Give a webinar its replay; its calendar entry changes with it.

    A webinar that has a replay keeps it. Whether it is new. Raises NotFound.
    """
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    if session.scalar(sa.select(Replay.id).where(Replay.webinar_id == webinar.id)):
        return False
    session.add(
        Replay(
            webinar_id=webinar.id,
            video_url=video.url,
            duration=video.duration,
            online_at=now,
            consent_at=now if video.demonstration else None,  # it shows nobody
            demonstration=video.demonstration,
            chapters=[Chapter(starts_at=at, title=title) for at, title in video.chapters],
            captions=[captions_of(language, cues) for language, cues in video.captions.items()],
        )
    )
    mark_changed(webinar, now=now)
    site.touch(session, now=now)
    session.flush()
    return True


def replays(session: Session, *, moment: Moment) -> tuple[WebinarView, ...]:
    """Every webinar with a replay, the latest first."""
    return tuple(
        sorted(
            (
                webinar
                for cycle in published_cycles(session, moment=moment)
                for webinar in cycle.webinars
                if webinar.has_replay and webinar.life is Life.AFTER
            ),
            key=lambda webinar: webinar.starts_at,
            reverse=True,
        )
    )


def latest_online(session: Session, *, most: int) -> tuple[OnlineReplay, ...]:
    """The replays that went online last, the latest first. One query.

    What is listed does not change by itself, as lives do.
    """
    rows: sa.Result[Webinar, str, str, str | None, datetime] = session.execute(
        sa.select(Webinar, Cycle.slug, Cycle.zone, Theme.title, Replay.online_at)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .join(Replay, Replay.webinar_id == Webinar.id)
        .outerjoin(Theme, Theme.slug == Webinar.theme_slug)
        .where(IS_PLAYED)
        .order_by(Replay.online_at.desc(), Replay.id.desc())
        .limit(most)
    )
    return tuple(
        OnlineReplay(cycle_slug, webinar, theme, zone, online_at)
        for webinar, cycle_slug, zone, theme, online_at in rows
    )
