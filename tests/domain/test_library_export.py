"""The library as files, and back again: nothing is lost, and the bytes stay the same."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.planning_cases import LINES, SLUGS
from tests.support import (
    APRIL,
    DATA,
    MARCH,
    NOW,
    counted_queries,
    load_2019,
    plan_of,
    published,
    real_plan,
)
from webinars.db import Database
from webinars.domain import planning
from webinars.domain.library_export import export_library
from webinars.domain.library_files import (
    ENTRY_POINTS,
    STEPS,
    CaptionsTable,
    ChapterTable,
    LibraryFile,
    QuestionTable,
    ReplayTable,
    ResourceTable,
    ThemeTable,
    write_tables,
)
from webinars.domain.library_import import import_library
from webinars.domain.library_reading import SourceFile, WrongFiles
from webinars.domain.plan import Plan
from webinars.domain.tomlfile import parse, validate
from webinars.domain.uploads import clean_name
from webinars.i18n import timecode
from webinars.models import Replay, Webinar

NAMES = ["themes.toml", "resources.toml", "webinar-details.toml", "replays.toml", "questions.toml"]
KINDS = ("themes", "resources", "webinars", "replays", "questions")
EMPTY = {name: f"{kind} = []\n" for name, kind in zip(NAMES, KINDS, strict=True)}


@contextmanager
def another(template: Path, folder: Path, *plans: Plan) -> Iterator[Database]:
    """A database with nothing but these cycles."""
    path = folder / "another.sqlite"
    shutil.copyfile(template, path)
    found = Database(f"sqlite:///{path}")
    try:
        with found.write() as session:
            for plan in plans:
                published(session, plan)
        yield found
    finally:
        found.dispose()
        for left in folder.glob("another.sqlite*"):
            left.unlink()


def exported(database: Database) -> dict[str, str]:
    with database.read() as session:
        return export_library(session)


def bring(database: Database, files: dict[str, str]) -> None:
    with database.write() as session:
        import_library(
            session, files=[SourceFile(name, text) for name, text in files.items()], now=NOW
        )


def test_an_empty_library_is_five_files_that_can_be_read(database: Database) -> None:
    files = exported(database)
    assert files == EMPTY
    bring(database, files)
    assert exported(database) == files


def test_the_shipped_library_comes_back_byte_for_byte(
    database: Database, migrated_sqlite: Path, tmp_path: Path
) -> None:
    load_2019(database)
    first = exported(database)
    assert list(first) == NAMES
    with another(migrated_sqlite, tmp_path, real_plan()) as empty:
        bring(empty, first)
        assert exported(empty) == first
    bring(database, first)
    assert exported(database) == first


@pytest.mark.parametrize(
    ("name", "kind"), [("themes.toml", "themes"), ("resources.toml", "resources")]
)
def test_what_ships_and_what_is_exported_say_the_same(
    database: Database, name: str, kind: str
) -> None:
    load_2019(database)
    shipped = parse((DATA / name).read_text("utf-8"))[kind]
    written = parse(exported(database)[name])[kind]
    assert [meaning(table) for table in written] == [meaning(table) for table in shipped]


def meaning(table: dict[str, Any]) -> dict[str, Any]:
    """What a table says; themes have no order in a resource, and an empty key says nothing."""
    said = {key: value for key, value in table.items() if value not in ([], False)}
    return said | {"themes": sorted(said.get("themes", ()))}


def test_details_that_ship_are_exported_with_their_reading(database: Database) -> None:
    load_2019(database)
    shipped = parse((DATA / "webinar-details.toml").read_text("utf-8"))["webinars"]
    written = parse(exported(database)["webinar-details.toml"])["webinars"]
    beyond = {"rank", "source", "concludes", "needs_as_printed"}
    assert [
        {key: value for key, value in table.items() if key not in beyond and value != []}
        for table in shipped
    ] == written


ODD = """\
[[themes]]
slug = "t"
title = 'Dire « "oui" » \\ = # [x]'
[[resources]]
slug = "whole"
title = "עברית 🎉"
kind = "k"
part_of = "beyond"
status = "à paraître"
url = "https://example.org/?a=b&c=%22"
[[resources]]
slug = "beyond"
title = "Au-delà"
kind = "k"
[[webinars]]
slug = "2019-03-21-connaitre-son-ecosysteme"
date = 2019-03-21
why = "Un.\\n\\n\\tDeux : '''trois''' et \\"\\"\\"quatre\\"\\"\\""
[[webinars.further_reading]]
label = "Encore"
resource = "whole"
[[webinars.further_reading]]
label = "Encore"
context = "Une fois"
resource = "whole"
"""


def test_odd_texts_come_back_as_they_were(
    database: Database, migrated_sqlite: Path, tmp_path: Path
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    bring(database, {"odd.toml": ODD})
    first = exported(database)
    again = parse(first["webinar-details.toml"])["webinars"][0]
    assert again["why"] == parse(ODD)["webinars"][0]["why"]
    assert again["further_reading"] == parse(ODD)["webinars"][0]["further_reading"]
    with another(migrated_sqlite, tmp_path, plan_of(MARCH)) as empty:
        bring(empty, first)
        assert exported(empty) == first


def test_cycles_of_one_year_are_told_apart(
    database: Database, migrated_sqlite: Path, tmp_path: Path
) -> None:
    plans = (
        plan_of(replace(MARCH, texts={"why": "Le cycle"}), APRIL),
        plan_of(replace(MARCH, texts={"why": "Les rencontres"}), slug="rencontres"),
    )
    with database.write() as session:
        for plan in plans:
            published(session, plan)
    first = exported(database)
    told = parse(first["webinar-details.toml"])["webinars"]
    assert [(one["cycle"], one["slug"], one["why"]) for one in told] == [
        ("2019", "2019-03-21-connaitre-son-ecosysteme", "Le cycle"),
        ("rencontres", "2019-03-21-connaitre-son-ecosysteme", "Les rencontres"),
    ]
    bare = tuple(replace(one, sessions=(MARCH, APRIL)) for one in plans)
    with another(migrated_sqlite, tmp_path, *bare) as empty:
        bring(empty, first)
        assert exported(empty) == first
    with pytest.raises(WrongFiles) as error:
        bring(database, {"x.toml": first["webinar-details.toml"].replace('"rencontres"', '"no"')})
    (problem,) = error.value.problems
    assert problem.message == (
        'there is no webinar "connaitre-son-ecosysteme" in the cycle "no" of 2019: '
        "import the cycle first"
    )


def test_of_a_public_webinar_the_public_texts_are_written(database: Database) -> None:
    texts = {"why": "Pour tous"}
    with database.write() as session:
        published(session, plan_of(replace(MARCH, texts=texts)))
        drafted = replace(MARCH, texts={"why": "Pas encore"})
        alone = replace(APRIL, texts={"why": "Seulement dessiné"})
        planning.save_draft(session, plan=plan_of(drafted, alone), now=NOW)
    told = parse(exported(database)["webinar-details.toml"])["webinars"]
    assert [(one["slug"], one["why"]) for one in told] == [
        ("2019-03-21-connaitre-son-ecosysteme", "Pour tous"),
        ("2019-04-18-apprendre-a-faire-alliances", "Seulement dessiné"),
    ]


def test_a_slug_that_leaves_no_room_for_its_date_comes_back(
    database: Database, migrated_sqlite: Path, tmp_path: Path
) -> None:
    long = replace(MARCH, slug="x" * 100, date=date(2019, 3, 21))
    with database.write() as session:
        published(session, plan_of(replace(long, texts={"why": "Long"})))
    first = exported(database)
    with another(migrated_sqlite, tmp_path, plan_of(long)) as empty:
        bring(empty, first)
        assert exported(empty) == first


@pytest.mark.parametrize(("day", "said"), [(21, "expected_by = 2019-03-21\n"), (20, "")])
def test_a_day_that_promises_nothing_any_more_is_not_written(
    database: Database, day: int, said: str
) -> None:
    """Its webinar was moved past it; elsewhere it could not be promised."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        webinar_id = session.scalars(sa.select(Webinar.id)).one()
        session.add(
            Replay(
                webinar_id=webinar_id,
                video_url="https://a.example.org/v",
                expected_by=date(2019, 3, day),
                words_stay=False,
                demonstration=False,
            )
        )
    text = exported(database)["replays.toml"]
    assert text == (
        f'[[replays]]\nwebinar = "2019/{MARCH.slug}"\nvideo = "https://a.example.org/v"\n{said}'
    )


