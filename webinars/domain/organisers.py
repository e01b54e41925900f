"""Accounts of the desk: who has one, what they may do, and the mails that an account owes."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webinars.domain import account_mails, audit
from webinars.domain.errors import DomainError, NotFound
from webinars.domain.fields import CONTROL
from webinars.models import AuditAct, Organiser, Role

ORGANISER = "organiser"
ADMINISTRATOR = "administrator"
ROLES = {
    ORGANISER: "plans cycles and follows registrations",
    ADMINISTRATOR: "also manages accounts",
}
LEAST_PASSWORD = 10
"""Characters; the length is what makes guessing hard (NIST SP 800-63B, 5.1.1)."""


class AccountExists(DomainError):
    """There is an account with this address already."""


class LastAdministrator(DomainError):
    """Nobody would be left to manage the accounts."""


class InvitationOver(DomainError):
    """The account has its password already, or the invitation was withdrawn."""


class EnoughMails(DomainError):
    """As many of these mails as one day may have are on their way already."""


class AccountState(enum.StrEnum):
    """Whether somebody can sign in."""

    ACTIVE = "active"
    INVITED = "invited"
    """No password has been chosen yet."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Account:
    """One line of the list of accounts."""

    email: str
    administrator: bool
    second_factor: bool
    state: AccountState
    last_administrator: bool
    """Nobody else could manage the accounts."""


def accounts(session: Session) -> list[Account]:
    """Every account, by address."""
    found = session.scalars(sa.select(Organiser).order_by(Organiser.email)).all()
    managing = [organiser for organiser in found if _manages(organiser)]
    return [
        Account(
            email=organiser.email,
            administrator=organiser.has_role(ADMINISTRATOR),
            second_factor=organiser.tf_primary_method is not None,
            state=state_of(organiser),
            last_administrator=managing == [organiser],
        )
        for organiser in found
    ]


def state_of(organiser: Organiser) -> AccountState:
    """Whether this person can sign in."""
    if not organiser.active:
        return AccountState.CLOSED
    return AccountState.ACTIVE if organiser.password else AccountState.INVITED


def find(session: Session, *, email: str) -> Organiser:
    """The account of an address. Raises NotFound."""
    found = session.scalar(sa.select(Organiser).where(Organiser.email == _address(email)))
    if found is None:
        raise NotFound("account")
    return found


def _address(email: str) -> str:
    """As accounts are kept. Raises NotFound for what no database can even look for."""
    if CONTROL.search(email):
        raise NotFound("account")
    return email.strip().lower()


def none_yet(session: Session) -> bool:
    """Whether the house is new: its first account should manage the others."""
    return session.scalar(sa.select(Organiser.id).limit(1)) is None


# making accounts ------------------------------------------------------------------------


def create_organiser(
    session: Session,
    *,
    email: str,
    password_hash: str | None,
    roles: tuple[str, ...],
    now: datetime,
    language: str = "fr",
    actor: str = audit.COMMAND_LINE,
) -> Organiser:
    """An account; without a password it waits for its invitation. Raises AccountExists."""
    address = email.strip().lower()
    if session.scalar(sa.select(Organiser.id).where(Organiser.email == address)):
        raise AccountExists(address)
    organiser = Organiser(
        email=address,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        language=language,
        created_at=now,
        roles=[_role(session, name) for name in sorted(roles)],
    )
    try:
        with session.begin_nested():
            session.add(organiser)
    except IntegrityError as error:  # somebody else has made it at this moment
        if session.scalar(sa.select(Organiser.id).where(Organiser.email == address)) is None:
            raise
        raise AccountExists(address) from error
    after = {"roles": sorted(roles), "state": state_of(organiser).value}
    _record(session, organiser, AuditAct.ACCOUNT_CREATED, actor, now, after=after)
    return organiser


