"""A wish says with which publication it is told what answers it; an act may be about several.

What has been planned until now is told where its webinar is public, as it was.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

entries = sa.table(
    "audit_entries",
    sa.column("id", sa.Integer),
    sa.column("before", sa.JSON),
    sa.column("after", sa.JSON),
)


def upgrade() -> None:
    op.add_column("wishes", sa.Column("planned_revision", sa.Integer(), nullable=True))
    _rewrite(lambda wish: [wish])


def downgrade() -> None:
    _rewrite(lambda wishes: wishes[0])
    op.drop_column("wishes", "planned_revision")


def _rewrite(change: Callable[[Any], Any]) -> None:
    """Change what acts on drafts noted of each webinar's wish."""
    database = op.get_bind()
    for number, *sides in database.execute(
        sa.select(entries.c.id, entries.c.before, entries.c.after)
    ).all():
        if not any("wishes" in side for side in sides):
            continue
        before, after = (
            side | {"wishes": {slug: change(said) for slug, said in side["wishes"].items()}}
            if "wishes" in side
            else side
            for side in sides
        )
        database.execute(
            entries.update().where(entries.c.id == number).values(before=before, after=after)
        )
