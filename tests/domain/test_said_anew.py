"""What a later form says of a known person is offered to them, and holds once they press."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.domain.scoping import join
from tests.support import (
    ALICE,
    APRIL,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    load_library,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import audit, erasure, following, participants, said_anew
from webinars.domain.consent import NEWS
from webinars.domain.people import Person
from webinars.models import Participant

LATER = NOW + timedelta(minutes=30)
MORE = replace(
    ALICE,
    full_name="Alice Dupont-Roy",
    organisation="Mairie de Rennes",
    actor_category="local_authority",
    region="53",
    news=NEWS.version,
)
ALL_OF_IT = {
    "full_name": "Alice Dupont-Roy",
    "organisation": "Mairie de Rennes",
    "actor_category": "local_authority",
    "region": "53",
    "news": True,
}


@pytest.fixture
def known(database: Database) -> Database:
    """Alice is registered for March, with the two fields that are needed."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        load_library(session, "themes.toml")
        register(session, ALICE)
    return database


def alice(session: Session) -> Participant:
    found = participants.by_email(session, email=ALICE.email)
    assert found is not None
    return found


def follow(session: Session, who: Person) -> None:
    following.follow_theme(session, theme_slug=MARCH.slug, person=who, house=HOUSE, now=LATER)


def holds(session: Session) -> tuple[str, str | None, str | None, str | None, bool]:
    """What is known of Alice, and whether she asked for news."""
    of = alice(session)
    return (
        of.full_name,
        of.organisation,
        of.actor_category,
        of.region,
        of.news_since is not None,
    )


BEFORE = ("Alice Dupont", None, None, None, False)
AFTER = ("Alice Dupont-Roy", "Mairie de Rennes", "local_authority", "53", True)


def test_a_form_of_each_scope_offers_and_changes_nothing(known: Database) -> None:
    for form in (
        lambda session: register(session, MORE, webinar=APRIL.slug, now=LATER),
        lambda session: join(session, MORE, now=LATER),
        lambda session: register(session, MORE, now=LATER),
    ):
        with known.write() as session:
            form(session)
            assert said_anew.offered(alice(session)) == ALL_OF_IT
            assert holds(session) == BEFORE
            said_anew.forget(session, participant=alice(session))
            assert said_anew.offered(alice(session)) == {}
    with known.write() as session:
        follow(session, replace(ALICE, full_name="A. Dupont", news=NEWS.version))
        assert said_anew.offered(alice(session)) == {"full_name": "A. Dupont", "news": True}


def test_a_press_takes_it_over(known: Database) -> None:
    with known.write() as session:
        register(session, MORE, webinar=APRIL.slug, now=LATER)
        said_anew.take_over(session, participant=alice(session), now=LATER)
        assert holds(session) == AFTER
        assert (alice(session).news_since, alice(session).news_version) == (LATER, NEWS.version)
        assert alice(session).said_anew is None
        said_anew.take_over(session, participant=alice(session), now=LATER + timedelta(days=1))
        assert alice(session).news_since == LATER


def test_the_newest_word_on_each_field_is_offered(known: Database) -> None:
    with known.write() as session:
        register(session, MORE, webinar=APRIL.slug)
        register(session, replace(ALICE, region="11"), webinar=APRIL.slug, now=LATER)
        assert said_anew.offered(alice(session)) == {
            **{name: ALL_OF_IT[name] for name in ("organisation", "actor_category", "news")},
            "region": "11",
        }, "the name is what is known again; what was left empty takes nothing back"


def test_what_is_so_by_now_waits_no_more(known: Database) -> None:
    with known.write() as session:
        register(session, MORE, webinar=APRIL.slug)
        alice(session).organisation = "Mairie de Rennes"
        alice(session).news_since = LATER
        assert set(said_anew.offered(alice(session))) == {"full_name", "actor_category", "region"}


def test_who_is_new_or_says_nothing_new_is_offered_nothing(known: Database) -> None:
    with known.write() as session:
        register(session, ALICE, webinar=APRIL.slug)
        assert alice(session).said_anew is None
        with counted_queries(known) as asked:
            register(session, replace(MORE, email="new@example.org"), webinar=APRIL.slug)
        assert not [statement for statement in asked if "said_anew" in statement]


def test_it_goes_with_the_person(known: Database) -> None:
    with known.write() as session:
        register(session, MORE, webinar=APRIL.slug)
        who = alice(session)
        erasure.erase(session, participant=who, actor=audit.PARTICIPANT, host=HOST, now=LATER)
        assert who.said_anew is None
