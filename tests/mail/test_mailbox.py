"""The mailbox of notices on a real IMAP server; and servers that answer nothing, or nonsense."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.imap import ImapServer, imap_server
from tests.returned import OUT_OF_OFFICE, arf, dsn
from tests.support import (
    ALICE,
    BOB,
    MARCH,
    NOW,
    MailServer,
    confirmed_by_mail,
    free_port,
    in_threads,
    plan_of,
    published,
    register,
)
from webinars.config import Settings
from webinars.db import Database
from webinars.domain import delivery_notices
from webinars.mail import mailbox
from webinars.models import AddressStanding, DeliveryNotice, OutboxMail
from webinars.worker import Worker

Write = Callable[..., bytes]
LATER = NOW + timedelta(minutes=5)
FOLDER_FULL = b"From: x\nSubject: not ours\n\nHello\n"


@pytest.fixture(scope="module")
def server() -> Iterator[ImapServer]:
    with imap_server() as running:
        yield running


@pytest.fixture
def imap(server: ImapServer) -> ImapServer:
    """With everything read."""
    mailbox.read_new(settings(server), take=lambda _raw: None, stop=lambda: False)
    return server


@pytest.fixture
def sent(database: Database) -> Database:
    confirmed_by_mail(database, ALICE, BOB)
    return database


def settings(imap: ImapServer, **changes) -> Settings:
    return Settings(**(imap.settings | changes))


def notice(
    database: Database, email: str = ALICE.email, write: Callable[..., bytes] = dsn
) -> bytes:
    with database.read() as session:
        (identity,) = (
            mail.message_id
            for mail in session.scalars(sa.select(OutboxMail))
            if mail.recipient.email == email
        )
    return write(id_=identity, to=email)


def stopped(database: Database) -> list[str]:
    with database.read() as session:
        return list(
            session.scalars(
                sa.select(AddressStanding.address)
                .where(AddressStanding.stopped_at.is_not(None))
                .order_by(AddressStanding.address)
            )
        )


# reading -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_unread_is_read_once(imap: ImapServer, count: int) -> None:
    imap.put(*(dsn(notice=f"<{number}@mx>") for number in range(count)))
    taken: list[bytes] = []
    for expected in (count, 0):
        assert mailbox.waiting(settings(imap)) == expected
        assert mailbox.read_new(settings(imap), take=taken.append, stop=lambda: False) == expected
    assert len(taken) == count
    assert all(raw.startswith(b"Return-Path: <>\r\n") for raw in taken)
    assert imap.unread() == 0


def test_what_is_large_is_cut(imap: ImapServer) -> None:
    imap.put(dsn() + b"x" * 2_000_000)
    taken: list[bytes] = []
    mailbox.read_new(settings(imap), take=taken.append, stop=lambda: False)
    assert [len(raw) for raw in taken] == [512 * 1024]


def test_what_could_not_be_taken_comes_again(imap: ImapServer) -> None:
    imap.put(dsn(), dsn())

    def take(_raw: bytes) -> None:
        raise OSError("the database is away")

    with pytest.raises(OSError, match="the database"):
        mailbox.read_new(settings(imap), take=take, stop=lambda: False)
    assert imap.unread() == 2


def test_it_stops_when_it_is_told_to(imap: ImapServer) -> None:
    imap.put(dsn(), dsn())
    taken: list[bytes] = []
    mailbox.read_new(settings(imap), take=taken.append, stop=lambda: len(taken) == 1)
    assert imap.unread() == 1


# by the worker -------------------------------------------------------------------------


def test_the_worker_acts_on_what_came(
    sent: Database, make_worker: Callable[..., Worker], imap: ImapServer, at
) -> None:
    imap.put(notice(sent), FOLDER_FULL, OUT_OF_OFFICE, notice(sent, BOB.email, arf), notice(sent))
    worker = make_worker(**imap.settings)
    assert worker.read_mailbox() == 5
    assert imap.unread() == 0
    assert stopped(sent) == [ALICE.email]
    with sent.read() as session:
        assert len(session.scalars(sa.select(DeliveryNotice)).all()) == 2
    assert worker.read_mailbox() == 0


def test_it_looks_at_intervals_whoever_looks(
    sent: Database, make_worker: Callable[..., Worker], imap: ImapServer, at
) -> None:
    first, second = make_worker(**imap.settings), make_worker(**imap.settings)
    assert first.read_mailbox() == 0
    imap.put(notice(sent))
    at(LATER - timedelta(seconds=1))
    assert (first.read_mailbox(), second.read_mailbox()) == (0, 0)
    at(LATER)
    assert (second.read_mailbox(), first.read_mailbox()) == (1, 0)
    assert stopped(sent) == [ALICE.email]


def test_without_a_mailbox_none_is_read(make_worker: Callable[..., Worker]) -> None:
    assert make_worker().read_mailbox() == 0


def test_a_crash_before_the_mark_acts_once(
    sent: Database,
    make_worker: Callable[..., Worker],
    imap: ImapServer,
    at,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imap.put(notice(sent))
    worker = make_worker(**imap.settings)
    take = delivery_notices.take
    outcomes: list[str] = []

    def noted(session, **values):
        outcomes.append(take(session, **values))
        return outcomes[-1]

    def crash(raw: bytes) -> None:
        taking(raw)
        raise RuntimeError("killed")

    monkeypatch.setattr(delivery_notices, "take", noted)
    taking = worker._take_notice
    with monkeypatch.context() as patch:
        patch.setattr(worker, "_take_notice", crash)
        with pytest.raises(RuntimeError):
            worker.read_mailbox()
    assert imap.unread() == 1
    at(LATER)
    assert worker.read_mailbox() == 1
    assert outcomes == ["stopped", "known"]


def test_two_readers_of_one_mailbox_act_once(
    sent: Database, make_worker: Callable[..., Worker], imap: ImapServer
) -> None:
    imap.put(notice(sent), notice(sent, BOB.email))
    workers = [make_worker(**imap.settings) for _ in range(2)]

    def read(number: int) -> None:
        take = workers[number]._take_notice
        mailbox.read_new(settings(imap), take=take, stop=lambda: False)

    in_threads(read, 2)
    assert stopped(sent) == [ALICE.email, BOB.email]
    with sent.read() as session:
        assert len(session.scalars(sa.select(DeliveryNotice)).all()) == 2


# servers that are broken ---------------------------------------------------------------


@contextlib.contextmanager
def saying(*words: bytes) -> Iterator[int]:
    """A server that says this at once and then nothing; its port."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                for word in words:
                    connection.sendall(word)

    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for connection in held:
                connection.close()
    thread.join(10)


