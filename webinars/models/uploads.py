"""Files that organisers have uploaded."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webinars.db import Base, UTCDateTime


class Upload(Base):
    """A file in the folder of uploads. It never changes: another file is another row."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(32), unique=True)
    """At random: its name in the folder, and in its address."""
    name: Mapped[str]
    """As people see it and save it."""
    media_type: Mapped[str]
    """What its content is, as this product knows it."""
    size: Mapped[int] = mapped_column(sa.BigInteger)
    """Bytes."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DroppedUpload(Base):
    """A file that nothing hangs on any more; for a day its bytes stay, for backups that name it."""

    __tablename__ = "dropped_uploads"

    key: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    dropped_at: Mapped[datetime] = mapped_column(UTCDateTime)
