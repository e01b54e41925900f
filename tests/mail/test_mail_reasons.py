"""The reason of every wording that can stand in a row which did not leave."""

import pytest
import sqlalchemy as sa

from tests.domain.test_outbox import owe
from webinars.db import Database
from webinars.domain import mail_lists, notices, outbox, planned, reminders, surveys, welcome
from webinars.domain.mail_reasons import REASON, UNDELIVERED, Reason, is_of, reason_of
from webinars.mail import messages, scopes
from webinars.models import MailState, OutboxMail

OURS: dict[str | None, Reason] = {
    mail_lists.SUPPRESSED.format(reason="returned"): Reason.SUPPRESSED,
    mail_lists.LEFT: Reason.UNWANTED,
    outbox.EXPIRED: Reason.EXPIRED,
    outbox.LOST: Reason.UNCERTAIN,
    "parked by hand": Reason.PARKED,
    "parked by hand: 550 5.1.1 unknown": Reason.PARKED,
    "given up after 24 tries: 450 busy": Reason.GIVEN_UP,
    "the link broke after the message: TimeoutError: ": Reason.UNCERTAIN,
    "the address cannot be written: UnicodeError: x": Reason.BAD_ADDRESS,
    "a header has control characters": Reason.UNBUILT,
    "it could not be built: KeyError": Reason.UNBUILT,
    reminders.CANCELLED: Reason.CANCELLED,
    reminders.MOVED: Reason.MOVED,
    reminders.LEFT: Reason.LEFT,
    reminders.SWITCHED_OFF: Reason.SWITCHED_OFF,
    reminders.OFFLINE: Reason.OFFLINE,
    reminders.ABSENT: Reason.ABSENT,
    surveys.CLOSED: Reason.ASKED,
    surveys.ANSWERED: Reason.ASKED,
    notices.LEFT: Reason.LEFT,
    notices.TOLD_LATER: Reason.TOLD,
    notices.CHANGED_BACK: Reason.CHANGED_BACK,
    planned.TOLD_LATER: Reason.TOLD,
    planned.NOTHING_LEFT: Reason.OVER,
    welcome.STOPPED: Reason.UNWANTED,
    welcome.NOTHING_TO_COME: Reason.OVER,
    messages.ERASED: Reason.ERASED,
    "it is no longer true: the registration is cancelled now": Reason.UNTRUE,
    scopes.LEFT_CYCLE: Reason.LEFT,
    scopes.LEFT_THEME: Reason.LEFT,
    scopes.NOTHING_STANDS: Reason.OVER,
    scopes.CONFIRMED_SINCE: Reason.TOLD,
    "the account is closed": Reason.ACCOUNT,
    "a password has been chosen already": Reason.ACCOUNT,
    "the password has changed since": Reason.ACCOUNT,
}
OF_SERVERS: dict[str | None, Reason] = {
    "550 5.1.1 <a@b.example> unknown": Reason.NO_ADDRESS,
    "550 5.1.1": Reason.NO_ADDRESS,
    "553 5.1.10 null MX": Reason.NO_ADDRESS,
    "550 5.1.12 what is this": Reason.REFUSED,
    "554 5.7.1 relay denied": Reason.REFUSED,
    "550 no": Reason.REFUSED,
    "something that nobody knows": Reason.OTHER,
    None: Reason.OTHER,
}

EVERY: dict[str | None, Reason] = {**OURS, **OF_SERVERS}


@pytest.mark.parametrize("words", OURS)
def test_words_of_ours_have_a_reason(words: str | None) -> None:
    assert reason_of(words) is OURS[words]


def test_rows_are_told_apart_by_their_words(database: Database) -> None:
    replies = {str(number): words for number, words in enumerate(EVERY)}
    with database.write() as session:
        owe(session, *replies)
        for key, words in replies.items():
            session.execute(
                sa.update(OutboxMail)
                .where(OutboxMail.key == key)
                .values(state=MailState.FAILED, reply=words)
            )
    with database.read() as session:
        rows = session.execute(sa.select(OutboxMail.reply, REASON)).all()
        assert {reply: Reason(value) for reply, value in rows} == EVERY
        missed = session.scalars(sa.select(OutboxMail.reply).where(is_of(*UNDELIVERED))).all()
        expected = [w for w, reason in EVERY.items() if reason in UNDELIVERED]
        assert sorted(map(str, missed)) == sorted(map(str, expected))
