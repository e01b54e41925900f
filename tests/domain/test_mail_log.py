"""The log of mails: found, filtered, page by page; what is wrong with them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import (
    ALICE,
    APRIL,
    BOB,
    CHARLIE,
    HOST,
    MARCH,
    MAY,
    NOW,
    counted_queries,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import mail_alarms, mail_log, organisers, outbox, worker_pulse
from webinars.domain.errors import NotFound
from webinars.domain.mail_alarms import MANY_TRIES, Alarms, Ended, Standing
from webinars.domain.mail_log import PAGE, Fate, Filters, MailLine, mail_page
from webinars.domain.mail_reasons import Reason
from webinars.domain.reminders import MOVED
from webinars.models import MailKind, MailState, OutboxMail

EVERY = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mails(database: Database) -> Database:
    """Alice, Bob and Charlie are confirmed for March; Alice for April too."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        for who in (ALICE, BOB, CHARLIE):
            register(session, who)
        register(session, ALICE, webinar=APRIL.slug)
    return database


def end(session: Session, mail_id: int, reply: str, **values: object) -> None:
    """It did not leave, with these words."""
    given = {"state": MailState.FAILED, "reply": reply, **values}
    session.execute(sa.update(OutboxMail).where(OutboxMail.id == mail_id).values(**given))


def found(database: Database, **filters: object) -> list[int]:
    with database.read() as session:
        page = mail_page(session, filters=Filters(**filters))  # type: ignore[arg-type]
        return [line.id for line in page.lines]


def test_nobody_was_written_to(database: Database) -> None:
    assert found(database) == []
    assert found(database, search="alice", fate=Fate.OPEN) == []


def test_a_line_says_all_of_a_mail(mails: Database) -> None:
    with mails.write() as session:
        end(session, 2, "550 5.1.1 unknown", tries=1, set_aside_at=NOW, set_aside_by="d")
    with mails.read() as session:
        line = mail_log.find_line(session, mail_id=2)
        row = session.get_one(OutboxMail, 2)
        with pytest.raises(NotFound):
            mail_log.find_line(session, mail_id=99)
    assert line == MailLine(
        id=2,
        kind=MailKind.CONFIRMATION,
        state=MailState.FAILED,
        fate=Fate.ASIDE,
        reason=Reason.NO_ADDRESS,
        reply="550 5.1.1 unknown",
        tries=1,
        uncertain=0,
        message_id=row.message_id,
        created_at=NOW,
        due_at=NOW,
        expires_at=row.expires_at,
        sent_at=None,
        set_aside_at=NOW,
        set_aside_by="d",
        resent_id=None,
        participant_id=row.participant_id,
        full_name=BOB.full_name,
        email=BOB.email,
        cycle_slug="2019",
        webinar_slug=MARCH.slug,
        title=MARCH.title,
        zone="Europe/Paris",
    )


def test_it_is_found_by_person_and_message_id(mails: Database) -> None:
    assert found(mails) == [4, 3, 2, 1]
    assert found(mails, search="alice@example.org") == [4, 1]
    assert found(mails, search=" ALICE@Example.ORG ") == [4, 1]
    assert found(mails, search="MARTIN bob") == [2]
    assert found(mails, search="example.org petit") == [3]
    assert found(mails, search="nobody") == []
    with mails.read() as session:
        message_id = session.get_one(OutboxMail, 3).message_id
    assert found(mails, search=message_id) == [3]
    assert found(mails, search=message_id.strip("<>")) == [3]
    assert found(mails, search="<nothing@like.it>") == []


def test_it_is_found_by_what_it_is(mails: Database) -> None:
    assert found(mails, cycle="2019") == [4, 3, 2, 1]
    assert found(mails, cycle="2019", webinar=APRIL.slug) == [4]
    assert found(mails, cycle="2018") == []
    assert found(mails, kind=MailKind.CONFIRMATION, search="alice") == [4, 1]
    assert found(mails, kind=MailKind.REMINDER) == []


def test_mails_of_an_account_are_among_them(mails: Database) -> None:
    with mails.write() as session:
        organisers.invite(
            session, email="dominique@example.org", language="fr", actor="x", host=HOST, now=NOW
        )
    assert found(mails, search="dominique") == [5]
    with mails.read() as session:
        line = mail_log.find_line(session, mail_id=5)
    assert (line.full_name, line.participant_id, line.title) == (None, None, None)


