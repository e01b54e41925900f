"""What workers share about handing over, copies of what has left, indexes of what waits."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PARTIAL = (
    ("ix_outbox_due", ["due_at", "id"], "state = 'pending'"),
    ("ix_outbox_ending", ["expires_at"], "state = 'pending'"),
    ("ix_outbox_held", ["lease_until"], "state IN ('claimed', 'handing_over')"),
)


def upgrade() -> None:
    op.create_table(
        "mail_flow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.Column("paused_since", INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_flow_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_flow")),
    )
    op.execute("INSERT INTO mail_flow (id, failures) VALUES (1, 0)")
    op.create_table(
        "mail_copy_texts",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mail_copy_texts")),
    )
    op.create_index(op.f("ix_mail_copy_texts_used_at"), "mail_copy_texts", ["used_at"])
    op.create_table(
        "mail_copies",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "(digest IS NULL) <> (content IS NULL)", name=op.f("ck_mail_copies_one_content")
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["outbox.id"],
            name=op.f("fk_mail_copies_mail_id_outbox"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail_copies")),
    )
    op.create_index(op.f("ix_mail_copies_kept_at"), "mail_copies", ["kept_at"])
    op.drop_index("ix_outbox_state_due_at", "outbox")
    for name, columns, condition in PARTIAL:
        where = sa.text(condition)
        op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, *_ in PARTIAL:
        op.drop_index(name, "outbox")
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    for table in ("mail_copies", "mail_copy_texts", "mail_flow"):
        op.drop_table(table)
