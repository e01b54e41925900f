"""Participant x webinar."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.people import Participant
from webinars.models.planning import Webinar, by_value


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
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE")
    )
    webinar_id: Mapped[int] = mapped_column(sa.ForeignKey("webinars.id"))
    status: Mapped[RegistrationStatus] = mapped_column(by_value(RegistrationStatus, "status"))
    question: Mapped[str | None]
    """For the speakers."""
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The latest change of its status: the person's calendar changes with it."""
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    participant: Mapped[Participant] = relationship()
    webinar: Mapped[Webinar] = relationship()


SOMEBODYS = Registration.participant.has(Participant.erased_at.is_(None))
"""The condition of every list and every mail: an erased person's rows only count."""
