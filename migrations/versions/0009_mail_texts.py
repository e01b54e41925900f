"""The organisers' own words for mails, and the trials that they send to themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mail_texts",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("situation", sa.String(length=20), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "situation", name=op.f("pk_mail_texts")),
    )
    op.create_table(
        "mail_trials",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("situation", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["outbox.id"],
            name=op.f("fk_mail_trials_mail_id_outbox"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_mail_trials_registration_id_registrations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail_trials")),
    )
    op.create_index(op.f("ix_mail_trials_registration_id"), "mail_trials", ["registration_id"])


def downgrade() -> None:
    op.drop_table("mail_trials")
    op.drop_table("mail_texts")
    op.execute("DELETE FROM outbox WHERE kind = 'trial'")
    op.execute(
        "DELETE FROM audit_entries"
        " WHERE act IN ('mail_text_changed', 'mail_text_reset', 'mail_text_tried')"
    )
