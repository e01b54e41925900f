"""What processes share about the public site."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base, UTCDateTime


class SiteState(Base):
    """One row, made by the first migration."""

    __tablename__ = "site_state"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    """Rises in the transaction of whatever changes public pages."""
    searched_version: Mapped[int] = mapped_column(default=0, server_default="0")
    """The version of which the search knows."""
    searched_form: Mapped[int] = mapped_column(default=0, server_default="0")
    """In which form its index is written: ``search_index.FORM`` of the code that wrote it."""
    search_writes: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rises with each write of its index: who counts on another number has been overtaken."""
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When that was last: what programs are told that ask by date."""
    worker_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The latest tick of any worker."""
    mailbox_read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a worker last took it upon itself to read the mailbox of notices."""
