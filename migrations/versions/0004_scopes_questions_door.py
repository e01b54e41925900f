"""Registering for a whole cycle, following a theme, questions of their own, holds, the door."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("participants", sa.Column("news_since", INSTANT, nullable=True))
    op.add_column("participants", sa.Column("news_version", sa.Date(), nullable=True))
    op.add_column(
        "webinars", sa.Column("held_count", sa.Integer(), server_default="0", nullable=False)
    )
    for column in ("held_until", "came_at"):
        op.add_column("registrations", sa.Column(column, INSTANT, nullable=True))
    op.create_index("ix_registrations_held_until", "registrations", ["held_until"])
    op.create_index(
        "ix_registrations_webinar_id_registered_at",
        "registrations",
        ["webinar_id", "registered_at", "id"],
    )
    _create_scopes()
    _create_questions()
    op.execute(
        "INSERT INTO questions (webinar_id, participant_id, text, asked_at)"
        " SELECT webinar_id, participant_id, question, registered_at FROM registrations"
        " WHERE trim(question) <> ''"
    )
    op.drop_column("registrations", "question")


def _create_scopes() -> None:
    op.create_table(
        "cycle_registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("without", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_cycle_registrations_participant_id_participants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["cycles.id"], name=op.f("fk_cycle_registrations_cycle_id_cycles")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycle_registrations")),
        sa.UniqueConstraint(
            "participant_id",
            "cycle_id",
            name=op.f("uq_cycle_registrations_participant_id_cycle_id"),
        ),
    )
    op.create_index(op.f("ix_cycle_registrations_cycle_id"), "cycle_registrations", ["cycle_id"])
    op.create_table(
        "followed_themes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("theme_slug", sa.String(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_followed_themes_participant_id_participants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followed_themes")),
        sa.UniqueConstraint(
            "participant_id",
            "theme_slug",
            name=op.f("uq_followed_themes_participant_id_theme_slug"),
        ),
    )
    op.create_index(op.f("ix_followed_themes_theme_slug"), "followed_themes", ["theme_slug"])


def _create_questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("published_text", sa.String(), nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinars.id"], name=op.f("fk_questions_webinar_id_webinars")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_questions_participant_id_participants"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index(op.f("ix_questions_webinar_id"), "questions", ["webinar_id"])
    op.create_index(op.f("ix_questions_participant_id"), "questions", ["participant_id"])


KINDS = ("summary", "planned", "cycle_confirmation", "theme_confirmation")
ACTS = (
    "registration_added",
    "details_corrected",
    "registration_ended",
    "attendance_corrected",
    "list_imported",
    "list_exported",
    "question_answered",
    "question_published",
    "question_withdrawn",
)


def downgrade() -> None:
    """Of several questions of one person for one webinar only the first in the alphabet stays."""
    for table, column, names in (("outbox", "kind", KINDS), ("audit_entries", "act", ACTS)):
        listed = ", ".join(repr(name) for name in names)
        op.execute(f"DELETE FROM {table} WHERE {column} IN ({listed})")  # noqa: S608  (our own words)
    op.add_column("registrations", sa.Column("question", sa.String(), nullable=True))
    op.execute(
        "UPDATE registrations SET question = (SELECT min(questions.text) FROM questions"
        " WHERE questions.webinar_id = registrations.webinar_id"
        " AND questions.participant_id = registrations.participant_id)"
    )
    op.execute(
        "UPDATE registrations SET status = 'confirmed' WHERE status IN ('attended', 'absent')"
    )
    for table in ("questions", "followed_themes", "cycle_registrations"):
        op.drop_table(table)
    op.drop_index("ix_registrations_webinar_id_registered_at", table_name="registrations")
    op.drop_index("ix_registrations_held_until", table_name="registrations")
    for column in ("came_at", "held_until"):
        op.drop_column("registrations", column)
    op.drop_column("webinars", "held_count")
    for column in ("news_version", "news_since"):
        op.drop_column("participants", column)
