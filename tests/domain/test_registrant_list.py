"""The organisers' list: words, filters, counts, pages, ranks; and all of it in little memory."""

import tracemalloc
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    BOB,
    CHARLIE,
    MARCH,
    NOW,
    counted_queries,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain.errors import NotFound
from webinars.domain.registrants import (
    PAGE,
    UNSAID,
    Filters,
    RegistrantPage,
    count_found,
    every_registrant,
    list_head,
    registrant_page,
)
from webinars.models import Participant, Registration, RegistrationStatus, Webinar

WHERE = {"cycle_slug": "2019", "webinar_slug": MARCH.slug}
HELENE = replace(ALICE, full_name="Hélène Müller", organisation="Mairie d’Étampes", region="11")
WAITING = RegistrationStatus.WAITLISTED


@pytest.fixture
def three(database: Database) -> Database:
    """One place for three people."""
    people = (
        HELENE,
        replace(BOB, actor_category="company", organisation="100 % [bois]_*"),
        replace(CHARLIE, actor_category="company", region="11"),
    )
    with database.write() as session:
        published(session, plan_of(MARCH, capacity=1))
        for number, one in enumerate(people):
            question = "Pourquoi ?" if one.email == BOB.email else None
            register(session, one, question=question, now=NOW + timedelta(seconds=number))
    return database


