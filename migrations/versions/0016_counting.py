"""What is counted of replays and resources, and which replays people say they have seen."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _of("replay_views", "replay_id", sa.Column("day", sa.Date()), number="views")
    _of(
        "replay_minutes",
        "replay_id",
        sa.Column("day", sa.Date()),
        sa.Column("minute", sa.Integer()),
        number="plays",
    )
    op.create_index(op.f("ix_replay_minutes_day"), "replay_minutes", ["day"])
    _of("replay_minutes_before", "replay_id", sa.Column("minute", sa.Integer()), number="plays")
    _of(
        "resource_openings",
        "resource_id",
        sa.Column("day", sa.Date()),
        sa.Column("place", sa.String(length=20)),
        sa.CheckConstraint(
            "place IN ('replay', 'theme', 'resource')", name=op.f("ck_resource_openings_place")
        ),
        number="openings",
    )
    _of(
        "replay_openings",
        "replay_id",
        sa.Column("resource_id", sa.Integer()),
        sa.Column("day", sa.Date()),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resources.id"],
            name=op.f("fk_replay_openings_resource_id_resources"),
            ondelete="CASCADE",
        ),
        number="openings",
    )
    op.create_table(
        "seen_webinars",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("webinar_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participants.id"],
            name=op.f("fk_seen_webinars_participant_id_participants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webinar_id"], ["webinars.id"], name=op.f("fk_seen_webinars_webinar_id_webinars")
        ),
        sa.PrimaryKeyConstraint("participant_id", "webinar_id", name=op.f("pk_seen_webinars")),
    )
    op.create_index(op.f("ix_seen_webinars_webinar_id"), "seen_webinars", ["webinar_id"])


def _of(
    name: str,
    what: str,
    *parts: "sa.Column[object] | sa.Constraint",
    number: str,
) -> None:
    """A table of sums: the columns of its key, and the number."""
    columns = [part for part in parts if isinstance(part, sa.Column)]
    for column in columns:
        column.nullable = False
    other = what.removesuffix("_id") + "s"
    op.create_table(
        name,
        sa.Column(what, sa.Integer(), nullable=False),
        *parts,
        sa.Column(number, sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            [what], [f"{other}.id"], name=op.f(f"fk_{name}_{what}_{other}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            what, *(column.name for column in columns), name=op.f(f"pk_{name}")
        ),
    )


def downgrade() -> None:
    for name in (
        "seen_webinars",
        "replay_openings",
        "resource_openings",
        "replay_minutes_before",
        "replay_minutes",
        "replay_views",
    ):
        op.drop_table(name)
