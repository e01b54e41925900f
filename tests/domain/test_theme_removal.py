"""A theme taken out of the library, with all that hangs on it."""

from dataclasses import replace
from functools import partial

import pytest
import sqlalchemy as sa

from tests.domain.halfway import meanwhile, on_postgresql
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOUSE,
    MARCH,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
)
from webinars.db import Database
from webinars.domain import following, planning, site
from webinars.domain.editing import Editor, assign_theme
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.library_export import export_library
from webinars.domain.library_rows import InUse
from webinars.domain.people import Person
from webinars.domain.theme_removal import (
    OnTheme,
    ThemeRemoval,
    remove_theme,
    theme_removal,
)
from webinars.models import AuditEntry, FollowedTheme, Resource, Theme, resource_themes

ANNE = "anne@example.org"
ALLIANCES = "apprendre-a-faire-alliances"
ALONE = "definir-sa-strategie"


def look(database: Database, slug: str = ALLIANCES) -> ThemeRemoval:
    with database.read() as session:
        return theme_removal(session, slug=slug)


def remove(database: Database, slug: str = ALLIANCES, seen: str | None = None) -> None:
    seen = look(database, slug).mark if seen is None else seen
    with database.write() as session:
        remove_theme(session, slug=slug, seen=seen, actor=ANNE, now=NOW)


def follow(database: Database, *people: Person) -> None:
    with database.write() as session:
        for person in people:
            following.follow_theme(
                session, theme_slug=ALLIANCES, person=person, house=HOUSE, now=NOW
            )


def numbers(database: Database) -> list[int]:
    """Themes, resources, what joins them, who follows, acts, and the state of the site."""
    with database.read() as session:
        return [
            *(
                session.scalar(sa.select(sa.func.count()).select_from(row)) or 0
                for row in (Theme, Resource, resource_themes, FollowedTheme, AuditEntry)
            ),
            site.version(session),
        ]


@pytest.mark.parametrize("people", [0, 1, 2])
def test_what_hangs_on_it_is_named_and_goes_with_it(library: Database, people: int) -> None:
    follow(library, *(ALICE, BOB)[:people])
    with counted_queries(library) as queries:
        found = look(library)
    assert len(queries) == 4
    assert (found.webinars, len(found.resources), found.followers) == ((), 52, people)
    assert found.resources[0] == "Guide pratique sur les partenariats"
    before = numbers(library)
    remove(library)
    assert numbers(library) == [
        before[0] - 1, before[1], before[2] - 52, 0, before[4] + 1, before[5] + 1
    ]  # fmt: skip
    with pytest.raises(NotFound):
        look(library)


def test_the_trail_keeps_all_of_it(library: Database) -> None:
    follow(library, ALICE)
    remove(library)
    with library.read() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        files = export_library(session)
    assert entry is not None
    assert (entry.actor, entry.act.value, entry.subject) == (ANNE, "theme_removed", ALLIANCES)
    assert entry.after == {}
    before = dict(entry.before)
    assert len(before.pop("resources")) == 52
    assert before.pop("questions")
    assert before == {
        "title": "Apprendre à faire alliances",
        "other_titles": ["Apprendre à faire alliance"],
        "seven_needs": True,
        "platform_answers": before["platform_answers"],
        "followers": 1,
    }
    assert f'"{ALLIANCES}"' not in "".join(files.values())


@pytest.mark.parametrize("where", ["draft", "public"])
def test_a_webinar_on_it_keeps_it(library: Database, where: str) -> None:
    """Whether it is drafted or public: on the public page it would be a dead word."""
    with library.write() as session:
        if where == "public":
            published(session, plan_of(APRIL, MARCH))
            planning.save_draft(session, plan=plan_of(replace(APRIL, theme=None)), now=NOW)
        else:
            planning.save_draft(session, plan=plan_of(APRIL), now=NOW)
    before = numbers(library)
    assert look(library).webinars == (OnTheme("2019", APRIL.slug, APRIL.title),)
    with pytest.raises(InUse):
        remove(library)
    assert numbers(library) == before


def test_a_webinar_goes_by_the_title_that_its_organisers_have_drafted(library: Database) -> None:
    with library.write() as session:
        published(session, plan_of(APRIL))
        planning.save_draft(session, plan=plan_of(replace(APRIL, title="Autre")), now=NOW)
    assert look(library).webinars == (OnTheme("2019", APRIL.slug, "Autre"),)


def test_what_has_come_since_is_looked_at_first(library: Database) -> None:
    seen = look(library).mark
    follow(library, ALICE)
    before = numbers(library)
    with pytest.raises(ChangedMeanwhile):
        remove(library, seen=seen)
    assert numbers(library) == before
    with pytest.raises(NotFound):
        remove(library, "no-such", seen=seen)


def test_it_comes_back_from_its_file_at_the_end(library: Database) -> None:
    found = look(library, ALONE)
    remove(library, ALONE)
    with library.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    assert look(library, ALONE).resources == found.resources


@on_postgresql
@pytest.mark.parametrize("removed_first", [True, False])
def test_nobody_follows_a_theme_that_goes_at_the_same_instant(
    database: Database, removed_first: bool
) -> None:
    with database.write() as session:
        load_library(session, "themes.toml", "resources.toml")
    seen = look(database, ALONE).mark
    removes = partial(remove_theme, slug=ALONE, seen=seen, actor=ANNE, now=NOW)
    follows = partial(following.follow_theme, theme_slug=ALONE, person=ALICE, house=HOUSE, now=NOW)
    if removed_first:
        found = meanwhile(database, removes, after="DELETE FROM followed", second=follows)
        assert (found[0], type(found[1])) == (None, NotFound)
    else:
        found = meanwhile(database, follows, after="INSERT INTO followed", second=removes)
        assert type(found[1]) is ChangedMeanwhile
    with database.read() as session:
        followed = session.scalars(sa.select(FollowedTheme.theme_slug)).all()
        themes = session.scalars(sa.select(Theme.slug).where(Theme.slug == ALONE)).all()
    assert followed == themes == ([] if removed_first else [ALONE])


@on_postgresql
def test_no_webinar_is_put_on_a_theme_that_goes_at_the_same_instant(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        load_library(session, "themes.toml", "resources.toml")
    removes = partial(
        remove_theme, slug=ALONE, seen=look(database, ALONE).mark, actor=ANNE, now=NOW
    )
    assigns = partial(
        assign_theme,
        cycle_slug="2019",
        slug=MARCH.slug,
        theme=ALONE,
        editor=Editor(ANNE, NOW, None),
    )
    found = meanwhile(database, removes, after="DELETE FROM followed", second=assigns)
    assert (found[0], type(found[1])) == (None, NotFound)
