"""What the search of the site finds, and the index of its words in each database's own kind."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("second", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("themes", JSON, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('webinar', 'moment', 'resource', 'question')",
            name=op.f("ck_search_entries_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"],
            ["webinars.id"],
            name=op.f("fk_search_entries_webinar_id_webinars"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resources.id"],
            name=op.f("fk_search_entries_resource_id_resources"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_search_entries_key")),
    )
    for column in ("webinar_id", "resource_id"):
        op.create_index(op.f(f"ix_search_entries_{column}"), "search_entries", [column])
    for column in ("searched_version", "search_writes"):
        op.add_column(
            "site_state", sa.Column(column, sa.Integer(), nullable=False, server_default="0")
        )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE search_index (rowid integer PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX search_index_words ON search_index USING gin (words)")
    else:
        # Words are folded before: no letter with an accent reaches it.
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING"
            " fts5(title, text, tokenize = 'unicode61', prefix = '2 3')"
        )


def downgrade() -> None:
    op.execute("DROP TABLE search_index")
    op.drop_column("site_state", "search_writes")
    op.drop_column("site_state", "searched_version")
    op.drop_table("search_entries")
