"""Which resources a chapter of a replay mentions; which of their addresses answer."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
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
    op.create_table(
        "link_checks",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("moved_to", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resources.id"],
            name=op.f("fk_link_checks_resource_id_resources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_link_checks")),
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM audited_webinars WHERE entry_id IN"
        " (SELECT id FROM audit_entries WHERE act LIKE 'resource_%')"
    )
    op.execute("DELETE FROM audit_entries WHERE act LIKE 'resource_%'")
    op.drop_table("link_checks")
    op.drop_index(op.f("ix_chapter_resources_resource_id"), table_name="chapter_resources")
    op.drop_table("chapter_resources")
