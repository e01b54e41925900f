"""Adding and editing a resource by hand."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support import NOW
from webinars.db import Database
from webinars.domain import site
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.library_export import export_library
from webinars.domain.resource_edit import (
    EditedResource,
    NoSuchTheme,
    NoSuchWhole,
    PartOfItself,
    ResourceFields,
    add_resource,
    edit_resource,
    edited_resource,
)
from webinars.models import AuditAct, AuditEntry, EntryPoint, Resource, Step

ANNE = "anne@example.org"
LATER = NOW + timedelta(hours=1)
ALLIANCES = "apprendre-a-faire-alliances"
GUIDE = "guide-construire-ensemble"
FULL = ResourceFields(
    title="L’été à Nîmes",
    kind="guide",
    publishers=["P", "Q"],
    audience=["associations"],
    year=2020,
    step=Step.ADOPT,
    entry_point=EntryPoint.TOOLBOX,
    url="https://example.org/x",
    other_titles=["L’été", "Nîmes"],
    authors=["A"],
    partners=["R", "S"],
    month=7,
    edition="mise à jour 2020",
    part_of=GUIDE,
    themes=["qualifier-l-innovation", ALLIANCES],
)


def add(database: Database, fields: ResourceFields = FULL) -> str:
    with database.write() as session:
        return add_resource(session, fields=fields, actor=ANNE, now=LATER)


def look(database: Database, slug: str) -> EditedResource:
    with database.read() as session:
        return edited_resource(session, slug=slug)


def edit(database: Database, slug: str, fields: ResourceFields, seen: str | None = None) -> bool:
    seen = look(database, slug).mark if seen is None else seen
    with database.write() as session:
        return edit_resource(session, slug=slug, fields=fields, seen=seen, actor=ANNE, now=LATER)


def state(database: Database) -> tuple[int, int]:
    with database.read() as session:
        number = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        return site.version(session), number or 0


def latest(database: Database) -> AuditEntry:
    with database.read() as session:
        return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()  # type: ignore[return-value]


def test_a_resource_is_added_at_the_end_with_an_address_of_its_title(library: Database) -> None:
    version, _ = state(library)
    slug = add(library)
    assert slug == "l-ete-a-nimes"
    themes = [ALLIANCES, "qualifier-l-innovation"]
    found = look(library, slug).fields
    assert replace(found, themes=sorted(found.themes)) == replace(FULL, themes=themes)
    with library.read() as session:
        last = session.scalars(sa.select(Resource.slug).order_by(Resource.position.desc())).first()
    assert last == slug
    assert state(library)[0] == version + 1
    entry = latest(library)
    assert (entry.actor, entry.act.value, entry.subject) == (ANNE, "resource_added", slug)
    assert (entry.before, entry.after["title"]) == ({}, FULL.title)


def test_two_of_one_title_have_two_addresses(library: Database) -> None:
    assert [add(library) for _ in range(3)] == [
        "l-ete-a-nimes",
        "l-ete-a-nimes-2",
        "l-ete-a-nimes-3",
    ]


def test_two_who_add_one_title_at_once_have_two_addresses(library: Database) -> None:
    """The second has looked for its address before the first one's is seen by others."""
    waiting, slugs = threading.Event(), list[str]()

    def second() -> None:
        waiting.set()
        slugs.append(add(library))

    thread = threading.Thread(target=second)
    with library.writing_session() as session, session.begin():
        first = add_resource(session, fields=FULL, actor=ANNE, now=LATER)
        thread.start()
        waiting.wait()
        thread.join(0.5)  # it waits in the database for what becomes of the first
        assert slugs == []
    thread.join()
    assert [first, *slugs] == ["l-ete-a-nimes", "l-ete-a-nimes-2"]
    with library.read() as session:
        rows = sa.select(Resource.slug, Resource.title).where(Resource.title == FULL.title)
        found = [tuple(row) for row in session.execute(rows.order_by(Resource.id))]
        assert found == [(first, FULL.title), (*slugs, FULL.title)]
        acts = sa.select(AuditEntry.subject).where(AuditEntry.act == AuditAct.RESOURCE_ADDED)
        assert session.scalars(acts.order_by(AuditEntry.id)).all() == [first, *slugs]


def test_the_number_of_a_long_title_leaves_it_an_address(library: Database) -> None:
    fields = replace(FULL, title="n" * 80 + " et la suite")
    assert [add(library, fields) for _ in range(2)] == ["n" * 80, "n" * 80 + "-2"]


