"""What workers share about handing mails over, and copies of what has left."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base, UTCDateTime


class MailFlow(Base):
    """Whether mail may leave now, and how fast. One row, made by a migration."""

    __tablename__ = "mail_flow"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Until then no worker talks to the mail server: it was in trouble."""
    paused_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The first of the failures in a row; None while all is well."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    reason: Mapped[str | None]
    """Of the latest failure, for people."""
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """With a rate: when the next mail would leave if they left at equal distances."""


class MailCopyText(Base):
    """Words that many mails have in common. Nothing of a person is in them."""

    __tablename__ = "mail_copy_texts"

    digest: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the content, in hexadecimal."""
    content: Mapped[bytes]
    """As ``domain/mail_copies.py`` packs it."""
    used_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class MailCopy(Base):
    """What one mail said, without its secrets. It goes with the mail."""

    __tablename__ = "mail_copies"
    __table_args__ = (
        sa.CheckConstraint("(digest IS NULL) <> (content IS NULL)", name="one_content"),
    )

    mail_id: Mapped[int] = mapped_column(
        sa.ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str | None]
    """Of the text that it shares with others. No foreign key: its row may go before this one."""
    content: Mapped[bytes | None]
    """Words that are this mail's alone."""
    name: Mapped[str | None]
    """As the mail greets the person."""
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
