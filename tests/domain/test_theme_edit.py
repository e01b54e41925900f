"""Themes by hand: the list, adding and editing."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support import APRIL, MARCH, NOW, counted_queries, plan_of, published
from webinars.db import Database
from webinars.domain import planning, site
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.library_export import export_library
from webinars.domain.theme_edit import (
    EditedTheme,
    ThemeFields,
    add_theme,
    edit_theme,
    edited_theme,
    theme_lines,
)
from webinars.models import AuditEntry, Theme, Webinar

ANNE = "anne@example.org"
LATER = NOW + timedelta(hours=1)
ALLIANCES = "apprendre-a-faire-alliances"
FULL = ThemeFields(
    "L’été à Nîmes", ["Pourquoi ?", "Comment ?"], ["Un guide"], ["Été"], seven_needs=True
)


WRITTEN = """slug = "l-ete-a-nimes-2"
title = "L’été à Nîmes"
other_titles = [
    "Été",
]
seven_needs = true
questions = [
    "Pourquoi ?",
    "Comment ?",
]
platform_answers = [
    "Un guide",
]
"""


def add(database: Database, fields: ThemeFields = FULL) -> str:
    with database.write() as session:
        return add_theme(session, fields=fields, actor=ANNE, now=LATER)


def look(database: Database, slug: str) -> EditedTheme:
    with database.read() as session:
        return edited_theme(session, slug=slug)


def edit(database: Database, slug: str, fields: ThemeFields, seen: str | None = None) -> bool:
    seen = look(database, slug).mark if seen is None else seen
    with database.write() as session:
        return edit_theme(session, slug=slug, fields=fields, seen=seen, actor=ANNE, now=LATER)


def state(database: Database) -> tuple[int, int]:
    with database.read() as session:
        number = session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
        return site.version(session), number or 0


def latest(database: Database) -> AuditEntry:
    with database.read() as session:
        return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()  # type: ignore[return-value]


def sequence(database: Database, slug: str) -> int:
    with database.read() as session:
        return session.scalars(sa.select(Webinar.sequence).where(Webinar.slug == slug)).one()


def test_a_theme_is_added_at_the_end_with_an_address_of_its_title(library: Database) -> None:
    version, _ = state(library)
    assert [add(library) for _ in range(2)] == ["l-ete-a-nimes", "l-ete-a-nimes-2"]
    assert look(library, "l-ete-a-nimes").fields == FULL
    with library.read() as session:
        last = session.scalars(sa.select(Theme.slug).order_by(Theme.position)).all()[-2:]
        written = export_library(session)["themes.toml"]
    assert written.endswith(WRITTEN)
    assert last == ["l-ete-a-nimes", "l-ete-a-nimes-2"]
    assert state(library)[0] == version + 2
    entry = latest(library)
    assert (entry.actor, entry.act.value, entry.subject) == (ANNE, "theme_added", last[1])
    assert (entry.before, entry.after["questions"]) == ({}, FULL.questions)


def test_what_differs_stands_in_the_trail_and_calendars_hear_of_it(library: Database) -> None:
    with library.write() as session:
        published(session, plan_of(MARCH, APRIL))
    before = [sequence(library, one.slug) for one in (MARCH, APRIL)]
    said = look(library, APRIL.theme or "").fields
    assert edit(library, APRIL.theme or "", replace(said, title="Autre"))
    entry = latest(library)
    assert (entry.act.value, entry.subject) == ("theme_edited", APRIL.theme)
    assert (entry.before, entry.after) == ({"title": said.title}, {"title": "Autre"})
    assert look(library, APRIL.theme or "").fields == replace(said, title="Autre")
    after = [sequence(library, one.slug) for one in (MARCH, APRIL)]
    assert after == [before[0], before[1] + 1]


def test_the_same_once_more_changes_nothing(library: Database) -> None:
    before = state(library)
    assert not edit(library, ALLIANCES, look(library, ALLIANCES).fields)
    assert state(library) == before


def test_who_was_slower_is_told(library: Database) -> None:
    seen = look(library, ALLIANCES).mark
    edit(library, ALLIANCES, replace(FULL, title="Premier"))
    before = state(library)
    with pytest.raises(ChangedMeanwhile):
        edit(library, ALLIANCES, replace(FULL, title="Second"), seen)
    with pytest.raises(NotFound):
        edit(library, "no-such", FULL, seen)
    assert (state(library), look(library, ALLIANCES).fields.title) == (before, "Premier")


def test_the_list_counts_what_is_on_each_theme(library: Database) -> None:
    """A webinar that is drafted and public counts once; one that is only drafted, too."""
    with library.write() as session:
        published(session, plan_of(replace(MARCH, theme=ALLIANCES)))
    with library.write() as session:
        planning.save_draft(
            session, plan=plan_of(replace(MARCH, theme=ALLIANCES), APRIL), now=LATER
        )
    slug = add(library)
    with library.read() as session, counted_queries(library) as queries:
        lines = {line.theme.slug: line for line in theme_lines(session)}
    assert len(queries) == 3
    assert lines[ALLIANCES].webinars == 2
    assert lines[ALLIANCES].resources > 0
    assert (lines[slug].webinars, lines[slug].resources, lines[slug].questions) == (0, 0, 2)


def test_an_empty_library_has_no_line(database: Database) -> None:
    with database.read() as session:
        assert theme_lines(session) == ()
