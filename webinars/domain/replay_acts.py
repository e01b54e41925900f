"""What organisers do to a replay: prepare it, put it online, revise it, withdraw it.

Each act sees the version that the organiser saw, writes one row of the audit trail, and lets go
of the built pages. A replay is prepared out of sight; once it is online, an act shows at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain import site
from webinars.domain.chapter_lines import Moment
from webinars.domain.editing import Editor
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.publication import mark_changed
from webinars.domain.replay_life import check_promise
from webinars.domain.replay_work import (
    NoVideo,
    Work,
    demand_end,
    demand_over,
    demand_reason,
    work_on,
)
from webinars.domain.timed_text import Cue
from webinars.domain.uploads import NewFile
from webinars.domain.webinar_page import find_webinar
from webinars.models import AuditAct, Cycle, Replay


@contextmanager
def _working(
    session: Session,
    cycle_slug: str,
    webinar_slug: str,
    editor: Editor,
    act: AuditAct = AuditAct.REPLAY_EDITED,
) -> Iterator[Work]:
    """Lock the webinar; write the trail of what was changed. Raises NotFound, ChangedMeanwhile."""
    webinar = find_webinar(session, cycle_slug=cycle_slug, webinar_slug=webinar_slug)
    session.refresh(webinar, with_for_update=True)
    replay = session.scalar(sa.select(Replay).where(Replay.webinar_id == webinar.id))
    if editor.seen not in (None, replay.version if replay else 0):
        raise ChangedMeanwhile(webinar_slug)
    with work_on(session, webinar=webinar, replay=replay, editor=editor, act=act) as work:
        yield work
    if work.after:
        site.touch(session, now=editor.now)


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
        demand_end(
            duration,
            chapter=max((one.starts_at for one in work.replay.chapters), default=-1),
            caption=max((one.last_second for one in work.replay.captions), default=-1),
        )
        if not stays:
            work.put_file(session, "video_file", file, now=editor.now)
        work.put("video_url", None if file else url)
        if {"video_url", "video_file"} & work.after.keys():
            work.put("demonstration", value=False)
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
        work.put_chapters(session, chapters)


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
        work.put_captions(language, cues)


def remove_captions(
    session: Session, *, cycle_slug: str, webinar_slug: str, language: str, editor: Editor
) -> None:
    """Take the captions of a language away. Raises NotFound, ChangedMeanwhile, ReasonNeeded."""
    with _working(session, cycle_slug, webinar_slug, editor) as work:
        work.drop_captions(language)
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

    Without the speakers' consent it goes online all the same, and the trail says so.
    Raises NotFound, ChangedMeanwhile, NotOver, WebinarCancelled, NoVideo, ReasonNeeded.
    """
    act = AuditAct.REPLAY_ONLINE
    with _working(session, cycle_slug, webinar_slug, editor, act) as work:
        replay, webinar = work.replay, work.webinar
        if replay.online_at is not None:
            return
        demand_over(webinar, at=editor.now)
        if replay.video_url is None and replay.video_file is None:
            raise NoVideo
        work.put("online_at", editor.now)
        for name in ("withdrawn_at", "withdrawn_why", "revised_at"):
            work.put(name, None)
        work.put("words_stay", value=False)
        _demand_reason(replay)
        work.note_consent()
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
    if replay.online_at is not None:
        demand_reason(captions=bool(replay.captions), reason=replay.without_captions)
