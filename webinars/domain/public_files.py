"""Who may have an uploaded file: everybody, while what it hangs on is public."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webinars.domain.replay_life import IS_PLAYED, IS_READ
from webinars.domain.uploads import FileView, optional_view
from webinars.models import Cycle, DroppedUpload, Replay, Resource, Upload, Webinar


def public_file(session: Session, *, key: str) -> FileView | None:
    """The file, if what it hangs on is public. One query."""
    replays = (
        sa.select(Replay.id)
        .join(Webinar, Webinar.id == Replay.webinar_id)
        .join(Cycle, Cycle.id == Webinar.cycle_id)
    )
    return optional_view(
        session.scalar(
            sa.select(Upload).where(
                Upload.key == key,
                sa.or_(
                    sa.exists().where(Resource.document_id == Upload.id),
                    replays.where(Replay.video_file_id == Upload.id, IS_PLAYED).exists(),
                    replays.where(Replay.slides_file_id == Upload.id, IS_READ).exists(),
                ),
            )
        )
    )


def any_file(session: Session, *, key: str) -> FileView | None:
    """The file, for organisers: also of what is only prepared. One query."""
    return optional_view(session.scalar(sa.select(Upload).where(Upload.key == key)))


def without_rows(session: Session, *, keys: Collection[str], since: datetime) -> set[str]:
    """Those of these names that nothing has hung on since an instant. Two queries."""
    dropped = sa.select(DroppedUpload.key).where(DroppedUpload.dropped_at > since)
    return set(keys) - set(session.scalars(sa.select(Upload.key))) - set(session.scalars(dropped))


def forget_dropped(session: Session, *, since: datetime) -> None:
    """Files that were dropped before an instant are gone."""
    session.execute(sa.delete(DroppedUpload).where(DroppedUpload.dropped_at <= since))
