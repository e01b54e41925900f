"""The organisers' own words for mails, and the trials of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.outbox import MailKind, OutboxMail
from webinars.models.planning import by_value


class MailText(Base):
    """A kind of mail in one situation, in words of its own where it has any.

    The row stays when the usual words are taken up again: its version only rises.
    """

    __tablename__ = "mail_texts"

    kind: Mapped[MailKind] = mapped_column(
        by_value(MailKind, "kind", checked=False), primary_key=True
    )
    situation: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    """One of ``domain/mail_texts.py``."""
    texts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    """Of each language the parts that have words of their own: ``{"fr": {"subject": "…"}}``."""
    version: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str]
    """The address of the account."""


class MailTrial(Base):
    """Words that an organiser sends to themselves: what a row of kind ``trial`` is about."""

    __tablename__ = "mail_trials"

    mail_id: Mapped[int] = mapped_column(
        sa.ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[MailKind] = mapped_column(by_value(MailKind, "kind", checked=False))
    situation: Mapped[str] = mapped_column(sa.String(20))
    language: Mapped[str] = mapped_column(sa.String(5))
    texts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    """Of this language."""
    registration_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("registrations.id", ondelete="SET NULL"), index=True
    )
    """With whose data it is filled; None is invented ones."""

    mail: Mapped[OutboxMail] = relationship()
