"""What a later form says of somebody who is known already."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("participants", sa.Column("said_anew", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("participants", "said_anew")
