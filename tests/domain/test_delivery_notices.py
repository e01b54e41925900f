"""What notices do: only those that prove it, once each, and to the address of our own mail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    BOB,
    HOST,
    MARCH,
    NOW,
    confirmed_by_mail,
    in_threads,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import (
    address_standings,
    by_hand,
    delivery_notices,
    erasure,
    list_choices,
    mail_facts,
    mail_lists,
    outbox,
    participants,
)
from webinars.domain.delivery_notices import Outcome, Report, kind_of
from webinars.models import (
    AddressStanding,
    AuditAct,
    AuditEntry,
    DeliveryNotice,
    LeftBy,
    MailKind,
    MailList,
    MailState,
    NoticeKind,
    OutboxMail,
    Participant,
    StopReason,
)

PERMANENT, TRANSIENT, OURS, COMPLAINT = NoticeKind
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def sent(database: Database) -> Database:
    """Alice and Bob are registered, and their confirmations have left."""
    confirmed_by_mail(database, ALICE, BOB)
    return database


def more_mails(database: Database, *sent_at: datetime, email: str = ALICE.email) -> list[str]:
    """More mails to somebody that have left; their Message-IDs."""
    with database.write() as session:
        person = participants.by_email(session, email=email)
        assert person is not None
        purposes = [
            outbox.Purpose(key=f"more {at}", kind=MailKind.LINK, participant_id=person.id)
            for at in sent_at
        ]
        outbox.enqueue(session, purposes=purposes, host=HOST, now=NOW)
        rows = [
            session.scalars(sa.select(OutboxMail).where(OutboxMail.key == f"more {at}")).one()
            for at in sent_at
        ]
        for row, at in zip(rows, sent_at, strict=True):
            row.state, row.sent_at = MailState.SENT, at
        return [row.message_id for row in rows]


def id_of(database: Database, email: str = ALICE.email) -> str:
    with database.read() as session:
        return (
            session.scalars(
                sa.select(OutboxMail.message_id)
                .join(OutboxMail.participant)
                .where(Participant.email == email)
                .order_by(OutboxMail.id)
            ).first()
            or ""
        )


def report(*ids: str, kind: NoticeKind = PERMANENT, **changes) -> Report:
    usual = Report(
        kind=kind,
        message_ids=ids,
        recipients=(ALICE.email,),
        status="5.1.1",
        words="550 5.1.1 unknown",
        notice="<n@mx>",
    )
    return replace(usual, **changes)


def take(database: Database, one: Report, now: datetime = NOW) -> Outcome:
    with database.write() as session:
        return delivery_notices.take(session, report=one, now=now)


def standing(database: Database, address: str = ALICE.email) -> tuple[object, ...] | None:
    """Stopped since when and why, complained since when, and how many notices."""
    with database.read() as session:
        row = session.scalar(sa.select(AddressStanding).where(AddressStanding.address == address))
        if row is None:
            return None
        return (row.stopped_at, row.reason, row.complained_at, len(row.notices))


def left(database: Database) -> dict[MailList, LeftBy]:
    with database.read() as session:
        rows = mail_lists.left_by(session, participant_id=1)
        return {list_: row.by for list_, row in rows.items()}


def lift(database: Database, now: datetime = LATER) -> bool:
    with database.write() as session:
        identity = session.scalars(sa.select(AddressStanding.id)).one()
        return address_standings.lift(
            session, standing_id=identity, actor="dominique@example.org", now=now
        )


def why_not(database: Database) -> str | None:
    with database.read() as session:
        first = session.scalars(sa.select(sa.func.min(OutboxMail.id))).one()
        facts = mail_facts.facts(session, mail_id=first, now=NOW)
        assert facts is not None
        return facts.unwanted


# what each kind does -------------------------------------------------------------------


def test_a_mail_that_came_back_for_good_stops_its_address(sent: Database) -> None:
    assert take(sent, report(id_of(sent))) is Outcome.STOPPED
    assert standing(sent) == (NOW, StopReason.RETURNED, None, 1)
    assert why_not(sent) == "suppressed: mails do not reach this address (returned)"
    assert standing(sent, BOB.email) is None
    assert left(sent) == {}


def test_a_complaint_stops_what_may_be_left(sent: Database) -> None:
    with sent.write() as session:
        person = session.get_one(Participant, 1)
        list_choices.take_up(session, participant=person, list_=MailList.NEWS, now=NOW)
    assert take(sent, report(id_of(sent), kind=COMPLAINT)) is Outcome.LISTS_LEFT
    assert standing(sent) == (None, None, NOW, 1)
    assert left(sent) == dict.fromkeys(MailList, LeftBy.COMPLAINT)
    assert why_not(sent) is None, "a confirmation still leaves"
    with sent.read() as session:
        assert session.get_one(Participant, 1).news_since is None


def test_a_complaint_may_hide_who_complained(sent: Database) -> None:
    hidden = report(id_of(sent), kind=COMPLAINT, recipients=("redacted@example.net",))
    assert take(sent, hidden) is Outcome.LISTS_LEFT
    assert standing(sent) == (None, None, NOW, 1)


def test_a_refusal_of_our_mail_is_only_shown(sent: Database) -> None:
    assert take(sent, report(id_of(sent), kind=OURS, status="5.7.1")) is Outcome.RECORDED
    assert standing(sent) == (None, None, None, 1)


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "outcomes"),
    [
        ((0, 1, 2), "counted counted stopped"),
        ((0, 7, 14), "counted counted stopped"),
        ((0, 7, 15), "counted counted counted"),
        ((0, 7, 15, 16), "counted counted counted stopped"),
        ((16, 0, 15, 7), "counted counted counted stopped"),
    ],
)
def test_three_mails_of_a_fortnight_stop_an_address(
    sent: Database, days: tuple[int, ...], outcomes: str
) -> None:
    ids = more_mails(sent, *(NOW + DAY * day for day in days))
    found = [take(sent, report(one, kind=TRANSIENT, status="4.4.1"), NOW + 20 * DAY) for one in ids]
    assert " ".join(found) == outcomes
    stopped = outcomes.endswith("stopped")
    assert why_not(sent) == (
        "suppressed: mails do not reach this address (unreachable)" if stopped else None
    )


def test_three_warnings_of_one_mail_are_one(sent: Database) -> None:
    found = [
        take(sent, report(id_of(sent), kind=TRANSIENT, notice=f"<{number}@mx>"))
        for number in range(3)
    ]
    assert found == [Outcome.COUNTED, Outcome.KNOWN, Outcome.KNOWN]


def test_codes():
    """RFC 3463; without a code it may pass."""
    kinds = {code: kind_of(code) for code in ("5.1.1", "5.2.2", "5.7.26", "4.2.2", None)}
    assert list(kinds.values()) == [PERMANENT, TRANSIENT, OURS, TRANSIENT, TRANSIENT]


# proof ---------------------------------------------------------------------------------


def test_without_the_message_id_it_is_only_shown(sent: Database) -> None:
    for ids in ((), ("<guessed@webinaires.example.org>",)):
        assert take(sent, report(*ids, notice=f"<{len(ids)}@mx>")) is Outcome.RECORDED
    assert take(sent, report(kind=COMPLAINT)) is Outcome.RECORDED
    assert standing(sent) == (None, None, None, 3)
    assert (why_not(sent), left(sent)) == (None, {})


@pytest.mark.parametrize(
    ("recipients", "now"),
    [
        (("nobody@example.org",), NOW),
        ((), NOW),
        ((ALICE.email,), NOW + timedelta(days=31)),  # not lately
        (("a@example.org\0", "\udcff@x"), NOW),
    ],
)
def test_an_address_that_was_not_written_to_is_nobodys(
    sent: Database, recipients: tuple[str, ...], now: datetime
) -> None:
    assert take(sent, report(recipients=recipients, words="\0\udcff"), now) is Outcome.UNKNOWN
    with sent.read() as session:
        assert session.scalars(sa.select(AddressStanding)).all() == []


def test_what_is_planned_is_not_written(database: Database) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
    assert take(database, report()) is Outcome.UNKNOWN


def test_a_message_id_proves_nothing_about_somebody_else(sent: Database) -> None:
    """Bob knows his own; it stops neither Alice's address nor, in her name, his."""
    forged = report(id_of(sent, BOB.email), recipients=(ALICE.email,))
    assert take(sent, forged) is Outcome.RECORDED
    assert standing(sent) is None
    assert standing(sent, BOB.email) == (None, None, None, 1)


