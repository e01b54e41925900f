"""What people wish to hear of, and who supports it."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.people import Participant
from webinars.models.planning import Cycle, by_value


class WishState(enum.StrEnum):
    """What organisers have made of a wish."""

    WAITING = "waiting"
    PUBLIC = "public"
    DECLINED = "declined"
    MERGED = "merged"


class Wish(Base):
    """A theme that somebody wishes for; public once an organiser says so, and nobody's name."""

    __tablename__ = "wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, unique=True)
    """In addresses and forms: nothing there counts how many there are."""
    participant_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="SET NULL"), index=True
    )
    """Nobody once they are erased: what is public stays without a name."""
    title: Mapped[str]
    why: Mapped[str | None]
    state: Mapped[WishState] = mapped_column(by_value(WishState, "state"), index=True)
    reason: Mapped[str | None]
    """Why it was declined, for whoever proposed it."""
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("wishes.id"), index=True)
    """The one that it was put together with; never one that was merged itself."""
    planned_cycle_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("cycles.id", ondelete="SET NULL"), index=True
    )
    planned_slug: Mapped[str | None]
    """The webinar that answers it, drafted or public, by its natural identity."""
    planned_revision: Mapped[int | None]
    """The publication of its cycle with which it is told that this webinar answers it."""
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    planned_cycle: Mapped[Cycle | None] = relationship()


class WishSupport(Base):
    """One person for one wish, once; when is not kept."""

    __tablename__ = "wish_supports"

    wish_id: Mapped[int] = mapped_column(
        sa.ForeignKey("wishes.id", ondelete="CASCADE"), primary_key=True
    )
    participant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    participant: Mapped[Participant] = relationship()
