"""Where a replay stands: expected by a day, online, or known not to be (any more)."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.clock import at_hour, to_local
from webinars.domain import audit
from webinars.domain.errors import N_, NotFound, WrongValue
from webinars.domain.transcripts import Paragraph, from_rows
from webinars.domain.uploads import FileView, optional_view
from webinars.models import AuditAct, Captions, Cycle, Replay, Webinar, WebinarStatus

PROMISED_DAYS = 7
"""After the end of the webinar, unless another day is set."""
LONGEST_PROMISE = timedelta(days=2 * 366)
"""After the day of the webinar: two years, whichever they are."""
ALARM_FOR = timedelta(days=180)
"""After the end of a webinar: nobody waits for its replay any more."""
A_DAY = timedelta(days=1)


class Stage(enum.StrEnum):
    """What people are told of it."""

    EXPECTED = "expected"
    ONLINE = "online"
    WITHDRAWN = "withdrawn"


IS_AT = sa.case(
    (Replay.online_at.is_not(None), Stage.ONLINE.value),
    (Replay.withdrawn_at.is_not(None), Stage.WITHDRAWN.value),
    else_=Stage.EXPECTED.value,
)
"""The stage of a replay, or of none, as the database says it."""
IS_PLAYED = sa.and_(
    Cycle.revision > 0,
    Webinar.status == WebinarStatus.SCHEDULED,
    Replay.online_at.is_not(None),
)
"""Its page has it: none of a webinar that is not over is online (see ``take_aside``)."""
IS_READ = sa.and_(
    Cycle.revision > 0,
    Webinar.status == WebinarStatus.SCHEDULED,
    sa.or_(Replay.online_at.is_not(None), Replay.words_stay),
)
"""The same of its words, which may stay without it."""


@dataclass(frozen=True, slots=True)
class CaptionsView:
    """The words in one language."""

    language: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class ReplayLife:
    """What the page says of the replay beside its video; nothing of it before it is public."""

    stage: Stage
    expected_by: date
    """In the cycle's zone."""
    late_from: datetime | None = None
    """When that day is over, while it is expected. UTC."""
    late: bool = False
    """That day is over, and it is still expected."""
    why: str | None = None
    """There is none (any more), or it has no captions: in the organisers' words."""
    captions: tuple[CaptionsView, ...] = ()
    slides_url: str | None = None
    slides_file: FileView | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """A promise that was not kept."""

    cycle_slug: str
    slug: str
    title: str
    expected_by: date


def stage_of(replay: Replay | None) -> Stage:
    """Where it stands; without a row it is expected."""
    if replay is not None and replay.online_at is not None:
        return Stage.ONLINE
    if replay is not None and replay.withdrawn_at is not None:
        return Stage.WITHDRAWN
    return Stage.EXPECTED


def expected_by(ends_at: datetime, zone: str, own: date | None) -> date:
    """The day that is promised: the one that was set, else a week after the end."""
    usual = to_local(ends_at, zone).date() + PROMISED_DAYS * A_DAY
    return own_promise(ends_at, zone, own) or usual


def own_promise(ends_at: datetime, zone: str, own: date | None) -> date | None:
    """The day that was set; before the end, as the webinar was moved since, it promises nothing."""
    return own if own is not None and own >= to_local(ends_at, zone).date() else None


def check_promise(day: date, *, ends_at: datetime, zone: str) -> None:
    """Refuse a day that cannot be promised. Raises WrongValue."""
    end = to_local(ends_at, zone).date()
    if day < end:
        raise WrongValue(
            N_("the webinar ends on %(day)s: a replay is promised for that day or later"),
            day=end.isoformat(),
        )
    if day > end + LONGEST_PROMISE:
        raise WrongValue(
            N_("the day is more than two years after the webinar: choose an earlier one")
        )


def take_aside(session: Session, *, webinar: Webinar, actor: str, now: datetime) -> None:
    """What was online of a webinar that is not over by its new times is only prepared again.

    One that is over by them all the same keeps it: its date was corrected. The calendar
    entry and the state of the site are the publication's.
    """
    if webinar.ends_at <= now:
        return
    replay = session.scalar(
        sa.select(Replay).where(Replay.webinar_id == webinar.id, Replay.online_at.is_not(None))
    )
    if replay is None or replay.online_at is None:
        return
    audit.record(
        session,
        actor=actor,
        act=AuditAct.REPLAY_ASIDE,
        now=now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        before={"replay": {"online_at": replay.online_at.isoformat()}},
        after={"replay": {"online_at": None}},
    )
    replay.online_at = replay.revised_at = None
    replay.version += 1


def with_words() -> sa.Select[Replay]:
    """Replays with their chapters and the transcripts of all languages. Three queries."""
    return sa.select(Replay).options(selectinload(Replay.chapters), selectinload(Replay.captions))


def replay_life(
    replay: Replay | None, *, ends_at: datetime, zone: str, now: datetime
) -> ReplayLife:
    """What everybody may know of it."""
    stage = stage_of(replay)
    promised = expected_by(ends_at, zone, replay.expected_by if replay else None)
    if replay is None or stage is Stage.EXPECTED:
        late_from = at_hour(promised + A_DAY, time(), zone)
        return ReplayLife(stage, promised, late_from=late_from, late=now >= late_from)
    public = stage is Stage.ONLINE or replay.words_stay
    return ReplayLife(
        stage,
        promised,
        why=replay.without_captions if stage is Stage.ONLINE else replay.withdrawn_why,
        captions=views_of(replay) if public else (),
        slides_url=replay.slides_url if public else None,
        slides_file=optional_view(replay.slides_file) if public else None,
    )


def views_of(replay: Replay) -> tuple[CaptionsView, ...]:
    """Its captions by language."""
    return tuple(CaptionsView(one.language, from_rows(one.paragraphs)) for one in replay.captions)


def overdue(session: Session, *, now: datetime) -> tuple[Overdue, ...]:
    """Replays that were promised for a day that is over, the oldest promise first. One query."""
    rows: Iterable[sa.Row[Webinar, str, str, date]] = session.execute(
        sa.select(Webinar, Cycle.slug, Cycle.zone, Replay.expected_by)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(Replay, Replay.webinar_id == Webinar.id)
        .where(
            Webinar.status == WebinarStatus.SCHEDULED,
            Webinar.ends_at < now - A_DAY,
            Webinar.ends_at > now - ALARM_FOR,
            Replay.online_at.is_(None),
            Replay.withdrawn_at.is_(None),
        )
    )
    late = [
        Overdue(cycle_slug, webinar.slug, webinar.title, promised)
        for webinar, cycle_slug, zone, own in rows
        if (promised := expected_by(webinar.ends_at, zone, own)) < to_local(now, zone).date()
    ]
    return tuple(sorted(late, key=lambda one: (one.expected_by, one.cycle_slug, one.slug)))


def public_captions(session: Session, *, cycle_slug: str, webinar_slug: str, language: str) -> str:
    """A WebVTT file, while its words are public. Raises NotFound."""
    vtt = session.scalar(
        sa.select(Captions.vtt)
        .join(Replay, Replay.id == Captions.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(
            Cycle.slug == cycle_slug,
            Webinar.slug == webinar_slug,
            Captions.language == language,
            IS_READ,
        )
    )
    if vtt is None:
        raise NotFound(f"{cycle_slug}/{webinar_slug}/{language}")
    return vtt
