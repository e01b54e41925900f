"""Everything that is kept about somebody, for them: whole, and nobody else's."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

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
from webinars.domain import participants
from webinars.domain.personal_data import (
    KeptMail,
    KeptPerson,
    KeptQuestion,
    KeptRegistration,
    PersonalData,
    personal_data,
)
from webinars.models import MailKind, MailState, OutboxMail, RegistrationStatus

LATER = NOW + timedelta(seconds=1)


def kept(database: Database, email: str = ALICE.email) -> PersonalData:
    with database.read() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        return personal_data(session, participant=person)


def test_all_of_it_and_only_of_them(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, capacity=1))
        register(session, BOB, webinar=APRIL.slug, question="La mienne ?")
        who = replace(ALICE, organisation="Commune", actor_category="citizen", region="53")
        register(session, who, question="Et l’Europe ?")
        register(session, who, webinar=APRIL.slug, now=LATER)
        ids = session.scalars(
            sa.select(OutboxMail.message_id).order_by(OutboxMail.id).offset(1)
        ).all()
    found = kept(database)
    assert found.person == KeptPerson(
        email=ALICE.email,
        full_name=ALICE.full_name,
        organisation="Commune",
        actor_category="citizen",
        region="53",
        language="fr",
        created_at=NOW,
        last_contact_at=LATER,
        proven_at=None,
        news_since=None,
        news_version=None,
        said_anew=None,
    )
    assert found.registrations == (
        KeptRegistration(
            webinar=f"2019/{MARCH.slug}",
            title=MARCH.title,
            starts_at=NOW.replace(day=21, hour=12),
            zone="Europe/Paris",
            status=RegistrationStatus.CONFIRMED,
            position=None,
            registered_at=NOW,
            changed_at=NOW,
            cancelled_at=None,
            held_until=None,
            came_at=None,
        ),
        KeptRegistration(
            webinar=f"2019/{APRIL.slug}",
            title=APRIL.title,
            starts_at=NOW.replace(month=4, day=18, hour=11),
            zone="Europe/Paris",
            status=RegistrationStatus.WAITLISTED,
            position=1,
            registered_at=LATER,
            changed_at=LATER,
            cancelled_at=None,
            held_until=None,
            came_at=None,
        ),
    )
    assert found.questions == (
        KeptQuestion(
            webinar=f"2019/{MARCH.slug}",
            text="Et l’Europe ?",
            asked_at=NOW,
            answered_at=None,
            answer=None,
            asked_as=None,
            confirmed_at=None,
            published_text=None,
            published_at=None,
        ),
    )
    assert (found.cycles, found.themes) == ((), ())
    assert found.mails == tuple(
        KeptMail(
            kind=kind,
            webinar=f"2019/{planned.slug}",
            title=planned.title,
            state=MailState.PENDING,
            created_at=at,
            due_at=at,
            sent_at=None,
            message_id=message_id,
            reply=None,
        )
        for kind, planned, at, message_id in zip(
            (MailKind.CONFIRMATION, MailKind.WAITING_LIST),
            (MARCH, APRIL),
            (NOW, LATER),
            ids,
            strict=True,
        )
    )


def test_three_registrations_take_no_more_queries_than_one(database: Database) -> None:
    numbers = []
    for planned in (MARCH, APRIL):
        with database.write() as session:
            published(session, plan_of(MARCH, APRIL))
            register(session, ALICE, webinar=planned.slug)
        with counted_queries(database) as queries:
            kept(database)
        numbers.append(len(queries))
    assert numbers == [12, 12]
