"""Whether entries of a person's calendar ring; when anything public last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("calendar_alarm", sa.Integer(), nullable=True))
    op.add_column(
        "participants", sa.Column("calendar_alarm_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("site_state", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE site_state SET changed_at = (SELECT max(changed_at) FROM webinars)")
    op.execute(
        "UPDATE site_state SET changed_at = (SELECT max(published_at) FROM cycles)"
        " WHERE changed_at IS NULL OR changed_at < (SELECT max(published_at) FROM cycles)"
    )


def downgrade() -> None:
    op.drop_column("site_state", "changed_at")
    op.drop_column("participants", "calendar_alarm_at")
    op.drop_column("participants", "calendar_alarm")
