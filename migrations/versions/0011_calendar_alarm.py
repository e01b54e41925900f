"""Whether entries of a person's calendar ring, and how long before the start."""

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


def downgrade() -> None:
    op.drop_column("participants", "calendar_alarm_at")
    op.drop_column("participants", "calendar_alarm")
