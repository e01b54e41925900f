"""The audit trail: every act of an organiser, with what was before and after."""

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.planning import by_value


class AuditAct(enum.StrEnum):
    """What somebody did."""

    # to a draft
    PLANNED = "planned"
    IMPORTED = "imported"
    COPIED = "copied"
    CYCLE_EDITED = "cycle_edited"
    EDITED = "edited"
    MOVED = "moved"
    SWAPPED = "swapped"
    ROTATED = "rotated"
    THEME_ASSIGNED = "theme_assigned"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    ADDED = "added"
    REMOVED = "removed"
    DISCARDED = "discarded"
    UNDONE = "undone"
    REVERTED = "reverted"
    CYCLE_REMOVED = "cycle_removed"
    # to the public
    PUBLISHED = "published"
    # to the library
    THEME_ADDED = "theme_added"
    THEME_EDITED = "theme_edited"
    THEME_REMOVED = "theme_removed"
    LIBRARY_IMPORTED = "library_imported"
    RESOURCE_ADDED = "resource_added"
    RESOURCE_EDITED = "resource_edited"
    RESOURCE_REMOVED = "resource_removed"
    RESOURCE_LINKED = "resource_linked"
    RESOURCE_UNLINKED = "resource_unlinked"
    # to accounts of the desk
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_OPENED = "account_opened"
    ROLES_CHANGED = "roles_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (an act)
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    # to registrations and questions
    REGISTRATION_ADDED = "registration_added"
    DETAILS_CORRECTED = "details_corrected"
    REGISTRATION_ENDED = "registration_ended"
    ATTENDANCE_CORRECTED = "attendance_corrected"
    LIST_IMPORTED = "list_imported"
    LIST_EXPORTED = "list_exported"
    QUESTION_ANSWERED = "question_answered"
    QUESTION_PUBLISHED = "question_published"
    QUESTION_WITHDRAWN = "question_withdrawn"
    QUESTION_JOINED = "question_joined"
    QUESTION_PARTED = "question_parted"
    # to surveys
    SURVEY_CHANGED = "survey_changed"
    SURVEY_RESET = "survey_reset"
    SURVEY_OPENED = "survey_opened"
    SURVEY_EXPORTED = "survey_exported"
    SURVEY_TEXT_READ = "survey_text_read"
    SURVEY_TEXT_QUOTED = "survey_text_quoted"
    SURVEY_TEXT_REMOVED = "survey_text_removed"
    # to wishes
    WISH_APPROVED = "wish_approved"
    WISH_WORDED = "wish_worded"
    WISH_DECLINED = "wish_declined"
    WISH_MERGED = "wish_merged"
    WISH_PLANNED = "wish_planned"
    WISH_UNPLANNED = "wish_unplanned"
    # to replays
    REPLAY_EDITED = "replay_edited"
    REPLAY_ONLINE = "replay_online"
    REPLAY_WITHDRAWN = "replay_withdrawn"
    REPLAY_ASIDE = "replay_aside"
    # to addresses that mail does not reach
    ADDRESS_LIFTED = "address_lifted"
    ADDRESSES_EXPORTED = "addresses_exported"
    # to mails of the ledger
    MAIL_SENT_AGAIN = "mail_sent_again"
    MAIL_SET_ASIDE = "mail_set_aside"
    MAIL_PARKED = "mail_parked"
    # to the words of mails
    MAIL_TEXT_CHANGED = "mail_text_changed"
    MAIL_TEXT_RESET = "mail_text_reset"
    MAIL_TEXT_TRIED = "mail_text_tried"
    # to participants
    PERSON_ERASED = "person_erased"
    PEOPLE_ERASED = "people_erased"
    """By the retention setting: how many, and nobody's name."""


class AuditEntry(Base):
    """One act: who, when, what before, what after. Never changed, never deleted by an act."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_cycle_id_at", "cycle_id", "at"),
        sa.Index("ix_audit_entries_subject", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor: Mapped[str]
    """The address of the account, or ``command line``."""
    act: Mapped[AuditAct] = mapped_column(by_value(AuditAct, "act", checked=False))
    cycle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cycles.id"))
    subject: Mapped[str | None]
    """What it was done to, where that is no webinar: an account, a theme."""
    draft_version: Mapped[int | None]
    """The draft's version that the act made."""
    revision: Mapped[int | None]
    """The revision that was published."""
    before: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    after: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    webinars: Mapped[list["AuditedWebinar"]] = relationship(cascade="all, delete-orphan")


class AuditedWebinar(Base):
    """A webinar that an act touched, by its slug: it may never have been public."""

    __tablename__ = "audited_webinars"

    entry_id: Mapped[int] = mapped_column(
        sa.ForeignKey("audit_entries.id", ondelete="CASCADE"), primary_key=True
    )
    slug: Mapped[str] = mapped_column(primary_key=True, index=True)
