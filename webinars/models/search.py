"""What the search of the site finds."""

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base
from webinars.models.planning import JSONList, by_value


class FoundKind(enum.StrEnum):
    """What a search leads to."""

    WEBINAR = "webinar"
    MOMENT = "moment"
    """A chapter of a replay, or a passage of its transcript."""
    RESOURCE = "resource"
    QUESTION = "question"


class SearchEntry(Base):
    """One thing that can be found. Its words, folded, are in ``search_index`` under its id.

    That table is each database's own (FTS5 of SQLite, tsvector of PostgreSQL), so no model has
    it. Both are made of what is public, by ``domain/search_index.py``.
    """

    __tablename__ = "search_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    """Of what it was made of."""
    digest: Mapped[str] = mapped_column(sa.String(32))
    """Of all that it says: another one, and it is made anew."""
    kind: Mapped[FoundKind] = mapped_column(by_value(FoundKind, "kind"))
    webinar_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("webinars.id", ondelete="SET NULL"), index=True
    )
    """None for a moment, when it was removed and the index does not know yet."""
    resource_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("resources.id", ondelete="SET NULL"), index=True
    )
    second: Mapped[int | None]
    """Of the replay."""
    language: Mapped[str | None] = mapped_column(sa.String(5))
    """Of a passage."""
    year: Mapped[int | None]
    themes: Mapped[list[Any]] = mapped_column(JSONList)
    """Slugs."""
    title: Mapped[str]
    text: Mapped[str] = mapped_column(sa.Text)
    """What an extract is taken from."""
