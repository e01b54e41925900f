"""Videos, slides and documents that are uploaded."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

USES = (
    ("replays", "video_file_id"),
    ("replays", "slides_file_id"),
    ("resources", "document_id"),
)


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("key", name=op.f("uq_uploads_key")),
    )
    op.create_table(
        "dropped_uploads",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_dropped_uploads")),
    )
    for table, column in USES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_{column}_uploads"), "uploads", [column], ["id"]
            )
            batch.create_unique_constraint(op.f(f"uq_{table}_{column}"), [column])


def downgrade() -> None:
    for table, column in reversed(USES):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_{column}"), type_="unique")
            batch.drop_constraint(op.f(f"fk_{table}_{column}_uploads"), type_="foreignkey")
            batch.drop_column(column)
    op.drop_table("dropped_uploads")
    op.drop_table("uploads")
