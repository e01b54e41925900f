"""What organisers do to a replay: prepare it, put it online, revise it, withdraw it.

Each act sees the version that the organiser saw, writes one row of the audit trail, and lets go
of the built pages. A replay is prepared out of sight; once it is online, an act shows at once.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import audit, site
from webinars.domain.chapter_lines import Moment, write_chapters
from webinars.domain.editing import Editor
from webinars.domain.errors import (
    N_,
    ChangedMeanwhile,
    DomainError,
    WebinarCancelled,
    WrongValue,
)
from webinars.domain.mentions import mentions_of
from webinars.domain.publication import mark_changed
from webinars.domain.replay_life import check_promise
from webinars.domain.timed_text import Cue, to_webvtt
from webinars.domain.transcripts import as_rows, transcript
from webinars.domain.uploads import NewFile, add_file, drop_file, in_trail
from webinars.domain.webinar_page import find_webinar
from webinars.i18n import timecode
from webinars.models import AuditAct, Captions, Chapter, Cycle, Replay, Webinar, WebinarStatus

OUT_OF_THE_WAY = 10_000_000
"""Seconds, beyond any video."""


class NotOver(DomainError):
    """The webinar has not ended: there is nothing to see again."""


class NoVideo(DomainError):
    """A replay that is online has a video."""


class ReasonNeeded(DomainError):
    """Without captions a replay is public only with the reason (RGAA 4.1, criteria 4.1 to 4.3)."""


@dataclass(slots=True)
class _Work:
    """A replay in the hands of an organiser, and what becomes of it."""

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

    def note(self, name: str, old: Any, new: Any) -> None:
        """For the trail; the same once more is nothing."""
        if old != new:
            self.before[name], self.after[name] = old, new


@contextmanager
def _working(
    session: Session,
    cycle_slug: str,
    webinar_slug: str,
    editor: Editor,
    act: AuditAct = AuditAct.REPLAY_EDITED,
) -> Iterator[_Work]:
    """Lock the webinar; write the trail of what was changed. Raises NotFound, ChangedMeanwhile."""
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    session.refresh(webinar, with_for_update=True)
    replay = session.scalar(sa.select(Replay).where(Replay.webinar_id == webinar.id))
    if editor.seen not in (None, replay.version if replay else 0):
        raise ChangedMeanwhile(webinar_slug)
    if replay is None:
        replay = Replay(webinar_id=webinar.id, version=0, words_stay=False, demonstration=False)
        session.add(replay)
    work = _Work(replay, webinar)
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
    site.touch(session, now=editor.now)
    session.flush()


def set_video(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    url: str | None,
    duration: int | None,
    editor: Editor,
    file: NewFile | None = None,
    keeps_file: bool = False,
) -> None:
    """Say where the video is, or give it, and how many seconds it has.

    A file takes the place of an address and of another file, an address that of a file;
    ``keeps_file``: without either, the file that there is stays. Raises NotFound,
    ChangedMeanwhile, NoVideo, and WrongValue for a duration that ends before a chapter or a caption
    begins.
    """
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        stays = keeps_file and file is None and url is None and work.replay.video_file is not None
        if url is None and file is None and not stays and work.replay.online_at is not None:
            raise NoVideo
        last = max((one.starts_at for one in work.replay.chapters), default=-1)
        if duration is not None and last >= duration:
            raise WrongValue(
                N_("a chapter begins at %(time)s, beyond this end"), time=timecode(last)
            )
        said = max((one.last_second for one in work.replay.captions), default=-1)
        if duration is not None and said >= duration:
            raise WrongValue(
                N_("a caption begins at %(time)s, beyond this end"), time=timecode(said)
            )
        if not stays:
            work.put_file(session, "video_file", file, now=editor.now)
        work.put("video_url", None if file else url)
        work.put("duration", duration)


def set_chapters(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    chapters: tuple[Moment, ...],
    editor: Editor,
) -> None:
    """Put these chapters in the place of the others, as ``read_chapters`` has read them.

    What stood beside those that go is in the trail, by chapter: it goes with them.
    Raises NotFound, ChangedMeanwhile.
    """
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        old = write_chapters(Moment(one.starts_at, one.title) for one in work.replay.chapters)
        new = write_chapters(chapters)
        work.note("chapters", old, new)
        if old != new:
            # Who puts a resource beside one of them locks it: before this, or after.
            session.execute(
                sa.select(Chapter.id)
                .where(Chapter.replay_id == work.replay.id)
                .order_by(Chapter.id)
                .with_for_update()
            ).all()
            beside = {one.id: one for one in mentions_of(session, webinar_id=work.webinar.id)}
            gone = _put_chapters(session, work.replay, chapters)
            lost = {
                write_chapters([Moment(one.starts_at, one.title)]): [
                    resource.slug for resource in one.resources
                ]
                for one in (beside[id_] for id_ in gone if id_ in beside)
            }
            work.note("resources", lost, {})


def _put_chapters(
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


def set_captions(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    language: str,
    cues: tuple[Cue, ...],
    editor: Editor,
) -> None:
    """Give it captions in a language, in the place of those it had, with their transcript.

    Raises NotFound, ChangedMeanwhile.
    """
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        found = next((one for one in work.replay.captions if one.language == language), None)
        written = captions_of(language, cues)
        if found is None:
            work.replay.captions.append(written)
            work.note(f"captions {language}", None, len(cues))
        elif found.vtt != written.vtt:
            work.before |= _told_apart(found)
            work.after |= _told_apart(written)
            found.vtt, found.paragraphs = written.vtt, written.paragraphs


def _told_apart(captions: Captions) -> dict[str, Any]:
    """For the trail: how many there are, and a mark, as others may be as many."""
    name = f"captions {captions.language}"
    mark = hashlib.sha256(captions.vtt.encode()).hexdigest()[:16]
    return {name: captions.vtt.count("-->"), f"{name} sha256": mark}


def captions_of(language: str, cues: tuple[Cue, ...]) -> Captions:
    """What is kept of captions: the file, and the transcript that it makes."""
    return Captions(language=language, vtt=to_webvtt(cues), paragraphs=as_rows(transcript(cues)))


def remove_captions(
    session: Session, *, cycle_slug: str, webinar_slug: str, language: str, editor: Editor
) -> None:
    """Take the captions of a language away. Raises NotFound, ChangedMeanwhile, ReasonNeeded."""
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        for one in [one for one in work.replay.captions if one.language == language]:
            work.note(f"captions {language}", one.vtt.count("-->"), None)
            work.replay.captions.remove(one)
        _demand_reason(work.replay)


def set_details(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    slides_url: str | None,
    expected_by: date | None,
    consent: bool,
    without_captions: str | None,
    editor: Editor,
    slides_file: NewFile | None = None,
    keeps_slides: bool = False,
) -> None:
    """What stands beside the video, and what is promised; no day is the usual promise.

    A file of slides takes the place of their address and of another file, an address that of a
    file; ``keeps_slides``: without either, the file that there is stays.
    Raises NotFound, ChangedMeanwhile, ReasonNeeded, and WrongValue for a day that cannot be
    promised.
    """
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        if expected_by is not None and expected_by != work.replay.expected_by:
            zone = session.get_one(Cycle, work.webinar.cycle_id).zone
            check_promise(expected_by, ends_at=work.webinar.ends_at, zone=zone)
        if not (keeps_slides and slides_file is None and slides_url is None):
            work.put_file(session, "slides_file", slides_file, now=editor.now)
        work.put("slides_url", None if slides_file else slides_url)
        work.put("expected_by", expected_by)
        if consent != (work.replay.consent_at is not None):
            work.put("consent_at", editor.now if consent else None)
        work.put("without_captions", without_captions)
        _demand_reason(work.replay)


def go_online(session: Session, *, cycle_slug: str, webinar_slug: str, editor: Editor) -> None:
    """Make it public; its calendar entry leads to it, and who had a place is told, once ever.

    Raises NotFound, ChangedMeanwhile, NotOver, WebinarCancelled, NoVideo, ReasonNeeded.
    """
    act = AuditAct.REPLAY_ONLINE
    with _working(session, cycle_slug, webinar_slug, editor, act) as work:
        replay, webinar = work.replay, work.webinar
        if replay.online_at is not None:
            return
        if webinar.status is WebinarStatus.CANCELLED:
            raise WebinarCancelled
        if webinar.ends_at > editor.now:
            raise NotOver
        if replay.video_url is None and replay.video_file is None:
            raise NoVideo
        work.put("online_at", editor.now)
        for name in ("withdrawn_at", "withdrawn_why", "revised_at"):
            work.put(name, None)
        work.put("words_stay", value=False)
        _demand_reason(replay)
        mark_changed(webinar, now=editor.now)


def withdraw(
    session: Session,
    *,
    cycle_slug: str,
    webinar_slug: str,
    why: str | None,
    words_stay: bool,
    editor: Editor,
) -> None:
    """Take it off, or say that there will be none; what was prepared is kept.

    The calendar entry changes if it led to the replay. ``words_stay``: transcript and slides
    stay public. Raises NotFound, ChangedMeanwhile.
    """
    act = AuditAct.REPLAY_WITHDRAWN
    with _working(session, cycle_slug, webinar_slug, editor, act) as work:
        was_online = work.replay.online_at is not None
        if work.replay.withdrawn_at is None:
            work.put("withdrawn_at", editor.now)
        work.put("online_at", None)
        work.put("withdrawn_why", why)
        work.put("words_stay", words_stay)
        if was_online:
            mark_changed(work.webinar, now=editor.now)


def expect_again(session: Session, *, cycle_slug: str, webinar_slug: str, editor: Editor) -> None:
    """Promise a replay after all. Raises NotFound, ChangedMeanwhile."""
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        for name in ("withdrawn_at", "withdrawn_why"):
            work.put(name, None)
        work.put("words_stay", value=False)


def _demand_reason(replay: Replay) -> None:
    if replay.online_at is not None and not replay.captions and not replay.without_captions:
        raise ReasonNeeded


def _to_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
