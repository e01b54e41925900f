"""What the log keeps of a mail is what left, and opens nothing."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support import (
    ALICE,
    BOB,
    HOST,
    MARCH,
    NOW,
    MailServer,
    person,
    plan_of,
    published,
    register,
)
from webinars.db import Database
from webinars.domain import account_mails, mail_copies, organisers
from webinars.domain.mail_copies import Copy
from webinars.models import MailCopy, MailCopyText
from webinars.worker import Worker

MakeWorker = Callable[..., Worker]
SECRET = re.compile(r"(?<=/)[\w-]{20,}\.[\w-]{40,}|(?<=t=)[\w.-]{60,}")
"""A signed token in an address."""


def copies(database: Database) -> dict[int, Copy]:
    with database.read() as session:
        return mail_copies.read_each(session, of=sa.true())


def rows(database: Database) -> tuple[int, int]:
    with database.read() as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (MailCopy, MailCopyText)
        )


def without_secrets(text: str) -> str:
    return SECRET.sub("…", text.replace("\r\n", "\n"))


@pytest.fixture
def march(database: Database) -> Database:
    with database.write() as session:
        published(session, plan_of(MARCH))
    return database


def test_a_copy_is_what_left_without_its_secrets(
    march: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    with march.write() as session:
        for who in (ALICE, BOB):
            register(session, who)
    make_worker().tick()
    for arrived, copy in zip(smtp.arrived, copies(march).values(), strict=True):
        assert SECRET.search(arrived.text())
        assert SECRET.search(arrived.html())
        assert copy.subject == str(arrived.message["Subject"])
        assert copy.text == without_secrets(arrived.text())
        assert copy.html.strip() == without_secrets(arrived.html()).strip()


def test_what_many_mails_say_is_kept_once(march: Database, make_worker: MakeWorker) -> None:
    with march.write() as session:
        for number in range(10):
            register(session, person(number))
        register(session, BOB)
    make_worker().tick()
    assert rows(march) == (11, 2)  # one text a language
    assert {copy.text.splitlines()[0] for copy in copies(march).values()} == {
        "Bonjour,",
        "Hello Bob Martin,",
    }


@pytest.mark.parametrize("kind", ["invitation", "reset"])
def test_no_account_can_be_opened_with_a_copy(
    database: Database, make_worker: MakeWorker, smtp: MailServer, kind: str
) -> None:
    with database.write() as session:
        organiser = organisers.create_organiser(
            session,
            email="zoe@example.org",
            password_hash=None if kind == "invitation" else "a hash",
            roles=("organiser",),
            language="fr",
            now=NOW,
        )
        owe = {"invitation": account_mails.owe_invitation, "reset": account_mails.owe_reset}[kind]
        owe(session, organiser=organiser, host=HOST, now=NOW)
    make_worker().tick()
    (arrived,), (copy,) = smtp.arrived, copies(database).values()
    place = {"invitation": "welcome", "reset": "recover"}[kind]
    address = re.compile(rf"/organise/{place}/(\S+?)[\"<\s]")
    secrets = set(address.findall(arrived.text()) + address.findall(arrived.html()))
    assert len(secrets) == 1
    assert not any(secret in copy.text + copy.html for secret in secrets)
    assert set(address.findall(copy.text) + address.findall(copy.html)) == {"…"}
    assert rows(database) == (1, 0)


def test_no_copy_is_kept_where_none_is_wanted(
    march: Database, make_worker: MakeWorker, smtp: MailServer
) -> None:
    with march.write() as session:
        register(session, ALICE)
    make_worker(mail_copies_days=0).tick()
    assert len(smtp.arrived) == 1
    assert rows(march) == (0, 0)
