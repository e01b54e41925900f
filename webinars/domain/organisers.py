"""Accounts of the desk."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.errors import DomainError
from webinars.models import Organiser, Role

ROLES = {
    "organiser": "plans cycles and follows registrations",
    "administrator": "also manages accounts",
}


class AccountExists(DomainError):
    """There is an account with this address already."""


def create_organiser(
    session: Session, *, email: str, password_hash: str, roles: tuple[str, ...], now: datetime
) -> Organiser:
    """An account that can sign in. Raises AccountExists."""
    address = email.strip().lower()
    if session.scalar(sa.select(Organiser.id).where(Organiser.email == address)):
        raise AccountExists(address)
    organiser = Organiser(
        email=address,
        password=password_hash,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        created_at=now,
        roles=[_role(session, name) for name in roles],
    )
    session.add(organiser)
    session.flush()
    return organiser


def _role(session: Session, name: str) -> Role:
    role = session.scalar(sa.select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name, description=ROLES[name])
        session.add(role)
    return role
