"""Mails that an organiser sends again: rendered from the present truth, each press once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.domain.scoping import join, of
from tests.support import (
    ALICE,
    APRIL,
    BOB,
    HOST,
    HOUSE,
    MARCH,
    MAY,
    NOW,
    MailServer,
    in_threads,
    load_library,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import erasure, following, organisers, registrations, reminders
from webinars.domain.errors import NotFound
from webinars.domain.mail_acts import (
    BETWEEN,
    MOST_REPEATS,
    JustRepeated,
    OfAnAccount,
    RepeatedOften,
    StillWaiting,
    acts_on,
)
from webinars.domain.mail_lists import SUPPRESSED
from webinars.domain.notices import LEFT, TOLD_LATER
from webinars.domain.outbox import EXPIRED
from webinars.domain.plan import PlannedSession
from webinars.mail.again import send_again
from webinars.mail.letters import NotToBeSent
from webinars.models import (
    AddressStanding,
    AuditAct,
    MailKind,
    MailState,
    OutboxMail,
    StopReason,
)
from webinars.worker import Worker

MakeWorker = Callable[..., Worker]
At = Callable[[datetime], None]
DOMINIQUE = "dominique@example.org"
MOVED = replace(MARCH, date=date(2019, 3, 28))
LATER = NOW + timedelta(hours=1)
JUNE = PlannedSession("juin", date(2019, 6, 20), "Juin", theme=APRIL.theme)


@pytest.fixture
def left(database: Database, make_worker: MakeWorker, smtp: MailServer) -> Database:
    """Alice is on March; her confirmation has left."""
    with database.write() as session:
        published(session, plan_of(MARCH, APRIL, MAY))
        register(session, ALICE)
    make_worker().tick()
    smtp.arrived.clear()
    return database


def again(database: Database, mail_id: int, *, now: datetime = NOW) -> int:
    """One press of the button; the mail that leaves."""
    with database.write() as session:
        return send_again(session, mail_id=mail_id, actor=DOMINIQUE, host=HOST, now=now).id


def latest(database: Database, kind: MailKind) -> int:
    with database.read() as session:
        found = session.scalar(sa.select(sa.func.max(OutboxMail.id)).where(OutboxMail.kind == kind))
        assert found is not None
        return found


def row(database: Database, mail_id: int) -> OutboxMail:
    with database.read() as session:
        return session.get_one(OutboxMail, mail_id)


def keys(database: Database) -> list[str]:
    with database.read() as session:
        return list(
            session.scalars(
                sa.select(OutboxMail.key)
                .where(OutboxMail.resent_id.is_not(None))
                .order_by(OutboxMail.id)
            )
        )


def test_a_mail_that_left_is_repeated_by_another(
    left: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    first = latest(left, MailKind.CONFIRMATION)
    second = again(left, first)
    repeated, mail = row(left, second), row(left, first)
    assert repeated.key == f"resend:{first}:1"
    assert repeated.message_id != mail.message_id
    same = ("kind", "participant_id", "webinar_id", "about_start", "expires_at")
    assert [getattr(repeated, name) for name in same] == [getattr(mail, name) for name in same]
    make_worker().tick()
    (arrived,) = smtp.arrived
    assert arrived.envelope_to == [ALICE.email]
    assert arrived.message["Message-ID"] == repeated.message_id
    with left.read() as session:
        (entry,) = acts_on(session, mail_id=first)
        assert (entry.actor, entry.act, entry.before, entry.after) == (
            DOMINIQUE,
            AuditAct.MAIL_SENT_AGAIN,
            {"state": "sent"},
            {"mail": second},
        )


def test_a_second_press_sends_nothing(
    left: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    first = latest(left, MailKind.CONFIRMATION)
    outcomes: list[str] = []

    def press(_number: int) -> None:
        try:
            again(left, first)
            outcomes.append("leaves")
        except JustRepeated:
            outcomes.append("refused")

    in_threads(press, 4)
    assert sorted(outcomes) == ["leaves", "refused", "refused", "refused"]
    make_worker().tick()
    with pytest.raises(JustRepeated):
        again(left, first, now=NOW + BETWEEN - timedelta(seconds=1))
    with pytest.raises(JustRepeated):  # nor does the one that it was sent again as
        again(left, latest(left, MailKind.CONFIRMATION), now=NOW + timedelta(minutes=1))
    assert len(smtp.arrived) == 1
    assert keys(left) == [f"resend:{first}:1"]


def test_it_is_repeated_a_few_times_and_no_more(left: Database) -> None:
    first, now = latest(left, MailKind.CONFIRMATION), NOW
    for _ in range(MOST_REPEATS):
        now += BETWEEN
        again(left, latest(left, MailKind.CONFIRMATION), now=now)
        with left.write() as session:
            session.execute(sa.update(OutboxMail).values(state=MailState.SENT, sent_at=now))
    with pytest.raises(RepeatedOften):
        again(left, first, now=now + BETWEEN)
    assert keys(left) == [f"resend:{first}:{number}" for number in range(1, MOST_REPEATS + 1)]


def test_what_failed_goes_back_itself(
    database: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
    smtp.on_rcpt = lambda _address: "550 not today"
    make_worker().tick()
    smtp.on_rcpt = lambda _address: None
    first = latest(database, MailKind.CONFIRMATION)
    assert row(database, first).state is MailState.FAILED
    assert again(database, first) == first
    with pytest.raises(StillWaiting):
        again(database, first)
    make_worker().tick()
    mail = row(database, first)
    assert (mail.state, mail.reply, mail.tries) == (MailState.SENT, "250 taken as 1", 1)


def test_what_is_no_longer_true_is_refused(left: Database, at: At, make_worker: MakeWorker) -> None:
    day_before = datetime(2019, 3, 20, 12, 5, tzinfo=UTC)
    at(day_before)
    make_worker().tick()
    reminder = latest(left, MailKind.REMINDER)
    assert row(left, reminder).state is MailState.SENT
    repeated = again(left, reminder, now=day_before + timedelta(minutes=1))
    assert repeated != reminder
    with left.write() as session:
        published(session, plan_of(MOVED, APRIL, MAY))
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT))
    refusals = [
        (day_before + timedelta(hours=1), reminders.MOVED),
        (datetime(2019, 3, 21, 12, 0, tzinfo=UTC), EXPIRED),
    ]
    for now, reason in refusals:
        with pytest.raises(NotToBeSent, match=reason):
            again(left, reminder, now=now)
    assert keys(left) == [f"resend:{reminder}:1"]


def test_a_stopped_address_and_who_has_left_are_refused(left: Database) -> None:
    first = latest(left, MailKind.CONFIRMATION)
    with left.write() as session:
        standing = AddressStanding(
            address=ALICE.email, noticed_at=NOW, stopped_at=NOW, reason=StopReason.RETURNED
        )
        session.add(standing)
    with pytest.raises(NotToBeSent) as refusal:
        again(left, first)
    assert str(refusal.value) == SUPPRESSED.format(reason="returned")
    assert keys(left) == []


def test_of_who_is_erased_nothing_is_left_to_send(left: Database) -> None:
    first = latest(left, MailKind.CONFIRMATION)
    again(left, first)
    with left.write() as session:
        erasure.erase(session, participant=of(session), actor="x", host=HOST, now=NOW)
    with left.read() as session:
        assert session.scalars(sa.select(OutboxMail)).all() == []


def test_who_is_erased_meanwhile_is_written_to_no_more(left: Database) -> None:
    first = latest(left, MailKind.CONFIRMATION)
    outcomes: list[str] = []

    def press_or_erase(number: int) -> None:
        if number:
            with left.write() as session:
                erasure.erase(session, participant=of(session), actor="x", host=HOST, now=NOW)
            return
        try:
            again(left, first)
            outcomes.append("leaves")
        except NotFound:
            outcomes.append("gone")

    in_threads(press_or_erase, 2)
    assert outcomes in (["leaves"], ["gone"])
    with left.read() as session:
        assert session.scalars(sa.select(OutboxMail)).all() == []


def test_a_mail_about_an_account_is_not_repeated(left: Database) -> None:
    with left.write() as session:
        organisers.invite(session, email=DOMINIQUE, language="fr", actor="x", host=HOST, now=NOW)
        session.execute(sa.update(OutboxMail).values(state=MailState.SENT, sent_at=NOW))
    with pytest.raises(OfAnAccount):
        again(left, latest(left, MailKind.INVITATION))


def notice(database: Database) -> int:
    return latest(database, MailKind.CHANGE_NOTICE)


def test_a_notice_says_again_what_it_said(
    left: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    at(LATER)
    with left.write() as session:
        published(session, plan_of(MOVED, APRIL, MAY), now=LATER)
    make_worker().tick()
    again(left, notice(left), now=LATER)
    make_worker().tick()
    once, twice = (arrived.text() for arrived in smtp.arrived)
    assert "28 mars" in twice
    assert once == twice
    with left.write() as session:  # the next one says nothing a second time
        published(session, plan_of(replace(MOVED, title="Autrement"), APRIL, MAY), now=LATER)
    make_worker().tick()
    with pytest.raises(NotToBeSent, match=TOLD_LATER):
        again(left, row(left, notice(left)).id - 2, now=LATER + BETWEEN)
    assert "Autrement" in smtp.arrived[2].text()
    with left.write() as session:
        registrations.cancel(
            session,
            participant=of(session),
            cycle_slug="2019",
            webinar_slug=MARCH.slug,
            house=HOUSE,
            now=LATER,
        )
    with pytest.raises(NotToBeSent, match=LEFT):
        again(left, notice(left), now=LATER)


def test_each_kind_says_again_what_it_said(
    left: Database, make_worker: MakeWorker, smtp: MailServer, at: At
) -> None:
    """Kinds that read their purpose from what was owed: its key, and when."""
    at(LATER)
    with left.write() as session:
        load_library(session, "themes.toml")
        join(session, BOB)
        following.follow_theme(
            session, person=BOB, theme_slug=APRIL.theme or "", house=HOUSE, now=NOW
        )
    make_worker().tick()
    kinds = (MailKind.CYCLE_CONFIRMATION, MailKind.THEME_CONFIRMATION, MailKind.PLANNED)
    for kind in kinds:
        if kind is MailKind.PLANNED:
            with left.write() as session:
                published(session, plan_of(MARCH, APRIL, MAY, JUNE), now=LATER)
            make_worker().tick()
        again(left, latest(left, kind), now=LATER)
        make_worker().tick()
    with left.read() as session:
        repeats = sa.select(OutboxMail).where(OutboxMail.resent_id.is_not(None))
        rows = session.scalars(repeats.order_by(OutboxMail.id))
        assert [(one.kind, one.state) for one in rows] == [(kind, MailState.SENT) for kind in kinds]
    ids = {arrived.message["Message-ID"]: arrived for arrived in smtp.arrived}
    with left.read() as session:
        for one in session.scalars(sa.select(OutboxMail).where(OutboxMail.resent_id.is_not(None))):
            assert ids[one.message_id].text() == ids[one.origin.message_id].text()