def test_the_count_of_queries_is_fixed(database: Database) -> None:
    load_2019(database)
    with counted_queries(database) as queries:
        exported(database)
    assert len(queries) == 13


LISTS = st.lists(LINES, max_size=3)


def themes(slugs: list[str]) -> st.SearchStrategy[list[ThemeTable]]:
    one = st.builds(
        ThemeTable,
        title=LINES,
        other_titles=LISTS,
        seven_needs=st.booleans(),
        questions=LISTS,
        platform_answers=LISTS,
        slug=st.just("x"),
    )
    return st.lists(one, min_size=len(slugs), max_size=len(slugs)).map(
        lambda found: [
            table.model_copy(update={"slug": slug})
            for slug, table in zip(slugs, found, strict=True)
        ]
    )


@st.composite
def libraries(draw: st.DrawFn) -> tuple[list[ThemeTable], list[ResourceTable]]:
    """Themes and resources that say everything that can be said."""
    of_themes = draw(st.lists(SLUGS, max_size=3, unique=True))
    slugs = draw(st.lists(SLUGS, max_size=4, unique=True))
    resources = [
        draw(
            st.builds(
                ResourceTable,
                slug=st.just(slug),
                title=LINES,
                kind=LINES,
                other_titles=LISTS,
                publishers=LISTS,
                partners=LISTS,
                authors=LISTS,
                audience=LISTS,
                year=st.none() | st.integers(1900, 2200),
                month=st.none() | st.integers(1, 12),
                edition=st.none() | LINES,
                step=st.none() | st.sampled_from(sorted(STEPS)),
                entry_point=st.none() | st.sampled_from(sorted(ENTRY_POINTS)),
                section=st.none() | LINES,
                url=st.none() | st.just("https://example.org/é?x=y#z"),
                status=st.none() | st.just("à paraître"),
                part_of=st.sampled_from([None, *slugs[:number]]),
                themes=st.lists(st.sampled_from(of_themes), unique=True)
                if of_themes
                else st.just([]),
                source=st.none() | LINES,
                also_in=LISTS,
            )
        )
        for number, slug in enumerate(slugs)
    ]
    return draw(themes(of_themes)), resources


