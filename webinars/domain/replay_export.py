"""Replays and published questions as files of the library, and what lies beside these.

A name in the exported folder is made of slugs, so it is readable, nobody else's, and the same at
each export; the name under which people save a file stands in a key of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from webinars.clock import to_local
from webinars.domain.library_files import CaptionsTable, ChapterTable, QuestionTable, ReplayTable
from webinars.domain.replay_import import FIELDS
from webinars.domain.replay_life import own_promise
from webinars.i18n import timecode
from webinars.models import (
    Captions,
    Chapter,
    Cycle,
    DraftSession,
    Question,
    Replay,
    Resource,
    Upload,
    Webinar,
    chapter_resources,
    question_resources,
)

AT_ONCE = 20
"""Captions that are in memory together."""
STAGE = ("online_at", "revised_at", "withdrawn_at", "withdrawn_why", "words_stay")
VIDEO, SLIDES = aliased(Upload), aliased(Upload)
DRAFTED = (
    sa.exists()
    .where(DraftSession.cycle_id == Webinar.cycle_id, DraftSession.slug == Webinar.slug)
    .correlate(Webinar)
)
"""A public webinar that the file of its cycle has; what is said of others nobody could read."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An uploaded file, and where in the exported folder it belongs."""

    path: str
    key: str
    """Its name in the folder of uploads."""
    name: str
    """As people save it."""
    size: int
    """Bytes."""
    sha256: str


def document_path(slug: str, name: str) -> str:
    """Where the document of a resource is exported to."""
    return f"documents/{slug}.{_ending(name)}"


def _of_webinar(folder: str, cycle: str, slug: str, ending: str) -> str:
    return f"{folder}/{cycle}/{slug}.{ending}"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def slugs_by(session: Session, select: sa.Select[int, str]) -> dict[int, list[str]]:
    """The slugs that belong to each id, in the order of the query."""
    found: dict[int, list[str]] = {}
    for number, slug in session.execute(select):
        found.setdefault(number, []).append(slug)
    return found


def replay_tables(session: Session) -> list[ReplayTable]:
    """Every replay of which there is something to say, by cycle and date. Four queries."""
    chapters = _chapters(session)
    languages = slugs_by(
        session, sa.select(Captions.replay_id, Captions.language).order_by(Captions.language)
    )
    rows = session.execute(
        sa.select(
            Replay, Webinar.slug, Webinar.ends_at, Cycle.slug, Cycle.zone, VIDEO.name, SLIDES.name
        )
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(VIDEO, VIDEO.id == Replay.video_file_id)
        .outerjoin(SLIDES, SLIDES.id == Replay.slides_file_id)
        .where(DRAFTED)
        .order_by(Cycle.year, Cycle.slug, Webinar.starts_at, Webinar.slug)
    )
    tables = [
        ReplayTable.model_construct(
            webinar=f"{cycle}/{slug}",
            video=row.video_url,
            video_file=_of_webinar("videos", cycle, slug, _ending(video)) if video else None,
            video_name=video,
            duration=timecode(row.duration) if row.duration else None,
            slides=row.slides_url,
            slides_file=_of_webinar("slides", cycle, slug, _ending(slides)) if slides else None,
            slides_name=slides,
            chapters=chapters.get(row.id, []),
            captions=[
                CaptionsTable.model_construct(
                    language=language,
                    file=_of_webinar("captions", cycle, slug, f"{language}.vtt"),
                )
                for language in languages.get(row.id, ())
            ],
            **{name: getattr(row, name) for name in (*FIELDS, *STAGE)}
            | {"expected_by": own_promise(ends_at, zone, row.expected_by)},
        )
        for row, slug, ends_at, cycle, zone, video, slides in rows
    ]
    empty = ReplayTable(webinar="a/b")
    return [one for one in tables if one.model_copy(update={"webinar": "a/b"}) != empty]


def _chapters(session: Session) -> dict[int, list[ChapterTable]]:
    resources = slugs_by(
        session,
        sa.select(chapter_resources.c.chapter_id, Resource.slug)
        .join(Resource, Resource.id == chapter_resources.c.resource_id)
        .order_by(Resource.position, Resource.id),
    )
    found: dict[int, list[ChapterTable]] = {}
    for row in session.scalars(sa.select(Chapter).order_by(Chapter.starts_at)):
        table = ChapterTable.model_construct(
            at=timecode(row.starts_at), title=row.title, resources=resources.get(row.id, [])
        )
        found.setdefault(row.replay_id, []).append(table)
    return found


def question_tables(session: Session) -> list[QuestionTable]:
    """Every published question, as it is read, of nobody; in the order of its page. Two queries."""
    resources = slugs_by(
        session,
        sa.select(question_resources.c.question_id, Resource.slug)
        .join(Resource, Resource.id == question_resources.c.resource_id)
        .order_by(Resource.position, Resource.id),
    )
    rows = session.execute(
        sa.select(Question, Cycle.slug, Cycle.zone, Webinar.slug)
        .join(Webinar, Webinar.id == Question.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(Question.published_at.is_not(None), DRAFTED)
        .order_by(
            Cycle.year, Cycle.slug, Webinar.starts_at, Webinar.slug, Question.asked_at, Question.id
        )
    )
    return [
        QuestionTable.model_construct(
            webinar=f"{cycle}/{slug}",
            text=row.published_text or "",
            answer=row.answer,
            asked_on=to_local(row.asked_at, zone).date(),
            answered_at=row.answered_at,
            published_at=row.published_at,
            resources=resources.get(row.id, []),
        )
        for row, cycle, zone, slug in rows
    ]


def kept_files(session: Session) -> list[KeptFile]:
    """Every uploaded file that the exported files name, by its path. Two queries."""
    found = [
        _kept(document_path(slug, upload.name), upload)
        for slug, upload in session.execute(
            sa.select(Resource.slug, Upload).join(Upload, Upload.id == Resource.document_id)
        )
    ]
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, VIDEO, SLIDES)
        .select_from(Replay)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .outerjoin(VIDEO, VIDEO.id == Replay.video_file_id)
        .outerjoin(SLIDES, SLIDES.id == Replay.slides_file_id)
        .where(DRAFTED)
    )
    for cycle, slug, video, slides in rows:
        uploads: dict[str, Upload | None] = {"videos": video, "slides": slides}
        found += [
            _kept(_of_webinar(folder, cycle, slug, _ending(upload.name)), upload)
            for folder, upload in uploads.items()
            if upload is not None
        ]
    return sorted(found, key=lambda one: one.path)


def _kept(path: str, upload: Upload) -> KeptFile:
    return KeptFile(path, upload.key, upload.name, upload.size, upload.sha256)


def kept_captions(session: Session) -> Iterator[tuple[str, str]]:
    """The path and the WebVTT of all captions, a few at a time in memory. One query."""
    rows = session.execute(
        sa.select(Cycle.slug, Webinar.slug, Captions.language, Captions.vtt)
        .join(Replay, Replay.id == Captions.replay_id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
        .where(DRAFTED)
        .order_by(Captions.id),
        execution_options={"yield_per": AT_ONCE},
    )
    for cycle, slug, language, vtt in rows:
        yield _of_webinar("captions", cycle, slug, f"{language}.vtt"), vtt
