"""A published change reaches every registrant exactly once, whatever happens on the way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.mail.scripted import DROP, scripted_server
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    Arrived,
    MailServer,
    counted_queries,
    in_threads,
    person,
    plan_of,
    publish,
    published,
    real_plan,
    register,
)
from webinars.db import Database
from webinars.domain import outbox, participants, registrations
from webinars.domain.cycle_file import read_plan
from webinars.domain.notices import CHANGED_BACK, LEFT, TOLD_LATER
from webinars.domain.outbox import EXPIRED
from webinars.domain.people import Person
from webinars.mail.messages import compose
from webinars.models import MailKind, MailState, OutboxMail, WebinarStatus
from webinars.services import Services
from webinars.worker import Worker

MakeWorker = Callable[..., Worker]
At = Callable[[datetime], None]

HOUR = timedelta(hours=1)
FIRST = "jeudi 21 mars 2019, 13\u00a0h"
SECOND = "jeudi 28 mars 2019, 13\u00a0h"
THIRD = "vendredi 29 mars 2019, 13\u00a0h"
TO_SECOND = replace(MARCH, date=date(2019, 3, 28))
TO_THIRD = replace(MARCH, date=date(2019, 3, 29))
MARCH_OFF = replace(MARCH, status=WebinarStatus.CANCELLED)
APRIL_RENAMED = replace(APRIL, title="Faire alliance")


@pytest.fixture
def told(database: Database, make_worker: MakeWorker, smtp: MailServer) -> Database:
    """Alice is on March and April, Bob on April; their confirmations have left."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        register(session, ALICE)
        register(session, ALICE, webinar=APRIL.slug)
        register(session, replace(BOB, language="fr"), webinar=APRIL.slug)
    make_worker().tick()
    smtp.arrived.clear()
    return database


def leave(database: Database, who: Person, *slugs: str) -> None:
    with database.write() as session:
        participant = participants.by_email(session, email=who.email)
        assert participant is not None
        for slug in slugs:
            registrations.cancel(
                session,
                participant=participant,
                cycle_slug="2019",
                webinar_slug=slug,
                house=HOUSE,
                now=NOW,
            )


def ledger(database: Database, who: Person = ALICE) -> list[tuple[int | None, str, str | None]]:
    """Of one person's notices: revision, state, and the reason of a failure."""
    with database.read() as session:
        participant = participants.by_email(session, email=who.email)
        assert participant is not None
        rows = session.scalars(
            sa.select(OutboxMail)
            .where(
                OutboxMail.kind == MailKind.CHANGE_NOTICE,
                OutboxMail.participant_id == participant.id,
            )
            .order_by(OutboxMail.id)
        )
        return [
            (row.revision, row.state.value, None if row.state is MailState.SENT else row.reply)
            for row in rows
        ]


def said(arrived: Arrived) -> list[str]:
    """The lines of the notice that say was and is: between the opening and the button."""
    lines = arrived.text().replace("\r\n", "\n").split("\n\n")
    webinars = [part for part in lines if "/cycles/" in part]
    return [line for part in webinars for line in part.splitlines() if "://" not in line]


def recipients(smtp: MailServer) -> list[str]:
    return sorted(arrived.envelope_to[0] for arrived in smtp.arrived)


def is_(words: str) -> str:
    return f"→ {words} – 14\u00a0h\u00a030, heure de Paris"


def present(words: str) -> str:
    return f"{words} – 14\u00a0h\u00a030, heure de Paris"


def move(before: str, after: str) -> list[str]:
    return [MARCH.title, before, is_(after)]


def test_none_one_three(told: Database, make_worker: MakeWorker, smtp: MailServer) -> None:
    worker = make_worker()
    publish(told, MARCH, APRIL, replace(MAY, title="Stratégie"))
    assert worker.tick() == 0
    publish(told, TO_SECOND, APRIL, MAY)
    assert worker.tick() == 1
    assert recipients(smtp) == [ALICE.email]
    with told.write() as session:
        register(session, CHARLIE, webinar=APRIL.slug)
    worker.tick()
    smtp.arrived.clear()
    publish(told, TO_THIRD, APRIL_RENAMED, MAY)
    assert worker.tick() == 3
    assert worker.tick() == 0
    assert recipients(smtp) == [ALICE.email, BOB.email, CHARLIE.email]