def crowd(database: Database, number: int) -> None:
    """So many people of one webinar; every second waits."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        webinar = session.scalars(sa.select(Webinar.id)).one()
        people = [
            {
                "id": one,
                "public_id": uuid.uuid4(),
                "email": f"person{one}@example.org",
                "full_name": f"Zoé Person {one}",
                "language": "fr",
                "page_generation": 1,
                "calendar_generation": 1,
                "created_at": NOW,
                "last_contact_at": NOW,
            }
            for one in range(1, number + 1)
        ]
        session.execute(sa.insert(Participant), people)
        rows = [
            {
                "participant_id": one,
                "webinar_id": webinar,
                "status": RegistrationStatus.CONFIRMED if one % 2 else WAITING,
                "registered_at": NOW + timedelta(seconds=one),
                "changed_at": NOW,
            }
            for one in range(1, number + 1)
        ]
        session.execute(sa.insert(Registration), rows)


def seen(database: Database, page: int = 1, **filters) -> RegistrantPage:
    with database.read() as session:
        return registrant_page(session, **WHERE, filters=Filters(**filters), page=page)


def names(found: RegistrantPage) -> list[str]:
    return [line.full_name.split()[0] for line in found.lines]


def test_in_the_order_of_arrival_with_ranks(three: Database) -> None:
    found = seen(three)
    assert [(line.full_name, line.status.value, line.position) for line in found.lines] == [
        ("Hélène Müller", "confirmed", None),
        ("Bob Martin", "waitlisted", 1),
        ("Charlie Petit", "waitlisted", 2),
    ]
    assert (found.found, found.page, found.pages) == (3, 1, 1)
    assert (found.head.confirmed, found.head.capacity) == (1, 1)


def test_nobody_and_nowhere(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
    found = seen(database, search="x")
    assert (found.lines, found.found, found.pages, found.counts.listed) == ((), 0, 1, 0)
    with database.read() as session, pytest.raises(NotFound):
        registrant_page(session, cycle_slug="2019", webinar_slug="no", filters=Filters())


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("helene", ["Hélène"]),
        ("HÉLÈNE", ["Hélène"]),
        ("muller etampes", ["Hélène"]),
        ("Étampes bob", []),
        ("example.org", ["Hélène", "Bob", "Charlie"]),
        ("EXAMPLE_org", []),
        ("100 % [bois]_*", ["Bob"]),
        ("[", ["Bob"]),
        ("]_*", ["Bob"]),
        ("?", []),
        (".", ["Hélène", "Bob", "Charlie"]),
        ("^$|\\", []),
        ("a\nb", ["Bob"]),
        ("\x00", ["Hélène", "Bob", "Charlie"]),
        ("🎉", []),
        ("petit " * 50, ["Charlie"]),
        ("İß", []),
    ],
)
def test_words(three: Database, search: str, expected: list[str]) -> None:
    assert names(seen(three, search=search)) == expected
    with three.read() as session:
        head = list_head(session, **WHERE)
        assert count_found(session, head=head, filters=Filters(search=search)) == len(expected)


@pytest.mark.parametrize("name", ["Cœur Æbersold", "COEUR Aebersold", "cœur aebersold"])
@pytest.mark.parametrize("search", ["coeur", "CŒUR", "cœ", "aebers", "ÆBERS", "cœ æbersold"])
def test_letters_that_are_also_written_as_two(three: Database, name: str, search: str) -> None:
    with three.write() as session:
        session.execute(
            sa.update(Participant)
            .where(Participant.full_name.startswith("Bob"))
            .values(organisation=f"Straße {name}")
        )
    assert names(seen(three, search=search)) == ["Bob"]
    assert names(seen(three, search="strasse")) == ["Bob"]


def test_filters_and_their_counts(three: Database) -> None:
    assert names(seen(three, status=WAITING)) == ["Bob", "Charlie"]
    assert names(seen(three, category="company", region="11")) == ["Charlie"]
    assert names(seen(three, category=UNSAID)) == ["Hélène"]
    found = seen(three, region=UNSAID, search="martin")
    assert (names(found), found.lines[0].position) == (["Bob"], 1)
    waiting = seen(three, status=WAITING, region="11")
    assert waiting.counts.statuses == {RegistrationStatus.CONFIRMED: 1, WAITING: 2}
    assert waiting.counts.categories == {"company": 2}
    assert waiting.counts.regions == {UNSAID: 1, "11": 1}
    assert (waiting.found, waiting.counts.listed) == (1, 2)
    assert waiting.lines[0].position == 2


def test_who_is_erased_is_not_listed(three: Database) -> None:
    with three.write() as session:
        session.execute(
            sa.update(Participant).where(Participant.email == BOB.email).values(erased_at=NOW)
        )
    found = seen(three)
    assert names(found) == ["Hélène", "Charlie"]
    assert found.lines[1].position == 1
    assert (found.found, names(seen(three, search="bob"))) == (2, [])


def test_page_by_page_at_a_fixed_cost(database: Database) -> None:
    crowd(database, 2 * PAGE + 3)
    with counted_queries(database) as first:
        assert len(seen(database).lines) == PAGE
    with counted_queries(database) as last:
        found = seen(database, page=99)
    assert (len(first), len(last)) == (5, 5)
    assert (found.page, found.pages, len(found.lines)) == (3, 3, 3)
    assert [line.position for line in found.lines] == [None, PAGE + 1, None]
    with counted_queries(database) as searching:
        found = seen(database, page=2, search="zoe")
    assert (found.found, len(searching)) == (2 * PAGE + 3, 5)
    assert found.lines[0].full_name == f"Zoé Person {PAGE + 1}"


def test_everybody_with_their_questions(three: Database) -> None:
    with three.read() as session:
        head = list_head(session, **WHERE)
        read = list(every_registrant(session, head=head, filters=Filters(status=WAITING)))
    assert [(one.full_name, one.position, asked) for one, asked in read] == [
        ("Bob Martin", 1, "Pourquoi ?"),
        ("Charlie Petit", 2, ""),
    ]


def test_everybody_is_read_in_little_memory(database: Database) -> None:
    crowd(database, 8000)
    with database.read() as session:
        head = list_head(session, **WHERE)
        tracemalloc.start()
        try:
            ranks = [
                one.position
                for one, _ in every_registrant(session, head=head, filters=Filters(status=WAITING))
            ]
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert ranks == list(range(1, 4001))
    assert peak < 4_000_000
