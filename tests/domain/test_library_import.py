"""Reading the library's files: exactly, again, in any order, and not at all when wrong."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import DATA, HOST, NOW, count, published, real_plan
from webinars.db import Database
from webinars.domain import planning, publication, site
from webinars.domain.errors import Problem
from webinars.domain.library_import import Imported, import_library
from webinars.domain.library_reading import SourceFile, WrongFiles
from webinars.models import (
    AuditAct,
    AuditEntry,
    DraftSession,
    EntryPoint,
    Reading,
    Resource,
    Step,
    Theme,
    Webinar,
)

NAMES = ("themes.toml", "resources.toml", "webinar-details.toml")
SHIPPED = [SourceFile(name, (DATA / name).read_text("utf-8")) for name in NAMES]
LATER = NOW + timedelta(days=1)

THEME = '[[themes]]\nslug = "t"\ntitle = "T"\n'
RESOURCE = '[[resources]]\nslug = "r"\ntitle = "R"\nkind = "guide"\nthemes = ["t"]\n'
DETAILS = """\
[[webinars]]
slug = "2019-04-18-apprendre-a-faire-alliances"
date = 2019-04-18
why = "Parce que"
[[webinars.further_reading]]
label = "Outil"
resource = "r"
"""


def bring(session: Session, *texts: str | SourceFile) -> Imported:
    files = [
        text if isinstance(text, SourceFile) else SourceFile(f"file{number}.toml", text)
        for number, text in enumerate(texts, start=1)
    ]
    return import_library(session, files=files, now=LATER)


def refused(database: Database, *texts: str) -> dict[str, list[Problem]]:
    """The problems by file; nothing is written."""
    before = counts(database)
    with pytest.raises(WrongFiles) as error, database.write() as session:
        bring(session, *texts)
    assert counts(database) == before
    return error.value.by_file


def counts(database: Database) -> list[int]:
    with database.read() as session:
        return [count(session, model) for model in (Theme, Resource, Reading)] + [
            site.version(session)
        ]


@pytest.fixture
def with_2019(database: Database) -> Database:
    """The real cycle, published; no library yet."""
    with database.write() as session:
        published(session, real_plan())
    return database


def state(database: Database) -> list[Sequence[object]]:
    """Everything that an import writes, but for ids and positions."""
    with database.read() as session:
        resources = session.scalars(sa.select(Resource).order_by(Resource.slug)).all()
        return [
            session.execute(sa.select(Theme.slug, Theme.title).order_by(Theme.slug)).all(),
            [(r.slug, r.title, sorted(theme.slug for theme in r.themes)) for r in resources],
            session.execute(
                sa.select(Reading.webinar_slug, Reading.position, Reading.label, Resource.slug)
                .join(Resource)
                .order_by(Reading.webinar_slug, Reading.position)
            ).all(),
            session.execute(
                sa.select(Webinar.slug, Webinar.why, Webinar.sequence).order_by(Webinar.slug)
            ).all(),
        ]


def test_the_shipped_files_hold_eleven_themes_ninety_one_resources_two_webinars(
    with_2019: Database,
) -> None:
    with with_2019.write() as session:
        imported = bring(session, *SHIPPED)
    assert (imported.themes, imported.resources, imported.webinars, imported.changed) == (
        11,
        91,
        2,
        True,
    )
    with with_2019.read() as session:
        assert (count(session, Theme), count(session, Resource)) == (11, 91)
        positions = sa.select(Theme.position).order_by(Theme.position)
        assert session.scalars(positions).all() == list(range(1, 12))
        first = session.scalars(sa.select(Resource).order_by(Resource.position)).first()
        assert first is not None
        assert SHIPPED[1].text.index(f'slug = "{first.slug}"') < 200


def test_importing_twice_changes_nothing(with_2019: Database) -> None:
    with with_2019.write() as session:
        bring(session, *SHIPPED)
    before = state(with_2019), counts(with_2019)
    with with_2019.write() as session:
        again = bring(session, *SHIPPED)
    assert (again.themes, again.resources, again.webinars, again.changed) == (11, 91, 2, False)
    assert (state(with_2019), counts(with_2019)) == before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_order_of_the_files_is_of_no_matter(
    with_2019: Database, order: tuple[int, ...]
) -> None:
    with with_2019.write() as session:
        bring(session, *(SHIPPED[index] for index in order))
    after = state(with_2019)
    with with_2019.write() as session:
        assert not bring(session, *SHIPPED).changed
    assert [len(rows) for rows in after] == [11, 91, len(after[2]), 12]


def test_files_of_one_call_may_refer_to_each_other(with_2019: Database) -> None:
    with with_2019.write() as session:
        bring(session, DETAILS, RESOURCE, THEME)
    themes, resources, readings, _ = state(with_2019)
    assert list(themes) == [("t", "T")]
    assert list(resources) == [("r", "R", ["t"])]
    assert list(readings) == [("apprendre-a-faire-alliances", 1, "Outil", "r")]


def test_a_later_call_may_refer_to_what_is_there(with_2019: Database) -> None:
    for text in (THEME, RESOURCE, DETAILS):
        with with_2019.write() as session:
            assert bring(session, text).changed


def test_none_is_none(database: Database) -> None:
    with database.write() as session:
        assert bring(session) == Imported()
    assert counts(database) == [0, 0, 0, 1]


def test_every_key_of_a_resource_is_kept(database: Database) -> None:
    text = f"""\
{THEME}
[[resources]]
slug = "r"
title = "R"
kind = "guide"
other_titles = ["S"]
publishers = ["P", "Q"]
partners = ["X"]
authors = ["Y"]
audience = ["associations"]
year = 2016
month = 5
edition = "mise à jour 2016"
step = "s'approprier"
entry_point = "boîte à outils"
section = "Outils"
url = "https://example.org/r"
status = "à paraître"
part_of = "w"
themes = ["t"]
source = "000"
also_in = ["001"]
[[resources]]
slug = "w"
title = "W"
kind = "guide"
"""
    with database.write() as session:
        bring(session, text)
    with database.read() as session:
        row = session.scalars(sa.select(Resource).where(Resource.slug == "r")).one()
        names = (*[c.key for c in sa.inspect(Resource).column_attrs][2:], "themes")
        found = {name: getattr(row, name) for name in names}
        found["themes"] = [theme.slug for theme in row.themes]
    assert found == {
        "position": 1,
        "title": "R",
        "kind": "guide",
        "other_titles": ["S"],
        "publishers": ["P", "Q"],
        "partners": ["X"],
        "authors": ["Y"],
        "audience": ["associations"],
        "year": 2016,
        "month": 5,
        "edition": "mise à jour 2016",
        "step": Step.ADOPT,
        "entry_point": EntryPoint.TOOLBOX,
        "section": "Outils",
        "url": "https://example.org/r",
        "document_id": None,
        "forthcoming": True,
        "part_of": "w",
        "themes": ["t"],
        "source": "000",
        "also_in": ["001"],
    }


def test_what_a_new_file_no_longer_says_is_gone(with_2019: Database) -> None:
    with with_2019.write() as session:
        bring(session, THEME, RESOURCE, DETAILS)
    without = DETAILS.split("[[webinars.further", maxsplit=1)[0].replace("why", "ignored")
    with with_2019.write() as session:
        bring(session, RESOURCE.replace('themes = ["t"]', 'url = "https://a.fr"'), without)
    with with_2019.read() as session:
        row = session.scalars(sa.select(Resource)).one()
        assert (row.url, row.themes) == ("https://a.fr", [])
        assert count(session, Reading) == 0
        why = sa.select(Webinar.why).where(Webinar.slug == "apprendre-a-faire-alliances")
        assert session.scalars(why).one() is None


def test_details_go_into_the_draft_and_into_public(with_2019: Database) -> None:
    with with_2019.write() as session:
        bring(session, THEME, RESOURCE, DETAILS)
    with with_2019.read() as session:
        for model in (DraftSession, Webinar):
            told = session.execute(sa.select(model.slug, model.why).where(model.why.is_not(None)))
            assert [tuple(row) for row in told] == [("apprendre-a-faire-alliances", "Parce que")]
        touched = session.scalars(sa.select(Webinar).where(Webinar.sequence == 1)).all()
        assert [(row.slug, row.changed_at) for row in touched] == [
            ("apprendre-a-faire-alliances", LATER)
        ]
        cycle = planning.find_cycle(session, slug="2019")
        assert publication.pending_changes(session, cycle=cycle) == ()
        latest = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert latest is not None
        assert (latest.act.value, latest.draft_version) == ("library_imported", 2)
        assert cycle.draft.version == 2  # an editor who saw version 1 is told


def test_details_of_a_draft_wait_for_its_publication(database: Database) -> None:
    with database.write() as session:
        planning.save_draft(session, plan=real_plan(), now=NOW)
        bring(session, THEME, RESOURCE, DETAILS)
        assert count(session, Webinar) == 0
        publication.publish(session, cycle_slug="2019", host=HOST, now=LATER)
    with database.read() as session:
        told = session.scalars(sa.select(Webinar.why).where(Webinar.why.is_not(None)))
        assert told.all() == ["Parce que"]


def test_keys_that_are_not_read_are_named(with_2019: Database) -> None:
    with with_2019.write() as session:
        imported = bring(session, "[platform]\nname = 'x'\n" + THEME + "colour = 1\n")
    assert imported.ignored == {"platform", "themes.colour"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            RESOURCE.replace('["t"]', '["u"]'),
            Problem('there is no theme "u"', line=5, key="resources[1].themes"),
        ),
        (
            RESOURCE + 'part_of = "whole"\n',
            Problem('there is no resource "whole"', line=6, key="resources[1].part_of"),
        ),
        (
            RESOURCE + 'part_of = "r"\n',
            Problem("a resource is no part of itself", line=6, key="resources[1].part_of"),
        ),
        (
            DETAILS.replace('resource = "r"', 'resource = "s"'),
            Problem(
                'there is no resource "s"',
                line=7,
                key="webinars[1].further_reading[1].resource",
            ),
        ),
        (
            DETAILS.replace("alliances", "gateaux"),
            Problem(
                'there is no webinar "apprendre-a-faire-gateaux" in a cycle of 2019: '
                "import the cycle first",
                line=2,
                key="webinars[1].slug",
            ),
        ),
        (
            DETAILS.replace("2019-04-18", "2020-04-18"),
            Problem(
                'there is no webinar "apprendre-a-faire-alliances" in a cycle of 2020: '
                "import the cycle first",
                line=2,
                key="webinars[1].slug",
            ),
        ),
        (
            RESOURCE + 'step = "courir"\n',
            Problem(
                '"courir" is not known here: one of comprendre, s\'approprier, agir',
                line=6,
                key="resources[1].step",
            ),
        ),
        (
            RESOURCE + 'entry_point = "porte"\n',
            Problem(
                '"porte" is not known here: one of cadre de référence, boîte à outils, '
                "méthodes, illustrations",
                line=6,
                key="resources[1].entry_point",
            ),
        ),
        (
            RESOURCE + 'status = "perdu"\n',
            Problem(
                '"perdu" is not known here: one of à paraître', line=6, key="resources[1].status"
            ),
        ),
        (
            RESOURCE.replace('kind = "guide"\n', ""),
            Problem("this key is needed and is not there", line=1, key="resources[1].kind"),
        ),
        (
            RESOURCE + 'url = "javascript:alert(1)"\n',
            Problem(
                "an address beginning with https:// or http:// is needed",
                line=6,
                key="resources[1].url",
            ),
        ),
        (
            RESOURCE + "month = 13\n",
            Problem(
                "input should be less than or equal to 12, not 13",
                line=6,
                key="resources[1].month",
            ),
        ),
        (
            DETAILS.replace("Parce que", "Parce\\u0000que"),
            Problem("control characters cannot stand here", line=4, key="webinars[1].why"),
        ),
        (
            THEME.replace('"T"', '"\\u001b[31mT"'),
            Problem(
                "line breaks and control characters cannot stand here",
                line=3,
                key="themes[1].title",
            ),
        ),
        (
            THEME + 'seven_needs = "yes"\n',
            Problem("true or false is needed, not 'yes'", line=4, key="themes[1].seven_needs"),
        ),
        (
            THEME + 'questions = "one"\n',
            Problem("a list in brackets is needed, not 'one'", line=4, key="themes[1].questions"),
        ),
        (
            'title = "something else"',
            Problem(
                "there is none of [[themes]], [[resources]], [[webinars]], [[replays]], "
                "[[questions]] in this file"
            ),
        ),
    ],
)
def test_a_fault_is_named_by_line_and_key_and_nothing_is_written(
    with_2019: Database, text: str, problem: Problem
) -> None:
    with with_2019.write() as session:
        bring(session, THEME, RESOURCE)
    new = THEME.replace('"t"', '"new"')
    assert refused(with_2019, new, text) == {"file2.toml": [problem]}


def test_a_circle_of_parts_is_named_where_the_files_close_it(with_2019: Database) -> None:
    def part(slug: str, of: str) -> str:
        return RESOURCE.replace('"r"', f'"{slug}"') + f'part_of = "{of}"\n'

    def fault(of: str, slug: str) -> list[Problem]:
        message = f'"{of}" is itself a part of "{slug}"'
        return [Problem(message, line=6, key="resources[1].part_of")]

    assert refused(with_2019, THEME, part("a", "b"), part("b", "c"), part("c", "a")) == {
        "file2.toml": fault("b", "a"),
        "file3.toml": fault("c", "b"),
        "file4.toml": fault("a", "c"),
    }
    with with_2019.write() as session:
        bring(session, THEME, RESOURCE, part("a", "r"), part("b", "a"))
    assert refused(with_2019, part("r", "b")) == {"file1.toml": fault("b", "r")}
    # What is in no circle once all files are read is no part of one.
    with with_2019.write() as session:
        bring(session, part("r", "b"), RESOURCE.replace('"r"', '"b"'))


def test_the_same_slug_twice_is_named_at_both_places(with_2019: Database) -> None:
    def twice(line: int) -> Problem:
        return Problem('"t" is there more than once', line=line, key="themes[1].slug")

    assert refused(with_2019, THEME, "\n" + THEME) == {
        "file1.toml": [twice(2)],
        "file2.toml": [twice(3)],
    }


def test_faults_of_three_files_are_told_at_once(with_2019: Database) -> None:
    wrong_year, wrong_why = RESOURCE + "year = 'x'\n", DETAILS.replace('"Parce que"', "1")
    found = refused(with_2019, "not TOML", THEME, wrong_year, wrong_why)
    assert {name: [problem.line for problem in faults] for name, faults in found.items()} == {
        "file1.toml": [1],
        "file3.toml": [6],
        "file4.toml": [4],
    }


def test_the_same_reading_twice_keeps_its_order(with_2019: Database) -> None:
    more = DETAILS + '[[webinars.further_reading]]\nlabel = "Encore"\nresource = "r"\n'
    with with_2019.write() as session:
        bring(session, THEME, RESOURCE, more)
    with with_2019.read() as session:
        rows = session.scalars(sa.select(Reading).order_by(Reading.position))
        assert [(row.position, row.label) for row in rows] == [(1, "Outil"), (2, "Encore")]


def test_a_theme_that_is_said_twice_is_one(with_2019: Database) -> None:
    with with_2019.write() as session:
        bring(session, THEME, RESOURCE.replace('["t"]', '["t", "t"]'))
    assert state(with_2019)[1] == [("r", "R", ["t"])]


def trail(database: Database) -> list[tuple[object, object]]:
    with database.read() as session:
        rows = session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.act == AuditAct.LIBRARY_IMPORTED, AuditEntry.cycle_id.is_(None))
            .order_by(AuditEntry.id)
        )
        return [(row.before, row.after) for row in rows]


def test_what_an_import_makes_of_the_library_is_one_act_that_names_what_differs(
    database: Database,
) -> None:
    two = THEME + THEME.replace('"t"', '"u"')
    other = RESOURCE.replace('"R"', '"S"').replace('["t"]', '["u", "t"]')
    with database.write() as session:
        bring(session, two + RESOURCE)
        bring(session, two + RESOURCE)
        bring(
            session,
            THEME.replace('"T"', '"Un autre"')
            + other
            + 'step = "agir"\nurl = "https://example.org/r"\nauthors = ["A"]\n'
            + RESOURCE.replace('"r"', '"s"'),
        )
    first, second = trail(database)
    assert first == (
        {},
        {"themes": {"t": {"title": "T"}, "u": {"title": "T"}}, "resources": {"r": {"title": "R"}}},
    )
    before = {
        "title": "R",
        "authors": [],
        "url": None,
        "step": None,
        "themes": ["t"],
    }
    after = {
        "title": "S",
        "authors": ["A"],
        "url": "https://example.org/r",
        "step": "act",
        "themes": ["t", "u"],
    }
    assert second == (
        {"themes": {"t": {"title": "T"}}, "resources": {"r": before}},
        {
            "themes": {"t": {"title": "Un autre"}},
            "resources": {"r": after, "s": {"title": "R"}},
        },
    )


def test_details_alone_are_no_act_on_the_library(with_2019: Database) -> None:
    with with_2019.write() as session:
        bring(session, THEME + RESOURCE)
    with with_2019.write() as session:
        bring(session, DETAILS)
    assert len(trail(with_2019)) == 1