INSTANTS = st.none() | st.integers(0, 4 * 10**15).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
DAYS = st.none() | st.dates(min_value=date(1900, 1, 1))
SECONDS = st.integers(0, 24 * 3600 - 1)
PATHS = st.none() | st.sampled_from(["videos/2019/a.mp4", "é « x ».pdf"])
CHAPTERS = st.builds(
    ChapterTable, at=SECONDS.map(timecode), title=LINES, resources=st.lists(SLUGS, max_size=2)
)
CAPTIONS = st.builds(
    CaptionsTable, language=st.sampled_from(["fr", "en"]), file=st.just("captions/a.fr.vtt")
)
REPLAYS = st.builds(
    ReplayTable,
    webinar=st.just("2019/a"),
    video=st.none() | LINES,
    video_file=PATHS,
    video_name=st.none() | LINES,
    duration=st.none() | SECONDS.filter(bool).map(timecode),
    recorded_on=DAYS,
    slides=st.none() | st.just("https://example.org/é"),
    slides_file=PATHS,
    slides_name=st.none() | LINES,
    expected_by=DAYS,
    consent_at=INSTANTS,
    without_captions=st.none() | LINES,
    online_at=INSTANTS,
    revised_at=INSTANTS,
    withdrawn_at=INSTANTS,
    withdrawn_why=st.none() | LINES,
    words_stay=st.booleans(),
    demonstration=st.booleans(),
    chapters=st.lists(CHAPTERS, max_size=3),
    captions=st.lists(CAPTIONS, max_size=2),
)
QUESTIONS = st.builds(
    QuestionTable,
    webinar=st.just("2019/a"),
    text=LINES.map(lambda line: f"{line}\n\n{line}"),
    answer=st.none() | LINES,
    asked_on=DAYS,
    answered_at=INSTANTS,
    published_at=INSTANTS,
    resources=st.lists(SLUGS, max_size=2),
)


@given(st.lists(REPLAYS, max_size=3), st.lists(QUESTIONS, max_size=3))
def test_replays_and_questions_are_read_as_they_are_written(
    replays: list[ReplayTable], questions: list[QuestionTable]
) -> None:
    assert validate(LibraryFile, write_tables("replays", replays)).replays == replays
    assert validate(LibraryFile, write_tables("questions", questions)).questions == questions


@given(st.text(max_size=140))
def test_the_name_of_a_file_that_was_taken_is_taken_as_it_is(name: str) -> None:
    once = clean_name(f"{name}.pdf")
    assert clean_name(once) == once


@given(libraries())
def test_what_is_written_is_what_is_read(
    library: tuple[list[ThemeTable], list[ResourceTable]],
) -> None:
    of_themes, resources = library
    text = write_tables("themes", of_themes)
    assert validate(LibraryFile, text).themes == of_themes
    text = write_tables("resources", resources)
    read = validate(LibraryFile, text).resources
    assert read == resources
    assert write_tables("resources", read) == text


@settings(max_examples=15, deadline=None)
@given(libraries())
def test_any_library_comes_back_byte_for_byte(
    migrated_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
    library: tuple[list[ThemeTable], list[ResourceTable]],
) -> None:
    of_themes, resources = library
    folder = tmp_path_factory.mktemp("library")
    written = {"a": write_tables("themes", of_themes), "b": write_tables("resources", resources)}
    with another(migrated_sqlite, folder) as first:
        bring(first, written)
        files = exported(first)
    with another(migrated_sqlite, folder) as second:
        bring(second, files)
        assert exported(second) == files
    assert validate(LibraryFile, files["themes.toml"]).themes == of_themes
