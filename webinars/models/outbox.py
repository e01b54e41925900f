"""Every mail that is to leave, one row per person and purpose."""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.people import Organiser, Participant
from webinars.models.planning import Cycle, Webinar, by_value


class MailKind(enum.StrEnum):
    """What a mail is for. Each but a trial has a folder of texts in ``templates/email``."""

    CONFIRMATION = "confirmation"
    WAITING_LIST = "waiting_list"
    PROMOTION = "promotion"
    CANCELLATION = "cancellation"
    """An organiser has ended a registration."""
    CYCLE_CONFIRMATION = "cycle_confirmation"
    """One for all webinars of a cycle."""
    THEME_CONFIRMATION = "theme_confirmation"
    SUMMARY = "summary"
    """In the place of further confirmations of one day."""
    PLANNED = "planned"
    """What a publication added to somebody's cycles and themes."""
    LINK = "link"
    REMINDER = "reminder"
    REPLAY = "replay"
    """The replay of a webinar that they were registered for is online."""
    SURVEY = "survey"
    WELCOME = "welcome"
    """A new cycle, to those who asked for news."""
    CHANGE_NOTICE = "change_notice"
    """All that one publication changed for one person."""
    INVITATION = "invitation"
    """An organiser's new account: choose a password."""
    PASSWORD_RESET = "password_reset"  # noqa: S105  (a kind of mail)
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    TRIAL = "trial"
    """The words of another kind, which an organiser sends to themselves: see ``MailTrial``."""


class MailState(enum.StrEnum):
    """Where a mail stands.

    ``pending`` -> ``claimed`` (owner and lease) -> ``handing_over`` (committed before the
    server is given the message) -> ``sent`` (after its 250), or ``failed`` with a reason.
    ``parked`` waits for a human: its fate stayed uncertain too often.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    FAILED = "failed"
    PARKED = "parked"


def only(condition: str) -> dict[str, Any]:
    """An index of the rows that the condition holds for, on both databases."""
    return {f"{dialect}_where": sa.text(condition) for dialect in ("sqlite", "postgresql")}


class OutboxMail(Base):
    """One mail to one person for one purpose. ``key`` makes the purpose unique."""

    __tablename__ = "outbox"
    __table_args__ = (
        # Of the few rows that wait or are held, however many have left. The states stand in the
        # statements as they are, not as parameters: else no database takes these.
        sa.Index("ix_outbox_due", "due_at", "id", **only("state = 'pending'")),
        sa.Index("ix_outbox_ending", "expires_at", **only("state = 'pending'")),
        sa.Index("ix_outbox_held", "lease_until", **only("state IN ('claimed', 'handing_over')")),
        sa.Index(
            "ix_outbox_ended_badly",
            "set_aside_at",
            "reply",
            **only("state IN ('failed', 'parked')"),
        ),
        sa.Index("ix_outbox_participant_id_kind", "participant_id", "kind"),
        sa.Index("ix_outbox_kind_id", "kind", "id"),
        sa.CheckConstraint(
            "(participant_id IS NULL) <> (organiser_id IS NULL)", name="one_recipient"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[MailKind] = mapped_column(by_value(MailKind, "kind", checked=False))
    participant_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("participants.id", ondelete="CASCADE")
    )
    organiser_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("organisers.id", ondelete="CASCADE"), index=True
    )
    """For mails about an account of the desk; everything else is a participant's."""
    cycle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cycles.id"), index=True)
    revision: Mapped[int | None]
    """The publication of the cycle that it tells of."""
    webinar_id: Mapped[int | None] = mapped_column(sa.ForeignKey("webinars.id"), index=True)
    about_start: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The start that it speaks of: if the webinar has moved since, it must not leave."""
    message_id: Mapped[str] = mapped_column(unique=True)
    """Fixed when the row is made: a repeated copy carries the same."""
    state: Mapped[MailState] = mapped_column(
        by_value(MailState, "state"), default=MailState.PENDING
    )
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on it is of no use and must not leave."""
    tries: Mapped[int] = mapped_column(default=0)
    uncertain: Mapped[int] = mapped_column(default=0)
    """How often a worker vanished while handing it over."""
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reply: Mapped[str | None]
    """The server's latest answer, or the reason of the failure."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    resent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("outbox.id", ondelete="SET NULL"), index=True
    )
    """The mail that had left and that this one repeats, at an organiser's word."""
    set_aside_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when no alarm is raised for it any more: an organiser has looked at it."""
    set_aside_by: Mapped[str | None]
    """As the actor of the audit trail."""

    participant: Mapped[Participant | None] = relationship()
    organiser: Mapped[Organiser | None] = relationship()
    cycle: Mapped[Cycle | None] = relationship()
    webinar: Mapped[Webinar | None] = relationship()
    resent: Mapped["OutboxMail | None"] = relationship(remote_side="OutboxMail.id")

    @property
    def origin(self) -> "OutboxMail":
        """The mail whose purpose it serves: itself, or what it repeats.

        Its key and ``created_at`` say what was owed, and when.
        """
        return self.resent or self

    @property
    def recipient(self) -> Participant | Organiser:
        """Whom it goes to."""
        found = self.participant or self.organiser
        assert found is not None, "a check of the table"
        return found
