"""Replays as the files of the library say them: held to the rules of the desk, then written.

A table says the whole of one replay: what it leaves out is taken away. One thing is this site's
own: of a replay that stays online, ``revised_at`` is when it changed here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from webinars.domain.chapter_lines import Moment, checked_chapters, write_chapters
from webinars.domain.editing import Editor
from webinars.domain.errors import WrongValue
from webinars.domain.library_beside import (
    Beside,
    NamedCaptions,
    NamedUpload,
    captions_of,
    uploads_of,
)
from webinars.domain.library_files import ReplayTable
from webinars.domain.library_reading import Placed, ReadFile, check_once, placed
from webinars.domain.mentions import mentions_of
from webinars.domain.publication import mark_changed
from webinars.domain.replay_life import check_promise, own_promise
from webinars.domain.replay_work import (
    ReasonNeeded,
    Work,
    demand_reason,
    work_on,
)
from webinars.domain.video_sources import read_kept
from webinars.models import (
    AuditAct,
    Captions,
    Chapter,
    Replay,
    Resource,
    Webinar,
    chapter_resources,
)

EITHER = {"video": "video_file", "slides": "slides_file"}
"""An address, or a file in its place."""
NAMES = {"video_name": "video_file", "slides_name": "slides_file"}
INSTANTS = ("consent_at", "online_at", "revised_at", "withdrawn_at")
FIELDS = (
    "recorded_on",
    "expected_by",
    "consent_at",
    "without_captions",
    "demonstration",
)
"""What a table says of a replay just as it is kept."""


@dataclass(slots=True)
class Target:
    """A published webinar that files speak of, and its replay, if it has one."""

    webinar: Webinar
    zone: str
    replay: Replay | None = None


def with_replays(session: Session, targets: Iterable[Target]) -> None:
    """Give each of these webinars, which are locked, its replay, with its chapters locked."""
    by_id = {target.webinar.id: target for target in targets}
    if not by_id:
        return
    # Who puts a resource beside one of them holds it.
    session.execute(
        sa.select(Chapter.id)
        .join(Replay, Replay.id == Chapter.replay_id)
        .where(Replay.webinar_id.in_(by_id))
        .order_by(Chapter.id)
        .with_for_update(of=Chapter)
    ).all()
    for replay in session.scalars(
        sa.select(Replay)
        .where(Replay.webinar_id.in_(by_id))
        .options(
            selectinload(Replay.chapters),
            selectinload(Replay.captions).undefer(Captions.vtt),
        )
        .execution_options(populate_existing=True)
    ):
        by_id[replay.webinar_id].replay = replay


def check_replays(
    read: Sequence[ReadFile],
    targets: Mapping[str, Target],
    *,
    resources: set[str],
    beside: Beside,
    editor: Editor,
) -> None:
    """Note what is wrong with each table, at its key. Instants are not later than the act."""
    check_once(read, ReplayTable, "webinar", lambda table: table.webinar)
    for one in placed(read, ReplayTable):
        target = targets.get(one.table.webinar)
        if target is None:
            one.wrong("webinar", no_webinar(one.table.webinar))
        else:
            _check_video(one, target)
            _check_stage(one, target, editor)
        _check_files(one, beside)
        _check_chapters(one, resources)


def no_webinar(name: str) -> str:
    """What is said where a table speaks of no published webinar."""
    return f'there is no published webinar "{name}": import its cycle and publish it first'


def _check_video(one: Placed[ReplayTable], target: Target) -> None:
    try:
        _video_url(one.table, target)
    except WrongValue as error:
        one.wrong("video", str(error))
    day = one.table.expected_by
    if day is not None and day != (target.replay and target.replay.expected_by):
        try:
            check_promise(day, ends_at=target.webinar.ends_at, zone=target.zone)
        except WrongValue as error:
            one.wrong("expected_by", str(error))


def _video_url(table: ReplayTable, target: Target) -> str | None:
    """What is kept of the address; one that stays is not read again. Raises WrongValue."""
    there = target.replay.video_url if target.replay else None
    return table.video if table.video in (None, there) else read_kept(table.video or "")


def _check_stage(one: Placed[ReplayTable], target: Target, editor: Editor) -> None:
    table = one.table
    for name in INSTANTS:
        at = getattr(table, name)
        if at is not None and at > editor.now:
            one.wrong(name, "this instant lies in the future")
    if table.withdrawn_at is None:
        for name in ("withdrawn_why", "words_stay"):
            if getattr(table, name):
                one.wrong(name, "it goes with withdrawn_at, which is not there")
    if table.online_at is not None:
        _check_online(one, target, table.online_at, editor)


def _check_online(one: Placed[ReplayTable], target: Target, at: datetime, editor: Editor) -> None:
    """What rows may hold is taken: of a webinar cancelled since, or whose date was corrected.

    So is an instant before the start. A date that is corrected within the past leaves its replay
    online (``take_aside``), and what an export says of it must come back.
    """
    table = one.table
    if at != (target.replay and target.replay.online_at) and target.webinar.ends_at > editor.now:
        one.wrong("online_at", "the webinar is not over: its replay cannot be online")
    if table.withdrawn_at is not None:
        one.wrong("withdrawn_at", "a replay that is online is not withdrawn: leave one of them out")
    if table.video is None and table.video_file is None:
        one.wrong("online_at", "a replay that is online has its video: give video or video_file")
    if _was_without_reason(target, at) and not table.captions and not table.without_captions:
        return
    try:
        demand_reason(captions=bool(table.captions), reason=table.without_captions)
    except ReasonNeeded:
        one.wrong(
            "online_at", "without captions it is online only with the reason, as without_captions"
        )


def _was_without_reason(target: Target, at: datetime) -> bool:
    """It went online before captions or the reason were asked for: so it may stay, here."""
    there = target.replay
    return (
        there is not None
        and there.online_at == at
        and not there.captions
        and not there.without_captions
    )


def _check_files(one: Placed[ReplayTable], beside: Beside) -> None:
    table = one.table
    for address, file in EITHER.items():
        if getattr(table, address) and getattr(table, file):
            one.wrong(address, f"give {address} or {file}, not both")
    for name, file in NAMES.items():
        if getattr(table, name) and not getattr(table, file):
            one.wrong(name, f"it is the name of {file}, which is not there")
    every: list[NamedUpload | NamedCaptions] = [*uploads_of(one).values(), *captions_of(one)]
    for named in every:
        problem = beside.problem(named)
        if problem is not None:
            one.file.wrong(named.spot[1], problem)
    languages = [captions.language for captions in table.captions]
    for number, language in enumerate(languages):
        if language in languages[:number]:
            one.wrong(("captions", number, "language"), f'"{language}" is there more than once')


def _check_chapters(one: Placed[ReplayTable], resources: set[str]) -> None:
    places = [(*one.place, "chapters", number) for number in range(len(one.table.chapters))]
    try:
        _chapters(one)
    except WrongValue as error:
        one.file.wrong_line([(*place, "at") for place in places], error)
    for place, chapter in zip(places, one.table.chapters, strict=True):
        for slug in chapter.resources:
            if slug not in resources:
                one.file.wrong((*place, "resources"), f'there is no resource "{slug}"')


def _chapters(one: Placed[ReplayTable]) -> tuple[Moment, ...]:
    """Raises WrongValue, whose line is that of the file."""
    return checked_chapters(
        [
            (
                one.file.line((*one.place, "chapters", number, "at")),
                chapter.second,
                chapter.title,
            )
            for number, chapter in enumerate(one.table.chapters)
        ],
        duration=one.table.seconds,
    )


def write_replays(
    session: Session,
    read: Sequence[ReadFile],
    targets: Mapping[str, Target],
    *,
    resources: Mapping[str, Resource],
    beside: Beside,
    editor: Editor,
) -> bool:
    """Make each replay what its table says, as ``check_replays`` let it; whether anything is new.

    What changes is in the trail as the acts that it is. Raises ChangedMeanwhile.
    """
    changed = False
    for one in placed(read, ReplayTable):
        target = targets[one.table.webinar]
        is_online = target.replay is not None and target.replay.online_at is not None
        # What goes off goes first, what goes online last: what is not public is no revision.
        goes_off = is_online and one.table.online_at is None
        steps = ("stage", "content") if goes_off else ("content", "stage")
        for step in steps:
            act = _act_of(one.table, target.replay) if step == "stage" else AuditAct.REPLAY_EDITED
            with work_on(
                session, webinar=target.webinar, replay=target.replay, editor=editor, act=act
            ) as work:
                if step == "stage":
                    _put_stage(work, one.table, editor)
                else:
                    _put_content(session, work, one, target, resources, beside, editor)
            if work.after:
                target.replay = work.replay
                changed = True
    return changed


def _act_of(table: ReplayTable, replay: Replay | None) -> AuditAct:
    if table.online_at is not None and (replay is None or replay.online_at is None):
        return AuditAct.REPLAY_ONLINE
    if table.withdrawn_at is not None and (replay is None or replay.withdrawn_at is None):
        return AuditAct.REPLAY_WITHDRAWN
    return AuditAct.REPLAY_EDITED


def _put_stage(work: Work, table: ReplayTable, editor: Editor) -> None:
    was_online, is_online = work.replay.online_at is not None, table.online_at is not None
    for name in ("online_at", "withdrawn_at", "withdrawn_why", "words_stay"):
        work.put(name, getattr(table, name))
    if not (was_online and is_online):
        work.put("revised_at", table.revised_at)
    if is_online and not was_online:
        work.note_consent()
    if was_online != is_online:  # its calendar entry leads to it, or no longer
        mark_changed(work.webinar, now=editor.now)


def _put_content(
    session: Session,
    work: Work,
    one: Placed[ReplayTable],
    target: Target,
    resources: Mapping[str, Resource],
    beside: Beside,
    editor: Editor,
) -> None:
    table = one.table
    uploads = uploads_of(one)
    work.put("video_url", _video_url(table, target))
    work.put("slides_url", table.slides)
    work.put("duration", table.seconds)
    for column in EITHER.values():
        named = uploads.get(column)
        file = beside.new(named, getattr(work.replay, column))
        if named is None or file is not None:
            work.put_file(session, column, file, now=editor.now)
    for name in FIELDS:
        value = getattr(table, name)
        if name != "expected_by" or not _promises_nothing(target, value):
            work.put(name, value)
    _put_captions(work, one, beside)
    if table.chapters or work.replay.chapters:
        before = _beside_chapters(session, work)
        work.put_chapters(session, _chapters(one))
        _put_resources(session, work, table, resources)
        work.note("resources", before, _beside_chapters(session, work))


def _promises_nothing(target: Target, day: date | None) -> bool:
    """Neither the table nor the day that there is, which no file says: it stays."""
    there = target.replay.expected_by if target.replay else None
    return day is None and own_promise(target.webinar.ends_at, target.zone, there) is None


def _put_captions(work: Work, one: Placed[ReplayTable], beside: Beside) -> None:
    said = {
        captions.language: beside.cues[named.spot]
        for captions, named in zip(one.table.captions, captions_of(one), strict=True)
    }
    for language in [row.language for row in work.replay.captions if row.language not in said]:
        work.drop_captions(language)
    for language, cues in said.items():
        work.put_captions(language, cues)


def _beside_chapters(session: Session, work: Work) -> dict[str, list[str]]:
    """What stands beside each chapter, for the trail."""
    return {
        write_chapters([Moment(one.starts_at, one.title)]): [row.slug for row in one.resources]
        for one in mentions_of(session, webinar_id=work.webinar.id)
    }


def _put_resources(
    session: Session, work: Work, table: ReplayTable, resources: Mapping[str, Resource]
) -> None:
    rows = {row.starts_at: row.id for row in work.replay.chapters}
    of_these = chapter_resources.c.chapter_id.in_(rows.values())
    there = {tuple(row) for row in session.execute(sa.select(chapter_resources).where(of_these))}
    wanted = {
        (rows[chapter.second], resources[slug].id)
        for chapter in table.chapters
        for slug in chapter.resources
    }
    if wanted == there:
        return
    session.execute(sa.delete(chapter_resources).where(of_these))
    if wanted:
        values = [{"chapter_id": one, "resource_id": other} for one, other in sorted(wanted)]
        session.execute(sa.insert(chapter_resources), values)
