"""What a later form says of somebody who is known already; whose word a question is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("said_anew", sa.JSON(), nullable=True))
    op.add_column("questions", sa.Column("asked_as", sa.String(), nullable=True))
    op.add_column("questions", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    # Who has proven their address since they asked had the link of that form.
    op.execute(
        "UPDATE questions SET confirmed_at = (SELECT proven_at FROM participants"
        " WHERE participants.id = questions.participant_id"
        " AND participants.proven_at >= questions.asked_at)"
    )


def downgrade() -> None:
    op.drop_column("questions", "confirmed_at")
    op.drop_column("questions", "asked_as")
    op.drop_column("participants", "said_anew")