BROKEN = {
    "silent": (),
    "goodbye": (b"* BYE no\r\n",),
    "nonsense": (b"220 this is SMTP\r\n",),
    "endless": (b"* OK hello\r\n", b"* CAPABILITY IMAP4REV1\r\n" * 3),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_mailbox_stops_no_mail(
    database: Database,
    make_worker: Callable[..., Worker],
    imap: ImapServer,
    smtp: MailServer,
    name: str,
) -> None:
    with database.write() as session:
        published(session, plan_of(MARCH))
        register(session, ALICE)
    with saying(*BROKEN[name]) as port:
        broken = {"bounce_imap_port": port, "bounce_imap_timeout": 1}
        worker = make_worker(**(imap.settings | broken))
        assert worker.read_mailbox() == 0
        assert worker.tick() == 1
    assert len(smtp.arrived) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"bounce_imap_password": "wrong"},
        {"bounce_imap_password": "clé"},
        {"bounce_imap_folder": "Returns (none)"},
        {"bounce_imap_folder": 'odd "name" \\'},
        {"bounce_imap_folder": "Retournés"},
        {"bounce_imap_port": free_port()},
        {"bounce_imap_security": "tls"},
        {"bounce_imap_security": "starttls"},
        {"bounce_imap_server": "no-such-host.invalid"},
    ],
)
def test_what_is_set_wrongly_is_said(imap: ImapServer, changes: dict[str, object]) -> None:
    with pytest.raises(mailbox.Unreadable) as raised:
        mailbox.waiting(settings(imap, **changes))
    assert str(raised.value)
    assert "mot de passe" not in str(raised.value)
