"""What people ask: answered, published without a name, withdrawn."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    NOW,
    counted_queries,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import audit, erasure, participants, questions, site
from webinars.domain.errors import ChangedMeanwhile, NotFound
from webinars.domain.question_list import (
    PAGE,
    QuestionPage,
    QuestionView,
    Show,
    open_count,
    open_counts,
    question_page,
)
from webinars.domain.questions import PublishedQuestion
from webinars.models import AuditEntry, Question, Webinar

LATER = NOW + timedelta(hours=1)
LAST = NOW + timedelta(hours=2)
ANNE = "anne@example.org"


@pytest.fixture
def asked(database: Database) -> Database:
    """Alice, Bob and Charlie ask about March, one after the other; Alice about April as well."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
        for number, who in enumerate((ALICE, BOB, CHARLIE)):
            at = NOW + timedelta(seconds=number)
            register(session, who, question=f"{who.full_name[0]} ?", now=at)
        register(session, ALICE, webinar=APRIL.slug, question="Et en avril ?")
    return database


def look(database: Database, webinar: str | None = None, **wanted: Any) -> QuestionPage:
    with database.read() as session:
        return question_page(session, cycle_slug="2019", webinar_slug=webinar, **wanted)


def views(database: Database) -> list[QuestionView]:
    """Of March."""
    return [one for _, its in look(database, MARCH.slug).groups for one in its]


def shown(database: Database) -> tuple[PublishedQuestion, ...]:
    """On the page of March."""
    with database.read() as session:
        march = session.scalars(sa.select(Webinar.id).where(Webinar.slug == MARCH.slug)).one()
        return questions.published_questions(session, webinar_id=march)


def number(database: Database, who: str = "A") -> int:
    with database.read() as session:
        return session.scalars(sa.select(Question.id).where(Question.text == f"{who} ?")).one()


def version(database: Database) -> int:
    with database.read() as session:
        return site.version(session)


def trail(database: Database) -> list[tuple[str, str | None, dict[str, object], dict[str, object]]]:
    with database.read() as session:
        rows = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.actor == ANNE).order_by(AuditEntry.id)
        )
        return [(row.act.value, row.subject, row.before, row.after) for row in rows]


def answer(database: Database, question: int, **values: object) -> None:
    given: dict[str, object] = {"answer": None, "answered": True, "now": LATER} | values
    with database.write() as session:
        questions.answer(
            session,
            question_id=question,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            actor=ANNE,
            **given,  # type: ignore[arg-type]
        )


def publish(database: Database, question: int, text: str, webinar: str = MARCH.slug) -> None:
    with database.write() as session:
        questions.publish_question(
            session,
            question_id=question,
            cycle_slug="2019",
            webinar_slug=webinar,
            published_text=text,
            actor=ANNE,
            now=LATER,
        )


def withdraw(database: Database, question: int, wording: str | None = None) -> None:
    with database.write() as session:
        questions.withdraw_question(
            session,
            question_id=question,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            wording=wording,
            actor=ANNE,
            now=LAST,
        )


def erase(database: Database, email: str) -> None:
    with database.write() as session:
        who = participants.by_email(session, email=email)
        assert who is not None
        erasure.erase(session, participant=who, actor=audit.PARTICIPANT, host=HOST, now=LAST)


def test_the_open_ones_stand_first(asked: Database) -> None:
    answer(asked, number(asked, "A"))
    assert [view.text for view in views(asked)] == ["B ?", "C ?", "A ?"]
    whole = look(asked)
    assert [(one.slug, len(its)) for one, its in whole.groups] == [(MARCH.slug, 3), (APRIL.slug, 1)]
    assert whole.counts == {Show.ALL: 4, Show.OPEN: 3, Show.ANSWERED: 1, Show.PUBLISHED: 0}
    with asked.read() as session:
        assert open_counts(session) == {"2019": {MARCH.slug: 2, APRIL.slug: 1}}
        assert open_count(session, cycle_slug="2019", webinar_slug=MARCH.slug) == 2


def test_a_webinar_without_questions_is_there_when_it_is_asked_for(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    assert views(database) == []
    assert look(database).groups == ()
    with pytest.raises(NotFound):
        look(database, "no-such")
    with pytest.raises(NotFound), database.read() as session:
        question_page(session, cycle_slug="2020")


def test_the_queries_do_not_grow_with_the_questions(asked: Database) -> None:
    with counted_queries(asked) as few:
        look(asked)
    with asked.write() as session:
        for one in range(20):
            register(session, person(one), question="Encore ?")
    with counted_queries(asked) as many:
        assert look(asked).counts[Show.OPEN] == 24
    assert len(many) == len(few)


def texts(found: QuestionPage) -> list[str]:
    return [one.text for _, its in found.groups for one in its]


def test_page_by_page(asked: Database) -> None:
    """Those of a webinar go on over the pages; after the last page comes the last page."""
    with asked.write() as session:
        for one in range(PAGE - 2):
            at = NOW + timedelta(minutes=1, seconds=one)
            register(session, person(one), question=f"Question {one} ?", now=at)
    first, second = look(asked), look(asked, page=2)
    assert (first.page, first.pages, second.page, second.pages) == (1, 2, 2, 2)
    assert texts(first)[:4] == ["A ?", "B ?", "C ?", "Question 0 ?"]
    assert len(texts(first)) == PAGE
    assert [(one.slug, len(its)) for one, its in second.groups] == [
        (MARCH.slug, 1),
        (APRIL.slug, 1),
    ]
    assert texts(second) == [f"Question {PAGE - 3} ?", "Et en avril ?"]
    assert second.counts == first.counts
    assert look(asked, page=99) == second
    assert look(asked, page=-1) == first
    with counted_queries(asked) as queries:
        look(asked, page=2)
    assert len(queries) == 6


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        (Show.ALL, ["B ?", "C ?", "A ?", "Et en avril ?"]),
        (Show.OPEN, ["B ?", "C ?", "Et en avril ?"]),
        (Show.ANSWERED, ["A ?"]),
        (Show.PUBLISHED, ["A ?"]),
    ],
)
def test_those_that_are_asked_for(asked: Database, show: Show, expected: list[str]) -> None:
    answer(asked, number(asked, "A"))
    publish(asked, number(asked, "A"), "Rien ?")
    found = look(asked, show=show)
    assert texts(found) == expected
    assert found.counts == {Show.ALL: 4, Show.OPEN: 3, Show.ANSWERED: 1, Show.PUBLISHED: 1}


