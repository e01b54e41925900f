"""A library of which everything is said that can be said, with its files, for the tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import files
from tests.support import ALICE, APRIL, BOB, MARCH, MAY, NOW, plan_of, published, register
from webinars.db import Database
from webinars.domain import replay_acts
from webinars.domain.chapter_lines import Moment
from webinars.domain.editing import Editor
from webinars.domain.file_kinds import DOCUMENTS, VIDEOS
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile
from webinars.domain.mentions import link_resource
from webinars.domain.plan import Plan
from webinars.domain.question_joins import join_resource
from webinars.domain.questions import answer, publish_question
from webinars.domain.resource_edit import edit_resource, edited_resource
from webinars.domain.timed_text import Cue, Spoken
from webinars.domain.uploads import NewFile, look_at
from webinars.models import Chapter, Question
from webinars.uploads import UploadsFolder

LATER = datetime(2019, 7, 1, 9, 30, 15, 123456, tzinfo=UTC)
JUNE = replace(MAY, slug="promis", title="Promis à l’été", date=date(2019, 6, 20))
JULY = replace(MAY, slug="rien", title="Rien à revoir", date=date(2019, 6, 27))
PLANS = (
    plan_of(MARCH, APRIL, MAY, JUNE, JULY),
    plan_of(MARCH, slug="rencontres", title="Rencontres"),
)
TABLES = """\
[[themes]]
slug = "t"
title = "L’été à Nîmes"
""" + "".join(
    f'[[resources]]\nslug = "r{n}"\ntitle = "Guide n° {n} : « l’œuvre »"\nkind = "guide"\n'
    f"{'themes = [' + chr(34) + 't' + chr(34) + ']' if n % 2 else ''}\n"
    for n in range(4)
)
CUES = (
    Cue(0, 4000, (Spoken("Camille", "Bonjour."),)),
    Cue(4000, 9000, (Spoken("Camille", "On commence & « on y va »."),)),
)
DOCUMENT, SLIDES, VIDEO = files.pdf("Guide de l’élu"), files.pdf("Diaporama"), files.mp4(5000)


def brought(folder: UploadsFolder, content: bytes, name: str) -> NewFile:
    """A file as a form brings it."""
    part = folder.begin(announced=len(content))
    part.write(content)
    part.finish()
    with part.reading() as file:
        found = look_at(
            file,
            key=part.key,
            sent_as=name,
            size=part.size,
            sha256=part.sha256,
            among=(*VIDEOS, *DOCUMENTS),
        )
    part.place()
    part.keep()
    return found


def publish_all(database: Database, plans: tuple[Plan, ...] = PLANS) -> None:
    """The cycles, without a library."""
    with database.write() as session:
        for plan in plans:
            published(session, plan)


def fill(database: Database, uploads: Path) -> None:
    """Everything."""
    folder = UploadsFolder(uploads)
    publish_all(database)
    with database.write() as session:
        import_library(session, files=[SourceFile("t", TABLES)], now=NOW)
        for slug, name in (("r1", "Guide de l’élu (2019).pdf"), ("r2", "r2.pdf")):
            found = edited_resource(session, slug=slug)
            edit_resource(
                session,
                slug=slug,
                fields=found.fields,
                seen=found.mark,
                actor="o",
                now=NOW,
                document=brought(folder, DOCUMENT, name),
            )
        _march(session, folder)
        _others(session)
        _questions(session)


def _act(session: Session, name: str, slug: str, cycle: str = "2019", **values: Any) -> None:
    by = Editor("olivia@example.org", LATER)
    getattr(replay_acts, name)(session, cycle_slug=cycle, webinar_slug=slug, editor=by, **values)


def _details(session: Session, slug: str, cycle: str = "2019", **values: Any) -> None:
    usual = {"slides_url": None, "expected_by": None, "consent": False, "without_captions": None}
    _act(session, "set_details", slug, cycle, **usual | values)


def _march(session: Session, folder: UploadsFolder) -> None:
    slug = MARCH.slug
    video = brought(folder, VIDEO, "Réunion de mars.MP4")
    _act(session, "set_video", slug, url=None, duration=5310, file=video)
    chapters = (Moment(0, "Ouverture"), Moment(75, "L’été : à Nîmes"), Moment(3723, "Œuvrer"))
    _act(session, "set_chapters", slug, chapters=chapters)
    for language in ("fr", "en"):
        _act(session, "set_captions", slug, language=language, cues=CUES)
    slides = brought(folder, SLIDES, "Diaporama.pdf")
    _details(session, slug, slides_file=slides, consent=True, expected_by=date(2019, 3, 29))
    _act(session, "go_online", slug)
    rows = session.scalars(sa.select(Chapter).order_by(Chapter.starts_at)).all()
    for chapter, resources in zip(rows, ((), ("r2",), ("r3", "r0", "r1")), strict=True):
        for resource in resources:
            link_resource(
                session,
                cycle_slug="2019",
                webinar_slug=slug,
                chapter_id=chapter.id,
                resource_slug=resource,
                actor="o",
                now=LATER,
            )


def _others(session: Session) -> None:
    """A linked video without captions; one withdrawn whose words stay; a promise."""
    url = "https://www.youtube.com/watch?v=abcdefghijk"
    _act(session, "set_video", APRIL.slug, url=url, duration=None)
    _details(
        session,
        APRIL.slug,
        slides_url="https://example.org/d.pdf",
        without_captions="Elles viennent, à l’automne.",
    )
    _act(session, "go_online", APRIL.slug)
    _details(session, APRIL.slug, without_captions="Elles viennent.")  # revised
    _act(session, "set_captions", MAY.slug, language="fr", cues=CUES)
    _act(session, "withdraw", MAY.slug, why="À la demande d’une oratrice.", words_stay=True)
    _details(session, JUNE.slug, expected_by=date(2019, 9, 1))
    _act(session, "set_chapters", MARCH.slug, "rencontres", chapters=(Moment(5, "Un"),))


def _questions(session: Session) -> None:
    """Two in the same words, one with three resources, one answered aloud, one unpublished."""
    for who, text in ((ALICE, "Qui finance ?"), (BOB, "Et qui finance donc ?")):
        register(session, who, question=text)
        register(session, who, webinar=APRIL.slug, question=f"{text} (avril)")
    register(session, ALICE, webinar=JUNE.slug, question="Un secret d’Alice")
    where = {"cycle_slug": "2019"}
    for number, row in enumerate(session.scalars(sa.select(Question).order_by(Question.id)).all()):
        if "secret" in row.text:
            continue
        slug = MARCH.slug if "avril" not in row.text else APRIL.slug
        its: dict[str, Any] = {
            **where,
            "webinar_slug": slug,
            "question_id": row.id,
            "actor": "o",
            "now": LATER + timedelta(minutes=number),
        }
        answer(session, answer="La région.\n\nEt l’État." if number else None, answered=True, **its)
        publish_question(session, published_text="Qui finance ?", **its)
        for resource in ("r3", "r1", "r0")[: 3 * (number == 1) + (number == 2)]:
            join_resource(session, resource=resource, **its)
