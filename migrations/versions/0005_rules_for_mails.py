"""Rules for mails stand with the plan, drafted and public; webinars know since when.

The reminders of existing cycles stay as they are, and what has left is not sent again: the
keys of the ledger name rules by their words instead of their ids.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
PLANS = ("cycles", "cycle_drafts")
SESSIONS = ("webinars", "draft_sessions")

cycles = sa.table("cycles", sa.column("id", sa.Integer), sa.column("reminders", sa.JSON))
drafts = sa.table(
    "cycle_drafts", sa.column("cycle_id", sa.Integer), sa.column("reminders", sa.JSON)
)
webinars = sa.table(
    "webinars",
    sa.column("id", sa.Integer),
    sa.column("cycle_id", sa.Integer),
    sa.column("published_at", INSTANT),
    sa.column("placed_at", INSTANT),
    sa.column("armed", sa.JSON),
)
rules = sa.table(
    "reminder_rules",
    sa.column("id", sa.Integer),
    sa.column("cycle_id", sa.Integer),
    sa.column("minutes_before", sa.Integer),
)


def upgrade() -> None:
    for table in (*PLANS, *SESSIONS):
        op.add_column(table, sa.Column("reminders", sa.JSON(none_as_null=True), nullable=True))
    for table in PLANS:
        op.add_column(table, sa.Column("survey_url", sa.String(), nullable=True))
    op.add_column("webinars", sa.Column("placed_at", INSTANT, nullable=True))
    op.add_column("webinars", sa.Column("armed", sa.JSON(), nullable=True))
    _keep_rules()
    with op.batch_alter_table("webinars") as batch:
        batch.alter_column("placed_at", existing_type=INSTANT, nullable=False)
        batch.alter_column("armed", existing_type=sa.JSON(), nullable=False)
    op.drop_table("reminder_rules")


def _keep_rules() -> None:
    """Each cycle's rules as words, in force since each webinar's first publication."""
    connection = op.get_bind()
    words: dict[int, list[str]] = {
        cycle_id: [] for cycle_id in connection.scalars(sa.select(cycles.c.id))
    }
    found = connection.execute(sa.select(rules).order_by(rules.c.minutes_before.desc())).all()
    for rule_id, cycle_id, minutes in found:
        word = _word(minutes)
        words[cycle_id].append(word)
        _rename_keys(cycle_id, f"reminder:{rule_id}:", f"reminder:{word}:")
    for cycle_id, its in words.items():
        connection.execute(cycles.update().where(cycles.c.id == cycle_id).values(reminders=its))
        connection.execute(
            drafts.update().where(drafts.c.cycle_id == cycle_id).values(reminders=its)
        )
    for row in connection.execute(sa.select(webinars)).all():
        since = row.published_at.replace(tzinfo=row.published_at.tzinfo or UTC)
        armed = dict.fromkeys(words[row.cycle_id], _iso(since))
        connection.execute(
            webinars.update().where(webinars.c.id == row.id).values(placed_at=since, armed=armed)
        )


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _word(minutes: int) -> str:
    for unit, length in (("d", 24 * 60), ("h", 60)):
        if minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"


def _minutes(word: str) -> int:
    return int(word[:-1]) * {"d": 24 * 60, "h": 60, "m": 1}[word[-1]]


def _rename_keys(cycle_id: int, before: str, after: str) -> None:
    key, webinar_id = sa.column("key", sa.String), sa.column("webinar_id", sa.Integer)
    outbox = sa.table("outbox", key, webinar_id)
    its = sa.select(webinars.c.id).where(webinars.c.cycle_id == cycle_id)
    op.execute(
        outbox.update()
        .where(key.startswith(before, autoescape=True), webinar_id.in_(its))
        .values(key=sa.literal(after).concat(sa.func.substr(key, len(before) + 1)))
    )


def downgrade() -> None:
    """Only reminders of cycles stay; the mails of the other rules and kinds go."""
    op.execute("DELETE FROM outbox WHERE kind IN ('replay', 'survey', 'welcome')")
    op.create_table(
        "reminder_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("minutes_before", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes_before > 0", name=op.f("ck_reminder_rules_before_the_start")),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["cycles.id"],
            name=op.f("fk_reminder_rules_cycle_id_cycles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_rules")),
        sa.UniqueConstraint(
            "cycle_id", "minutes_before", name=op.f("uq_reminder_rules_cycle_id_minutes_before")
        ),
    )
    connection = op.get_bind()
    for cycle_id, words in connection.execute(sa.select(cycles)).all():
        known = ["7d", "1d", "1h"] if words is None else words
        for minutes in {_minutes(word) for word in known if word[:1].isdigit()}:
            connection.execute(rules.insert().values(cycle_id=cycle_id, minutes_before=minutes))
    for rule_id, cycle_id, minutes in connection.execute(sa.select(rules)).all():
        _rename_keys(cycle_id, f"reminder:{_word(minutes)}:", f"reminder:{rule_id}:")
    for table in SESSIONS:
        op.drop_column(table, "reminders")
    for table in PLANS:
        op.drop_column(table, "reminders")
        op.drop_column(table, "survey_url")
    for column in ("armed", "placed_at"):
        op.drop_column("webinars", column)
