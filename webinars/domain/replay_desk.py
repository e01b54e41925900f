"""The replay of one webinar as organisers work on it, with what is still missing."""

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import mail_rules
from webinars.domain.audience import audiences
from webinars.domain.chapter_lines import Moment, write_chapters
from webinars.domain.mail_rules import Pace
from webinars.domain.question_list import open_count
from webinars.domain.registrants import ListHead, list_head
from webinars.domain.replay_life import Stage, expected_by, stage_of, with_words
from webinars.domain.uploads import FileView, optional_view
from webinars.models import (
    Captions,
    MailKind,
    OutboxMail,
    Registration,
    Replay,
    Resource,
    Theme,
    Webinar,
)

WORD = re.compile(r"\w+")


class Part(enum.StrEnum):
    """What a replay is made of, in the order in which it is usually done."""

    VIDEO = "video"
    CHAPTERS = "chapters"
    CAPTIONS = "captions"
    TRANSCRIPT = "transcript"
    SLIDES = "slides"
    RESOURCES = "resources"
    CONSENT = "consent"
    QUESTIONS = "questions"


@dataclass(frozen=True, slots=True)
class CaptionsKept:
    """Captions of one language, in numbers."""

    language: str
    cues: int
    words: int


@dataclass(frozen=True, slots=True)
class ReplayDesk:
    """Everything that the screen of one replay shows. Instants are UTC."""

    head: ListHead
    version: int
    """0 while nothing was done to it."""
    stage: Stage
    online_at: datetime | None
    revised_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str | None
    words_stay: bool
    video_url: str | None
    video_file: FileView | None
    duration: int | None
    chapters: str
    """One a line."""
    agenda: Sequence[str]
    captions: tuple[CaptionsKept, ...]
    slides_url: str | None
    slides_file: FileView | None
    expected_by: date
    own_promise: bool
    """Somebody has set that day."""
    consent_at: datetime | None
    without_captions: str | None
    resources: int
    """Of its theme."""
    open_questions: int
    will_be_told: int
    """Once it is online, by its rule."""
    were_told: int
    """By mail, so far."""
    over: bool
    late: bool
    """The promise was not kept."""

    @property
    def done(self) -> dict[Part, bool]:
        """The checklist."""
        return {
            Part.VIDEO: self.has_video,
            Part.CHAPTERS: bool(self.chapters),
            Part.CAPTIONS: bool(self.captions),
            Part.TRANSCRIPT: bool(self.captions),
            Part.SLIDES: self.slides_url is not None or self.slides_file is not None,
            Part.RESOURCES: self.resources > 0,
            Part.CONSENT: self.consent_at is not None,
            Part.QUESTIONS: self.open_questions == 0,
        }

    @property
    def has_video(self) -> bool:
        """Here or elsewhere."""
        return self.video_url is not None or self.video_file is not None

    @property
    def can_go_online(self) -> bool:
        """Nothing that is demanded is missing."""
        words = bool(self.captions) or self.without_captions is not None
        return self.over and not self.head.cancelled and self.has_video and words


def replay_desk(
    session: Session, *, cycle_slug: str, webinar_slug: str, pace: Pace, today: date, now: datetime
) -> ReplayDesk:
    """The replay of one webinar; ``today`` in its cycle's zone. Raises NotFound.

    A fixed number of queries.
    """
    head = list_head(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    webinar = session.get_one(Webinar, head.id)
    replay = session.scalar(with_words().where(Replay.webinar_id == head.id))
    row = replay or Replay(webinar_id=head.id, version=0, words_stay=False)
    promised = expected_by(head.ends_at, head.zone, row.expected_by)
    stage = stage_of(replay)
    over = head.ends_at <= now
    return ReplayDesk(
        head=head,
        version=row.version,
        stage=stage,
        online_at=row.online_at,
        revised_at=row.revised_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_why=row.withdrawn_why,
        words_stay=row.words_stay,
        video_url=row.video_url,
        video_file=optional_view(row.video_file),
        duration=row.duration,
        chapters=write_chapters(Moment(one.starts_at, one.title) for one in row.chapters),
        agenda=webinar.agenda,
        captions=tuple(_kept(one) for one in row.captions),
        slides_url=row.slides_url,
        slides_file=optional_view(row.slides_file),
        expected_by=promised,
        own_promise=row.expected_by == promised,
        consent_at=row.consent_at,
        without_captions=row.without_captions,
        resources=_resources(session, webinar.theme_slug),
        open_questions=open_count(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug),
        will_be_told=_will_be_told(session, webinar, pace=pace, now=now),
        were_told=_were_told(session, head.id),
        over=over,
        late=over and not head.cancelled and stage is Stage.EXPECTED and promised < today,
    )


def _kept(captions: Captions) -> CaptionsKept:
    lines = [line for _, lines in captions.paragraphs for line in lines]
    return CaptionsKept(
        captions.language, len(lines), sum(len(WORD.findall(words)) for _, words in lines)
    )


def _resources(session: Session, theme: str | None) -> int:
    return session.scalars(
        sa.select(sa.func.count())
        .select_from(Resource)
        .where(Resource.themes.any(Theme.slug == theme))
    ).one()


def _will_be_told(session: Session, webinar: Webinar, *, pace: Pace, now: datetime) -> int:
    """Who has a place, wants such mails, and was not told before; nobody without the rule."""
    if mail_rules.REPLAY.word not in webinar.armed:
        return 0
    told = sa.exists().where(
        OutboxMail.participant_id == Registration.participant_id,
        OutboxMail.webinar_id == Registration.webinar_id,
        OutboxMail.kind == MailKind.REPLAY,
    )
    among = sa.and_(Registration.webinar_id == webinar.id, ~told)
    audience = audiences(session, among=among, pace=pace, now=now).get(webinar.id)
    return audience.of(mail_rules.REPLAY, None, pace=pace) if audience else 0


def _were_told(session: Session, webinar_id: int) -> int:
    return session.scalars(
        sa.select(sa.func.count(OutboxMail.participant_id.distinct())).where(
            OutboxMail.webinar_id == webinar_id,
            OutboxMail.kind == MailKind.REPLAY,
            OutboxMail.sent_at.is_not(None),
        )
    ).one()
