"""When which family of programs last fetched which calendar."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feed_fetches",
        sa.Column("feed", sa.String(length=250), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("family", sa.String(length=20), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "language", "family", name=op.f("pk_feed_fetches")),
    )


def downgrade() -> None:
    op.drop_table("feed_fetches")
