"""A question of a form is somebody's once they say so; until then it is shown as it was typed."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.domain.scoping import PROVING, join
from tests.support import ALICE, APRIL, HOUSE, MARCH, MAY, NOW, plan_of, published, register
from webinars.db import Database
from webinars.domain import (
    asking,
    by_hand,
    confirming,
    participants,
    questions,
    registrations,
    said_anew,
    whole_cycle,
)
from webinars.domain.errors import NotFound
from webinars.domain.question_list import Show, question_page
from webinars.models import Participant, Question

LATER = NOW + timedelta(minutes=30)
STRANGER = replace(ALICE, full_name="Robin Inconnu")


@pytest.fixture
def three(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
    return database


def alice(session: Session) -> Participant:
    found = participants.by_email(session, email=ALICE.email)
    assert found is not None
    return found


def seen(session: Session) -> list[tuple[str, str | None, str | None, bool]]:
    """What organisers see: the words, who asks, whose address it is, whether it is confirmed."""
    session.expire_all()
    page = question_page(session, cycle_slug="2019")
    return [(q.text, q.asker, q.known_as, q.confirmed) for _, its in page.groups for q in its]


def test_a_stranger_is_not_shown_as_the_known_person(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE)
        alice(session).proven_at = NOW
        register(session, STRANGER, question="Insulte ?", now=LATER)
        register(session, ALICE, question="Pourquoi ?", now=LATER + timedelta(seconds=1))
        assert seen(session) == [
            ("Insulte ?", "Robin Inconnu", "Alice Dupont", False),
            ("Pourquoi ?", "Alice Dupont", None, False),
        ], "her address was proven before, and not by these forms"
        page = question_page(session, cycle_slug="2019", search="Robin")
        assert page.counts[Show.ALL] == 1
        assert page.doubts


@pytest.mark.parametrize("scope", ["webinar", "all", "cycle"])
def test_confirming_the_form_confirms_what_was_asked_with_it(three: Database, scope: str) -> None:
    with three.write() as session:
        if scope == "cycle":
            join(session, question="Pourquoi ?", house=PROVING)
        else:
            register(session, ALICE, question="Pourquoi ?", house=PROVING)
        register(session, STRANGER, question="Insulte ?", house=PROVING, now=LATER)
        assert [confirmed for *_, confirmed in seen(session)] == [False, False]
        if scope == "webinar":
            registrations.confirm(
                session,
                participant=alice(session),
                cycle_slug="2019",
                webinar_slug=MARCH.slug,
                house=PROVING,
                now=LATER,
            )
        elif scope == "all":
            confirming.confirm_all(session, participant=alice(session), house=PROVING, now=LATER)
        else:
            whole_cycle.confirm_for_cycle(
                session, participant=alice(session), cycle_slug="2019", house=PROVING, now=LATER
            )
        assert seen(session) == [
            ("Pourquoi ?", "Alice Dupont", None, True),
            ("Insulte ?", "Robin Inconnu", "Alice Dupont", False),
        ]


def test_one_registration_confirms_nothing_about_another(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE, question="Pourquoi ?", house=PROVING)
        register(session, ALICE, webinar=APRIL.slug, question="Et ?", house=PROVING)
        registrations.confirm(
            session,
            participant=alice(session),
            cycle_slug="2019",
            webinar_slug=APRIL.slug,
            house=PROVING,
            now=LATER,
        )
        assert [(text, confirmed) for text, _, _, confirmed in seen(session)] == [
            ("Pourquoi ?", False),
            ("Et ?", True),
        ]


def test_they_own_or_disown_each(three: Database) -> None:
    with three.write() as session:
        register(session, STRANGER, question="Une ?")
        register(session, ALICE, question="Deux ?", now=LATER)
        register(session, ALICE, question="Trois ?", now=LATER)
        who = alice(session)
        one, two, three_ = asking.doubtful(session, participant=who)
        assert [(q.text, q.title, q.asked_as) for q in (one, two, three_)] == [
            ("Une ?", MARCH.title, None),
            ("Deux ?", MARCH.title, "Alice Dupont"),
            ("Trois ?", MARCH.title, "Alice Dupont"),
        ], "the address is known under the name that came first"
        asking.own(session, participant=who, question_id=two.id, now=LATER)
        asking.disown(session, participant=who, question_id=one.id)
        assert seen(session) == [
            ("Deux ?", "Robin Inconnu", None, True),
            ("Trois ?", "Alice Dupont", "Robin Inconnu", False),
        ]
        said_anew.take_over(session, participant=who, now=LATER)
        assert seen(session)[1] == ("Trois ?", "Alice Dupont", None, True)
        assert asking.doubtful(session, participant=who) == ()
        for gone in (one.id, two.id, 10**8):
            with pytest.raises(NotFound):
                asking.disown(session, participant=who, question_id=gone)


def test_of_what_is_published_the_words_stay_as_nobodys(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE, question="Pourquoi ?")
        (one,) = asking.doubtful(session, participant=alice(session))
        questions.publish_question(
            session,
            question_id=one.id,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            published_text="Pourquoi, en somme ?",
            actor="orga@example.org",
            now=LATER,
        )
        asking.disown(session, participant=alice(session), question_id=one.id)
        assert seen(session) == [("Pourquoi, en somme ?", None, None, True)]


def test_a_question_of_somebody_else_is_not_theirs_to_own(three: Database) -> None:
    with three.write() as session:
        register(session, ALICE)
        register(session, replace(STRANGER, email="robin@example.org"), question="La mienne ?")
        other = session.scalars(sa.select(Question.id)).one()
        for act in (asking.disown, lambda *a, **k: asking.own(*a, now=LATER, **k)):
            with pytest.raises(NotFound):
                act(session, participant=alice(session), question_id=other)


def test_an_organiser_vouches_for_what_they_type(three: Database) -> None:
    with three.write() as session:
        by_hand.add(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            person=ALICE,
            question="Pourquoi ?",
            tell=False,
            house=HOUSE,
            actor="orga@example.org",
            now=NOW,
        )
        assert seen(session) == [("Pourquoi ?", "Alice Dupont", None, True)]
