"""Themes, resources and replays."""

import enum
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinars.db import Base, UTCDateTime
from webinars.models.planning import JSONList, Webinar, by_value
from webinars.models.uploads import Upload


class Step(enum.StrEnum):
    """The three marches towards action, in their order."""

    UNDERSTAND = "understand"
    ADOPT = "adopt"
    ACT = "act"


class EntryPoint(enum.StrEnum):
    """The four ways into a kit, in their order."""

    REFERENCE_FRAMEWORK = "reference_framework"
    TOOLBOX = "toolbox"
    METHODS = "methods"
    ILLUSTRATIONS = "illustrations"


resource_themes = sa.Table(
    "resource_themes",
    Base.metadata,
    sa.Column("resource_id", sa.ForeignKey("resources.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("theme_id", sa.ForeignKey("themes.id"), primary_key=True, index=True),
)

chapter_resources = sa.Table(
    "chapter_resources",
    Base.metadata,
    sa.Column("chapter_id", sa.ForeignKey("chapters.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "resource_id",
        sa.ForeignKey("resources.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
"""Which resources a chapter of a replay mentions."""

question_resources = sa.Table(
    "question_resources",
    Base.metadata,
    sa.Column("question_id", sa.ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "resource_id",
        sa.ForeignKey("resources.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
"""Which resources answer a question that somebody asked, or go on where its answer ends."""


class Theme(Base):
    """Subject of webinars and resources; carries the questions that territories ask."""

    __tablename__ = "themes"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    """Its place in the library's own order; it also picks the theme's colour."""
    title: Mapped[str]
    other_titles: Mapped[list[str]] = mapped_column(JSONList)
    seven_needs: Mapped[bool] = mapped_column(default=False)
    questions: Mapped[list[str]] = mapped_column(JSONList)
    platform_answers: Mapped[list[str]] = mapped_column(JSONList)

    resources: Mapped[list["Resource"]] = relationship(
        secondary=resource_themes, back_populates="themes", order_by="Resource.position"
    )


class Resource(Base):
    """A document, tool, course or site."""

    __tablename__ = "resources"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    position: Mapped[int]
    """Its place in the file it was read from: the order that the decks print."""
    title: Mapped[str]
    other_titles: Mapped[list[str]] = mapped_column(JSONList)
    kind: Mapped[str]
    publishers: Mapped[list[str]] = mapped_column(JSONList)
    partners: Mapped[list[str]] = mapped_column(JSONList)
    authors: Mapped[list[str]] = mapped_column(JSONList)
    audience: Mapped[list[str]] = mapped_column(JSONList)
    year: Mapped[int | None]
    month: Mapped[int | None]
    edition: Mapped[str | None]
    """The printed form of the date, where it is not a plain one."""
    step: Mapped[Step | None] = mapped_column(by_value(Step, "step"))
    entry_point: Mapped[EntryPoint | None] = mapped_column(by_value(EntryPoint, "entry_point"))
    section: Mapped[str | None]
    """The printed sub-heading within the entry point."""
    url: Mapped[str | None]
    document_id: Mapped[int | None] = mapped_column(sa.ForeignKey("uploads.id"), unique=True)
    forthcoming: Mapped[bool] = mapped_column(default=False)
    part_of: Mapped[str | None]
    """Slug of the resource that this one is a part of."""
    source: Mapped[str | None]
    also_in: Mapped[list[str]] = mapped_column(JSONList)

    themes: Mapped[list[Theme]] = relationship(
        secondary=resource_themes, back_populates="resources", order_by=Theme.position
    )
    document: Mapped[Upload | None] = relationship()
    """The document itself, kept here; beside its address or in its place."""


class LinkState(enum.StrEnum):
    """What became of asking an address, the worst first."""

    MISSING = "missing"
    UNREACHABLE = "unreachable"
    FAILING = "failing"
    LOOPING = "looping"
    SLOW = "slow"
    FORBIDDEN = "forbidden"
    REFUSED = "refused"
    MOVED = "moved"
    ANSWERS = "answers"


class LinkCheck(Base):
    """The latest look at the address of a resource; of another address it says nothing."""

    __tablename__ = "link_checks"

    resource_id: Mapped[int] = mapped_column(
        sa.ForeignKey("resources.id", ondelete="CASCADE"), primary_key=True
    )
    url: Mapped[str]
    state: Mapped[LinkState] = mapped_column(by_value(LinkState, "state", checked=False))
    status: Mapped[int | None]
    """The status of the last answer (RFC 9110), if there was one."""
    moved_to: Mapped[str | None]
    """Where it has moved for good."""
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Reading(Base):
    """A resource that a webinar points to, with the moment's words for it.

    Keyed by the webinar's natural identity, so that it may be read before publication.
    """

    __tablename__ = "readings"
    __table_args__ = (sa.UniqueConstraint("cycle_id", "webinar_slug", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(sa.ForeignKey("cycles.id", ondelete="CASCADE"))
    webinar_slug: Mapped[str]
    position: Mapped[int]
    label: Mapped[str]
    context: Mapped[str | None]
    resource_id: Mapped[int] = mapped_column(sa.ForeignKey("resources.id"), index=True)

    resource: Mapped[Resource] = relationship()


class Replay(Base):
    """What remains of a webinar: its video, chapters and captions; being prepared until online."""

    __tablename__ = "replays"

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int] = mapped_column(sa.ForeignKey("webinars.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    """Raised by each act of an organiser: who looked before it sees so."""
    video_url: Mapped[str | None]
    """An https address, or ``demo:<file>`` for a video that ships with the product."""
    video_file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("uploads.id"), unique=True)
    duration: Mapped[int | None]
    """Seconds."""
    recorded_on: Mapped[date | None]
    slides_url: Mapped[str | None]
    slides_file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("uploads.id"), unique=True)
    expected_by: Mapped[date | None]
    """The day that was promised, in the cycle's zone; none is the usual promise."""
    consent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when the speakers are known to agree that it is public."""
    without_captions: Mapped[str | None]
    """Why it is public without captions or transcript, in words that its page shows."""
    online_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    """Since when it is public; none is not."""
    revised_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When something of it last changed while it was public."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when it is known that there is none, or none any more."""
    withdrawn_why: Mapped[str | None]
    """In words that its page shows."""
    words_stay: Mapped[bool] = mapped_column(default=False)
    """Transcript and slides stay public without the video."""
    demonstration: Mapped[bool] = mapped_column(default=False)

    webinar: Mapped[Webinar] = relationship()
    video_file: Mapped[Upload | None] = relationship(foreign_keys=video_file_id)
    """The video itself, kept here; then it has no address elsewhere."""
    slides_file: Mapped[Upload | None] = relationship(foreign_keys=slides_file_id)
    chapters: Mapped[list["Chapter"]] = relationship(
        back_populates="replay", cascade="all, delete-orphan", order_by="Chapter.starts_at"
    )
    captions: Mapped[list["Captions"]] = relationship(
        back_populates="replay", cascade="all, delete-orphan", order_by="Captions.language"
    )


class Chapter(Base):
    """A named moment of a replay."""

    __tablename__ = "chapters"
    __table_args__ = (
        sa.UniqueConstraint("replay_id", "starts_at"),
        sa.CheckConstraint("starts_at >= 0", name="starts_at_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    replay_id: Mapped[int] = mapped_column(sa.ForeignKey("replays.id", ondelete="CASCADE"))
    starts_at: Mapped[int]
    """Seconds from the beginning of the video."""
    title: Mapped[str]

    replay: Mapped[Replay] = relationship(back_populates="chapters")


class Captions(Base):
    """The words of a replay in one language, as captions and as the transcript made of them."""

    __tablename__ = "captions"
    __table_args__ = (sa.UniqueConstraint("replay_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    replay_id: Mapped[int] = mapped_column(sa.ForeignKey("replays.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(sa.String(5))
    vtt: Mapped[str] = mapped_column(sa.Text, deferred=True)
    """A whole WebVTT file."""
    paragraphs: Mapped[list[Any]] = mapped_column(JSONList)
    """The transcript, as ``domain/transcripts.py`` writes it."""

    replay: Mapped[Replay] = relationship(back_populates="captions")

    @property
    def last_second(self) -> int:
        """At which the last of its lines begins."""
        return max((line[0] for _, lines in self.paragraphs for line in lines), default=-1)
