"""A list brought into a webinar: the preview says exactly what the act then does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    HOUSE,
    MARCH,
    NOW,
    count,
    counted_queries,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import participants, registrations
from webinars.domain.errors import DomainError, NotFound, WebinarCancelled, WebinarOver
from webinars.domain.list_files import ListRow
from webinars.domain.list_import import Fate, ImportPreview, import_list, preview_import
from webinars.models import (
    AuditAct,
    AuditEntry,
    MailKind,
    OutboxMail,
    Participant,
    Question,
    Registration,
    RegistrationStatus,
    Webinar,
    WebinarStatus,
)

START = datetime.fromisoformat("2019-03-21T12:00:00+00:00")
EDITOR = "anne@example.org"


def row(line: int, email: str, full_name: str = "Somebody", **values: str) -> ListRow:
    return ListRow(line, {"email": email, "full_name": full_name, **values})


def crowd(number: int) -> list[ListRow]:
    return [row(n + 2, f"crowd{n}@example.org", f"Crowd {n}") for n in range(number)]


@pytest.fixture
def two_places(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=2))
    return database


@pytest.fixture
def open_house(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL))
    return database


def preview(
    database: Database, rows: Sequence[ListRow], *, webinar: str = MARCH.slug, now: datetime = NOW
) -> ImportPreview:
    with database.read() as session:
        return preview_import(session, cycle_slug="2019", webinar_slug=webinar, rows=rows, now=now)


def bring_in(
    database: Database,
    rows: Sequence[ListRow],
    *,
    webinar: str = MARCH.slug,
    mails: bool = True,
    now: datetime = NOW,
) -> ImportPreview:
    with database.write() as session:
        return import_list(
            session,
            cycle_slug="2019",
            webinar_slug=webinar,
            rows=rows,
            mails=mails,
            actor=EDITOR,
            host=HOST,
            now=now,
        )


def fates(found: ImportPreview) -> list[tuple[int, str]]:
    return [(line.row.line, line.fate.value) for line in found.lines]


def standing(session: Session, webinar: str = MARCH.slug) -> list[tuple[str, str]]:
    """Addresses and status in the order of arrival."""
    rows = session.execute(
        sa.select(Participant.email, Registration.status)
        .join(Participant, Participant.id == Registration.participant_id)
        .join(Webinar, Webinar.id == Registration.webinar_id)
        .where(Webinar.slug == webinar)
        .order_by(Registration.registered_at, Registration.id)
    )
    return [(email, status.value) for email, status in rows]


def mails(session: Session) -> list[tuple[str, str]]:
    found = session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id))
    return sorted((mail.recipient.email, mail.kind.value) for mail in found)


def webinar_of(session: Session, slug: str = MARCH.slug) -> Webinar:
    return session.scalars(sa.select(Webinar).where(Webinar.slug == slug)).one()


def everything(database: Database) -> tuple[int, ...]:
    with database.read() as session:
        tables = (Participant, Registration, OutboxMail, Question, AuditEntry)
        return tuple(count(session, table) for table in tables)


def test_in_the_order_of_the_list_while_there_are_places(two_places: Database) -> None:
    rows = [
        row(2, "zoe@example.org", "Zoé Zola", region="Bretagne", question="Comment ?"),
        row(3, "anne@example.org", organisation="La Ruche", actor_category="Association"),
        row(4, "mia@example.org", language="English"),
    ]
    seen = preview(two_places, rows)
    assert seen.places == 2
    assert everything(two_places)[:4] == (0, 0, 0, 0)
    done = bring_in(two_places, rows)
    assert done == seen
    assert fates(done) == [(2, "confirmed"), (3, "confirmed"), (4, "waitlisted")]
    with two_places.read() as session:
        assert standing(session) == [
            ("zoe@example.org", "confirmed"),
            ("anne@example.org", "confirmed"),
            ("mia@example.org", "waitlisted"),
        ]
        assert webinar_of(session).confirmed_count == 2
        assert mails(session) == [
            ("anne@example.org", "confirmation"),
            ("mia@example.org", "waiting_list"),
            ("zoe@example.org", "confirmation"),
        ]
        people = session.scalars(sa.select(Participant).order_by(Participant.email)).all()
        assert [
            (one.full_name, one.organisation, one.actor_category, one.region, one.language)
            for one in people
        ] == [
            ("Somebody", "La Ruche", "association", None, "fr"),
            ("Somebody", None, None, None, "en"),
            ("Zoé Zola", None, None, "53", "fr"),
        ]
        assert [(q.text, q.participant_id) for q in session.scalars(sa.select(Question))] == [
            ("Comment ?", people[2].id)
        ]


def test_the_trail_counts_and_names_nobody(two_places: Database) -> None:
    bring_in(two_places, [*crowd(3), row(9, "crowd1@example.org"), row(10, "x")], mails=False)
    with two_places.read() as session:
        entry = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act == AuditAct.LIST_IMPORTED)
        ).one()
        assert (entry.actor, entry.subject, entry.before) == (EDITOR, None, {})
        assert entry.after == {
            "lines": 5,
            "mails": False,
            "confirmed": 2,
            "waitlisted": 1,
            "double": 1,
            "refused": 1,
        }
        assert [one.slug for one in entry.webinars] == [MARCH.slug]
        assert count(session, OutboxMail) == 0


def test_who_is_known_stays_as_they_are(two_places: Database) -> None:
    with two_places.write() as session:
        register(session, replace(ALICE, organisation="La Ruche"))
        register(session, BOB, webinar=APRIL.slug)
    before = everything(two_places)
    rows = [
        row(2, " ALICE@example.org ", "Somebody Else", organisation="Other", question="Why?"),
        row(3, "bob@example.org", "Not Bob", region="Corse"),
        row(4, "Bob@Example.org"),
    ]
    seen = preview(two_places, rows)
    assert fates(seen) == [(2, "already"), (3, "confirmed"), (4, "double")]
    assert seen.lines[2].double_of == 3
    assert bring_in(two_places, rows, now=NOW + timedelta(days=1)) == seen
    after = everything(two_places)
    assert [new - old for new, old in zip(after, before, strict=True)] == [0, 1, 1, 0, 1]
    with two_places.read() as session:
        alice, bob = (participants.by_email(session, email=one.email) for one in (ALICE, BOB))
        assert alice is not None
        assert bob is not None
        assert (alice.full_name, alice.organisation) == ("Alice Dupont", "La Ruche")
        assert alice.last_contact_at == NOW
        assert (bob.full_name, bob.region) == ("Bob Martin", None)
        assert bob.last_contact_at == NOW + timedelta(days=1)


def test_twice_the_same_list_registers_once(open_house: Database) -> None:
    first = bring_in(open_house, crowd(3))
    again = bring_in(open_house, crowd(3))
    assert (first.registered, again.registered) == (3, 0)
    assert again.counts[Fate.ALREADY] == 3
    assert everything(open_house)[:3] == (3, 3, 3)


def test_who_cancelled_is_not_brought_back(two_places: Database) -> None:
    with two_places.write() as session:
        register(session, ALICE)
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        registrations.cancel(
            session,
            participant=alice,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=NOW,
        )
    rows = [row(2, ALICE.email), row(3, "paul@example.org", status="Annulée")]
    seen = preview(two_places, rows)
    assert fates(seen) == [(2, "left"), (3, "cancelled")]
    assert bring_in(two_places, rows) == seen
    with two_places.read() as session:
        assert standing(session) == [(ALICE.email, "cancelled")]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"email": "nobody"}, ("email", "This address is not complete")),
        ({"email": "a@localhost"}, ("email", "This address is not complete")),
        ({"email": ""}, ("email", "The address is missing.")),
        ({"email": "a" * 300}, ("email", "Shorten this: at most 254 characters.")),
        ({"full_name": ""}, ("full_name", "The name is missing.")),
        ({"full_name": "x" * 121}, ("full_name", "Shorten this: at most 120 characters.")),
        ({"full_name": "Anne\nB"}, ("full_name", "Write this on one line.")),
        ({"full_name": "see www.example.org"}, ("full_name", "Write a name here")),
        ({"full_name": "Anne\u202e"}, ("full_name", "There are invisible characters")),
        ({"full_name": "Anne\ud800"}, ("full_name", "There are invisible characters")),
        ({"email": "a\u200b@example.org"}, ("email", "There are invisible characters")),
        ({"organisation": "x" * 161}, ("organisation", "Shorten this: at most 160")),
        ({"question": "x" * 2001}, ("question", "Shorten this: at most 2000")),
        ({"question": "a\0b"}, ("question", "There are invisible characters")),
    ],
)
def test_what_the_form_refuses_is_refused_here(
    open_house: Database, values: dict[str, str], fault: tuple[str, str]
) -> None:
    rows = [ListRow(2, {"email": "a@example.org", "full_name": "Anne", **values}), *crowd(1)]
    seen = preview(open_house, rows)
    (line, other) = seen.lines
    assert (line.fate, other.fate) == (Fate.REFUSED, Fate.CONFIRMED)
    assert [(one.field, str(one.sentence)[: len(fault[1])]) for one in line.faults] == [fault]
    assert bring_in(open_house, rows) == seen
    assert everything(open_house)[:3] == (1, 1, 1)


def test_every_fault_of_a_line_is_said(open_house: Database) -> None:
    (line,) = preview(open_house, [ListRow(7, {"organisation": "x" * 200})]).lines
    assert [one.field for one in line.faults] == ["email", "full_name", "organisation"]


def test_a_double_of_a_refused_line_stands(open_house: Database) -> None:
    rows = [row(2, "a@example.org", ""), row(3, "a@example.org"), row(4, "A@example.org")]
    assert fates(preview(open_house, rows)) == [(2, "refused"), (3, "confirmed"), (4, "double")]


def test_unknown_words_are_left_empty_and_the_person_is_kept(open_house: Database) -> None:
    unknown = {"actor_category": "Pirate", "region": "Atlantis" * 20, "language": "Klingon"}
    rows = [row(2, "a@example.org", **unknown)]
    seen = preview(open_house, rows)
    (line,) = seen.lines
    assert line.fate is Fate.CONFIRMED
    assert [(one.field, one.sentence.values["value"]) for one in line.notices] == [
        ("actor_category", "Pirate"),
        ("region", ("Atlantis" * 20)[:59] + "…"),
        ("language", "Klingon"),
    ]
    assert bring_in(open_house, rows) == seen
    with open_house.read() as session:
        found = session.scalars(sa.select(Participant)).one()
        assert (found.actor_category, found.region, found.language) == (None, None, "fr")


def cancel_webinar(session: Session) -> None:
    webinar_of(session).status = WebinarStatus.CANCELLED


@pytest.mark.parametrize(
    ("webinar", "now", "prepare", "refused"),
    [
        (MARCH.slug, NOW, cancel_webinar, WebinarCancelled),
        (MARCH.slug, START + timedelta(minutes=90), None, WebinarOver),
        ("no-such-webinar", NOW, None, NotFound),
    ],
)
def test_refused_as_a_whole_nothing_is_written(
    open_house: Database,
    webinar: str,
    now: datetime,
    prepare: Callable[[Session], None] | None,
    refused: type[DomainError],
) -> None:
    if prepare:
        with open_house.write() as session:
            prepare(session)
    before = everything(open_house)
    with pytest.raises(refused):
        preview(open_house, crowd(2), webinar=webinar, now=now)
    with pytest.raises(refused):
        bring_in(open_house, crowd(2), webinar=webinar, now=now)
    assert everything(open_house) == before


@pytest.mark.parametrize("hours", [0, 2])
def test_places_that_are_kept_are_free_only_when_their_time_is_over(
    two_places: Database, hours: int
) -> None:
    house = replace(HOUSE, require_confirmation=True)
    with two_places.write() as session:
        register(session, ALICE, house=house)
        register(session, BOB)
        register(session, CHARLIE)  # waits
    now = NOW + timedelta(hours=hours)
    rows = [*crowd(2), row(8, ALICE.email)]
    seen = preview(two_places, rows, now=now)
    # Alice's place goes to Charlie, who waits, before anybody of the list.
    assert (seen.places, seen.promoted) == (0, 1 if hours else 0)
    assert bring_in(two_places, rows, now=now) == seen
    with two_places.read() as session:
        found = dict(standing(session))
        assert found[CHARLIE.email] == ("confirmed" if hours else "waitlisted")
        told = session.scalars(
            sa.select(Participant.email)
            .join(OutboxMail, OutboxMail.participant_id == Participant.id)
            .where(OutboxMail.kind == MailKind.PROMOTION)
        ).all()
        assert told == [CHARLIE.email][: seen.promoted]
        # The list vouches for Alice: with the place that is kept for her, else in line.
        assert found[ALICE.email] == ("waitlisted" if hours else "confirmed")
        assert webinar_of(session).confirmed_count == 2
        assert found["crowd0@example.org"] == "waitlisted"


def test_after_the_start_a_list_stands_behind_who_waits(two_places: Database) -> None:
    """The limit was raised then: nobody is promoted any more, and nobody passes them."""
    with two_places.write() as session:
        for number in range(3):
            register(session, person(number), now=NOW)
        published(session, plan_of(MARCH, APRIL, capacity=5), now=START)
    seen = preview(two_places, crowd(2), now=START)
    assert (seen.places, seen.counts[Fate.WAITLISTED]) == (0, 2)
    assert bring_in(two_places, crowd(2), now=START) == seen
    with two_places.read() as session:
        assert [status for _, status in standing(session)] == ["confirmed"] * 2 + ["waitlisted"] * 3
        assert webinar_of(session).confirmed_count == 2


def test_the_capacity_holds_whatever_was_taken(two_places: Database) -> None:
    with two_places.write() as session:
        register(session, person(1))
    done = bring_in(two_places, crowd(5))
    assert (done.places, done.counts[Fate.CONFIRMED], done.counts[Fate.WAITLISTED]) == (1, 1, 4)
    with two_places.read() as session:
        confirmed = [one for one in standing(session) if one[1] == "confirmed"]
        assert webinar_of(session).confirmed_count == len(confirmed) == 2


def test_thousands_in_few_statements(two_places: Database) -> None:
    taken: dict[int, int] = {}
    for number, webinar in ((1000, APRIL.slug), (5000, MARCH.slug)):
        rows = [
            replace(one, values={**one.values, "question": "Comment ?"}) for one in crowd(number)
        ]
        with counted_queries(two_places) as statements:
            done = bring_in(two_places, rows, webinar=webinar)
        taken[number] = len(statements)
        assert done.counts[Fate.WAITLISTED] == number - 2
    assert taken[5000] - taken[1000] <= 4 * 6
    with two_places.read() as session:
        found = standing(session)
        assert [email for email, _ in found] == [f"crowd{n}@example.org" for n in range(5000)]
        assert {status for _, status in found[2:]} == {RegistrationStatus.WAITLISTED.value}


@pytest.mark.parametrize("number", [0, 1, 3])
def test_none_one_and_three(open_house: Database, number: int) -> None:
    rows: Sequence[Any] = crowd(number)
    assert bring_in(open_house, rows).registered == number
    assert everything(open_house) == (number, number, number, 0, everything(open_house)[4])
