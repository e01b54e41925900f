"""Copies of what left: what they hold, how long, and with whom they go."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support import ALICE, BOB, HOST, MARCH, NOW, count, plan_of, published, register
from webinars.db import Database
from webinars.domain import erasure, mail_copies, participants
from webinars.domain.mail_copies import BLANK, NAME, Copy, packed
from webinars.models import MailCopy, MailCopyText, OutboxMail

WORDS = Copy(f"Demain, {NAME}", f"Bonjour {NAME},\n{BLANK}\n", f"<p>Bonjour {NAME}, {BLANK}</p>")
DAY = timedelta(days=1)


@pytest.fixture
def owed(database: Database) -> Database:
    """Alice and Bob are owed a mail each: 1 and 2."""
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
        register(session, BOB)
    return database


def keep(database: Database, mail_id: int, *, shared: bool, name: str | None = "Zoé <b>") -> None:
    content = packed(WORDS)
    with database.write() as session:
        if shared:
            mail_copies.keep_text(session, content=content, now=NOW)
        mail_copies.keep(
            session,
            mail_id=mail_id,
            digest=mail_copies.digest(content) if shared else None,
            content=None if shared else content,
            name=name,
            now=NOW,
        )


def read(database: Database, mail_id: int = 1) -> Copy | None:
    with database.read() as session:
        return mail_copies.read(session, mail_id=mail_id)


def kept(database: Database) -> tuple[int, int]:
    with database.read() as session:
        return count(session, MailCopy), count(session, MailCopyText)


def forget(database: Database, after: timedelta) -> int:
    with database.write() as session:
        return mail_copies.forget(session, days=30, now=NOW + after)


def test_there_is_none_before(owed: Database) -> None:
    assert read(owed) is None
    assert read(owed, 99) is None


@pytest.mark.parametrize("shared", [True, False])
def test_a_copy_greets_its_person(owed: Database, shared: bool) -> None:
    keep(owed, 1, shared=shared)
    keep(owed, 2, shared=shared, name=None)
    assert read(owed, 1) == Copy(
        "Demain, Zoé <b>",
        "Bonjour Zoé <b>,\n…\n",
        "<p>Bonjour Zoé &lt;b&gt;, …</p>",
    )
    assert read(owed, 2) == Copy("Demain, ", "Bonjour ,\n…\n", "<p>Bonjour , …</p>")
    assert kept(owed) == (2, 1 if shared else 0)


def test_the_copy_of_another_try_takes_the_place_of_the_first(owed: Database) -> None:
    keep(owed, 1, shared=True, name="Zoé")
    keep(owed, 1, shared=False, name="Zaza")
    found = read(owed)
    assert found is not None
    assert found.subject == "Demain, Zaza"
    assert kept(owed) == (1, 1)


def test_copies_go_after_their_days_and_then_what_they_shared(owed: Database) -> None:
    keep(owed, 1, shared=True)
    keep(owed, 2, shared=False)
    assert forget(owed, 30 * DAY - timedelta(seconds=1)) == 0
    assert kept(owed) == (2, 1)
    assert forget(owed, 30 * DAY) == 2
    assert forget(owed, 30 * DAY) == 0
    assert kept(owed) == (0, 1)
    assert forget(owed, 32 * DAY) == 0
    assert kept(owed) == (0, 0)


def test_a_copy_goes_with_its_person(owed: Database) -> None:
    keep(owed, 1, shared=False)
    keep(owed, 2, shared=False)
    with owed.write() as session:
        alice = participants.by_email(session, email=ALICE.email)
        assert alice is not None
        erasure.erase(session, participant=alice, actor="participant", host=HOST, now=NOW)
    with owed.read() as session:
        assert session.scalars(sa.select(MailCopy.mail_id)).all() == [2]
        assert session.get(OutboxMail, 1) is None