def test_words_are_looked_for_in_the_question_and_its_asker(asked: Database) -> None:
    assert texts(look(asked, search="AVRÎL")) == ["Et en avril ?"]
    assert texts(look(asked, search="alice dupont")) == ["A ?", "Et en avril ?"]
    assert look(asked, search="alice dupont").counts[Show.OPEN] == 2
    assert texts(look(asked, MARCH.slug, search="%")) == []
    erase(asked, ALICE.email)
    assert texts(look(asked, search="alice")) == []


def test_one_that_has_to_be_there_is_there(asked: Database) -> None:
    alices = number(asked, "A")
    assert texts(look(asked, including=alices)) == ["A ?", "B ?", "C ?", "Et en avril ?"]
    assert texts(look(asked, show=Show.ANSWERED, including=alices)) == ["A ?"]
    assert texts(look(asked, MARCH.slug, search="Bob", including=alices)) == ["A ?", "B ?"]
    for webinar, wrong in ((APRIL.slug, alices), (None, 999_999)):
        with pytest.raises(NotFound):
            look(asked, webinar, including=wrong)


def test_answered_published_changed_and_withdrawn(asked: Database) -> None:
    alices = number(asked)
    before = version(asked)
    answer(asked, alices, answer="Oui.")
    assert version(asked) == before  # nobody sees it yet
    publish(asked, alices, "Est-ce vrai ?")
    assert shown(asked) == (PublishedQuestion("Est-ce vrai ?", "Oui.", answered=True),)
    assert version(asked) == before + 1
    publish(asked, alices, "Est-ce vrai ?")
    answer(asked, alices, answer="Oui.", now=LAST)
    assert version(asked) == before + 1  # the same once more
    answer(asked, alices, answer="Non.", now=LAST)
    assert version(asked) == before + 2
    withdraw(asked, alices)
    withdraw(asked, alices)
    assert version(asked) == before + 3
    assert shown(asked) == ()
    (view,) = [one for one in views(asked) if one.id == alices]
    assert (view.answer, view.answered_at, view.wording, view.published_at) == (
        "Non.",
        LATER,
        "Est-ce vrai ?",
        None,
    )
    assert trail(asked) == [
        ("question_answered", str(alices), {"answered": False}, {"answered": True}),
        ("question_published", str(alices), {"published": False}, {"published": True}),
        ("question_answered", str(alices), {"answered": True}, {"answered": True}),
        ("question_withdrawn", str(alices), {"published": True}, {"published": False}),
    ]


def test_an_answered_question_can_be_opened_again(asked: Database) -> None:
    answer(asked, number(asked))
    answer(asked, number(asked), answered=False)
    assert look(asked).counts[Show.OPEN] == 4
    assert trail(asked)[-1][2:] == ({"answered": True}, {"answered": False})


def test_a_wording_is_kept_until_it_is_published(asked: Database) -> None:
    alices = number(asked)
    answer(asked, alices, answered=False, wording="Sans nom ?")
    assert [view.wording for view in views(asked)] == ["Sans nom ?", None, None]
    answer(asked, alices, answered=False, wording="A ?")  # as it was asked: nothing to keep
    assert [view.wording for view in views(asked)] == [None] * 3
    assert trail(asked) == []
    publish(asked, alices, "Une ?")
    answer(asked, alices, answered=False, wording="Deux ?")
    assert [one.text for one in shown(asked)] == ["Une ?"]
    withdraw(asked, alices, "Trois ?")
    assert views(asked)[0].wording == "Trois ?"


def test_who_saw_an_older_state_is_told(asked: Database) -> None:
    alices = number(asked)
    seen = views(asked)[0].mark
    answer(asked, alices, answer="Oui.", seen=seen)
    with pytest.raises(ChangedMeanwhile):
        answer(asked, alices, answer="Non.", seen=seen)
    assert [view.answer for view in views(asked)] == [None, None, "Oui."]


def test_a_question_of_another_webinar_is_not_found(asked: Database) -> None:
    with pytest.raises(NotFound):
        publish(asked, number(asked), "?", webinar=APRIL.slug)
    with pytest.raises(NotFound):
        publish(asked, 999, "?")
    assert shown(asked) == ()


def test_erasing_takes_the_question_and_leaves_what_was_published(asked: Database) -> None:
    publish(asked, number(asked, "B"), "Sans nom ?")
    withdraw(asked, number(asked, "B"))
    publish(asked, number(asked, "A"), "Est-ce vrai ?")
    alices = number(asked)
    erase(asked, ALICE.email)
    erase(asked, BOB.email)
    published_one, charlies = views(asked)
    assert charlies.asker == CHARLIE.full_name
    assert (published_one.id, published_one.asker, published_one.organisation) == (
        alices,
        None,
        None,
    )
    assert published_one.text == "Est-ce vrai ?"
    assert shown(asked) == (PublishedQuestion("Est-ce vrai ?", None, answered=False),)
    assert [one.slug for one, _ in look(asked).groups] == [MARCH.slug]