def test_an_address_that_was_corrected_since_is_not_stopped_for_the_old_one(
    sent: Database,
) -> None:
    with sent.write() as session:
        by_hand.correct(
            session,
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            registration_id=1,
            person=replace(ALICE, email="alice.dupont@example.org"),
            host=HOST,
            actor="x",
            now=NOW,
        )
    assert take(sent, report(id_of(sent, "alice.dupont@example.org"))) is Outcome.RECORDED
    assert why_not(sent) is None


def test_odd_characters_are_stored_by_both_databases(sent: Database) -> None:
    odd = report(
        id_of(sent), "<\0\udcff>", words="\0 a\n\tb\x1b \udcff é " + "x" * 999, notice="\udcff"
    )
    assert take(sent, odd) is Outcome.STOPPED
    with sent.read() as session:
        words = session.scalars(sa.select(DeliveryNotice.words)).one()
    assert words.startswith("a b ? é xxx")
    assert len(words) == 300


def test_a_flood_without_proof_is_not_kept(sent: Database) -> None:
    found = [take(sent, report(notice=f"<{number}@mx>")) for number in range(25)]
    assert found == [Outcome.RECORDED] * 20 + [Outcome.KNOWN] * 5
    assert take(sent, report(id_of(sent))) is Outcome.STOPPED


