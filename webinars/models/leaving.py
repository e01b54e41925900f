"""The sorts of mail that can be left, each on its own, and who has left which."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.people import Participant
from webinars.models.planning import by_value


class MailList(enum.StrEnum):
    """A sort of mail that a person may leave; ``domain/mail_lists.py`` says what belongs to it."""

    REMINDERS = "reminders"
    REPLAYS = "replays"
    SURVEYS = "surveys"
    THEMES = "themes"
    NEWS = "news"


class LeftBy(enum.StrEnum):
    """Through what somebody left."""

    PERSON = "person"
    COMPLAINT = "complaint"
    """Their mail program said that they called a mail of ours unwanted."""


class LeftList(Base):
    """One person gets nothing of one list any more."""

    __tablename__ = "left_lists"

    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True
    )
    list: Mapped[MailList] = mapped_column(
        by_value(MailList, "list", checked=False), primary_key=True
    )
    by: Mapped[LeftBy] = mapped_column(by_value(LeftBy, "by"))
    left_at: Mapped[datetime] = mapped_column(UTCDateTime)

    participant: Mapped[Participant] = relationship()
