"""Resources beside questions, and questions that are asked from one's own page."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.voicing import DAY, END, OLIVIA, participant
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    MARCH,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import site
from webinars.domain.asking import ask_from_own_page
from webinars.domain.errors import NotFound
from webinars.domain.mentions import NoSuchResource
from webinars.domain.programme import Moment
from webinars.domain.question_joins import join_resource, part_resource
from webinars.domain.question_resources import Beside
from webinars.domain.questions import answer, publish_question, published_questions
from webinars.domain.resource_page import resource_page
from webinars.models import (
    AuditEntry,
    Question,
    Registration,
    RegistrationStatus,
    Resource,
    Webinar,
)

MOMENT = Moment.at(END, opens_minutes=15)
words = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where no statement differs between the kinds of database."""


@pytest.fixture
def asked(library: Database) -> Database:
    """Alice asks about March when she registers, and about nothing else."""
    with library.write() as session:
        published(session, plan_of(MARCH, APRIL))
        register(session, ALICE, question="Par où commencer ?")
    return library


def resources(session: Session) -> list[Resource]:
    return list(session.scalars(sa.select(Resource).order_by(Resource.position).limit(2)))


def act(session: Session, what: Any, resource: str, text: str = "Par où commencer ?") -> bool:
    number = session.scalars(sa.select(Question.id).where(Question.text == text)).one()
    done: bool = what(
        session,
        question_id=number,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        resource=resource,
        actor=OLIVIA,
        now=END,
    )
    return done


def moderate(session: Session, text: str) -> None:
    number = session.scalars(sa.select(Question.id).where(Question.text == text)).one()
    where: dict[str, Any] = {
        "question_id": number,
        "cycle_slug": "2019",
        "webinar_slug": MARCH.slug,
    }
    answer(session, **where, answer="Par là.", answered=True, actor=OLIVIA, now=END)
    publish_question(session, **where, published_text=text, actor=OLIVIA, now=END)


def shown(session: Session) -> list[tuple[str, str | None, tuple[Beside, ...]]]:
    """On the page of March."""
    march = session.scalars(sa.select(Webinar.id).where(Webinar.slug == MARCH.slug)).one()
    found = published_questions(session, webinar_id=march)
    return [(one.text, one.answer, one.resources) for one in found]


def test_a_question_leads_to_its_resources_and_they_to_it(asked: Database) -> None:
    with asked.write() as session:
        first, second = resources(session)
        moderate(session, "Par où commencer ?")
        before = site.version(session)
        assert act(session, join_resource, second.slug)
        assert act(session, join_resource, f" {first.title.upper()} ")
        assert not act(session, join_resource, first.slug)
        assert site.version(session) == before + 2
        beside = (Beside(first.slug, first.title), Beside(second.slug, second.title))
        assert shown(session) == [("Par où commencer ?", "Par là.", beside)]
        page = resource_page(session, slug=first.slug, moment=MOMENT)
        assert [(one.webinar.slug, one.question.text) for one in page.asked] == [
            (MARCH.slug, "Par où commencer ?")
        ]
        assert act(session, part_resource, first.slug)
        assert not act(session, part_resource, first.slug)
        assert resource_page(session, slug=first.slug, moment=MOMENT).asked == ()
        none, one, both = (
            {"resources": its} for its in ([], [second.slug], [first.slug, second.slug])
        )
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()[-3:]
        assert [(entry.act.value, entry.before, entry.after) for entry in entries] == [
            ("question_joined", none, one),
            ("question_joined", one, both),
            ("question_parted", both, one),
        ]


@words
def test_what_nobody_reads_yet_stands_nowhere(asked: Database) -> None:
    with asked.write() as session:
        first, _ = resources(session)
        before = site.version(session)
        act(session, join_resource, first.slug)
        assert (site.version(session), shown(session)) == (before, [])
        assert resource_page(session, slug=first.slug, moment=MOMENT).asked == ()
        with pytest.raises(NoSuchResource):
            act(session, join_resource, "no such thing")


@words
@pytest.mark.parametrize("after", [False, True])
def test_asked_from_ones_own_page_before_or_after_it_gets_there_too(
    asked: Database, after: bool
) -> None:
    now = END + DAY if after else NOW
    with asked.write() as session:
        if after:
            session.execute(sa.update(Registration).values(status=RegistrationStatus.ATTENDED))
        where: dict[str, Any] = {"cycle_slug": "2019", "webinar_slug": MARCH.slug, "now": now}
        alice = participant(session, ALICE)
        kept = [
            ask_from_own_page(session, participant=alice, text=text, **where)
            for text in ("Et ensuite ?", "Et  ensuite ?")
        ]
        assert kept == [True, False]
        moderate(session, "Et ensuite ?")
        act(session, join_resource, resources(session)[0].slug, "Et ensuite ?")
        assert [(text, len(beside)) for text, _, beside in shown(session)] == [("Et ensuite ?", 1)]
        confirmed = sa.select(Question.confirmed_at).where(Question.text == "Et ensuite ?")
        assert session.scalars(confirmed).one() == now


@words
def test_only_who_is_registered_asks(asked: Database) -> None:
    with asked.write() as session:
        register(session, BOB, webinar=APRIL.slug)
        bob = participant(session, BOB)
        for slug in (MARCH.slug, "nothing"):
            with pytest.raises(NotFound):
                ask_from_own_page(
                    session,
                    participant=bob,
                    cycle_slug="2019",
                    webinar_slug=slug,
                    text="Et moi ?",
                    now=END,
                )


@words
def test_a_page_costs_one_query_more_whatever_stands_beside_its_questions(asked: Database) -> None:
    seen = []
    for number in range(3):
        with asked.write() as session:
            if number == 1:
                moderate(session, "Par où commencer ?")
            if number == 2:
                for one in resources(session):
                    act(session, join_resource, one.slug)
            with counted_queries(asked) as queries:
                found = shown(session)
        seen.append((sum(len(beside) for *_, beside in found), len(queries) - 1))
    assert seen == [(0, 1), (0, 2), (2, 2)]
