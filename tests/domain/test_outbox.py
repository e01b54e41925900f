"""The ledger: who holds a mail, for how long, and what becomes of it."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.support import HOST, NOW, in_threads
from webinars.db import Database
from webinars.domain import hand_over, outbox
from webinars.domain.hand_over import MOST_TRIES, pause
from webinars.domain.outbox import EXPIRED, LOST, Purpose
from webinars.models import MailKind, MailState, OutboxMail, Participant

LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
ME, YOU = "worker-1", "worker-2"


def owe(session: Session, *keys: str, **fields: Any) -> int:
    """Mails of these keys to one person."""
    participant = session.scalars(sa.select(Participant)).first()
    if participant is None:
        participant = Participant(
            email="alice@example.org",
            full_name="Alice Dupont",
            language="fr",
            created_at=NOW,
            last_contact_at=NOW,
        )
        session.add(participant)
        session.flush()
    purposes = [
        Purpose(key=key, kind=MailKind.LINK, participant_id=participant.id, **fields)
        for key in keys
    ]
    return outbox.enqueue(session, purposes=purposes, host=HOST, now=NOW)


def claim(database: Database, owner: str = ME, *, now: datetime = NOW, most: int = 20) -> list[int]:
    with database.write() as session:
        return outbox.claim(session, owner=owner, lease=LEASE, most=most, now=now)


def act(database: Database, work: Callable[..., Any], **arguments: Any) -> Any:
    """One act in its own transaction."""
    with database.write() as session:
        return work(session, **arguments)


def row(database: Database, key: str = "a") -> OutboxMail:
    with database.read() as session:
        return session.scalars(sa.select(OutboxMail).where(OutboxMail.key == key)).one()


def states(database: Database) -> dict[str, str]:
    with database.read() as session:
        rows = session.execute(sa.select(OutboxMail.key, OutboxMail.state))
        return {key: state.value for key, state in rows}


@pytest.fixture
def one(database: Database) -> Database:
    """One mail is owed."""
    with database.write() as session:
        owe(session, "a")
    return database


@pytest.fixture
def handing_over(one: Database) -> Database:
    """This worker is handing the mail over."""
    (mail_id,) = claim(one)
    assert act(one, hand_over.mark_handing_over, mail_id=mail_id, owner=ME, lease=LEASE, now=NOW)
    return one


def test_what_is_owed_stands_in_the_ledger(one: Database) -> None:
    mail = row(one)
    assert (mail.kind, mail.state, mail.due_at, mail.created_at) == (
        MailKind.LINK,
        MailState.PENDING,
        NOW,
        NOW,
    )
    assert (mail.tries, mail.uncertain, mail.owner, mail.sent_at) == (0, 0, None, None)
    assert mail.message_id.startswith("<")
    assert mail.message_id.endswith(f"@{HOST}>")


def test_one_purpose_is_one_mail_ever(database: Database) -> None:
    with database.write() as session:
        assert owe(session) == 0
        assert owe(session, "a") == 1
        assert owe(session, "a", "b", "c") == 2
        assert owe(session, "a", "b", "c") == 0
    assert sorted(states(database)) == ["a", "b", "c"]


def test_what_is_owed_goes_with_the_transaction(database: Database) -> None:
    def owe_and_fail() -> None:
        with database.write() as session:
            owe(session, "a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        owe_and_fail()
    assert states(database) == {}


def test_a_claim_takes_what_is_due_oldest_first(database: Database) -> None:
    with database.write() as session:
        owe(session, "later", due_at=NOW + SECOND)
        owe(session, "now", due_at=NOW)
        owe(session, "before", due_at=NOW - SECOND)
    taken = claim(database)
    assert states(database) == {"later": "pending", "now": "claimed", "before": "claimed"}
    assert taken == sorted([row(database, "now").id, row(database, "before").id])
    assert claim(database) == []
    assert claim(database, now=NOW + SECOND) == [row(database, "later").id]


def test_a_claim_is_limited_and_takes_the_oldest(database: Database) -> None:
    with database.write() as session:
        for number in (3, 1, 2):
            owe(session, f"{number}", due_at=NOW - timedelta(hours=number))
    claim(database, most=2)
    assert states(database) == {"3": "claimed", "2": "claimed", "1": "pending"}


def test_a_claim_keeps_its_limit_whatever_the_database_plans(database: Database) -> None:
    """A subquery that is run again for each row would lock, and skip, others each time."""
    with database.write() as session:
        owe(session, *"abcdefgh")
    with database.write() as session:
        if session.get_bind().dialect.name == "postgresql":
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                session.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        taken = outbox.claim(session, owner=ME, lease=LEASE, most=2, now=NOW)
    assert taken == [1, 2]


def test_a_claim_says_who_holds_it_until_when(one: Database) -> None:
    claim(one)
    mail = row(one)
    assert (mail.owner, mail.lease_until, mail.tries) == (ME, NOW + LEASE, 0)


def test_claims_at_once_never_share(database: Database) -> None:
    with database.write() as session:
        owe(session, *(f"{number}" for number in range(40)))
    taken: dict[int, list[int]] = {number: [] for number in range(4)}

    def work(number: int) -> None:
        while mine := claim(database, f"worker-{number}", most=3):
            taken[number] += mine

    in_threads(work, 4)
    everything = Counter(mail_id for mine in taken.values() for mail_id in mine)
    assert len(everything) == 40
    assert set(everything.values()) == {1}


def test_the_way_of_a_mail_that_is_sent(handing_over: Database) -> None:
    mail_id = row(handing_over).id
    later = NOW + SECOND
    assert act(
        handing_over, hand_over.mark_sent, mail_id=mail_id, owner=ME, reply="250 OK", now=later
    )
    mail = row(handing_over)
    assert (mail.state, mail.reply, mail.sent_at) == (MailState.SENT, "250 OK", later)
    assert (mail.owner, mail.lease_until) == (None, None)


def test_a_mail_is_sent_even_when_its_lease_ended_meanwhile(handing_over: Database) -> None:
    late = NOW + 2 * LEASE
    mail_id = row(handing_over).id
    assert act(handing_over, hand_over.mark_sent, mail_id=mail_id, owner=ME, reply="250", now=late)


@pytest.mark.parametrize(
    ("work", "more"),
    [
        (hand_over.mark_handing_over, {"lease": LEASE, "now": NOW}),
        (hand_over.mark_sent, {"now": NOW, "reply": "250"}),
        (hand_over.mark_failed, {"reason": "550"}),
        (hand_over.mark_later, {"now": NOW, "tries": 1, "reason": "450"}),
        (hand_over.mark_later, {"now": NOW, "tries": MOST_TRIES, "reason": "450"}),
        (hand_over.mark_uncertain, {"now": NOW, "tries": 1, "reason": "broken"}),
    ],
)
@pytest.mark.parametrize("handed", [True, False])
def test_who_lost_the_lease_changes_nothing(
    one: Database, work: Callable[..., Any], more: dict[str, Any], handed: bool
) -> None:
    (mail_id,) = claim(one)
    late = NOW + LEASE
    assert act(one, outbox.rescue, now=late) == 1
    assert claim(one, YOU, now=late) == [mail_id]
    if handed:
        assert act(
            one, hand_over.mark_handing_over, mail_id=mail_id, owner=YOU, lease=LEASE, now=late
        )
    before = row(one)
    assert act(one, work, mail_id=mail_id, owner=ME, **more) is False
    after = row(one)
    for name in ("state", "owner", "lease_until", "tries", "uncertain", "reply", "due_at"):
        assert getattr(after, name) == getattr(before, name)


def test_handing_over_does_not_begin_after_the_lease(one: Database) -> None:
    (mail_id,) = claim(one)
    begun = [
        act(one, hand_over.mark_handing_over, mail_id=mail_id, owner=ME, lease=LEASE, now=now)
        for now in (NOW + LEASE, NOW + LEASE - SECOND)
    ]
    assert begun == [False, True]


@pytest.mark.parametrize(
    ("work", "more"),
    [
        (hand_over.mark_sent, {"now": NOW, "reply": "250"}),
        (hand_over.mark_uncertain, {"now": NOW, "tries": 1, "reason": "broken"}),
    ],
)
def test_what_was_not_handed_over_is_neither_sent_nor_uncertain(
    one: Database, work: Callable[..., Any], more: dict[str, Any]
) -> None:
    (mail_id,) = claim(one)
    assert act(one, work, mail_id=mail_id, owner=ME, **more) is False
    assert row(one).state is MailState.CLAIMED


def test_a_failed_mail_says_why(handing_over: Database) -> None:
    mail_id = row(handing_over).id
    assert act(
        handing_over, hand_over.mark_failed, mail_id=mail_id, owner=ME, reason="550 no such user"
    )
    mail = row(handing_over)
    assert (mail.state, mail.reply, mail.owner, mail.lease_until) == (
        MailState.FAILED,
        "550 no such user",
        None,
        None,
    )
    assert claim(handing_over, now=NOW + timedelta(days=9)) == []


def test_later_is_after_a_pause(one: Database) -> None:
    (mail_id,) = claim(one)
    assert act(
        one, hand_over.mark_later, mail_id=mail_id, owner=ME, tries=1, reason="450 busy", now=NOW
    )
    mail = row(one)
    assert (mail.state, mail.reply, mail.owner) == (MailState.PENDING, "450 busy", None)
    assert timedelta(seconds=45) <= mail.due_at - NOW <= timedelta(seconds=75)
    assert claim(one, now=mail.due_at - SECOND) == []
    assert mail.tries == 1
    assert claim(one, now=mail.due_at) == [mail_id]


def test_after_the_last_try_it_fails(one: Database) -> None:
    (mail_id,) = claim(one)
    last = {"tries": MOST_TRIES, "reason": "450 busy", "now": NOW}
    act(one, hand_over.mark_later, mail_id=mail_id, owner=ME, **last)
    mail = row(one)
    assert (mail.state, mail.reply) == (MailState.FAILED, "given up after 24 tries: 450 busy")


@given(tries=st.integers(1, 200), seed=st.integers(0, 2**32))
def test_pauses_grow_and_are_jittered_and_have_an_end(tries: int, seed: int) -> None:
    random.seed(seed)
    middle = min(timedelta(minutes=2 ** min(tries - 1, 20)), timedelta(hours=4))
    assert middle * 0.75 <= pause(tries) <= middle * 1.25


def test_no_two_pauses_are_the_same() -> None:
    assert len({pause(3) for _ in range(10)}) > 1


def test_an_uncertain_mail_is_tried_twice_more_then_parked(one: Database) -> None:
    now, message_id = NOW, row(one).message_id
    for expected in ("pending", "pending", "parked"):
        (mail_id,) = claim(one, now=now)
        act(one, hand_over.mark_handing_over, mail_id=mail_id, owner=ME, lease=LEASE, now=now)
        act(
            one,
            hand_over.mark_uncertain,
            mail_id=mail_id,
            owner=ME,
            tries=1,
            reason="the link broke",
            now=now,
        )
        mail = row(one)
        assert (mail.state.value, mail.reply, mail.owner) == (expected, "the link broke", None)
        assert mail.message_id == message_id
        now += timedelta(hours=5)
    assert row(one).uncertain == 3
    assert claim(one, now=now) == []


def test_a_vanished_workers_claim_is_freed_when_its_lease_ends(one: Database) -> None:
    (mail_id,) = claim(one)
    assert act(one, outbox.rescue, now=NOW + LEASE - SECOND) == 0
    assert act(one, outbox.rescue, now=NOW + LEASE) == 1
    mail = row(one)
    assert (mail.state, mail.owner, mail.uncertain) == (MailState.PENDING, None, 0)
    assert claim(one, YOU, now=NOW + LEASE) == [mail_id]


def test_what_waits_for_another_try_has_it_at_once(database: Database) -> None:
    with database.write() as session:
        owe(session, "tried", "later", due_at=NOW + timedelta(hours=1))
        owe(session, "now")
        session.execute(
            sa.update(OutboxMail).where(OutboxMail.key == "tried").values(tries=1, reply="450")
        )
    assert act(database, outbox.hasten, now=NOW) == [row(database, "tried").id]
    assert act(database, outbox.hasten, now=NOW) == []
    assert sorted(claim(database)) == sorted(row(database, key).id for key in ("tried", "now"))


def test_an_owner_that_is_known_to_have_ended_is_not_waited_for(database: Database) -> None:
    with database.write() as session:
        owe(session, "a", "b", "c")
    first, second = claim(database, ME, most=2)
    (third,) = claim(database, YOU)
    act(database, hand_over.mark_handing_over, mail_id=first, owner=ME, lease=LEASE, now=NOW)
    assert sorted(act(database, outbox.owners)) == [ME, YOU]
    assert act(database, outbox.rescue, ended=[ME], now=NOW) == 2
    rows = [row(database, key) for key in "abc"]
    assert [(mail.state.value, mail.uncertain) for mail in rows] == [
        ("pending", 1),
        ("pending", 0),
        ("claimed", 0),
    ]
    assert act(database, outbox.owners) == [YOU]
    assert claim(database, YOU) == [first, second]
    assert third not in (first, second)


def test_a_worker_that_vanished_while_handing_over_leaves_an_uncertain_mail(
    one: Database,
) -> None:
    now = NOW
    for expected in ("pending", "pending", "parked"):
        (mail_id,) = claim(one, now=now)
        act(one, hand_over.mark_handing_over, mail_id=mail_id, owner=ME, lease=LEASE, now=now)
        now += LEASE
        assert act(one, outbox.rescue, now=now) == 1
        assert row(one).state.value == expected
    mail = row(one)
    assert (mail.uncertain, mail.reply, mail.owner) == (3, LOST, None)
    assert act(one, outbox.rescue, now=now + LEASE) == 0


def test_rescue_leaves_others_alone(database: Database) -> None:
    with database.write() as session:
        owe(session, "a", "b", "c")
    first, second, _ = claim(database)
    act(database, hand_over.mark_handing_over, mail_id=first, owner=ME, lease=LEASE, now=NOW)
    act(database, hand_over.mark_sent, mail_id=first, owner=ME, reply="250", now=NOW)
    act(database, hand_over.mark_failed, mail_id=second, owner=ME, reason="550")
    assert act(database, outbox.rescue, now=NOW + LEASE) == 1
    assert states(database) == {"a": "sent", "b": "failed", "c": "pending"}


def test_what_waited_too_long_expires(database: Database) -> None:
    with database.write() as session:
        owe(session, "over", expires_at=NOW)
        owe(session, "still", expires_at=NOW + SECOND)
        owe(session, "always")
    assert act(database, outbox.expire, now=NOW) == 1
    assert states(database) == {"over": "failed", "still": "pending", "always": "pending"}
    assert row(database, "over").reply == EXPIRED


def test_a_mail_whose_pause_outlasts_its_use_expires_too(database: Database) -> None:
    with database.write() as session:
        owe(session, "a", due_at=NOW + timedelta(hours=4), expires_at=NOW + SECOND)
    assert act(database, outbox.expire, now=NOW + SECOND) == 1
    assert states(database) == {"a": "failed"}


def test_who_goes_home_gives_back_what_was_not_begun(database: Database) -> None:
    with database.write() as session:
        owe(session, "a", "b", "c")
    first, _ = claim(database, most=2)
    claim(database, YOU)
    act(database, hand_over.mark_handing_over, mail_id=first, owner=ME, lease=LEASE, now=NOW)
    assert act(database, outbox.release, owner=ME) == 1
    assert states(database) == {"a": "handing_over", "b": "pending", "c": "claimed"}
    mail = row(database, "b")
    assert (mail.tries, mail.owner, mail.lease_until) == (0, None, None)


def test_failed_and_parked_mails_can_be_tried_again(database: Database) -> None:
    with database.write() as session:
        owe(session, "failed", "parked", "sent", "pending")
        for state in ("failed", "parked", "sent"):
            session.execute(
                sa.update(OutboxMail)
                .where(OutboxMail.key == state)
                .values(state=MailState(state), tries=8, uncertain=3)
            )
    later = NOW + timedelta(days=1)
    ids = {key: row(database, key).id for key in ("sent", "failed", "parked")}
    for key, back in (("sent", []), ("failed", [ids["failed"]])):
        among = OutboxMail.id == ids[key]
        assert act(database, outbox.retry, now=later, among=among) == back
    assert act(database, outbox.retry, now=later) == [ids["parked"]]
    assert states(database) == {
        "failed": "pending",
        "parked": "pending",
        "sent": "sent",
        "pending": "pending",
    }
    again = row(database, "parked")
    assert (again.due_at, again.tries, again.uncertain) == (later, 0, 0)


def test_the_ledger_is_counted_by_state(database: Database) -> None:
    with database.read() as session:
        assert outbox.counts(session) == dict.fromkeys(MailState, 0)
    with database.write() as session:
        owe(session, "a", "b", "c")
    claim(database, most=1)
    with database.read() as session:
        assert outbox.counts(session) == dict.fromkeys(MailState, 0) | {
            MailState.PENDING: 2,
            MailState.CLAIMED: 1,
        }
