"""What somebody asks the speakers with a form, with a second one too; none of it without end."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.scoping import A, M, Y, join, of
from tests.support import (
    ALICE,
    BOB,
    HOUSE,
    MARCH,
    NOW,
    counted_queries,
    in_threads,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import by_hand, registrations
from webinars.domain.asking import MOST
from webinars.domain.by_hand import AlreadyRegistered
from webinars.domain.registrations import Outcome
from webinars.models import Question


def asked(session: Session) -> list[tuple[str, str, str]]:
    """Webinar, person, question; in the order in which they were asked."""
    rows = session.scalars(sa.select(Question).order_by(Question.asked_at, Question.id))
    return [
        (row.webinar.slug, row.participant.email.partition("@")[0], row.text)
        for row in rows
        if row.participant is not None
    ]


def after(minutes: int):
    return NOW + timedelta(minutes=minutes)


def test_a_second_form_of_who_is_registered_keeps_its_question(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE)
        assert register(session, ALICE, question="Pourquoi ?", now=after(1)) is Outcome.ALREADY
        register(session, ALICE, question="Et comment ?", now=after(2))
        register(session, ALICE, now=after(3))
    with three.read() as session:
        assert asked(session) == [(M, "alice", "Pourquoi ?"), (M, "alice", "Et comment ?")]


def test_the_same_question_is_kept_once(three: Database) -> None:
    with three.write() as session:
        for number, text in enumerate(("Qui ?\r\nQuand ?", "Qui ?\nQuand ?", "Qui ? Quand  ?")):
            register(session, ALICE, question=text, now=after(number))
        register(session, BOB, question="Qui ? Quand ?", now=after(4))
        register(session, ALICE, webinar=Y, question="Qui ? Quand ?", now=after(5))
    with three.read() as session:
        assert asked(session) == [
            (M, "alice", "Qui ?\r\nQuand ?"),
            (M, "bob", "Qui ? Quand ?"),
            (Y, "alice", "Qui ? Quand ?"),
        ]


def test_a_person_asks_a_few_of_one_webinar(three: Database) -> None:
    """Whatever they do in between: leaving and coming back brings no more."""
    with three.write() as session:
        for number in range(MOST + 2):
            register(session, ALICE, question=f"Question {number}", now=after(number))
            registrations.cancel(
                session,
                participant=of(session),
                cycle_slug="2019",
                webinar_slug=M,
                house=HOUSE,
                now=after(number),
            )
        register(session, ALICE, webinar=Y, question="Une autre", now=after(60))
    with three.read() as session:
        assert asked(session) == [
            *((M, "alice", f"Question {number}") for number in range(MOST)),
            (Y, "alice", "Une autre"),
        ]


def test_many_forms_at_once_keep_no_more(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)

    def asks(number: int) -> None:
        with database.write() as session:
            register(session, ALICE, question=f"Question {number}", now=after(1))

    in_threads(asks, MOST + 3)
    with database.read() as session:
        assert len(asked(session)) == MOST


def test_the_question_of_a_whole_cycle_goes_to_the_next_webinar_of_the_form(
    three: Database,
) -> None:
    with three.write() as session:
        register(session, ALICE, webinar=A)
        join(session, without=frozenset({M}), question="Pourquoi ?")
        join(session, question="Et comment ?", now=after(1))
        assert join(session, question="Et après ?", now=after(2)) is Outcome.ALREADY
    with three.read() as session:
        assert asked(session) == [
            (A, "alice", "Pourquoi ?"),
            (M, "alice", "Et comment ?"),
            (M, "alice", "Et après ?"),
        ]


def test_what_an_organiser_types_for_who_is_registered_is_refused_as_a_whole(
    three: Database,
) -> None:
    def add(session: Session) -> None:
        by_hand.add(
            session,
            cycle_slug="2019",
            webinar_slug=M,
            person=replace(ALICE, full_name="Alice"),
            question="Pourquoi ?",
            tell=False,
            house=HOUSE,
            actor="orga@example.org",
            now=NOW,
        )

    with three.write() as session:
        add(session)
    with pytest.raises(AlreadyRegistered), three.write() as session:
        add(session)
    with three.read() as session:
        assert asked(session) == [(M, "alice", "Pourquoi ?")]


def test_who_is_new_costs_one_statement_for_their_question(three: Database) -> None:
    def statements(email: str, question: str | None) -> int:
        with counted_queries(three) as queries, three.write() as session:
            register(session, replace(ALICE, email=email), question=question)
        return len(queries)

    assert statements("b@example.org", "Pourquoi ?") == statements("a@example.org", None) + 1
