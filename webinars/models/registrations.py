"""Participant x webinar; and the wider scopes: a whole cycle, a theme."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.people import Participant
from webinars.models.planning import Cycle, Webinar, by_value


class RegistrationStatus(enum.StrEnum):
    """Where a registration stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    ABSENT = "absent"


class Registration(Base):
    """One person for one webinar, once."""

    __tablename__ = "registrations"
    __table_args__ = (
        sa.UniqueConstraint("participant_id", "webinar_id"),
        sa.Index("ix_registrations_webinar_id_status", "webinar_id", "status"),
        sa.Index("ix_registrations_webinar_id_registered_at", "webinar_id", "registered_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE")
    )
    webinar_id: Mapped[int] = mapped_column(sa.ForeignKey("webinars.id"))
    status: Mapped[RegistrationStatus] = mapped_column(by_value(RegistrationStatus, "status"))
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """Its rank in the line; who confirms when every place is taken joins the line then."""
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """While it is pending: until when its place is kept."""
    came_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The first time that the door let them in."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The latest change of its status: the person's calendar changes with it."""
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    participant: Mapped[Participant] = relationship()
    webinar: Mapped[Webinar] = relationship()


SOMEBODYS = Registration.participant.has(Participant.erased_at.is_(None))
"""The condition of every list and every mail: an erased person's rows only count."""


class CycleRegistration(Base):
    """One person for a whole cycle: webinars that are added later register them as well."""

    __tablename__ = "cycle_registrations"
    __table_args__ = (sa.UniqueConstraint("participant_id", "cycle_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE")
    )
    cycle_id: Mapped[int] = mapped_column(sa.ForeignKey("cycles.id"), index=True)
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on it registers for what is added; at once where the house asks for no proof."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    without: Mapped[list[str]] = mapped_column(sa.JSON(none_as_null=True))
    """Slugs of the webinars of which they said "not this one"."""

    participant: Mapped[Participant] = relationship()
    cycle: Mapped[Cycle] = relationship()


class FollowedTheme(Base):
    """One person for a theme: they are told when a webinar on it is planned."""

    __tablename__ = "followed_themes"
    __table_args__ = (sa.UniqueConstraint("participant_id", "theme_slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE")
    )
    theme_slug: Mapped[str] = mapped_column(index=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    participant: Mapped[Participant] = relationship()


class SeenWebinar(Base):
    """A person has said that they have seen a replay; nothing else writes it."""

    __tablename__ = "seen_webinars"

    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True
    )
    webinar_id: Mapped[int] = mapped_column(
        sa.ForeignKey("webinars.id"), primary_key=True, index=True
    )
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When they said so."""


class Question(Base):
    """What somebody asks the speakers of a webinar, and what became of it."""

    __tablename__ = "questions"

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int] = mapped_column(sa.ForeignKey("webinars.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="SET NULL"), index=True
    )
    """Nobody once they are erased: what was published stays without a name."""
    text: Mapped[str]
    """As it was asked."""
    asked_as: Mapped[str | None]
    """The name in its form, where it is not the one that is known with the address."""
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When somebody with the personal link said that it is theirs; anybody can type an address."""
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answer: Mapped[str | None]
    published_text: Mapped[str | None]
    """As everybody reads it on the webinar's page, while ``published_at`` is set."""
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    participant: Mapped[Participant | None] = relationship()
    webinar: Mapped[Webinar] = relationship()
