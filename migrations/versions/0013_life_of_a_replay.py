"""A replay is prepared, goes online, is revised or withdrawn; its captions by language."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("replays", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("slides_url", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("expected_by", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("consent_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("without_captions", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("revised_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("withdrawn_why", sa.String(), nullable=True))
        batch_op.add_column(
            sa.Column("words_stay", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.alter_column("video_url", existing_type=sa.String(), nullable=True)
        batch_op.alter_column("online_at", existing_type=INSTANT, nullable=True)
    with op.batch_alter_table("replays", schema=None) as batch_op:
        batch_op.alter_column("version", existing_type=sa.Integer(), server_default=None)
        batch_op.alter_column("words_stay", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "captions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("replay_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("vtt", sa.Text(), nullable=False),
        sa.Column("paragraphs", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["replay_id"],
            ["replays.id"],
            name=op.f("fk_captions_replay_id_replays"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captions")),
        sa.UniqueConstraint("replay_id", "language", name=op.f("uq_captions_replay_id_language")),
    )


def downgrade() -> None:
    op.drop_table("captions")
    # Without a video or not yet online: there was no such replay.
    op.execute(
        "DELETE FROM chapters WHERE replay_id IN"
        " (SELECT id FROM replays WHERE video_url IS NULL OR online_at IS NULL)"
    )
    op.execute("DELETE FROM replays WHERE video_url IS NULL OR online_at IS NULL")
    op.execute(
        "DELETE FROM audited_webinars WHERE entry_id IN"
        " (SELECT id FROM audit_entries WHERE act LIKE 'replay_%')"
    )
    op.execute("DELETE FROM audit_entries WHERE act LIKE 'replay_%'")
    with op.batch_alter_table("replays", schema=None) as batch_op:
        batch_op.alter_column("online_at", existing_type=INSTANT, nullable=False)
        batch_op.alter_column("video_url", existing_type=sa.String(), nullable=False)
        batch_op.drop_column("words_stay")
        batch_op.drop_column("withdrawn_why")
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("revised_at")
        batch_op.drop_column("without_captions")
        batch_op.drop_column("consent_at")
        batch_op.drop_column("expected_by")
        batch_op.drop_column("slides_url")
        batch_op.drop_column("version")
