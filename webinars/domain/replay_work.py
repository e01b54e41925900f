"""A replay in the hands of who works on it, and the rules that every way to it keeps.

The organisers' acts (``replay_acts.py``) and the files of the library (``replay_import.py``) change
a replay here alone: the trail, the version, and what stays itself when something is replaced.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit
from webinars.domain.chapter_lines import Moment, write_chapters
from webinars.domain.editing import Editor
from webinars.domain.errors import N_, DomainError, WebinarCancelled, WrongValue
from webinars.domain.mentions import mentions_of
from webinars.domain.timed_text import Cue, to_webvtt
from webinars.domain.transcripts import as_rows, transcript
from webinars.domain.uploads import NewFile, add_file, drop_file, in_trail
from webinars.i18n import timecode
from webinars.models import AuditAct, Captions, Chapter, Replay, Webinar, WebinarStatus

OUT_OF_THE_WAY = 10_000_000
"""Seconds, beyond any video."""


class NotOver(DomainError):
    """The webinar has not ended: there is nothing to see again."""


class NoVideo(DomainError):
    """A replay that is online has a video."""


class ReasonNeeded(DomainError):
    """Without captions a replay is public only with the reason (RGAA 4.1, criteria 4.1 to 4.3)."""


@dataclass(slots=True)
class Work:
    """A replay in somebody's hands, and what becomes of it."""

    replay: Replay
    webinar: Webinar
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, value: Any) -> None:
        """Give a field its value, and note what it was."""
        self.note(name, _to_json(getattr(self.replay, name)), _to_json(value))
        setattr(self.replay, name, value)

    def put_file(self, session: Session, name: str, file: NewFile | None, *, now: datetime) -> None:
        """Give it another file or none; the row of the one that it had goes."""
        old = getattr(self.replay, name)
        if old is None and file is None:
            return
        self.note(name, in_trail(old), in_trail(file))
        setattr(self.replay, name, add_file(session, file=file, now=now) if file else None)
        drop_file(session, upload=old, now=now)

    def put_chapters(self, session: Session, chapters: tuple[Moment, ...]) -> None:
        """Put these in the place of the others, as ``read_chapters`` has read them.

        What stood beside those that go is in the trail, by chapter: it goes with them.
        """
        old = write_chapters(moment_of(one) for one in self.replay.chapters)
        new = write_chapters(chapters)
        self.note("chapters", old, new)
        if old == new:
            return
        # Who puts a resource beside one of them locks it: before this, or after.
        session.execute(
            sa.select(Chapter.id)
            .where(Chapter.replay_id == self.replay.id)
            .order_by(Chapter.id)
            .with_for_update()
        ).all()
        beside = {one.id: one for one in mentions_of(session, webinar_id=self.webinar.id)}
        gone = _replace_chapters(session, self.replay, chapters)
        lost = {
            write_chapters([Moment(one.starts_at, one.title)]): [
                resource.slug for resource in one.resources
            ]
            for one in (beside[id_] for id_ in gone if id_ in beside)
        }
        self.note("resources", lost, {})

    def put_captions(self, language: str, cues: tuple[Cue, ...]) -> None:
        """Captions in a language, in the place of those it had, with their transcript."""
        found = next((one for one in self.replay.captions if one.language == language), None)
        written = captions_of(language, cues)
        if found is None:
            self.replay.captions.append(written)
            self.note(f"captions {language}", None, len(cues))
        elif found.vtt != written.vtt:
            self.before |= _told_apart(found)
            self.after |= _told_apart(written)
            found.vtt, found.paragraphs = written.vtt, written.paragraphs

    def drop_captions(self, language: str) -> None:
        """Take the captions of a language away, if there are any."""
        for one in [one for one in self.replay.captions if one.language == language]:
            self.note(f"captions {language}", one.vtt.count("-->"), None)
            self.replay.captions.remove(one)

    def note_consent(self) -> None:
        """It goes online: say in the trail if nobody has noted that the speakers agree."""
        if self.replay.consent_at is None:
            self.after["without_consent"] = True

    def note(self, name: str, old: Any, new: Any) -> None:
        """For the trail; the same once more is nothing."""
        if old != new:
            self.before[name], self.after[name] = old, new


