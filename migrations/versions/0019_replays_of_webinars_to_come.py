"""No replay of a webinar that is not over is online: one of before its move is prepared again.

So is one from before the start of a webinar that is over. Its webinar was moved past it, and it was
hidden by that from search, counts and files; now that ``online_at`` is the whole rule, it would be
published by the upgrade alone. Organisers put it online if it is the right one.
"""

import sqlalchemy as sa
from alembic import op

from webinars import clock
from webinars.db import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

webinars = sa.table(
    "webinars",
    sa.column("id", sa.Integer),
    sa.column("starts_at", UTCDateTime),
    sa.column("ends_at", UTCDateTime),
)
replays = sa.table(
    "replays",
    sa.column("webinar_id", sa.Integer),
    sa.column("online_at", UTCDateTime),
    sa.column("revised_at", UTCDateTime),
    sa.column("version", sa.Integer),
)


def upgrade() -> None:
    anew = sa.exists().where(
        webinars.c.id == replays.c.webinar_id,
        sa.or_(webinars.c.ends_at > clock.now(), replays.c.online_at < webinars.c.starts_at),
    )
    op.execute(
        replays.update()
        .where(replays.c.online_at.is_not(None), anew)
        .values(online_at=None, revised_at=None, version=replays.c.version + 1)
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM audited_webinars WHERE entry_id IN"
        " (SELECT id FROM audit_entries WHERE act = 'replay_aside')"
    )
    op.execute("DELETE FROM audit_entries WHERE act = 'replay_aside'")