def invite(
    session: Session, *, email: str, language: str, host: str, actor: str, now: datetime
) -> Organiser:
    """An account that chooses its own password. Raises AccountExists."""
    organiser = create_organiser(
        session,
        email=email,
        password_hash=None,
        roles=(ORGANISER,),
        language=language,
        actor=actor,
        now=now,
    )
    account_mails.owe_invitation(session, organiser=organiser, host=host, now=now)
    return organiser


def invite_again(session: Session, *, email: str, host: str, now: datetime) -> None:
    """The mail once more. Raises NotFound, InvitationOver, EnoughMails."""
    organiser = _locked(session, email)
    if state_of(organiser) is not AccountState.INVITED:
        raise InvitationOver(organiser.email)
    if not account_mails.owe_invitation(session, organiser=organiser, host=host, now=now):
        raise EnoughMails(organiser.email)


def invited(session: Session, *, uniquifier: str, age: timedelta) -> Organiser:
    """Who was invited by a link of this age. Raises InvitationOver."""
    found = session.scalar(sa.select(Organiser).where(Organiser.fs_uniquifier == uniquifier))
    late = age >= account_mails.INVITATION_LASTS
    if found is None or late or state_of(found) is not AccountState.INVITED:
        raise InvitationOver
    return found


def accept_invitation(
    session: Session, *, uniquifier: str, age: timedelta, password_hash: str, now: datetime
) -> Organiser:
    """The first password; the link has had its use. Raises InvitationOver."""
    session.execute(  # of two who press the button at once, the second finds it used
        sa.select(Organiser.id).where(Organiser.fs_uniquifier == uniquifier).with_for_update()
    )
    organiser = invited(session, uniquifier=uniquifier, age=age)
    organiser.password = password_hash
    _end_sessions(organiser)
    after = {"state": AccountState.ACTIVE.value}
    before = {"state": AccountState.INVITED.value}
    act = AuditAct.PASSWORD_CHANGED
    _record(session, organiser, act, organiser.email, now, before=before, after=after)
    return organiser


# managing accounts ----------------------------------------------------------------------


def close(session: Session, *, email: str, actor: str, now: datetime) -> None:
    """Nobody can sign in with it, and its sessions end. Raises NotFound, LastAdministrator."""
    _lock_administration(session)
    organiser = _locked(session, email)
    if not organiser.active:
        return
    _demand_another_administrator(session, organiser)
    before = {"state": state_of(organiser).value}
    organiser.active = False
    _end_sessions(organiser)
    after = {"state": AccountState.CLOSED.value}
    _record(session, organiser, AuditAct.ACCOUNT_CLOSED, actor, now, before=before, after=after)


def reopen(session: Session, *, email: str, actor: str, now: datetime) -> None:
    """As it was before it was closed. Raises NotFound."""
    organiser = _locked(session, email)
    if organiser.active:
        return
    organiser.active = True
    before, after = {"state": AccountState.CLOSED.value}, {"state": state_of(organiser).value}
    _record(session, organiser, AuditAct.ACCOUNT_OPENED, actor, now, before=before, after=after)


def make_administrator(session: Session, *, email: str, actor: str, now: datetime) -> None:
    """May manage accounts from now on. Raises NotFound."""
    _lock_administration(session)  # role, then account: everybody in this order
    organiser = _locked(session, email)
    _set_roles(session, organiser, {*_role_names(organiser), ADMINISTRATOR}, actor, now)


def make_organiser(session: Session, *, email: str, actor: str, now: datetime) -> None:
    """No longer an administrator. Raises NotFound, LastAdministrator."""
    _lock_administration(session)
    organiser = _locked(session, email)
    if organiser.has_role(ADMINISTRATOR):
        _demand_another_administrator(session, organiser)
    _set_roles(session, organiser, {ORGANISER}, actor, now)