@contextmanager
def work_on(
    session: Session,
    *,
    webinar: Webinar,
    replay: Replay | None,
    editor: Editor,
    act: AuditAct = AuditAct.REPLAY_EDITED,
) -> Iterator[Work]:
    """One act on the replay of a webinar, which is locked; what it changes is in the trail.

    Where it has changed something (``Work.after``), whoever acts touches the site, last of all.
    """
    if replay is None:
        replay = Replay(webinar_id=webinar.id, version=0, words_stay=False, demonstration=False)
        session.add(replay)
    work = Work(replay, webinar)
    yield work
    if not work.after:
        if replay.version == 0:
            session.expunge(replay)
        return
    replay.version += 1
    if replay.online_at is not None and act is AuditAct.REPLAY_EDITED:
        replay.revised_at = editor.now
    audit.record(
        session,
        actor=editor.actor,
        act=act,
        now=editor.now,
        cycle_id=webinar.cycle_id,
        slugs=[webinar.slug],
        before={"replay": work.before},
        after={"replay": work.after},
    )
    session.flush()


def demand_end(duration: int | None, *, chapter: int, caption: int) -> None:
    """Refuse an end, in seconds, before which a chapter or a caption would have to begin.

    Both are the second at which the last one begins, -1 without any. Raises WrongValue.
    """
    if duration is not None and chapter >= duration:
        raise WrongValue(
            N_("a chapter begins at %(time)s, beyond this end"), time=timecode(chapter)
        )
    if duration is not None and caption >= duration:
        raise WrongValue(
            N_("a caption begins at %(time)s, beyond this end"), time=timecode(caption)
        )


def demand_over(webinar: Webinar, *, at: datetime) -> None:
    """A replay is public after its webinar. Raises WebinarCancelled, NotOver."""
    if webinar.status is WebinarStatus.CANCELLED:
        raise WebinarCancelled
    if webinar.ends_at > at:
        raise NotOver


def demand_reason(*, captions: bool, reason: str | None) -> None:
    """What is public has captions, or says why not. Raises ReasonNeeded."""
    if not captions and not reason:
        raise ReasonNeeded


def moment_of(chapter: Chapter) -> Moment:
    """A chapter as people write it."""
    return Moment(chapter.starts_at, chapter.title)


def captions_of(language: str, cues: tuple[Cue, ...]) -> Captions:
    """What is kept of captions: the file, and the transcript that it makes."""
    return Captions(language=language, vtt=to_webvtt(cues), paragraphs=as_rows(transcript(cues)))


def _replace_chapters(
    session: Session, replay: Replay, chapters: tuple[Moment, ...]
) -> tuple[int, ...]:
    """A chapter that keeps its title, its second or its place stays itself, with its resources.

    The ids of those that go.
    """
    left = list(replay.chapters)
    kept: dict[int, Chapter] = {}
    for alike in (
        lambda row, one: (row.title, row.starts_at) == (one.title, one.starts_at),
        lambda row, one: row.title == one.title,
        lambda row, one: row.starts_at == one.starts_at,
    ):
        for number, one in enumerate(chapters):
            row = next((row for row in left if alike(row, one)), None)
            if number not in kept and row is not None:
                kept[number] = row
                left.remove(row)
    new = [number for number in range(len(chapters)) if number not in kept]
    if len(new) == len(left):  # another title and another second, in the same place
        kept |= dict(zip(new, left, strict=True))
        left = []
    gone = tuple(row.id for row in left)
    for row in left:
        replay.chapters.remove(row)
    for row in kept.values():
        row.starts_at += OUT_OF_THE_WAY
    session.flush()  # two that change places must not begin at once on the way
    for number, one in enumerate(chapters):
        if number in kept:
            kept[number].title, kept[number].starts_at = one.title, one.starts_at
        else:
            replay.chapters.append(Chapter(starts_at=one.starts_at, title=one.title))
    session.flush()
    session.expire(replay, ["chapters"])
    return gone


def _told_apart(captions: Captions) -> dict[str, Any]:
    """For the trail: how many there are, and a mark, as others may be as many."""
    name = f"captions {captions.language}"
    mark = hashlib.sha256(captions.vtt.encode()).hexdigest()[:16]
    return {name: captions.vtt.count("-->"), f"{name} sha256": mark}


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
