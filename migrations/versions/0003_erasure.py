"""When a participant was proven and erased; who was not heard of for long is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("proven_at", "erased_at"):
        op.add_column("participants", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_participants_last_contact_at", "participants", ["last_contact_at"])


def downgrade() -> None:
    op.drop_index("ix_participants_last_contact_at", table_name="participants")
    for column in ("erased_at", "proven_at"):
        op.drop_column("participants", column)
