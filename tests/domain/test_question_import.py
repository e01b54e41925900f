"""Published questions from files: found again or new and nobody’s; no person is touched."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.domain.reminding import HOUR
from tests.domain.test_replay_import import AT, RESOURCES, bring, state
from tests.support import ALICE, MARCH, NOW, counted_queries, plan_of, published, register
from webinars.db import Database
from webinars.domain.errors import Problem
from webinars.domain.library_import import Imported, import_library
from webinars.domain.library_reading import SourceFile, WrongFiles
from webinars.domain.questions import answer, publish_question, withdraw_question
from webinars.models import AuditAct, AuditEntry, Question

TEXT = "Qui finance ?"
ONE = f'[[questions]]\nwebinar = "2019/{MARCH.slug}"\ntext = "{TEXT}"\n'


@pytest.fixture
def asked(database: Database) -> Database:
    """Alice has asked about March, and nobody has answered."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        import_library(session, files=[SourceFile("r", RESOURCES)], now=NOW)
        register(session, ALICE, question=TEXT)
    return database


def publish(database: Database, *, withdraw: bool = False) -> None:
    where: dict[str, Any] = {
        "cycle_slug": "2019",
        "webinar_slug": MARCH.slug,
        "actor": "o",
        "now": NOW,
    }
    with database.write() as session:
        where["question_id"] = session.scalars(sa.select(Question.id)).one()
        answer(session, answer="La région.", answered=True, **where)
        publish_question(session, published_text=TEXT, **where)
        if withdraw:
            withdraw_question(session, **where)


def rows(database: Database) -> list[Question]:
    with database.read() as session:
        found = session.scalars(sa.select(Question).order_by(Question.id)).all()
        session.expunge_all()
        return list(found)


def acts(database: Database) -> list[AuditAct]:
    with database.read() as session:
        found = session.scalars(
            sa.select(AuditEntry.act)
            .where(AuditEntry.act.like("question%"))
            .order_by(AuditEntry.id)
        )
        return list(found)


def test_a_new_one_is_of_nobody_and_what_a_person_asked_in_the_same_words_stays_theirs(
    asked: Database,
) -> None:
    text = ONE + 'answer = "La région."\nasked_on = 2019-03-01\nresources = ["s", "r"]\n'
    assert bring(asked, text) == Imported(questions=1, changed=True)
    hers, new = rows(asked)
    assert (hers.published_at, hers.published_text, hers.answer) == (None, None, None)
    assert hers.participant_id is not None
    assert {name: getattr(new, name) for name in ("participant_id", "asked_as", "text")} == {
        "participant_id": None,
        "asked_as": None,
        "text": TEXT,
    }
    assert (new.asked_at, new.answered_at, new.published_at) == (
        datetime(2019, 2, 28, 23, tzinfo=UTC),
        AT,
        AT,
    )
    assert acts(asked) == [
        AuditAct.QUESTION_PUBLISHED,
        AuditAct.QUESTION_ANSWERED,
        AuditAct.QUESTION_JOINED,
    ]
    seen = state(asked)
    assert not bring(asked, text, now=AT + HOUR).changed
    assert state(asked) == seen


def test_one_that_is_there_gets_what_its_table_says_and_keeps_its_person(asked: Database) -> None:
    publish(asked)
    day = f"{ONE}asked_on = 2018-01-01\n"
    bring(asked, f'{day}answer = "L’État."\nresources = ["r"]\n')
    (row,) = rows(asked)
    assert (row.answer, row.answered_at, row.published_at) == ("L’État.", NOW, NOW)
    assert (row.participant_id is not None, row.asked_at) == (True, NOW)
    bring(asked, ONE)
    (row,) = rows(asked)
    assert (row.answer, row.answered_at, row.published_at) == (None, None, NOW)
    assert acts(asked)[2:] == [
        AuditAct.QUESTION_ANSWERED,
        AuditAct.QUESTION_JOINED,
        AuditAct.QUESTION_ANSWERED,
        AuditAct.QUESTION_PARTED,
    ]


def test_one_of_a_person_that_was_withdrawn_is_not_theirs_that_comes_back(asked: Database) -> None:
    publish(asked, withdraw=True)
    bring(asked, ONE)
    hers, new = rows(asked)
    assert (hers.published_at, new.participant_id) == (None, None)


def test_one_of_nobody_that_was_withdrawn_comes_back_as_itself(asked: Database) -> None:
    with asked.write() as session:
        session.execute(sa.delete(Question))
    bring(asked, ONE)
    (row,) = rows(asked)
    with asked.write() as session:
        withdraw_question(
            session,
            question_id=row.id,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            actor="o",
            now=AT,
        )
    bring(asked, ONE)
    assert [one.published_at for one in rows(asked)] == [AT]


def test_two_people_with_the_same_words_are_two(asked: Database) -> None:
    publish(asked)
    assert bring(asked, ONE + ONE).changed
    assert [one.participant_id is None for one in rows(asked)] == [False, True]
    assert not bring(asked, ONE + ONE).changed


def test_what_no_table_says_stays(asked: Database) -> None:
    publish(asked)
    assert not bring(asked, "questions = []\n").changed
    assert [one.published_at for one in rows(asked)] == [NOW]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            ONE.replace("2019/", "2018/"),
            Problem(
                f'there is no published webinar "2018/{MARCH.slug}": import its cycle and '
                "publish it first",
                2,
                "questions[1].webinar",
            ),
        ),
        (
            ONE.replace(TEXT, ""),
            Problem("a text is needed, not an empty one", 3, "questions[1].text"),
        ),
        (
            ONE.replace(TEXT, "x" * 2001),
            Problem("the text is too long: at most 2000 characters", 3, "questions[1].text"),
        ),
        (
            ONE + f"asked_on = {date(2019, 6, 2)}\n",
            Problem("this day lies in the future", 4, "questions[1].asked_on"),
        ),
        (
            ONE + "published_at = 2019-06-01T10:00:01Z\n",
            Problem("this instant lies in the future", 4, "questions[1].published_at"),
        ),
        (
            ONE + 'resources = ["r", "none"]\n',
            Problem('there is no resource "none"', 4, "questions[1].resources"),
        ),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_written(
    asked: Database, text: str, problem: Problem
) -> None:
    before = state(asked)
    with pytest.raises(WrongFiles) as error:
        bring(asked, text)
    assert error.value.by_file == {"x": [problem]}
    assert state(asked) == before


def test_the_same_in_two_files_is_refused(asked: Database) -> None:
    files = [SourceFile("a", ONE), SourceFile("b", ONE)]
    with pytest.raises(WrongFiles) as error, asked.write() as session:
        import_library(session, files=files, now=AT)
    problem = Problem("the same question stands in another of these files", 3, "questions[1].text")
    assert error.value.by_file == {"a": [problem], "b": [problem]}


def test_what_stands_beside_many_is_asked_once(asked: Database) -> None:
    counts = set()
    for number in (1, 3):
        text = "".join(
            ONE.replace(TEXT, f"{TEXT} {one}") + 'resources = ["s", "r"]\n' for one in range(number)
        )
        bring(asked, text)
        with counted_queries(asked) as queries:
            assert not bring(asked, text).changed
        counts.add(len(queries))
    assert len(counts) == 1