def drop_second_factor(session: Session, *, email: str, actor: str, now: datetime) -> None:
    """For somebody who has lost telephone and recovery codes. Raises NotFound."""
    organiser = _locked(session, email)
    if organiser.tf_primary_method is None:
        return
    organiser.tf_primary_method = None
    organiser.tf_totp_secret = None
    organiser.mf_recovery_codes = None
    second_factor_changed(session, organiser=organiser, on=False, actor=actor, now=now)


def reset(session: Session, *, email: str, password_hash: str, actor: str, now: datetime) -> None:
    """A new password and no second factor, for somebody who is locked out. Raises NotFound."""
    drop_second_factor(session, email=email, actor=actor, now=now)
    reopen(session, email=email, actor=actor, now=now)
    organiser = _locked(session, email)
    organiser.password = password_hash
    _end_sessions(organiser)
    _record(session, organiser, AuditAct.PASSWORD_CHANGED, actor, now)


def set_language(session: Session, *, email: str, language: str) -> None:
    """Of the mails about the account. Raises NotFound."""
    find(session, email=email).language = language


# what follows from a change --------------------------------------------------------------


def second_factor_changed(
    session: Session, *, organiser: Organiser, on: bool, actor: str, now: datetime
) -> None:
    """Put into the trail that it was turned on or off."""
    act = AuditAct.SECOND_FACTOR_ON if on else AuditAct.SECOND_FACTOR_OFF
    before, after = {"second_factor": not on}, {"second_factor": on}
    _record(session, organiser, act, actor, now, before=before, after=after)


def password_changed(session: Session, *, organiser: Organiser, host: str, now: datetime) -> None:
    """Put into the trail that somebody chose a new password, and tell them by mail."""
    _record(session, organiser, AuditAct.PASSWORD_CHANGED, organiser.email, now)
    session.flush()  # the mail's key speaks of the new password
    account_mails.owe_notice(session, organiser=organiser, host=host, now=now)


def _end_sessions(organiser: Organiser) -> None:
    """Sessions and links carry the uniquifier: with another one, they belong to nobody."""
    organiser.fs_uniquifier = uuid.uuid4().hex


def _manages(organiser: Organiser) -> bool:
    return state_of(organiser) is AccountState.ACTIVE and organiser.has_role(ADMINISTRATOR)


def _lock_administration(session: Session) -> None:
    """Two administrators who close each other must not both succeed: one after the other."""
    session.execute(sa.select(Role.id).where(Role.name == ADMINISTRATOR).with_for_update())


def _demand_another_administrator(session: Session, organiser: Organiser) -> None:
    if not _manages(organiser):
        return
    others = session.scalars(sa.select(Organiser).where(Organiser.id != organiser.id))
    if not any(_manages(other) for other in others):
        raise LastAdministrator(organiser.email)


def _locked(session: Session, email: str) -> Organiser:
    found = session.scalar(
        sa.select(Organiser)
        .where(Organiser.email == _address(email))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("account")
    return found


def _role_names(organiser: Organiser) -> set[str]:
    return {role.name for role in organiser.roles}


def _set_roles(
    session: Session, organiser: Organiser, names: set[str], actor: str, now: datetime
) -> None:
    before = _role_names(organiser)
    if before == names:
        return
    organiser.roles = [_role(session, name) for name in sorted(names)]
    _record(
        session,
        organiser,
        AuditAct.ROLES_CHANGED,
        actor,
        now,
        before={"roles": sorted(before)},
        after={"roles": sorted(names)},
    )


def _role(session: Session, name: str) -> Role:
    query = sa.select(Role).where(Role.name == name)
    role = session.scalar(query)
    if role is not None:
        return role
    role = Role(name=name, description=ROLES[name])
    try:
        with session.begin_nested():
            session.add(role)
    except IntegrityError:  # somebody else has made it at this moment
        return session.scalars(query).one()
    return role


def _record(
    session: Session,
    organiser: Organiser,
    act: AuditAct,
    actor: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        now=now,
        subject=organiser.email,
        before=before,
        after=after,
    )