def test_every_mail_has_one_fate(mails: Database) -> None:
    with mails.write() as session:
        end(session, 1, "550 no")
        end(session, 2, "550 no", set_aside_at=NOW)
        end(session, 3, MOVED)
        session.execute(
            sa.update(OutboxMail)
            .where(OutboxMail.id == 4)
            .values(state=MailState.SENT, sent_at=NOW)
        )
        register(session, BOB, webinar=APRIL.slug)
    expected = {Fate.OPEN: [1], Fate.ASIDE: [2], Fate.DROPPED: [3], Fate.SENT: [4]}
    expected[Fate.WAITING] = [5]
    assert {fate: found(mails, fate=fate) for fate in Fate} == expected
    assert found(mails, reason=Reason.REFUSED) == [2, 1]
    assert found(mails, reason=Reason.REFUSED, fate=Fate.OPEN) == [1]
    with mails.read() as session:
        page = mail_page(session, filters=Filters())
        assert {line.id: line.fate for line in page.lines} == {
            ids[0]: fate for fate, ids in expected.items()
        }


def test_pages_begin_after_a_key(mails: Database) -> None:
    with mails.write() as session:
        for number in range(2 * PAGE - 4):
            register(session, person(number))
    taken, below = [], None
    with mails.read() as session:
        for _ in range(2):
            with counted_queries(mails) as queries:
                page = mail_page(session, filters=Filters(), below=below)
            taken += [line.id for line in page.lines]
            below = page.older
            assert len(queries) == 2
    assert taken == list(range(2 * PAGE, 0, -1))
    assert below is None


# what is wrong ---------------------------------------------------------------------------


def stands(database: Database, now: object = NOW) -> Standing:
    with database.read() as session:
        return mail_alarms.standing(session, every=EVERY, now=now)  # type: ignore[arg-type]


def test_no_worker_has_ever_run(database: Database) -> None:
    assert stands(database).alarms == Alarms(None, True, None, 0, None, 0)
    with database.write() as session:
        worker_pulse.beat(session, now=NOW)
    assert stands(database).alarms == Alarms(NOW, False, None, 0, None, 0)
    assert not stands(database).alarms.any
    assert not stands(database, NOW + 5 * MINUTE).alarms.silent
    assert stands(database, NOW + 5 * MINUTE + EVERY).alarms.silent


def test_mails_are_late(mails: Database) -> None:
    late = NOW + outbox.LATE
    assert stands(mails, late).alarms.overdue == 0
    alarms = stands(mails, late + MINUTE).alarms
    assert (alarms.overdue, alarms.oldest_due) == (4, NOW)
    with mails.write() as session:  # a server puts them off: their time is always to come
        session.execute(sa.update(OutboxMail).values(due_at=late + MINUTE, tries=MANY_TRIES - 1))
        session.execute(sa.update(OutboxMail).where(OutboxMail.id == 1).values(tries=MANY_TRIES))
    assert stands(mails, late + MINUTE).alarms.overdue == 1


def test_what_was_left_out_on_purpose_alarms_nobody(mails: Database) -> None:
    with mails.write() as session:
        end(session, 1, MOVED)
        end(session, 2, "550 no")
        end(session, 3, outbox.LOST, state=MailState.PARKED)
        end(session, 4, "550 no", set_aside_at=NOW, set_aside_by="d")
    found = stands(mails)
    assert found.alarms.open == 2
    assert found.ended == {
        Reason.REFUSED: Ended(Reason.REFUSED, looked_at=1, waiting=1),
        Reason.UNCERTAIN: Ended(Reason.UNCERTAIN, looked_at=0, waiting=1),
        Reason.MOVED: Ended(Reason.MOVED, looked_at=0, waiting=1),
    }
    assert (found.waiting, found.looked_at, found.dropped) == (0, 1, 1)
    with mails.read() as session:
        groups = mail_log.latest_open(session)
    assert {reason: [line.id for line in lines] for reason, lines in groups.items()} == {
        Reason.REFUSED: [2],
        Reason.UNCERTAIN: [3],
    }


def test_the_latest_of_each_reason_stand_at_the_top(mails: Database) -> None:
    with mails.write() as session:
        for number in range(4):
            register(session, person(number))
        for mail_id in range(1, 9):
            end(session, mail_id, "550 no" if mail_id % 2 else outbox.EXPIRED)
    with mails.read() as session, counted_queries(mails) as queries:
        groups = mail_log.latest_open(session)
    assert {reason: [line.id for line in lines] for reason, lines in groups.items()} == {
        Reason.REFUSED: [7, 5, 3],
        Reason.EXPIRED: [8, 6, 4],
    }
    assert len(queries) == 2


def test_the_standing_takes_as_many_queries_whatever_there_is(mails: Database) -> None:
    with mails.read() as session, counted_queries(mails) as queries:
        mail_alarms.standing(session, every=EVERY, now=NOW)
    assert len(queries) == 5
