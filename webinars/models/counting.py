"""What is counted of replays and resources: sums by day. Nothing of a person or a program."""

import enum
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base
from webinars.models.planning import by_value


class Place(enum.StrEnum):
    """Where somebody came from who opened a resource."""

    REPLAY = "replay"
    THEME = "theme"
    RESOURCE = "resource"
    """Its own page, however that was reached."""


def _of_replay() -> Mapped[int]:
    return mapped_column(sa.ForeignKey("replays.id", ondelete="CASCADE"), primary_key=True)


def _of_resource() -> Mapped[int]:
    return mapped_column(sa.ForeignKey("resources.id", ondelete="CASCADE"), primary_key=True)


class ReplayViews(Base):
    """How often a replay began to play on a day, in its cycle's zone."""

    __tablename__ = "replay_views"

    replay_id: Mapped[int] = _of_replay()
    day: Mapped[date] = mapped_column(primary_key=True)
    views: Mapped[int]


class ReplayMinutes(Base):
    """How often a minute of a replay was played on a day; it is folded when it is old."""

    __tablename__ = "replay_minutes"

    replay_id: Mapped[int] = _of_replay()
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    minute: Mapped[int] = mapped_column(primary_key=True)
    """From 0."""
    plays: Mapped[int]


class ReplayMinutesBefore(Base):
    """How often a minute of a replay was played on all days that are folded."""

    __tablename__ = "replay_minutes_before"

    replay_id: Mapped[int] = _of_replay()
    minute: Mapped[int] = mapped_column(primary_key=True)
    plays: Mapped[int]


class ResourceOpenings(Base):
    """How often a resource was opened on a day in the site's zone, by where from."""

    __tablename__ = "resource_openings"

    resource_id: Mapped[int] = _of_resource()
    day: Mapped[date] = mapped_column(primary_key=True)
    place: Mapped[Place] = mapped_column(by_value(Place, "place"), primary_key=True)
    openings: Mapped[int]


class ReplayOpenings(Base):
    """The same, of those that came from the page of one replay."""

    __tablename__ = "replay_openings"

    replay_id: Mapped[int] = _of_replay()
    resource_id: Mapped[int] = _of_resource()
    day: Mapped[date] = mapped_column(primary_key=True)
    openings: Mapped[int]