def test_all_of_one_person_in_one_mail(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, TO_SECOND, APRIL_RENAMED, MAY)
    make_worker().tick()
    of = {arrived.envelope_to[0]: arrived for arrived in smtp.arrived}
    april = present("jeudi 18 avril 2019, 13\u00a0h")
    former = "Titre précédent\u00a0: «\u00a0Apprendre à faire alliances\u00a0»"
    assert said(of[ALICE.email]) == [
        f"Nouvelle date\u00a0: {MARCH.title}",
        FIRST,
        is_(SECOND),
        "Nouveau titre\u00a0: Faire alliance",
        april,
        former,
    ]
    assert said(of[BOB.email]) == ["Faire alliance", april, former]
    assert of[ALICE.email].message["Subject"] == "2 changements dans votre programme"


def test_the_real_case(
    database: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    """A rotation of three: the registrants of those three are told once each, nobody else."""
    april = Path(__file__).parents[1] / "data" / "cycle-2019-april.toml"
    may = datetime(2019, 5, 20, 9, 0, tzinfo=UTC)
    june, july, september = (
        "evaluer-sa-pertinence",
        "mobiliser-les-competences",
        "favoriser-l-engagement-de-l-entreprise",
    )
    others = ("accroitre-l-impact-d-une-fondation", "co-construire-le-bien-commun")
    crowd = {
        0: (june,),
        1: (july,),
        2: (september,),
        3: (june, july),
        4: (june, july, september),
        5: (september, others[0]),
        6: (others[0],),
        7: others,
    }
    with database.write() as session:
        published(session, read_plan(april.read_text("utf-8")).plan)
        for number, slugs in crowd.items():
            for slug in slugs:
                register(session, person(number), webinar=slug)
    worker = make_worker()
    worker.tick()
    smtp.arrived.clear()
    at(may)
    with database.write() as session:
        published(session, real_plan(), now=may)
    assert worker.tick() == 6
    assert worker.tick() == 0
    assert recipients(smtp) == [f"person{number}@example.org" for number in range(6)]
    subjects = {one.envelope_to[0]: str(one.message["Subject"]) for one in smtp.arrived}
    assert [subjects[f"person{number}@example.org"] for number in range(6)] == [
        "Déplacé au jeudi 18 juillet, 13 h : Evaluer la pertinence",
        "Déplacé au jeudi 19 septembre, 13 h : Mobiliser des compétences",
        "Déplacé au jeudi 20 juin, 13 h : Favoriser l’engagement de l’entreprise",
        "2 changements dans votre programme",
        "3 changements dans votre programme",
        "Déplacé au jeudi 20 juin, 13 h : Favoriser l’engagement de l’entreprise",
    ]


def test_of_two_that_wait_the_newest_speaks_for_both(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, TO_SECOND, APRIL, MAY)
    publish(told, TO_THIRD, APRIL, MAY)
    make_worker().tick()
    assert [said(arrived) for arrived in smtp.arrived] == [move(FIRST, THIRD)]
    assert ledger(told) == [(2, "failed", TOLD_LATER), (3, "sent", None)]


def test_what_was_sent_is_the_new_before(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    worker = make_worker()
    publish(told, TO_SECOND, APRIL, MAY)
    worker.tick()
    publish(told, TO_THIRD, APRIL, MAY)
    worker.tick()
    publish(told, MARCH, APRIL, MAY)
    worker.tick()
    assert [said(arrived) for arrived in smtp.arrived] == [
        move(FIRST, SECOND),
        move(SECOND, THIRD),
        move(THIRD, FIRST),
    ]


def test_moved_and_moved_back_is_told_to_nobody(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, TO_SECOND, APRIL, MAY)
    publish(told, MARCH, APRIL, MAY)
    make_worker().tick()
    assert smtp.arrived == []
    assert ledger(told) == [(2, "failed", TOLD_LATER), (3, "failed", CHANGED_BACK)]


def test_cancelled_then_moved_then_restored_is_a_move(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    """The second publication tells nobody: the webinar stays cancelled."""
    publish(told, MARCH_OFF, APRIL, MAY)
    publish(told, replace(TO_SECOND, status=WebinarStatus.CANCELLED), APRIL, MAY)
    publish(told, TO_SECOND, APRIL, MAY)
    make_worker().tick()
    assert [said(arrived) for arrived in smtp.arrived] == [move(FIRST, SECOND)]
    assert ledger(told) == [(2, "failed", TOLD_LATER), (4, "sent", None)]


def test_a_cancelled_webinar_is_told_by_the_date_that_the_person_knows(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, replace(TO_SECOND, title="Other"), APRIL, MAY)
    publish(told, replace(TO_SECOND, title="Other", status=WebinarStatus.CANCELLED), APRIL, MAY)
    make_worker().tick()
    (arrived,) = smtp.arrived
    assert said(arrived) == [MARCH.title, present(FIRST)]
    assert str(arrived.message["Subject"]).startswith("Annulé : Connaître son écosystème, ")


def test_who_left_is_told_nothing_of_what_they_left(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, TO_SECOND, APRIL_RENAMED, MAY)
    leave(told, ALICE, MARCH.slug)
    leave(told, BOB, APRIL.slug)
    make_worker().tick()
    (arrived,) = smtp.arrived
    assert said(arrived)[0] == "Faire alliance"
    assert ledger(told, BOB) == [(2, "failed", LEFT)]


def test_who_registers_later_knows(
    told: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    """Bob is owed a notice of April, and registers for March while it waits."""
    publish(told, TO_SECOND, APRIL_RENAMED, MAY)
    with told.write() as session:
        register(session, BOB, now=NOW + HOUR)
    at(NOW + HOUR)
    make_worker().tick()
    notice, _confirmation = [one for one in smtp.arrived if one.envelope_to == [BOB.email]]
    assert said(notice)[0] == "Faire alliance"


def test_it_expires_with_the_webinar(
    told: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    publish(told, TO_SECOND, APRIL, MAY)
    at(datetime(2019, 3, 28, 13, 30, tzinfo=UTC))
    make_worker().tick()
    assert recipients(smtp) == []
    assert ledger(told) == [(2, "failed", EXPIRED)]


def test_what_was_refused_is_told_with_the_next(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, TO_SECOND, APRIL, MAY)
    smtp.on_rcpt = lambda _address: "550 full"
    make_worker().tick()
    smtp.on_rcpt = lambda _address: None
    publish(told, TO_SECOND, APRIL_RENAMED, MAY)
    make_worker().tick()
    of = {arrived.envelope_to[0]: arrived for arrived in smtp.arrived}
    assert said(of[ALICE.email])[:3] == [
        f"Nouvelle date\u00a0: {MARCH.title}",
        FIRST,
        is_(SECOND),
    ]
    with told.write() as session:
        assert len(outbox.retry(session, now=NOW)) == 1
    make_worker().tick()
    assert ledger(told) == [(2, "failed", TOLD_LATER), (3, "sent", None)]
    assert len(smtp.arrived) == 2


# at the same time -------------------------------------------------------------------------


def test_a_publication_during_the_talk_takes_the_mail_over(
    told: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    publish(told, TO_SECOND, APRIL, MAY)
    later = [TO_THIRD]

    def published_meanwhile(_address: str) -> None:
        if later:
            publish(told, later.pop(), APRIL, MAY)

    smtp.on_rcpt = published_meanwhile
    make_worker().tick()
    assert [said(arrived) for arrived in smtp.arrived] == [move(FIRST, THIRD)]
    assert ledger(told) == [(2, "failed", TOLD_LATER), (3, "sent", None)]


def test_a_publication_while_the_message_goes_out_is_told_after_it(
    told: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    """The first is with the server already: moving back must be told then."""
    publish(told, TO_SECOND, APRIL, MAY)
    other = make_worker()
    waited: list[list[tuple[int | None, str, str | None]]] = []

    def published_meanwhile(_envelope: object) -> None:
        if not waited:
            publish(told, MARCH, APRIL, MAY)
            other.tick()
            waited.append(ledger(told))

    smtp.on_data = published_meanwhile
    make_worker().tick()
    assert waited == [
        [
            (2, "handing_over", None),
            (3, "pending", "an earlier notice to the same person is on its way"),
        ]
    ]
    at(NOW + HOUR)
    make_worker().tick()
    assert [said(arrived) for arrived in smtp.arrived] == [
        move(FIRST, SECOND),
        move(SECOND, FIRST),
    ]
    assert ledger(told) == [(2, "sent", None), (3, "sent", None)]


def test_what_may_have_arrived_is_corrected(
    told: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    publish(told, TO_SECOND, APRIL_RENAMED, MAY)
    with scripted_server(BODY=DROP) as server:
        worker = make_worker(mail_port=server.port)
        worker.tick()
        at(NOW + timedelta(seconds=40))  # the first has stopped all for half a minute
        worker.tick()
        assert len(server.bodies) == 2
    publish(told, MARCH, APRIL_RENAMED, MAY)
    at(NOW + HOUR)
    make_worker().tick()
    of = {arrived.envelope_to[0]: arrived for arrived in smtp.arrived}
    assert sorted(of) == [ALICE.email, BOB.email]
    assert said(of[ALICE.email])[:4] == [
        f"Nouvelle date\u00a0: {MARCH.title}",
        SECOND,
        is_(FIRST),
        "Nouveau titre\u00a0: Faire alliance",
    ]
    assert ledger(told) == [(2, "failed", TOLD_LATER), (3, "sent", None)]


def test_a_vanished_worker_holds_the_next_up_until_its_lease_ends(
    told: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    publish(told, TO_SECOND, APRIL, MAY)
    with told.write() as session:
        outbox.claim(session, owner="gone", lease=3 * timedelta(minutes=1), most=9, now=NOW)
    publish(told, TO_THIRD, APRIL, MAY)
    make_worker().tick()
    assert smtp.arrived == []
    at(NOW + HOUR)
    make_worker().tick()
    assert [said(arrived) for arrived in smtp.arrived] == [move(FIRST, THIRD)]
    assert ledger(told) == [(2, "failed", TOLD_LATER), (3, "sent", None)]


def test_two_workers_and_two_publications_tell_each_person_once(
    database: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    people = [person(number) for number in range(25)]
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for who in people:
            register(session, who)
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT))
    publish(database, TO_SECOND, APRIL, MAY)
    publish(database, TO_THIRD, APRIL, MAY)
    workers = [make_worker() for _ in range(3)]
    in_threads(lambda number: (workers[number].tick(), None)[1], 3)
    at(NOW + HOUR)
    workers[0].tick()
    assert recipients(smtp) == sorted(who.email for who in people)
    assert {tuple(said(arrived)) for arrived in smtp.arrived} == {tuple(move(FIRST, THIRD))}
    for who in people:
        assert ledger(database, who) == [(2, "failed", TOLD_LATER), (3, "sent", None)]


def test_whatever_is_published_while_workers_send_each_person_hears_one_story(
    database: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    """Each mail begins where the one before it ended, and the last one ends at the present."""
    people = [person(number) for number in range(12)]
    with database.write() as session:
        published(session, plan_of(MARCH))
        for who in people:
            register(session, who)
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT))
    plans = [TO_SECOND, TO_THIRD, MARCH, TO_THIRD, TO_SECOND, TO_THIRD]
    workers = [make_worker() for _ in range(2)]

    def work(number: int) -> None:
        for turn in range(12):
            if number == 2 and turn < len(plans):
                publish(database, plans[turn])
            elif number < 2:
                workers[number].tick()

    in_threads(work, 3)
    for hours in (1, 2):
        at(NOW + hours * HOUR)
        workers[0].tick()
    heard = {who.email: [FIRST] for who in people}
    for arrived in smtp.arrived:
        title, was, now_is = said(arrived)
        dates = heard[arrived.envelope_to[0]]
        assert (title, was) == (MARCH.title, dates[-1])
        dates.append(now_is.removeprefix("→ ").partition(" – ")[0])
    assert {dates[-1] for dates in heard.values()} == {THIRD}


def test_the_queries_of_a_notice(app: Flask, services: Services, told: Database) -> None:
    publish(told, TO_SECOND, APRIL_RENAMED, MAY)
    counted = []
    for who in (BOB, ALICE):  # one webinar, two webinars
        with app.app_context(), told.read() as session:
            participant = participants.by_email(session, email=who.email)
            assert participant is not None
            mail = session.scalars(
                sa.select(OutboxMail).where(
                    OutboxMail.participant_id == participant.id,
                    OutboxMail.kind == MailKind.CHANGE_NOTICE,
                )
            ).one()
            with counted_queries(told) as queries:
                compose(session, mail=mail, services=services, now=NOW)
            counted.append(len(queries))
    assert counted == [12, 12]
