"""What mail servers told of our mails, and what that makes of an address."""

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.outbox import OutboxMail
from webinars.models.planning import by_value


class NoticeKind(enum.StrEnum):
    """What a notice says of a mail."""

    PERMANENT = "permanent"
    """It will never arrive at this address."""
    TRANSIENT = "transient"
    """It has not arrived; another might."""
    OURS = "ours"
    """The message or its sender was refused, whoever the recipient is."""
    COMPLAINT = "complaint"
    """The recipient called it unwanted."""


class StopReason(enum.StrEnum):
    """Why nothing leaves for an address."""

    REFUSED = "refused"
    """The server that takes our mail does not know it."""
    RETURNED = "returned"
    """A mail came back for good."""
    UNREACHABLE = "unreachable"
    """Several mails came back within a short time."""


class AddressStanding(Base):
    """What notices have made of one address; there is a row only where there was a notice."""

    __tablename__ = "address_standings"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)
    """Normalised as a participant's."""
    stopped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when nothing leaves for it; None when mail leaves."""
    reason: Mapped[StopReason | None] = mapped_column(by_value(StopReason, "reason"))
    complained_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when only what belongs to a registration leaves."""
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When an organiser let mail leave again: what is known of earlier mails counts no more."""
    noticed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    """The latest notice."""

    notices: Mapped[list["DeliveryNotice"]] = relationship(
        back_populates="standing",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="DeliveryNotice.id",
    )


class DeliveryNotice(Base):
    """One notice about one mail. ``key`` makes it act once, however often it comes."""

    __tablename__ = "delivery_notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    standing_id: Mapped[int] = mapped_column(
        sa.ForeignKey("address_standings.id", ondelete="CASCADE"), index=True
    )
    mail_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("outbox.id", ondelete="SET NULL"), index=True
    )
    """The mail that it is about, while the ledger keeps it."""
    proven: Mapped[bool]
    """It names our mail by its Message-ID, which nobody can guess. Otherwise it changes nothing."""
    kind: Mapped[NoticeKind] = mapped_column(by_value(NoticeKind, "kind"))
    status: Mapped[str | None]
    """The enhanced status code (RFC 3463), such as ``5.1.1``."""
    words: Mapped[str]
    """What the server said, shortened."""
    mail_sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    noticed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    standing: Mapped[AddressStanding] = relationship(back_populates="notices")
    mail: Mapped[OutboxMail | None] = relationship()
