"""Lists of mail that people leave, what notices make of an address, the mailbox of notices."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("site_state", sa.Column("mailbox_read_at", INSTANT, nullable=True))
    op.create_table(
        "left_lists",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("left_at", INSTANT, nullable=False),
        sa.CheckConstraint("by IN ('person', 'complaint')", name=op.f("ck_left_lists_by")),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_left_lists_participant_id_participants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", "list", name=op.f("pk_left_lists")),
    )
    _create_standings()


def _create_standings() -> None:
    op.create_table(
        "address_standings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("complained_at", INSTANT, nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("noticed_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "reason IN ('refused', 'returned', 'unreachable')",
            name=op.f("ck_address_standings_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_standings")),
        sa.UniqueConstraint("address", name=op.f("uq_address_standings_address")),
    )
    op.create_index(op.f("ix_address_standings_noticed_at"), "address_standings", ["noticed_at"])
    op.create_table(
        "delivery_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("standing_id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("mail_sent_at", INSTANT, nullable=True),
        sa.Column("noticed_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('permanent', 'transient', 'ours', 'complaint')",
            name=op.f("ck_delivery_notices_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["standing_id"],
            ["address_standings.id"],
            name=op.f("fk_delivery_notices_standing_id_address_standings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["outbox.id"],
            name=op.f("fk_delivery_notices_mail_id_outbox"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_notices_key")),
    )
    for column in ("standing_id", "mail_id"):
        op.create_index(op.f(f"ix_delivery_notices_{column}"), "delivery_notices", [column])


def downgrade() -> None:
    op.execute("DELETE FROM audit_entries WHERE act IN ('address_lifted', 'addresses_exported')")
    for table in ("delivery_notices", "address_standings", "left_lists"):
        op.drop_table(table)
    op.drop_column("site_state", "mailbox_read_at")
