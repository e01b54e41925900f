"""Participants, known by their address; organisers, who sign in."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_security import RoleMixin, UserMixin
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime


class ActorCategory(enum.StrEnum):
    """Who somebody is in a territory: the categories of the field's vocabulary."""

    LOCAL_AUTHORITY = "local_authority"
    ASSOCIATION = "association"
    COMPANY = "company"
    FOUNDATION = "foundation"
    ACADEMIC = "academic"
    CITIZEN = "citizen"
    PUBLIC_BODY = "public_body"
    SUPPORT_PROVIDER = "support_provider"
    INVESTOR = "investor"
    EMPLOYEE = "employee"
    TERRITORIAL_CATALYST = "territorial_catalyst"


class Participant(Base):
    """A person, known by e-mail address; no password.

    ``public_id`` stands in the personal links, which are signed with it and with a
    generation: raising the generation replaces the secret and closes the old address.
    """

    __tablename__ = "participants"
    __table_args__ = (sa.Index("ix_participants_last_contact_at", "last_contact_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    """Normalised: what was typed, trimmed and in lower case."""
    full_name: Mapped[str]
    organisation: Mapped[str | None]
    actor_category: Mapped[str | None]
    region: Mapped[str | None]
    """INSEE code of the region, or ``outside``."""
    language: Mapped[str]
    page_generation: Mapped[int] = mapped_column(default=1)
    calendar_generation: Mapped[int] = mapped_column(default=1)
    calendar_alarm: Mapped[int | None]
    """Minutes before the start at which entries of their calendar ring; None when they do not."""
    calendar_alarm_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When they chose it: their calendar changes with it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_contact_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """From here three years are counted until the person is erased (CNIL)."""
    proven_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The first press of a button behind a personal link: the address is theirs."""
    news_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When they asked to be told of new cycles; only then, and only once proven, are they."""
    news_version: Mapped[date | None]
    """Which text of ``domain/consent.py`` they agreed to."""
    said_anew: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """What a later form said that differs; a button of their own page takes it over."""
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Nobody any more: the row stays so that counts do, and nothing may list or write to it."""


organiser_roles = sa.Table(
    "organiser_roles",
    Base.metadata,
    sa.Column("organiser_id", sa.ForeignKey("organisers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """What an organiser may do: ``organiser``, ``administrator``."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]


class Organiser(Base, UserMixin):
    """An account of the desk. Field names are those that Flask-Security asks for."""

    __tablename__ = "organisers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    """Changes with the password, which ends all sessions."""
    language: Mapped[str] = mapped_column(default="fr", server_default="fr")
    """Of the mails about the account."""
    tf_primary_method: Mapped[str | None]
    """The second factor, ``authenticator`` when there is one."""
    tf_totp_secret: Mapped[str | None]
    """Encrypted by the library with a key of ours."""
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(
        MutableList.as_mutable(sa.JSON(none_as_null=True))
    )
    """Each signs in once when the second factor is lost."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=organiser_roles, lazy="selectin"
    )
