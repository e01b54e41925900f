"""Files of the library are read while the desk acts: one after the other, whoever began."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.halfway import Act, meanwhile, on_postgresql
from tests.domain.test_replay_import import AT, BARE, chapter, found
from tests.support import ALICE, APRIL, HOST, MARCH, NOW, plan_of, published, register
from webinars.db import Database
from webinars.domain import planning, publication, replay_acts
from webinars.domain.chapter_lines import Moment
from webinars.domain.editing import Editor
from webinars.domain.errors import ChangedMeanwhile
from webinars.domain.library_beside import Beside
from webinars.domain.library_import import AddedMeanwhile, Imported, import_library
from webinars.domain.library_reading import SourceFile, WrongFiles
from webinars.domain.mentions import link_resource
from webinars.domain.questions import answer, publish_question
from webinars.domain.resource_edit import PartOfItself, edit_resource, edited_resource
from webinars.domain.resource_removal import removal, remove_resource
from webinars.domain.theme_edit import edit_theme, edited_theme
from webinars.domain.uploads import NewFile
from webinars.models import Chapter, DroppedUpload, Question, Resource, Upload

OLIVIA = "olivia@example.org"
THEME = '[[themes]]\nslug = "t"\ntitle = "T"\n'
OTHER_THEME = THEME.replace('"T"', '"Un autre"')
RESOURCE = '[[resources]]\nslug = "r"\ntitle = "R"\nkind = "guide"\nthemes = ["t"]\n'
DOCUMENT = RESOURCE + 'document = "c.pdf"\n'
REPLAYS = "".join(
    f"{BARE.replace(MARCH.slug, slug)}{chapter('0:10', 'Un', chr(34) + 'r' + chr(34))}"
    for slug in (MARCH.slug, APRIL.slug)
)
QUESTION = f'[[questions]]\nwebinar = "2019/{MARCH.slug}"\ntext = "Qui ?"\nanswer = "Eux."\n'
PLAN = plan_of(replace(MARCH, theme="t"), APRIL)


@pytest.fixture
def full(database: Database) -> Database:
    """A theme of March, a resource, a replay of each webinar, a question that is public."""
    with database.write() as session:
        _bring(session, THEME + RESOURCE + RESOURCE.replace('"r"', '"s"'))
        published(session, PLAN)
        _bring(session, REPLAYS)
        register(session, ALICE, question="Qui ?")
        publish_question(session, published_text="Qui ?", **_where(session))
    return database


def _bring(session: Session, text: str, beside: Beside | None = None) -> Imported:
    files = [SourceFile("x", text)]
    return import_library(session, files=files, now=AT, beside=beside or found(text))


def bringing(text: str, beside: Beside | None = None) -> Act:
    return lambda session: _bring(session, text, beside)


def _where(session: Session) -> dict[str, Any]:
    return {
        "question_id": session.scalars(sa.select(Question.id)).one(),
        "cycle_slug": "2019",
        "webinar_slug": MARCH.slug,
        "actor": OLIVIA,
        "now": NOW,
    }


def answered(session: Session) -> None:
    answer(session, answer="Nous.", answered=True, **_where(session))


def renamed(session: Session) -> bool:
    theme = edited_theme(session, slug="t")
    fields = replace(theme.fields, title="Le sien")
    return edit_theme(session, slug="t", fields=fields, seen=theme.mark, actor=OLIVIA, now=NOW)


def in_chapters(session: Session) -> None:
    replay_acts.set_chapters(
        session,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        chapters=(Moment(20, "Deux"),),
        editor=Editor(OLIVIA, NOW),
    )


def made_public(session: Session) -> int:
    plan = replace(PLAN, sessions=tuple(replace(one, capacity=7) for one in PLAN.sessions))
    planning.save_draft(session, plan=plan, now=NOW)
    return publication.publish(session, cycle_slug="2019", host=HOST, now=NOW).revision


def linked(session: Session) -> bool:
    return link_resource(
        session,
        cycle_slug="2019",
        webinar_slug=APRIL.slug,
        chapter_id=session.scalars(sa.select(sa.func.max(Chapter.id))).one(),
        resource_slug="s",
        actor=OLIVIA,
        now=NOW,
    )


@on_postgresql
@pytest.mark.parametrize(
    ("text", "after", "act", "gives"),
    [
        (OTHER_THEME + REPLAYS.replace("Un", "Deux"), "SELECT webinars", renamed, ChangedMeanwhile),
        (REPLAYS.replace("Un", "Deux") + QUESTION, "UPDATE site_state", answered, None),
        (OTHER_THEME + DOCUMENT, "UPDATE site_state", in_chapters, None),
        (OTHER_THEME + DOCUMENT, "UPDATE site_state", made_public, 2),
        (REPLAYS.replace("Un", "Deux"), "UPDATE site_state", linked, True),
    ],
    ids=["theme", "answer", "chapters", "publish", "link"],
)
def test_the_desk_acts_while_files_are_read(
    full: Database, text: str, after: str, act: Act, gives: object
) -> None:
    brought, other = meanwhile(full, bringing(text), after=after, second=act)
    assert isinstance(brought, Imported), brought
    assert brought.changed
    assert (type(other) if isinstance(other, Exception) else other) == gives


@on_postgresql
def test_files_are_read_while_a_resource_goes_from_its_parts(full: Database) -> None:
    part = RESOURCE.replace('"R"', '"Une partie"')
    with full.write() as session:
        _bring(session, part + 'part_of = "s"\n')
        seen = removal(session, slug="s").mark

    def removed(session: Session) -> None:
        remove_resource(session, slug="s", seen=seen, actor=OLIVIA, now=NOW)

    gone, brought = meanwhile(full, removed, after="SELECT resources", second=bringing(RESOURCE))
    assert (gone, brought) == (None, Imported(resources=1, changed=True))


def part(slug: str, *, of: str) -> Act:
    def act(session: Session) -> bool:
        found_ = edited_resource(session, slug=slug)
        return edit_resource(
            session,
            slug=slug,
            fields=replace(found_.fields, part_of=of),
            seen=found_.mark,
            actor=OLIVIA,
            now=NOW,
        )

    return act


def wholes(database: Database) -> dict[str, str | None]:
    with database.read() as session:
        return dict(session.execute(sa.select(Resource.slug, Resource.part_of)).all())


@on_postgresql
@pytest.mark.parametrize(("one", "other"), [("r", "s"), ("s", "r")])
@pytest.mark.parametrize("after", ["SELECT resources.id \nFROM", "UPDATE resources"])
def test_two_resources_do_not_become_parts_of_each_other(
    full: Database, one: str, other: str, after: str
) -> None:
    done = meanwhile(full, part(one, of=other), after=after, second=part(other, of=one))
    assert [type(each) if isinstance(each, Exception) else each for each in done] == [
        True,
        PartOfItself,
    ]
    assert wholes(full) == {one: other, other: None}


@on_postgresql
def test_files_make_no_part_of_what_becomes_a_part_of_it(full: Database) -> None:
    text = RESOURCE + 'part_of = "s"\n'
    done, refused = meanwhile(
        full, part("s", of="r"), after="UPDATE resources", second=bringing(text)
    )
    assert (done, type(refused)) == (True, WrongFiles)
    assert wholes(full) == {"r": None, "s": "r"}


@on_postgresql
@pytest.mark.parametrize(
    ("text", "after"),
    [
        (RESOURCE.replace('["t"]', "[]"), "INSERT INTO resources"),
        (THEME, "INSERT INTO themes"),
    ],
    ids=["resource", "theme"],
)
def test_two_that_bring_the_same_new_address(database: Database, text: str, after: str) -> None:
    brought, refused = meanwhile(database, bringing(text), after=after, second=bringing(text))
    assert isinstance(brought, Imported), brought
    assert type(refused) is AddedMeanwhile
    with database.write() as session:
        assert not _bring(session, text).changed


def _file(name: str, number: int) -> NewFile:
    return NewFile(f"{number:032x}", name, "application/pdf", 1, f"{number:064x}")


A, B, C = (_file(f"{name}.pdf", number) for name, number in (("a", 1), ("b", 2), ("c", 3)))


def documented(file: NewFile) -> Act:
    def act(session: Session) -> bool:
        found_ = edited_resource(session, slug="r")
        return edit_resource(
            session,
            slug="r",
            fields=found_.fields,
            seen=found_.mark,
            actor=OLIVIA,
            now=NOW,
            document=file,
        )

    return act


def beside(*, received: bool) -> Beside:
    """The edge has found c.pdf, and has received it where another one was there."""
    (spot,) = found(DOCUMENT).sums
    return Beside(sums={spot: C.sha256}, received={spot: C} if received else {})


def kept(database: Database) -> tuple[Sequence[str], Sequence[str]]:
    """The names of the documents that are there, and the keys of those that were dropped."""
    with database.read() as session:
        return (
            session.scalars(sa.select(Upload.name)).all(),
            session.scalars(sa.select(DroppedUpload.key).order_by(DroppedUpload.key)).all(),
        )


@on_postgresql
@pytest.mark.parametrize(
    ("before", "gives", "there", "dropped"),
    [
        (None, Imported, "c.pdf", [B.key]),
        (A, Imported, "c.pdf", [A.key, B.key]),
        (C, ChangedMeanwhile, "b.pdf", [C.key]),
    ],
    ids=["none", "another", "the same"],
)
def test_files_bring_a_document_while_an_organiser_does(
    full: Database, before: NewFile | None, gives: type, there: str, dropped: list[str]
) -> None:
    if before is not None:
        with full.write() as session:
            documented(before)(session)
    second = bringing(DOCUMENT, beside(received=before is not C))
    by_hand, brought = meanwhile(full, documented(B), after="INSERT INTO uploads", second=second)
    assert (by_hand, type(brought)) == (True, gives)
    assert kept(full) == ([there], dropped)
