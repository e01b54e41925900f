"""A resource taken out of the library, with all that points to it."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from tests.support import ALICE, APRIL, NOW, load_library, plan_of, published, register
from webinars.db import Database
from webinars.domain import replays, site
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.library_export import export_library
from webinars.domain.library_rows import InUse
from webinars.domain.replays import Video
from webinars.domain.resource_removal import Removal, removal, remove_resource
from webinars.domain.uploads import NewFile, add_file
from webinars.models import (
    AuditEntry,
    Chapter,
    Cycle,
    LinkCheck,
    LinkState,
    Place,
    Question,
    Reading,
    Resource,
    ResourceOpenings,
    Upload,
    chapter_resources,
    question_resources,
    resource_themes,
)

AFTER = datetime.fromisoformat("2019-05-01T09:00:00+00:00")
ANNE = "anne@example.org"
GUIDE = "guide-construire-ensemble"
PART = "fiche-contexte-interet-general-un-concept-en-mutation"


@pytest.fixture
def used(library: Database) -> Database:
    """A chapter, a question, a part, a document, a count and a look point to the guide."""
    with library.write() as session:
        published(session, plan_of(APRIL))
        register(session, ALICE, webinar=APRIL.slug, question="Par où commencer ?")
        video = Video(url="https://video.example.org/1", duration=60, chapters=[(0, "Ouverture")])
        replays.put_online(
            session, cycle_slug="2019", webinar_slug=APRIL.slug, video=video, now=AFTER
        )
        guide = session.scalars(sa.select(Resource).where(Resource.slug == GUIDE)).one()
        part = session.scalars(sa.select(Resource).where(Resource.slug == PART)).one()
        part.part_of = GUIDE
        file = NewFile("k" * 22, "guide.pdf", "application/pdf", 9, "0" * 64)
        guide.document = add_file(session, file=file, now=NOW)
        here = {"resource_id": guide.id}
        chapter = session.scalars(sa.select(Chapter.id)).one()
        question = session.scalars(sa.select(Question.id)).one()
        session.execute(sa.insert(chapter_resources).values(chapter_id=chapter, **here))
        session.execute(sa.insert(question_resources).values(question_id=question, **here))
        session.add(ResourceOpenings(day=AFTER.date(), place=Place.RESOURCE, openings=3, **here))
        session.add(
            LinkCheck(url="https://example.org", state=LinkState.ANSWERS, checked_at=NOW, **here)
        )
    return library


def look(database: Database, slug: str = GUIDE) -> Removal:
    with database.read() as session:
        return removal(session, slug=slug)


def remove(database: Database, slug: str = GUIDE, seen: str | None = None) -> None:
    seen = look(database, slug).mark if seen is None else seen
    with database.write() as session:
        remove_resource(session, slug=slug, seen=seen, actor=ANNE, now=AFTER)


def numbers(database: Database) -> list[int]:
    """Of the rows that lead to the guide, or that are it."""
    with database.read() as session:
        guide = sa.select(Resource.id).where(Resource.slug == GUIDE).scalar_subquery()
        tables = (chapter_resources, question_resources, resource_themes)
        return [
            *(
                session.scalar(sa.select(sa.func.count()).where(t.c.resource_id == guide)) or 0
                for t in tables
            ),
            *(
                session.scalar(sa.select(sa.func.count()).select_from(row)) or 0
                for row in (ResourceOpenings, LinkCheck, Upload, AuditEntry)
            ),
            site.version(session),
        ]


def test_what_points_to_it_is_named(used: Database) -> None:
    found = look(used)
    assert [(one.webinar, one.words) for one in found.chapters] == [(APRIL.title, "Ouverture")]
    assert [one.words for one in found.questions] == ["Par où commencer ?"]
    assert len(found.parts) == 1
    assert (found.readings, found.document) == ((), "guide.pdf")


def test_it_goes_with_its_links_in_one_act(used: Database) -> None:
    found, before = look(used), numbers(used)
    remove(used)
    assert numbers(used) == [0, 0, 0, 0, 0, 0, before[-2] + 1, before[-1] + 1]
    with pytest.raises(NotFound):
        look(used)
    with used.read() as session:
        assert session.scalars(sa.select(Chapter.title)).one() == "Ouverture"
        assert session.scalars(sa.select(Question.text)).one() == "Par où commencer ?"
        part = session.scalars(sa.select(Resource.part_of).where(Resource.slug == PART)).one()
        assert part is None
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.act.value, entry.subject, entry.after) == ("resource_removed", GUIDE, {})
        assert entry.before["title"] == found.title
        assert entry.before["questions"] == [one.id for one in found.questions]
        files = export_library(session)
    assert f'"{GUIDE}"' not in files["resources.toml"]


def test_a_reading_of_a_webinar_keeps_it(used: Database) -> None:
    with used.write() as session:
        cycle = session.scalars(sa.select(Cycle.id)).one()
        guide = session.scalars(sa.select(Resource.id).where(Resource.slug == GUIDE)).one()
        session.add(
            Reading(
                cycle_id=cycle,
                webinar_slug=APRIL.slug,
                position=1,
                label="Le guide",
                resource_id=guide,
            )
        )
    before = numbers(used)
    assert [(one.webinar, one.words) for one in look(used).readings] == [(APRIL.title, "Le guide")]
    with pytest.raises(InUse):
        remove(used)
    assert numbers(used) == before


def test_what_has_come_since_is_looked_at_first(used: Database) -> None:
    seen = look(used).mark
    with used.write() as session:
        session.execute(sa.delete(question_resources))
    before = numbers(used)
    with pytest.raises(ChangedMeanwhile):
        remove(used, seen=seen)
    assert numbers(used) == before


def test_what_nothing_points_to_goes_and_comes_back_from_its_file(library: Database) -> None:
    found = look(library)
    assert (found.readings, found.chapters, found.questions, found.parts) == ((), (), (), ())
    remove(library)
    with library.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    assert look(library).title == found.title
    with library.read() as session:
        last = session.scalars(sa.select(Resource.slug).order_by(Resource.position.desc())).first()
        positions = session.scalars(sa.select(Resource.position)).all()
    assert (last, len(set(positions))) == (GUIDE, len(positions))
