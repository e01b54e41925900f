"""Mails that organisers send again and set aside, and what their log is searched by."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ENDED_BADLY = sa.text("state IN ('failed', 'parked')")
ACTS = "('mail_sent_again', 'mail_set_aside', 'mail_parked')"


def upgrade() -> None:
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("resent_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("set_aside_by", sa.String(), nullable=True))
        table.create_foreign_key(
            op.f("fk_outbox_resent_id_outbox"),
            "outbox",
            ["resent_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_index(op.f("ix_outbox_resent_id"), "outbox", ["resent_id"])
    op.create_index("ix_outbox_kind_id", "outbox", ["kind", "id"])
    op.create_index(
        "ix_outbox_ended_badly",
        "outbox",
        ["set_aside_at", "reply"],
        sqlite_where=ENDED_BADLY,
        postgresql_where=ENDED_BADLY,
    )
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"])


def downgrade() -> None:
    op.execute(f"DELETE FROM audit_entries WHERE act IN {ACTS}")  # noqa: S608  (our own words)
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    for name in ("ix_outbox_ended_badly", "ix_outbox_kind_id", op.f("ix_outbox_resent_id")):
        op.drop_index(name, table_name="outbox")
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint(op.f("fk_outbox_resent_id_outbox"), type_="foreignkey")
        for column in ("set_aside_by", "set_aside_at", "resent_id"):
            table.drop_column(column)
