"""Accounts of the desk: rules that hold without a request."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.support import HOST, NOW, counted_queries, in_threads
from webinars.db import Database
from webinars.domain import account_mails, organisers
from webinars.domain.errors import NotFound
from webinars.domain.organisers import (
    ROLES,
    AccountExists,
    AccountState,
    EnoughMails,
    InvitationOver,
    LastAdministrator,
)
from webinars.models import AuditEntry, MailKind, Organiser, OutboxMail

CAMILLE, DOMINIQUE, ROBIN = (f"{name}@example.org" for name in ("camille", "dominique", "robin"))
WHO: dict[str, Any] = {"actor": CAMILLE, "now": NOW}
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def make(session: Session, email: str, *, administrator: bool = False) -> Organiser:
    roles = tuple(ROLES) if administrator else ("organiser",)
    return organisers.create_organiser(
        session, email=email, password_hash="a hash", roles=roles, now=NOW
    )


@pytest.fixture
def house(database: Database) -> Database:
    """Camille manages accounts, Dominique organises."""
    with database.write() as session:
        assert organisers.none_yet(session)
        make(session, CAMILLE, administrator=True)
        make(session, DOMINIQUE)
        assert not organisers.none_yet(session)
    return database


def owed(session: Session) -> list[OutboxMail]:
    return list(session.scalars(sa.select(OutboxMail).order_by(OutboxMail.id)))


def entries(session: Session) -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    found = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.actor, entry.act.value, entry.before, entry.after) for entry in found]


def test_an_account_is_made_once(house: Database) -> None:
    with house.write() as session, pytest.raises(AccountExists):
        make(session, " Camille@EXAMPLE.org")
    with house.read() as session:
        assert [(a.email, a.state, a.administrator) for a in organisers.accounts(session)] == [
            (CAMILLE, AccountState.ACTIVE, True),
            (DOMINIQUE, AccountState.ACTIVE, False),
        ]
        assert entries(session)[0] == (
            "command line",
            "account_created",
            {},
            {"roles": ["administrator", "organiser"], "state": "active"},
        )


def test_of_two_invitations_at_once_one_is_refused(house: Database) -> None:
    done: list[str] = []

    def invite(number: int) -> None:
        try:
            with house.write() as session:
                organisers.invite(session, email=ROBIN, language="fr", host=HOST, **WHO)
            done.append("invited")
        except AccountExists:
            done.append("refused")

    in_threads(invite, 4)
    assert sorted(done) == ["invited", "refused", "refused", "refused"]
    with house.read() as session:
        assert len(owed(session)) == 1


def test_the_first_accounts_of_a_house_may_come_at_once(database: Database) -> None:
    def make_one(number: int) -> None:
        with database.write() as session:
            make(session, f"p{number}@example.org", administrator=True)

    in_threads(make_one, 4)
    with database.read() as session:
        assert [account.administrator for account in organisers.accounts(session)] == [True] * 4


def test_an_invitation_is_accepted_once(house: Database) -> None:
    with house.write() as session:
        robin = organisers.invite(session, email=ROBIN, language="en", host=HOST, **WHO)
        first, language = robin.fs_uniquifier, robin.language
        assert organisers.state_of(robin) is AccountState.INVITED
        (mail,) = owed(session)
        assert (mail.kind, mail.organiser_id) == (MailKind.INVITATION, robin.id)
        assert mail.expires_at == NOW + timedelta(days=7)
        assert account_mails.why_not(mail) is None
    assert language == "en"
    accept: dict[str, Any] = {"uniquifier": first, "password_hash": "theirs", "now": NOW}
    with house.write() as session, pytest.raises(InvitationOver):
        organisers.accept_invitation(session, age=7 * DAY, **accept)
    with house.write() as session:
        robin = organisers.accept_invitation(session, age=7 * DAY - SECOND, **accept)
        assert (robin.password, organisers.state_of(robin)) == ("theirs", AccountState.ACTIVE)
        assert account_mails.why_not(owed(session)[0]) == "a password has been chosen already"
    with house.write() as session, pytest.raises(InvitationOver):
        organisers.accept_invitation(session, age=SECOND, **accept)
    with house.write() as session, pytest.raises(InvitationOver):
        organisers.accept_invitation(session, age=SECOND, **(accept | {"uniquifier": "x"}))
    with house.write() as session, pytest.raises(InvitationOver):
        organisers.invite_again(session, email=ROBIN, host=HOST, now=NOW)


def test_three_invitations_a_day(house: Database) -> None:
    with house.write() as session:
        organisers.invite(session, email=ROBIN, language="fr", host=HOST, **WHO)
        for number in (1, 2):
            later = NOW + number * SECOND
            organisers.invite_again(session, email=ROBIN, host=HOST, now=later)
        with pytest.raises(EnoughMails):
            organisers.invite_again(session, email=ROBIN, host=HOST, now=NOW + 3 * SECOND)
        organisers.invite_again(session, email=ROBIN, host=HOST, now=NOW + DAY + SECOND)
        assert len(owed(session)) == 4


def test_closing_and_opening(house: Database) -> None:
    with house.write() as session:
        before = organisers.find(session, email=DOMINIQUE).fs_uniquifier
        for _ in range(2):
            organisers.close(session, email=DOMINIQUE, **WHO)
        dominique = organisers.find(session, email=DOMINIQUE)
        assert organisers.state_of(dominique) is AccountState.CLOSED
        assert dominique.fs_uniquifier != before
        for _ in range(2):
            organisers.reopen(session, email=DOMINIQUE, **WHO)
        assert organisers.state_of(dominique) is AccountState.ACTIVE
        assert entries(session)[2:] == [
            (CAMILLE, "account_closed", {"state": "active"}, {"state": "closed"}),
            (CAMILLE, "account_opened", {"state": "closed"}, {"state": "active"}),
        ]


def test_roles_are_given_and_taken_back(house: Database) -> None:
    with house.write() as session:
        for _ in range(2):
            organisers.make_administrator(session, email=DOMINIQUE, **WHO)
        for _ in range(2):
            organisers.make_organiser(session, email=CAMILLE, **WHO)
        both, one = {"roles": ["administrator", "organiser"]}, {"roles": ["organiser"]}
        assert entries(session)[2:] == [
            (CAMILLE, "roles_changed", one, both),
            (CAMILLE, "roles_changed", both, one),
        ]
        assert [a.last_administrator for a in organisers.accounts(session)] == [False, True]


@pytest.mark.parametrize(
    "act", [organisers.close, organisers.make_administrator, organisers.make_organiser]
)
def test_the_role_is_locked_before_the_account(house: Database, act: Callable[..., None]) -> None:
    with house.write() as session, counted_queries(house) as asked:
        act(session, email=DOMINIQUE, **WHO)
    tables = [re.search(r"FROM (\w+)", query) for query in asked[:2]]
    assert [found and found[1] for found in tables] == ["roles", "organisers"]


@pytest.mark.parametrize("act", [organisers.close, organisers.make_organiser])
def test_the_last_administrator_stays(house: Database, act: Callable[..., None]) -> None:
    with house.write() as session, pytest.raises(LastAdministrator):
        act(session, email=CAMILLE, **WHO)
    with house.write() as session:
        organisers.make_administrator(session, email=DOMINIQUE, **WHO)
        act(session, email=CAMILLE, **WHO)
    with house.write() as session, pytest.raises(LastAdministrator):
        act(session, email=DOMINIQUE, **WHO)


def test_two_administrators_who_close_each_other_at_once(house: Database) -> None:
    with house.write() as session:
        organisers.make_administrator(session, email=DOMINIQUE, **WHO)
    refused: list[str] = []

    def close(number: int) -> None:
        email = (CAMILLE, DOMINIQUE)[number]
        try:
            with house.write() as session:
                organisers.close(session, email=email, **WHO)
        except LastAdministrator:
            refused.append(email)

    in_threads(close, 2)
    assert len(refused) == 1
    with house.read() as session:
        assert sorted(a.state for a in organisers.accounts(session)) == ["active", "closed"]


@pytest.mark.parametrize("email", ["nobody@example.org", f"{CAMILLE}\0", "\x1b", "\ud800"])
@pytest.mark.parametrize(
    "act",
    [
        organisers.close,
        organisers.reopen,
        organisers.make_administrator,
        organisers.make_organiser,
        organisers.drop_second_factor,
    ],
)
def test_an_act_on_nobody(house: Database, act: Callable[..., None], email: str) -> None:
    with house.write() as session, pytest.raises(NotFound):
        act(session, email=email, **WHO)
    with house.read() as session, pytest.raises(NotFound):
        organisers.find(session, email=email)


def test_a_reset_is_owed_three_times_a_day_and_dies_with_the_password(house: Database) -> None:
    with house.write() as session:
        dominique = organisers.find(session, email=DOMINIQUE)
        got = [
            account_mails.owe_reset(
                session, organiser=dominique, host=HOST, now=NOW + number * SECOND
            )
            for number in range(4)
        ]
        assert got == [True, True, True, False]
        mail = owed(session)[0]
        assert (mail.expires_at, account_mails.why_not(mail)) == (NOW + timedelta(hours=1), None)
        dominique.fs_uniquifier = uuid.uuid4().hex
        organisers.password_changed(session, organiser=dominique, host=HOST, now=NOW)
        assert account_mails.why_not(mail) == "the password has changed since"
        notice = owed(session)[-1]
        assert (notice.kind, notice.expires_at) == (MailKind.PASSWORD_CHANGED, None)
        dominique.fs_uniquifier = uuid.uuid4().hex
        assert account_mails.why_not(notice) is None
        dominique.active = False
        assert account_mails.why_not(notice) == "the account is closed"


def test_resets_asked_for_at_once_are_counted(house: Database) -> None:
    def ask(number: int) -> None:
        with house.write() as session:
            dominique = organisers.find(session, email=DOMINIQUE)
            account_mails.owe_reset(
                session, organiser=dominique, host=HOST, now=NOW + number * SECOND
            )

    in_threads(ask, 6)
    with house.read() as session:
        assert len(owed(session)) == 3


def test_a_second_factor_is_dropped(house: Database) -> None:
    with house.write() as session:
        organisers.drop_second_factor(session, email=DOMINIQUE, **WHO)
        assert len(entries(session)) == 2, "nothing was on"
        factor = {"tf_primary_method": "authenticator", "tf_totp_secret": "x"}
        on = sa.update(Organiser).where(Organiser.email == DOMINIQUE)
        session.execute(on.values(mf_recovery_codes=["one"], **factor))
        organisers.drop_second_factor(session, email=DOMINIQUE, **WHO)
        dominique = organisers.find(session, email=DOMINIQUE)
        assert (dominique.tf_totp_secret, dominique.mf_recovery_codes) == (None, None)
        assert entries(session)[-1] == (
            CAMILLE,
            "second_factor_off",
            {"second_factor": True},
            {"second_factor": False},
        )
        organisers.set_language(session, email=DOMINIQUE, language="en")
        assert dominique.language == "en"
