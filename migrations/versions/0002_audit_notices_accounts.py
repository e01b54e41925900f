"""Audit trail, notices of changes, mails and second factor of organisers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("draft_version", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycles.id"], name=op.f("fk_audit_entries_cycle_id_cycles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index("ix_audit_entries_cycle_id_at", "audit_entries", ["cycle_id", "at"])
    op.create_table(
        "audited_webinars",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["audit_entries.id"],
            name=op.f("fk_audited_webinars_entry_id_audit_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "slug", name=op.f("pk_audited_webinars")),
    )
    op.create_index(op.f("ix_audited_webinars_slug"), "audited_webinars", ["slug"])
    op.add_column("cycle_drafts", sa.Column("department", sa.String(), nullable=True))
    op.add_column(
        "organisers", sa.Column("language", sa.String(), server_default="fr", nullable=False)
    )
    op.add_column("organisers", sa.Column("tf_primary_method", sa.String(), nullable=True))
    op.add_column("organisers", sa.Column("tf_totp_secret", sa.String(), nullable=True))
    op.add_column("organisers", sa.Column("mf_recovery_codes", sa.JSON(), nullable=True))
    _open_outbox()


def _open_outbox() -> None:
    """A mail is a participant's or an organiser's; the list of kinds may grow."""
    with op.batch_alter_table("outbox") as table:
        table.add_column(sa.Column("organiser_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("cycle_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        table.alter_column("participant_id", existing_type=sa.Integer(), nullable=True)
        table.drop_constraint(op.f("ck_outbox_kind"), type_="check")
        table.create_check_constraint(
            op.f("ck_outbox_one_recipient"), "(participant_id IS NULL) <> (organiser_id IS NULL)"
        )
        table.create_index(op.f("ix_outbox_cycle_id"), ["cycle_id"])
        table.create_index(op.f("ix_outbox_organiser_id"), ["organiser_id"])
        table.create_foreign_key(
            op.f("fk_outbox_organiser_id_organisers"),
            "organisers",
            ["organiser_id"],
            ["id"],
            ondelete="CASCADE",
        )
        table.create_foreign_key(op.f("fk_outbox_cycle_id_cycles"), "cycles", ["cycle_id"], ["id"])


def downgrade() -> None:
    kinds = ("confirmation", "waiting_list", "promotion", "link", "reminder")
    listed = ", ".join(repr(kind) for kind in kinds)
    op.execute(f"DELETE FROM outbox WHERE kind NOT IN ({listed})")  # noqa: S608  (our own words)
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint(op.f("fk_outbox_cycle_id_cycles"), type_="foreignkey")
        table.drop_constraint(op.f("fk_outbox_organiser_id_organisers"), type_="foreignkey")
        table.drop_index(op.f("ix_outbox_organiser_id"))
        table.drop_index(op.f("ix_outbox_cycle_id"))
        table.drop_constraint(op.f("ck_outbox_one_recipient"), type_="check")
        table.create_check_constraint(op.f("ck_outbox_kind"), f"kind IN ({listed})")
        table.alter_column("participant_id", existing_type=sa.Integer(), nullable=False)
        for column in ("revision", "cycle_id", "organiser_id"):
            table.drop_column(column)
    for column in ("mf_recovery_codes", "tf_totp_secret", "tf_primary_method", "language"):
        op.drop_column("organisers", column)
    op.drop_column("cycle_drafts", "department")
    op.drop_index(op.f("ix_audited_webinars_slug"), table_name="audited_webinars")
    op.drop_table("audited_webinars")
    op.drop_index("ix_audit_entries_cycle_id_at", table_name="audit_entries")
    op.drop_table("audit_entries")