def test_the_least_that_can_be_said_and_an_empty_library(database: Database) -> None:
    slug = add(database, ResourceFields(title="A", kind="k"))
    assert look(database, slug).fields == ResourceFields(
        "A", "k", [], [], other_titles=[], authors=[], partners=[], themes=[]
    )
    with database.read() as session:
        assert 'slug = "a"' in export_library(session)["resources.toml"]


def test_what_differs_stands_in_the_trail_and_the_address_stays(library: Database) -> None:
    slug = add(library)
    said = look(library, slug).fields
    assert edit(library, slug, replace(said, title="Autre", year=None, themes=[ALLIANCES]))
    entry = latest(library)
    assert (entry.act.value, entry.subject) == ("resource_edited", slug)
    assert entry.before == {"title": FULL.title, "year": 2020, "themes": list(said.themes)}
    assert entry.after == {"title": "Autre", "year": None, "themes": [ALLIANCES]}
    assert look(library, slug).fields.title == "Autre"


def test_the_same_once_more_changes_nothing(library: Database) -> None:
    slug = "guide-construire-ensemble"
    before = state(library)
    assert not edit(library, slug, look(library, slug).fields)
    assert state(library) == before


def test_who_was_slower_is_told(library: Database) -> None:
    slug = add(library)
    seen = look(library, slug).mark
    edit(library, slug, replace(FULL, title="Premier"))
    before = state(library)
    with pytest.raises(ChangedMeanwhile):
        edit(library, slug, replace(FULL, title="Second"), seen)
    assert (state(library), look(library, slug).fields.title) == (before, "Premier")


def test_what_is_not_there_is_refused(library: Database) -> None:
    before = state(library)
    with pytest.raises(NotFound):
        edit(library, "no-such", FULL, "x")
    with pytest.raises(NoSuchTheme):
        add(library, replace(FULL, themes=["no-such", ALLIANCES]))
    with pytest.raises(NoSuchTheme):
        edit(library, "guide-construire-ensemble", replace(FULL, themes=["no-such"]))
    assert state(library) == before


def test_what_only_files_say_stays(library: Database) -> None:
    slug = "fiche-contexte-interet-general-un-concept-en-mutation"
    edit(library, slug, replace(look(library, slug).fields, title="Autre"))
    with library.read() as session:
        row = session.scalars(sa.select(Resource).where(Resource.slug == slug)).one()
        assert (row.source, row.also_in) == (
            "000_7bf1de62bb4028d0.txt",
            ["002_d172e58bef48dd03.txt"],
        )


def test_section_and_forthcoming_are_edited_by_hand(library: Database) -> None:
    slug = add(library, replace(FULL, section="Fiches", forthcoming=True))
    said = look(library, slug).fields
    assert (said.section, said.forthcoming) == ("Fiches", True)
    assert edit(library, slug, replace(said, section=None, forthcoming=False))
    assert latest(library).after == {"section": None, "forthcoming": False}


def test_a_resource_is_a_part_of_none_that_is_a_part_of_it(library: Database) -> None:
    part = add(library)
    below = add(library, replace(FULL, title="Dessous", part_of=part))
    before = state(library)
    for slug, whole in ((part, part), (part, below), (GUIDE, below), (GUIDE, GUIDE)):
        with pytest.raises(PartOfItself):
            edit(library, slug, replace(look(library, slug).fields, part_of=whole))
    with pytest.raises(NoSuchWhole):
        edit(library, part, replace(FULL, part_of="no-such"))
    with pytest.raises(NoSuchWhole):
        add(library, replace(FULL, part_of="no-such"))
    assert state(library) == before
    assert edit(library, below, replace(look(library, below).fields, part_of=GUIDE))
    assert edit(library, part, replace(look(library, part).fields, part_of=below))
    assert look(library, part).fields.part_of == below


def test_who_finds_a_circle_of_files_can_open_it(library: Database) -> None:
    with library.write() as session:
        session.execute(sa.update(Resource).where(Resource.slug == GUIDE).values(part_of=GUIDE))
    assert edit(library, GUIDE, replace(look(library, GUIDE).fields, title="Autre"))
    part = add(library)
    with pytest.raises(PartOfItself):
        edit(library, GUIDE, replace(look(library, GUIDE).fields, part_of=part))
    assert edit(library, GUIDE, replace(look(library, GUIDE).fields, part_of=None))
    assert look(library, GUIDE).fields.part_of is None
