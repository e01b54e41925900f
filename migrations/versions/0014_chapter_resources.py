"""Which resources a chapter of a replay mentions."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chapter_resources",
        sa.Column("chapter_id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chapter_id"],
            ["chapters.id"],
            name=op.f("fk_chapter_resources_chapter_id_chapters"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resources.id"],
            name=op.f("fk_chapter_resources_resource_id_resources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chapter_id", "resource_id", name=op.f("pk_chapter_resources")),
    )
    op.create_index(op.f("ix_chapter_resources_resource_id"), "chapter_resources", ["resource_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_chapter_resources_resource_id"), table_name="chapter_resources")
    op.drop_table("chapter_resources")
