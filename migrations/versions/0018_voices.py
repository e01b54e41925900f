"""Resources beside questions; surveys whose answers are nobody's; wishes and who supports them."""

import sqlalchemy as sa
from alembic import op

from webinars import clock
from webinars.db import UTCDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SURVEY = "survey+1d"
"""The usual rule."""
cycles = sa.table("cycles", sa.column("id", sa.Integer), sa.column("reminders", sa.JSON))
webinars = sa.table(
    "webinars",
    sa.column("id", sa.Integer),
    sa.column("cycle_id", sa.Integer),
    sa.column("reminders", sa.JSON),
    sa.column("armed", sa.JSON),
    sa.column("ends_at", UTCDateTime),
)


def _to(
    table: str, column: str, other: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=op.f(f"fk_{table}_{column}_{other}"),
        ondelete=ondelete,
    )


def upgrade() -> None:
    op.create_table(
        "question_resources",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        _to("question_resources", "question_id", "questions", "CASCADE"),
        _to("question_resources", "resource_id", "resources", "CASCADE"),
        sa.PrimaryKeyConstraint("question_id", "resource_id", name=op.f("pk_question_resources")),
    )
    op.create_index(
        op.f("ix_question_resources_resource_id"), "question_resources", ["resource_id"]
    )
    _create_surveys()
    _create_answers()
    _create_wishes()
    _arm_surveys()


def _arm_surveys() -> None:
    """Webinars to come ask here now, where nothing was asked without a survey on another site."""
    connection = op.get_bind()
    now = clock.now()
    rows = connection.execute(
        sa.select(
            webinars.c.id, webinars.c.armed, webinars.c.reminders, cycles.c.reminders.label("usual")
        )
        .join(cycles, cycles.c.id == webinars.c.cycle_id)
        .where(webinars.c.ends_at > now)
    ).all()
    for id_, armed, own, usual in rows:
        rules = own if own is not None else usual if usual is not None else [SURVEY]
        new = {word: now.isoformat() for word in rules if word.startswith("survey")}
        if new.keys() - armed.keys():
            connection.execute(
                webinars.update().where(webinars.c.id == id_).values(armed=new | armed)
            )


def _create_surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=True),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("closes_after", sa.Integer(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('each', 'webinar', 'year')", name=op.f("ck_surveys_kind")),
        _to("surveys", "cycle_id", "cycles", "CASCADE"),
        _to("surveys", "webinar_id", "webinars"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("key", name=op.f("uq_surveys_key")),
    )
    for column in ("cycle_id", "webinar_id"):
        op.create_index(op.f(f"ix_surveys_{column}"), "surveys", [column])


def _create_answers() -> None:
    op.create_table(
        "survey_answered",
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        _to("survey_answered", "survey_id", "surveys", "CASCADE"),
        _to("survey_answered", "participant_id", "participants", "CASCADE"),
        sa.PrimaryKeyConstraint("survey_id", "participant_id", name=op.f("pk_survey_answered")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_survey_answered_participant_id"), "survey_answered", ["participant_id"]
    )
    op.create_table(
        "survey_tallies",
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("choice", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _to("survey_tallies", "survey_id", "surveys", "CASCADE"),
        sa.PrimaryKeyConstraint("survey_id", "question", "choice", name=op.f("pk_survey_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "survey_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("may_quote", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("quote", sa.String(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'kept', 'quoted')", name=op.f("ck_survey_texts_state")
        ),
        _to("survey_texts", "survey_id", "surveys", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_texts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_survey_texts_survey_id"), "survey_texts", ["survey_id"])


def _create_wishes() -> None:
    op.create_table(
        "wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("planned_cycle_id", sa.Integer(), nullable=True),
        sa.Column("planned_slug", sa.String(), nullable=True),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'public', 'declined', 'merged')", name=op.f("ck_wishes_state")
        ),
        _to("wishes", "participant_id", "participants", "SET NULL"),
        _to("wishes", "merged_into_id", "wishes"),
        _to("wishes", "planned_cycle_id", "cycles", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_wishes_public_id")),
    )
    for column in ("participant_id", "merged_into_id", "planned_cycle_id", "state"):
        op.create_index(op.f(f"ix_wishes_{column}"), "wishes", [column])
    op.create_table(
        "wish_supports",
        sa.Column("wish_id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        _to("wish_supports", "wish_id", "wishes", "CASCADE"),
        _to("wish_supports", "participant_id", "participants", "CASCADE"),
        sa.PrimaryKeyConstraint("wish_id", "participant_id", name=op.f("pk_wish_supports")),
    )
    op.create_index(op.f("ix_wish_supports_participant_id"), "wish_supports", ["participant_id"])


def downgrade() -> None:
    entries = sa.text(
        "DELETE FROM audited_webinars WHERE entry_id IN"
        " (SELECT id FROM audit_entries WHERE act LIKE :acts)"
    )
    for acts in (
        "question_joined",
        "question_parted",
        "survey_%",
        "wish_%",
        "theme_added",
        "theme_edited",
        "resource_removed",
    ):
        op.execute(entries.bindparams(acts=acts))
        op.execute(sa.text("DELETE FROM audit_entries WHERE act LIKE :acts").bindparams(acts=acts))
    for table in (
        "wish_supports",
        "wishes",
        "survey_texts",
        "survey_tallies",
        "survey_answered",
        "surveys",
        "question_resources",
    ):
        op.drop_table(table)
