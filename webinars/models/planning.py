"""The cycle: what is drafted, what is published, and what changed in between."""

import enum
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime

JSONList = sa.JSON(none_as_null=True)


class WebinarStatus(enum.StrEnum):
    """Whether a webinar takes place."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


class ChangeKind(enum.StrEnum):
    """One published difference of a plan."""

    ADDED = "added"
    MOVED = "moved"
    RENAMED = "renamed"
    CANCELLED = "cancelled"
    CHANGED = "changed"


def by_value(kind: type[enum.StrEnum], name: str, *, checked: bool = True) -> sa.Enum:
    """A column of the enum's values, checked by the database unless the list is to grow."""
    return sa.Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=checked,
        name=name,
        length=20,
    )


class CycleFields:
    """What a cycle says of itself; the same columns in the draft and in public."""

    title: Mapped[str]
    rule: Mapped[str]
    """Words ("third Thursday") or an RFC 5545 rule, as it was given."""
    zone: Mapped[str]
    starts_at: Mapped[time]
    """Default local hour of its webinars."""
    duration: Mapped[int]
    """Default duration, minutes."""
    capacity: Mapped[int | None]
    """Default number of places of each webinar; none is unlimited."""
    demonstration: Mapped[bool] = mapped_column(default=False)
    """Hours, links and videos are invented, and the screens say so."""
    reminders: Mapped[list[str] | None] = mapped_column(JSONList)
    """By which rules mails leave, in the words of ``domain/mail_rules.py``; none is the usual."""
    survey_url: Mapped[str | None]
    """Where the survey is answered on another site; without it people answer here."""


class SessionFields:
    """What a webinar says of itself; the same columns in the draft and in public."""

    slug: Mapped[str]
    title: Mapped[str]
    theme_slug: Mapped[str | None]
    """Natural key of the theme: a cycle may be planned before its library is there."""
    status: Mapped[WebinarStatus] = mapped_column(by_value(WebinarStatus, "status"))
    capacity: Mapped[int | None]
    join_url: Mapped[str | None]
    exception_of: Mapped[date | None]
    """The date that the rule would have given."""
    reason: Mapped[str | None]
    """Why the rule was not followed."""
    why: Mapped[str | None]
    agenda: Mapped[list[str]] = mapped_column(JSONList)
    speakers: Mapped[list[str]] = mapped_column(JSONList)
    territory_questions: Mapped[list[str]] = mapped_column(JSONList)
    platform_answers: Mapped[list[str]] = mapped_column(JSONList)
    announcements: Mapped[list[str]] = mapped_column(JSONList)
    reminders: Mapped[list[str] | None] = mapped_column(JSONList)
    """Rules of its own in the place of the cycle's; an empty list sends nothing."""


class Cycle(CycleFields, Base):
    """A year's series. Public from its first publication: ``revision`` is then 1 or more."""

    __tablename__ = "cycles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    revision: Mapped[int] = mapped_column(default=0)
    """Counts publications; 0 has never been published."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The latest publication."""

    draft: Mapped["CycleDraft"] = relationship(
        back_populates="cycle", cascade="all, delete-orphan", uselist=False
    )
    webinars: Mapped[list["Webinar"]] = relationship(
        back_populates="cycle", order_by="Webinar.starts_at"
    )


class CycleDraft(CycleFields, Base):
    """The cycle as the organiser is editing it. Equal to what is public when nothing is pending."""

    __tablename__ = "cycle_drafts"

    cycle_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cycles.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(default=1)
    """Rises with each saved edit, so that a second editor cannot overwrite unseen."""
    department: Mapped[str | None]
    """Whose public holidays the planner minds beside the nation's: ``holidays``' code, "57"."""

    cycle: Mapped[Cycle] = relationship(back_populates="draft")
    sessions: Mapped[list["DraftSession"]] = relationship(
        back_populates="draft", cascade="all, delete-orphan", order_by="DraftSession.date"
    )


class DraftSession(SessionFields, Base):
    """One webinar of the draft, in the zone's local terms; empty fields take the cycle's.

    A capacity of 0 is unlimited, whatever the cycle's.
    """

    __tablename__ = "draft_sessions"
    __table_args__ = (sa.UniqueConstraint("cycle_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(
        sa.ForeignKey("cycle_drafts.cycle_id", ondelete="CASCADE"), index=True
    )
    date: Mapped[date]
    starts_at: Mapped[time | None]
    duration: Mapped[int | None]

    draft: Mapped[CycleDraft] = relationship(back_populates="sessions")


class Webinar(SessionFields, Base):
    """One published session of a cycle: a row here is public.

    The slug and the iCal UID never change. ``sequence`` and ``changed_at`` rise together
    with each published change (RFC 5545 section 3.8.7.4), and with nothing else.
    """

    __tablename__ = "webinars"
    __table_args__ = (
        sa.UniqueConstraint("cycle_id", "slug"),
        sa.CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        sa.CheckConstraint("confirmed_count >= 0", name="confirmed_count_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(sa.ForeignKey("cycles.id"), index=True)
    uid: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The first publication."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The latest published change."""
    confirmed_count: Mapped[int] = mapped_column(default=0)
    """Confirmed registrations; changed by conditional updates only, so never over capacity."""
    held_count: Mapped[int] = mapped_column(default=0, server_default="0")
    """Places kept for registrations that are not confirmed yet; free are those beside both."""
    placed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When its present start became public, or it was put back after a cancellation."""
    armed: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    """The rules in force by their words, each with the instant since when: of a time before
    that, the rule knows nothing."""

    cycle: Mapped[Cycle] = relationship(back_populates="webinars")


class Change(Base):
    """One published difference of a plan, kept for the history and for notices."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(sa.ForeignKey("cycles.id"), index=True)
    revision: Mapped[int]
    kind: Mapped[ChangeKind] = mapped_column(by_value(ChangeKind, "kind"))
    slug: Mapped[str]
    before: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    after: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