# once ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_notice_that_comes_again_does_nothing(sent: Database, kind: NoticeKind) -> None:
    one = report(id_of(sent), kind=kind)
    first = take(sent, one)
    before = standing(sent)
    assert take(sent, replace(one, notice="<again@mx>"), LATER) is Outcome.KNOWN
    assert first is not Outcome.KNOWN
    assert standing(sent) == before


@pytest.mark.parametrize("kind", NoticeKind)
def test_two_workers_with_the_same_notice(sent: Database, kind: NoticeKind) -> None:
    one = report(id_of(sent), kind=kind)
    found: list[Outcome] = []
    in_threads(lambda _number: found.append(take(sent, one)), 4)
    assert sorted(found.count(outcome) for outcome in set(found)) == [1, 3]
    assert found.count(Outcome.KNOWN) == 3


def test_workers_with_different_notices_of_one_address(sent: Database) -> None:
    ids = more_mails(sent, NOW, NOW + DAY, NOW + 2 * DAY)
    found: list[Outcome] = []
    in_threads(lambda n: found.append(take(sent, report(ids[n], kind=TRANSIENT))), 3)
    assert sorted(found) == [Outcome.COUNTED, Outcome.COUNTED, Outcome.STOPPED]


def test_a_notice_and_an_erasure_at_once(sent: Database) -> None:
    def erase() -> None:
        with sent.write() as session:
            person = session.get_one(Participant, 1)
            erasure.erase(session, participant=person, actor="x", host=HOST, now=NOW)

    one = report(id_of(sent))
    outcomes: list[Outcome] = []
    work: list[Callable[[], None]] = [lambda: outcomes.append(take(sent, one)), erase]
    in_threads(lambda number: work[number](), 2)
    assert standing(sent) is None
    assert take(sent, one) is Outcome.UNKNOWN


# an organiser's word -------------------------------------------------------------------


def test_an_organiser_lets_mail_leave_again(sent: Database) -> None:
    take(sent, report(id_of(sent)))
    take(sent, report(id_of(sent), kind=COMPLAINT))
    assert lift(sent)
    assert standing(sent) == (None, None, None, 2)
    assert why_not(sent) is None
    assert left(sent) == {MailList.NEWS: LeftBy.COMPLAINT}, "news are the person's to ask for"
    assert lift(sent) is False
    with sent.read() as session:
        (entry,) = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.act == AuditAct.ADDRESS_LIFTED)
        )
        assert (entry.actor, entry.before) == (
            "dominique@example.org",
            {"reason": "returned", "complained": True},
        )
        assert "alice" not in f"{entry.subject} {entry.after}"


def test_after_that_old_mails_tell_nothing_and_new_ones_do(sent: Database) -> None:
    old = more_mails(sent, NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=2))
    take(sent, report(id_of(sent)))
    lift(sent)
    assert take(sent, report(id_of(sent))) is Outcome.KNOWN
    assert take(sent, report(old[0])) is Outcome.RECORDED
    new = more_mails(sent, LATER + DAY, LATER + 2 * DAY, LATER + 3 * DAY)
    found = [take(sent, report(one, kind=TRANSIENT)) for one in (*old, *new)]
    assert " ".join(found) == "recorded recorded recorded counted counted stopped"


def test_what_is_nobodys_is_forgotten(sent: Database) -> None:
    with sent.write() as session:
        for address in ("gone@example.org", ALICE.email):
            session.add(AddressStanding(address=address, noticed_at=NOW))
    for months, expected in ((36, 0), (35, 1)):
        now = NOW.replace(year=NOW.year + 3)
        with sent.write() as session:
            assert address_standings.forget_nobodys(session, months=months, now=now) == expected
    assert standing(sent) == (None, None, None, 0)
